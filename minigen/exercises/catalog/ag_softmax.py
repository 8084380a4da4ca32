"""ag-softmax: a Jacobian that is never built."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Exact, Property, Second, Shape, Values
from minigen.exercises.draws import choice, draws, real
from minigen.ops.reduce import softmax, softmax_vjp


def rule(g, x, axis):
    """The rule itself, for g of the shape of x."""
    return softmax_vjp(g, softmax(x, axis=axis), x, axis=axis, dtype=None)


def many(g, x):
    """One row of many classes, as the engine calls the rule."""
    return softmax_vjp(g, softmax(x, axis=-1), x, axis=-1, dtype=None)


def function(x, axis):
    """What the engine makes of it."""
    return softmax(x, axis=axis)


CASES = draws(15, g=real("N D K"), x=real("N D K"), axis=choice(-1, 0, 1, 2), sizes={"N": (2, 3), "D": (2, 3), "K": (2, 4)})
INPUTS = draws(8, x=real("N D"), axis=choice(0, 1, -1), sizes={"N": (2, 3), "D": (2, 4)})
CLASSES = [{"g": np.cos(np.arange(20_000.0))[None], "x": np.sin(np.arange(20_000.0))[None]}]

EXERCISE = Exercise(
    id="ag-softmax",
    lecture="02",
    section="Numerics",
    title="The rule of softmax",
    difficulty=3,
    points=3,
    target="minigen.ops.reduce:softmax_vjp",
    needs=("ag-logsumexp",),
    teaches="a rule is a product with the Jacobian, and need not have the Jacobian",
    task=r"""
The engine has computed $y_i = e^{x_i} / \sum_k e^{x_k}$ along `axis` and received $g = \partial L/\partial y$. Every output depends on
every input,

$$\frac{\partial y_i}{\partial x_j} = y_i\,(\delta_{ij} - y_j), \qquad
\frac{\partial L}{\partial x_j} = \sum_i g_i \frac{\partial y_i}{\partial x_j}.$$

Return $\partial L/\partial x$. For 20,000 classes the Jacobian would have 400 million entries for each row: put the first formula into the
second and simplify before you program. All of `g`, `y`, `x` have one shape; `axis` is a whole number, not always the last one. The rule
is called with arrays or tensors: use operators and methods such as `t.sum(axis=axis, keepdims=True)`.
""",
    checks=(
        Shape(probe=rule, cases=CASES, points=0.25, says="g (N, D, K), y, x (N, D, K) -> (N, D, K)"),
        Values(probe=rule, cases=CASES, points=0.75),
        Exact(probe=function, cases=INPUTS, points=0.5, title="gradient to the last digits"),
        Property(
            probe=rule,
            cases=CASES,
            points=0.5,
            title="the gradient sums to 0 along the axis: adding a constant to x changes nothing",
            holds=lambda gx, g, x, axis: np.abs(gx.sum(axis=axis)) < 1e-12,
        ),
        Values(probe=many, cases=CLASSES, points=0.5, title="20,000 classes, without a matrix of 20,000 × 20,000"),
        Second(probe=function, cases=INPUTS, points=0.5),
    ),
    mutants=(
        Mutant(
            "diagonal-only",
            "that is g y (1 − y), the diagonal of the Jacobian: x_j also changes all other y_i, through the sum in the denominator",
            body="return g * y * (1 - y)",
        ),
        Mutant("upstream-only", "only y · g: the second term, from the sum in the denominator, is missing", body="return g * y"),
        Mutant(
            "g-forgotten-in-the-sum",
            "the sum must contain g: Σ gᵢ yᵢ; without the yᵢ it is another number",
            body="return g * y - y * g.sum(axis=axis, keepdims=True)",
        ),
        Mutant(
            "log-softmax",
            "that is the rule of log softmax, g − y Σ g: here y is the softmax itself",
            body="return g - y * g.sum(axis=axis, keepdims=True)",
        ),
        Mutant("last-axis", "the sum runs along the last axis whatever axis says", replace=("axis=axis", "axis=-1")),
        Mutant(
            "everything",
            "the sum runs over the whole array: every row along axis is a softmax of its own",
            replace=("axis=axis", "axis=None"),
        ),
        Mutant("mean", "mean instead of sum: the Jacobian's sum over i has no 1/n", replace=(".sum(", ".mean(")),
        Mutant("sign", "the sign of the second term: yᵢ (δᵢⱼ − yⱼ) has a minus", replace=("gy - y", "gy + y")),
    ),
    variants=(Variant("bracket", body="return y * (g - (g * y).sum(axis=axis, keepdims=True))"),),
    hints=(
        "If x_j grows, y_j grows. What must happen to all other y_i, so that the sum stays 1? Is that in your formula?",
        'Lecture 02, "Numerics": Σᵢ gᵢ yᵢ (δᵢⱼ − yⱼ) = gⱼ yⱼ − yⱼ Σᵢ gᵢ yᵢ. The last sum is one number for each row.',
        "g · y: (N, D, K). Its sum along axis with keepdims=True, say for axis 1: (N, 1, K). y times that: (N, D, K). Subtract.",
        """
            gy = g * y
            return gy - y * …
        """,
    ),
)
