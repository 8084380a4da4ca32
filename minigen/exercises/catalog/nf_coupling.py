"""nf-coupling: a part of x stays and decides how the rest moves."""

import numpy as np

from minigen.bijections import AffineCoupling, alternating_mask, checkerboard_mask, half_mask
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Jacobian, Shape, Values
from minigen.exercises.draws import choice, draws, real
from minigen.nn import functional as F
from minigen.ops import tanh

MASKS = {
    "first half passes": half_mask,
    "second half passes": lambda n: half_mask(n, flip=True),
    "every other passes": alternating_mask,
}


def coupling(x, w, mask, bound=2.0):
    """(y, log_det) of a coupling whose network is one matrix w."""
    return AffineCoupling(MASKS[mask](x.shape[1]), lambda seen: tanh(seen) @ w, bound=bound).forward(x)


def images(x, w):
    """The same where the mask is a checkerboard, and the network a convolution."""
    return AffineCoupling(checkerboard_mask(*x.shape[2:]), lambda seen: F.conv2d(seen, w, padding=1)).forward(x)


def given_a_context(x, w, context):
    """The same where the network sees a context as well."""
    return AffineCoupling(half_mask(x.shape[1]), lambda seen: seen @ w, conditional=True).forward(x, context)


def parts(pick):
    """x, the name of a mask and weights of the size that it asks for."""
    mask, shape = pick.choice(*MASKS), pick.shape("N D")
    passes = int(MASKS[mask](shape[1]).sum())
    return {"x": pick.real(shape), "w": pick.real((passes, 2 * (shape[1] - passes)), -1, 1), "mask": mask}


def allowed(x, mask, **ignored):
    """∂yᵢ/∂xⱼ may differ from 0 on the diagonal, and where i moves and j passes."""
    passes = MASKS[mask](x.shape[1])
    return np.kron(np.eye(len(x)), np.eye(x.shape[1]) + np.outer(~passes, passes)) > 0


SIZES = {"N": (1, 2), "D": (2, 3, 5)}
CASES = draws(12, build=parts, sizes=SIZES, bound=choice(2.0, None))

EXERCISE = Exercise(
    id="nf-coupling",
    lecture="11",
    section="RealNVP",
    title="An affine coupling",
    difficulty=3,
    points=4,
    target="minigen.bijections.coupling:AffineCoupling.forward",
    names="exp, sum_except_batch",
    needs=("nf-triangular",),
    teaches="half stays, half moves, and the determinant of a network costs one sum",
    task=r"""
A coupling splits $x$ into $x_1$, which passes, and $x_2$, which moves. Any network may look at $x_1$ and say how far:

$$y_1 = x_1, \qquad y_2 = x_2 \odot e^{s} + t \qquad\text{with}\quad s, t = \mathrm{net}(x_1).$$

Return `(y, log_det)`. The Jacobian is triangular, its diagonal holds ones and $e^{s}$; what the network's own derivatives are does not
matter. `log_det` is $\log|\det \partial y/\partial x|$, one number for each row of the batch.

What you have: `passes, moves = self.parts(x)` splits $x$; `self.theta(passes, context)` is what the network says, of which
`self.scale_and_shift(theta)` makes the pair $(s, t)$, both of the shape of `moves`; `self.joined(passes, moved)` puts the parts back in
their places; `sum_except_batch(a)` sums over all axes but the first. The library itself takes a shorter way in some cases; you need not.
""",
    checks=(
        Shape(probe=coupling, cases=CASES, points=0.5, says="(N, D) -> (N, D), (N,)"),
        Values(probe=coupling, cases=CASES, points=1),
        Jacobian(
            probe=coupling,
            cases=draws(4, build=parts, sizes=SIZES),
            pattern=allowed,
            points=1,
            title="what passes depends on itself only, and log|det| is that of the Jacobian",
        ),
        Gradient(probe=coupling, cases=draws(4, build=parts, sizes=SIZES), points=0.5, title="gradients for x and the network"),
        Values(
            probe=images, cases=draws(3, x=real("N 2 2 3"), w=real("4 2 3 3", -0.5, 0.5)), points=0.5, title="images, with a checkerboard"
        ),
        Values(
            probe=given_a_context,
            cases=draws(3, x=real("N 4"), w=real("5 4", -0.5, 0.5), context=real("N 3")),
            points=0.5,
            title="with a context",
        ),
    ),
    mutants=(
        Mutant(
            "sum-of-scales",
            "that is Σ exp(s), the sum of the scales: the logarithm of a product of exp(s) is Σ s",
            body="""
                passes, moves = self.parts(x)
                s, t = self.scale_and_shift(self.theta(passes, context))
                return self.joined(passes, moves * exp(s) + t), sum_except_batch(exp(s))
            """,
        ),
        Mutant(
            "sign",
            "the sign of the log-determinant: this direction stretches by exp(s), so it is +Σ s; −Σ s belongs to the inverse",
            body="""
                passes, moves = self.parts(x)
                s, t = self.scale_and_shift(self.theta(passes, context))
                return self.joined(passes, moves * exp(s) + t), -sum_except_batch(s)
            """,
        ),
        Mutant(
            "shift-first",
            "you shift before you scale: the formula scales x₂ first, and adds t to the result",
            body="""
                passes, moves = self.parts(x)
                s, t = self.scale_and_shift(self.theta(passes, context))
                return self.joined(passes, (moves + t) * exp(s)), sum_except_batch(s)
            """,
        ),
        Mutant(
            "no-exp",
            "x₂ is multiplied by s instead of exp(s): s may be 0 or negative, exp(s) is always a stretch that can be undone",
            body="""
                passes, moves = self.parts(x)
                s, t = self.scale_and_shift(self.theta(passes, context))
                return self.joined(passes, moves * s + t), sum_except_batch(s)
            """,
        ),
        Mutant(
            "exchanged",
            "s and t are exchanged: scale_and_shift returns the pair (s, t)",
            body="""
                passes, moves = self.parts(x)
                t, s = self.scale_and_shift(self.theta(passes, context))
                return self.joined(passes, moves * exp(s) + t), sum_except_batch(s)
            """,
        ),
        Mutant(
            "whole-batch",
            "that is one number for the whole batch: each of the N rows has a Jacobian of its own",
            body="""
                passes, moves = self.parts(x)
                s, t = self.scale_and_shift(self.theta(passes, context))
                return self.joined(passes, moves * exp(s) + t), s.sum()
            """,
        ),
        Mutant(
            "and-the-shift",
            "the shift t is in your log-determinant: moving everything by the same amount changes no volume",
            body="""
                passes, moves = self.parts(x)
                s, t = self.scale_and_shift(self.theta(passes, context))
                return self.joined(passes, moves * exp(s) + t), sum_except_batch(s + t)
            """,
        ),
        Mutant(
            "sees-what-moves",
            "the network looks at what moves: nobody could compute the same s and t again on the way back",
            body="""
                passes, moves = self.parts(x)
                s, t = self.scale_and_shift(self.theta(moves, context))
                return self.joined(passes, moves * exp(s) + t), sum_except_batch(s)
            """,
        ),
        Mutant(
            "by-the-shift",
            "without x₂ in it: y₂ = exp(s) + t forgets what was there",
            body="""
                passes, moves = self.parts(x)
                s, t = self.scale_and_shift(self.theta(passes, context))
                return self.joined(passes, exp(s) + t + 0 * moves), sum_except_batch(s)
            """,
        ),
        Mutant(
            "context-forgotten",
            "the context is an argument of forward, and the network wants it: self.theta(passes, context)",
            body="""
                passes, moves = self.parts(x)
                s, t = self.scale_and_shift(self.theta(passes))
                return self.joined(passes, moves * exp(s) + t), sum_except_batch(s)
            """,
        ),
    ),
    variants=(
        Variant(
            "long-way",
            body="""
                passes, moves = self.parts(x)
                s, t = self.scale_and_shift(self.theta(passes, context))
                return self.joined(passes, moves * exp(s) + t), sum_except_batch(s)
            """,
        ),
        Variant(
            "step-by-step",
            body="""
                x1, x2 = self.parts(x)
                s, t = self.scale_and_shift(self.theta(x1, context))
                scale = exp(s)
                y2 = t + scale * x2
                return self.joined(x1, y2), s.reshape(len(x), -1).sum(axis=1)
            """,
        ),
    ),
    hints=(
        "Write down the Jacobian for one x₁ and one x₂: a 2×2 matrix. Which of its four entries does the determinant need?",
        'Lecture 11, "RealNVP": a triangular matrix has the product of its diagonal as determinant, and log Π exp(sᵢ) = Σ sᵢ.',
        "passes: (N, d). moves, s, t, y₂: (N, D − d). joined: (N, D). The sum of s over all axes but the first: (N,).",
        """
            passes, moves = self.parts(x)
            s, t = self.scale_and_shift(self.theta(passes, context))
            y2 = …
            return self.joined(passes, y2), sum_except_batch(s)
        """,
    ),
)
