"""cmp-ood: likelihood is not enough to find outliers."""

import numpy as np

from minigen.evaluate.outliers import atypicality, auroc
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Property, Shape, Values
from minigen.exercises.draws import draws, real
from minigen.random import new_generator


def score(log_p, training):
    """The function itself."""
    return atypicality(log_p, training)


def far_away(training):
    """The scores of a point that is much less likely than the training data, of a typical one, and of one that is much more likely."""
    middle = np.mean(training)
    return atypicality(np.array([middle - 50, middle, middle + 50]), training)


def detected(seed):
    """AUROC in 100 dimensions, of the score and of −log p: outliers nearer to the middle are more likely than any inlier."""
    rng = new_generator(seed)
    training, inside, outside = (-0.5 * (scale * rng.standard_normal((300, 100)) ** 2).sum(axis=1) for scale in (1.0, 1.0, 0.6))
    return auroc(atypicality(inside, training), atypicality(outside, training)), auroc(-inside, -outside)


CASES = draws(10, log_p=real("N", -60, -20), training=real("M", -60, -20))
ARRAYS = {"tensors": False}

EXERCISE = Exercise(
    id="cmp-ood",
    lecture="13",
    section="Outliers",
    title="Too likely to be typical",
    difficulty=3,
    points=3,
    target="minigen.evaluate.outliers:atypicality",
    names="np",
    needs=("glow-dequant",),
    free=("shape", "pure"),
    teaches="in many dimensions the most likely point is not a typical one",
    stub_docstring="How unusual log p(x) is beside that of training data: (N,), (M,) -> (N,), a score, large for outliers.",
    task=r"""
A density finds outliers where it is small: that sounds right, and fails. A Glow trained on photographs of clothes gives *digits* a higher
likelihood than clothes. In 100 dimensions nearly all draws of $N(0, I)$ lie at a distance of about 10 from the middle; the middle itself is
the most likely point of all, and no draw ever comes near it.

So do not ask whether $\log p(x)$ is small, ask whether it is *unusual*: return for each $x$ the distance of $\log p(x)$ from the mean of
$\log p$ over the training data, $|\log p(x) - \overline{\log p}|$. Lists of numbers are welcome too: `np.asarray(log_p, float)`.
""",
    checks=(
        Shape(probe=score, cases=CASES, points=0.5, says="(N,), (M,) -> (N,)", options=ARRAYS),
        Values(probe=score, cases=CASES, points=1, options=ARRAYS),
        Property(
            probe=far_away,
            cases=draws(5, training=real("M", -60, -20)),
            points=0.5,
            title="too unlikely and too likely are equally suspicious",
            options=ARRAYS,
            holds=lambda y, training: np.isclose(y[0], y[2]) & (y[0] > 40) & (np.abs(y[1]) < 1e-9),
        ),
        Property(
            probe=detected,
            cases=[{"seed": 0}, {"seed": 1}],
            points=1,
            title="finds the outliers that −log p takes for the best of all",
            holds=lambda mine, naive, seed: (mine > 0.95) & (naive < 0.05),
        ),
    ),
    mutants=(
        Mutant(
            "likelihood", "that is −log p: it takes what is much too likely for the best of all", body="return -np.asarray(log_p, float)"
        ),
        Mutant("no-modulus", "without |…| what is too likely gets the lowest score", replace=("np.abs(", "-(")),
        Mutant(
            "own-mean",
            "the mean is that of the training data, not of the points to be judged",
            replace=("np.mean(log_p_training)", "np.mean(log_p)"),
        ),
        Mutant("median", "the mean of log p, not its median", replace=("np.mean(log_p_training)", "np.median(log_p_training)")),
        Mutant("squared", "the distance, not its square", body="return (np.asarray(log_p, float) - np.mean(log_p_training)) ** 2"),
    ),
    variants=(
        Variant(
            "larger-less-smaller",
            body="""
                m = np.mean(log_p_training)
                return np.maximum(np.asarray(log_p, float), m) - np.minimum(np.asarray(log_p, float), m)
            """,
        ),
    ),
    hints=(
        "Draw from N(0, I) in 100 dimensions. How far from the middle do the draws lie, and where is the density largest?",
        'Lecture 13, "Outliers": the set of typical points is a thin shell, and log p is nearly constant on it.',
        "log_p: (N,), log_p_training: (M,). A number, the mean of the latter; then (N,) distances from it.",
        "return np.abs(np.asarray(log_p, float) - …)",
    ),
)
