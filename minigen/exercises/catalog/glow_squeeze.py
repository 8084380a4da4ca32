"""glow-squeeze: pixels become channels."""

import numpy as np

from minigen.bijections.multiscale import Squeeze
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Inverse, Jacobian, Property, Shape, Values
from minigen.exercises.draws import draws


def squeezed(x, r):
    """(y, log_det)"""
    return Squeeze(r).forward(x)


def there_and_back(x, r):
    """x again, and the log-determinants of both ways."""
    squeeze = Squeeze(r)
    y, there = squeeze.forward(x)
    again, back = squeeze.inverse(y)
    return again, there, back


def images(pick):
    """Images whose sides r divides."""
    n, c, h, w = pick.shape("N C H W")
    r = pick.choice(2, 3)
    return {"x": pick.real((n, c, r * h, r * w)), "r": r}


def together(y, log_det, x, r):
    """The four numbers of each square of x are those of one place of y, as multisets."""
    n, c, h, w = x.shape
    squares = x.reshape(n, c, h // r, r, w // r, r).transpose(0, 2, 4, 1, 3, 5).reshape(n, h // r, w // r, -1)
    return np.sort(y.transpose(0, 2, 3, 1), axis=-1) == np.sort(squares, axis=-1)


SIZES = {"N": (1, 2), "C": (1, 2, 3), "H": (1, 2, 3), "W": (1, 2)}
SMALL = {"N": (1,), "C": (2,), "H": (1,), "W": (1,)}
CASES = draws(10, build=images, sizes=SIZES)
SLIDE = np.array([[1.0, 2, 5, 6], [3, 4, 7, 8], [9, 10, 13, 14], [11, 12, 15, 16]])[None, None]

EXERCISE = Exercise(
    id="glow-squeeze",
    lecture="12",
    section="Squeeze, split, and the tree of levels",
    title="Pixels become channels",
    difficulty=1,
    points=2,
    target="minigen.bijections.multiscale:Squeeze.forward",
    names="reshape, permute, no_change",
    needs=("glow-conv1x1",),
    teaches="a picture half as wide with four times the channels is the same numbers: nothing to pay",
    task=r"""
A multi-scale flow needs more channels and fewer pixels on every level. `Squeeze` cuts the image into squares of $r \times r$ pixels and
makes channels of each square. With $h, w$ the new height and width,

$$y_{n,\; r^2 c + r a + b,\; i,\; j} = x_{n,\; c,\; r i + a,\; r j + b}, \qquad 0 \le a, b < r:$$

the four numbers of a square stand behind each other, first along its upper row. Return `(y, log_det)`, $(N, C r^2, H/r, W/r)$ and
$(N,)$. Numbers only change their places, so what is $\log|\det|$?

`self.r` is $r$; `self.forward_shape((C, H, W))` is the new shape $(C r^2, H/r, W/r)$ and complains if $r$ does not divide the sides;
`reshape(x, shape=(…))` and `permute(x, axis=(…))` are NumPy's `reshape` and `transpose`; `no_change(x)` is zeros of shape $(N,)$.
""",
    checks=(
        Shape(probe=squeezed, cases=CASES, points=0.25, says="(N, C, H, W) -> (N, C r², H/r, W/r), (N,)"),
        Property(probe=squeezed, cases=CASES, points=0.25, title="neighbours end in one place", holds=together),
        Values(probe=squeezed, cases=draws(8, build=images, sizes=SIZES, examples=[{"x": SLIDE, "r": 2}]), points=0.75),
        Inverse(probe=there_and_back, cases=CASES, points=0.5, title="there and back is x again"),
        Jacobian(probe=squeezed, cases=draws(1, build=images, sizes=SMALL), points=0.25, title="log|det|"),
    ),
    mutants=(
        Mutant(
            "only-reshaped",
            "reshape alone cuts the image in reading order: numbers that are no neighbours come together; move axes in between",
            body="""
                y = reshape(x, shape=(x.shape[0], *self.forward_shape(x.shape[1:])))
                return y, no_change(x)
            """,
        ),
        Mutant(
            "channels-innermost",
            "the order of the channels: yours is C (r a + b) + c, so that the same place of all channels comes first; "
            "the formula says r² c + r a + b",
            body="""
                (c, h, w), n, r = self.forward_shape(x.shape[1:]), x.shape[0], self.r
                y = permute(reshape(x, shape=(n, x.shape[1], h, r, w, r)), axis=(0, 3, 5, 1, 2, 4))
                return reshape(y, shape=(n, c, h, w)), no_change(x)
            """,
        ),
        Mutant(
            "columns-first",
            "a and b are exchanged: the squares are read along their rows, not down their columns",
            body="""
                (c, h, w), n, r = self.forward_shape(x.shape[1:]), x.shape[0], self.r
                y = permute(reshape(x, shape=(n, x.shape[1], h, r, w, r)), axis=(0, 1, 5, 3, 2, 4))
                return reshape(y, shape=(n, c, h, w)), no_change(x)
            """,
        ),
        Mutant(
            "quarters",
            "you cut the image into r × r large pieces: squares of r × r neighbouring pixels are wanted; "
            "the axis H is split into (H/r, r), not (r, H/r)",
            body="""
                (c, h, w), n, r = self.forward_shape(x.shape[1:]), x.shape[0], self.r
                y = permute(reshape(x, shape=(n, x.shape[1], r, h, r, w)), axis=(0, 1, 2, 4, 3, 5))
                return reshape(y, shape=(n, c, h, w)), no_change(x)
            """,
        ),
        Mutant(
            "transposed",
            "the image is turned: i must count the rows of squares, j the columns",
            body="""
                (c, h, w), n, r = self.forward_shape(x.shape[1:]), x.shape[0], self.r
                y = permute(reshape(x, shape=(n, x.shape[1], h, r, w, r)), axis=(0, 1, 3, 5, 4, 2))
                return reshape(y, shape=(n, c, w, h)), no_change(x)
            """,
        ),
        Mutant(
            "a-price",
            "nothing is stretched: a Jacobian that only exchanges numbers has determinant ±1, and log 1 = 0",
            body="""
                (c, h, w), n, r = self.forward_shape(x.shape[1:]), x.shape[0], self.r
                y = permute(reshape(x, shape=(n, x.shape[1], h, r, w, r)), axis=(0, 1, 3, 5, 2, 4))
                return reshape(y, shape=(n, c, h, w)), no_change(x) + c * h * w * math.log(r)
            """,
        ),
        Mutant(
            "thrown-away",
            "of each square only one pixel is left: an invertible map keeps all numbers",
            body="""
                return x[:, :, :: self.r, :: self.r], no_change(x)
            """,
        ),
    ),
    variants=(
        Variant(
            "six-axes",
            body="""
                (c, h, w), n, r = self.forward_shape(x.shape[1:]), x.shape[0], self.r
                y = permute(reshape(x, shape=(n, x.shape[1], h, r, w, r)), axis=(0, 1, 3, 5, 2, 4))
                return reshape(y, shape=(n, c, h, w)), no_change(y)
            """,
        ),
        Variant(
            "slices",
            body="""
                r = self.r
                n, (c, h, w) = len(x), self.forward_shape(x.shape[1:])
                corners = cat([x[:, :, None, a::r, b::r] for a in range(r) for b in range(r)], axis=2)
                return reshape(corners, shape=(n, c, h, w)), no_change(x)
            """,
        ),
    ),
    hints=(
        "Write the row index as r i + a. Into which two axes does H fall apart, and which of them changes slowly?",
        'Lecture 12, "Squeeze, split": the picture with 1 1 / 2 2 / 3 3 / 4 4. Moving numbers changes no volume: log|det| = 0.',
        "x: (N, C, H, W). Split: (N, C, H/r, r, W/r, r), that is the axes c, i, a, j, b. Moved: (N, C, r, r, H/r, W/r), "
        "that is c, a, b, i, j. Joined: (N, C r², H/r, W/r).",
        """
            (c, h, w), n, r = self.forward_shape(x.shape[1:]), x.shape[0], self.r
            y = reshape(x, shape=(n, x.shape[1], h, r, w, r))
            y = permute(y, axis=…)
            return reshape(y, shape=(n, c, h, w)), no_change(y)
        """,
    ),
)
