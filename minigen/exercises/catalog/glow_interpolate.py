"""glow-interpolate: from one face to another, on a sphere."""

import numpy as np

from minigen.evaluate.latent_paths import spherical
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Property, Shape, Stable, Values
from minigen.exercises.draws import draws, real
from minigen.random import new_generator
from minigen.tensor import Tensor

STEPS = (0.0, 0.25, 0.5, 1.0)


def path(z1, z2, t):
    """The function itself."""
    return spherical(z1, z2, t)


def ends(z1, z2):
    """The first and the last point."""
    both = spherical(z1, z2, (0.0, 1.0))
    return both[0], both[1]


def lengths(seed, d):
    """How long the points are on the way between two draws of the same length, in units of it: of N(0, I) in d dimensions."""
    z1, z2 = (z / np.linalg.norm(z) for z in new_generator(seed).standard_normal((2, d)))
    return np.linalg.norm(spherical(Tensor(z1), Tensor(z2), np.linspace(0, 1, 9)).data, axis=1)


def steps(seed, d):
    """The angles between neighbours on the way."""
    z1, z2 = (z / np.linalg.norm(z) for z in new_generator(seed).standard_normal((2, d)))
    z = spherical(Tensor(z1), Tensor(z2), np.linspace(0, 1, 9)).data
    return (z[1:] * z[:-1]).sum(axis=1)


def refused(z):
    """Whether the way to the opposite point is refused."""
    try:
        spherical(z, -1.0 * z, STEPS)
    except ValueError:
        return 1.0
    return 0.0


def nearly(angle):
    """The way to a point that is hardly turned."""
    return spherical(Tensor(np.array([1.0, 0.0])), Tensor(np.array([np.cos(angle), np.sin(angle)])), STEPS)


def on_the_circle(angle):
    """The points of the unit circle at t · angle."""
    t = np.array(STEPS)
    return np.stack([np.cos(t * angle), np.sin(t * angle)], axis=1)


def two_points(pick):
    """Two points that are neither parallel nor opposite, and places on the way."""
    d = pick.size("D")
    return {"z1": pick.real((d,), away=0.25), "z2": pick.real((d,), away=0.25), "t": pick.choice(STEPS, (0.75,), (0.0, 1.0))}


def apart(z1, z2, **ignored):
    """Whether the angle between them is far from 0 and π."""
    return abs(z1 @ z2) < 0.95 * np.linalg.norm(z1) * np.linalg.norm(z2)


SIZES = {"D": (2, 3, 5)}
CASES = draws(10, build=two_points, sizes=SIZES, where=apart)
ENDS = draws(5, z1=real("D", away=0.25), z2=real("D", away=0.25), sizes=SIZES, where=apart)
HIGH = [{"seed": 0, "d": 100}, {"seed": 1, "d": 3}]

EXERCISE = Exercise(
    id="glow-interpolate",
    lecture="12",
    section="Morphing",
    title="From one face to another",
    difficulty=2,
    points=3,
    target="minigen.evaluate.latent_paths:spherical",
    names="_numbers, _pair, math, np, stack, straight, to_numpy",
    needs=("glow-temperature",),
    teaches="in high dimensions the middle of two typical points is not typical",
    stub_docstring="Points from z₁ to z₂ on the sphere, for every t from 0 to 1: (D,), (D,), (T,) -> (T, D)",
    task=r"""
Nearly all of $N(0, I)$ in $D$ dimensions lies near the sphere of radius $\sqrt D$. Halfway on a straight line between two draws the
length is only $\sqrt{D/2}$: such a $z$ is never drawn. So morphs go along the great circle. With $\omega$, the angle between the two,

$$z(t) = \frac{\sin((1 - t)\,\omega)\, z_1 + \sin(t\,\omega)\, z_2}{\sin\omega}, \qquad \cos\omega = \frac{z_1 \cdot z_2}{|z_1||z_2|}.$$

Return $z(t)$ for every $t$, stacked: $(T, D)$. `z1, z2 = _pair(z1, z2)` makes tensors of both and refuses different shapes;
`_numbers(t)` makes floats of `t`; `to_numpy(z.data)` is an array to compute $\omega$ from, which needs no gradient; `stack([…])` puts
tensors along a new axis 0.

Two things go wrong on a computer. For parallel points $\sin\omega = 0$: below $10^{-6}$ go straight, `straight(z1, z2, t)`. And rounding
may give a cosine of 1.0000000000000002, of which `math.acos` knows nothing. For *opposite* points, $\sin\omega < 10^{-6}$ and a negative
cosine, no great circle is better than another: raise a `ValueError`.
""",
    checks=(
        Shape(probe=path, cases=CASES, points=0.25, says="(D,), (D,), (T,) -> (T, D)"),
        Values(probe=path, cases=CASES, points=0.75),
        Property(
            probe=ends,
            cases=ENDS,
            points=0.25,
            title="it begins at z₁ and ends at z₂",
            holds=lambda first, last, z1, z2: np.isclose(first, z1) & np.isclose(last, z2),
        ),
        Property(
            probe=lengths,
            cases=HIGH,
            points=0.5,
            title="between points of the same length the length stays",
            holds=lambda y, **case: np.abs(y - 1) < 1e-9,
        ),
        Property(
            probe=steps, cases=HIGH, points=0.25, title="equal steps of t are equal angles", holds=lambda y, **case: np.abs(y - y[0]) < 1e-9
        ),
        Stable(
            probe=nearly,
            cases=[{"angle": angle} for angle in (0.0, 1e-12, 1e-7, 0.5)],
            right=on_the_circle,
            points=0.5,
            title="right for points that are nearly or quite the same",
        ),
        Property(
            probe=refused,
            cases=draws(3, z=real("3", away=0.25)),
            points=0.25,
            title="opposite points are refused with a ValueError",
            holds=lambda y, z: y == 1,
        ),
        Gradient(probe=path, cases=draws(3, build=two_points, sizes=SIZES, where=apart), points=0.25, title="gradients reach both points"),
    ),
    mutants=(
        Mutant(
            "opposite-accepted",
            "for opposite points every great circle is as good: a straight line through 0 is none of them, refuse",
            replace=("if cosine < 0:", "if cosine < -2:"),
        ),
        Mutant(
            "straight",
            "that is the straight line, as (1 − t) sin ω in the place of sin((1 − t) ω) also gives: its middle is too short by √2",
            body="return straight(*_pair(z1, z2), t)",
        ),
        Mutant(
            "straight-and-stretched",
            "a straight line that is stretched to the sphere: the lengths are right, but it is fast in the middle and slow at the ends",
            body="""
                z1, z2 = _pair(z1, z2)
                n1, n2 = (float(np.linalg.norm(to_numpy(z.data))) for z in (z1, z2))
                if (z1.data @ z2.data) < -(1 - 1e-12) * n1 * n2:
                    raise ValueError("opposite")
                found = [((1 - u) * z1 + u * z2, (1 - u) * n1 + u * n2) for u in _numbers(t)]
                return stack([z * (n / float(np.linalg.norm(to_numpy(z.data)))) for z, n in found])
            """,
        ),
        Mutant(
            "no-norms",
            "the cosine is the inner product of the *unit* vectors: divide by both lengths",
            replace=("float(a @ b / length)", "float(a @ b)"),
        ),
        Mutant(
            "exchanged",
            "the way leads from z₂ to z₁: at t = 0 it must be at z₁",
            replace=(
                "math.sin((1 - u) * omega) * z1 + math.sin(u * omega) * z2",
                "math.sin(u * omega) * z1 + math.sin((1 - u) * omega) * z2",
            ),
        ),
        Mutant(
            "not-divided",
            "the division by sin ω is missing: at t = 0 that is sin ω times z₁",
            replace=("* z2) / math.sin(omega)", "* z2) / 1.0"),
        ),
        Mutant(
            "division-by-zero",
            "for parallel points sin ω = 0: go straight there",
            body="""
                z1, z2 = _pair(z1, z2)
                a, b = (to_numpy(z.data).ravel().astype(np.float64) for z in (z1, z2))
                cosine = float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
                omega = np.arccos(np.clip(cosine, -1, 1)).astype(z1.dtype)
                if cosine < -1 + 1e-9:
                    raise ValueError("opposite")
                return stack([(np.sin((1 - u) * omega) * z1 + np.sin(u * omega) * z2) / np.sin(omega) for u in _numbers(t)])
            """,
        ),
    ),
    variants=(
        Variant(
            "weights",
            body="""
                z1, z2 = _pair(z1, z2)
                a, b = to_numpy(z1.data).astype(float), to_numpy(z2.data).astype(float)
                a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
                omega = 2 * math.atan2(np.linalg.norm(a - b), np.linalg.norm(a + b))
                if math.sin(omega) < 1e-6:
                    if omega > 1:
                        raise ValueError("opposite directions")
                    return straight(z1, z2, t)
                weight = lambda u: math.sin(u * omega) / math.sin(omega)
                return stack([weight(1 - u) * z1 + weight(u) * z2 for u in _numbers(t)])
            """,
        ),
    ),
    hints=(
        "Two draws in 1,000 dimensions are nearly at right angles. How long is their middle, compared with either of them?",
        'Lecture 12, "Morphing", and Shoemake 1985: sin((1 − t) ω)/sin ω and sin(t ω)/sin ω are the two weights.',
        "a, b: (D,) arrays. cosine: a number, held between −1 and 1. ω: its acos. One point for each u of t: (D,). stack: (T, D).",
        """
            z1, z2 = _pair(z1, z2)
            a, b = (to_numpy(z.data).astype(np.float64) for z in (z1, z2))
            cosine = float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
            omega = math.acos(max(-1.0, min(1.0, cosine)))
            if math.sin(omega) < 1e-6:
                if cosine < 0:
                    raise ValueError("opposite directions")
                return straight(z1, z2, t)
            return stack([… for u in _numbers(t)])
        """,
    ),
)
