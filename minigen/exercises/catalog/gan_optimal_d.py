"""gan-optimal-d: the discriminator that no other beats."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Property, Shape, Stable, Values
from minigen.exercises.draws import draws, real
from minigen.models.optimal_discriminator import optimal_discriminator


def best(p, q):
    """The function itself."""
    return optimal_discriminator(p, q)


def both_ways(p, q):
    """D* of the two densities, and with their parts exchanged."""
    return optimal_discriminator(p, q), optimal_discriminator(q, p)


def value(d, p, q):
    """Σ p log D + q log(1 − D), what D ascends, with 0 log 0 = 0."""
    return np.where(p > 0, p * np.log(np.where(p > 0, d, 1)), 0) + np.where(q > 0, q * np.log1p(-np.where(q > 0, d, 0)), 0)


def nobody_beats(d, p, q):
    """No other answer between 0 and 1 has a larger value at any point."""
    others = np.linspace(0.001, 0.999, 333).reshape(-1, *(1,) * p.ndim)
    inside = np.clip(d, 1e-12, 1 - 1e-12)
    return (value(inside, p, q) >= value(others, p, q) - 1e-9).all(axis=0)


CASES = draws(15, p=real("G", 0.05, 3), q=real("G", 0.05, 3))
EMPTY = [
    {"p": np.array([0.0, 0.5, 0.0]), "q": np.array([0.5, 0.0, 0.0])},
    {"p": np.array([1e-300, 2e-300]), "q": np.array([1e-300, 1e-300])},
]

EXERCISE = Exercise(
    id="gan-optimal-d",
    lecture="07",
    section="Nash equilibrium",
    title="The best discriminator",
    difficulty=2,
    points=3,
    target="minigen.models.optimal_discriminator:optimal_discriminator",
    names="where",
    needs=("gan-d-loss",),
    teaches="a discriminator at its best is the likelihood ratio of the two densities",
    stub_docstring="The discriminator that no other beats, from the densities at the same points: (G,), (G,) -> (G,); ½ where both are 0",
    task=r"""
Suppose that both densities are known: $p(x)$ of the data, $q(x)$ of the generator. At each $x$ the discriminator chooses its answer $D$ by
itself, to make $p \log D + q \log(1 - D)$ as large as possible. Set the derivative by $D$ to zero and return the $D^*$ that you find, for
densities given by their values at the same points. Where neither density has mass, every answer is as good: return ½ there, and let
nothing become NaN (`where(condition, a, b)` computes both branches, so the one that is not chosen must be harmless too).

With it the game's value is $-\log 4 + 2\,\mathrm{JSD}(p, q)$: the generator's aim is to make $q$ like $p$.
""",
    checks=(
        Shape(probe=best, cases=CASES, points=0.5, says="(G,), (G,) -> (G,)"),
        Values(probe=best, cases=CASES, points=1),
        Property(probe=best, cases=CASES, points=0.5, title="no other D has a larger p log D + q log(1 − D)", holds=nobody_beats),
        Property(
            probe=both_ways,
            cases=CASES,
            points=0.5,
            title="exchanging p and q turns D into 1 − D",
            holds=lambda a, b, p, q: np.isclose(a + b, 1, rtol=1e-12),
        ),
        Stable(probe=best, cases=EMPTY, points=0.5, title="right where a density is 0, or nearly"),
    ),
    mutants=(
        Mutant(
            "ratio",
            "that is the likelihood ratio p/q; D = p/(p + q) lies between 0 and 1",
            body="return where(q == 0, 1.0, p / where(q == 0, 1.0, q))",
        ),
        Mutant(
            "swapped",
            "that is the probability of a fake: D is the probability that x is real",
            body="""
            nowhere = p + q == 0
            return where(nowhere, 0.5, q / where(nowhere, 1.0, p + q))
        """,
        ),
        Mutant("no-care", "0/0 where neither density has mass: the answer there is ½", body="return p / (p + q)"),
        Mutant(
            "eps",
            "a small number in the denominator changes the answer where densities are small; ask where both are 0 instead",
            body="return p / (p + q + 1e-8)",
        ),
        Mutant(
            "hard",
            "that is the hard decision; between the two cases D* is a probability",
            body="""
            return where(p > q, 1.0, where(p < q, 0.0, 0.5))
        """,
        ),
        Mutant(
            "square",
            "no squares: the derivative of p log D + q log(1 − D) is p/D − q/(1 − D)",
            body="""
            a, b = p * p, q * q
            nowhere = a + b == 0
            return where(nowhere, 0.5, a / where(nowhere, 1.0, a + b))
        """,
        ),
    ),
    variants=(
        Variant(
            "one-minus",
            body="""
            empty = (p + q) == 0
            return 1 - where(empty, 0.5, q / where(empty, 1.0, p + q))
        """,
        ),
        Variant(
            "ones-instead",
            body="""
            empty = where(p + q == 0, 1.0, 0.0)
            return (p + empty) / (p + q + 2 * empty)
        """,
        ),
    ),
    hints=(
        "For one fixed x, p and q are two numbers. What is the derivative of p log D + q log(1 − D) by the number D?",
        'Lecture 07, "Nash equilibrium", and proposition 1 of Goodfellow et al.: p/D = q/(1 − D).',
        "nowhere: (G,) bools, where p + q is 0. The denominator: p + q, but 1 where nowhere. Result: (G,), ½ where nowhere.",
        """
            nowhere = p + q == 0
            return where(nowhere, 0.5, … / where(nowhere, 1.0, p + q))
        """,
    ),
)
