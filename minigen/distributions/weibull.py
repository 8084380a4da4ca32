"""The Weibull distribution."""


import numpy as np

from minigen.distributions import constraints
from minigen.distributions.distribution import Distribution
from minigen.ops import exp, expm1, log, log1p, square, where
from minigen.special import lgamma

EULER = float(np.euler_gamma)


class Weibull(Distribution):
    """Life times with a hazard that grows (k > 1) or falls (k < 1) with age; λ = ``scale``, k = ``concentration``.

        p(x) = (k/λ) (x/λ)ᵏ⁻¹ exp(−(x/λ)ᵏ),   x > 0                                     [Johnson, Kotz, Balakrishnan 1994, ch. 21]
    """

    support = constraints.positive
    has_rsample = True

    def __init__(self, scale, concentration, validate_args=None):
        self.hold(validate_args, scale=(scale, constraints.positive), concentration=(concentration, constraints.positive))

    def log_prob(self, value):
        """log p(x) = log k − log λ + (k − 1) log(x/λ) − (x/λ)ᵏ"""
        x, outside = self.inside(value, safe=1.0)
        k, log_ratio = self.concentration, log(x) - log(self.scale)
        log_p = log(k) - log(self.scale) + (k - 1) * log_ratio - exp(k * log_ratio)
        return self.impossible(log_p, outside)

    def cdf(self, value):
        """F(x) = 1 − exp(−(x/λ)ᵏ), and 0 below 0"""
        x = self.value(value)
        below = x.data <= 0
        log_ratio = log(where(below, 1.0, x)) - log(self.scale)
        return where(below, 0.0, -expm1(-exp(self.concentration * log_ratio)))

    def icdf(self, value):
        """F⁻¹(u) = λ (−log(1 − u))^{1/k}"""
        return self.scale * exp(log(-log1p(-self.level(value))) / self.concentration)

    def entropy(self):
        """H = γ (1 − 1/k) + log(λ/k) + 1, γ = 0.5772… Euler's constant"""
        k = self.concentration
        return self.full(log(self.scale) - log(k) - EULER / k + (EULER + 1))

    def moment(self, n):
        """E[Xⁿ] = λⁿ Γ(1 + n/k), for any real n > −k"""
        return exp(n * log(self.scale) + lgamma(1 + n / self.concentration))

    @property
    def mean(self):
        """λ Γ(1 + 1/k)"""
        return self.full(self.moment(1))

    @property
    def variance(self):
        """λ² (Γ(1 + 2/k) − Γ(1 + 1/k)²)"""
        return self.full(self.moment(2) - square(self.moment(1)))

    @property
    def mode(self):
        """λ ((k − 1)/k)^{1/k}, and 0 for k ≤ 1"""
        k = self.concentration
        flat = k.data <= 1
        k = where(flat, 2.0, k)
        return self.full(where(flat, 0.0, self.scale * exp(log((k - 1) / k) / k)))
