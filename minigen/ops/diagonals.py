"""Diagonals and triangles of matrices."""

import numpy as np

from minigen.autograd import primitive
from minigen.device import create
from minigen.ops.arguments import accepts_dim, axes_of, device_of
from minigen.ops.indexing import put_at
from minigen.ops.shape import movedim


def _two_axes(who, shape, axis0, axis1):
    if len(shape) < 2:
        raise ValueError(f"{who}: expected at least two axes, got shape {tuple(shape)}")
    return axes_of(who, shape, (axis0, axis1))


def _along(x, rows, columns, offset):
    """The index (…, i, j) of a diagonal, j − i = ``offset``, on the device of x."""
    first = max(0, -offset)
    i = create("arange", first, max(first, min(rows, columns - offset)), device=device_of(x))
    return ..., i, i + offset


@primitive
def diagonal(x, *, offset=0, axis1=0, axis2=1):
    """x[i, i + offset] of the matrices in ``axis1`` and ``axis2``, as the last axis: (N, N, …) -> (…, N). A read-only view."""
    return x.diagonal(offset, axis1, axis2)


@diagonal.vjp
def diagonal_vjp(g, y, x, *, offset, axis1, axis2):
    """Back onto the diagonal of zeros."""
    axis1, axis2 = axis1 % x.ndim, axis2 % x.ndim
    rows, columns = x.shape[axis1], x.shape[axis2]
    others = tuple(n for i, n in enumerate(x.shape) if i not in (axis1, axis2))
    matrices = put_at(g, index=_along(g, rows, columns, offset), shape=(*others, rows, columns))
    return movedim(matrices, (-2, -1), (axis1, axis2))


@diagonal.explain
def diagonal_complaint(x, *, offset, axis1, axis2):
    _two_axes("diagonal", x.shape, axis1, axis2)
    return f"the offset must be a whole number, got {offset!r}"


@accepts_dim
def diag_embed(x, offset=0, axis1=-2, axis2=-1):
    """Matrices with the last axis of x on a diagonal, elsewhere 0: (…, N) -> (…, M, M), M = N + |offset|."""
    if not x.ndim:
        raise ValueError("diag_embed: a 0-d tensor has no axis to put on a diagonal")
    axis1, axis2 = _two_axes("diag_embed", x.shape + (1,), axis1, axis2)
    n = x.shape[-1] + abs(offset)
    matrices = put_at(x, index=_along(x, n, n, offset), shape=(*x.shape[:-1], n, n))
    return movedim(matrices, (-2, -1), (axis1, axis2))


_diagonal = diagonal  # the next function has a parameter of that name, PyTorch's


def diag(x, diagonal=0):
    """A vector (N,) on the diagonal of zeros (N, N); of a matrix (M, N) the diagonal. ``diagonal``: how far above."""
    if x.ndim not in (1, 2):
        raise ValueError(f"diag: expected a vector or a matrix, got shape {x.shape}; diagonal and diag_embed take batches")
    return diag_embed(x, diagonal) if x.ndim == 1 else _diagonal(x, offset=diagonal)


@primitive
def tril(x, *, diagonal=0):
    """The lower triangle: x[…, i, j] where j − i ≤ diagonal, elsewhere 0."""
    return np.tril(x, _of_matrix(x, diagonal))


@tril.vjp
def tril_vjp(g, y, x, *, diagonal):
    """The same triangle of g."""
    return tril(g, diagonal=diagonal)


@primitive
def triu(x, *, diagonal=0):
    """The upper triangle: x[…, i, j] where j − i ≥ diagonal, elsewhere 0."""
    return np.triu(x, _of_matrix(x, diagonal))


@triu.vjp
def triu_vjp(g, y, x, *, diagonal):
    """The same triangle of g."""
    return triu(g, diagonal=diagonal)


def _of_matrix(x, diagonal):
    if x.ndim < 2:
        raise ValueError(f"expected at least two axes, got shape {x.shape}")
    return diagonal
