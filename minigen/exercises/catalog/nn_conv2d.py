"""nn-conv2d: a kernel slides over images."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Property, Shape, Values
from minigen.exercises.draws import draws, real
from minigen.ops.columns import gather
from minigen.ops.convolution import conv2d
from minigen.ops.windows import Grid


def convolved(x, w, bias, kernel_stride_padding_dilation):
    """conv2d of images, (N, C, H, W)."""
    _, stride, padding, dilation = kernel_stride_padding_dilation
    return conv2d(x, w, bias, stride, padding, dilation)


def of_one(x, w):
    """The sum itself for one image with one channel, (H, W), stride 1 and no padding; y holds other numbers before."""
    x, w = x.data[None, :, :, None], w.data[None, None]
    size = tuple(n - k + 1 for n, k in zip(x.shape[1:3], w.shape[2:]))
    y = np.full((1, *size, 1), 7.0, x.dtype)
    gather(x, w, None, y, Grid(w.shape[2:], (1, 1), (1, 1), (0, 0)))
    return y[0, :, :, 0]


def added(x1, x2, w):
    """conv(x₁ + 2 x₂) and conv(x₁) + 2 conv(x₂)"""
    return conv2d(x1 + 2 * x2, w, None, 2, 1), conv2d(x1, w, None, 2, 1) + 2 * conv2d(x2, w, None, 2, 1)


def settings(pick, *, simple=False):
    """(kernel, stride, padding, dilation), each (height, width)."""
    kernel = (pick.choice(1, 2, 3), pick.choice(2, 3))
    if simple:
        return kernel, (1, 1), (0, 0), (1, 1)
    return kernel, (pick.choice(1, 2, 3), pick.choice(1, 2)), (pick.choice(0, 1, 2), pick.choice(0, 1)), (1, pick.choice(1, 1, 2))


def case(pick, simple):
    """Images, a kernel and a bias that fit."""
    found = settings(pick, simple=simple)
    n, c, o = pick.choice(1, 2), pick.choice(1, 2, 3), pick.choice(2, 3)
    size = (pick.choice(3, 4, 5), pick.choice(5, 6, 7))
    return {
        "x": pick.real((n, c, *size)),
        "w": pick.real((o, c, *found[0])),
        "bias": pick.real((o,)),
        "kernel_stride_padding_dilation": found,
    }


def simple(pick):
    """Stride 1, nothing around the image."""
    return case(pick, True)


def any_settings(pick):
    """Strides, padding and dilation."""
    return case(pick, False)


EDGES = {"x": np.array([[1.0, 2, 0, 1], [0, 1, 3, 1], [2, 0, 1, 4]]), "w": np.array([[1.0, 0], [2, -1]])}
GENERAL = draws(12, build=any_settings)

EXERCISE = Exercise(
    id="nn-conv2d",
    lecture="03",
    section="Convolution",
    title="Convolution",
    difficulty=3,
    points=4,
    target="minigen.ops.columns:gather",
    names="np",
    needs=("ag-matmul",),
    teaches="stride, dilation and padding are one line of index arithmetic",
    stub_docstring="Write the convolution of x with w, plus bias, into y: x (N, H, W, C), w (O, C, k_h, k_w), y (N, n_h, n_w, O)",
    task=r"""
This is the sum that every convolution of the library comes to. The kernel is laid on the image at each place $(i, j)$; products of what
lies on each other are added up, over all channels $c$ and taps $a, b$:

$$y_{n,i,j,o} = \text{bias}_o + \sum_{c,a,b} w_{o,c,a,b}\; x_{n,t,u,c}, \qquad t = s_h i + d_h a - p_h, \quad u = s_w j + d_w b - p_w.$$

Where $t$ or $u$ lies outside of the image, $x$ counts as 0: that is padding. **Channels stand last** here: `x` (N, H, W, C), `y`
(N, n_h, n_w, O), while `w` is (O, C, k_h, k_w). `bias` is (O,) or None. Stride, dilation and padding are `grid.stride`, `grid.dilation`,
`grid.before`, the size of the kernel `grid.kernel`, each a pair (height, width); $p$ may be negative. Write into `y`, whose size says how
many places there are and which contains anything at first; return nothing.

Loops over taps and places, `np.ndindex(…)`, are fine, but n, c and o need none: (N, C) @ (C, O). The library lays all windows side by
side first and multiplies once, which is the same sum, only faster.
""",
    checks=(
        Shape(probe=convolved, cases=draws(6, build=simple), points=0.25, says="(N, C, H, W) -> (N, O, n_h, n_w)"),
        Values(
            probe=of_one,
            cases=draws(6, x=real("3 5"), w=real("2 3"), examples=(EDGES,)),
            points=0.75,
            title="one image, one channel, stride 1",
        ),
        Values(probe=convolved, cases=draws(8, build=simple), points=1, title="channels and a bias"),
        Values(probe=convolved, cases=GENERAL, points=1.25, title="strides, padding and dilation"),
        Property(
            probe=added,
            cases=draws(3, x1=real("1 2 4 5"), x2=real("1 2 4 5"), w=real("3 2 3 2")),
            points=0.25,
            title="linear: conv(x₁ + 2 x₂) = conv(x₁) + 2 conv(x₂)",
            holds=lambda y, z, **case: np.isclose(y, z),
        ),
        Gradient(probe=convolved, cases=draws(1, build=any_settings), points=0.5, title="gradient: its rules fit to it"),
    ),
    mutants=(
        Mutant(
            "turned",
            "the kernel is turned by 180°, as in mathematics; in deep learning tap (a, b) lies on the element a below and b to the right",
            body="""
                y[...] = 0 if bias is None else bias
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        y[:, i, j] += x[:, t, u] @ w[:, :, -1 - a, -1 - b].T
            """,
        ),
        Mutant(
            "bias-forgotten",
            "the bias is missing",
            body="""
                y[...] = 0
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        y[:, i, j] += x[:, t, u] @ w[:, :, a, b].T
            """,
        ),
        Mutant(
            "bias-for-each-tap",
            "the bias is added once for each tap: it comes once, after the sum",
            body="""
                y[...] = 0
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        y[:, i, j] += x[:, t, u] @ w[:, :, a, b].T + (0 if bias is None else bias)
            """,
        ),
        Mutant(
            "stride-ignored",
            "the stride is ignored: place i begins at s i, not at i",
            body="""
                y[...] = 0 if bias is None else bias
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = i + grid.dilation[0] * a - grid.before[0], j + grid.dilation[1] * b - grid.before[1]
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        y[:, i, j] += x[:, t, u] @ w[:, :, a, b].T
            """,
        ),
        Mutant(
            "stride-of-the-taps",
            "stride and dilation are exchanged: the stride moves the kernel (s i), the dilation spreads its taps (d a)",
            body="""
                y[...] = 0 if bias is None else bias
                (s, r), (d, e), (p, q) = grid.dilation, grid.stride, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        y[:, i, j] += x[:, t, u] @ w[:, :, a, b].T
            """,
        ),
        Mutant(
            "dilation-forgotten",
            "the dilation is forgotten: tap a lies d a below the first one",
            body="""
                y[...] = 0 if bias is None else bias
                (s, r), (p, q) = grid.stride, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + a - p, r * j + b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        y[:, i, j] += x[:, t, u] @ w[:, :, a, b].T
            """,
        ),
        Mutant(
            "wrapped",
            "a negative index counts from the end in Python, so the left margin shows the right side of the image: it must be 0 there",
            body="""
                y[...] = 0 if bias is None else bias
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if t < x.shape[1] and u < x.shape[2]:
                        y[:, i, j] += x[:, t, u] @ w[:, :, a, b].T
            """,
        ),
        Mutant(
            "padding-forgotten",
            "the padding is forgotten: the first window begins p before the image, so t = s i + d a − p",
            body="""
                y[...] = 0 if bias is None else bias
                (s, r), (d, e) = grid.stride, grid.dilation
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a, r * j + e * b
                    if t < x.shape[1] and u < x.shape[2]:
                        y[:, i, j] += x[:, t, u] @ w[:, :, a, b].T
            """,
        ),
        Mutant(
            "not-added-up",
            "each tap overwrites the one before: y is a sum over all taps",
            body="""
                y[...] = 0 if bias is None else bias
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        y[:, i, j] = x[:, t, u] @ w[:, :, a, b].T + (0 if bias is None else bias)
            """,
        ),
        Mutant(
            "not-cleared",
            "y is not empty at the start: set it to the bias, or to 0, before you add",
            body="""
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                y += 0 if bias is None else bias
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        y[:, i, j] += x[:, t, u] @ w[:, :, a, b].T
            """,
        ),
    ),
    variants=(
        Variant(
            "taps-and-places",
            body="""
                y[...] = 0 if bias is None else bias
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        y[:, i, j] += x[:, t, u] @ w[:, :, a, b].T
            """,
        ),
        Variant(
            "windows-side-by-side",
            body="""
                columns = np.empty((*grid.kernel, *y.shape[:3], x.shape[3]), y.dtype)
                lay_out(x, columns, grid)
                y[...] = np.einsum("abnijc,ocab->nijo", columns, w) + (0 if bias is None else bias)
            """,
        ),
    ),
    hints=(
        "For one place (i, j) and one tap (a, b): which pixel lies under the tap? What if there is none?",
        'Lecture 03, "Convolution": t = s i + d a − p. A pixel counts only if 0 ≤ t < H and 0 ≤ u < W; the others are padding: 0.',
        "y[...] = bias. For each tap (a, b) and each place (i, j) whose pixel (t, u) exists: x[:, t, u] is (N, C), w[:, :, a, b] (O, C), "
        "so their product (N, C) @ (C, O) is added to y[:, i, j], (N, O).",
        """
            y[...] = 0 if bias is None else bias
            for a, b in np.ndindex(*grid.kernel):
                for i, j in np.ndindex(*y.shape[1:3]):
                    t = grid.stride[0] * i + grid.dilation[0] * a - grid.before[0]
                    u = grid.stride[1] * j + grid.dilation[1] * b - grid.before[1]
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        y[:, i, j] += …
        """,
    ),
)
