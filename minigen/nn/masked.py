"""MADE: Masked Autoencoder for Distribution Estimation. M. Germain et al., 2015. https://arxiv.org/abs/1502.03509: MaskedLinear, MADE."""

from itertools import pairwise

import numpy as np

from minigen.device import as_array
from minigen.nn import functional as F
from minigen.nn.linear import Linear
from minigen.nn.module import Buffer, Module
from minigen.nn.nonlinear import ReLU
from minigen.ops import cat


class MaskedLinear(Linear):
    """y = x (W ⊙ M)ᵀ + b: a connection is there where the mask M is 1. ``mask``: (out_features, in_features) of 0 and 1.

    (…, in) -> (…, out). W and b start as in ``Linear``.
    """

    def __init__(self, mask, bias=True, device=None, dtype=None):
        mask = np.asarray(mask)
        if mask.ndim != 2 or not np.isin(mask, (0, 1)).all():
            raise ValueError(f"MaskedLinear: the mask must be (out, in) of 0 and 1, got shape {mask.shape} of {mask.dtype}")
        super().__init__(mask.shape[1], mask.shape[0], bias, device, dtype)
        self.mask = Buffer(as_array(mask, self.weight.dtype, self.weight.device))

    def forward(self, x):
        return F.linear(x, self.weight * self.mask, self.bias)


class MADE(Module):
    """A network whose i-th outputs depend only on the inputs that come before the i-th in an ``order``: (N, D) -> (N, outputs · D)

    All D conditionals p(x_i | x_{<i}) of a factorised density in one pass. The outputs are all of one kind, then all of the next.
    ``hidden``: the widths of the hidden layers; ``order``: the features in their order, 0 … D−1 unless given; ``outputs``: how many
    numbers for each; ``context_features`` K: how many numbers are given besides x, on which all outputs may depend.
    """

    def __init__(self, n, hidden=(32, 32), outputs=1, order=None, context_features=0, activation=ReLU):
        masks = made_masks(n, hidden, order, context_features)
        masks[-1] = np.tile(masks[-1], (outputs, 1))
        self.position = Buffer(positions(n, order))
        self.layers = [MaskedLinear(mask) for mask in masks]
        self.activation = activation()

    def forward(self, x, context=None):
        h = x if context is None else cat([x, context], axis=1)
        for layer in self.layers[:-1]:
            h = self.activation(layer(h))
        return self.layers[-1](h)


def made_masks(n, hidden, order=None, context_features=0):
    """The masks (out, in) of the layers D (+ K) → hidden → D that make the Jacobian ∂out/∂in strictly triangular in ``order``.

    Every unit gets a number m, the last position in the order that it may know of. An input at position 1 … D has that as m, hidden
    units share 1 … D−1 evenly, and the context, which all may know, has 0. A connection may pass on what it knows:

        hidden unit ← input or hidden unit    where  m ≥ m′                                                        [eq. 12]
        output at position i ← hidden unit    where  i > m′, strictly: no output knows its own input               [eq. 13]

    Nothing that may be known is lost if each hidden layer has at least D−1 units (D with a context). ValueError without a hidden layer.
    """
    hidden = (hidden,) if isinstance(hidden, int) else tuple(hidden)
    if not hidden or min(hidden) < 1:
        raise ValueError(f"made_masks: expected the widths of one or more hidden layers, got {hidden}")
    position = positions(n, order)
    low, high = (0 if context_features else 1), max(1, n - 1)
    units = [np.concatenate([position, np.zeros(context_features, int)])]
    units += [low + np.arange(width) * (high - low + 1) // width for width in hidden]
    masks = [after[:, None] >= before for before, after in pairwise(units)]
    return [*masks, position[:, None] > units[-1]]


def positions(n, order=None):
    """The place 1 … D of every feature in the ``order`` in which they come: (D,). ValueError if it is no order of D features."""
    order = np.arange(n) if order is None else np.asarray(order)
    if sorted(order.tolist()) != list(range(n)):
        raise ValueError(f"order: expected 0 … {n - 1} in some order, got {np.array2string(order, threshold=12)}")
    return np.argsort(order) + 1
