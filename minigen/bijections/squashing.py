"""Maps between the line and a part of it: softplus onto (0, ∞), the sigmoid onto (0, 1), tanh onto (−1, 1), and a distribution's own."""

import numpy as np

from minigen.bijections.bijection import Bijection, Inverse, impossible, inside, sum_except_batch
from minigen.bijections.bisection import implicit, solve_increasing
from minigen.bijections.sinh_arcsinh import log_cosh
from minigen.ops import atanh, expm1, log, log1p, logaddexp, tanh
from minigen.special import expit
from minigen.tensor import Tensor


class Softplus(Bijection):
    """y = log(1 + eˣ) > 0;  log|∂y/∂x| = x − y, the logarithm of the sigmoid."""

    def forward(self, x, context=None):
        return logaddexp(x, 0.0), -sum_except_batch(logaddexp(-x, 0.0))

    def inverse(self, y, context=None):
        """x = log(eʸ − 1) = y + log(1 − e⁻ʸ)"""
        y, rows = inside(y, y.data <= 0, 1.0)
        shrunk = log(-expm1(-y))
        return y + shrunk, impossible(-sum_except_batch(shrunk), rows)


class Sigmoid(Bijection):
    """y = 1 / (1 + e⁻ˣ) in (0, 1);  log|∂y/∂x| = log y (1 − y) = −log(1 + eˣ) − log(1 + e⁻ˣ)."""

    def forward(self, x, context=None):
        return expit(x), -sum_except_batch(logaddexp(x, 0.0) + logaddexp(-x, 0.0))

    def inverse(self, y, context=None):
        """x = log y − log(1 − y)"""
        y, rows = inside(y, (y.data <= 0) | (y.data >= 1), 0.5)
        p, q = log(y), log1p(-y)
        return p - q, impossible(-sum_except_batch(p + q), rows)


class Logit(Inverse):
    """y = log x/(1 − x) for x in (0, 1);  log|∂y/∂x| = −log x (1 − x)."""

    def __init__(self):
        super().__init__(Sigmoid())


class Tanh(Bijection):
    """y = tanh x in (−1, 1);  log|∂y/∂x| = log(1 − y²) = −2 log cosh x."""

    def forward(self, x, context=None):
        return tanh(x), -2 * sum_except_batch(log_cosh(x))

    def inverse(self, y, context=None):
        y, rows = inside(y, (y.data <= -1) | (y.data >= 1), 0.0)
        return atanh(y), impossible(-sum_except_batch(log1p(-y) + log1p(y)), rows)


class CDF(Bijection):
    """u = F(x), the distribution function of ``distribution``: what follows it becomes uniform on (0, 1);  log|∂u/∂x| = log p(x).

    ``distribution``: continuous, of numbers, with cdf and log_prob, as those of ``minigen.distributions``; its parameters broadcast to an
    event. One without icdf, a mixture, is inverted by bisection. [probability integral transform]
    """

    def __init__(self, distribution):
        if distribution.event_shape or distribution.support.is_discrete:
            kind = "whole numbers" if not distribution.event_shape else f"events {distribution.event_shape}"
            raise ValueError(f"CDF: expected a continuous distribution of numbers, got {type(distribution).__name__} of {kind}")
        self.distribution = distribution

    def forward(self, x, context=None):
        d = self.distribution
        log_p = d.log_prob(x)
        x, rows = inside(x, np.isinf(log_p.data), d.mean)  # an edge of the support, where the density may be 0 or ∞, is outside
        if rows is not None:
            log_p = d.log_prob(x)
        return d.cdf(x), impossible(sum_except_batch(log_p), rows)

    def inverse(self, u, context=None):
        u, rows = inside(u, (u.data <= 0) | (u.data >= 1), 0.5)
        x = self._quantile(u)
        return x, impossible(-sum_except_batch(self.distribution.log_prob(x)), rows)

    def _quantile(self, u):
        d = self.distribution
        try:
            return d.icdf(u)
        except NotImplementedError:
            found = solve_increasing(d.cdf, u.data).astype(u.dtype)
            return implicit(d.cdf, np.exp(d.log_prob(Tensor(found)).data), found, u)


class Quantile(Inverse):
    """x = F⁻¹(u) of a distribution: what is uniform on (0, 1) becomes one that follows it;  log|∂x/∂u| = −log p(x)."""

    def __init__(self, distribution):
        super().__init__(CDF(distribution))
