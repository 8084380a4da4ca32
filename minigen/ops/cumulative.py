"""Products, and sums and products that run along an axis."""

import math

from minigen.autograd import primitive
from minigen.ops.arguments import axes_of
from minigen.ops.choose import zero_like
from minigen.ops.joining import cat
from minigen.ops.reduce import kept, several, wide
from minigen.ops.shape import movedim, permute, reshape

# --- products -----------------------------------------------------------------------------------------------------------------


@primitive
def prod(x, *, axis=None, keepdims=False, dtype=None):
    """y = Π x along ``axis``. Bools and integers are multiplied in int64, or everything in ``dtype``."""
    return x.prod(axis=several(axis), keepdims=keepdims, dtype=wide(x, dtype))


@prod.vjp
def prod_vjp(g, y, x, *, axis, keepdims, dtype):
    """∂y/∂xᵢ = Πⱼ xⱼ over all j ≠ i; y / xᵢ would be 0/0 where xᵢ = 0."""
    if not x.ndim:
        return g
    axes = axes_of("prod", x.shape, tuple(range(x.ndim)) if axis is None else axis)
    order = tuple(i for i in range(x.ndim) if i not in axes) + axes
    back = tuple(order.index(i) for i in range(x.ndim))
    moved = permute(x, order)
    flat = reshape(moved, (*moved.shape[: x.ndim - len(axes)], math.prod(moved.shape[x.ndim - len(axes) :])))
    return kept(g, x, axis) * permute(reshape(others(flat), moved.shape), back)


def others(x):
    """yᵢ = Π xⱼ over j ≠ i along the last axis, (…, n) -> (…, n), in 3n multiplications and without a division.

    Multiply x in pairs; the others of a number are its partner and the others of its pair.
    """
    n = x.shape[-1]
    if n < 2:
        return zero_like(x) + 1  # the product of no numbers
    if n % 2:
        x = cat(x, zero_like(x[..., :1]) + 1, axis=-1)
    pairs = reshape(x, (*x.shape[:-1], 2, (n + 1) // 2))
    y = pairs[..., ::-1, :]
    if n > 2:
        y = y * others(pairs[..., 0, :] * pairs[..., 1, :])[..., None, :]
    return reshape(y, x.shape)[..., :n]


# --- running sums and products ------------------------------------------------------------------------------------------------


def row(x):
    """x, or a number as a row of one, which has the axes 0 and -1 that PyTorch and NumPy see in a number, and CuPy does not."""
    return x if x.ndim else x.reshape(1)


@primitive
def cumsum(x, *, axis, dtype=None):
    """yₖ = Σ xⱼ over j ≤ k along ``axis``. Bools and integers are summed in int64, or everything in ``dtype``."""
    return row(x).cumsum(axis=axis, dtype=wide(x, dtype)).reshape(x.shape)


@cumsum.vjp
def cumsum_vjp(g, y, x, *, axis, dtype):
    """∂L/∂xⱼ = Σ gₖ over k ≥ j: the running sum from the other end"""
    if not x.ndim:
        return g
    backwards = (slice(None),) * (axis % x.ndim) + (slice(None, None, -1),)
    return cumsum(g[backwards], axis=axis)[backwards]


@primitive
def cumprod(x, *, axis, dtype=None):
    """yₖ = Π xⱼ over j ≤ k along ``axis``. Bools and integers are multiplied in int64, or everything in ``dtype``."""
    return row(x).cumprod(axis=axis, dtype=wide(x, dtype)).reshape(x.shape)


@cumprod.vjp
def cumprod_vjp(g, y, x, *, axis, dtype):
    """∂L/∂xᵢ = yᵢ₋₁ rᵢ   with   rᵢ = gᵢ + xᵢ₊₁ rᵢ₊₁: no division, so a 0 is no exception.

    The recurrence takes log₂ n steps: after each, r sums over twice as many places, and f is the product of x that leads there.
    """
    if not x.ndim:
        return g
    r, f, y = movedim(g, axis, -1), left(movedim(x, axis, -1), 1), movedim(y, axis, -1)
    n, step = r.shape[-1], 1
    while step < n:
        r = r + f * left(r, step)
        f, step = f * left(f, step), 2 * step
    before = cat(zero_like(y[..., :1]) + 1, y[..., : n - 1], axis=-1) if n else y
    return movedim(before * r, -1, axis)


def left(x, steps):
    """yᵢ = xᵢ₊ₛ along the last axis, s = ``steps``; 0 where x has ended."""
    return cat(x[..., steps:], zero_like(x[..., :steps]), axis=-1)
