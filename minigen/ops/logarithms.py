"""Logarithms and sigmoids where a careless formula gives NaN or loses its digits: x ln y at 0, logits, expit."""

import numpy as np

from minigen import device
from minigen.autograd import primitive
from minigen.ops.arithmetic import logaddexp
from minigen.ops.choose import clamp, where
from minigen.ops.elementwise import log, log1p


@primitive
def xlogy(a, b):
    """y = a ln b, with 0 ln 0 = 0"""
    return device.special("xlogy", a, b)


@xlogy.vjp
def xlogy_vjp_a(g, y, a, b):
    """∂y/∂a = ln b; 0 where a = 0 and b ≤ 0"""
    return g * log(where((a == 0) & (b <= 0), 1.0, b))


@xlogy.vjp
def xlogy_vjp_b(g, y, a, b):
    """∂y/∂b = a / b; 0 where a = b = 0"""
    return g * (a / where((a == 0) & (b == 0), 1.0, b))


@primitive
def xlog1py(a, b):
    """y = a ln(1 + b), with 0 ln 0 = 0; exact for small b as well"""
    return device.special("xlog1py", a, b)


@xlog1py.vjp
def xlog1py_vjp_a(g, y, a, b):
    """∂y/∂a = ln(1 + b); 0 where a = 0 and b ≤ −1"""
    return g * log1p(where((a == 0) & (b <= -1), 0.0, b))


@xlog1py.vjp
def xlog1py_vjp_b(g, y, a, b):
    """∂y/∂b = a / (1 + b); 0 where a = 0 and b = −1"""
    return g * (a / where((a == 0) & (b == -1), 1.0, 1 + b))


@primitive
def logit(x, *, eps=None):
    """y = ln(x / (1 − x)), the inverse of the sigmoid; NaN outside of [0, 1]. ``eps`` first brings x into [eps, 1 − eps]."""
    return device.special("logit", x if eps is None else np.clip(x, eps, 1 - eps))


@logit.vjp
def logit_vjp(g, y, x, *, eps):
    """∂y/∂x = 1 / (x (1 − x)); 0 where eps holds x back"""
    if eps is None:
        return g / (x * (1 - x))
    inside = clamp(x, eps, 1 - eps)
    return g * (x == inside) / (inside * (1 - inside))


@primitive
def expit(x):
    """y = 1 / (1 + e⁻ˣ) with all its digits, also where it is tiny; ``minigen.sigmoid`` is faster and right to 10⁻⁷."""
    return device.special("expit", x)


@expit.vjp
def expit_vjp(g, y, x):
    """∂y/∂x = y (1 − y), with 1 − y = expit(−x)"""
    return g * (y * expit(-x))


def log_expit(x):
    """y = ln(1 / (1 + e⁻ˣ)) = −ln(1 + e⁻ˣ), finite for every finite x. Any shape; the result has the same."""
    return -logaddexp(0.0, -x)
