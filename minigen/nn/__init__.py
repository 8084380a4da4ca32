"""Layers and what they are made of, under PyTorch's names."""

from minigen.nn import functional, init
from minigen.nn.container import Sequential
from minigen.nn.criteria import BCEWithLogitsLoss, CrossEntropyLoss, L1Loss, MSELoss
from minigen.nn.dropout import Dropout
from minigen.nn.embedding import Embedding
from minigen.nn.flatten import Flatten, Unflatten
from minigen.nn.linear import Identity, Linear
from minigen.nn.module import Buffer, Module, Parameter, frozen
from minigen.nn.nonlinear import (
    ELU,
    GELU,
    GLU,
    SELU,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)  # fmt: skip
from minigen.nn.norm import GroupNorm, LayerNorm, RMSNorm

__all__ = [
    "ELU", "GELU", "GLU", "SELU", "BCEWithLogitsLoss", "Buffer", "CrossEntropyLoss", "Dropout", "Embedding", "Flatten",
    "GroupNorm", "Hardtanh", "Identity", "L1Loss", "LayerNorm", "LeakyReLU", "Linear", "LogSigmoid", "MSELoss", "Module", "PReLU",
    "Parameter", "RMSNorm", "ReLU", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus", "Softsign", "Tanh", "Unflatten",
    "frozen", "functional", "init",
]  # fmt: skip
