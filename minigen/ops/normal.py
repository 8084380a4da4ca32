"""Functions of the normal distribution: the error function, the distribution function Φ, their inverses and logarithms."""

import math

from minigen import device
from minigen.autograd import primitive
from minigen.ops.elementwise import exp, quietly


@primitive
def erf(x):
    """y = 2/√π ∫₀ˣ exp(−t²) dt, the error function"""
    return device.special("erf", x)


@erf.vjp
def erf_vjp(g, y, x):
    """∂y/∂x = 2/√π exp(−x²)"""
    return g * (2 / math.sqrt(math.pi) * exp(-x * x))


@primitive
def erfc(x):
    """y = 1 − erf x, exact for large x as well"""
    return device.special("erfc", x)


@erfc.vjp
def erfc_vjp(g, y, x):
    """∂y/∂x = −2/√π exp(−x²)"""
    return g * (-2 / math.sqrt(math.pi) * exp(-x * x))


@primitive
def erfinv(x):
    """y with erf y = x; ±∞ at ±1, NaN beyond"""
    return device.special("erfinv", x)


@erfinv.vjp
def erfinv_vjp(g, y, x):
    """∂y/∂x = √π/2 exp(y²)"""
    return g * (math.sqrt(math.pi) / 2 * exp(y * y))


@primitive
def ndtr(x):
    """y = Φ(x) = ½ (1 + erf(x/√2)), the distribution function of the standard normal"""
    return device.special("ndtr", x)


@ndtr.vjp
def ndtr_vjp(g, y, x):
    """∂y/∂x = φ(x) = exp(−x²/2) / √(2π)"""
    return g * (exp(-0.5 * x * x) / math.sqrt(2 * math.pi))


@primitive
def ndtri(x):
    """y with Φ(y) = x, the quantile of the standard normal; −∞ at 0, ∞ at 1, NaN beyond"""
    return device.special("ndtri", x)


@ndtri.vjp
def ndtri_vjp(g, y, x):
    """∂y/∂x = 1 / φ(y) = √(2π) exp(y²/2)"""
    return g * (math.sqrt(2 * math.pi) * exp(0.5 * y * y))


@primitive
def log_ndtr(x):
    """y = ln Φ(x), finite where Φ(x) itself has long become 0: ln Φ(−100) ≈ −5005.5"""
    return device.special("log_ndtr", x)


@log_ndtr.vjp
def log_ndtr_vjp(g, y, x):
    """∂y/∂x = φ(x) / Φ(x)"""
    return g * normal_hazard(x)


@primitive
@quietly
def normal_hazard(x):
    """y = φ(x) / Φ(x) = √(2/π) / erfcx(−x/√2); erfcx(z) = exp(z²) erfc(z) does not vanish far left, where y ≈ −x."""
    return math.sqrt(2 / math.pi) / device.special("erfcx", x * -math.sqrt(0.5))


@normal_hazard.vjp
def normal_hazard_vjp(g, y, x):
    """∂y/∂x = −y (x + y)"""
    return -g * (y * (x + y))
