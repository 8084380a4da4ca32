"""Variational Inference with Normalizing Flows. D. J. Rezende, S. Mohamed, 2015. https://arxiv.org/abs/1505.05770: Planar, Radial."""

import numpy as np

from minigen import random
from minigen.autograd import primitive
from minigen.bijections.bijection import Bijection
from minigen.device import create, get_default_dtype
from minigen.nn.functional import softplus
from minigen.nn.module import Parameter
from minigen.ops import abs, log1p, norm, sqrt, square, tanh, where

HALVINGS = 30  # of an interval at most 2|c| long; Newton's steps, which square the error, do the rest
NEWTON = 4


class Planar(Bijection):
    """y = x + û h(wᵀx + b),   h = tanh: pushes or pulls along û, at the plane wᵀx + b = 0: (N, D) -> (N, D)          [eq. 10]

        log|det ∂y/∂x| = log(1 + h′(wᵀx + b) wᵀû)                                                                         [eq. 12]

    It is invertible if wᵀû > −1, so û = u + (m(wᵀu) − wᵀu) w / ‖w‖² with m(a) = −1 + log(1 + eᵃ) > −1.           [appendix A.1]
    The inverse has no closed form: α = wᵀx solves α + wᵀû h(α + b) = wᵀy, which rises with α. See ``planar_root``.
    """

    def __init__(self, n):
        self.u, self.w = Parameter(0.1 * random.randn((n,))), Parameter(random.randn((n,)) / n**0.5)
        self.b = Parameter(create("zeros", (), dtype=get_default_dtype()))

    def direction(self):
        """(û, wᵀû): (D,) and a number > −1"""
        wu = self.w @ self.u
        return self.u + (softplus(wu) - 1 - wu) * self.w / square(self.w).sum(), softplus(wu) - 1

    def forward(self, x, context=None):
        u, wu = self.direction()
        h = tanh(x @ self.w + self.b)
        return x + h[:, None] * u, log1p((1 - h * h) * wu)

    def inverse(self, y, context=None):
        u, wu = self.direction()
        h = tanh(planar_root(y @ self.w, wu, self.b) + self.b)
        return y - h[:, None] * u, -log1p((1 - h * h) * wu)


class Radial(Bijection):
    """y = x + β̂ h (x − x₀),   h = 1 / (α + r),   r = ‖x − x₀‖: pushes away from a point x₀ or pulls towards it: (N, D) -> (N, D)

        log|det ∂y/∂x| = (D − 1) log(1 + β̂ h) + log(1 + β̂ h + β̂ h′ r),   h′ = −1 / (α + r)²                         [eq. 14]

    Invertible for α = log(1 + eᵃ) > 0 and β̂ = −α + log(1 + eᵇ) > −α [appendix A.2]. The inverse keeps the direction from x₀, and the
    new radius ρ = r + β̂ r / (α + r) makes r the positive root of r² + (α + β̂ − ρ) r − αρ = 0.
    """

    def __init__(self, n):
        self.x0 = Parameter(random.randn((n,)))
        self.a, self.b = (Parameter(0.1 * random.randn(()) + create("ones", (), dtype=get_default_dtype())) for _ in range(2))

    def forward(self, x, context=None):
        alpha, beta, d, r = self._around(x)
        return x + beta / (alpha + r)[:, None] * d, self._log_det(alpha, beta, r)

    def inverse(self, y, context=None):
        alpha, beta, d, rho = self._around(y)
        p = alpha + beta - rho
        q = 0.5 * (abs(p) + sqrt(p * p + 4 * alpha * rho))
        r = where(p.data > 0, alpha * rho / q, q)  # the form of the root in which nothing cancels
        return y - (beta / (alpha + beta + r))[:, None] * d, -self._log_det(alpha, beta, r)

    def _around(self, x):
        """(α, β̂, x − x₀, its length r): two numbers, (N, D), (N,)"""
        alpha, d = softplus(self.a), x - self.x0
        return alpha, softplus(self.b) - alpha, d, norm(d, axis=1)

    def _log_det(self, alpha, beta, r):
        return (len(self.x0) - 1) * log1p(beta / (alpha + r)) + log1p(alpha * beta / square(alpha + r))


@primitive
def planar_root(beta, c, b):
    """y with y + c tanh(y + b) = β for c > −1, by bisection and then Newton's method, in float64: (N,) and two numbers -> (N,)"""
    beta64, c, b = beta.astype(np.float64), float(c), float(b)
    low, high = beta64 - abs(c), beta64 + abs(c)
    for _ in range(HALVINGS):
        y = 0.5 * (low + high)
        above = y + c * np.tanh(y + b) > beta64
        low, high = np.where(above, low, y), np.where(above, y, high)
    y = 0.5 * (low + high)
    for _ in range(NEWTON):
        h = np.tanh(y + b)
        y = y - (y + c * h - beta64) / (1 + c * (1 - h * h))
    return y.astype(beta.dtype)


# The rules differentiate the equation, not the search: dy + c h′ (dy + db) + h dc = dβ.


@planar_root.vjp_common
def planar_root_common(g, y, beta, c, b):
    """(g / (1 + c h′), h), which the rules need"""
    h = tanh(y + b)
    return g / (1 + c * (1 - h * h)), h


@planar_root.vjp
def planar_root_vjp_beta(g, y, beta, c, b):
    """∂y/∂β = 1 / (1 + c h′)"""
    return g[0]


@planar_root.vjp
def planar_root_vjp_c(g, y, beta, c, b):
    """∂y/∂c = −h / (1 + c h′)"""
    g, h = g
    return -(g * h)


@planar_root.vjp
def planar_root_vjp_b(g, y, beta, c, b):
    """∂y/∂b = −c h′ / (1 + c h′)"""
    g, h = g
    return -(g * c * (1 - h * h))
