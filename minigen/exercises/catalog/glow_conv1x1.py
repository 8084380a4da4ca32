"""glow-conv1x1: a permutation of the channels that is learned."""

import numpy as np

from minigen import random
from minigen.bijections.invertible_conv import InvertibleConv1x1, LUConv1x1
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Inverse, Jacobian, Shape, Values
from minigen.exercises.draws import draws


def layer(w):
    """The layer with this matrix."""
    conv = InvertibleConv1x1(len(w))
    conv.weight = w
    return conv


def plain(x, w):
    """(y, log_det)"""
    return layer(w).forward(x)


def there_and_back(x, w):
    """x again, and the log-determinants of both ways."""
    conv = layer(w)
    y, there = conv.forward(x)
    again, back = conv.inverse(y)
    return again, there, back


def lu(log_s, x):
    """(y, log_det) of the layer that holds the factors of W."""
    with random.fork(1):
        conv = LUConv1x1(len(log_s))
    conv.log_s = log_s
    return conv.forward(x)


def swapped(x):
    """A permutation of the channels is a special W."""
    return layer(x[0, 0, :1, :1] * 0 + np.eye(x.shape[1])[::-1].copy()).forward(x)


def case(pick):
    """Images of C channels, and a matrix that is not nearly singular."""
    n, c, h, w = pick.shape("N C H W")
    matrix = pick.real((c, c), -1, 1) + 2 * np.eye(c)[pick.choice(slice(None), slice(None, None, -1))]
    return {"x": pick.real((n, c, h, w)), "w": matrix}


def factored(pick):
    """Images, and the logarithms of the pivots."""
    n, c, h, w = pick.shape("N C H W")
    return {"log_s": pick.real((c,), -1, 1), "x": pick.real((n, c, h, w))}


SIZES = {"N": (1, 2), "C": (2, 3), "H": (1, 2, 3), "W": (2, 5)}
ONE = {"N": (1,), "C": (2, 3), "H": (2,), "W": (2,)}


def invertible(w, **ignored):
    """Whether the way back is well conditioned."""
    return np.linalg.cond(w) < 50


CASES = draws(10, build=case, sizes=SIZES, where=invertible)

EXERCISE = Exercise(
    id="glow-conv1x1",
    lecture="12",
    section="The invertible 1×1 convolution",
    title="Mixing the channels",
    difficulty=3,
    points=4,
    target="minigen.bijections.invertible_conv:InvertibleConv1x1.forward",
    names="F, astype, no_change",
    needs=("nf-permute", "glow-actnorm"),
    teaches="one matrix at every pixel: h · w times its log-determinant",
    task=r"""
A coupling moves only half of the channels, so between two of them the channels must change places. Glow lets the network *learn* how:
at every pixel the vector of channels is multiplied by the same matrix $W$, of which a permutation is one case,

$$y_{:,i,j} = W\, x_{:,i,j}, \qquad \log\left|\det\frac{\partial y}{\partial x}\right| = h \cdot w \cdot \log|\det W|.$$

Return `(y, log_det)` for $x$ of shape $(N, C, H, W)$, `log_det` of shape $(N,)$. A 1×1 convolution does it: `F.conv2d(x, kernel)` takes
kernels of shape $(C_\text{out}, C_\text{in}, 1, 1)$.

`self.matrix()` is $W$, $(C, C)$; `self.log_abs_det()` is $\log|\det W|$, one number in float64, which `astype(…, x.dtype)` brings to the
precision of the image; `no_change(x)` is a log-determinant of zeros, $(N,)$. Your function will serve both kinds of the layer, the
plain one and the one that holds $W$ as $P L (U + \mathrm{diag}(s))$: they differ in these two methods only.
""",
    checks=(
        Shape(probe=plain, cases=CASES, points=0.5, says="(N, C, H, W) -> (N, C, H, W), (N,)"),
        Values(probe=plain, cases=CASES, points=1),
        Jacobian(
            probe=plain,
            cases=draws(2, build=case, sizes=ONE, where=invertible),
            pattern=lambda x, w: np.kron(np.ones((len(w), len(w))), np.eye(x[0, 0].size)) > 0,
            points=0.75,
            title="every pixel for itself, and log|det| is that of the Jacobian",
        ),
        Jacobian(
            probe=swapped,
            cases=draws(1, build=lambda pick: {"x": pick.real("1 3 2 2")}),
            points=0.25,
            title="a permutation of the channels changes no volume",
        ),
        Inverse(probe=there_and_back, cases=CASES, points=0.5, title="there and back is x again"),
        Values(probe=lu, cases=draws(5, build=factored, sizes=SIZES), points=0.5, title="the same where W is held as P L (U + diag(s))"),
        Gradient(
            probe=plain, cases=draws(3, build=case, sizes=SIZES, where=invertible), points=0.5, title="gradients for the images and for W"
        ),
    ),
    mutants=(
        Mutant(
            "one-pixel",
            "h · w is missing: the Jacobian of the image holds W once for every pixel",
            body="""
                y = F.conv2d(x, self.matrix()[:, :, None, None])
                return y, no_change(x) + astype(self.log_abs_det(), x.dtype)
            """,
        ),
        Mutant(
            "transposed",
            "that is Wᵀ x: the kernel is W[:, :, None, None], rows are what comes out",
            body="""
                y = F.conv2d(x, self.matrix().mT[:, :, None, None])
                return y, no_change(x) + astype(x.shape[2] * x.shape[3] * self.log_abs_det(), x.dtype)
            """,
        ),
        Mutant(
            "sign",
            "the sign: this is the way there, and it enlarges volumes by |det W| at every pixel",
            body="""
                y = F.conv2d(x, self.matrix()[:, :, None, None])
                return y, no_change(x) - astype(x.shape[2] * x.shape[3] * self.log_abs_det(), x.dtype)
            """,
        ),
        Mutant(
            "the-batch-too",
            "the batch is counted as well: each of the N images has its own log-determinant, of h · w pixels",
            body="""
                y = F.conv2d(x, self.matrix()[:, :, None, None])
                return y, no_change(x) + astype(len(x) * x.shape[2] * x.shape[3] * self.log_abs_det(), x.dtype)
            """,
        ),
        Mutant(
            "channels-too",
            "all c · h · w numbers are counted: det W already stands for the c channels of a pixel",
            body="""
                y = F.conv2d(x, self.matrix()[:, :, None, None])
                return y, no_change(x) + astype(x.shape[1] * x.shape[2] * x.shape[3] * self.log_abs_det(), x.dtype)
            """,
        ),
        Mutant(
            "one-number",
            "one number for all images: the shape must be (N,), no_change(x) + … gives it",
            body="""
                y = F.conv2d(x, self.matrix()[:, :, None, None])
                return y, astype(x.shape[2] * x.shape[3] * self.log_abs_det(), x.dtype)
            """,
        ),
        Mutant(
            "no-volume",
            "0 is right for a permutation only: a learned W changes volumes",
            body="""
                y = F.conv2d(x, self.matrix()[:, :, None, None])
                return y, no_change(x)
            """,
        ),
        Mutant(
            "the-inverse",
            "that is W⁻¹ x, which belongs to the way back",
            body="""
                y = F.conv2d(x, linalg.inv(self.matrix())[:, :, None, None])
                return y, no_change(x) + astype(x.shape[2] * x.shape[3] * self.log_abs_det(), x.dtype)
            """,
        ),
    ),
    variants=(
        Variant(
            "product-of-matrices",
            body="""
                n, c, h, w = x.shape
                y = (self.matrix() @ x.reshape(n, c, h * w)).reshape(n, c, h, w)
                return y, no_change(x) + h * w * astype(self.log_abs_det(), x.dtype)
            """,
        ),
    ),
    hints=(
        "Order the numbers of an image pixel by pixel. What does the Jacobian of the whole image look like?",
        'Lecture 12, "The invertible 1×1 convolution", and table 1 of the paper: block diagonal, with h · w times W.',
        "W[:, :, None, None]: (C, C, 1, 1). y: (N, C, H, W). h · w · log|det W|: a number. Added to no_change(x): (N,).",
        """
            y = F.conv2d(x, self.matrix()[:, :, None, None])
            return y, no_change(x) + astype(…, x.dtype)
        """,
    ),
)
