"""Incomplete gamma and beta functions, the distribution functions of Gamma and Beta, with derivatives in their shapes as well.

Their derivatives in the shape parameters have no closed form. With p the density of t and ∂ any derivative in the shapes,

    ∂P(x) = ∫₀ˣ ∂p(t) dt = ∫₀ˣ p(t) Bell(t) dt = −∫ₓ^∞ p(t) Bell(t) dt      Bell(t) = ∂p(t) / p(t)

The integral over one side of x is taken on the scale of ln t (or of logit t), where the integrand falls off smoothly from x on,
by the double-exponential rule, whose 165 points give 11 digits or more. [Takahasi, Mori, 1974]
The ratio r = ∂P(x) / p(x) is the primitive: −r is the pathwise derivative ∂x/∂shape of a sample x. [Figurnov et al., 2018]
"""

import math
from functools import cache

import numpy as np

from minigen import device
from minigen.autograd import primitive
from minigen.ops.elementwise import exp, log, log1p, quietly
from minigen.ops.gamma import digamma, lgamma, polygamma
from minigen.ops.logarithms import xlog1py, xlogy

# --- the gamma distribution ---------------------------------------------------------------------------------------------------


@primitive
def gammainc(a, x):
    """y = P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt for a > 0, x ≥ 0: the probability that a Gamma(a, 1) is below x"""
    return device.special("gammainc", a, x)


@gammainc.vjp
def gammainc_vjp_a(g, y, a, x):
    """∂y/∂a = p(x) r"""
    return g * (_gamma_density(a, x) * gammainc_ratio(a, x, n=1))


@gammainc.vjp
def gammainc_vjp_x(g, y, a, x):
    """∂y/∂x = p(x) = xᵃ⁻¹ e⁻ˣ / Γ(a)"""
    return g * _gamma_density(a, x)


@primitive
def gammaincc(a, x):
    """y = Q(a, x) = 1 − P(a, x), exact where P is nearly 1"""
    return device.special("gammaincc", a, x)


@gammaincc.vjp
def gammaincc_vjp_a(g, y, a, x):
    """∂y/∂a = −p(x) r"""
    return -g * (_gamma_density(a, x) * gammainc_ratio(a, x, n=1))


@gammaincc.vjp
def gammaincc_vjp_x(g, y, a, x):
    """∂y/∂x = −p(x)"""
    return -g * _gamma_density(a, x)


@primitive
def gammainc_ratio(a, x, *, n=1):
    """y = r = (∂ⁿP/∂aⁿ) / (∂P/∂x) at (a, x), so that −r is the ∂x/∂a of a Gamma(a, 1) sample x; 0 at the ends"""
    a, x, inside = _prepared(a, x, (a > 0) & (x > 0) & (x < np.inf))
    side = np.where(x > np.maximum(a, 1.0), 1.0, -1.0)  # t from x up, or down
    log_x, psi = np.log(x), device.special("digamma", a)
    higher = [-polygamma(i, a) for i in range(1, n)]

    def integrand(v):  # of t = x exp(±v), relative to its value at x
        centred = log_x + side * v - psi
        return np.exp(side * a * v - x * np.expm1(side * v)) * bell(n, 0, lambda i, j: centred if i == 1 else higher[i - 2])

    return np.where(inside, -side * x * _integral(integrand, 1 / (np.abs(x - a) + np.sqrt(x + a))), 0.0)


@gammainc_ratio.vjp
def gammainc_ratio_vjp_a(g, y, a, x, *, n):
    """∂y/∂a = rₙ₊₁ − rₙ (ln x − ψ(a))"""
    return g * (gammainc_ratio(a, x, n=n + 1) - y * (log(x) - digamma(a)))


@gammainc_ratio.vjp
def gammainc_ratio_vjp_x(g, y, a, x, *, n):
    """∂y/∂x = Bellₙ(x) − rₙ ((a − 1)/x − 1)"""
    at_x = bell(n, 0, lambda i, j: log(x) - digamma(a) if i == 1 else -polygamma(i - 1, a))
    return g * (at_x - y * ((a - 1) / x - 1))


def _gamma_density(a, x):
    return exp(xlogy(a - 1, x) - x - lgamma(a))


# --- the beta distribution ----------------------------------------------------------------------------------------------------


@primitive
def betainc(a, b, x):
    """y = I(x; a, b) = 1/B(a, b) ∫₀ˣ tᵃ⁻¹ (1 − t)ᵇ⁻¹ dt for a, b > 0, 0 ≤ x ≤ 1: the probability that a Beta(a, b) is below x"""
    return device.special("betainc", a, b, x)


@betainc.vjp
def betainc_vjp_a(g, y, a, b, x):
    """∂y/∂a = p(x) r₁₀"""
    return g * (_beta_density(a, b, x) * betainc_ratio(a, b, x, n=1, m=0))


@betainc.vjp
def betainc_vjp_b(g, y, a, b, x):
    """∂y/∂b = p(x) r₀₁"""
    return g * (_beta_density(a, b, x) * betainc_ratio(a, b, x, n=0, m=1))


@betainc.vjp
def betainc_vjp_x(g, y, a, b, x):
    """∂y/∂x = p(x) = xᵃ⁻¹ (1 − x)ᵇ⁻¹ / B(a, b)"""
    return g * _beta_density(a, b, x)


@primitive
def betainc_ratio(a, b, x, *, n=1, m=0):
    """y = r = (∂ⁿ⁺ᵐI/∂aⁿ∂bᵐ) / (∂I/∂x) at (a, b, x); −r is the derivative of a Beta(a, b) sample x in a (n = 1) or b (m = 1)"""
    a, b, x, inside = _prepared(a, b, x, (a > 0) & (b > 0) & (x > 0) & (x < 1))
    side = np.where(x * (a + b) > a, 1.0, -1.0)
    log_odds, log_x, log_1_x = np.log(x) - np.log1p(-x), np.log(x), np.log1p(-x)
    psi_a, psi_b, psi_ab = (device.special("digamma", c) for c in (a, b, a + b))
    orders = range(2, n + m + 1)
    of_a, of_b, of_ab = ({i: polygamma(i - 1, c) for i in orders} for c in (a, b, a + b))

    def integrand(v):  # of logit t = logit x ± v, relative to its value at x
        u = log_odds + side * v
        log_t, log_1_t = -np.logaddexp(0, -u), -np.logaddexp(0, u)

        def kappa(i, j):
            if i + j == 1:
                return psi_ab + (log_t - psi_a if i else log_1_t - psi_b)
            return of_ab[i + j] - (of_a[i] if j == 0 else of_b[j] if i == 0 else 0.0)

        return np.exp(a * (log_t - log_x) + b * (log_1_t - log_1_x)) * bell(n, m, kappa)

    width = 1 / (np.abs(x * (a + b) - a) + np.sqrt((a + b) * x * (1 - x)) + np.sqrt(np.minimum(a, b)))
    return np.where(inside, -side * x * (1 - x) * _integral(integrand, width), 0.0)


@betainc_ratio.vjp
def betainc_ratio_vjp_a(g, y, a, b, x, *, n, m):
    """∂y/∂a = rₙ₊₁,ₘ − rₙ,ₘ (ln x − ψ(a) + ψ(a + b))"""
    return g * (betainc_ratio(a, b, x, n=n + 1, m=m) - y * _beta_kappa(a, b, x)(1, 0))


@betainc_ratio.vjp
def betainc_ratio_vjp_b(g, y, a, b, x, *, n, m):
    """∂y/∂b = rₙ,ₘ₊₁ − rₙ,ₘ (ln(1 − x) − ψ(b) + ψ(a + b))"""
    return g * (betainc_ratio(a, b, x, n=n, m=m + 1) - y * _beta_kappa(a, b, x)(0, 1))


@betainc_ratio.vjp
def betainc_ratio_vjp_x(g, y, a, b, x, *, n, m):
    """∂y/∂x = Bellₙ,ₘ(x) − rₙ,ₘ ((a − 1)/x − (b − 1)/(1 − x))"""
    return g * (bell(n, m, _beta_kappa(a, b, x)) - y * ((a - 1) / x - (b - 1) / (1 - x)))


def _beta_density(a, b, x):
    return exp(xlogy(a - 1, x) + xlog1py(b - 1, -x) + lgamma(a + b) - lgamma(a) - lgamma(b))


def _beta_kappa(a, b, x):
    """(i, j) -> ∂ⁱ⁺ʲ ln p(x) / ∂aⁱ ∂bʲ of the beta density"""

    def kappa(i, j):
        if i + j == 1:
            return (log(x) - digamma(a) if i else log1p(-x) - digamma(b)) + digamma(a + b)
        k = i + j - 1
        return polygamma(k, a + b) - (polygamma(k, a) if j == 0 else polygamma(k, b) if i == 0 else 0.0)

    return kappa


# --- what both need -----------------------------------------------------------------------------------------------------------


def bell(n, m, kappa):
    """(∂ⁿ⁺ᵐ p / ∂aⁿ ∂bᵐ) / p from the derivatives ``kappa(i, j)`` of ln p: the complete Bell polynomials.

    p' = p (ln p)', differentiated once less, gives the recursion over the binomial expansion of that product.
    """
    if n == m == 0:
        return 1.0
    if n == 0:
        return bell(m, 0, lambda i, j: kappa(j, i))
    terms = [(i, j, math.comb(n - 1, i) * math.comb(m, j)) for i in range(n) for j in range(m + 1)]
    return sum(c * kappa(i + 1, j) * bell(n - 1 - i, m - j, kappa) for i, j, c in terms)


@cache
def _rule():
    """Points and weights of ∫₀^∞ f(v) dv for an f that falls off on the scale 1: v = exp(s − e⁻ˢ), s in equal steps h."""
    h = 0.09
    points = [math.exp(s - math.exp(-s)) for s in (h * k for k in range(-40, 125))]
    return [(v, h * v * (1 + math.exp(-h * k))) for v, k in zip(points, range(-40, 125))]


@quietly
def _integral(f, scale):
    return scale * sum(weight * f(scale * v) for v, weight in _rule())


def _prepared(*arrays):
    """The arrays in float64 and in one shape, with 0.5 where the last one, the condition to be inside, is false."""
    *numbers, inside = np.broadcast_arrays(*[device.as_array(a, np.float64) for a in arrays])
    return (*[np.where(inside != 0, a, 0.5) for a in numbers], inside != 0)
