"""The uniform distribution."""

from minigen.distributions import constraints
from minigen.distributions.distribution import Distribution
from minigen.ops import clamp, log, square


class Uniform(Distribution):
    """U(``low``, ``high``): all numbers low ≤ x < high are equally likely.

        p(x) = 1 / (high − low)
    """

    has_rsample = True

    def __init__(self, low, high, validate_args=None):
        self.hold(validate_args, low=(low, constraints.real), high=(high, constraints.real))
        if self.checks(self.low.data) and not (self.low.data < self.high.data).all():
            raise ValueError("Uniform: low must be below high everywhere; are they swapped?")

    @property
    def support(self):
        """low ≤ x < high"""
        return constraints.half_open_interval(self.low.data, self.high.data)

    def log_prob(self, value):
        """log p(x) = −log(high − low), and −∞ outside"""
        x, outside = self.inside(value, safe=0.0)
        return self.impossible(0.0 * x - log(self.high - self.low), outside)

    def cdf(self, value):
        """F(x) = (x − low) / (high − low), held between 0 and 1"""
        return clamp((self.value(value) - self.low) / (self.high - self.low), 0.0, 1.0)

    def icdf(self, value):
        """F⁻¹(u) = low + (high − low) u"""
        return self.low + (self.high - self.low) * self.level(value)

    def entropy(self):
        """H = log(high − low)"""
        return self.full(log(self.high - self.low))

    @property
    def mean(self):
        """(low + high) / 2"""
        return self.full(0.5 * (self.low + self.high))

    @property
    def variance(self):
        """(high − low)² / 12"""
        return self.full(square(self.high - self.low) / 12)
