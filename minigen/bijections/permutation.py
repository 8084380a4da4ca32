"""Permute: features or channels in another order, so that in the next layer others move."""

import numpy as np

from minigen import random
from minigen.bijections.bijection import Bijection, no_change
from minigen.nn.module import Buffer


class Permute(Bijection):
    """yᵢ = x_{π(i)} for a fixed ``permutation`` π of the features or channels: (N, D, …) -> (N, D, …)

    The Jacobian is a permutation matrix, whose determinant is ±1 (a swap has −1): log|det ∂y/∂x| = 0. ``Permute.reverse(D)`` turns the
    order round, ``Permute.random(D)`` draws one.
    """

    def __init__(self, permutation):
        order = np.asarray(permutation)
        if order.ndim != 1 or sorted(order.tolist()) != list(range(len(order))):
            raise ValueError(f"Permute: expected 0 … {max(0, order.size - 1)} in some order, got {np.array2string(order, threshold=12)}")
        self.permutation = Buffer(order.astype(np.int64))

    @classmethod
    def reverse(cls, n):
        """yᵢ = x_{n−1−i}"""
        return cls(np.arange(n)[::-1])

    @classmethod
    def random(cls, n):
        """An order drawn from minigen.random."""
        return cls(random.randperm(n, "cpu"))

    def forward(self, x, context=None):
        """(y, 0), yᵢ = x_{π(i)}: (N, D, …) -> (N, D, …), (N,)"""
        return self._picked(x, self.permutation.data), no_change(x)

    def inverse(self, y, context=None):
        """(x, 0), every feature back in its place: (N, D, …) -> (N, D, …), (N,)"""
        return self._picked(y, self.permutation.data.argsort()), no_change(y)

    def _picked(self, x, order):
        if x.shape[1:2] != order.shape:
            raise ValueError(f"Permute: expected (N, {len(order)}, …), got {tuple(x.shape)}")
        return x[:, order]
