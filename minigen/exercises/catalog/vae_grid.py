"""vae-grid: the points of the latent plane that are decoded."""

import numpy as np
from scipy.special import ndtr

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Property, Refused, Shape, Values
from minigen.exercises.draws import choice, draws, number
from minigen.viz.latent import latent_grid


def grid(side, limit):
    """The function itself."""
    return latent_grid(side, limit)


def quantiles(side):
    """The points at the quantiles of N(0, 1)."""
    return latent_grid(side, None)


def lonely(side):
    """A grid of a single point has no two ends."""
    return latent_grid(side, 3.0)


SIDES = choice(2, 3, 4, 5, 6)
CASES = draws(10, side=SIDES, limit=number(0.5, 4))

EXERCISE = Exercise(
    id="vae-grid",
    lecture="06",
    section="Latent space",
    title="A walk through the latent plane",
    difficulty=1,
    points=2,
    target="minigen.viz.latent:latent_grid",
    names="np, special",
    needs=("vae-elbo",),
    teaches="which codes are worth decoding: equally spaced, or equally likely under the prior",
    task=r"""
The slide's canvas of digits shows what the decoder makes of a grid of codes in the plane. Return its $n^2$ points as an array $(n^2,
2)$
of float32, **row by row from the top left**, as the images will be laid out: $z_1$ rises to the right, and $z_2$ rises **upwards**, so
the
first row has the largest $z_2$.

With a `limit` the coordinates are equally spaced on [−limit, limit], both ends included. With `limit=None` they are the quantiles
$\Phi^{-1}((i + \tfrac12)/n)$, $i = 0 … n - 1$, of the prior $N(0, 1)$, so that all cells are equally likely:
`special("ndtri", u)` is $\Phi^{-1}(u)$. Fewer than two points a side are a ValueError.
""",
    free=("shape", "pure"),
    checks=(
        Shape(probe=grid, cases=CASES, points=0.25, says="(n², 2)"),
        Values(probe=grid, cases=CASES, points=0.75, rtol=1e-6),
        Values(probe=quantiles, cases=draws(5, side=SIDES), points=0.5, rtol=1e-6, title="values, at the quantiles of the prior"),
        Property(
            probe=quantiles,
            cases=draws(5, side=SIDES),
            points=0.25,
            title="all cells are equally likely",
            holds=lambda z, side: np.allclose(np.diff(np.unique(np.round(ndtr(z[:, 0]), 4))), 1 / side, atol=1e-3),
        ),
        Property(
            probe=grid,
            cases=draws(5, side=SIDES, limit=choice(1.0, 3.0)),
            points=0.25,
            title="the first point is at the top left, the last at the bottom right",
            holds=lambda z, side, limit: np.allclose(z[0], [-limit, limit]) and np.allclose(z[-1], [limit, -limit]),
        ),
        Refused(probe=lonely, cases=[{"side": 1}], title="less than two points a side are refused with a ValueError"),
    ),
    mutants=(
        Mutant(
            "single-point",
            "a single point a side lies at neither end: raise a ValueError",
            body="""
                line = np.linspace(-limit, limit, n) if limit is not None else special("ndtri", (np.arange(n) + 0.5) / n)
                z1, z2 = np.meshgrid(line, line[::-1])
                return np.stack([z1.ravel(), z2.ravel()], axis=1).astype(np.float32)
            """,
        ),
        Mutant(
            "upside-down",
            "the first row is the top one: z₂ is largest there",
            replace=("np.meshgrid(line, line[::-1])", "np.meshgrid(line, line)"),
        ),
        Mutant(
            "columns",
            "row by row: z₁ changes from one point to the next, z₂ from one row to the next",
            replace=("np.stack([z1.ravel(), z2.ravel()], axis=1)", "np.stack([z1.T.ravel(), z2.T.ravel()], axis=1)"),
        ),
        Mutant(
            "swapped", "z₁ goes to the right and comes first in a point", replace=("[z1.ravel(), z2.ravel()]", "[z2.ravel(), z1.ravel()]")
        ),
        Mutant(
            "open-end",
            "both ends belong to the grid",
            replace=("np.linspace(-limit, limit, n)", "np.linspace(-limit, limit, n, endpoint=False)"),
        ),
        Mutant(
            "edge-quantiles",
            "Φ⁻¹(0) is −∞: take the middles of the cells, (i + ½)/n",
            replace=("(np.arange(n) + 0.5) / n", "np.arange(n) / (n - 1)"),
        ),
        Mutant(
            "always-even",
            "without a limit the points lie at the quantiles of N(0, 1), close together in the middle",
            replace=('special("ndtri", (np.arange(n) + 0.5) / n)', "np.linspace(-3, 3, n)"),
        ),
    ),
    variants=(
        Variant(
            "loops",
            body="""
                if n < 2:
                    raise ValueError("at least two points a side")
                if limit is None:
                    line = special("ndtri", (np.arange(n) + 0.5) / n)
                else:
                    line = -limit + 2 * limit * np.arange(n) / (n - 1)
                return np.array([[a, b] for b in reversed(line) for a in line], np.float32)
            """,
        ),
    ),
    hints=(
        "Draw a 3 × 3 grid of codes on paper, number the points as you read; what are z₁ and z₂ of the points 1, 2 and 4?",
        'Lecture 05, "Moving in latent space", and figure 4 of Kingma and Welling.',
        "line: (n,), rising. meshgrid of line and of line backwards: two arrays (n, n). Ravelled: (n²,). Stacked along axis 1: (n², 2).",
        """
            line = np.linspace(-limit, limit, n) if limit is not None else special("ndtri", (np.arange(n) + 0.5) / n)
            z1, z2 = np.meshgrid(line, …)
            return np.stack([z1.ravel(), z2.ravel()], axis=1).astype(np.float32)
        """,
    ),
)
