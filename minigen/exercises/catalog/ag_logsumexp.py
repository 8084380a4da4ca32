"""ag-logsumexp: a logarithm of a sum that cannot overflow."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Property, Shape, Stable, Values
from minigen.exercises.draws import choice, draws, real
from minigen.ops import logsumexp


def along(x, axis, keepdims):
    """The function itself."""
    return logsumexp(x, axis=axis, keepdims=keepdims)


def rows(x):
    """Along the last axis."""
    return logsumexp(x, axis=-1)


def shifted(x, c):
    """log Σ exp(x + c) − c, which must not depend on c."""
    return logsumexp(x + c, axis=-1) - c, logsumexp(x, axis=-1)


def exactly(x):
    """In arithmetic with more digits."""
    wide = x.astype(np.longdouble)
    m = wide.max(axis=-1, keepdims=True)
    return (m[..., 0] + np.log(np.exp(wide - m).sum(axis=-1))).astype(float)


CASES = draws(20, x=real("N D K"), axis=choice(-1, 0, 1, None, (0, 2)), keepdims=choice(False, True))
EXTREME = [{"x": np.array(x)} for x in ([[1e4, 1e4]], [[-1e4, -1e4, -1e4]], [[1e4, -1e4]], [[710.0, 1.0]], [[-800.0, -801.0]])]
EXTREME += [{"x": np.array([[0.0, 1.0], [-1e4, -1e4], [1e4, 0.0]])}]

EXERCISE = Exercise(
    id="ag-logsumexp",
    lecture="02",
    section="Numerics",
    title="log Σ exp",
    difficulty=2,
    points=3,
    target="minigen.ops.reduce:logsumexp",
    names="np, math, several",
    needs=("ag-sum-mean",),
    teaches="subtracting the maximum changes nothing, except that nothing overflows",
    task=r"""
Compute $y = \log \sum_i \exp(x_i)$ along `axis`. Every likelihood of a mixture and every softmax contains it. Written as it stands, it
gives ∞ for $x = 1000$, because $\exp(710)$ is more than float64 can hold; yet the answer is an ordinary number:

$$\log \sum_i e^{x_i} = m + \log \sum_i e^{x_i - m} \quad\text{for every } m.$$

Choose $m$ well. The gradient is not your concern here: the rule below the function computes it from $y$.
`x` is a NumPy array; `several(axis)` turns None, an int or a list of axes into what NumPy takes.
""",
    checks=(
        Shape(probe=along, cases=CASES, points=0.5, says="(N, D, K) -> without the axes summed over, or with size 1"),
        Values(probe=along, cases=CASES, points=1),
        Gradient(probe=rows, cases=draws(x=real("N D")), points=0.5, title="gradient, the softmax"),
        Stable(probe=rows, cases=EXTREME, right=exactly, points=0.5, title="finite and right for |x| up to 10,000"),
        Property(
            probe=shifted,
            cases=draws(x=real("N D"), c=choice(1.0, -20.0, 300.0)),
            points=0.5,
            title="log Σ exp(x + c) = c + log Σ exp(x)",
            holds=lambda moved, y, x, c: np.isclose(moved, y, rtol=1e-9),
        ),
    ),
    mutants=(
        Mutant(
            "naive",
            "exp overflows for large x: subtract the maximum first, and add it at the end",
            body="""
                axis = several(axis)
                return np.log(np.exp(x).sum(axis=axis, keepdims=keepdims))
            """,
        ),
        Mutant(
            "one-maximum",
            "each sum needs the maximum of its own terms: beside a row of 0, one of −10,000 is nothing but zeros",
            body="""
                m = x.max()
                return m + np.log(np.exp(x - m).sum(axis=several(axis), keepdims=keepdims))
            """,
        ),
        Mutant(
            "not-added-back",
            "the maximum that you subtract must be added at the end",
            replace=("np.log(np.maximum(total, 1)) + (m if keepdims else m.reshape(total.shape))", "np.log(np.maximum(total, 1))"),
        ),
        Mutant(
            "mean",
            "that is the mean instead of the sum: log (1/n) Σ exp(x) is smaller by log n",
            body="""
                axis = several(axis)
                m = x.max(axis=axis, keepdims=True)
                y = m + np.log(np.exp(x - m).mean(axis=axis, keepdims=True))
                return y if keepdims else y.reshape(x.sum(axis=axis).shape)
            """,
        ),
        Mutant("log2", "the logarithm is the natural one", replace=("np.log(np.maximum(total, 1))", "np.log2(np.maximum(total, 1))")),
        Mutant(
            "axis-ignored",
            "the axis is ignored: you sum over everything",
            body="""
                m = x.max()
                y = m + np.log(np.exp(x - m).sum())
                shape = x.sum(axis=several(axis), keepdims=keepdims).shape
                return np.full(shape, y)
            """,
        ),
        Mutant(
            "maximum",
            "that is the maximum alone: the other terms count as well",
            body="return x.max(axis=several(axis), keepdims=keepdims)",
        ),
        Mutant(
            "keepdims-ignored",
            "with keepdims=True the axis stays, with size 1",
            body="""
                axis = several(axis)
                m = x.max(axis=axis, keepdims=True)
                total = np.exp(x - m).sum(axis=axis)
                return np.log(total) + m.reshape(total.shape)
            """,
        ),
    ),
    variants=(
        Variant(
            "squeezed",
            body="""
                axis = several(axis)
                m = x.max(axis=axis, keepdims=True)
                y = m + np.log(np.exp(x - m).sum(axis=axis, keepdims=True))
                return y if keepdims else y.reshape(x.sum(axis=axis).shape)
            """,
        ),
        Variant("numpy", body="return np.logaddexp.reduce(x, axis=several(axis), keepdims=keepdims)"),
    ),
    hints=(
        "What is the largest number that may go into exp? How can you make sure that no larger one does, without changing the result?",
        'Lecture 02, "Numerics": the formula with m holds for every m. With m = max x the largest term is exp(0) = 1.',
        "m: x.max(axis, keepdims=True), so that x − m broadcasts. total: the sum of exp(x − m), with the caller's keepdims. "
        "log(total) + m, where m may have to lose its axes of size 1.",
        """
            axis = several(axis)
            m = x.max(axis=axis, keepdims=True)
            total = np.exp(x - m).sum(axis=axis, keepdims=keepdims)
            return np.log(total) + …   # m, in the shape of total
        """,
    ),
)
