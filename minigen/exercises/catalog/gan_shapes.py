"""gan-shapes: the padding with which 28 becomes 14, 7 and 4, and 7 becomes 14 and 28 again."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Property, Values
from minigen.exercises.draws import draws, whole
from minigen.models.dcgan import same
from minigen.nn.functional import conv2d, conv_transpose2d
from minigen.ops import zeros


def padding(h, w, k, s):
    """The function itself."""
    return np.array(same((h, w), k, s))


def sizes(h, w, k, s):
    """What a convolution makes of an image with this padding, and the transposed convolution of that."""
    p, kernel = same((h, w), k, s), zeros(1, 1, k, k)
    y = conv2d(zeros(1, 1, h, w), kernel, stride=s, padding=p)
    return np.array(y.shape[2:]), np.array(conv_transpose2d(y, kernel, stride=s, padding=p).shape[2:])


GAP = {"h": 6, "w": 28, "k": 1, "s": 3}  # the last windows do not reach the end
CASES = draws(20, examples=(GAP,), h=whole("", 4, 30), w=whole("", 4, 30), k=whole("", 1, 5), s=whole("", 1, 3))
FITTING = draws(20, h=whole("", 5, 30), w=whole("", 5, 30), k=whole("", 2, 5), s=whole("", 1, 3), where=lambda h, w, k, s: k >= s)

EXERCISE = Exercise(
    id="gan-shapes",
    lecture="08",
    section="DCGAN",
    title="28, 14, 7, 4 and back",
    difficulty=1,
    points=2,
    target="minigen.models.dcgan:same",
    teaches="the arithmetic of the sizes, and that the listing's 7×7 becomes 4×4, not 3×3",
    stub_docstring="""TensorFlow's padding="same" as pairs (before, after) for images of ``size`` (H, W): zeros for ⌈n / s⌉ outputs.""",
    task=r"""
A convolution with kernel size $k$, stride $s$ and $p$ zeros in all along an axis makes $\lfloor (n + p - k)/s \rfloor + 1$ elements
out of $n$. The listings of the DCGAN say `padding="same"`, which in TensorFlow means: as few zeros as give $\lceil n/s \rceil$ elements.
Return for each axis the pair (zeros before, zeros after); if the number is odd, the extra one goes behind. It is never negative.

`size` is (H, W), `kernel_size` and `stride` are whole numbers; $\lceil n/s \rceil$ is `-(-n // s)`. The result is a tuple of two pairs.
With the same padding the transposed convolution, the adjoint, leads back to $n$: this is how 7 becomes 14.
""",
    free=(),
    checks=(
        Values(probe=padding, cases=CASES, points=1),
        Property(
            probe=sizes,
            cases=FITTING,
            points=0.5,
            title="a convolution makes ⌈n / s⌉ of n",
            holds=lambda there, back, h, w, k, s: there.tolist() == [-(-h // s), -(-w // s)],
        ),
        Property(
            probe=sizes,
            cases=FITTING,
            points=0.5,
            title="the transposed convolution leads back to n",
            holds=lambda there, back, h, w, k, s: back.tolist() == [h, w],
        ),
    ),
    mutants=(
        Mutant(
            "floor",
            "⌈n / s⌉ is rounded up: -(-n // s); 7 with stride 2 becomes 4, not 3",
            replace=("(-(-n // stride) - 1)", "(n // stride - 1)"),
        ),
        Mutant(
            "front", "if the number of zeros is odd, the extra one goes behind", replace=("(t // 2, t - t // 2)", "(t - t // 2, t // 2)")
        ),
        Mutant("half", "half of the zeros on each side would lose one where their number is odd", replace=("t - t // 2)", "t // 2)")),
        Mutant(
            "stride-1",
            "that is the padding for stride 1, k − 1 zeros: with a stride fewer are needed",
            body="""
            total = [kernel_size - 1 for n in size]
            return tuple((t // 2, t - t // 2) for t in total)
        """,
        ),
        Mutant(
            "negative",
            "zeros cannot be taken away: where the windows do not reach the end, the number is 0",
            body="""
            total = [(-(-n // stride) - 1) * stride + kernel_size - n for n in size]
            return tuple((t // 2, t - t // 2) for t in total)
        """,
        ),
        Mutant("valid", "that is no padding at all", body="return tuple((0, 0) for n in size)"),
    ),
    variants=(
        Variant(
            "by-remainder",
            body="""
            pairs = []
            for n in size:
                left = n % stride or stride
                t = max(kernel_size - left, 0)
                pairs.append((t // 2, (t + 1) // 2))
            return tuple(pairs)
        """,
        ),
    ),
    hints=(
        "Where does the last window begin if there are ⌈n / s⌉ of them? And where does it end?",
        'Lecture 03, "Convolution": (outputs − 1) · s + k elements are seen in all; n of them are the image.',
        "total, for each axis: max((⌈n / s⌉ − 1) s + k − n, 0), a whole number; before: half of it, rounded down; after: the rest.",
        """
            total = [max(…, 0) for n in size]
            return tuple((t // 2, t - t // 2) for t in total)
        """,
    ),
)
