"""gc-find-3: a bug in the convolution's rule, to be found."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Answer, Gradient, Located
from minigen.exercises.draws import draws, real
from minigen.ops import conv2d


def layer(x, weight):
    """A convolution with kernel 3 and a border of zeros: the size stays."""
    return conv2d(x, weight, padding=1)


INPUTS = [np.arange(12.0).reshape(1, 1, 3, 4) / 4 - 1, np.array([[[[1.0, -2.0, 0.5], [0.25, 3.0, -1.5], [2.0, 0.75, -1.0]]]])]
GIVEN = [dict(zip(("x", "weight"), INPUTS))]
CASES = draws(4, x=real("1 2 4 3"), weight=real("2 2 3 3"), examples=GIVEN)

EXERCISE = Exercise(
    id="gc-find-3",
    lecture="03",
    section="Convolution",
    title="Find the bug: padding",
    difficulty=3,
    points=3,
    target="minigen.ops.convolution:convolution_vjp_x",
    names="convolution_transposed",
    needs=("nn-conv2d-backward",),
    teaches="the transposed convolution takes off what padding has put on",
    planted="no-padding",
    free=(),
    task=r"""
The gradient of a convolution by its input is the transposed convolution of $g$ with the same kernel, stride and padding: `grid` holds
all of them. `size` is the height and width that must come out.

The body below has a bug. Run the file: `gradcheck` compares the gradients of a layer that uses it with finite differences, element by
element. Answer in the lines `WRONG` and `CAUSE`, then mend the body.
""",
    checks=(
        Located(
            probe=layer,
            cases=GIVEN,
            points=0.5,
            answer=(0, (0, 0, 0, 0)),
            title="a wrong element, found",
            ask="input and element of a wrong gradient, as gradcheck prints them: (0, (0, 1))",
        ),
        Answer(
            points=0.5,
            answer="d",
            title="the cause, named",
            ask="why? one letter:",
            options=(
                ("a", "the kernel is not turned round"),
                ("b", "the stride is ignored on the way back"),
                ("c", "the kernel's gradient is that of the input"),
                ("d", "the padding is ignored on the way back: everything is shifted by one pixel"),
            ),
        ),
        Gradient(probe=layer, cases=CASES, points=2, title="the gradient, mended"),
    ),
    mutants=(
        Mutant(
            "no-padding",
            "without its padding the grid lies one pixel off: pass the grid as it came",
            body="""
                   return convolution_transposed(g, weight, None, grid=grid._replace(before=(0, 0)), size=x.shape[2:], groups=groups)
               """,
        ),
        Mutant(
            "turned",
            "the kernel is turned round by the transposed convolution itself: pass it as it is",
            replace=("g, weight, None", "g, weight[:, :, ::-1, ::-1], None"),
        ),
        Mutant("flipped", "the sign is flipped", replace=("return convolution_transposed(g", "return -convolution_transposed(g")),
        Mutant(
            "upside-down",
            "the image of gradients is upside down",
            replace=("convolution_transposed(g, weight", "convolution_transposed(g[:, :, ::-1], weight"),
        ),
    ),
    variants=(Variant("by-name", replace=("size=x.shape[2:]", "size=tuple(x.shape[2:])")),),
    hints=(
        "Compare the wrong numbers with their neighbours in the right gradient: are they elsewhere?",
        'Lecture 03, "Transposed convolution": conv is a matrix C that depends on the padding, and the gradient is Cᵀ g with the same C.',
        "g: (N, O, 3, 4), weight: (O, C, 3, 3), result: (N, C, 3, 4). The grid has kernel, stride, dilation and padding (`before`).",
        "return convolution_transposed(g, weight, None, grid=…, size=x.shape[2:], groups=groups)",
    ),
)
