"""Independent: axes of a batch declared as one event."""

from minigen.distributions import constraints
from minigen.distributions.distribution import Distribution
from minigen.ops import sum


class Independent(Distribution):
    """The last n axes of the batch of ``base_distribution`` read as one event of independent elements.

        log p(x) = Σᵢ log pᵢ(xᵢ)

    Normal(loc, scale) with a loc of shape (128, 2) is 256 distributions of a number; Independent(Normal(loc, scale), 1) is 128
    distributions of a vector (2,), and its ``log_prob`` has shape (128,). [torch.distributions.Independent]
    """

    def __init__(self, base_distribution, reinterpreted_batch_ndims, validate_args=None):
        n, batch, event = reinterpreted_batch_ndims, base_distribution.batch_shape, base_distribution.event_shape
        if not 0 <= n <= len(batch):
            raise ValueError(f"Independent: n must be between 0 and {len(batch)}, the base has the batch_shape {batch}, got {n}")
        self.base_dist, self.reinterpreted_batch_ndims, self.validate_args = base_distribution, n, validate_args
        self.batch_shape, self.event_shape = batch[: len(batch) - n], batch[len(batch) - n :] + event

    def sum(self, x):
        """Σ over the axes that became the event."""
        n = self.reinterpreted_batch_ndims
        return sum(x, axis=tuple(range(-n, 0))) if n else x

    def log_prob(self, value):
        """log p(x) = Σᵢ log pᵢ(xᵢ)"""
        n, value = self.reinterpreted_batch_ndims, self.value(value)
        return self.base_dist.log_prob_sum(value, tuple(range(-n, 0))) if n else self.base_dist.log_prob(value)

    def entropy(self):
        """H = Σᵢ Hᵢ"""
        return self.sum(self.base_dist.entropy())

    def sample(self, sample_shape=()):
        """A draw from every element."""
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape=()):
        """A differentiable draw from every element."""
        return self.base_dist.rsample(sample_shape)

    @property
    def has_rsample(self):
        """That of the base."""
        return self.base_dist.has_rsample

    @property
    def support(self):
        """Every element in the support of the base"""
        return constraints.independent(self.base_dist.support, self.reinterpreted_batch_ndims)

    @property
    def dtype(self):
        """That of the base."""
        return self.base_dist.dtype

    @property
    def device(self):
        """That of the base."""
        return self.base_dist.device

    @property
    def mean(self):
        """E[X], element by element"""
        return self.base_dist.mean

    @property
    def variance(self):
        """The variance of every element"""
        return self.base_dist.variance

    @property
    def stddev(self):
        """The standard deviation of every element"""
        return self.base_dist.stddev

    @property
    def mode(self):
        """The mode of every element"""
        return self.base_dist.mode

    def expand(self, batch_shape):
        """The same distribution repeated to a larger ``batch_shape``."""
        n = self.reinterpreted_batch_ndims
        base = self.base_dist
        return Independent(base.expand(tuple(batch_shape) + base.batch_shape[len(base.batch_shape) - n :]), n, self.validate_args)
