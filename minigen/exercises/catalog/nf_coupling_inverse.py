"""nf-coupling-inverse: the way back, with the network as it is."""

import numpy as np

from minigen.bijections import AffineCoupling, checkerboard_mask
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.catalog.nf_coupling import MASKS, SIZES, parts
from minigen.exercises.checks import Inverse, Property, Shape, Values
from minigen.exercises.draws import choice, draws, real
from minigen.nn import functional as F
from minigen.ops import tanh


def layer(y, w, mask, bound=2.0):
    """A coupling whose network is one matrix w."""
    return AffineCoupling(MASKS[mask](y.shape[1]), lambda seen: tanh(seen) @ w, bound=bound)


def back(x, w, mask, bound=2.0):
    """(x, log_det) from y, which the case calls x."""
    return layer(x, w, mask, bound).inverse(x)


def there_and_back(x, w, mask, bound=2.0):
    """x again, and the log-determinants of both ways."""
    both = layer(x, w, mask, bound)
    y, there = both.forward(x)
    again, back_ = both.inverse(y)
    return again, there, back_


def images(x, w):
    """The same there and back where the mask is a checkerboard, and the network a convolution."""
    both = AffineCoupling(checkerboard_mask(*x.shape[2:]), lambda seen: F.conv2d(seen, w, padding=1))
    y, there = both.forward(x)
    again, back_ = both.inverse(y)
    return again, there, back_


def asked(x, w, mask):
    """How often the network is asked on the way back."""
    both, calls = layer(x, w, mask), []
    net = both.net
    both.net = lambda seen: (calls.append(0), net(seen))[1]
    both.inverse(x)
    return len(calls)


CASES = draws(12, build=parts, sizes=SIZES, bound=choice(2.0, None))

EXERCISE = Exercise(
    id="nf-coupling-inverse",
    lecture="11",
    section="RealNVP",
    title="An affine coupling, the way back",
    difficulty=2,
    points=3,
    target="minigen.bijections.coupling:AffineCoupling.inverse",
    names="exp, sum_except_batch",
    needs=("nf-coupling",),
    teaches="invertible without inverting the network",
    task=r"""
The coupling went

$$y_1 = x_1, \qquad y_2 = x_2 \odot e^{s} + t \qquad\text{with}\quad s, t = \mathrm{net}(x_1).$$

Now $y$ is given. Return `(x, log_det)` with `log_det` = $\log|\det \partial x/\partial y|$, that of **the map just applied**. The network
has no inverse and needs none: what it has seen is still there, in $y_1$.

You have the same pieces as on the way there: `self.parts(y)`, `self.theta(passes, context)`, `self.scale_and_shift(theta)`,
`self.joined(passes, moved)` and `sum_except_batch(a)`.
""",
    checks=(
        Shape(probe=back, cases=CASES, points=0.5, says="(N, D) -> (N, D), (N,)"),
        Values(probe=back, cases=CASES, points=1),
        Inverse(probe=there_and_back, cases=CASES, points=0.5, rtol=1e-12, title="there and back is x again, to twelve digits"),
        Inverse(
            probe=images,
            cases=draws(3, x=real("N 2 2 3"), w=real("4 2 3 3", -0.25, 0.25)),
            points=0.5,
            title="images, with a checkerboard",
        ),
        Property(
            probe=asked,
            cases=draws(2, build=parts, sizes=SIZES),
            points=0.5,
            title="the network is asked once",
            holds=lambda n, **case: np.asarray(n == 1),
        ),
    ),
    mutants=(
        Mutant(
            "forward",
            "that is the way there once more: to undo x₂ exp(s) + t, subtract t, then multiply by exp(−s)",
            body="""
                passes, moves = self.parts(y)
                s, t = self.scale_and_shift(self.theta(passes, context))
                return self.joined(passes, moves * exp(s) + t), sum_except_batch(s)
            """,
        ),
        Mutant(
            "wrong-order",
            "what was done last is undone first: subtract t before you divide by exp(s)",
            body="""
                passes, moves = self.parts(y)
                s, t = self.scale_and_shift(self.theta(passes, context))
                return self.joined(passes, moves * exp(-s) - t), -sum_except_batch(s)
            """,
        ),
        Mutant(
            "log-det-of-forward",
            "that is the log-determinant of the way there: on the way back everything shrinks by exp(s), so it is −Σ s",
            body="""
                passes, moves = self.parts(y)
                s, t = self.scale_and_shift(self.theta(passes, context))
                return self.joined(passes, (moves - t) * exp(-s)), sum_except_batch(s)
            """,
        ),
        Mutant(
            "no-exp",
            "you divide by s: the scale is exp(s)",
            body="""
                passes, moves = self.parts(y)
                s, t = self.scale_and_shift(self.theta(passes, context))
                return self.joined(passes, (moves - t) / s), -sum_except_batch(s)
            """,
        ),
        Mutant(
            "not-divided",
            "only the shift is undone: the scale is left",
            body="""
                passes, moves = self.parts(y)
                s, t = self.scale_and_shift(self.theta(passes, context))
                return self.joined(passes, moves - t), -sum_except_batch(s)
            """,
        ),
        Mutant(
            "sees-what-moved",
            "the network looks at what has moved: it must see what it saw on the way there, which is what passes",
            body="""
                passes, moves = self.parts(y)
                s, t = self.scale_and_shift(self.theta(moves, context))
                return self.joined(passes, (moves - t) * exp(-s)), -sum_except_batch(s)
            """,
        ),
        Mutant(
            "twice",
            "the numbers are right, but the network is asked twice: it is the expensive part, keep what it said",
            body="""
                passes, moves = self.parts(y)
                s = self.scale_and_shift(self.theta(passes, context))[0]
                t = self.scale_and_shift(self.theta(passes, context))[1]
                return self.joined(passes, (moves - t) * exp(-s)), -sum_except_batch(s)
            """,
        ),
    ),
    variants=(
        Variant(
            "divided",
            body="""
                y1, y2 = self.parts(y)
                s, t = self.scale_and_shift(self.theta(y1, context))
                return self.joined(y1, (y2 - t) / exp(s)), sum_except_batch(-s)
            """,
        ),
    ),
    hints=(
        "Where, in y, is what the network has seen on the way there? Which s and t does it say when it sees that again?",
        'Lecture 11, "RealNVP": x₁ = y₁, x₂ = (y₂ − t) exp(−s), and the log-determinants of both ways cancel.',
        "passes: (N, d), the same numbers as x₁. moves, s, t, x₂: (N, D − d). −Σ s over all axes but the first: (N,).",
        """
            passes, moves = self.parts(y)
            s, t = self.scale_and_shift(self.theta(passes, context))
            x2 = …
            return self.joined(passes, x2), -sum_except_batch(s)
        """,
    ),
)
