"""The same numbers in another shape: every op here only moves elements, so its rule moves the gradient back."""

import math

import numpy as np

from minigen.autograd import primitive
from minigen.ops.arguments import accepts_dim, axes_of, axis_of, dtype_of, sizes_of
from minigen.tensor import Tensor

# --- new shapes ---------------------------------------------------------------------------------------------------------------


@primitive
def reshape(x, *, shape):
    """y has the elements of x in the same order, in ``shape``; one size may be −1. Shares memory where it can."""
    return x.reshape(shape)


@reshape.vjp
def reshape_vjp(g, y, x, *, shape):
    """Back into the shape of x."""
    return reshape(g, shape=x.shape)


@reshape.explain
def reshape_complaint(x, *, shape):
    shape = sizes_of("reshape", (shape,))
    n, known = math.prod(x.shape), math.prod(k for k in shape if k != -1)
    if any(k < -1 for k in shape) or shape.count(-1) > 1:
        return f"{x.shape} into {shape}: only one size may be -1, and no other may be negative"
    return f"{x.shape} holds {n} elements, but {shape} needs {f'a multiple of {known}' if -1 in shape else known}"


view = reshape  # PyTorch's second name; where PyTorch's view would refuse a non-contiguous tensor, this one copies


@accepts_dim
def flatten(x, start_axis=0, end_axis=-1):
    """The axes from ``start_axis`` to ``end_axis`` become one: (N, C, H, W) with ``start_axis=1`` -> (N, C·H·W); 0-d -> (1,)."""
    first, last = axis_of("flatten", x.shape, start_axis), axis_of("flatten", x.shape, end_axis)
    if first > last:
        raise ValueError(f"flatten: start_axis {start_axis} comes after end_axis {end_axis} in shape {x.shape}")
    return reshape(x, shape=x.shape[:first] + (math.prod(x.shape[first : last + 1]),) + x.shape[last + 1 :])


@accepts_dim
def unflatten(x, axis, sizes):
    """One axis becomes several of ``sizes``, one of which may be −1: (N, 6) with (1, (2, −1)) -> (N, 2, 3)."""
    axis, sizes = axis_of("unflatten", x.shape, axis), sizes_of("unflatten", (sizes,))
    known = math.prod(n for n in sizes if n != -1)
    if -1 in sizes and known:
        sizes = tuple(x.shape[axis] // known if n == -1 else n for n in sizes)
    if math.prod(sizes) != x.shape[axis] or min(sizes) < 0:
        raise ValueError(f"unflatten: axis {axis} of shape {x.shape} has {x.shape[axis]} elements, which do not fill {sizes}")
    return reshape(x, shape=x.shape[:axis] + sizes + x.shape[axis + 1 :])


@accepts_dim
def squeeze(x, axis=None):
    """Without the axes of length 1: all of them, or those in ``axis`` (an int or a tuple); an axis of another length stays."""
    axes = range(x.ndim) if axis is None else axes_of("squeeze", x.shape, axis)
    return reshape(x, shape=tuple(n for i, n in enumerate(x.shape) if n != 1 or i not in axes))


@accepts_dim
def unsqueeze(x, axis):
    """A new axis of length 1 before ``axis``: (N, D) with 1 -> (N, 1, D), with −1 -> (N, D, 1)."""
    axis = axis_of("unsqueeze", x.shape, axis, new=1)
    return reshape(x, shape=x.shape[:axis] + (1,) + x.shape[axis:])


# --- axes in another order ----------------------------------------------------------------------------------------------------


@primitive
def permute(x, *, axis):
    """y[i₀, i₁, …] = x with its axes in the order ``axis``."""
    return x.transpose(axis)


@permute.vjp
def permute_vjp(g, y, x, *, axis):
    """The inverse permutation."""
    inverse = [0] * len(axis)
    for new, old in enumerate(axis):
        inverse[old] = new
    return permute(g, axis=tuple(inverse))


@permute.explain
def permute_complaint(x, *, axis):
    return f"{axis} is not an order of the {x.ndim} axes of shape {x.shape}"


@accepts_dim
def transpose(x, axis0, axis1):
    """x with two axes swapped. [torch.transpose; numpy.swapaxes]"""
    a, b = axis_of("transpose", x.shape, axis0), axis_of("transpose", x.shape, axis1)
    axes = list(range(x.ndim))
    if axes:
        axes[a], axes[b] = b, a
    return permute(x, axis=tuple(axes))


swapaxes = transpose


@accepts_dim
def movedim(x, source, destination):
    """The axes ``source`` (an int or several) move to the places ``destination``; the others keep their order."""
    source, destination = axes_of("movedim", x.shape, source), axes_of("movedim", x.shape, destination)
    if len(source) != len(destination):
        raise ValueError(f"movedim: {len(source)} axes cannot move to {len(destination)} places")
    order = [i for i in range(x.ndim) if i not in source]
    for place, axis in sorted(zip(destination, source)):
        order.insert(place, axis)
    return permute(x, axis=tuple(order[: x.ndim]))


def matrix_transpose(x):
    """xᵀ of the last two axes: (…, M, N) -> (…, N, M)"""
    if x.ndim < 2:
        raise ValueError(f"mT: a matrix has two axes, this has shape {x.shape}")
    axes = tuple(range(x.ndim))
    return permute(x, axis=axes[:-2] + axes[:-3:-1])


def reverse_axes(x):
    """x with its axes in reverse order; the transpose of a matrix."""
    return permute(x, axis=tuple(range(x.ndim))[::-1])


# --- copies without copying ---------------------------------------------------------------------------------------------------


@primitive
def broadcast_to(x, *, shape):
    """y = x repeated along new axes and along axes of size 1, without copying."""
    return np.broadcast_to(x, shape)


@broadcast_to.vjp
def broadcast_to_vjp(g, y, x, *, shape):
    """The sum over the copies, which the engine takes."""
    return g


@broadcast_to.explain
def broadcast_to_complaint(x, *, shape):
    return f"{np.shape(x)} does not stretch to {shape}: axes are matched from the back, and only axes of size 1 stretch"


def expand(x, *sizes):
    """x stretched to ``sizes`` without copying: axes of length 1 repeat, new axes come in front; −1 keeps an axis as it is."""
    sizes = sizes_of("expand", sizes)
    new = len(sizes) - x.ndim
    if new < 0 or any(n == -1 for n in sizes[:new]):
        raise ValueError(f"expand: {x.shape} to {sizes}: every axis needs a size, and -1 is only for axes that are already there")
    return broadcast_to(x, shape=sizes[:new] + tuple(old if n == -1 else n for n, old in zip(sizes[new:], x.shape)))


def expand_as(x, other):
    """x stretched to the shape of ``other``, without copying."""
    return broadcast_to(x, shape=other.shape)


# --- the same in fresh memory -------------------------------------------------------------------------------------------------


@primitive
def clone(x):
    """y = x in memory of its own"""
    return x.copy()


@clone.vjp
def clone_vjp(g, y, x):
    """∂y/∂x = 1"""
    return g


def contiguous(x):
    """x itself if its elements lie in memory in their order, else a copy in which they do."""
    return x if (x.data if isinstance(x, Tensor) else x).flags.c_contiguous else clone(x)


# --- the same in another dtype ------------------------------------------------------------------------------------------------


@primitive
def cast(x, *, dtype):
    """y = x converted to the floating ``dtype``; x itself if it has it already."""
    return x.astype(dtype, copy=False)


@cast.vjp
def cast_vjp(g, y, x, *, dtype):
    """∂y/∂x = 1; the engine converts the gradient back."""
    return g


def astype(x, dtype):
    """x converted to ``dtype``; x itself if it has it already. Whole numbers and bools carry no gradient."""
    dtype = dtype_of("astype", dtype)
    if dtype.kind != "f" and isinstance(x, Tensor):
        x = x.detach()
    return cast(x, dtype=dtype)
