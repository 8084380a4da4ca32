"""nf-triangular: the determinants that flows are built for."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Property, Shape, Stable, Values
from minigen.exercises.draws import draws
from minigen.linalg import log_abs_det_triangular
from minigen.tensor import Tensor


def determinant(a):
    """The function itself."""
    return log_abs_det_triangular(a)


def large(scale, d):
    """Of scale · (I + ones below the diagonal), (d, d), and of its negative transpose."""
    a = scale * np.tril(np.ones((d, d)))
    return log_abs_det_triangular(Tensor(a)), log_abs_det_triangular(Tensor(-a.T))


def product(a, b):
    """log|det A|, log|det B|, and log|det| of the product, which is triangular, too."""
    return log_abs_det_triangular(a), log_abs_det_triangular(b), log_abs_det_triangular(a @ b)


def beside(a):
    """Of a triangular matrix, and of the same with other numbers off its diagonal."""
    return log_abs_det_triangular(a), log_abs_det_triangular(a + (1 - np.eye(a.shape[-1])))


def triangular(pick):
    """One matrix or several, lower or upper, with a diagonal of both signs."""
    d, cut = pick.size("D"), pick.choice(np.tril, np.triu)
    return {"a": cut(pick.real((*pick.shape(pick.choice("", "N", "N K")), d, d), away=0.125))}


def pair(pick):
    """Two lower triangular matrices."""
    return {name: np.tril(pick.real("D D", away=0.25)) for name in "ab"}


SIZES = {"D": (1, 2, 3, 4)}
CASES = draws(15, build=triangular, sizes=SIZES)

EXERCISE = Exercise(
    id="nf-triangular",
    lecture="11",
    section="Jacobians",
    title="log|det| of a triangular matrix",
    difficulty=1,
    points=2,
    target="minigen.linalg:log_abs_det_triangular",
    names="np",
    needs=("nf-chain",),
    teaches="why flows have triangular Jacobians: D numbers instead of D³ operations",
    stub_docstring="log|det A| of triangular matrices, lower or upper: (…, D, D) -> (…)",
    task=r"""
A flow needs $\log|\det J|$ for every training image, in every step. For any matrix that costs about $D^3/3$ multiplications, $10^{10}$ for
a small image. So flows are built such that $J$ is *triangular*: its determinant is the product of its diagonal, whatever stands beside it.

Return $\log|\det A|$ for triangular matrices $A$, lower or upper, of shape $(\dots, D, D)$: one number for each matrix. The
diagonal may be negative. A product of 500 small numbers is 0 in floating point, and of 500 large ones ∞; the result is an ordinary number.

`a` is a NumPy array; `np.diagonal(a, 0, -2, -1)` is the diagonal of its last two axes, $(\dots, D)$. The gradient is not your concern here:
the rule below the function computes it.
""",
    checks=(
        Shape(probe=determinant, cases=CASES, points=0.25, says="(…, D, D) -> (…)"),
        Values(probe=determinant, cases=CASES, points=0.75),
        Property(
            probe=product,
            cases=draws(6, build=pair, sizes=SIZES),
            points=0.25,
            title="log|det AB| = log|det A| + log|det B|",
            holds=lambda a_, b_, ab, a, b: np.isclose(a_ + b_, ab, rtol=1e-9, atol=1e-9),
        ),
        Property(
            probe=beside,
            cases=draws(4, build=triangular, sizes={"D": (2, 3)}),
            points=0.25,
            title="what stands off the diagonal is never looked at",
            holds=lambda y, other, a: y == other,
        ),
        Stable(
            probe=large,
            cases=[{"scale": s, "d": 500} for s in (1e-3, 1.0, 1e3)],
            right=lambda scale, d: (d * np.log(scale), d * np.log(scale)),
            points=0.5,
            title="finite and right for D = 500",
        ),
    ),
    mutants=(
        Mutant(
            "log-of-product",
            "the product of 500 numbers leaves the range of floating point: add logarithms instead",
            body="return np.log(np.abs(np.diagonal(a, 0, -2, -1).prod(axis=-1)))",
        ),
        Mutant(
            "no-modulus",
            "the logarithm of a negative number is NaN: the volume changes by |det A|",
            body="return np.log(np.diagonal(a, 0, -2, -1)).sum(axis=-1)",
        ),
        Mutant(
            "trace", "that is the sum of the diagonal, the trace: take logarithms", body="return np.diagonal(a, 0, -2, -1).sum(axis=-1)"
        ),
        Mutant(
            "log-of-trace",
            "that is the logarithm of a sum: the determinant is the product of the diagonal",
            body="return np.log(np.abs(np.diagonal(a, 0, -2, -1).sum(axis=-1)))",
        ),
        Mutant(
            "all-together",
            "that is one number for all matrices together: sum over the last axis only",
            body="return np.log(np.abs(np.diagonal(a, 0, -2, -1))).sum()",
        ),
        Mutant(
            "mean",
            "that is the mean of the logarithms: it must be their sum",
            body="return np.log(np.abs(np.diagonal(a, 0, -2, -1))).mean(axis=-1)",
        ),
        Mutant(
            "squared",
            "that is log det(A Aᵀ), twice as much",
            body="return np.log(np.diagonal(a, 0, -2, -1) ** 2).sum(axis=-1)",
        ),
        Mutant(
            "any-matrix",
            "that is right for any matrix, and costs as much: a triangular one needs its diagonal only",
            body="return np.linalg.slogdet(a)[1]",
        ),
        Mutant(
            "first-axes",
            "that is the diagonal of the first two axes: the matrices stand in the last two",
            body="return np.log(np.abs(np.diagonal(a))).sum(axis=-1)",
        ),
    ),
    variants=(
        Variant("half-of-the-square", body="return (0.5 * np.log(np.diagonal(a, 0, -2, -1) ** 2)).sum(axis=-1)"),
        Variant("einsum", body="return np.add.reduce(np.log(np.abs(np.einsum('...ii->...i', a))), axis=-1)"),
    ),
    hints=(
        "Expand det A of a 3×3 lower triangular matrix along its first row. Which numbers are left?",
        'Lecture 11, "Jacobians": det A = Π Aᵢᵢ, so log|det A| = Σ log|Aᵢᵢ|.',
        "The diagonal: (…, D). Its absolute values and their logarithms: (…, D). The sum over the last axis: (…).",
        "return ….sum(axis=-1)   # of the logarithms of |np.diagonal(a, 0, -2, -1)|",
    ),
)
