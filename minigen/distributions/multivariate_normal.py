"""The multivariate normal distribution."""

from minigen import random
from minigen.distributions import constraints
from minigen.distributions.bernoulli import derived
from minigen.distributions.distribution import Distribution
from minigen.distributions.normal import HALF_LOG_2PI
from minigen.linalg import cholesky, inv, log_abs_det_triangular, solve_triangular
from minigen.ops import broadcast_to, diagonal, square, sum


class MultivariateNormal(Distribution):
    """N(μ, Σ) in D dimensions: Σ = ``covariance_matrix``, or its Cholesky factor L = ``scale_tril`` with Σ = L Lᵀ, or Σ⁻¹; (…, D, D).

        p(x) = exp(−½ (x − μ)ᵀ Σ⁻¹ (x − μ)) / √((2π)ᴰ |Σ|)                                           [Bishop 2006, eq. 2.43]

    L is the parameter to learn: everything below is computed from it, and a covariance is factorised at each use.
    """

    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc, covariance_matrix=None, precision_matrix=None, scale_tril=None, validate_args=None):
        given = {
            "covariance_matrix": (covariance_matrix, constraints.positive_definite),
            "precision_matrix": (precision_matrix, constraints.positive_definite),
            "scale_tril": (scale_tril, constraints.lower_cholesky),
        }
        given = {name: pair for name, pair in given.items() if pair[0] is not None}
        if len(given) != 1:
            raise ValueError("MultivariateNormal: pass exactly one of covariance_matrix=, precision_matrix= and scale_tril=")
        self.hold(validate_args, loc=(loc, constraints.real_vector), **given)
        (name,) = given
        d, shape = self.loc.shape[-1], getattr(self, name).shape
        if shape[-2:] != (d, d):
            raise ValueError(f"MultivariateNormal: a loc of {d} numbers needs a {name} of shape (…, {d}, {d}), got {shape}")
        self.event_shape = (d,)

    @derived
    def scale_tril(self):
        """L, lower triangular with a positive diagonal, and L Lᵀ = Σ"""
        return cholesky(self.covariance_matrix)

    @derived
    def covariance_matrix(self):
        """Σ = L Lᵀ, or the inverse of the precision"""
        if "precision_matrix" in self.held:
            return inv(self.precision_matrix)
        return self.scale_tril @ self.scale_tril.mT

    @derived
    def precision_matrix(self):
        """Σ⁻¹"""
        return inv(self.covariance_matrix)

    def log_prob(self, value):
        """log p(x) = −½ |L⁻¹ (x − μ)|² − Σᵢ log Lᵢᵢ − ½ D log 2π"""
        l = self.scale_tril
        z = whiten(l, self.value(value) - self.loc)
        return -0.5 * sum(square(z), axis=-1) - (log_abs_det_triangular(l) + self.event_shape[0] * HALF_LOG_2PI)

    def rsample(self, sample_shape=()):
        """x = μ + L ε,  ε ~ N(0, I)"""
        eps = random.randn(self.extended_shape(sample_shape), self.dtype, self.device)
        return self.loc + transform(self.scale_tril, eps)

    def entropy(self):
        """H = Σᵢ log Lᵢᵢ + ½ D (1 + log 2π)"""
        h = log_abs_det_triangular(self.scale_tril) + self.event_shape[0] * (0.5 + HALF_LOG_2PI)
        return h if h.shape == self.batch_shape else broadcast_to(h, self.batch_shape)

    @property
    def mean(self):
        """μ"""
        return self.full(self.loc)

    @property
    def mode(self):
        """μ"""
        return self.full(self.loc)

    @property
    def variance(self):
        """The diagonal of Σ"""
        if "scale_tril" in self.held:
            return self.full(sum(square(self.scale_tril), axis=-1))
        return self.full(diagonal(self.covariance_matrix, 0, -2, -1))


def transform(l, x):
    """L x for vectors x: (…, D, D), (…, D) -> (…, D)"""
    return x @ l.mT if l.ndim == 2 else (l @ x[..., None])[..., 0]


def whiten(l, x):
    """L⁻¹ x for vectors x: (…, D, D), (…, D) -> (…, D)"""
    if l.ndim > 2:
        return solve_triangular(l, x[..., None], upper=False)[..., 0]
    columns = x.reshape(-1, x.shape[-1]).mT  # one factor: all vectors are solved for at once
    return solve_triangular(l, columns, upper=False).mT.reshape(x.shape)
