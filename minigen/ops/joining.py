"""Putting tensors together and taking them apart: cat, stack, split, chunk, unbind, narrow."""

import numpy as np

from minigen.autograd import primitive
from minigen.ops.arguments import accepts_dim, axis_of
from minigen.ops.indexing import getitem
from minigen.ops.shape import reshape

# --- together -----------------------------------------------------------------------------------------------------------------


@primitive
def cat(*tensors, axis=0):
    """y = the tensors one after another along ``axis``: (N₁, D), (N₂, D) -> (N₁ + N₂, D). Their other axes agree."""
    return np.concatenate(tensors, axis)


@cat.vjp_common
def cat_common(g, y, *tensors, axis):
    """The stretches of g, one for each tensor."""
    before, stop, stretches = (slice(None),) * (axis % y.ndim), 0, []
    for x in tensors:
        start, stop = stop, stop + x.shape[axis]
        stretches.append(g[(*before, slice(start, stop))])
    return stretches


@cat.vjp
def cat_vjp(g, y, *tensors, axis, i):
    """The i-th tensor receives the i-th stretch."""
    return g[i]


@cat.explain
def cat_complaint(*tensors, axis=0):
    shapes = [np.shape(x) for x in tensors]
    if not shapes:
        return "expected at least one tensor, got none"
    if () in shapes:
        return "a 0-d tensor has no axis to join along; use stack"
    axis = axis_of("cat", shapes[0], axis)
    kept = {shape[:axis] + shape[axis + 1 :] for shape in shapes}
    if len(kept) > 1:
        return f"shapes {', '.join(map(str, shapes))} must agree everywhere except along axis {axis}"
    return None


concat = cat


@primitive
def stack(*tensors, axis=0):
    """y = the tensors side by side along a new ``axis``: n times (D,) -> (n, D). Their shapes agree."""
    return np.stack(tensors, axis)


@stack.vjp
def stack_vjp(g, y, *tensors, axis, i):
    """The i-th tensor receives the i-th slice."""
    return g[(slice(None),) * (axis % y.ndim) + (i,)]


@stack.explain
def stack_complaint(*tensors, axis=0):
    shapes = [np.shape(x) for x in tensors]
    if not shapes:
        return "expected at least one tensor, got none"
    if len(set(shapes)) > 1:
        return f"all shapes must agree, got {', '.join(map(str, shapes))}; cat joins along an axis that is already there"
    axis_of("stack", shapes[0], axis, new=1)
    return None


def _at_least(x, n):
    """A shape with at least ``n`` axes: (), (D,) -> (1, D) for n = 2."""
    return x if x.ndim >= n else reshape(x, shape=(1,) * (n - x.ndim) + x.shape)


def hstack(tensors):
    """Joined along axis 1; numbers and vectors along their only axis. [torch.hstack]"""
    tensors = [_at_least(x, 1) for x in tensors]
    return cat(tensors, axis=0 if tensors and tensors[0].ndim == 1 else 1)


def vstack(tensors):
    """Joined along axis 0, vectors as rows. [torch.vstack]"""
    return cat([_at_least(x, 2) for x in tensors], axis=0)


# --- apart: views -------------------------------------------------------------------------------------------------------------


def _line(who, x, axis):
    """(``axis`` counted from the front, its length)"""
    if not x.ndim:
        raise ValueError(f"{who}: a 0-d tensor has no axis to take pieces of")
    axis = axis_of(who, x.shape, axis)
    return axis, x.shape[axis]


@accepts_dim
def split(x, size, axis=0):
    """The pieces of x of length ``size`` along ``axis``, the last one maybe shorter, or of the lengths in ``size``: views."""
    axis, n = _line("split", x, axis)
    if isinstance(size, (tuple, list)):
        if sum(size) != n or min(size, default=0) < 0:
            raise ValueError(f"split: the sizes {list(size)} must add up to {n}, the length of axis {axis} of shape {x.shape}")
    else:
        if not isinstance(size, (int, np.integer)) or size < 0 or (size == 0 and n):
            raise ValueError(f"split: the size of the pieces must be a positive whole number or a list of sizes, got {size}")
        size = [min(size, n - start) for start in range(0, n, size)] if n else [0]
    before, start, pieces = (slice(None),) * axis, 0, []
    for length in size:
        pieces.append(getitem(x, index=(*before, slice(start, start + length))))
        start += length
    return tuple(pieces)


@accepts_dim
def chunk(x, chunks, axis=0):
    """x cut along ``axis`` into ``chunks`` equal pieces, the last one maybe shorter; fewer pieces where that fills the axis."""
    if not isinstance(chunks, (int, np.integer)) or chunks < 1:
        raise ValueError(f"chunk: expected the number of chunks, at least 1, got {chunks}")
    axis, n = _line("chunk", x, axis)
    return split(x, -(-n // chunks) if n else [0] * chunks, axis)


@accepts_dim
def unbind(x, axis=0):
    """The slices of x along ``axis``, without it: (N, D) -> N times (D,): views."""
    axis, n = _line("unbind", x, axis)
    before = (slice(None),) * axis
    return tuple(getitem(x, index=(*before, i)) for i in range(n))


@accepts_dim
def narrow(x, axis, start, length):
    """The ``length`` slices of x from number ``start`` on along ``axis``; a negative ``start`` counts from the end. A view."""
    axis, n = _line("narrow", x, axis)
    first = start + n if start < 0 else start
    if not 0 <= first <= first + length <= n:
        raise IndexError(f"narrow: {length} slices from {start} on are not there: axis {axis} of shape {x.shape} has {n}")
    return getitem(x, index=(*[slice(None)] * axis, slice(first, first + length)))
