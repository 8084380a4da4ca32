"""Circular and hyperbolic functions and their inverses, applied to every element. Angles in radians."""

import numpy as np

from minigen.autograd import primitive
from minigen.ops.choose import where
from minigen.ops.elementwise import quietly, sqrt


@primitive
@quietly
def sin(x):
    """y = sin x"""
    return np.sin(x)


@sin.vjp
def sin_vjp(g, y, x):
    """∂y/∂x = cos x"""
    return g * cos(x)


@primitive
@quietly
def cos(x):
    """y = cos x"""
    return np.cos(x)


@cos.vjp
def cos_vjp(g, y, x):
    """∂y/∂x = −sin x"""
    return -g * sin(x)


@primitive
@quietly
def tan(x):
    """y = tan x"""
    return np.tan(x)


@tan.vjp
def tan_vjp(g, y, x):
    """∂y/∂x = 1 + tan² x"""
    return g * (1 + y * y)


@primitive
@quietly
def asin(x):
    """y = arcsin x in [−π/2, π/2]; NaN outside of −1 ≤ x ≤ 1"""
    return np.arcsin(x)


@asin.vjp
def asin_vjp(g, y, x):
    """∂y/∂x = 1 / √(1 − x²)"""
    return g / sqrt((1 - x) * (1 + x))


@primitive
@quietly
def acos(x):
    """y = arccos x in [0, π]; NaN outside of −1 ≤ x ≤ 1"""
    return np.arccos(x)


@acos.vjp
def acos_vjp(g, y, x):
    """∂y/∂x = −1 / √(1 − x²)"""
    return -g / sqrt((1 - x) * (1 + x))


@primitive
def atan(x):
    """y = arctan x in (−π/2, π/2)"""
    return np.arctan(x)


@atan.vjp
def atan_vjp(g, y, x):
    """∂y/∂x = 1 / (1 + x²)"""
    return g / (1 + x * x)


@primitive
def atan2(a, b):
    """y = the angle of the point (b, a), in (−π, π]: arctan(a / b) in the right quadrant."""
    return np.arctan2(a, b)


@atan2.vjp
def atan2_vjp_a(g, y, a, b):
    """∂y/∂a = b / (a² + b²); 0 at the origin"""
    return g * (b / _squared_radius(a, b))


@atan2.vjp
def atan2_vjp_b(g, y, a, b):
    """∂y/∂b = −a / (a² + b²); 0 at the origin"""
    return -g * (a / _squared_radius(a, b))


def _squared_radius(a, b):
    """a² + b², or 1 at the origin, where the angle has no derivative."""
    r2 = a * a + b * b
    return where(r2 == 0, 1.0, r2)


@primitive
@quietly
def sinh(x):
    """y = (eˣ − e⁻ˣ) / 2"""
    return np.sinh(x)


@sinh.vjp
def sinh_vjp(g, y, x):
    """∂y/∂x = cosh x"""
    return g * cosh(x)


@primitive
@quietly
def cosh(x):
    """y = (eˣ + e⁻ˣ) / 2"""
    return np.cosh(x)


@cosh.vjp
def cosh_vjp(g, y, x):
    """∂y/∂x = sinh x"""
    return g * sinh(x)


@primitive
def tanh(x):
    """y = tanh x = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)"""
    return np.tanh(x)


@tanh.vjp
def tanh_vjp(g, y, x):
    """∂y/∂x = 1 − tanh² x"""
    return g * (1 - y * y)


@primitive
def asinh(x):
    """y = ln(x + √(x² + 1))"""
    return np.arcsinh(x)


@asinh.vjp
def asinh_vjp(g, y, x):
    """∂y/∂x = 1 / √(x² + 1)"""
    return g / sqrt(x * x + 1)


@primitive
@quietly
def acosh(x):
    """y = ln(x + √(x² − 1)) for x ≥ 1, else NaN"""
    return np.arccosh(x)


@acosh.vjp
def acosh_vjp(g, y, x):
    """∂y/∂x = 1 / √(x² − 1)"""
    return g / sqrt((x - 1) * (x + 1))


@primitive
@quietly
def atanh(x):
    """y = ½ ln((1 + x) / (1 − x)); ±∞ at ±1, NaN beyond"""
    return np.arctanh(x)


@atanh.vjp
def atanh_vjp(g, y, x):
    """∂y/∂x = 1 / (1 − x²)"""
    return g / ((1 - x) * (1 + x))


arcsin, arccos, arctan, arctan2, arcsinh, arccosh, arctanh = asin, acos, atan, atan2, asinh, acosh, atanh
