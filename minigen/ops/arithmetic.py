"""Arithmetic on two tensors, element by element. Shapes broadcast as in NumPy; the engine sums gradients over broadcast axes."""

import math

import numpy as np

from minigen.autograd import primitive
from minigen.ops.choose import where, zero_like
from minigen.ops.elementwise import exp, log, quietly


@primitive
def add(a, b):
    """y = a + b"""
    return a + b


@add.vjp
def add_vjp_a(g, y, a, b):
    """∂y/∂a = 1"""
    return g


@add.vjp
def add_vjp_b(g, y, a, b):
    """∂y/∂b = 1"""
    return g


@primitive
def sub(a, b):
    """y = a − b"""
    return a - b


@sub.vjp
def sub_vjp_a(g, y, a, b):
    """∂y/∂a = 1"""
    return g


@sub.vjp
def sub_vjp_b(g, y, a, b):
    """∂y/∂b = −1"""
    return -g


@primitive
def mul(a, b):
    """y = a · b"""
    return a * b


@mul.vjp
def mul_vjp_a(g, y, a, b):
    """∂y/∂a = b"""
    return g * b


@mul.vjp
def mul_vjp_b(g, y, a, b):
    """∂y/∂b = a"""
    return g * a


@primitive
@quietly
def div(a, b):
    """y = a / b, also for whole numbers: 1 / 2 = 0.5"""
    return a / b


@div.vjp
def div_vjp_a(g, y, a, b):
    """∂y/∂a = 1 / b"""
    return g / b


@div.vjp
def div_vjp_b(g, y, a, b):
    """∂y/∂b = −a / b² = −y / b"""
    return -g * y / b


@primitive
@quietly
def pow(a, b):
    """y = aᵇ   (0⁰ = 1; NaN for a < 0 with a fractional b). Whole numbers cannot have negative whole exponents: ValueError."""
    return a * a * a if _is_number(b) and b == 3 else a**b  # NumPy is fast for b = 2, −1, ½ only


@pow.vjp
def pow_vjp_a(g, y, a, b):
    """∂y/∂a = b aᵇ⁻¹, which is 0 for b = 0, at a = 0 as well."""
    if _is_number(b):
        return g * (b * a ** (b - 1) if b else 0.0 * y)
    return g * b * a ** where((a == 0) & (b == 0), 1.0, b - 1.0)


@pow.vjp
def pow_vjp_b(g, y, a, b):
    """∂y/∂b = aᵇ ln a, with the limit 0 at a = 0, b ≥ 0."""
    if _is_number(a) and a > 0:
        return g * y * math.log(a)
    return g * y * log(where((a == 0) & (b >= 0), 1.0, a))


def _is_number(b):
    return isinstance(b, (int, float))


@primitive
@quietly
def remainder(a, b):
    """y = a − b ⌊a / b⌋, which has the sign of b: −1 % 3 = 2. ValueError for a whole number modulo 0."""
    return np.remainder(a, _not_zero(a, b))


@remainder.vjp
def remainder_vjp_a(g, y, a, b):
    """∂y/∂a = 1"""
    return g


@remainder.vjp
def remainder_vjp_b(g, y, a, b):
    """∂y/∂b = −⌊a / b⌋"""
    return -g * floor_divide(a, b)


@primitive
@quietly
def floor_divide(a, b):
    """y = ⌊a / b⌋. ValueError for a whole number divided by 0."""
    return np.floor_divide(a, _not_zero(a, b))


@floor_divide.vjp
def floor_divide_vjp_a(g, y, a, b):
    """∂y/∂a = 0: steps."""
    return zero_like(g)


@floor_divide.vjp
def floor_divide_vjp_b(g, y, a, b):
    """∂y/∂b = 0: steps."""
    return zero_like(g)


def _not_zero(a, b):
    """``b``; ValueError if ``a`` and ``b`` are whole numbers and a zero is among ``b``: there is no infinity to return."""
    if np.result_type(a, b).kind in "iub" and not np.all(b):
        raise ValueError("whole numbers cannot be divided by 0; convert them with .float()")
    return b


@primitive
@quietly
def logaddexp(a, b):
    """y = ln(eᵃ + eᵇ) = max(a, b) + ln(1 + e^−|a − b|), which cannot overflow."""
    return np.maximum(a, b) + np.log1p(np.exp(np.fmin(-np.abs(a - b), 0.0)))  # fmin: ∞ − ∞ counts as 0


@logaddexp.vjp
def logaddexp_vjp_a(g, y, a, b):
    """∂y/∂a = eᵃ / (eᵃ + eᵇ) = exp(−ln(1 + e^(b − a)))"""
    return g * exp(-logaddexp(0.0, b - a))


@logaddexp.vjp
def logaddexp_vjp_b(g, y, a, b):
    """∂y/∂b = eᵇ / (eᵃ + eᵇ) = exp(−ln(1 + e^(a − b)))"""
    return g * exp(-logaddexp(0.0, a - b))


def lerp(start, end, weight):
    """y = start + weight · (end − start): from ``start`` at weight 0 to ``end`` at weight 1."""
    return start + weight * (end - start)


subtract, multiply, divide, true_divide = sub, mul, div, div
