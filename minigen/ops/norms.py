"""Lengths of vectors, in every power."""

import math

import numpy as np

from minigen.autograd import primitive
from minigen.ops.arguments import accepts_dim
from minigen.ops.arithmetic import div
from minigen.ops.choose import where, zero_like
from minigen.ops.elementwise import quietly, sign
from minigen.ops.reduce import kept, several
from minigen.ops.shape import astype, broadcast_to


@primitive
@quietly
def vector_norm(x, *, ord=2, axis=None, keepdims=False):
    """y = (Σ |x|ᵖ)^(1/p) along ``axis``, p = ``ord``: the length for p = 2, Σ |x| for p = 1, max |x| for p = ∞.

    Also min |x| for p = −∞ and the number of x ≠ 0 for p = 0. Where y = 0 is a kink, the gradient is 0. [torch.linalg.vector_norm]
    """
    axis = several(axis)
    if ord == 2:
        return np.sqrt((x * x).sum(axis=axis, keepdims=keepdims))
    size = np.abs(x)
    if ord == math.inf:
        return size.max(axis=axis, keepdims=keepdims)
    if ord == -math.inf:
        return size.min(axis=axis, keepdims=keepdims)
    if ord == 0:
        return (x != 0).sum(axis=axis, keepdims=keepdims, dtype=x.dtype)
    return (size**ord).sum(axis=axis, keepdims=keepdims) ** (1 / ord)


@vector_norm.vjp
def vector_norm_vjp(g, y, x, *, ord, axis, keepdims):
    """∂y/∂xᵢ = sign(xᵢ) (|xᵢ| / y)ᵖ⁻¹; for ±∞ the elements that reach it share the gradient."""
    g, y = kept(g, x, axis), kept(y, x, axis)
    if ord == 0:
        return broadcast_to(zero_like(g), x.shape)
    if ord in (math.inf, -math.inf):
        reached = astype(abs(x) == y, dtype=x.dtype)
        return sign(x) * reached * div(g, reached.sum(axis=several(axis), keepdims=True))
    g, y = where(y == 0, 0.0, g), where(y == 0, 1.0, y)
    if ord == 2:
        return x * (g / y)
    return g * sign(x) * (abs(where(x == 0, 1.0, x)) / y) ** (ord - 1)


@vector_norm.explain
def vector_norm_complaint(x, *, ord, axis, keepdims):
    if not isinstance(ord, (int, float)):
        return f"ord must be a number, 0, inf or -inf, got {ord!r}; norms of matrices are in minigen.linalg.matrix_norm"
    if not np.size(x):
        return f"{np.shape(x)} has no elements along axis {axis}, and no elements have no norm of order {ord}"
    return None


@accepts_dim
def norm(x, p="fro", axis=None, keepdims=False):
    """‖x‖ₚ along ``axis``, of all elements by default; p="fro" is p = 2. [torch.norm]"""
    return vector_norm(x, ord=2 if p == "fro" else p, axis=axis, keepdims=keepdims)
