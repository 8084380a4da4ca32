"""The table of families that all tests of distributions walk through, and the quadrature that they are held to."""

import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import scipy.special
import scipy.stats as st

from minigen import distributions as D
from minigen.random import new_generator
from minigen.tensor import Tensor

inf = math.inf


@dataclass
class Family:
    """A family, the ranges of its parameters, SciPy's version of it, and where to cut the axis for the quadrature."""

    kind: type
    ranges: dict  # parameter -> (low, high) from which tests draw
    reference: object  # arrays -> frozen distribution of scipy.stats
    ends: tuple = (-inf, inf)
    cuts: object = None  # arrays -> where the density has a kink, or its bulk is
    fixed: dict = field(default_factory=dict)  # parameters that are whole numbers: not differentiated

    def __str__(self):
        return self.kind.__name__

    def draw(self, seed, shapes=((4,), (4,))):
        """Random parameters, as float64 arrays."""
        rng = new_generator(seed)
        drawn = {name: rng.uniform(low, high, shape) for (name, (low, high)), shape in zip(self.ranges.items(), shapes)}
        return {**drawn, **{name: np.asarray(v, float) for name, v in self.fixed.items()}}

    def make(self, parameters):
        """The distribution with these parameters: arrays or tensors."""
        return self.kind(**{name: p if isinstance(p, Tensor) else Tensor(np.asarray(p)) for name, p in parameters.items()})

    def points(self, parameters):
        """The ends of the axis and the cuts between them, for ``integrate``."""
        low, high = self.ends(**parameters) if callable(self.ends) else self.ends
        middle = self.cuts(**parameters) if self.cuts else self.reference(**parameters).median()
        return [np.asarray(low, float), np.asarray(middle, float), np.asarray(high, float)]

    @property
    def discrete(self):
        return (isinstance(self.kind.support, property) and self.kind is not D.Uniform) or self.kind is D.Bernoulli


CONTINUOUS = [
    Family(D.Normal, {"loc": (-2, 2), "scale": (0.3, 2)}, lambda loc, scale: st.norm(loc, scale)),
    Family(D.Laplace, {"loc": (-2, 2), "scale": (0.3, 2)}, lambda loc, scale: st.laplace(loc, scale), cuts=lambda loc, scale: loc),
    Family(D.Logistic, {"loc": (-2, 2), "scale": (0.3, 2)}, lambda loc, scale: st.logistic(loc, scale)),
    Family(D.Uniform, {"low": (-2, 0), "high": (0.5, 3)}, lambda low, high: st.uniform(low, high - low), lambda low, high: (low, high)),
    Family(D.LogNormal, {"loc": (-1, 1), "scale": (0.3, 1)}, lambda loc, scale: st.lognorm(scale, scale=np.exp(loc)), (0, inf)),
    Family(D.Gamma, {"concentration": (0.7, 4), "rate": (0.4, 3)},
           lambda concentration, rate: st.gamma(concentration, scale=1 / rate), (0, inf)),
    Family(D.Beta, {"concentration1": (0.8, 4), "concentration0": (0.8, 4)},
           lambda concentration1, concentration0: st.beta(concentration1, concentration0), (0, 1)),
    Family(D.Weibull, {"scale": (0.4, 2), "concentration": (0.8, 4)},
           lambda scale, concentration: st.weibull_min(concentration, scale=scale), (0, inf)),
]  # fmt: skip

DISCRETE = [
    Family(D.Bernoulli, {"logits": (-3, 3)}, lambda logits: st.bernoulli(scipy.special.expit(logits))),
    Family(D.Binomial, {"logits": (-3, 3)}, lambda logits, total_count: st.binom(total_count, scipy.special.expit(logits)),
           fixed={"total_count": [7, 1, 12, 3]}),
]  # fmt: skip

FAMILIES = CONTINUOUS + DISCRETE


def of(kind):
    """The row of a family."""
    return next(f for f in FAMILIES if f.kind is kind)


# --- quadrature ---------------------------------------------------------------------------------------------------------------


def integrate(f, points, h=1 / 24):
    """∫ f over the consecutive intervals between ``points``, arrays of one batch shape; only the ends may be infinite.

    The double-exponential rule: x(t) runs into the ends so fast that singularities there do no harm. [Takahasi, Mori 1974]
    f: (n, *batch) -> (n, *batch).
    """
    total = 0.0
    for a, b in pairwise(points):
        a, b = np.broadcast_arrays(a, b)
        t = np.arange(-4.2, 4.2 + h / 2, h).reshape((-1,) + (1,) * a.ndim)
        s, ds = 0.5 * math.pi * np.sinh(t), 0.5 * math.pi * np.cosh(t)
        if np.isfinite(a).all() and np.isfinite(b).all():
            half = (b - a) / (1 + np.exp(2 * np.abs(s)))  # the distance from the nearer end, without cancellation
            x, weight = np.where(s < 0, a + half, b - half), (b - a) / 2 * ds / np.cosh(s) ** 2
        elif np.isfinite(a).all():
            x, weight = a + np.exp(s), np.exp(s) * ds
        else:
            x, weight = b - np.exp(s), np.exp(s) * ds
        inside = (weight > 0) & (x > a) & (x < b)
        some = a + 0.5 * np.minimum(b - a, 1) if np.isfinite(a).all() else b - 0.5
        total = total + h * np.where(inside, weight * f(np.where(inside, x, some)), 0.0).sum(axis=0)
    return total


def expectation(d, g, points):
    """E[g(x)] under ``d``, an array; the sum over its values if it is discrete. g: an array (n, *batch) -> (n, *batch)."""
    if d.support.is_discrete:
        k = d.enumerate_support()
        p = np.exp(d.log_prob(k).data)
        return np.where(p > 0, p * np.where(p > 0, g(k.data), 0), 0).sum(axis=0)

    def weighted(x):
        p = np.exp(d.log_prob(Tensor(x)).data)
        return np.where(p > 1e-280, p * np.where(p > 1e-280, g(x), 0), 0)

    return integrate(weighted, points)


def log_p(d):
    """x -> log p(x) on arrays."""
    return lambda x: d.log_prob(Tensor(x)).data
