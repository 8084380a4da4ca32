"""nf-permute: let others move."""

import numpy as np

from minigen.bijections import AffineCoupling, Chain, Permute, half_mask
from minigen.derivatives import jacobian
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Inverse, Jacobian, Property, Shape, Values
from minigen.exercises.draws import choice, draws, real


def back(y, order):
    """(x, log_det)"""
    return Permute(order).inverse(y)


def there_and_back(x, order):
    """x again, and the log-determinants of both ways."""
    permute = Permute(order)
    y, there = permute.forward(x)
    again, log_det = permute.inverse(y)
    return again, there, log_det


def dependence(y, w, layers):
    """∂x/∂y of couplings with a permutation behind each, on the way back: all couplings let the first half pass."""
    maps = [b for _ in range(layers) for b in (AffineCoupling(half_mask(4), lambda seen: seen @ w), Permute((2, 3, 1, 0)))]
    chain = Chain(*maps)
    return jacobian(lambda v: chain.inverse(v[None])[0][0], y[0])


def mixed(J, y, w, layers):
    """After three couplings everything depends on everything, after one it does not."""
    return np.asarray((np.abs(J) > 1e-12).all() == (layers == 3))


ORDERS = {3: ((1, 2, 0), (0, 2, 1)), 5: ((3, 0, 4, 1, 2), (1, 0, 2, 4, 3), (4, 2, 0, 1, 3))}


def vectors(pick):
    """Vectors, and an order of their features; seldom one that is its own inverse."""
    d = pick.choice(*ORDERS)
    return {"y": pick.real((pick.size("N"), d)), "order": pick.choice(*ORDERS[d])}


def images(pick):
    """The same with an order of the channels."""
    return {"x": pick.real((pick.size("N"), 3, 2, 1)), "order": pick.choice(*ORDERS[3])}


CASES = draws(10, build=vectors, sizes={"N": (1, 2, 7)})

EXERCISE = Exercise(
    id="nf-permute",
    lecture="11",
    section="Permutation",
    title="Everyone back in his place",
    difficulty=1,
    points=2,
    target="minigen.bijections.permutation:Permute.inverse",
    names="no_change",
    needs=("nf-coupling-inverse",),
    teaches="an order has an inverse, and a determinant of ±1",
    task=r"""
A coupling never moves its first half. So between two couplings the features change places, $y_i = x_{\pi(i)}$ for a fixed order $\pi$:
in the next layer others move. In `forward` that is `x[:, pi]`.

Write the way back: given $y$, return `(x, log_det)` with every feature in its old place, $x_{\pi(i)} = y_i$, and
$\log|\det \partial x/\partial y|$ of shape $(N,)$. The Jacobian is a matrix of zeros and ones; what is the modulus of its determinant?

`self.permutation.data` is $\pi$, an array of the numbers $0 \dots D-1$. Features are axis 1; images have channels there, and two more axes
behind. `no_change(y)` is a log-determinant of zeros, $(N,)$.
""",
    checks=(
        Shape(probe=back, cases=CASES, points=0.25, says="(N, D, …) -> (N, D, …), (N,)"),
        Values(probe=back, cases=CASES, points=0.5),
        Inverse(
            probe=there_and_back,
            cases=draws(5, build=images, sizes={"N": (1, 2)}),
            points=0.5,
            title="there and back is x again, for images",
        ),
        Jacobian(probe=back, cases=draws(2, build=vectors, sizes={"N": (1,)}), points=0.25),
        Property(
            probe=dependence,
            cases=draws(3, y=real("1 4", -1, 1), w=real("2 4", 0.25, 1), layers=choice(1, 3)),
            points=0.5,
            title="after three couplings everything depends on everything",
            holds=mixed,
        ),
    ),
    mutants=(
        Mutant(
            "once-more",
            "the same order once more: that undoes a swap of two, but not a cycle of three",
            replace=("self.permutation.data.argsort()", "self.permutation.data"),
        ),
        Mutant(
            "turned-round",
            "the order read from its end is another order, not the inverse one",
            replace=("self.permutation.data.argsort()", "self.permutation.data[::-1]"),
        ),
        Mutant(
            "nothing-done",
            "y comes back as it was",
            replace=("self._picked(y, self.permutation.data.argsort())", "y"),
        ),
        Mutant(
            "sorted",
            "you sort the numbers themselves: the features have places, not sizes",
            body="return y * 0 + np.sort(y.data, axis=1), no_change(y)",
        ),
        Mutant(
            "determinant",
            "that is |det| = 1: the logarithm of it is wanted, 0",
            replace=("no_change(y)", "no_change(y) + 1"),
        ),
        Mutant("one-number", "one 0 for each row of the batch, (N,), is wanted", replace=("no_change(y)", "no_change(y).sum()")),
    ),
    variants=(
        Variant(
            "scattered",
            body="""
                order = self.permutation.data
                places = np.empty_like(order)
                places[order] = np.arange(len(order))
                return y[:, places], no_change(y)
            """,
        ),
        Variant(
            "looked-up",
            body="""
                order = self.permutation.data.tolist()
                return y[:, [order.index(i) for i in range(len(order))]], no_change(y)
            """,
        ),
    ),
    hints=(
        "π = (2, 0, 1) takes (a, b, c) to (c, a, b). Which order takes (c, a, b) back to (a, b, c)? Is it π?",
        'Lecture 11, "Permutation": feature i of y was feature π(i) of x. So x at j is y at that i with π(i) = j.',
        "π: (D,). Its inverse: (D,), the i with π(i) = 0, then that with π(i) = 1, …; np.argsort knows it. y[:, inverse]: (N, D, …).",
        "return y[:, …], no_change(y)",
    ),
)
