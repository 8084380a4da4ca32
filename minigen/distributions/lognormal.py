"""The log-normal distribution."""

from minigen.distributions import constraints
from minigen.distributions.distribution import Distribution
from minigen.distributions.normal import HALF_LOG_2PI, Normal, normal_log_prob
from minigen.ops import exp, expm1, log, square, where
from minigen.special import ndtr, ndtri


class LogNormal(Distribution):
    """X = exp(Y) with Y ~ N(``loc``, ``scale``²): products of many small factors, as sums of many terms are normal.

        p(x) = exp(−½ z²) / (x σ √(2π)),   z = (log x − μ) / σ,   x > 0                [Johnson, Kotz, Balakrishnan 1994, ch. 14]
    """

    support = constraints.positive
    has_rsample = True

    def __init__(self, loc, scale, validate_args=None):
        self.hold(validate_args, loc=(loc, constraints.real), scale=(scale, constraints.positive))

    def log_prob(self, value):
        """log p(x) = −½ z² − log σ − ½ log 2π − log x"""
        x, outside = self.inside(value, safe=1.0)
        log_x = log(x)
        return self.impossible(normal_log_prob(log_x, self.loc, self.scale) - log_x, outside)

    def rsample(self, sample_shape=()):
        """x = exp(μ + σ ε),  ε ~ N(0, 1)"""
        return exp(Normal.rsample(self, sample_shape))

    def cdf(self, value):
        """F(x) = Φ(z), and 0 below 0"""
        x = self.value(value)
        below = x.data <= 0
        return where(below, 0.0, ndtr((log(where(below, 1.0, x)) - self.loc) / self.scale))

    def icdf(self, value):
        """F⁻¹(u) = exp(μ + σ Φ⁻¹(u))"""
        return exp(self.loc + self.scale * ndtri(self.level(value)))

    def entropy(self):
        """H = μ + log σ + ½ + ½ log 2π"""
        return self.full(self.loc + log(self.scale) + (0.5 + HALF_LOG_2PI))

    @property
    def mean(self):
        """exp(μ + σ²/2)"""
        return self.full(exp(self.loc + 0.5 * square(self.scale)))

    @property
    def variance(self):
        """(exp(σ²) − 1) exp(2μ + σ²)"""
        s2 = square(self.scale)
        return self.full(expm1(s2) * exp(2 * self.loc + s2))

    @property
    def mode(self):
        """exp(μ − σ²)"""
        return self.full(exp(self.loc - square(self.scale)))
