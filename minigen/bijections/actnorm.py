"""ActNorm: one scale and one bias a channel, which start such that the first batch comes out with mean 0 and variance 1."""

import math

import numpy as np

from minigen.autograd import no_grad
from minigen.bijections.bijection import Bijection, no_change
from minigen.device import create, get_default_dtype
from minigen.nn.module import Buffer, Parameter
from minigen.ops import exp

LEAST = 1e-6  # a channel that varies less than this in the first batch is not scaled


class ActNorm(Bijection):
    """y = s ⊙ x + b, the same s = exp(log s) and b for every place of a channel.                                   [Glow, table 1]

        log|det ∂y/∂x| = h · w · Σ log s            h · w places: 1 for x (N, C), the pixels for x (N, C, H, W)

    The first batch that passes ``forward`` in training mode decides s and b: each channel of y then has mean 0 and variance 1. Forward
    must therefore lead from the data to the latents. It happens once; that it has happened is part of the state.
    """

    def __init__(self, channels):
        dtype = get_default_dtype()
        self.log_s, self.b = (Parameter(create("zeros", channels, dtype=dtype)) for _ in "sb")
        self.initialized = Buffer(create("zeros", (), dtype=np.int64))

    def forward(self, x, context=None):
        if x.ndim < 2 or x.shape[1] != len(self.b):
            raise ValueError(f"ActNorm({len(self.b)}): expected (N, {len(self.b)}, …), got {tuple(x.shape)}")
        if self.training and not self.initialized.item():
            self.initialize(x)
        s, b = self._columns(x)
        return s * x + b, self._log_det(x)

    def inverse(self, y, context=None):
        s, b = self._columns(y)
        return (y - b) / s, -self._log_det(y)

    def initialize(self, x):
        """s = 1 / σ and b = −μ / σ of each channel of this batch."""
        x, axes = x.data, (0, *range(2, x.ndim))
        mu, sigma = x.mean(axes), x.std(axes)
        sigma = np.where(sigma > LEAST, sigma, 1)
        with no_grad():
            self.log_s.copy_(-np.log(sigma))
            self.b.copy_(-mu / sigma)
            self.initialized.fill_(1)

    def _columns(self, x):
        shape = (-1, *(1,) * (x.ndim - 2))
        return exp(self.log_s).reshape(shape), self.b.reshape(shape)

    def _log_det(self, x):
        return no_change(x) + math.prod(x.shape[2:]) * self.log_s.sum()
