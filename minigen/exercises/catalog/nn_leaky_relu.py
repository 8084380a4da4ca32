"""nn-leaky-relu: a rule at a kink."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Second, Shape, Values
from minigen.exercises.draws import choice, draws, real
from minigen.nn.activations import leaky_relu, leaky_relu_vjp


def rule(g, x, slope):
    """The rule itself."""
    y = np.where(x.data > 0, x.data, x.data * slope)
    return leaky_relu_vjp(g.data, y, x.data, negative_slope=slope)


def function(x, slope):
    """What the engine makes of it."""
    return leaky_relu(x, negative_slope=slope)


def squares(x, slope):
    """The function of x², in whose second derivative the rule must work on tensors."""
    return leaky_relu(x * x - 1.0, negative_slope=slope) * x


SLOPES = choice(0.01, 0.25, 0.0, -0.5, 2.0)
CASES = draws(12, g=real("N D", away=0.1), x=real("N D", away=0.1), slope=SLOPES)
KINK = [{"g": np.array([2.0, -3.0, 5.0, 7.0]), "x": np.array([0.0, -0.0, 1.0, -1.0]), "slope": slope} for slope in (0.01, 0.5)]

EXERCISE = Exercise(
    id="nn-leaky-relu",
    lecture="03",
    section="Activations",
    title="A rule at a kink",
    difficulty=1,
    points=1,
    target="minigen.nn.activations:leaky_relu_vjp",
    needs=("ag-mul",),
    free=("shape", "pure"),  # the engine brings gradients into the dtype of their input
    teaches="at a kink there is no derivative, only an agreement",
    stub_docstring="∂L/∂x of y = leaky_relu(x), with g = ∂L/∂y",
    task=r"""
A leaky ReLU lets a little pass where $x$ is negative, so that no neuron dies: with $a$ = `negative_slope`, usually 0.01,

$$y = \begin{cases} x & x > 0 \\ a\,x & \text{else.} \end{cases}$$

Return $\partial L/\partial x$, given $g = \partial L/\partial y$; all of `g`, `y`, `x` have one shape. At $x = 0$ the function has a kink
and no derivative; the agreement (here and in PyTorch) is $a$. The rule must hold for any $a$, also 0 or negative.

It is called with arrays, and with tensors where second derivatives are wanted: comparisons such as `x > 0` and arithmetic work for both
(a bool counts as 0 or 1), `np.where` only for arrays.
""",
    checks=(
        Shape(probe=rule, cases=CASES, points=0.1, says="g, x (N, D) -> (N, D)"),
        Values(probe=rule, cases=CASES, points=0.3),
        Values(probe=rule, cases=KINK, points=0.2, title="a at the kink, x = 0"),
        Gradient(probe=function, cases=draws(5, x=real("N D", away=0.1), slope=SLOPES), points=0.2),
        Second(probe=squares, cases=draws(4, x=real("D", 1.25, 3), slope=SLOPES), points=0.2),
    ),
    mutants=(
        Mutant(
            "local-only",
            "that is ∂y/∂x alone: multiply it by g, which arrives from above",
            body="return (x > 0) + negative_slope * (x <= 0) + 0 * g",
        ),
        Mutant("relu", "that is the rule of ReLU: where x is negative the slope is a, not 0", body="return g * (x > 0)"),
        Mutant(
            "forward", "that is leaky_relu(g): the side is decided by x, not by g", body="return g * ((g > 0) + negative_slope * (g <= 0))"
        ),
        Mutant(
            "one-at-the-kink",
            "at x = 0 the agreement is a: the slope is 1 only where x > 0",
            body="return g * ((x >= 0) + negative_slope * (x < 0))",
        ),
        Mutant("zero-at-the-kink", "at x = 0 the agreement is a, and yours is 0", body="return g * ((x > 0) + negative_slope * (x < 0))"),
        Mutant("both-sides", "where x > 0 the slope is 1, not 1 + a", body="return g * ((x > 0) + negative_slope)"),
        Mutant("turned", "the two sides are exchanged: a belongs to x ≤ 0", body="return g * ((x <= 0) + negative_slope * (x > 0))"),
        Mutant(
            "by-y",
            "y > 0 and x > 0 are the same only if a is positive: decide by x",
            body="return g * ((y > 0) + negative_slope * (y <= 0))",
        ),
    ),
    variants=(
        Variant("two-sides", body="return g * ((x > 0) + negative_slope * (x <= 0))"),
        Variant("one-side", body="return g * (x > 0) * (1 - negative_slope) + g * negative_slope"),
    ),
    hints=(
        "What is the slope of the graph left of 0, and right of 0? What do you multiply by it?",
        'Lecture 03, "Activations": ∂y/∂x = 1 where x > 0, else a; ∂L/∂x = g · ∂y/∂x.',
        "x > 0: (N, D), 0 or 1. x <= 0: (N, D), the rest. The slope: 1 times the first plus a times the second; times g, (N, D).",
        "return g * ((x > 0) + …)",
    ),
)
