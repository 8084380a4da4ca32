"""Functions of one number, applied to every element: signs, powers, exponentials, logarithms, rounding."""

import math

import numpy as np

from minigen.autograd import primitive
from minigen.ops.choose import zero_like

quietly = np.errstate(divide="ignore", over="ignore", invalid="ignore")  # 1/0 is inf, 0/0 is NaN, without a word, as in PyTorch


@primitive
def neg(x):
    """y = −x"""
    return -x


@neg.vjp
def neg_vjp(g, y, x):
    """∂y/∂x = −1"""
    return -g


@primitive
def abs(x):
    """y = |x|"""
    return np.abs(x)


@abs.vjp
def abs_vjp(g, y, x):
    """∂y/∂x = sign x, 0 at the kink"""
    return g * sign(x)


@primitive
def sign(x):
    """y = −1, 0 or 1; 0 for NaN as well"""
    return x if getattr(x, "dtype", None) == np.bool_ else np.where(np.isnan(x), 0, np.sign(x))


@sign.vjp
def sign_vjp(g, y, x):
    """∂y/∂x = 0: a step."""
    return zero_like(g)


# --- powers -------------------------------------------------------------------------------------------------------------------


@primitive
def square(x):
    """y = x²; of bools in int64"""
    return x.astype(np.int64) if getattr(x, "dtype", None) == np.bool_ else x * x


@square.vjp
def square_vjp(g, y, x):
    """∂y/∂x = 2x"""
    return g * (2 * x)


@primitive
@quietly
def sqrt(x):
    """y = √x; NaN for x < 0."""
    return np.sqrt(x)


@sqrt.vjp
def sqrt_vjp(g, y, x):
    """∂y/∂x = 1 / (2√x), ∞ at 0"""
    return g / (2 * y)


@primitive
@quietly
def rsqrt(x):
    """y = 1 / √x"""
    return 1 / np.sqrt(x)


@rsqrt.vjp
def rsqrt_vjp(g, y, x):
    """∂y/∂x = −½ x^(−3/2) = −½ y³"""
    return -0.5 * g * (y * y * y)


@primitive
@quietly
def reciprocal(x):
    """y = 1 / x"""
    return 1 / x


@reciprocal.vjp
def reciprocal_vjp(g, y, x):
    """∂y/∂x = −1 / x² = −y²"""
    return -g * (y * y)


# --- exponentials and logarithms ----------------------------------------------------------------------------------------------


@primitive
@quietly
def exp(x):
    """y = eˣ"""
    return np.exp(x)


@exp.vjp
def exp_vjp(g, y, x):
    """∂y/∂x = eˣ = y"""
    return g * y


@primitive
@quietly
def expm1(x):
    """y = eˣ − 1, exact for small x as well"""
    return np.expm1(x)


@expm1.vjp
def expm1_vjp(g, y, x):
    """∂y/∂x = eˣ = y + 1"""
    return g * (y + 1)


@primitive
@quietly
def log(x):
    """y = ln x; −∞ at 0, NaN below."""
    return np.log(x)


@log.vjp
def log_vjp(g, y, x):
    """∂y/∂x = 1 / x"""
    return g / x


@primitive
@quietly
def log1p(x):
    """y = ln(1 + x), exact for small x as well"""
    return np.log1p(x)


@log1p.vjp
def log1p_vjp(g, y, x):
    """∂y/∂x = 1 / (1 + x)"""
    return g / (1 + x)


@primitive
@quietly
def log2(x):
    """y = log₂ x: nats become bits."""
    return np.log2(x)


@log2.vjp
def log2_vjp(g, y, x):
    """∂y/∂x = 1 / (x ln 2)"""
    return g / (x * math.log(2))


@primitive
@quietly
def log10(x):
    """y = log₁₀ x"""
    return np.log10(x)


@log10.vjp
def log10_vjp(g, y, x):
    """∂y/∂x = 1 / (x ln 10)"""
    return g / (x * math.log(10))


@primitive
def sigmoid(x):
    """y = 1 / (1 + e⁻ˣ), written as ½ tanh(x/2) + ½: that cannot overflow, and tanh is four times as fast as exp and division."""
    return 0.5 * np.tanh(0.5 * x) + 0.5


@sigmoid.vjp
def sigmoid_vjp(g, y, x):
    """∂y/∂x = y (1 − y)"""
    return g * (y * (1 - y))


# --- rounding -----------------------------------------------------------------------------------------------------------------


@primitive
def floor(x):
    """y = ⌊x⌋, the largest whole number ≤ x"""
    return np.floor(x)


@floor.vjp
def floor_vjp(g, y, x):
    """∂y/∂x = 0: steps."""
    return zero_like(g)


@primitive
def ceil(x):
    """y = ⌈x⌉, the smallest whole number ≥ x"""
    return np.ceil(x)


@ceil.vjp
def ceil_vjp(g, y, x):
    """∂y/∂x = 0: steps."""
    return zero_like(g)


@primitive
def trunc(x):
    """y = x without its fraction: the next whole number towards 0"""
    return np.trunc(x)


@trunc.vjp
def trunc_vjp(g, y, x):
    """∂y/∂x = 0: steps."""
    return zero_like(g)


@primitive
def round(x, *, decimals=0):
    """y = the nearest whole number, of two equally near ones the even one: 0.5 → 0. ``decimals`` keeps so many digits."""
    return np.round(x, decimals)


@round.vjp
def round_vjp(g, y, x, *, decimals):
    """∂y/∂x = 0: steps."""
    return zero_like(g)


absolute, negative = abs, neg
