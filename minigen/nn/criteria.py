"""Losses as layers, for those who like ``criterion = nn.MSELoss()``; the formulas stand at the functions."""

from minigen.nn import functional as F
from minigen.nn.module import Buffer, Module


def _buffer(weight):
    """A weight as part of the module's state, so that ``to(device)`` moves it."""
    return None if weight is None else Buffer(weight)


class MSELoss(Module):
    """(input − target)²"""

    def __init__(self, reduction="mean"):
        self.reduction = reduction

    def forward(self, input, target):
        return F.mse_loss(input, target, self.reduction)


class L1Loss(Module):
    """|input − target|"""

    def __init__(self, reduction="mean"):
        self.reduction = reduction

    def forward(self, input, target):
        return F.l1_loss(input, target, self.reduction)


class BCEWithLogitsLoss(Module):
    """Cross-entropy of Bernoulli variables, ``input`` their logits, in nats"""

    def __init__(self, weight=None, reduction="mean", pos_weight=None):
        self.weight, self.pos_weight, self.reduction = _buffer(weight), _buffer(pos_weight), reduction

    def forward(self, input, target):
        return F.binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)


class CrossEntropyLoss(Module):
    """Cross-entropy of categorical variables, ``input`` their logits, in nats"""

    def __init__(self, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
        self.weight, self.ignore_index = _buffer(weight), ignore_index
        self.reduction, self.label_smoothing = reduction, label_smoothing

    def forward(self, input, target):
        return F.cross_entropy(input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing)
