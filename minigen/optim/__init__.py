"""Optimizers, learning-rate schedules, clipping, and averages of weights."""

from minigen.optim.adagrad import Adagrad
from minigen.optim.adam import Adam, Adamax, AdamW
from minigen.optim.average import EMA
from minigen.optim.clip import clip_grad_norm_, clip_grad_value_, clip_weights_
from minigen.optim.optimizer import Optimizer
from minigen.optim.plateau import ReduceLROnPlateau
from minigen.optim.rmsprop import RMSprop
from minigen.optim.schedule import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LinearWarmup,
    LinearWarmupCosine,
    MultiStepLR,
    Schedule,
    SequentialLR,
    StepLR,
)
from minigen.optim.sgd import SGD

__all__ = [
    "EMA",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "CosineAnnealingLR",
    "ExponentialLR",
    "LambdaLR",
    "LinearLR",
    "LinearWarmup",
    "LinearWarmupCosine",
    "MultiStepLR",
    "Optimizer",
    "RMSprop",
    "ReduceLROnPlateau",
    "Schedule",
    "SequentialLR",
    "StepLR",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_weights_",
]
