"""nn-conv2d-backward: what a kernel learns from all places at once."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Adjoint, Gradient, Second, Shape, Values
from minigen.exercises.draws import draws, real
from minigen.ops.columns import correlate
from minigen.ops.convolution import conv2d, convolution_kernel
from minigen.ops.windows import Grid


def kernel_gradient(x, g, kernel_stride_padding_dilation):
    """The gradient of the kernel, for images (N, C, H, W) and a gradient (N, O, n_h, n_w)."""
    kernel, stride, padding, dilation = kernel_stride_padding_dilation
    return convolution_kernel(x, g, grid=Grid(kernel, stride, dilation, padding), groups=1)


def of_one(x, g):
    """For one image with one channel, (H, W), stride 1 and no padding."""
    size = tuple(n - m + 1 for n, m in zip(x.shape, g.shape))
    return correlate(x.data[None, :, :, None], g.data[None, :, :, None], Grid(size, (1, 1), (1, 1), (0, 0)))[0, 0]


def convolved(x, w, bias, kernel_stride_padding_dilation):
    """The convolution, whose rule for w is the function."""
    _, stride, padding, dilation = kernel_stride_padding_dilation
    return conv2d(x, w, bias, stride, padding, dilation)


def both(w, g, x):
    """(conv(x; w), the gradient of the kernel for g), with stride 2 and padding 1."""
    return conv2d(x, w, None, 2, 1), convolution_kernel(x, g, grid=Grid(w.shape[2:], (2, 2), (1, 1), (1, 1)), groups=1)


def settings(pick):
    """(kernel, stride, padding, dilation), each (height, width), and the size of an image and of the places."""
    kernel, stride = (pick.choice(1, 2, 3), pick.choice(2, 3)), (pick.choice(1, 2, 3), pick.choice(1, 2))
    padding, dilation = (pick.choice(0, 1, 2), pick.choice(0, 1)), (1, pick.choice(1, 1, 2))
    size = (pick.choice(3, 4, 5), pick.choice(5, 6))
    places = tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in zip(size, kernel, stride, padding, dilation))
    return (kernel, stride, padding, dilation), size, places


def general(pick):
    """x and g that fit."""
    found, size, places = settings(pick)
    n, c, o = pick.choice(1, 2), pick.choice(1, 2), pick.choice(2, 3)
    return {"x": pick.real((n, c, *size)), "g": pick.real((n, o, *places)), "kernel_stride_padding_dilation": found}


def layers(pick):
    """x, w and bias that fit."""
    found, size, _ = settings(pick)
    c, o = pick.choice(1, 2), pick.choice(2, 3)
    x, w, bias = pick.real((2, c, *size)), pick.real((o, c, *found[0])), pick.real((o,))
    return {"x": x, "w": w, "bias": bias, "kernel_stride_padding_dilation": found}


def pairs(pick):
    """w (O, C, 3, 2), g (2, O, 2, 3) and x (2, C, 4, 5)."""
    c, o = pick.choice(1, 2), pick.choice(2, 3)
    return {"w": pick.real((o, c, 3, 2)), "g": pick.real((2, o, 2, 3)), "x": pick.real((2, c, 4, 5))}


ONE = {"x": np.array([[1.0, 2, 0, 1], [0, 1, 3, 1], [2, 0, 1, 4]]), "g": np.array([[1.0, 0, -1], [0, 2, 0]])}
GENERAL = draws(12, build=general)

EXERCISE = Exercise(
    id="nn-conv2d-backward",
    lecture="03",
    section="Convolution",
    title="The gradient of a kernel",
    difficulty=4,
    points=5,
    target="minigen.ops.columns:correlate",
    names="np",
    needs=("nn-conv2d",),
    teaches="one weight is used at all places, so it hears from all of them",
    stub_docstring="The gradient of a kernel: x (N, H, W, C), y (N, n_h, n_w, O) the gradient of the output -> (O, C, k_h, k_w)",
    task=r"""
A convolution $y_{n,i,j,o} = \text{bias}_o + \sum_{c,a,b} w_{o,c,a,b}\, x_{n,t,u,c}$ has three rules. That for the bias is a sum over
images and places; that for $x$ is the transposed convolution, the next exercise. This one is for the **kernel**. Every weight
$w_{o,c,a,b}$ is used in every image and at every place. From the formula above, derive

$$\frac{\partial L}{\partial w_{o,c,a,b}} = \sum_{n,i,j} \frac{\partial L}{\partial y_{n,i,j,o}} \,
\frac{\partial y_{n,i,j,o}}{\partial w_{o,c,a,b}}, \qquad t = s_h i + d_h a - p_h, \quad u = s_w j + d_w b - p_w.$$

The argument called `y` holds the gradient $\partial L/\partial y$, (N, n_h, n_w, O); `x` (N, H, W, C) are the images: **channels stand
last**. Outside of the image $x$ counts as 0. `grid.kernel`, `grid.stride`, `grid.dilation`, `grid.before` are pairs (height, width). Return
the gradient, (O, C, k_h, k_w), in the dtype `np.result_type(x, y)`.

Loops over taps and places, `np.ndindex(…)`, are fine, but o, c and the sum over n need none: (O, N) @ (N, C).
""",
    checks=(
        Shape(probe=kernel_gradient, cases=GENERAL, points=0.25, says="x (N, C, H, W), y (N, O, n_h, n_w) -> (O, C, k_h, k_w)"),
        Values(
            probe=of_one,
            cases=draws(5, x=real("3 5"), g=real("2 3"), examples=(ONE,)),
            points=1,
            title="one image, one channel, stride 1",
        ),
        Values(probe=kernel_gradient, cases=GENERAL, points=1.5, title="images, channels, strides, padding, dilation"),
        Adjoint(
            probe=both,
            pair=("w", "g"),
            cases=draws(5, build=pairs),
            points=0.75,
            title="the adjoint of w ↦ conv(x; w): ⟨conv(x; w), g⟩ = ⟨w, yours(x, g)⟩",
        ),
        Gradient(probe=convolved, cases=draws(2, build=layers), points=1, title="gradient of a layer by x, w, bias"),
        Second(probe=convolved, cases=draws(1, build=layers), points=0.5),
    ),
    mutants=(
        Mutant(
            "turned",
            "tap (a, b) of the gradient lies at the opposite corner, turned by 180°: tap a sees t = s i + d a − p, as in the forward",
            body="""
                w = np.zeros((y.shape[3], x.shape[3], *grid.kernel), np.result_type(x, y))
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        w[:, :, -1 - a, -1 - b] += y[:, i, j].T @ x[:, t, u]
                return w
            """,
        ),
        Mutant(
            "last-place",
            "each place overwrites the one before: a weight is used at all places, and their gradients add up",
            body="""
                w = np.zeros((y.shape[3], x.shape[3], *grid.kernel), np.result_type(x, y))
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        w[:, :, a, b] = y[:, i, j].T @ x[:, t, u]
                return w
            """,
        ),
        Mutant(
            "mean-of-the-images",
            "divided by the number of images: whether L is a mean is already in the gradient that arrives",
            body="""
                w = np.zeros((y.shape[3], x.shape[3], *grid.kernel), np.result_type(x, y))
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        w[:, :, a, b] += y[:, i, j].T @ x[:, t, u] / len(x)
                return w
            """,
        ),
        Mutant(
            "mean-of-the-places",
            "divided by the number of places: the gradients of all uses of a weight add up",
            body="""
                w = np.zeros((y.shape[3], x.shape[3], *grid.kernel), np.result_type(x, y))
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        w[:, :, a, b] += y[:, i, j].T @ x[:, t, u] / (y.shape[1] * y.shape[2])
                return w
            """,
        ),
        Mutant(
            "stride-ignored",
            "the stride is ignored: place i looked at the pixels from s i on",
            body="""
                w = np.zeros((y.shape[3], x.shape[3], *grid.kernel), np.result_type(x, y))
                (d, e), (p, q) = grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = i + d * a - p, j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        w[:, :, a, b] += y[:, i, j].T @ x[:, t, u]
                return w
            """,
        ),
        Mutant(
            "padding-forgotten",
            "the padding is forgotten: t = s i + d a − p",
            body="""
                w = np.zeros((y.shape[3], x.shape[3], *grid.kernel), np.result_type(x, y))
                (s, r), (d, e) = grid.stride, grid.dilation
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a, r * j + e * b
                    if t < x.shape[1] and u < x.shape[2]:
                        w[:, :, a, b] += y[:, i, j].T @ x[:, t, u]
                return w
            """,
        ),
        Mutant(
            "dilation-forgotten",
            "the dilation is forgotten: tap a lies d a below the first one",
            body="""
                w = np.zeros((y.shape[3], x.shape[3], *grid.kernel), np.result_type(x, y))
                (s, r), (p, q) = grid.stride, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + a - p, r * j + b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        w[:, :, a, b] += y[:, i, j].T @ x[:, t, u]
                return w
            """,
        ),
        Mutant(
            "wrapped",
            "a negative index counts from the end in Python: beyond the left edge x is 0, not the right side of the image",
            body="""
                w = np.zeros((y.shape[3], x.shape[3], *grid.kernel), np.result_type(x, y))
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if t < x.shape[1] and u < x.shape[2]:
                        w[:, :, a, b] += y[:, i, j].T @ x[:, t, u]
                return w
            """,
        ),
        Mutant(
            "channels-exchanged",
            "the first two axes are exchanged: a kernel is (O, C, k_h, k_w), outputs first",
            body="""
                w = np.zeros((x.shape[3], y.shape[3], *grid.kernel), np.result_type(x, y))
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        w[:, :, a, b] += x[:, t, u].T @ y[:, i, j]
                return w
            """,
        ),
    ),
    variants=(
        Variant(
            "taps-and-places",
            body="""
                w = np.zeros((y.shape[3], x.shape[3], *grid.kernel), np.result_type(x, y))
                (s, r), (d, e), (p, q) = grid.stride, grid.dilation, grid.before
                for (a, b), (i, j) in ((tap, place) for tap in np.ndindex(*grid.kernel) for place in np.ndindex(*y.shape[1:3])):
                    t, u = s * i + d * a - p, r * j + e * b - q
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        w[:, :, a, b] += y[:, i, j].T @ x[:, t, u]
                return w
            """,
        ),
        Variant(
            "windows-side-by-side",
            body="""
                columns = np.empty((*grid.kernel, *y.shape[:3], x.shape[3]), np.result_type(x, y))
                lay_out(x, columns, grid)
                return np.einsum("abnijc,nijo->ocab", columns, y)
            """,
        ),
    ),
    hints=(
        "In how many products does the weight w[o, c, a, b] occur? What stands beside it in each, and which y does it help to make?",
        'Lecture 03, "Convolution": ∂y[n, i, j, o] / ∂w[o, c, a, b] = x[n, t, u, c] with t = s i + d a − p, and 0 for pixels outside. '
        "Times the gradient of that y, summed over n, i, j.",
        "w: zeros (O, C, k_h, k_w). For each tap (a, b) and each place (i, j) whose pixel (t, u) exists: y[:, i, j] is (N, O), "
        "x[:, t, u] (N, C); the sum over n of their products is (O, N) @ (N, C), added to w[:, :, a, b].",
        """
            w = np.zeros((y.shape[3], x.shape[3], *grid.kernel), np.result_type(x, y))
            for a, b in np.ndindex(*grid.kernel):
                for i, j in np.ndindex(*y.shape[1:3]):
                    t = grid.stride[0] * i + grid.dilation[0] * a - grid.before[0]
                    u = grid.stride[1] * j + grid.dilation[1] * b - grid.before[1]
                    if 0 <= t < x.shape[1] and 0 <= u < x.shape[2]:
                        w[:, :, a, b] += …
            return w
        """,
    ),
)
