"""A map on the test bench: copies of it in two precisions, points on both sides, its Jacobians, and how deviations are measured."""

import math

import numpy as np

from minigen.autograd import enable_grad, grad, no_grad
from minigen.device import to_numpy
from minigen.tensor import Tensor


class Broken(Exception):
    """A promise that is not kept, in words."""


class Case:
    """The map ``b`` in float64 and ``narrow`` in float32, points x and y = b(x), and how the map acts."""

    def __init__(self, b, narrow, fresh, x, context, rng):
        self.b, self.narrow, self.fresh, self.x, self.context, self.rng = b, narrow, fresh, x, context, rng
        self.n, self.event = len(x), x.shape[1:]
        self.y, self.up = self.apply(b.forward, x)
        self.back, self.down = self.apply(b.inverse, self.y)

    def apply(self, direction, x, rows=slice(None)):
        """(image, log-determinants) as arrays, without a graph."""
        with no_grad():
            context = None if self.context is None else Tensor(self.context[rows].astype(x.dtype))
            y, log_det = direction(Tensor(x), context)
        return to_numpy(y.data), to_numpy(log_det.data)

    def repeated(self, direction, x):
        """``apply`` for any number of points, all of them with the first row's context."""
        return self.apply(direction, x, np.zeros(len(x), int))

    def jacobian(self, direction, x):
        """∂y/∂x for every row by autograd: (N, D, D)"""
        with enable_grad():
            leaf = Tensor(x.copy(), requires_grad=True)
            y = direction(leaf, None if self.context is None else Tensor(self.context))[0].reshape((self.n, -1))
            if not y.requires_grad:
                raise Broken("no gradient flows from the image to the argument: is it detached, or computed outside of minigen's ops?")
            zero = np.zeros_like(x)
            rows = [grad(y[:, j].sum(), [leaf], allow_unused=True, retain_graph=True)[0] for j in range(y.shape[1])]
        return np.stack([zero if g is None else to_numpy(g.data) for g in rows], axis=1).reshape(self.n, len(rows), -1)

    def differences(self, direction, x, h):
        """∂y/∂x for every row by central differences of width ``h``: (N, D, D)"""
        columns = []
        for j in range(max(1, math.prod(x.shape[1:]))):
            step = np.zeros((self.n, max(1, math.prod(x.shape[1:]))))
            step[:, j] = h * np.maximum(1.0, np.abs(x.reshape(self.n, -1)[:, j]))
            right, left = (self.apply(direction, x + s * step.reshape(x.shape))[0].reshape(self.n, -1) for s in (1, -1))
            columns.append((right - left) / (2 * step[:, j : j + 1]))
        return np.stack(columns, axis=2)


def at(row, x):
    """The words for one point of the batch."""
    values = ", ".join(f"{v:.4g}" for v in x[row].ravel()[:4])
    return f"row {row} (at {values}{', …' if x[row].size > 4 else ''})"


def worst(got, right):
    """(largest deviation relative to 1 + |right|, its index); NaN and ±∞ in place of a number are the worst."""
    gap = np.abs(got - right) / (1 + np.abs(right))
    gap = np.where(np.isfinite(gap), gap, np.inf)
    i = np.unravel_index(int(gap.argmax()), gap.shape)
    return float(gap[i]), i


def least(jacobians):
    """The smallest singular value for every row: 1 over it is how much the way back enlarges an error, (N,)"""
    return np.linalg.svd(jacobians, compute_uv=False)[:, -1] if np.isfinite(jacobians).all() else np.ones(len(jacobians))


def largest(jacobians):
    """The largest singular value for every row: how much the map enlarges an error, (N,)"""
    return np.linalg.svd(jacobians, compute_uv=False)[:, 0] if np.isfinite(jacobians).all() else np.ones(len(jacobians))
