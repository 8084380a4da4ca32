"""ag-reshape: axes in another order, and back."""

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Adjoint, Exact, Gradient, Shape, Values
from minigen.exercises.draws import draws
from minigen.ops.shape import permute, permute_vjp


def rule(g, x, axis):
    """The rule itself."""
    return permute_vjp(g, None, x, axis=axis)


def moved(x, axis):
    """What the engine makes of it."""
    return permute(x, axis=axis)


def there_and_back(x, y, axis):
    """(A x, Aᵀ y), A the permutation of the axes."""
    return permute(x, axis=axis), permute_vjp(y, None, x, axis=axis)


def orders(pick, n):
    """A shape, an order of its axes, and the shape in that order."""
    left, order = list(range(n)), []
    while left:
        order.append(left.pop(pick.choice(*range(len(left)))))
    shape = tuple(pick.size(letter) for letter in "ABCD"[:n])
    return shape, tuple(order), tuple(shape[k] for k in order)


def pairs(pick):
    """Three axes."""
    shape, order, permuted = orders(pick, 3)
    return {"x": pick.real(shape), "y": pick.real(permuted), "axis": order}


def gradients(pick):
    """Up to four axes, and a gradient."""
    shape, order, permuted = orders(pick, pick.choice(3, 4))
    return {"g": pick.real(permuted), "x": pick.real(shape), "axis": order}


def inputs(pick):
    """Three axes."""
    shape, order, _ = orders(pick, 3)
    return {"x": pick.real(shape), "axis": order}


SIZES = {"A": (2,), "B": (3,), "C": (4, 1), "D": (5, 2)}
GRADIENTS = draws(12, build=gradients, sizes=SIZES)

EXERCISE = Exercise(
    id="ag-reshape",
    lecture="02",
    section="Movement ops",
    title="Axes in another order",
    difficulty=1,
    points=2,
    target="minigen.ops.shape:permute_vjp",
    names="permute",
    needs=("ag-mul",),
    teaches="an operation that only moves numbers has a rule that moves them back",
    stub_docstring="∂L/∂x of y = permute(x, axis), with g = ∂L/∂y",
    task=r"""
`permute(x, axis=axis)` puts the axes of $x$ into another order: axis $k$ of $y$ is axis `axis[k]` of $x$, so $y$ has the shape
`(x.shape[axis[0]], x.shape[axis[1]], …)`. No number changes. Given $g = \partial L/\partial y$ in the shape of $y$, return
$\partial L/\partial x$ in the shape of $x$: every number of $g$ goes back to where its $x$ stood.

`axis` is a tuple of whole numbers from 0 to x.ndim − 1. Use `permute` itself, which works on arrays and tensors. For images, two orders
occur all the time: (0, 2, 3, 1) turns (N, C, H, W) into (N, H, W, C). Which one turns it back?
""",
    checks=(
        Shape(probe=rule, cases=GRADIENTS, points=0.25, says="the shape of x"),
        Values(probe=rule, cases=GRADIENTS, points=0.75),
        Adjoint(probe=there_and_back, cases=draws(8, build=pairs, sizes=SIZES), points=0.5, title="the adjoint: ⟨P x, y⟩ = ⟨x, Pᵀ y⟩"),
        Gradient(probe=moved, cases=draws(5, build=inputs, sizes=SIZES), points=0.25),
        Exact(probe=moved, cases=draws(5, build=inputs, sizes=SIZES), points=0.25),
    ),
    mutants=(
        Mutant(
            "once-more",
            "the same order once more: that undoes an exchange of two axes, but not (1, 2, 0); the inverse order is wanted",
            body="return permute(g, axis=axis)",
        ),
        Mutant(
            "reversed",
            "axis read backwards is not the inverse order: ask for each axis of x at which place of axis it stands",
            body="return permute(g, axis=tuple(reversed(axis)))",
        ),
        Mutant(
            "reshaped",
            "reshape gives the right shape with the numbers in wrong places: it reads them in their order and does not move axes",
            body="return g.reshape(x.shape)",
        ),
        Mutant("untouched", "g has the shape of y: its axes must be moved back", body="return g"),
        Mutant("transposed", "mT exchanges the last two axes only, whatever axis says", body="return g.mT"),
        Mutant("all-turned", "the axes are reversed whatever axis says", body="return permute(g, axis=tuple(range(x.ndim))[::-1])"),
    ),
    variants=(
        Variant("where-it-stands", body="return permute(g, axis=tuple(axis.index(k) for k in range(len(axis))))"),
        Variant("sorted", body="return permute(g, axis=tuple(sorted(range(len(axis)), key=lambda k: axis[k])))"),
    ),
    hints=(
        "Axis 0 of y is axis axis[0] of x. Which axis of g must become axis 0 of the result?",
        'Lecture 02, "Movement ops": the transpose of a permutation is its inverse. If axis[k] = j, then inverse[j] = k.',
        "inverse: as many numbers as axis; for each place k: inverse[axis[k]] = k. The result: permute(g, axis=tuple(inverse)).",
        """
            inverse = [0] * len(axis)
            for new, old in enumerate(axis):
                …
            return permute(g, axis=tuple(inverse))
        """,
    ),
)
