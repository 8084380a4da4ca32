"""The binomial distribution: many coins."""

import numpy as np

from minigen import random
from minigen.distributions import constraints
from minigen.distributions.bernoulli import Bernoulli, derived, log_powers, logits_or_probs
from minigen.distributions.distribution import Distribution
from minigen.ops import arange, exp, sum, where
from minigen.special import lgamma


class Binomial(Distribution):
    """The number of heads among n = ``total_count`` coins, each with probability p = σ(l); ``logits`` = l, or ``probs`` = p.

        P(k) = (n choose k) pᵏ (1 − p)ⁿ⁻ᵏ,   k = 0 … n                                                 [Bishop 2006, eq. 2.9]
    """

    def __init__(self, total_count=1, probs=None, logits=None, validate_args=None):
        given = logits_or_probs("Binomial", logits, probs)
        self.hold(validate_args, **given, total_count=(total_count, constraints.nonnegative_integer))

    logits, probs = derived(Bernoulli.logits.compute), derived(Bernoulli.probs.compute)
    failure, log_both = Bernoulli.failure, Bernoulli.log_both

    @property
    def support(self):
        """The whole numbers 0 … n"""
        return constraints.integer_interval(0, self.total_count.data)

    def log_prob(self, value):
        """log P(k) = log n! − log k! − log (n − k)! + k log p + (n − k) log(1 − p), and −∞ for a k that is none of 0 … n"""
        k, outside = self.inside(value, safe=0.0)
        n = self.total_count
        ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        if "probs" in self.held:
            return self.impossible(ways + log_powers(self.probs, k, n - k), outside)
        log_p, log_q = self.log_both
        return self.impossible(ways + k * log_p + (n - k) * log_q, outside)

    def sample(self, sample_shape=()):
        """k, the number of heads, as floats"""
        shape = self.extended_shape(sample_shape)
        return self.wrap(random.binomial(self.total_count.data.astype(np.int64), self.probs.data, shape, self.dtype, self.device))

    def enumerate_support(self):
        """0 … n, for the largest n of the batch, one after the other: (n + 1, 1, …), so that it broadcasts against the batch."""
        n = int(self.total_count.data.max()) if self.total_count.data.size else 0
        return arange(n + 1, dtype=self.dtype, device=self.device).reshape((n + 1,) + (1,) * len(self.batch_shape))

    def table(self):
        """(k, log P(k)) for all k = 0 … n, whatever ``validate_args`` says of the k above n in a batch with different n."""
        free = type(self)(**{name: getattr(self, name) for name in self.held})
        k = self.enumerate_support()
        return k, free.log_prob(k)

    def cdf(self, value):
        """F(x) = Σ_{k ≤ x} P(k), by summation"""
        x = self.value(value)
        k, log_p = self.table()
        k, log_p = (t.reshape(t.shape[:1] + (1,) * (x.ndim - t.ndim + 1) + t.shape[1:]) for t in (k, log_p))
        return sum(exp(log_p) * (k.data <= x.data), axis=0)

    def entropy(self):
        """H = −Σ P(k) log P(k), by summation over k = 0 … n"""
        _, log_p = self.table()
        return -sum(exp(log_p) * where(log_p.data == -np.inf, 0.0, log_p), axis=0)

    @property
    def mean(self):
        """n p"""
        return self.total_count * self.probs

    @property
    def variance(self):
        """n p (1 − p)"""
        return self.total_count * self.probs * self.failure

    @property
    def mode(self):
        """⌊(n + 1) p⌋, at most n"""
        n = self.total_count.data
        return self.wrap(np.minimum(np.floor((n + 1) * self.probs.data), n))
