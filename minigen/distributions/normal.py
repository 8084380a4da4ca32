"""The normal distribution."""

import math

import numpy as np

from minigen import random
from minigen.autograd import primitive
from minigen.distributions import constraints
from minigen.distributions.distribution import Distribution
from minigen.ops import log, mean, square, std
from minigen.special import ndtr, ndtri

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


class Normal(Distribution):
    """N(μ, σ²) with the mean μ = ``loc`` and the standard deviation σ = ``scale``.

        p(x) = exp(−½ z²) / (σ √(2π)),   z = (x − μ) / σ                                            [Bishop 2006, eq. 1.46]

    A network that predicts log_var = log σ² gives scale = exp(0.5 * log_var).
    """

    support = constraints.real
    has_rsample = True

    def __init__(self, loc, scale, validate_args=None):
        self.hold(validate_args, loc=(loc, constraints.real), scale=(scale, constraints.positive))

    @classmethod
    def fit(cls, x):
        """The normal distribution under which the data are most likely: (N, …) -> batch shape (…)

            μ̂ = (1/N) Σ xᵢ,   σ̂² = (1/N) Σ (xᵢ − μ̂)²                                     [Bishop 2006, eqs. 1.55 and 1.56]

        Of all normal distributions this one has the least KL(data ‖ p). For data that do not vary there is none: σ̂ = 0.
        """
        return cls(mean(x, axis=0), std(x, axis=0, correction=0))

    def log_prob(self, value):
        """log p(x) = −½ z² − log σ − ½ log 2π"""
        return normal_log_prob(self.value(value), self.loc, self.scale)

    def rsample(self, sample_shape=()):
        """x = μ + σ ε,  ε ~ N(0, 1): the reparametrisation trick. [Kingma, Welling 2014, section 2.4]"""
        eps = random.randn(self.extended_shape(sample_shape), self.dtype, self.device)
        return self.loc + self.scale * eps

    def cdf(self, value):
        """F(x) = Φ(z)"""
        return ndtr((self.value(value) - self.loc) / self.scale)

    def icdf(self, value):
        """F⁻¹(u) = μ + σ Φ⁻¹(u)"""
        return self.loc + self.scale * ndtri(self.level(value))

    def entropy(self):
        """H = ½ log(2πe σ²) = log σ + ½ + ½ log 2π"""
        return self.full(log(self.scale) + (0.5 + HALF_LOG_2PI))

    @property
    def mean(self):
        """μ"""
        return self.full(self.loc)

    @property
    def variance(self):
        """σ²"""
        return self.full(square(self.scale))

    @property
    def stddev(self):
        """σ"""
        return self.full(self.scale)

    @property
    def mode(self):
        """μ"""
        return self.full(self.loc)


# The two formulas that a VAE spends its time on, fused. Forward and backward of (128, 784), composed of ops and as below: log-density
# 2.7 and 1.9 ms, divergence 4.5 and 2.0 ms; of (128, 2): a fifth less.


@primitive
def normal_log_prob(x, loc, scale):
    """y = −½ z² − log σ − ½ log 2π,   z = (x − μ) / σ"""
    z = (x - loc) / scale
    return -0.5 * (z * z) - (np.log(scale) + HALF_LOG_2PI)


@normal_log_prob.vjp_common
def normal_log_prob_common(g, y, x, loc, scale):
    """(g/σ, z), which all rules need"""
    return g / scale, (x - loc) / scale


@normal_log_prob.vjp
def normal_log_prob_vjp_x(g, y, x, loc, scale):
    """∂y/∂x = −z/σ"""
    g, z = g
    return -g * z


@normal_log_prob.vjp
def normal_log_prob_vjp_loc(g, y, x, loc, scale):
    """∂y/∂μ = z/σ"""
    g, z = g
    return g * z


@normal_log_prob.vjp
def normal_log_prob_vjp_scale(g, y, x, loc, scale):
    """∂y/∂σ = (z² − 1)/σ"""
    g, z = g
    return g * (z * z - 1)


@primitive
def normal_kl(loc_p, scale_p, loc_q, scale_q):
    """y = KL(p ‖ q) = ½ (r² + t² − 1) − log r,   r = σ_p/σ_q,   t = (μ_p − μ_q)/σ_q"""
    r, t = scale_p / scale_q, (loc_p - loc_q) / scale_q
    return 0.5 * (r * r + t * t - 1) - np.log(r)


@normal_kl.vjp_common
def normal_kl_common(g, y, loc_p, scale_p, loc_q, scale_q):
    """(g/σ_q, r, t), which the rules need"""
    return g / scale_q, scale_p / scale_q, (loc_p - loc_q) / scale_q


@normal_kl.vjp
def normal_kl_vjp_loc_p(g, y, loc_p, scale_p, loc_q, scale_q):
    """∂y/∂μ_p = t/σ_q"""
    g, _, t = g
    return g * t


@normal_kl.vjp
def normal_kl_vjp_scale_p(g, y, loc_p, scale_p, loc_q, scale_q):
    """∂y/∂σ_p = (r − 1/r)/σ_q"""
    g, r, _ = g
    return g * (r - 1 / r)


@normal_kl.vjp
def normal_kl_vjp_loc_q(g, y, loc_p, scale_p, loc_q, scale_q):
    """∂y/∂μ_q = −t/σ_q"""
    g, _, t = g
    return -g * t


@normal_kl.vjp
def normal_kl_vjp_scale_q(g, y, loc_p, scale_p, loc_q, scale_q):
    """∂y/∂σ_q = (1 − r² − t²)/σ_q"""
    g, r, t = g
    return g * (1 - r * r - t * t)
