"""Many numbers into few: sums, means, products, extremes and their like along ``axis`` (None: all, an int, or several)."""

import math
from functools import lru_cache

import numpy as np

from minigen.autograd import primitive, without_gradient
from minigen.device import get_default_dtype
from minigen.ops.arguments import accepts_dim
from minigen.ops.arithmetic import div
from minigen.ops.choose import where
from minigen.ops.elementwise import exp, quietly
from minigen.ops.shape import astype

# --- helpers of the rules -----------------------------------------------------------------------------------------------------


def kept(g, x, axis):
    """``g``, reduced over ``axis`` of ``x``, with these axes back as axes of length 1, so that it broadcasts against x."""
    if g.ndim == x.ndim:  # keepdims=True
        return g
    if g.ndim == 0:
        return g
    shape = list(x.shape)
    for a in axis if isinstance(axis, (tuple, list)) else (axis,):
        shape[a] = 1
    return g.reshape(tuple(shape))


@primitive
def spread(x, *, shape):
    """y = x repeated along new axes and along axes of size 1. For a few numbers a copy (1.3 µs) is cheaper than a view (5 µs)."""
    if math.prod(shape) > 2**14:
        return np.broadcast_to(x, shape)
    y = np.empty_like(x, shape=shape)
    y[...] = x
    return y


@spread.vjp
def spread_vjp(g, y, x, *, shape):
    """The sum over the copies, which the engine takes."""
    return g


def several(axis):
    """``axis`` as NumPy wants it: a list of axes becomes a tuple, and no axes mean all of them, as in PyTorch."""
    return (tuple(axis) or None) if isinstance(axis, (list, tuple)) else axis


def count(x, axis):
    """How many elements of ``x`` go into one element of the result."""
    if axis is None or axis in ((), []) or not x.ndim:
        return math.prod(x.shape)
    return math.prod(x.shape[a] for a in axis) if isinstance(axis, (tuple, list)) else x.shape[axis]


def wide(x, dtype):
    """The dtype in which ``x`` is summed or multiplied: ``dtype`` if given, int64 for bools and all integers. [PyTorch]"""
    return np.int64 if dtype is None and x.dtype.kind in "bui" else dtype


# --- sums ---------------------------------------------------------------------------------------------------------------------


@primitive
def sum(x, *, axis=None, keepdims=False, dtype=None):
    """y = Σ x along ``axis``. Bools and integers are summed in int64, or everything in ``dtype``."""
    if type(x) is np.ndarray and x.ndim == 2 and axis in (1, -1) and x.shape[1] <= 8 and dtype is None and x.dtype.kind == "f":
        y = x.dot(_ones(x.shape[1], x.dtype))  # NumPy sums short rows one by one: (8192, 2) takes 97 µs, as a product 4
        return y[:, None] if keepdims else y
    return x.sum(axis=several(axis), keepdims=keepdims, dtype=wide(x, dtype))


@lru_cache(maxsize=32)
def _ones(n, dtype):
    return np.ones(n, dtype)


@sum.vjp
def sum_vjp(g, y, x, *, axis, keepdims, dtype):
    """∂y/∂xᵢ = 1: every summand receives g."""
    return (spread.__wrapped__ if type(g) is np.ndarray else spread)(kept(g, x, axis), shape=x.shape)


def floating(x, dtype):
    """``x`` in ``dtype``; without one, bools and integers in the default dtype."""
    return x if dtype is None and x.dtype.kind == "f" else x.astype(dtype or get_default_dtype())


@primitive
def mean(x, *, axis=None, keepdims=False, dtype=None):
    """y = (1/n) Σ x along ``axis``, n the number of averaged elements, in ``dtype`` if given; NaN where there are none."""
    x = floating(x, dtype)
    total = x.sum(axis=several(axis), keepdims=keepdims)  # 1.3 µs with the division; ndarray.mean 3.1 µs (100 numbers)
    n = count(x, axis)
    return total / n if n else total * math.nan


@mean.vjp
def mean_vjp(g, y, x, *, axis, keepdims, dtype):
    """∂y/∂xᵢ = 1/n"""
    return spread(kept(g, x, axis) / max(1, count(x, axis)), shape=x.shape)


@primitive
def var(x, *, axis=None, unbiased=None, keepdims=False, correction=1):
    """y = Σ (x − x̄)² / (n − correction): the unbiased variance, or the mean square with ``correction=0`` (``unbiased=False``).

    n ≤ correction divides by 0: NaN for a single number. [torch.var]
    """
    d = x - x.sum(axis=several(axis), keepdims=True) / max(1, count(x, axis))
    squares = (d * d).sum(axis=several(axis), keepdims=keepdims)
    return div(squares, _freedom(x, axis, correction, unbiased))


@var.vjp
def var_vjp(g, y, x, *, axis, unbiased, keepdims, correction):
    """∂y/∂xᵢ = 2 (xᵢ − x̄) / (n − correction)"""
    return kept(g, x, axis) * div(2 * (x - mean(x, axis=axis, keepdims=True)), _freedom(x, axis, correction, unbiased))


def _freedom(x, axis, correction, unbiased):
    return max(0, count(x, axis) - (correction if unbiased is None else int(unbiased)))


@primitive
def std(x, *, axis=None, unbiased=None, keepdims=False, correction=1):
    """y = √var(x), see ``var``. Where all x are equal and it has a kink, the gradient is 0. [torch.std]"""
    return np.sqrt(var(x, axis=axis, keepdims=keepdims, correction=correction, unbiased=unbiased))


@std.vjp
def std_vjp(g, y, x, *, axis, unbiased, keepdims, correction):
    """∂y/∂xᵢ = (xᵢ − x̄) / (y (n − correction))"""
    half = where(y == 0, 0.0, g / where(y == 0, 1.0, 2 * y))
    return var_vjp(half, y, x, axis=axis, keepdims=keepdims, correction=correction, unbiased=unbiased)


@primitive
def logsumexp(x, *, axis=None, keepdims=False):
    """y = log Σ exp(x) along ``axis``.

    Subtracting max(x) first changes nothing in y and keeps exp from overflowing. Nothing but −∞ gives y = −∞ and the gradient 0.
    """
    axis = several(axis)
    if not x.size:
        return x.sum(axis=axis, keepdims=keepdims) - math.inf
    m = x.max(axis=axis, keepdims=True)
    total = np.exp(x - finite(m)).sum(axis=axis, keepdims=keepdims)  # ≥ 1, because of the maximum itself, or 0 in a row of −∞
    return np.log(np.maximum(total, 1)) + (m if keepdims else m.reshape(total.shape))


@logsumexp.vjp
def logsumexp_vjp(g, y, x, *, axis, keepdims):
    """∂y/∂x = exp(x − y), that is softmax(x)."""
    return kept(g, x, axis) * exp(x - finite(kept(y, x, axis)))


@primitive
def finite(x):
    """x with −∞ and +∞ as the smallest and the largest number: −∞ − (−∞) is NaN, but −∞ − finite(−∞) is −∞."""
    largest = np.finfo(x.dtype).max if x.dtype.kind == "f" else np.inf
    return np.minimum(np.maximum(x, -largest), largest)


@finite.vjp
def finite_vjp(g, y, x):
    """∂y/∂x = 1"""
    return g


@accepts_dim
def logmeanexp(x, axis=None, keepdims=False):
    """y = log (1/n) Σ exp(x) along ``axis``: the average of numbers given by their logarithms."""
    return logsumexp(x, axis=axis, keepdims=keepdims) - math.log(count(x, axis))


# --- normalized exponentials --------------------------------------------------------------------------------------------------


@primitive
@quietly
def softmax(x, *, axis, dtype=None):
    """y = exp(x) / Σ exp(x) along ``axis``: positive numbers that sum to 1, in ``dtype`` if given. NaN in a row of nothing but −∞."""
    x = floating(x, dtype)
    e = np.exp(x - x.max(axis=axis, keepdims=True)) if x.size else x
    return e / e.sum(axis=axis, keepdims=True)


@softmax.vjp
def softmax_vjp(g, y, x, *, axis, dtype):
    """∂yᵢ/∂xⱼ = yᵢ (δᵢⱼ − yⱼ)"""
    gy = g * y
    return gy - y * gy.sum(axis=axis, keepdims=True)


@primitive
@quietly
def log_softmax(x, *, axis, dtype=None):
    """y = x − log Σ exp(x) along ``axis``, in ``dtype`` if given: the logarithm of ``softmax``, without its underflow."""
    x = floating(x, dtype)
    d = x - x.max(axis=axis, keepdims=True) if x.size else x
    return d - np.log(np.exp(d).sum(axis=axis, keepdims=True))


@log_softmax.vjp
def log_softmax_vjp(g, y, x, *, axis, dtype):
    """∂yᵢ/∂xⱼ = δᵢⱼ − exp(yⱼ)"""
    return g - exp(y) * g.sum(axis=axis, keepdims=True)


# --- extremes -----------------------------------------------------------------------------------------------------------------


@primitive
def amax(x, *, axis=None, keepdims=False):
    """y = the largest x along ``axis``; NaN if one of them is NaN. Equal maxima share the gradient evenly."""
    return x.max(axis=several(axis), keepdims=keepdims)


@amax.vjp
def amax_vjp(g, y, x, *, axis, keepdims):
    """∂y/∂xᵢ = 1/k for each of the k elements that are the maximum, else 0"""
    return _shared(g, y, x, axis)


@primitive
def amin(x, *, axis=None, keepdims=False):
    """y = the smallest x along ``axis``; NaN if one of them is NaN. Equal minima share the gradient evenly."""
    return x.min(axis=several(axis), keepdims=keepdims)


@amin.vjp
def amin_vjp(g, y, x, *, axis, keepdims):
    """∂y/∂xᵢ = 1/k for each of the k elements that are the minimum, else 0"""
    return _shared(g, y, x, axis)


def _shared(g, y, x, axis):
    y = kept(y, x, axis)
    chosen = astype(x == y, dtype=x.dtype)
    return div(kept(g, x, axis), chosen.sum(axis=several(axis), keepdims=True)) * chosen  # NaN where y is NaN


@amax.explain
def amax_complaint(x, *, axis, keepdims):
    if not np.size(x):
        return f"{np.shape(x)} has no elements along axis {axis}, and no elements have no maximum"
    return None


@amin.explain
def amin_complaint(x, *, axis, keepdims):
    if not np.size(x):
        return f"{np.shape(x)} has no elements along axis {axis}, and no elements have no minimum"
    return None


# --- truth --------------------------------------------------------------------------------------------------------------------


@without_gradient
def any(x, *, axis=None, keepdims=False):
    """y = True where at least one x along ``axis`` is not 0"""
    return x.any(axis=several(axis), keepdims=keepdims)


@without_gradient
def all(x, *, axis=None, keepdims=False):
    """y = True where every x along ``axis`` is not 0"""
    return x.all(axis=several(axis), keepdims=keepdims)


@without_gradient
def count_nonzero(x, *, axis=None, keepdims=False):
    """y = how many x along ``axis`` are not 0"""
    return (x != 0).sum(axis=several(axis), keepdims=keepdims)
