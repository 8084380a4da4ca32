"""gc-find-1: a bug in the undoing of broadcasting, to be found."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Answer, Gradient, Located
from minigen.exercises.draws import draws, real
from minigen.ops import mul


def layer(x, scale):
    """Rows times a column: ``scale`` is copied along axis 1."""
    return mul(x, scale)


INPUTS = [np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.5]]), np.array([[2.0], [-0.5]])]
GIVEN = [dict(zip(("x", "scale"), INPUTS))]
CASES = draws(10, x=real("N D"), scale=real("N 1", away=0.1), examples=GIVEN)

EXERCISE = Exercise(
    id="gc-find-1",
    lecture="02",
    section="Broadcasting",
    title="Find the bug: broadcasting",
    difficulty=2,
    points=3,
    target="minigen.autograd:unbroadcast",
    names="Tensor",
    needs=("ag-unbroadcast",),
    teaches="an all too small gradient of a bias is a sum that was not taken",
    planted="first-copy",
    free=(),
    stub_docstring="The gradient of an input that NumPy has broadcast, from that of the result: (…) -> ``shape``",
    task=r"""
Where a shape (2, 1) meets (2, 3), NumPy copies; the engine undoes it with `unbroadcast(g, shape, rule)`. It is called only where the
shapes differ; `g` is an array or a tensor. The layer is $x \\cdot s$ with $x$ of shape (2, 3) and $s$ of shape (2, 1).

The body below has a bug. Run the file: `gradcheck` compares the gradients of a layer that uses it with finite differences, element by
element. Answer in the lines `WRONG` and `CAUSE`, then mend the body.
""",
    checks=(
        Located(
            probe=layer,
            cases=GIVEN,
            points=0.5,
            answer=(1, (0, 0)),
            title="a wrong element, found",
            ask="input and element of a wrong gradient, as gradcheck prints them: (0, (0, 1))",
        ),
        Answer(
            points=0.5,
            answer="c",
            title="the cause, named",
            ask="why? one letter:",
            options=(
                ("a", "the gradient of x is multiplied by x instead of s"),
                ("b", "the sum runs over the wrong axis"),
                ("c", "of the copies along an axis of size 1 only one counts"),
                ("d", "the sum is divided by the number of copies"),
            ),
        ),
        Gradient(probe=layer, cases=CASES, points=2, title="the gradient, mended"),
    ),
    mutants=(
        Mutant(
            "first-copy",
            "along an axis of size 1 you take one copy: the gradient is the sum over all of them",
            body="""
                extra = len(g.shape) - len(shape)
                g = g.sum(axis=tuple(range(extra))) if extra else g
                for i, n in enumerate(shape):
                    if n == 1:
                        g = g[(slice(None),) * i + (slice(0, 1),)]
                return g
            """,
        ),
        Mutant("mean", "the sum over the copies, not their mean", replace=(".sum(", ".mean(")),
        Mutant("flipped", "the sign is flipped", replace=("return g.sum(", "return -g.sum(")),
        Mutant("twice", "every copy counts once, not twice", replace=("return g.sum(", "return 2 * g.sum(")),
    ),
    variants=(
        Variant(
            "one-by-one",
            body="""
                extra = len(g.shape) - len(shape)
                g = g.sum(axis=tuple(range(extra))) if extra else g
                for i, n in enumerate(shape):
                    if n == 1:
                        g = g.sum(axis=i, keepdims=True)
                return g
            """,
        ),
    ),
    hints=(
        "Which of the two inputs has wrong elements: the one that was copied, or the other?",
        'Lecture 02, "Broadcasting": what has been used three times hears of three changes.',
        "g: (2, 3), shape: (2, 1). For axis 1 the result (2, 1) must hold the sums of three numbers each.",
        "for i, n in enumerate(shape): if n == 1: g = g.sum(…)",
    ),
)
