"""The logistic distribution."""

import math

from minigen.distributions import constraints
from minigen.distributions.distribution import Distribution
from minigen.nn.functional import logsigmoid
from minigen.ops import log, square
from minigen.special import expit, logit


class Logistic(Distribution):
    """The distribution whose cdf is the sigmoid: NICE's prior, and the bins of PixelCNN++.

        p(x) = σ(z) σ(−z) / s,   z = (x − μ) / s,   μ = ``loc``, s = ``scale``          [Johnson, Kotz, Balakrishnan 1995, ch. 23]
    """

    support = constraints.real
    has_rsample = True

    def __init__(self, loc, scale, validate_args=None):
        self.hold(validate_args, loc=(loc, constraints.real), scale=(scale, constraints.positive))

    def log_prob(self, value):
        """log p(x) = log σ(z) + log σ(−z) − log s"""
        z = (self.value(value) - self.loc) / self.scale
        return logsigmoid(z) + logsigmoid(-z) - log(self.scale)

    def cdf(self, value):
        """F(x) = σ(z)"""
        return expit((self.value(value) - self.loc) / self.scale)

    def icdf(self, value):
        """F⁻¹(u) = μ + s log(u / (1 − u))"""
        return self.loc + self.scale * logit(self.level(value))

    def entropy(self):
        """H = log s + 2"""
        return self.full(log(self.scale) + 2)

    @property
    def mean(self):
        """μ"""
        return self.full(self.loc)

    @property
    def variance(self):
        """π² s² / 3"""
        return self.full(square(self.scale) * (math.pi**2 / 3))

    @property
    def mode(self):
        """μ"""
        return self.full(self.loc)
