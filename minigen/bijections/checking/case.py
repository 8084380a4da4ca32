"""A map on the test bench: copies of it in two precisions, points on both sides, its Jacobians, and how deviations are measured."""

import inspect

import numpy as np

from minigen.autograd import enable_grad, grad, no_grad
from minigen.device import to_numpy
from minigen.tensor import Tensor

ROWS = 4096  # how many points a map is given at once


class Broken(Exception):
    """A promise that is not kept, in words."""


class Case:
    """The map ``b`` in float64 and ``narrow`` in float32, points x and y = b(x), and how the map acts; ``again()`` builds a new one."""

    def __init__(self, b, narrow, again, x, context, rng):
        self.b, self.narrow, self.again, self.x, self.context, self.rng = b, narrow, again, x, context, rng
        self.n, self.event, self.known = len(x), x.shape[1:], {}
        self.y, self.up = self.apply(b.forward, x)
        self.back, self.down = self.apply(b.inverse, self.y)

    def apply(self, direction, x, rows=slice(None)):
        """(image, log-determinants) as arrays, without a graph."""
        with no_grad():
            context = None if self.context is None else Tensor(self.context[rows].astype(x.dtype))
            y, log_det = two_of(direction, Tensor(x), context)
        return to_numpy(y.data), to_numpy(log_det.data)

    def repeated(self, direction, x):
        """``apply`` for any number of points, all of them with the first row's context."""
        return self.apply(direction, x, np.zeros(len(x), int))

    def jacobian(self, direction, x):
        """∂y/∂x for every row by autograd: (N, D, D); of the same array x it is computed once."""
        if (direction, id(x)) not in self.known:
            self.known[direction, id(x)] = x, self._jacobian(direction, x)
        return self.known[direction, id(x)][1]

    def _jacobian(self, direction, x):
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
        flat = x.reshape(self.n, -1)
        d, steps, columns = flat.shape[1], h * np.maximum(1.0, np.abs(flat)), []
        at_once = max(1, ROWS // (2 * self.n))
        for first in range(0, d, at_once):  # so many columns of the Jacobian in one call
            k = min(at_once, d - first)
            moved = np.tile(flat, (2, k, 1, 1))  # forwards and backwards, column, row, element
            for j in range(k):
                moved[0, j, :, first + j] += steps[:, first + j]
                moved[1, j, :, first + j] -= steps[:, first + j]
            y = self.apply(direction, moved.reshape(-1, *x.shape[1:]), np.tile(np.arange(self.n), 2 * k))[0]
            right, left = y.reshape(2, k, self.n, -1)
            columns.append((right - left) / (2 * steps.T[first : first + k, :, None]))
        return np.concatenate(columns).transpose(1, 2, 0)


def two_of(direction, x, context):
    """(image, log-determinants), tensors. Broken if the direction cannot be called like this or returns anything else."""
    name = direction.__name__
    try:
        inspect.signature(direction).bind(x, context)
    except TypeError:
        raise Broken(f"{name} must take a context, which most maps ignore: def {name}(self, x, context=None)") from None
    found = direction(x, context)
    if not (isinstance(found, tuple) and len(found) == 2):
        told = f"{len(found)} things" if isinstance(found, tuple) else f"one {type(found).__name__}"
        raise Broken(f"{name} must return two things, (image, log-determinants), but returns {told}")
    for what, value in zip(("image", "log-determinant"), found):
        if not isinstance(value, Tensor):
            hint = "is it computed outside of minigen's ops?" if what == "image" else "add it to a tensor of zeros (N,), 0 * x on a line"
            raise Broken(f"the {what} that {name} returns is no tensor but {type(value).__name__}: {hint}")
    return found


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
