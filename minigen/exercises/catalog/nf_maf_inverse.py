"""nf-maf-inverse: one element after the other."""

import numpy as np

from minigen import nn, random
from minigen.bijections import GatedAutoregressive, MaskedAutoregressive
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Inverse, Property, Shape, Values
from minigen.exercises.draws import choice, draws, real

ORDERS = choice(None, (2, 0, 1), (1, 2, 0))


def layer(order, kind=MaskedAutoregressive, context=0):
    """A map of three features with a network that is drawn, the same every time."""
    with random.fork(5):
        net = nn.MADE(3, (8, 8), outputs=2, order=order, context_features=context, activation=nn.Tanh)
        for p in net.parameters():
            p.data[...] = 2 * p.data
    return kind(net, conditional=context > 0)


def back(y, order):
    """(x, log_det)"""
    return layer(order).inverse(y)


def there_and_back(x, order):
    """x again, and the log-determinants of both ways."""
    both = layer(order)
    y, there = both.forward(x)
    again, log_det = both.inverse(y)
    return again, there, log_det


def gated(x, order):
    """The same where a gate decides."""
    both = layer(order, GatedAutoregressive)
    y, there = both.forward(x)
    again, log_det = both.inverse(y)
    return again, there, log_det


def given_a_context(y, context):
    """(x, log_det) where the network sees a context."""
    return layer(None, context=2).inverse(y, context)


def passes(y, order):
    """How many passes of the network the way back takes."""
    both, calls = layer(order), []
    ask = both.net.forward
    both.net.forward = lambda *seen: (calls.append(0), ask(*seen))[1]
    both.inverse(y)
    return len(calls)


CASES = draws(8, y=real("N 3"), order=ORDERS)

EXERCISE = Exercise(
    id="nf-maf-inverse",
    lecture="11",
    section="MAF and IAF",
    title="One after the other",
    difficulty=3,
    points=3,
    target="minigen.bijections.autoregressive:MaskedAutoregressive.inverse",
    names="sum_except_batch",
    needs=("nf-made-masks",),
    teaches="fast one way, D times as slow the other way",
    task=r"""
A masked autoregressive map goes

$$y_i = (x_i - \mu_i)\, e^{-\alpha_i}, \qquad \mu_i, \alpha_i = \mathrm{net}_i(x_1 \dots x_{i-1}),$$

in one pass of the network, because all of $x$ is known. Now $y$ is known, and $x_2$ cannot be found before $x_1$:

$$x_i = y_i\, e^{\alpha_i} + \mu_i, \qquad \log\left|\det\frac{\partial x}{\partial y}\right| = \sum_i \alpha_i .$$

Return `(x, log_det)`, $(N, D)$ and $(N,)$, with at most $D$ passes of the network.

`self.outputs(x, context)` is one pass: the pair of what the network says of all elements, $(N, D)$ each; what it says of element $i$ is
right as soon as the elements before it are right, whatever stands in the others. `self.restore(y, *outputs)` returns $x$ for these outputs
and $\log|\partial x_i/\partial y_i|$, $(N, D)$ each; a subclass with another formula has its own. `self.net.position.data` says for
every element at which place of the order, $1 \dots D$, it comes. `sum_except_batch(a)` sums over all axes but the first.
""",
    checks=(
        Shape(probe=back, cases=CASES, points=0.25, says="(N, D) -> (N, D), (N,)"),
        Values(probe=back, cases=CASES, points=0.75),
        Inverse(probe=there_and_back, cases=draws(5, x=real("N 3"), order=ORDERS), points=0.5, title="there and back is x again"),
        Property(
            probe=passes,
            cases=draws(1, y=real("2 3"), order=ORDERS),
            points=0.5,
            title="at most D = 3 passes of the network",
            holds=lambda n, **case: np.asarray(n <= 3),
        ),
        Gradient(probe=back, cases=draws(2, y=real("N 3"), order=ORDERS), points=0.25),
        Inverse(probe=gated, cases=draws(2, x=real("N 3"), order=ORDERS), points=0.5, title="the same for a map with gates (IAF)"),
        Values(probe=given_a_context, cases=draws(2, y=real("N 3"), context=real("N 2")), points=0.25, title="with a context"),
    ),
    mutants=(
        Mutant(
            "one-pass",
            "one pass finds the first element only: the others were computed from an x that is not there yet",
            body="""
                x, log_scale = self.restore(y, *self.outputs(y * 0.0, context))
                return x, sum_except_batch(log_scale)
            """,
        ),
        Mutant(
            "asks-y",
            "the network was asked about y: it must see the x that it saw on the way there",
            body="""
                x, log_scale = self.restore(y, *self.outputs(y, context))
                return x, sum_except_batch(log_scale)
            """,
        ),
        Mutant(
            "one-too-few",
            "one pass is missing: D elements need D passes, the last one for the last element",
            body="""
                x = y * 0.0
                for _ in range(y.shape[1] - 1):
                    x, log_scale = self.restore(y, *self.outputs(x, context))
                return x, sum_except_batch(log_scale)
            """,
        ),
        Mutant(
            "one-too-many",
            "the numbers are right, but a pass too many: the last restore knows the scales already",
            body="""
                x = y * 0.0
                for _ in range(y.shape[1]):
                    x, log_scale = self.restore(y, *self.outputs(x, context))
                return x, sum_except_batch(self.restore(y, *self.outputs(x, context))[1])
            """,
        ),
        Mutant(
            "sign",
            "the sign of the log-determinant: restore returns that of the way back already",
            replace=("return x, sum_except_batch(log_scale)", "return x, -sum_except_batch(log_scale)"),
        ),
        Mutant(
            "order-ignored",
            "you go through the elements from left to right: the order of the network may be another, position says which",
            replace=("x = x * (position <= i)", "x = x * (0 * position + range(len(position)) < i)"),
        ),
        Mutant(
            "from-y",
            "every pass restores what the pass before has made: y stays the same, x is restored anew from it",
            body="""
                x = y
                for _ in range(y.shape[1]):
                    x, log_scale = self.restore(x, *self.outputs(x, context))
                return x, sum_except_batch(log_scale)
            """,
        ),
        Mutant(
            "all-passes-added",
            "the log-scales of all passes are added: only those of the last pass, where x is right, count",
            body="""
                x, total = y * 0.0, 0.0
                for _ in range(y.shape[1]):
                    x, log_scale = self.restore(y, *self.outputs(x, context))
                    total = total + sum_except_batch(log_scale)
                return x, total
            """,
        ),
        Mutant(
            "context-forgotten",
            "the context is an argument, and the network may want it: self.outputs(x, context)",
            body="""
                x = y * 0.0
                for _ in range(y.shape[1]):
                    x, log_scale = self.restore(y, *self.outputs(x))
                return x, sum_except_batch(log_scale)
            """,
        ),
    ),
    variants=(
        Variant(
            "again-and-again",
            body="""
                x = y
                for _ in range(y.shape[1]):
                    x, log_scale = self.restore(y, *self.outputs(x, context))
                return x, log_scale.sum(axis=1)
            """,
        ),
        Variant(
            "element-by-element",
            body="""
                x, log_det = y * 0.0, 0.0
                position = self.net.position.data
                for i in range(1, y.shape[1] + 1):
                    found, log_scale = self.restore(y, *self.outputs(x, context))
                    x = x + found * (position == i)
                    log_det = log_det + (log_scale * (position == i)).sum(axis=1)
                return x, log_det
            """,
        ),
    ),
    hints=(
        "Which element of x can you compute without knowing any other? And which one, as soon as you have that?",
        'Lecture 11, "MAF and IAF": the Jacobian is triangular, so the elements come out in their order, each in one pass.',
        "x: (N, D), zeros at first. In pass i: outputs, twice (N, D); x anew, (N, D), of which now i elements are right. "
        "After D passes the log-scales are right as well: (N, D) -> (N,).",
        """
            x = y * 0.0
            for _ in range(y.shape[1]):
                x, log_scale = …
            return x, sum_except_batch(log_scale)
        """,
    ),
)
