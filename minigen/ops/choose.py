"""Choosing between numbers, element by element: where, maximum, minimum, clamp."""

import numpy as np

from minigen.autograd import primitive


@primitive
def where(condition, a, b):
    """y = a where ``condition`` holds, else b. Only the chosen one receives the gradient. TypeError if it is not bool."""
    dtype = getattr(condition, "dtype", None)
    if dtype is None:
        condition = np.bool_(condition)  # CuPy takes no Python bool
    elif dtype != np.bool_:
        raise TypeError(f"the condition must be bool, not {dtype}; write condition != 0")
    return np.where(condition, a, b)


where.vjp(None)


@where.vjp
def where_vjp_a(g, y, condition, a, b):
    """∂y/∂a = 1 where the condition holds"""
    return where(condition, g, 0.0)


@where.vjp
def where_vjp_b(g, y, condition, a, b):
    """∂y/∂b = 1 where the condition does not hold"""
    return where(condition, 0.0, g)


def zero_like(g):
    """Zeros in the shape and dtype of ``g``, array or tensor: the gradient of a step function."""
    return where(False, g, 0.0)


@primitive
def maximum(a, b):
    """y = max(a, b); NaN if one of them is."""
    return np.maximum(a, b)


@maximum.vjp
def maximum_vjp_a(g, y, a, b):
    """∂y/∂a = 1 where a > b, ½ where a = b, else 0"""
    return where(a < b, 0.0, where(a == b, 0.5 * g, g))


@maximum.vjp
def maximum_vjp_b(g, y, a, b):
    """∂y/∂b = 1 where b > a, ½ where a = b, else 0"""
    return where(b < a, 0.0, where(a == b, 0.5 * g, g))


@primitive
def minimum(a, b):
    """y = min(a, b); NaN if one of them is."""
    return np.minimum(a, b)


@minimum.vjp
def minimum_vjp_a(g, y, a, b):
    """∂y/∂a = 1 where a < b, ½ where a = b, else 0"""
    return where(a > b, 0.0, where(a == b, 0.5 * g, g))


@minimum.vjp
def minimum_vjp_b(g, y, a, b):
    """∂y/∂b = 1 where b < a, ½ where a = b, else 0"""
    return where(b > a, 0.0, where(a == b, 0.5 * g, g))


@primitive
def clamp(x, min=None, max=None):
    """y = min(max(x, ``min``), ``max``); None means no bound on that side. ValueError without any bound."""
    if min is None and max is None:
        raise ValueError("expected min, max or both, got neither")
    return np.clip(x, min, max)


@clamp.vjp
def clamp_vjp_x(g, y, x, min, max):
    """∂y/∂x = 1 for min ≤ x ≤ max, the bounds included, else 0"""
    if min is None:
        return where(x <= max, g, 0.0)
    return where(x >= min if max is None else (x >= min) & (x <= max), g, 0.0)


@clamp.vjp
def clamp_vjp_min(g, y, x, min, max):
    """∂y/∂min = 1 for x < min < max, else 0"""
    return where(x < min if max is None else (x < min) & (min < max), g, 0.0)


@clamp.vjp
def clamp_vjp_max(g, y, x, min, max):
    """∂y/∂max = 1 for x > max, and for max < min, else 0"""
    return where(x > max if min is None else (x > max) | (max < min), g, 0.0)


def clamp_min(x, min):
    """y = max(x, ``min``), with the whole gradient to x at a tie"""
    return clamp(x, min, None)


def clamp_max(x, max):
    """y = min(x, ``max``), with the whole gradient to x at a tie"""
    return clamp(x, None, max)


clip = clamp
