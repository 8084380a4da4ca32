"""nf-chain: many maps one after the other, and back."""

import numpy as np

from minigen.bijections import Affine, AffineCoupling, Chain, LeakyReLU, SinhArcsinh, half_mask
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Inverse, Jacobian, Shape, Values
from minigen.exercises.draws import choice, draws, real


def chain(a, order):
    """Maps of (N, D), chosen from four that do not commute."""
    maps = [Affine(a, 0.5), LeakyReLU(0.25), SinhArcsinh(0.5, 0.75), Affine(-1.5, 1.0)]
    return Chain(*(maps[i] for i in order))


def back(y, a, order):
    """(x, log_det)"""
    return chain(a, order).inverse(y)


def there_and_back(x, a, order):
    """x again, and the log-determinants of both ways."""
    maps = chain(a, order)
    y, there = maps.forward(x)
    again, log_det = maps.inverse(y)
    return again, there, log_det


def given_a_context(y, context, w):
    """(x, log_det) of two couplings that see a context."""
    couplings = (AffineCoupling(half_mask(2, flip=f), lambda seen: seen @ w, conditional=True) for f in (False, True))
    return Chain(*couplings).inverse(y, context)


ORDERS = choice((0, 1, 2), (1, 0), (3, 2, 1, 0), (2,), (0, 3, 1))
CASES = draws(12, y=real("N D"), a=real("", 0.5, 2), order=ORDERS)

EXERCISE = Exercise(
    id="nf-chain",
    lecture="10",
    section="Chaining",
    title="A chain, back to its beginning",
    difficulty=2,
    points=3,
    target="minigen.bijections.bijection:Chain.inverse",
    names="no_change",
    needs=("nf-change-1d",),
    teaches="log-determinants add, the order reverses",
    task=r"""
Simple maps make a complicated one when they are applied one after the other, $y = f_n(\dots f_2(f_1(x)))$; that is what `forward` of a
`Chain` does. Write the way back. Return `(x, log_det)` with

$$x = f_1^{-1}(\dots f_n^{-1}(y)), \qquad \log|\det \partial x/\partial y| = \sum_i \log|\det \partial f_i^{-1}|,$$

each determinant at the point that this inverse was applied to: by the chain rule the Jacobian of a chain is a product, and the
determinant of a product is the product of the determinants.

`self.bijections` is the list $[f_1, \dots, f_n]$; each `f.inverse(y, context)` returns the pair (image, log-determinant (N,)). A chain of
no maps changes nothing: `no_change(y)` is a log-determinant of zeros, (N,).
""",
    checks=(
        Shape(probe=back, cases=CASES, points=0.25, says="(N, D) -> (N, D), (N,)"),
        Values(probe=back, cases=CASES, points=0.75),
        Jacobian(probe=back, cases=draws(3, y=real("N 2"), a=real("", 0.5, 2), order=choice((0, 2), (2, 3, 0))), points=0.5),
        Inverse(
            probe=there_and_back,
            cases=draws(6, x=real("N D"), a=real("", 0.5, 2), order=ORDERS),
            points=0.5,
            title="there and back is x again",
        ),
        Gradient(probe=back, cases=draws(3, y=real("N D", away=0.125), a=real("", 0.5, 2), order=choice((0, 2), (2, 0))), points=0.5),
        Values(
            probe=given_a_context,
            cases=draws(2, y=real("N 2"), context=real("N 2", -1, 1), w=real("3 2", -1, 1)),
            points=0.25,
            title="with a context",
        ),
        Values(
            probe=back,
            cases=[{"y": np.arange(6.0).reshape(3, 2), "a": np.array(2.0), "order": ()}],
            points=0.25,
            title="a chain of no maps",
        ),
    ),
    mutants=(
        Mutant(
            "same-order",
            "the order is that of the way there: what was done last is undone first (shoes before socks)",
            replace=("reversed(self.bijections)", "self.bijections"),
        ),
        Mutant("forward-again", "you apply the maps themselves: on the way back it is their inverses", replace=("b.inverse", "b.forward")),
        Mutant(
            "sign",
            "the sign: inverse already returns the log-determinant of the way back, so one only ever adds",
            body="""
                total = no_change(y)
                for f in reversed(self.bijections):
                    y, log_det = f.inverse(y, context)
                    total = total - log_det
                return y, total
            """,
        ),
        Mutant(
            "last-one",
            "only the log-determinant of one map is left: add them up",
            body="""
                log_det = no_change(y)
                for f in reversed(self.bijections):
                    y, log_det = f.inverse(y, context)
                return y, log_det
            """,
        ),
        Mutant(
            "all-at-y",
            "every determinant was taken at y: each belongs to the point that its own map is applied to",
            body="""
                total, x = no_change(y), y
                for f in reversed(self.bijections):
                    total = total + f.inverse(y, context)[1]
                    x = f.inverse(x, context)[0]
                return x, total
            """,
        ),
        Mutant(
            "product",
            "the logarithms are multiplied: determinants multiply, their logarithms add",
            body="""
                total = no_change(y) + 1
                for f in reversed(self.bijections):
                    y, log_det = f.inverse(y, context)
                    total = total * log_det
                return y, total if self.bijections else total - 1
            """,
        ),
        Mutant(
            "context-forgotten",
            "the context is an argument, and every map may want it: f.inverse(y, context)",
            body="""
                total = no_change(y)
                for f in reversed(self.bijections):
                    y, log_det = f.inverse(y)
                    total = total + log_det
                return y, total
            """,
        ),
        Mutant(
            "empty-chain",
            "a chain of no maps has a log-determinant, too: zeros, one for each row, not the number 0",
            body="""
                total = 0.0
                for f in reversed(self.bijections):
                    y, log_det = f.inverse(y, context)
                    total = total + log_det
                return y, total
            """,
        ),
    ),
    variants=(
        Variant(
            "loop",
            body="""
                total = no_change(y)
                for f in self.bijections[::-1]:
                    y, log_det = f.inverse(y, context)
                    total = total + log_det
                return y, total
            """,
        ),
        Variant(
            "recursive",
            body="""
                if not self.bijections:
                    return y, no_change(y)
                y, last = self.bijections[-1].inverse(y, context)
                x, rest = Chain(*self.bijections[:-1]).inverse(y, context)
                return x, rest + last
            """,
        ),
    ),
    hints=(
        "In the morning you put on socks, then shoes. What comes first in the evening?",
        'Lecture 10, "Chaining": (f∘g)⁻¹ = g⁻¹∘f⁻¹, and log|det AB| = log|det A| + log|det B|.',
        "y: (N, …) at every step, replaced by what the next inverse makes of it. total: (N,), from zeros on.",
        """
            total = no_change(y)
            for f in …:
                y, log_det = f.inverse(y, context)
                total = total + log_det
            return y, total
        """,
    ),
)
