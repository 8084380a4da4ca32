"""gan-wgan-critic: the distance that a critic estimates, exactly, on a line."""

import numpy as np

from minigen.evaluate.two_sample import wasserstein_1d
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Property, Refused, Shape, Values
from minigen.exercises.draws import draws, number, real


def distance(x, y):
    """The function itself."""
    return wasserstein_1d(x, y)


def shifted(x, c):
    """A set against itself, moved by c."""
    return wasserstein_1d(x, x + c)


def scores(x, y, knots, slopes):
    """W₁, and what one critic that is nowhere steeper than 1 says of the two sets."""
    return wasserstein_1d(x, y)


def critic_says(w, x, y, knots, slopes):
    """E f(x) − E f(y) for a piecewise linear f with slopes in [−1, 1] is never above W₁."""
    f = lambda t: sum(s * np.clip(t - k, 0, 1) for k, s in zip(np.sort(knots), slopes))  # noqa: E731
    return float(f(x).mean() - f(y).mean()) / 3 <= w + 1e-9


def plane(x, y):
    """Points that have no order."""
    return wasserstein_1d(x, y)


SAME = draws(15, x=real("N"), y=real("N"), sizes={"N": (2, 7)})
OTHER = draws(12, x=real("N"), y=real("M"), sizes={"N": (2, 5), "M": (3, 7)})

EXERCISE = Exercise(
    id="gan-wgan-critic",
    lecture="08",
    section="Wasserstein",
    title="The Wasserstein distance on a line",
    difficulty=2,
    points=3,
    target="minigen.evaluate.two_sample:wasserstein_1d",
    names="np, points",
    needs=("gan-d-loss",),
    teaches="what the critic estimates: how far mass has to be carried; on a line, sorting is enough",
    task=r"""
The critic of a Wasserstein GAN has no sigmoid: it gives scores, and the largest difference of its mean scores, over all critics that are
nowhere steeper than 1, is the distance $W_1$. On a line this distance can be computed without any critic. Think of two heaps of sand:
the $i$-th smallest grain of one is carried to the $i$-th smallest of the other, and for $N$ points each

$$W_1 = \frac1N \sum_i |x_{(i)} - y_{(i)}|.$$

For sets of different size it is the area between the two distribution functions, $\int |F(t) - G(t)|\,dt$: between two neighbouring
points of both sets together, $F$ and $G$ are constant. `points("wasserstein_1d", x, y)` returns both sets as float64 arrays (N, 1) and
(M, 1). Sets of points with more than one coordinate cannot be sorted: raise a ValueError that says so. Return a Python float.
""",
    checks=(
        Shape(probe=distance, cases=SAME, points=0.25, says="(N,), (M,) -> a number"),
        Values(probe=distance, cases=SAME, points=0.75, title="values, as many points on both sides"),
        Values(probe=distance, cases=OTHER, points=1, title="values, sets of different size"),
        Property(
            probe=shifted,
            cases=draws(8, x=real("N"), c=number(-3, 3), sizes={"N": (2, 7)}),
            points=0.5,
            title="a set moved by c has distance |c| from itself",
            holds=lambda w, x, c: np.isclose(w, abs(c), rtol=1e-9, atol=1e-12),
        ),
        Property(
            probe=scores,
            cases=draws(10, x=real("N"), y=real("N"), knots=real("3", -2, 2), slopes=real("3", -1, 1), sizes={"N": (2, 7)}),
            points=0.5,
            title="no critic that is nowhere steeper than 1 finds more",
            holds=critic_says,
        ),
        Refused(
            probe=plane,
            cases=[{"x": np.array([[0.0, 1.0], [2.0, 3.0]]), "y": np.array([[0.0, 1.0], [5.0, 3.0]])}],
            title="points of the plane are refused with a ValueError",
        ),
    ),
    mutants=(
        Mutant(
            "first-coordinate",
            "of points with more than one coordinate you take the first: there is no order among them, raise a ValueError",
            replace=("x.shape[1] != 1", "False"),
        ),
        Mutant(
            "unsorted",
            "the points must be sorted first: the i-th smallest goes to the i-th smallest, whatever order they came in. (np.sort sorts "
            "along the last axis, and points has made that one of length 1.)",
            body="""
                x, y = points("wasserstein_1d", x, y)
                n = min(len(x), len(y))
                return float(np.abs(x[:n, 0] - y[:n, 0]).mean())
            """,
        ),
        Mutant(
            "means",
            "that is the distance of the means: two sets with the same mean can be far apart",
            body="""
                x, y = points("wasserstein_1d", x, y)
                return float(abs(x.mean() - y.mean()))
            """,
        ),
        Mutant(
            "summed",
            "each point carries 1/N of the mass: the mean of the distances, not their sum",
            body="""
                x, y = points("wasserstein_1d", x, y)
                x, y = np.sort(x[:, 0]), np.sort(y[:, 0])
                t = np.sort(np.concatenate([x, y]))
                F, G = (np.searchsorted(s, t[:-1], side="right") / len(s) for s in (x, y))
                return float((np.abs(F - G) * np.diff(t)).sum() * len(x))
            """,
        ),
        Mutant(
            "squared",
            "that is the root of the mean squared distance, W₂: here the distance itself counts",
            body="""
                x, y = points("wasserstein_1d", x, y)
                x, y = np.sort(x[:, 0]), np.sort(y[:, 0])
                u = (np.arange(len(x) * len(y)) + 0.5) / (len(x) * len(y))
                a, b = x[(u * len(x)).astype(int)], y[(u * len(y)).astype(int)]
                return float(np.sqrt(((a - b) ** 2).mean()))
            """,
        ),
        Mutant(
            "all-pairs",
            "that is the mean distance of all pairs: mass is carried to one place, not to all of them",
            body="""
                x, y = points("wasserstein_1d", x, y)
                return float(np.abs(x - y.T).mean())
            """,
        ),
        Mutant(
            "cut-off",
            "points are lost: for sets of different size take the area between the two distribution functions",
            body="""
                x, y = points("wasserstein_1d", x, y)
                x, y = np.sort(x[:, 0]), np.sort(y[:, 0])
                n = min(len(x), len(y))
                return float(np.abs(x[:n] - y[:n]).mean())
            """,
        ),
        Mutant(
            "signed",
            "that is ∫ (F − G): the area between the curves needs |F − G|",
            body="""
                x, y = points("wasserstein_1d", x, y)
                x, y = np.sort(x[:, 0]), np.sort(y[:, 0])
                t = np.sort(np.concatenate([x, y]))
                F, G = (np.searchsorted(s, t[:-1], side="right") / len(s) for s in (x, y))
                return float(((F - G) * np.diff(t)).sum())
            """,
        ),
    ),
    variants=(
        Variant(
            "quantiles",
            body="""
                x, y = points("wasserstein_1d", x, y)
                if x.shape[1] != 1:
                    raise ValueError("wasserstein_1d: points with more than one coordinate cannot be sorted")
                x, y = np.sort(x[:, 0]), np.sort(y[:, 0])
                return float(np.abs(np.repeat(x, len(y)) - np.repeat(y, len(x))).mean())
            """,
        ),
    ),
    hints=(
        "Two heaps of three grains each on a line: which grain of the first goes to the leftmost place of the second, if nobody wants to "
        "carry further than necessary?",
        'Lecture 08, "Wasserstein": W₁ = ∫ |F − G| dt. For sorted points with N = M this is the mean of |x₍ᵢ₎ − y₍ᵢ₎|.',
        "x sorted: (N,), y sorted: (M,). t: (N + M,), all points sorted. F and G at t[:-1]: (N + M − 1,), how many are not to the right, "
        "divided by N and M. Steps of t: (N + M − 1,).",
        """
            x, y = np.sort(x[:, 0]), np.sort(y[:, 0])
            t = np.sort(np.concatenate([x, y]))
            F, G = (np.searchsorted(s, t[:-1], side="right") / len(s) for s in (x, y))
            return float((…).sum())
        """,
    ),
)
