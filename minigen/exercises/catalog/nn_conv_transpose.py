"""nn-conv-transpose: the kernel as a stamp."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Adjoint, Gradient, Property, Shape, Values
from minigen.exercises.draws import draws, real
from minigen.ops.columns import scatter
from minigen.ops.convolution import conv2d, conv_transpose2d
from minigen.ops.windows import Grid


def enlarged(y, w, bias, stride_padding_more_dilation):
    """conv_transpose2d of images, (N, O, n_h, n_w) -> (N, C, H, W)."""
    stride, padding, more, dilation = stride_padding_more_dilation
    return conv_transpose2d(y, w, bias, stride, padding, more, 1, dilation)


def of_one(y, w):
    """The stamps of one channel with stride 2, without padding; x holds other numbers before."""
    y, w = y.data[None, :, :, None], w.data[None, None]
    size = tuple(2 * (n - 1) + k for n, k in zip(y.shape[1:3], w.shape[2:]))
    x = np.full((1, *size, 1), 7.0, y.dtype)
    scatter(y, w, None, x, Grid(w.shape[2:], (2, 2), (1, 1), (0, 0)))
    return x[0, :, :, 0]


def both(x, y, w):
    """(conv x, convᵀ y) with stride 2 and padding 1, for x of an even size."""
    return conv2d(x, w, None, 2, 1), conv_transpose2d(y, w, None, 2, 1)


def case(pick):
    """y, a kernel and a bias that fit."""
    o, c, kernel = pick.choice(2, 3), pick.choice(1, 2), (pick.choice(2, 3), pick.choice(3, 4))
    stride, dilation = (pick.choice(2, 3), 2), (1, pick.choice(1, 1, 2))
    padding, more = (pick.choice(0, 1), pick.choice(0, 1)), (pick.choice(0, 1), 0)
    return {
        "y": pick.real((pick.choice(1, 2), o, pick.choice(2, 3), pick.choice(3, 4))),
        "w": pick.real((o, c, *kernel)),
        "bias": pick.real((c,)),
        "stride_padding_more_dilation": (stride, padding, more, dilation),
    }


def pairs(pick):
    """x (1, C, 6, 8) and y (1, O, 3, 4), for a kernel of 4×4 with stride 2 and padding 1."""
    c, o = pick.choice(1, 2), pick.choice(2, 3)
    return {"x": pick.real((1, c, 6, 8)), "y": pick.real((1, o, 3, 4)), "w": pick.real((o, c, 4, 4))}


STAMP = {"y": np.array([[1.0, 0, 0], [0, 0, 2]]), "w": np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])}
LECTURE = {
    "y": np.cos(np.arange(98.0)).reshape(1, 2, 7, 7),
    "w": np.sin(np.arange(64.0)).reshape(2, 2, 4, 4),
    "bias": np.array([0.5, -1.0]),
    "stride_padding_more_dilation": ((2, 2), (1, 1), (0, 0), (1, 1)),
}
GENERAL = draws(10, build=case, examples=(LECTURE,))

EXERCISE = Exercise(
    id="nn-conv-transpose",
    lecture="03",
    section="Transposed convolution",
    title="Transposed convolution",
    difficulty=4,
    points=5,
    target="minigen.ops.columns:scatter",
    names="np",
    needs=("nn-conv2d",),
    teaches="the transpose of convolution is its adjoint, not its inverse; where stamps overlap, they add up",
    stub_docstring="Write the transposed convolution of y with w, plus bias, into x: (N, n_h, n_w, O), w (O, C, k_h, k_w) -> (N, H, W, C)",
    task=r"""
A generator turns 7×7 into 14×14. Convolution is linear, so it is a matrix $C$, $y = C x$; the transposed convolution is $C^\top$. It takes
each number $y_{n,i,j,o}$ and **stamps** the kernel onto the image, times that number:

$$x_{n,t,u,c} = \text{bias}_c + \sum w_{o,c,a,b}\; y_{n,i,j,o} \quad\text{over all } o, i, j, a, b \text{ with }
t = s_h i + d_h a - p_h, \;\; u = s_w j + d_w b - p_w.$$

Stamps overlap where the kernel is larger than the stride: what they leave adds up. What falls outside of the image is lost. It is the
same index arithmetic as in convolution, with $x$ and $y$ in exchanged roles, and **channels stand last**: `y` (N, n_h, n_w, O), `x`
(N, H, W, C), `w` (O, C, k_h, k_w), `bias` (C,) or None. `grid.kernel`, `grid.stride`, `grid.dilation`, `grid.before` are pairs (height,
width). Write into `x`, which contains anything at first; return nothing. The gradient of a convolution uses your function, too.

Loops over taps and places, `np.ndindex(…)`, are fine, but n, o and c need none: (N, O) @ (O, C).
""",
    checks=(
        Shape(probe=enlarged, cases=GENERAL, points=0.25, says="7×7 -> 14×14 and others"),
        Values(
            probe=of_one,
            cases=draws(5, y=real("2 3"), w=real("3 3"), examples=(STAMP,)),
            points=1,
            title="one channel: stamps that overlap",
        ),
        Values(probe=enlarged, cases=GENERAL, points=1.5, title="channels, bias, padding, dilation"),
        Adjoint(probe=both, cases=draws(6, build=pairs), points=1, title="the adjoint: ⟨conv x, y⟩ = ⟨x, convᵀ y⟩"),
        Gradient(probe=enlarged, cases=draws(1, build=case), points=0.5, title="gradient: its rules fit to it"),
        Property(
            probe=of_one,
            cases=draws(5, y=real("2 3"), w=real("3 3")),
            points=0.25,
            title="nothing gets lost without padding: Σ x = Σ y · Σ w",
            holds=lambda x, y, w: np.isclose(x.sum(), y.sum() * w.sum()),
        ),
        Gradient(
            probe=both,
            wrt=("x",),
            cases=draws(1, build=pairs),
            points=0.5,
            title="the gradient of a convolution, which is yours",
        ),
    ),
    mutants=(
        Mutant(
            "not-added-up",
            "where stamps overlap the last one wins: they must add up, +=",
            body="""
                x[...] = 0 if bias is None else bias
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        x[:, t, u] = y[:, i, j] @ w[:, :, a, b] + (0 if bias is None else bias)
            """,
        ),
        Mutant(
            "bias-forgotten",
            "the bias is missing",
            body="""
                x[...] = 0
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        x[:, t, u] += y[:, i, j] @ w[:, :, a, b]
            """,
        ),
        Mutant(
            "bias-with-each-stamp",
            "every stamp brings the bias with it: it is added once to each element, whether a stamp reaches it or not",
            body="""
                x[...] = 0
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        x[:, t, u] += y[:, i, j] @ w[:, :, a, b] + (0 if bias is None else bias)
            """,
        ),
        Mutant(
            "turned",
            "the kernel is turned by 180°: that is right if you gather with stride 1, but a stamp lies as it is",
            body="""
                x[...] = 0 if bias is None else bias
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        x[:, t, u] += y[:, i, j] @ w[:, :, -1 - a, -1 - b]
            """,
        ),
        Mutant(
            "padding-forgotten",
            "padding is forgotten: a stamp begins at s i − p, and what falls off the edge is lost",
            body="""
                x[...] = 0 if bias is None else bias
                (s, r), (d, e) = grid.stride, grid.dilation
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a, r * j + e * b
                    if t < x.shape[1] and u < x.shape[2]:
                        x[:, t, u] += y[:, i, j] @ w[:, :, a, b]
            """,
        ),
        Mutant(
            "dilation-forgotten",
            "the dilation is forgotten: tap a lies d a below the first one",
            body="""
                x[...] = 0 if bias is None else bias
                (s, r), (p, q) = grid.stride, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + a - p, r * j + b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        x[:, t, u] += y[:, i, j] @ w[:, :, a, b]
            """,
        ),
        Mutant(
            "wrapped",
            "a negative index counts from the end in Python: what falls off the left edge comes back on the right; it must be lost",
            body="""
                x[...] = 0 if bias is None else bias
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if t < x.shape[1] and u < x.shape[2]:
                        x[:, t, u] += y[:, i, j] @ w[:, :, a, b]
            """,
        ),
        Mutant(
            "stride-ignored",
            "the stamps stand side by side: stamp i begins at s i, which is what enlarges the image",
            body="""
                x[...] = 0 if bias is None else bias
                (d, e), (p, q) = grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = i + d * a - p, j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        x[:, t, u] += y[:, i, j] @ w[:, :, a, b]
            """,
        ),
        Mutant(
            "mean-of-the-overlaps",
            "divided by the number of stamps over each element: that would undo an unfolding, but the adjoint is their sum",
            body="""
                x[...] = 0
                n = np.zeros((*x.shape[1:3], 1), x.dtype)
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        x[:, t, u] += y[:, i, j] @ w[:, :, a, b]
                        n[t, u] += 1
                x /= np.maximum(n, 1)
                x += 0 if bias is None else bias
            """,
        ),
    ),
    variants=(
        Variant(
            "taps-and-places",
            body="""
                x[...] = 0 if bias is None else bias
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        x[:, t, u] += y[:, i, j] @ w[:, :, a, b]
            """,
        ),
        Variant(
            "windows-side-by-side",
            body="""
                columns = np.einsum("nijo,ocab->abnijc", y, w)
                x[...] = 0 if bias is None else bias
                add_up(columns, x, grid)
            """,
        ),
    ),
    hints=(
        "A convolution computes y[i, j] from the pixels under the kernel. If y[i, j] grows by δ, which pixels hear of it, and how loudly?",
        'Lecture 03, "Transposed convolution": convolution reads, y[i, j] += w[a, b] · x[t, u]; its transpose writes along the same lines, '
        "x[t, u] += w[a, b] · y[i, j], with the same t = s i + d a − p.",
        "x[...] = bias. For each tap (a, b) and each place (i, j) whose pixel (t, u) exists: y[:, i, j] is (N, O), w[:, :, a, b] (O, C), "
        "so their product (N, O) @ (O, C) is added to x[:, t, u], (N, C).",
        """
            x[...] = 0 if bias is None else bias
            for a, b in np.ndindex(*grid.kernel):
                for i, j in np.ndindex(*y.shape[1:3]):
                    t = grid.stride[0] * i + grid.dilation[0] * a - grid.before[0]
                    u = grid.stride[1] * j + grid.dilation[1] * b - grid.before[1]
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        x[:, t, u] += …
        """,
    ),
)
