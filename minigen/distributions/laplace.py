"""The Laplace distribution."""

import math

from minigen.distributions import constraints
from minigen.distributions.distribution import Distribution
from minigen.ops import abs, exp, log, maximum, minimum, square, where


class Laplace(Distribution):
    """Two exponentials back to back, with the tip at μ = ``loc`` and the width b = ``scale``: its likelihood is an absolute error.

        p(x) = exp(−|z|) / 2b,   z = (x − μ) / b                                        [Johnson, Kotz, Balakrishnan 1995, ch. 24]
    """

    support = constraints.real
    has_rsample = True

    def __init__(self, loc, scale, validate_args=None):
        self.hold(validate_args, loc=(loc, constraints.real), scale=(scale, constraints.positive))

    def log_prob(self, value):
        """log p(x) = −|z| − log 2b"""
        return -abs(self.value(value) - self.loc) / self.scale - log(2 * self.scale)

    def cdf(self, value):
        """F(x) = ½ eᶻ for z ≤ 0, 1 − ½ e⁻ᶻ for z > 0"""
        z = (self.value(value) - self.loc) / self.scale
        tail = 0.5 * exp(-abs(z))
        return where(z.data <= 0, tail, 1 - tail)

    def icdf(self, value):
        """F⁻¹(u) = μ + b log 2u for u ≤ ½, μ − b log 2(1 − u) for u > ½"""
        u = self.level(value)
        lower, upper = minimum(u, 0.5), 1 - maximum(u, 0.5)  # the smaller of the two tails is the one that is not ½
        return self.loc + self.scale * (log(2 * lower) - log(2 * upper))

    def entropy(self):
        """H = 1 + log 2b"""
        return self.full(log(self.scale) + (1 + math.log(2)))

    @property
    def mean(self):
        """μ"""
        return self.full(self.loc)

    @property
    def variance(self):
        """2b²"""
        return self.full(2 * square(self.scale))

    @property
    def mode(self):
        """μ"""
        return self.full(self.loc)
