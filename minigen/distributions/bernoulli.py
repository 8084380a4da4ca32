"""The Bernoulli distribution: one coin."""

import math

from minigen import random
from minigen.distributions import constraints
from minigen.distributions.distribution import Distribution
from minigen.nn.cross_entropy import bce_with_logits
from minigen.nn.functional import logsigmoid
from minigen.ops import arange, sigmoid, sum, where
from minigen.special import logit, xlog1py, xlogy


class derived:
    """The parameter that was not given: computed whenever it is asked for. (An attribute of the same name hides it.)"""

    def __init__(self, compute):
        self.compute, self.__doc__ = compute, compute.__doc__

    def __get__(self, distribution, owner=None):
        return self if distribution is None else self.compute(distribution)


def logits_or_probs(name, logits, probs, of_logits=constraints.real, of_probs=constraints.unit_interval):
    """{"logits": …} or {"probs": …}, whichever was given, with its constraint. ValueError if both were, or none."""
    if (logits is None) == (probs is None):
        raise ValueError(f"{name}: pass either logits= (any numbers: a network's outputs) or probs= (in [0, 1]), not both, not neither")
    return {"logits": (logits, of_logits)} if probs is None else {"probs": (probs, of_probs)}


def log_powers(p, heads, tails):
    """heads · log p + tails · log(1 − p), with 0 log 0 = 0; where it is −∞ the gradient is 0."""
    never = ((p.data == 0) & (heads.data > 0)) | ((p.data == 1) & (tails.data > 0))
    p = where(never, 0.5, p)
    return where(never, -math.inf, xlogy(heads, p) + xlog1py(tails, -p))


class Bernoulli(Distribution):
    """A coin: 1 with probability p, else 0; p = σ(l) is given by its log-odds l = ``logits``, or by itself as ``probs``.

        P(x) = pˣ (1 − p)¹⁻ˣ                                                                          [Bishop 2006, eq. 2.2]

    A network passes logits: log σ(l) stays exact where σ(l) rounds to 0 or 1. ``log_prob`` also takes any x in [0, 1], the grey
    value of a pixel: then it is E[log P(X)] with X = 1 in the fraction x of all cases, minus the cross-entropy.
    """

    support = constraints.boolean
    grey = constraints.unit_interval  # what log_prob takes

    def __init__(self, probs=None, logits=None, validate_args=None):
        self.hold(validate_args, **logits_or_probs("Bernoulli", logits, probs))

    @derived
    def logits(self):
        """l = log p − log(1 − p); ±∞ where p is 1 or 0"""
        return logit(self.probs)

    @derived
    def probs(self):
        """p = σ(l)"""
        return sigmoid(self.logits)

    def log_prob(self, value):
        """log P(x) = x log σ(l) + (1 − x) log σ(−l), and −∞ outside [0, 1]"""
        return -self.cost(value)

    def log_prob_sum(self, value, axis):
        """Σ log P(x); the sign comes after the sum, which spares one of seven passes over the pixels of a batch."""
        return -sum(self.cost(value), axis=axis)

    def cost(self, value):
        """−log P(x), the cross-entropy; ∞ outside [0, 1], where ``validate_args=False`` does not look."""
        x = self.value(value)
        if self.validate_args is False or not x.data.size or (x.data.max() <= 1 and x.data.min() >= 0):  # (128, 784): 10 µs of 300
            outside = None
        else:
            x, outside = self.inside(x, 0.0, self.grey)
        cost = bce_with_logits(self.logits, x, reduction="none") if "logits" in self.held else -log_powers(self.probs, x, 1 - x)
        return self.impossible(cost, outside, instead=math.inf)

    def sample(self, sample_shape=()):
        """x = 1 where u < p, u ~ U(0, 1)"""
        p = self.probs.data
        return self.wrap(random.rand(self.extended_shape(sample_shape), self.dtype, self.device) < p)

    def enumerate_support(self):
        """0 and 1, one after the other: (2, 1, …), so that it broadcasts against the batch."""
        return arange(2, dtype=self.dtype, device=self.device).reshape((2,) + (1,) * len(self.batch_shape))

    def cdf(self, value):
        """F(x) = 0 for x < 0, 1 − p for 0 ≤ x < 1, 1 for x ≥ 1"""
        x = self.value(value)
        return where(x.data < 0, 0.0, where(x.data < 1, self.failure, 1.0))

    @property
    def failure(self):
        """1 − p, exact also where p is near 1"""
        return sigmoid(-self.logits) if "logits" in self.held else 1 - self.probs

    @property
    def log_both(self):
        """(log p, log(1 − p)), without the cancellation of log(1 − σ(l))"""
        l = self.logits
        return logsigmoid(l), logsigmoid(-l)

    def entropy(self):
        """H = −p log p − (1 − p) log(1 − p)"""
        if "probs" in self.held:
            return -xlogy(self.probs, self.probs) - xlog1py(1 - self.probs, -self.probs)
        log_p, log_q = self.log_both
        return -self.probs * log_p - self.failure * log_q

    @property
    def mean(self):
        """p"""
        return self.probs

    @property
    def variance(self):
        """p (1 − p)"""
        return self.probs * self.failure

    @property
    def mode(self):
        """1 where p > ½, else 0"""
        return self.wrap(self.probs.data > 0.5)
