"""The gamma function by its logarithm, and the derivatives of that."""

import numpy as np

from minigen import device
from minigen.autograd import primitive


@primitive
def lgamma(x):
    """y = ln |Γ(x)|, with Γ(n + 1) = n!"""
    return device.special("gammaln", x)


@lgamma.vjp
def lgamma_vjp(g, y, x):
    """∂y/∂x = ψ(x)"""
    return g * digamma(x)


@primitive
def digamma(x):
    """y = ψ(x) = d/dx ln Γ(x)"""
    return device.special("digamma", x)


@digamma.vjp
def digamma_vjp(g, y, x):
    """∂y/∂x = ψ₁(x)"""
    return g * polygamma(1, x)


@primitive
def polygamma(n, x):
    """y = ψₙ(x) = (d/dx)ⁿ ψ(x), for a whole number n ≥ 0; else ValueError."""
    if np.ndim(n) or n < 0 or n != int(n):
        raise ValueError(f"the order n comes first and is a whole number ≥ 0, got {n!r}")
    return device.special("polygamma", device.as_array(int(n), device=device.device_of(x)), x)  # CuPy takes no number


polygamma.vjp(None)


@polygamma.vjp
def polygamma_vjp_x(g, y, n, x):
    """∂y/∂x = ψₙ₊₁(x)"""
    return g * polygamma(n + 1, x)


gammaln, psi = lgamma, digamma
