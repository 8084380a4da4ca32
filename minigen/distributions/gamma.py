"""The gamma distribution, and its draws as differentiable functions of its parameters."""

import numpy as np

from minigen.autograd import primitive
from minigen.device import special
from minigen.distributions import constraints
from minigen.distributions.distribution import Distribution
from minigen.ops import clamp_min, exp, log, square, where
from minigen.ops.incomplete import gammainc, gammainc_ratio
from minigen.special import digamma, lgamma, xlogy


@primitive
def gamma_icdf(concentration, u):
    """z = F⁻¹(u; α), the quantile of Gamma(α, 1): the z whose regularised incomplete gamma function P(α, z) is u."""
    return special("gammaincinv", concentration, u)


@gamma_icdf.vjp
def gamma_icdf_vjp_concentration(g, y, concentration, u):
    """∂z/∂α = −(∂F/∂α) / p(z), from F(z(α); α) = u for all α. [Figurnov, Mohamed, Mnih 2018, eq. 5]"""
    return -g * gammainc_ratio(concentration, y)


@gamma_icdf.vjp
def gamma_icdf_vjp_u(g, y, concentration, u):
    """∂z/∂u = 1 / p(z)"""
    return g * exp(y + lgamma(concentration) - xlogy(concentration - 1, y))


class Gamma(Distribution):
    """Γ(α, β): the time until the α-th event at β events per time; α = ``concentration``, β = ``rate``.

        p(x) = βᵅ xᵅ⁻¹ exp(−βx) / Γ(α),   x ≥ 0                                                        [Bishop 2006, eq. 2.146]
    """

    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, concentration, rate, validate_args=None):
        self.hold(validate_args, concentration=(concentration, constraints.positive), rate=(rate, constraints.positive))

    def log_prob(self, value):
        """log p(x) = α log β + (α − 1) log x − βx − log Γ(α)"""
        x, outside = self.inside(value, safe=1.0)
        a, b = self.concentration, self.rate
        return self.impossible(a * log(b) - lgamma(a) + xlogy(a - 1, x) - b * x, outside)

    def rsample(self, sample_shape=()):
        """x = F⁻¹(u), u ~ U(0, 1); a draw too small for a float becomes the smallest one."""
        return clamp_min(super().rsample(sample_shape), float(np.finfo(self.dtype).tiny))

    def cdf(self, value):
        """F(x) = P(α, βx), the regularised incomplete gamma function, and 0 below 0"""
        x = self.value(value)
        below = x.data <= 0
        return where(below, 0.0, gammainc(self.concentration, self.rate * where(below, 1.0, x)))

    def icdf(self, value):
        """F⁻¹(u), by inverting F numerically"""
        return gamma_icdf(self.concentration, self.level(value)) / self.rate

    def entropy(self):
        """H = α − log β + log Γ(α) + (1 − α) ψ(α)"""
        a = self.concentration
        return self.full(a - log(self.rate) + lgamma(a) + (1 - a) * digamma(a))

    @property
    def mean(self):
        """α / β"""
        return self.full(self.concentration / self.rate)

    @property
    def variance(self):
        """α / β²"""
        return self.full(self.concentration / square(self.rate))

    @property
    def mode(self):
        """(α − 1) / β, and 0 for α ≤ 1"""
        return self.full(clamp_min(self.concentration - 1, 0.0) / self.rate)
