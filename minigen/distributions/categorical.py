"""The categorical distribution: one throw of a loaded die."""

import math

import numpy as np

from minigen import random
from minigen.distributions import constraints
from minigen.distributions.bernoulli import derived, logits_or_probs
from minigen.distributions.distribution import Distribution
from minigen.ops import arange, exp, log, log_softmax, softmax, sum, where


class Categorical(Distribution):
    """One of K categories, 0 … K − 1, with probabilities proportional to exp(``logits``), or ``probs``, which sum to 1. Both: (…, K).

        P(k) = exp(l_k) / Σⱼ exp(lⱼ)                                                               [Bishop 2006, eq. 2.26, 4.62]

    A logit of −∞ (a probability of 0) rules its category out.
    """

    def __init__(self, probs=None, logits=None, validate_args=None):
        every = constraints.independent(constraints.below_infinity, 1)
        self.hold(validate_args, **logits_or_probs("Categorical", logits, probs, every, constraints.simplex))
        if not self.num_categories:
            raise ValueError("Categorical: there must be at least one category, but the last axis has size 0")

    @property
    def num_categories(self):
        """K"""
        return getattr(self, next(iter(self.held))).shape[-1]

    @property
    def support(self):
        """The whole numbers 0 … K − 1"""
        return constraints.integer_interval(0, self.num_categories - 1)

    @derived
    def logits(self):
        """log P, up to a constant"""
        none = self.probs.data == 0
        return where(none, -math.inf, log(where(none, 1.0, self.probs)))  # a gradient of 1/0 would be 0 · ∞ further on

    @derived
    def probs(self):
        """P = softmax(logits)"""
        return softmax(self.logits, axis=-1)

    @property
    def log_probs(self):
        """log P of all categories, (…, K)"""
        return log_softmax(self.logits, axis=-1)

    def log_prob(self, value):
        """log P(k) = l_k − log Σⱼ exp(lⱼ), and −∞ for a k that is none of 0 … K − 1"""
        value = self.value(value)
        missing = np.isnan(value.data)
        if missing.any():
            return where(missing, math.nan, self.log_prob(where(missing, 0, value)))
        k, outside = self.inside(value, safe=0)
        return self.impossible(self.pick(self.log_probs, k), outside)

    def pick(self, table, k):
        """table[…, k] with one k for each batch element: (…, K) -> the shape of k."""
        batch = table.shape[:-1]
        rows = [arange(n, device=table.device).reshape((n,) + (1,) * (len(batch) - i - 1)) for i, n in enumerate(batch)]
        return table[(*rows, k.to(np.int64))]

    def sample(self, sample_shape=()):
        """k = arg max (l_k + g_k) with Gumbel noise g = −log(−log u), as int64. [Gumbel 1954; Maddison et al. 2014]"""
        u = random.rand(self.extended_shape(sample_shape) + (self.num_categories,), self.dtype, self.device)
        u = np.maximum(u, np.finfo(u.dtype).eps / 4)
        return self.count((self.logits.data - np.log(-np.log(u))).argmax(axis=-1))

    def enumerate_support(self):
        """All values, one after the other: (K, 1, …), so that it broadcasts against the batch."""
        return arange(self.num_categories, device=self.device).reshape((self.num_categories,) + (1,) * len(self.batch_shape))

    def cdf(self, value):
        """F(x) = Σ_{k ≤ x} P(k)"""
        k = arange(self.num_categories, device=self.device)
        return sum(self.probs * (k <= self.value(value)[..., None]), axis=-1)

    def entropy(self):
        """H = −Σ P(k) log P(k), with 0 log 0 = 0"""
        log_p = self.log_probs
        return -sum(exp(log_p) * where(log_p.data == -math.inf, 0.0, log_p), axis=-1)

    @property
    def mode(self):
        """The most probable category, int64"""
        return self.count(getattr(self, next(iter(self.held))).data.argmax(axis=-1))

    def lacks(self, what):
        """The exception for a mean, a variance and their like."""
        return NotImplementedError(f"Categorical has no {what}: its categories are names, not numbers; see probs")
