"""Copies and mirror images: tile, repeat, repeat_interleave, flip, roll, meshgrid."""

import operator

import numpy as np

from minigen import device as _device
from minigen.autograd import primitive
from minigen.ops.arguments import accepts_dim, axes_of, axis_of, sizes_of
from minigen.ops.indexing import getitem, index
from minigen.ops.shape import broadcast_to, expand, reshape, transpose, unsqueeze
from minigen.tensor import Tensor

# --- copies -------------------------------------------------------------------------------------------------------------------


def repeat(x, *sizes):
    """x laid out ``sizes`` times along its axes, new axes in front: (2, 3) with (4, 1, 2) -> (4, 2, 6)."""
    sizes = sizes_of("repeat", sizes)
    if len(sizes) < x.ndim or min(sizes, default=0) < 0:
        raise ValueError(f"repeat: shape {x.shape} needs at least {x.ndim} numbers of copies, none negative, got {sizes}")
    shape = (1,) * (len(sizes) - x.ndim) + x.shape
    apart = tuple(n for size in shape for n in (1, size))  # (1, a, 1, b) -> (r, a, s, b), read as (r·a, s·b)
    copies = broadcast_to(reshape(x, shape=apart), shape=tuple(n for pair in zip(sizes, shape) for n in pair))
    return reshape(copies, shape=tuple(r * n for r, n in zip(sizes, shape)))


def tile(x, *sizes):
    """``repeat`` that fills up ``sizes`` with ones in front where x has more axes. [torch.tile]"""
    sizes = sizes_of("tile", sizes)
    return repeat(x, (1,) * (x.ndim - len(sizes)) + sizes)


@accepts_dim
def repeat_interleave(x, repeats, axis=None):
    """Each slice along ``axis`` ``repeats`` times in a row: [a, b] with 2 -> [a, a, b, b]; ``repeats`` may be one number a slice.

    ``axis=None`` reads x as flat.
    """
    if axis is None:
        x, axis = reshape(x, shape=(-1,)), 0
    axis = axis_of("repeat_interleave", x.shape, axis)
    if isinstance(repeats, (int, np.integer)):
        if repeats < 0:
            raise ValueError(f"repeat_interleave: the number of copies cannot be negative, got {repeats}")
        before, n, after = x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]
        return reshape(expand(unsqueeze(x, axis + 1), *before, n, repeats, *after), shape=(*before, n * repeats, *after))
    repeats = np.asarray(_device.to_numpy(repeats.data if isinstance(repeats, Tensor) else repeats))
    if repeats.dtype.kind not in "iu" or repeats.ndim > 1 or repeats.size not in (1, x.shape[axis]) or (repeats < 0).any():
        raise ValueError(f"repeat_interleave: expected a number, or {x.shape[axis]} of them, one a slice on axis {axis}; got {repeats}")
    picked = np.repeat(np.arange(x.shape[axis]), np.broadcast_to(repeats.reshape(-1), x.shape[axis]))
    return index(x, (*[slice(None)] * axis, picked))


def meshgrid(*tensors, indexing="ij"):
    """Coordinates of a grid: vectors of lengths n, m, … -> as many tensors (n, m, …), the i-th varying along axis i. Views.

    ``indexing="xy"`` swaps the first two axes, for x to run along a row of pixels. [torch.meshgrid]
    """
    tensors = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    if indexing not in ("ij", "xy"):
        raise ValueError(f'meshgrid: indexing must be "ij" or "xy", got {indexing!r}')
    if not tensors or any(x.ndim > 1 for x in tensors):
        raise ValueError(f"meshgrid: expected vectors, got shapes {[tuple(x.shape) for x in tensors]}")
    n = len(tensors)
    shape = tuple(x.shape[0] if x.ndim else 1 for x in tensors)
    grids = tuple(expand(reshape(x, shape=(1,) * i + (-1,) + (1,) * (n - 1 - i)), shape) for i, x in enumerate(tensors))
    return tuple(transpose(grid, 0, 1) for grid in grids) if indexing == "xy" and n > 1 else grids


# --- mirrored, shifted --------------------------------------------------------------------------------------------------------


@accepts_dim
def flip(x, axis, *more):
    """x backwards along ``axis``, an int or several: ``x.flip(0)``, ``x.flip((0, 1))``, ``x.flip(0, 1)``. A view."""
    axes = axes_of("flip", x.shape, (axis, *more) if more else axis)
    return getitem(x, index=tuple(slice(None, None, -1 if i in axes else None) for i in range(x.ndim)))


@primitive
def roll(x, *, shifts, axis=None):
    """y[i] = x[i − shifts] along ``axis``, what leaves at one end enters at the other; several shifts for several axes.

    ``axis=None`` rolls the flattened x.
    """
    if axis is None or isinstance(axis, int):
        shifts = operator.index(shifts)
    elif len(shifts) != len(axis):
        raise ValueError("a shift without an axis")
    return np.roll(x, shifts, axis)


@roll.vjp
def roll_vjp(g, y, x, *, shifts, axis):
    """Rolled back."""
    return roll(g, shifts=tuple(-s for s in shifts) if isinstance(shifts, (tuple, list)) else -shifts, axis=axis)


@roll.explain
def roll_complaint(x, *, shifts, axis=None):
    if axis is not None:
        axes_of("roll", x.shape, axis)
    return f"shifts {shifts} and axis {axis}: each axis needs its shift, a whole number"
