"""gc-find-6: a bug in a coupling's log-determinant, to be found."""

import numpy as np

from minigen.bijections.affine import sum_of_scales
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Answer, Gradient, Located
from minigen.exercises.draws import draws, real


def layer(theta):
    """log|det| of an affine coupling, from what its network says."""
    return sum_of_scales(theta, 2.0)


INPUTS = [np.array([[1.0, -2.0, 0.5, 0.25], [0.25, 3.0, -1.5, 1.0]])]
GIVEN = [{"theta": INPUTS[0]}]
CASES = draws(8, theta=real("N 4"), examples=GIVEN)

EXERCISE = Exercise(
    id="gc-find-6",
    lecture="11",
    section="RealNVP",
    title="Find the bug: a log-determinant",
    difficulty=3,
    points=3,
    target="minigen.bijections.affine:sum_of_scales_vjp_theta",
    names="direct, put_at",
    needs=("nf-coupling",),
    teaches="a flow whose density is right and whose training is wrong",
    planted="no-tanh",
    free=(),
    task=r"""
The network of an affine coupling returns $\theta = (\theta_1, \theta_2)$, side by side along axis 1. The scales are $s = a
\tanh\theta_1$, and the log-determinant is $\sum s$ over the row. In the rule, `g` is a pair: the gradient of each row as a column, and
$h = \tanh\theta_1$. `direct(put_at, g)(v, index=…, shape=…)` is an array of zeros with v at the index.

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
            answer="c",
            title="the cause, named",
            ask="why? one letter:",
            options=(
                ("a", "the gradient goes to the shifts θ₂"),
                ("b", "the bound a is missing"),
                ("c", "the derivative of tanh is missing"),
                ("d", "the log-determinant is that of the inverse"),
            ),
        ),
        Gradient(probe=layer, cases=CASES, points=2, title="the gradient, mended"),
    ),
    mutants=(
        Mutant(
            "no-tanh",
            "the derivative of tanh is missing: ∂s/∂θ₁ = a (1 − tanh² θ₁)",
            replace=("(bound - bound * h * h)", "(bound + 0 * h)"),
        ),
        Mutant("no-bound", "the bound a is missing: s = a tanh θ₁", replace=("(bound - bound * h * h)", "(1 - h * h)")),
        Mutant(
            "to-the-shifts",
            "θ₁ is the first half: the shifts θ₂ do not change any volume",
            replace=("slice(h.shape[1])", "slice(h.shape[1], None)"),
        ),
        Mutant(
            "inverse",
            "that is the log-determinant of the way back: the sign is flipped",
            replace=("(bound - bound * h * h)", "(bound * h * h - bound)"),
        ),
        Mutant("sech", "the derivative of tanh is 1 − tanh², not 1 − tanh", replace=("(bound - bound * h * h)", "(bound - bound * h)")),
    ),
    variants=(Variant("factored", replace=("(bound - bound * h * h)", "bound * (1 - h**2)")),),
    hints=(
        "For which elements is the gradient nearly right: those with small θ₁, or with large ones?",
        'Lecture 11, "RealNVP": log|det| = Σ s, and s = a tanh θ₁ stays within ±a.',
        "g: (N, 1), h: (N, k). The gradient of θ₁: (N, k), that of θ₂: zeros.",
        "g * (bound - …) in the place of the first half",
    ),
)
