"""gc-find-4: a bug in the rule of softmax, to be found."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Answer, Gradient, Located
from minigen.exercises.draws import draws, real
from minigen.ops import softmax


def layer(x):
    """Probabilities along axis 1."""
    return softmax(x, axis=1)


INPUTS = [np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.5]])]
GIVEN = [{"x": INPUTS[0]}]
CASES = draws(10, x=real("N 3"), examples=GIVEN)

EXERCISE = Exercise(
    id="gc-find-4",
    lecture="02",
    section="Numerics",
    title="Find the bug: softmax",
    difficulty=2,
    points=3,
    target="minigen.ops.reduce:softmax_vjp",
    names="",
    needs=("ag-softmax",),
    teaches="every x of a softmax acts on every y, through the sum below",
    planted="diagonal",
    free=(),
    stub_docstring="∂L/∂x of y = softmax(x), with g = ∂L/∂y",
    task=r"""
$y_i = e^{x_i} / \sum_k e^{x_k}$ along `axis`. The rule returns $\sum_i g_i\, \partial y_i/\partial x_j$.

The body below has a bug. Run the file: `gradcheck` compares the gradients of a layer that uses it with finite differences, element by
element. Answer in the lines `WRONG` and `CAUSE`, then mend the body.
""",
    checks=(
        Located(
            probe=layer,
            cases=GIVEN,
            points=0.5,
            answer=(0, (0, 0)),
            title="a wrong element, found",
            ask="input and element of a wrong gradient, as gradcheck prints them: (0, (0, 1))",
        ),
        Answer(
            points=0.5,
            answer="b",
            title="the cause, named",
            ask="why? one letter:",
            options=(
                ("a", "the sum runs over the wrong axis"),
                ("b", "only the diagonal of the Jacobian is there: yᵢ by xᵢ"),
                ("c", "x is used where y belongs"),
                ("d", "the result is not multiplied by g"),
            ),
        ),
        Gradient(probe=layer, cases=CASES, points=2, title="the gradient, mended"),
    ),
    mutants=(
        Mutant(
            "diagonal",
            "that is the diagonal of the Jacobian alone: y (1 − y). Each x moves the other y as well, through the sum",
            body="return g * y * (1 - y)",
        ),
        Mutant("no-sum", "the second term is missing: the probabilities share a sum of 1", body="return g * y"),
        Mutant("sum-of-g", "the sum is that of g y, not of g", replace=("y * gy.sum", "y * g.sum")),
        Mutant(
            "wrong-axis",
            "the sum runs over the axis of the probabilities, not over the batch",
            replace=("gy.sum(axis=axis, keepdims=True)", "gy.sum(axis=0, keepdims=True)"),
        ),
        Mutant("flipped", "the sign is flipped", replace=("return gy - y", "return -gy + y")),
    ),
    variants=(Variant("factored", body="return y * (g - (g * y).sum(axis=axis, keepdims=True))"),),
    hints=(
        "If x₀ grows, what happens to y₁?",
        'Lecture 02, "Numerics": ∂yᵢ/∂xⱼ = yᵢ (δᵢⱼ − yⱼ).',
        "g, y: (N, D). Multiply by g and sum over i: the δ leaves gⱼ yⱼ, the rest yⱼ Σᵢ gᵢ yᵢ, a sum of shape (N, 1).",
        "gy = g * y, return gy - y * …",
    ),
)
