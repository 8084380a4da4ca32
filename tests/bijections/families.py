"""The table of bijections that all tests of them walk through: how to make one, for which events, from where to where."""

import math
from dataclasses import dataclass

import numpy as np

from minigen import bijections as B
from minigen import distributions as D
from minigen import nn, random
from minigen.random import new_generator

inf = math.inf
REAL, POSITIVE, UNIT, BALL = (-inf, inf), (0.0, inf), (0.0, 1.0), (-1.0, 1.0)


@dataclass
class Family:
    """A bijection: ``make(rng, shape)`` draws one for events of that shape, anew at each call.

    ``shapes``: those of the events it is checked with. ``domain``, ``image``: the interval that each number comes from and goes to; a
    random chain fits them together. ``context``: the size C of the context (N, C) that it needs, 0 for none. ``chained``: whether it may
    be a link of a random chain (False: only checked by itself, if a chain of it would be too slow or too ill-conditioned).
    """

    name: str
    make: object
    shapes: tuple = ((),)
    domain: tuple = REAL
    image: tuple = REAL
    context: int = 0
    chained: bool = True

    def __str__(self):
        return self.name

    def points(self, rng, n, shape):
        """Points in the domain, (n, *shape)"""
        return within(self.domain, rng.standard_normal((n, *shape)))


def within(interval, z):
    """Any numbers, moved into an interval."""
    low, high = interval
    if (low, high) == (-inf, inf):
        return z
    if high == inf:
        return low + np.exp(z)
    return low + (high - low) / (1 + np.exp(-z))


def spline(rng, bins, bound, shape=()):
    """A spline with random pieces."""
    b = B.RationalQuadraticSpline(bins, bound, shape)
    for p in b.parameters():
        p.data = p.data + rng.normal(size=p.shape).astype(p.dtype)
    return b


def mixture(rng):
    """Two normals with learned weights, means and widths."""
    logits, loc, scale = (nn.Parameter(a) for a in (rng.normal(size=2), np.array([-1.5, 1.0]), np.array([0.7, 1.2])))
    return D.MixtureSameFamily(D.Categorical(logits=logits), D.Normal(loc, scale))


EVERYWHERE = ((), (3,), (2, 2, 2))  # element by element: a line, vectors, pictures

LINE = [
    Family("Affine", lambda rng, shape: B.Affine(rng.choice([-1, 1]) * rng.uniform(0.5, 2, shape), rng.normal(size=shape)), EVERYWHERE),
    Family("Affine, one a and b for all", lambda rng, shape: B.Affine(-0.7, 1.0), ((2,),)),
    Family("Square", lambda rng, shape: B.Square(), EVERYWHERE, POSITIVE, POSITIVE),
    Family("Power", lambda rng, shape: B.Power(1.7), EVERYWHERE, POSITIVE, POSITIVE),
    Family("Power, falling", lambda rng, shape: B.Power(-0.5), ((),), POSITIVE, POSITIVE),
    Family("Exp", lambda rng, shape: B.Exp(), EVERYWHERE, REAL, POSITIVE),
    Family("Log", lambda rng, shape: B.Log(), EVERYWHERE, POSITIVE, REAL),
    Family("Softplus", lambda rng, shape: B.Softplus(), EVERYWHERE, REAL, POSITIVE),
    Family("Sigmoid", lambda rng, shape: B.Sigmoid(), EVERYWHERE, REAL, UNIT),
    Family("Logit", lambda rng, shape: B.Logit(), EVERYWHERE, UNIT, REAL),
    Family("Tanh", lambda rng, shape: B.Tanh(), EVERYWHERE, REAL, BALL),
    Family("LeakyReLU", lambda rng, shape: B.LeakyReLU(0.3), EVERYWHERE),
    Family("SinhArcsinh", lambda rng, shape: B.SinhArcsinh(rng.normal(size=shape) / 3, rng.uniform(0.6, 1.5, shape)), EVERYWHERE),
    Family("RationalQuadraticSpline, one curve for all", lambda rng, shape: spline(rng, 5, 2.0), ((), (2,))),
    Family("RationalQuadraticSpline", lambda rng, shape: spline(rng, 3, 1.5, shape), ((3,), (2, 2, 2))),
    Family("SumOfSquares", lambda rng, shape: B.SumOfSquares(0.3 * rng.normal(size=(2, 3)) + [[1, 0, 0], [0, 0.5, 0]], 0.2),
           ((), (3,)), chained=False),
    Family("CDF of Normal", lambda rng, shape: B.CDF(D.Normal(rng.normal(size=shape), 1.5)), EVERYWHERE, REAL, UNIT),
    Family("CDF of Gamma", lambda rng, shape: B.CDF(D.Gamma(2.5, 1.3)), ((), (3,)), POSITIVE, UNIT),
    Family("CDF of a mixture", lambda rng, shape: B.CDF(mixture(rng)), ((), (3,)), REAL, UNIT, chained=False),
    Family("Quantile of Logistic", lambda rng, shape: B.Quantile(D.Logistic(0.3, 0.8)), EVERYWHERE, UNIT, REAL),
]  # fmt: skip



def net(rng, inputs, outputs, context=0):
    """A network with smooth activations, whose weights come from ``rng``: (N, inputs + context) -> (N, outputs)"""
    with random.fork(int(rng.integers(2**31))):
        return nn.Sequential(nn.Linear(inputs + context, 8), nn.Tanh(), nn.Linear(8, outputs))


def seeded(make):
    """``make(n)`` with all random numbers from the row's ``rng``."""

    def made(rng, shape):
        with random.fork(int(rng.integers(2**31))):
            return make(*shape)

    return made


VECTORS = [
    Family("AdditiveCoupling", lambda rng, shape: B.AdditiveCoupling(B.half_mask(3), net(rng, 1, 2)), ((3,),)),
    Family("AffineCoupling", lambda rng, shape: B.AffineCoupling(B.alternating_mask(3), net(rng, 2, 2)), ((3,),)),
    Family("AffineCoupling of a plane, bound learned",
           lambda rng, shape: B.AffineCoupling(B.half_mask(2, flip=True), net(rng, 1, 2), bound="learned"), ((2,),)),
    Family("AffineCoupling, conditional",
           lambda rng, shape: B.AffineCoupling(B.half_mask(3), net(rng, 1, 4, 2), conditional=True), ((3,),), context=2),
    Family("MaskedAutoregressive", seeded(lambda n: B.MaskedAutoregressive(nn.MADE(n, hidden=(8,), outputs=2))), ((3,), (2,))),
    Family("MaskedAutoregressive, conditional", seeded(
        lambda n: B.MaskedAutoregressive(nn.MADE(n, hidden=(8,), outputs=2, context_features=2), conditional=True)), ((3,),), context=2),
    Family("GatedAutoregressive",
           seeded(lambda n: B.GatedAutoregressive(nn.MADE(n, hidden=(8,), outputs=2, order=range(n)[::-1]))), ((3,),)),
    Family("SplineCoupling", lambda rng, shape: B.SplineCoupling(B.half_mask(3), net(rng, 1, 2 * 8), bins=3), ((3,),)),
    Family("Triangular", seeded(B.Triangular), ((3,), (2,))),
    Family("LU", seeded(B.LU), ((3,), (2,), (5,))),
    Family("Householder", seeded(B.Householder), ((3,),)),
    Family("Permute", lambda rng, shape: B.Permute(np.roll(np.arange(*shape), 1)), ((3,), (2,))),  # a cycle, not its own inverse
    Family("Permute, drawn", seeded(B.Permute.random), ((5,),)),
    Family("Planar", seeded(B.Planar), ((3,), (2,))),
    Family("Radial", seeded(B.Radial), ((3,), (2,))),
    Family("BatchNorm", seeded(lambda n: B.BatchNorm(n).eval()), ((3,),)),
]  # fmt: skip



def shaken(make):
    """``make(c)`` of images with c channels, its parameters moved away from where they start, no data-dependent start left to do."""

    def made(rng, shape):
        b = seeded(make)(rng, shape[:1]).eval()
        for p in b.parameters():
            p.data += 0.2 * rng.standard_normal(p.shape).astype(p.dtype)
        return b

    return made


def conv(inputs, outputs):
    return nn.Conv2d(inputs, outputs, 3, padding=1)


def two_levels(c):
    return B.Multiscale((c, 4, 2), [B.Chain(B.Squeeze(), B.LUConv1x1(4 * c), B.Split(4 * c)), B.InvertibleConv1x1(2 * c)])


IMAGES = [
    Family("ActNorm", shaken(B.ActNorm), ((3,), (2, 2, 2))),
    Family("InvertibleConv1x1", shaken(B.InvertibleConv1x1), ((2, 2, 2),)),
    Family("LUConv1x1", shaken(B.LUConv1x1), ((2, 2, 2),)),
    Family("Squeeze", lambda rng, shape: B.Squeeze(), ((2, 2, 2),), chained=False),
    Family("Split", shaken(B.Split), ((2, 2, 2), (3, 2, 1))),
    Family("Split, conditional", shaken(lambda c: B.Split(c, context_channels=2)), ((2, 2, 2),), context=2),
    Family("ContextPrior", seeded(lambda *shape: B.ContextPrior(shape, 2)), ((3,), (2, 2, 2)), context=2),
    Family("AffineCoupling of images", shaken(lambda c: B.AffineCoupling(B.half_mask(c), conv(1, 2))), ((2, 2, 2),)),
    Family("AffineCoupling, checkerboard", shaken(lambda c: B.AffineCoupling(B.checkerboard_mask(2, 2), conv(c, 2 * c))), ((2, 2, 2),)),
    Family("Multiscale", shaken(two_levels), ((1, 4, 2),), chained=False),
    Family("LogitPixels", lambda rng, shape: B.LogitPixels(0.1), EVERYWHERE, (-0.125, 1.125), REAL),
]

FAMILIES = [*LINE, *VECTORS, *IMAGES]


def chains(seed, length, families=None):
    """(a random chain of bijections that fit together, some of them turned round, the shape of its events, its domain, context size)"""
    rng = new_generator(seed)
    families = [f for f in families or FAMILIES if f.chained]
    first = families[rng.integers(len(families))]
    shape = first.shapes[rng.integers(len(first.shapes))]
    links, here, context, start = [], None, 0, None
    event = shape
    while len(links) < length:
        fitting = []
        for f in families:
            if event not in f.shapes or (f.context and context and f.context != context):
                continue
            fitting += [(f, turned) for turned in (False, True) if here is None or _within(here, f.image if turned else f.domain)]
        f, turned = fitting[rng.integers(len(fitting))]
        b = f.make(rng, event)
        if turned and b.inverse_shape(event) != event:
            continue
        links.append(b.inv if turned else b)
        start = start or (f.image if turned else f.domain)
        here, event, context = (f.domain if turned else f.image), links[-1].forward_shape(event), context or f.context
        if not any(event in f.shapes for f in families):
            break
    return B.Chain(*links), shape, start, context


def _within(inner, outer):
    return outer[0] <= inner[0] and inner[1] <= outer[1]
