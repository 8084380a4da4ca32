"""Layers and what they are made of, under PyTorch's names."""

from minigen.nn import functional, init, utils
from minigen.nn.container import Sequential
from minigen.nn.conv import Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d
from minigen.nn.conv_relu import ConvReLU2d
from minigen.nn.criteria import BCEWithLogitsLoss, CrossEntropyLoss, L1Loss, MSELoss
from minigen.nn.dropout import Dropout
from minigen.nn.embedding import Embedding
from minigen.nn.flatten import Flatten, Unflatten
from minigen.nn.linear import Identity, Linear
from minigen.nn.masked import MADE, MaskedLinear, made_masks
from minigen.nn.module import Buffer, Module, Parameter, evaluating, frozen
from minigen.nn.nonlinear import (
    ELU,
    GELU,
    GLU,
    SELU,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
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
from minigen.nn.perceptron import MLP
from minigen.nn.pixels import (
    CircularPad1d,
    CircularPad2d,
    ConstantPad1d,
    ConstantPad2d,
    Fold,
    PixelShuffle,
    PixelUnshuffle,
    ReflectionPad1d,
    ReflectionPad2d,
    ReplicationPad1d,
    ReplicationPad2d,
    Unfold,
    Upsample,
    ZeroPad1d,
    ZeroPad2d,
)
from minigen.nn.pool import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AvgPool1d,
    AvgPool2d,
    MaxPool1d,
    MaxPool2d,
)
from minigen.nn.reparametrize import SpectralNorm, WeightNorm, spectral_norm, weight_norm
from minigen.nn.running import BatchNorm1d, BatchNorm2d, InstanceNorm1d, InstanceNorm2d

__all__ = [
    "ELU", "GELU", "GLU", "MADE", "MLP", "SELU", "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
    "AvgPool1d", "AvgPool2d", "BCEWithLogitsLoss", "BatchNorm1d", "BatchNorm2d", "Buffer", "CircularPad1d", "CircularPad2d",
    "ConstantPad1d", "ConstantPad2d", "Conv1d", "Conv2d", "ConvReLU2d", "ConvTranspose1d", "ConvTranspose2d", "CrossEntropyLoss", "Dropout",
    "Embedding", "Flatten", "Fold", "GroupNorm", "Hardtanh", "Identity", "InstanceNorm1d", "InstanceNorm2d", "L1Loss", "LayerNorm",
    "LeakyReLU", "Linear", "LogSigmoid", "LogSoftmax", "MSELoss", "MaskedLinear", "MaxPool1d", "MaxPool2d", "Module", "PReLU",
    "Parameter", "PixelShuffle", "PixelUnshuffle", "RMSNorm", "ReLU", "ReflectionPad1d", "ReflectionPad2d", "ReplicationPad1d",
    "ReplicationPad2d", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus", "Softsign", "SpectralNorm", "Tanh", "Unflatten",
    "Unfold", "Upsample", "WeightNorm", "ZeroPad1d", "ZeroPad2d", "evaluating", "frozen", "functional", "init", "made_masks",
    "spectral_norm", "utils", "weight_norm",
]  # fmt: skip
