"""Mixtures: a draw from a component that is itself drawn."""

from minigen.distributions.categorical import Categorical
from minigen.distributions.distribution import Distribution
from minigen.ops import broadcast_to, exp, logsumexp, square, sum, take_along_dim, unsqueeze


class MixtureSameFamily(Distribution):
    """A component k is drawn from ``mixture_distribution``, then x from the k-th of ``component_distribution``.

        p(x) = Σₖ πₖ pₖ(x)                                                                             [Bishop 2006, eq. 9.7]

    ``mixture_distribution``: Categorical with batch (…) and K categories; ``component_distribution``: any, with batch (…, K).
    """

    def __init__(self, mixture_distribution, component_distribution, validate_args=None):
        mixture, component = mixture_distribution, component_distribution
        if not isinstance(mixture, Categorical):
            raise TypeError(f"MixtureSameFamily: the mixture must be a Categorical, got {type(mixture).__name__}")
        expected = (*mixture.batch_shape, mixture.num_categories)
        if component.batch_shape != expected:
            raise ValueError(
                f"MixtureSameFamily: the components need batch_shape {expected}: that of the mixture, {mixture.batch_shape}, and its "
                f"{mixture.num_categories} categories; got {component.batch_shape}"
            )
        self.mixture_distribution, self.component_distribution, self.validate_args = mixture, component, validate_args
        self.batch_shape, self.event_shape = mixture.batch_shape, component.event_shape

    @property
    def support(self):
        """That of the components."""
        return self.component_distribution.support

    @property
    def dtype(self):
        """That of the components."""
        return self.component_distribution.dtype

    @property
    def device(self):
        """That of the components."""
        return self.component_distribution.device

    def each(self, value):
        """``value`` with an axis of size 1 for the components: (…, *event) -> (…, 1, *event)"""
        return unsqueeze(self.value(value), -1 - len(self.event_shape))

    def log_prob(self, value):
        """log p(x) = log Σₖ exp(log πₖ + log pₖ(x))"""
        return logsumexp(self.mixture_distribution.log_probs + self.component_distribution.log_prob(self.each(value)), axis=-1)

    def responsibilities(self, value):
        """γₖ = πₖ pₖ(x) / p(x): how probable it is that x came from component k. Shape (…, K). [Bishop 2006, eq. 9.13]"""
        joint = self.mixture_distribution.log_probs + self.component_distribution.log_prob(self.each(value))
        return exp(joint - logsumexp(joint, axis=-1, keepdims=True))

    def cdf(self, value):
        """F(x) = Σₖ πₖ Fₖ(x)"""
        return sum(self.mixture_distribution.probs * self.component_distribution.cdf(self.each(value)), axis=-1)

    def sample(self, sample_shape=()):
        """k ~ π, then x ~ pₖ. (All components are drawn, and the k-th is kept.)"""
        k, draws = self.mixture_distribution.sample(sample_shape), self.component_distribution.sample(sample_shape)
        at = k.reshape(k.shape + (1,) * (1 + len(self.event_shape)))
        kept = take_along_dim(draws, broadcast_to(at, k.shape + (1,) + self.event_shape), k.ndim)
        return kept.reshape(k.shape + self.event_shape)

    def rsample(self, sample_shape=()):
        """Not there: a small change of π makes some draws jump from one component to another."""
        raise NotImplementedError(
            "MixtureSameFamily.rsample: a draw jumps between components, so it has no pathwise gradient; use sample() and log_prob"
        )

    def weigh(self, x):
        """Σₖ πₖ xₖ for x of shape (*batch, K, *event)"""
        weights = self.mixture_distribution.probs
        weights = weights.reshape(weights.shape + (1,) * len(self.event_shape))
        return sum(weights * x, axis=-1 - len(self.event_shape))

    @property
    def mean(self):
        """m = Σₖ πₖ mₖ"""
        return self.weigh(self.component_distribution.mean)

    @property
    def variance(self):
        """Σₖ πₖ (vₖ + (mₖ − m)²): the spread within the components and the spread of their means"""
        means = self.component_distribution.mean
        apart = square(means - unsqueeze(self.mean, -1 - len(self.event_shape)))
        return self.weigh(self.component_distribution.variance + apart)

    def expand(self, batch_shape):
        """The same mixture repeated to a larger ``batch_shape``."""
        mixture = self.mixture_distribution.expand(batch_shape)
        component = self.component_distribution.expand((*batch_shape, mixture.num_categories))
        return MixtureSameFamily(mixture, component, self.validate_args)
