"""What comes first: the largest, the smallest, sorting, and the place of a value among others."""

from collections import namedtuple
from functools import partial

import numpy as np

from minigen.autograd import without_gradient
from minigen.ops.arguments import accepts_dim, axis_of
from minigen.ops.choose import maximum, minimum
from minigen.ops.indexing import getitem
from minigen.ops.picking import places, take_along_dim
from minigen.ops.reduce import amax, amin
from minigen.ops.shape import reshape
from minigen.tensor import Tensor

ValuesAndIndices = namedtuple("ValuesAndIndices", "values indices")  # what max, min, sort and topk return

# --- the largest and the smallest ---------------------------------------------------------------------------------------------


@without_gradient
def argmax(x, *, axis=None, keepdims=False):
    """The index of the largest element along ``axis``, the first if there are several; NaN counts as the largest. int64

    ``axis=None``: its place in the flattened x.
    """
    return np.argmax(x, axis=axis, keepdims=keepdims)


@without_gradient
def argmin(x, *, axis=None, keepdims=False):
    """The index of the smallest element along ``axis``, the first if there are several; NaN counts as the smallest. int64

    ``axis=None``: its place in the flattened x.
    """
    return np.argmin(x, axis=axis, keepdims=keepdims)


def _nothing_there(who, x, *, axis, keepdims):
    axis = None if axis is None else axis_of(who, x.shape, axis)
    return f"{np.shape(x)} has no elements{'' if axis is None else f' along axis {axis}'}, so none of them comes first"


argmax.explain(partial(_nothing_there, "argmax"))
argmin.explain(partial(_nothing_there, "argmin"))


@accepts_dim
def max(x, axis=None, keepdims=False):
    """The largest element; along an ``axis``: (values, indices), the first of equal elements being picked, with the gradient.

    Without ``axis``, equal elements share the gradient evenly. ``max(x, other)`` is ``maximum``. [torch.max]
    """
    return _extreme(x, axis, keepdims, amax, argmax, maximum)


@accepts_dim
def min(x, axis=None, keepdims=False):
    """The smallest element; along an ``axis``: (values, indices), the first of equal elements being picked, with the gradient.

    Without ``axis``, equal elements share the gradient evenly. ``min(x, other)`` is ``minimum``. [torch.min]
    """
    return _extreme(x, axis, keepdims, amin, argmin, minimum)


def _extreme(x, axis, keepdims, of_all, place, of_two):
    if axis is None:
        return of_all(x, keepdims=keepdims)
    if isinstance(axis, (Tensor, np.ndarray)):
        return of_two(x, axis)
    axis = axis_of(place.__name__[3:], x.shape, axis)
    indices = place(x, axis=axis, keepdims=x.ndim > 0)
    values = getitem(x, index=places(indices.data if isinstance(x, Tensor) else indices, axis))
    if keepdims or not x.ndim:
        return ValuesAndIndices(values, indices)
    shape = x.shape[:axis] + x.shape[axis + 1 :]
    return ValuesAndIndices(reshape(values, shape=shape), reshape(indices, shape=shape))


# --- sorting ------------------------------------------------------------------------------------------------------------------


@without_gradient
def argsort(x, *, axis=-1, descending=False, stable=True):
    """The indices that sort x along ``axis``; equal elements keep their order, NaN counts as the largest. int64

    The sort is always stable; ``stable`` is there because PyTorch has it.
    """
    line = x if x.ndim else x.reshape(1)
    if not descending:
        return np.argsort(line, axis=axis, kind="stable").reshape(x.shape)
    backwards = np.argsort(np.flip(line, axis), axis=axis, kind="stable")  # twice backwards: equal elements keep their order
    return np.flip(line.shape[axis] - 1 - backwards, axis).reshape(x.shape)


@argsort.explain
def argsort_complaint(x, *, axis, descending, stable):
    axis_of("argsort", x.shape, axis)
    return None


@accepts_dim
def sort(x, axis=-1, descending=False, stable=True):
    """(values, indices): x rising along ``axis``, or falling; equal elements keep their order, NaN counts as the largest."""
    indices = argsort(x, axis=axis, descending=descending)
    return ValuesAndIndices(take_along_dim(x, indices, axis), indices)


@accepts_dim
def topk(x, k, axis=-1, largest=True, sorted=True):
    """(values, indices) of the k largest elements along ``axis``, the largest first; or of the k smallest. Always sorted."""
    axis = axis_of("topk", x.shape, axis)
    n = x.shape[axis] if x.ndim else 1
    if not 0 <= k <= n:
        raise ValueError(f"topk: k must be 0 … {n}, the length of axis {axis} of shape {x.shape}, got {k}")
    indices = argsort(x, axis=axis, descending=largest)
    if x.ndim:
        indices = getitem(indices, index=(*[slice(None)] * axis, slice(k)))
    return ValuesAndIndices(take_along_dim(x, indices, axis), indices)


# --- places -------------------------------------------------------------------------------------------------------------------


@without_gradient
def searchsorted(sorted_sequence, values, *, right=False, side=None):
    """Where each value belongs in the rising ``sorted_sequence``: before equal elements, or after them with ``right``. int64

    (n,) and values of any shape -> that shape; or row by row: (…, n), (…, m) -> (…, m). ``side="right"`` is ``right=True``.
    """
    side = side or ("right" if right else "left")
    if sorted_sequence.ndim == 1:
        return np.searchsorted(sorted_sequence, values, side)
    if sorted_sequence.shape[:-1] != values.shape[:-1]:
        raise ValueError("the rows do not match")
    y = np.zeros_like(values, dtype=np.int64)
    for row in np.ndindex(values.shape[:-1]):
        y[row] = np.searchsorted(sorted_sequence[row], values[row], side)
    return y


@searchsorted.explain
def searchsorted_complaint(sorted_sequence, values, *, right, side):
    if side not in (None, "left", "right"):
        return f'side must be "left" or "right", got {side!r}'
    return f"{np.shape(sorted_sequence)}, values {np.shape(values)}: expected one vector to look in, or one for every row"


@without_gradient
def argwhere(x):
    """The indices of the elements that are not 0, one a row: (n, x.ndim). int64"""
    return np.argwhere(x)


def nonzero(x, as_tuple=False):
    """``argwhere``; with ``as_tuple`` one vector an axis, ready to index with: ``x[nonzero(x, as_tuple=True)]``. int64"""
    found = argwhere(x)
    return tuple(found[:, i] for i in range(found.shape[1])) if as_tuple else found


@without_gradient
def unique(x):
    """The different elements, rising, as a vector."""
    return np.unique(x)
