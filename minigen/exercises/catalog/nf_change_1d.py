"""nf-change-1d: mass is conserved."""

import math

import numpy as np

from minigen.bijections import Affine, AffineCoupling, Exp, SinhArcsinh, Square, half_mask
from minigen.distributions import Normal, TransformedDistribution, Uniform
from minigen.distributions.transformed import standard_normal
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, MonteCarlo, Property, Shape, Values
from minigen.exercises.draws import draws, number, real
from minigen.tensor import Tensor

GRID = np.linspace(-30.0, 30.0, 3001)


def squares(x):
    """log p(x) of x = z², z ~ U(0, 2)."""
    return TransformedDistribution(Uniform(0.0, 2.0), Square()).log_prob(x)


def line(x, a, b):
    """log p(x) of x = a z + b, z ~ N(0, 1)."""
    return TransformedDistribution(Normal(0.0, 1.0), Affine(a, b)).log_prob(x)


def bent(skewness, tailweight):
    """A density with a bend, and a stretch."""
    return TransformedDistribution(Normal(0.5, 1.0), SinhArcsinh(skewness, tailweight))


def on_a_grid(skewness, tailweight):
    """Its log p(x) on a grid."""
    return bent(skewness, tailweight).log_prob(Tensor(GRID))


def plane(x, w, context):
    """log p(x) of events (D,), where the flow knows something else as well."""
    coupling = AffineCoupling(half_mask(2), lambda seen: seen @ w, conditional=True)
    return TransformedDistribution(standard_normal(2), coupling).log_prob(x, context)


def interval(low, high):
    """P(low < x < high) for x = exp z, z ~ N(0, 1): the sum of p(x) dx over 2,000 slices."""
    edges = np.linspace(low, high, 2001)
    middle = Tensor((edges[1:] + edges[:-1]) / 2)
    p = np.exp(TransformedDistribution(Normal(0.0, 1.0), Exp()).log_prob(middle).data)
    return (p * np.diff(edges)).sum()


def counted(low, high):
    """The share of 100,000 draws that fall into the interval, and its standard error."""
    x = TransformedDistribution(Normal(0.0, 1.0), Exp()).sample(100_000).data
    share = ((x > low) & (x < high)).mean()
    return share, math.sqrt(share * (1 - share) / len(x)) + 1e-5


ON_THE_LINE = draws(10, x=real("N"), a=real("", 0.25, 3), b=real(""))

EXERCISE = Exercise(
    id="nf-change-1d",
    lecture="10",
    section="Mass is conserved",
    title="Mass is conserved",
    difficulty=2,
    points=3,
    target="minigen.distributions.transformed:TransformedDistribution.change_of_variables",
    needs=(),
    teaches="a density is mass per length: stretch the line, and it becomes thinner",
    stub_docstring="log p(x) in nats, for x with one leading axis, the batch: (N, *event_shape) -> (N,)",
    task=r"""
Draw $z \sim U(0, 2)$ and square it: $x = z^2$ lies in $(0, 4)$. Is it uniform there? No: the mass in a small piece $dz$ goes into a
piece $dx = |dx/dz|\,dz$, and none is lost, $p(x)\,|dx| = p_z(z)\,|dz|$. So

$$\log p(x) = \log p_z(z) + \log\left|\frac{dz}{dx}\right|, \qquad z = g^{-1}(x),$$

and in many dimensions the determinant of $\partial z/\partial x$ takes the place of the derivative.

Write that for any density $p_z$, which is `self.base` with its `log_prob(z)`, and any invertible $x = g(z)$, which is `self.bijection`:
`x, log_det = self.bijection.forward(z, context)` and `z, log_det = self.bijection.inverse(x, context)`. Each returns $\log|\det|$ **of
the map that it has just applied**, (N,). Every flow of the library gets its density from this function.
""",
    checks=(
        Shape(probe=plane, cases=draws(3, x=real("N 2"), w=real("3 2"), context=real("N 2")), points=0.25, says="(N, D) -> (N,)"),
        Values(
            probe=squares,
            cases=draws(8, x=real("N", 0.125, 3.875), examples=[{"x": np.array([-1.0, 1.0, 5.0])}]),
            points=0.75,
            title="x = z², z ~ U(0, 2), inside and outside of (0, 4)",
        ),
        Values(probe=line, cases=ON_THE_LINE, points=0.5, title="x = a z + b"),
        Values(
            probe=plane,
            cases=draws(5, x=real("N 2"), w=real("3 2", -1, 1), context=real("N 2")),
            points=0.5,
            title="in the plane, with a context",
        ),
        Property(
            probe=on_a_grid,
            cases=draws(4, skewness=number(-0.5, 0.5), tailweight=number(0.5, 1.25)),
            points=0.25,
            title="∫ p(x) dx = 1",
            holds=lambda y, **case: np.asarray(abs(np.exp(y).sum() * (GRID[1] - GRID[0]) - 1) < 1e-3),
        ),
        MonteCarlo(
            probe=interval,
            cases=[{"low": 0.5, "high": 1.5}, {"low": 2.0, "high": 6.0}],
            estimate=counted,
            points=0.25,
            title="the mass of an interval is the share of 100,000 draws that fall into it",
        ),
        Gradient(probe=line, cases=ON_THE_LINE, points=0.5, title="gradients for x, a and b"),
    ),
    mutants=(
        Mutant(
            "no-jacobian",
            "that is p_z at g⁻¹(x) alone: where g stretches, the same mass takes up more room",
            body="""
                z, log_det = self.bijection.inverse(x, context)
                return self.base.log_prob(z) + 0 * log_det
            """,
        ),
        Mutant(
            "sign",
            "the sign of the log-determinant: inverse returns log|dz/dx|, that of the map just applied, which is added",
            body="""
                z, log_det = self.bijection.inverse(x, context)
                return self.base.log_prob(z) - log_det
            """,
        ),
        Mutant(
            "wrong-way",
            "you went from x on to g(x): x is the image already, and z = g⁻¹(x)",
            body="""
                z, log_det = self.bijection.forward(x, context)
                return self.base.log_prob(z) - log_det
            """,
        ),
        Mutant(
            "density-at-x",
            "the base's density was taken at x: it is a density of z",
            body="""
                z, log_det = self.bijection.inverse(x, context)
                return self.base.log_prob(x) + log_det
            """,
        ),
        Mutant(
            "log-of-log",
            "the logarithm of a logarithm: log_det already is log|det|",
            body="""
                z, log_det = self.bijection.inverse(x, context)
                return self.base.log_prob(z) + abs(log_det).log()
            """,
        ),
        Mutant(
            "density",
            "that is p(x): the logarithm of it is wanted, in nats",
            body="""
                z, log_det = self.bijection.inverse(x, context)
                return (self.base.log_prob(z) + log_det).exp()
            """,
        ),
        Mutant(
            "whole-batch",
            "that is one number for the whole batch: each x has a density of its own",
            body="""
                z, log_det = self.bijection.inverse(x, context)
                return (self.base.log_prob(z) + log_det).sum()
            """,
        ),
        Mutant(
            "context-forgotten",
            "the context is an argument, and the map may depend on it: inverse(x, context)",
            body="""
                z, log_det = self.bijection.inverse(x)
                return self.base.log_prob(z) + log_det
            """,
        ),
    ),
    variants=(
        Variant(
            "from-z",
            body="""
                z = self.bijection.inverse(x, context)[0]
                there = self.bijection.forward(z, context)[1]
                back = self.bijection.inverse(x, context)[1]
                return self.base.log_prob(z) + (back - there) / 2
            """,
        ),
        Variant(
            "other-names",
            body="""
                source, change = self.bijection.inverse(x, context)
                return change + self.base.log_prob(source)
            """,
        ),
    ),
    hints=(
        "Cut (0, 2) into pieces of length 0.1. How long are the pieces of (0, 4) that they become, and how much mass is in each?",
        'Lecture 10, "Mass is conserved": p(x) |dx| = p_z(z) |dz|. Take the logarithm of both sides.',
        "x: (N, *event). z: (N, *event of the base), log_det: (N,), both from inverse. log p_z(z): (N,). Their sum: (N,).",
        """
            z, log_det = self.bijection.inverse(x, context)
            return …
        """,
    ),
)
