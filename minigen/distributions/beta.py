"""The beta distribution."""

import numpy as np

from minigen.autograd import primitive
from minigen.device import special
from minigen.distributions import constraints
from minigen.distributions.distribution import Distribution
from minigen.ops import clamp, exp, square, where
from minigen.ops.incomplete import betainc, betainc_ratio
from minigen.special import digamma, lgamma, xlog1py, xlogy


def log_beta(a, b):
    """log B(a, b) = log Γ(a) + log Γ(b) − log Γ(a + b)"""
    return lgamma(a) + lgamma(b) - lgamma(a + b)


@primitive
def beta_icdf(a, b, u):
    """x = F⁻¹(u; a, b), the quantile of Beta(a, b): the x whose regularised incomplete beta function I(x; a, b) is u."""
    return special("betaincinv", a, b, u)


@beta_icdf.vjp
def beta_icdf_vjp_a(g, y, a, b, u):
    """∂x/∂a = −(∂F/∂a) / p(x), from F(x(a); a, b) = u for all a. [Figurnov, Mohamed, Mnih 2018, eq. 5]"""
    return -g * betainc_ratio(a, b, y, n=1, m=0)


@beta_icdf.vjp
def beta_icdf_vjp_b(g, y, a, b, u):
    """∂x/∂b = −(∂F/∂b) / p(x)"""
    return -g * betainc_ratio(a, b, y, n=0, m=1)


@beta_icdf.vjp
def beta_icdf_vjp_u(g, y, a, b, u):
    """∂x/∂u = 1 / p(x)"""
    return g * exp(log_beta(a, b) - xlogy(a - 1, y) - xlog1py(b - 1, -y))


class Beta(Distribution):
    """A random probability: a = ``concentration1`` pulls towards 1, b = ``concentration0`` towards 0; Beta(1, 1) is uniform.

        p(x) = xᵃ⁻¹ (1 − x)ᵇ⁻¹ / B(a, b),   0 ≤ x ≤ 1                                                 [Bishop 2006, eq. 2.13]
    """

    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1, concentration0, validate_args=None):
        positive = constraints.positive
        self.hold(validate_args, concentration1=(concentration1, positive), concentration0=(concentration0, positive))

    def log_prob(self, value):
        """log p(x) = (a − 1) log x + (b − 1) log(1 − x) − log B(a, b)"""
        x, outside = self.inside(value, safe=0.5)
        a, b = self.concentration1, self.concentration0
        return self.impossible(xlogy(a - 1, x) + xlog1py(b - 1, -x) - log_beta(a, b), outside)

    def rsample(self, sample_shape=()):
        """x = F⁻¹(u), u ~ U(0, 1); a draw that rounds to 0 or 1, where the density may be ∞, becomes the nearest float inside."""
        info = np.finfo(self.dtype)
        return clamp(super().rsample(sample_shape), float(info.tiny), 1 - float(info.epsneg))

    def cdf(self, value):
        """F(x) = I(x; a, b), the regularised incomplete beta function"""
        return betainc(self.concentration1, self.concentration0, clamp(self.value(value), 0.0, 1.0))

    def icdf(self, value):
        """F⁻¹(u), by inverting F numerically"""
        return beta_icdf(self.concentration1, self.concentration0, self.level(value))

    def entropy(self):
        """H = log B(a, b) − (a − 1) ψ(a) − (b − 1) ψ(b) + (a + b − 2) ψ(a + b)"""
        a, b = self.concentration1, self.concentration0
        return self.full(log_beta(a, b) - (a - 1) * digamma(a) - (b - 1) * digamma(b) + (a + b - 2) * digamma(a + b))

    @property
    def mean(self):
        """a / (a + b)"""
        return self.full(self.concentration1 / (self.concentration1 + self.concentration0))

    @property
    def variance(self):
        """a b / ((a + b)² (a + b + 1))"""
        a, b = self.concentration1, self.concentration0
        return self.full(a * b / (square(a + b) * (a + b + 1)))

    @property
    def mode(self):
        """(a − 1) / (a + b − 2) where a and b are above 1, else the better end; NaN where there is no single mode"""
        a, b = self.concentration1, self.concentration0
        inner = (a.data > 1) & (b.data > 1)
        end = np.where(a.data > b.data, 1.0, np.where(a.data < b.data, 0.0, np.nan))
        end = np.where((a.data < 1) & (b.data < 1), np.nan, end)
        return self.full(where(inner, (where(inner, a, 2.0) - 1) / (where(inner, a + b, 4.0) - 2), end))
