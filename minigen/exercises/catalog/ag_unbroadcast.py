"""ag-unbroadcast: the gradient of a copy."""

import numpy as np

from minigen.autograd import unbroadcast
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Adjoint, Gradient, Property, Shape, Values
from minigen.exercises.draws import draws, real
from minigen.ops import mul


def undone(g, shape):
    """The gradient of an input of this ``shape``."""
    return unbroadcast(g, shape, mul)


def product(a, b):
    """a · b with shapes that broadcast: the engine undoes it."""
    return mul(a, b)


def there_and_back(x, y):
    """x broadcast to the shape of y, and y summed to the shape of x."""
    return np.broadcast_to(x.data, y.shape).copy(), undone(y, x.shape)


def shapes(pick):
    """A shape, and one that it broadcasts to: some axes were 1, some were not there."""
    full = tuple(pick.size(letter) for letter in "ABC"[: pick.choice(1, 2, 3)])
    kept = [1 if pick.choice(False, True) else n for n in full]
    return full, tuple(kept[pick.choice(*range(len(full) + 1)) :])


def gradients(pick):
    """A gradient g, and the shape that its input had."""
    full, shape = shapes(pick)
    return {"g": pick.real(full), "shape": shape}


def pairs(pick):
    """x, and y of a shape that x broadcasts to."""
    full, shape = shapes(pick)
    return {"x": pick.real(shape), "y": pick.real(full)}


EDGES = (
    {"g": np.arange(6.0).reshape(2, 3), "shape": (1, 3)},
    {"g": np.arange(6.0).reshape(2, 3), "shape": (2, 1)},
    {"g": np.arange(6.0).reshape(2, 3), "shape": ()},
    {"g": np.arange(6.0).reshape(2, 3), "shape": (3,)},
)
GRADIENTS = draws(30, build=gradients, examples=EDGES, where=lambda g, shape: g.shape != shape)
PAIRS = draws(30, build=pairs, where=lambda x, y: x.shape != y.shape)

EXERCISE = Exercise(
    id="ag-unbroadcast",
    lecture="02",
    section="Broadcasting",
    title="The gradient of a copy",
    difficulty=2,
    points=3,
    target="minigen.autograd:unbroadcast",
    names="Tensor",
    needs=("ag-mul",),
    teaches="a broadcast copies, so its gradient is a sum",
    task=r"""
In $y = a \cdot b$ with $a$ of shape $(3,)$ and $b$ of shape $(2, 3)$, NumPy copies $a$ along a new first axis. The rule of the product
returns a gradient of shape $(2, 3)$ for $a$, one for each copy. Bring such a `g` back to `shape`: sum over the axes that broadcasting has
put in front, and over those that had size 1. `rule` is only there for the message of the ValueError, if the shapes do not fit at all.

It is called only where the shapes differ. `g` may be an array or a tensor: `g.sum(axis=…, keepdims=…)` and `g.reshape(…)` work for both.
""",
    checks=(
        Shape(probe=undone, cases=GRADIENTS, points=0.5, says="g (…) -> shape"),
        Values(probe=undone, cases=GRADIENTS, points=1),
        Adjoint(probe=there_and_back, cases=PAIRS, points=0.5, title="the adjoint of broadcasting"),
        Gradient(
            probe=product,
            points=0.5,
            title="gradient of a product that broadcasts",
            cases=draws(a=real("D"), b=real("N D"), examples=({"a": np.ones((2, 1)), "b": np.arange(6.0).reshape(2, 3)},)),
        ),
        Property(
            probe=undone,
            cases=GRADIENTS,
            points=0.5,
            title="nothing gets lost: Σ stays",
            holds=lambda y, g, shape: np.isclose(y.sum(), g.sum()),
        ),
    ),
    mutants=(
        Mutant(
            "size-1-forgotten",
            "axes of size 1 were copied as well: sum over them, too",
            body="""
                extra = g.ndim - len(shape)
                return g.sum(axis=tuple(range(extra)))
            """,
        ),
        Mutant(
            "new-axes-forgotten",
            "axes that broadcasting puts in front must disappear: sum over the first g.ndim − len(shape) axes",
            body="""
                axes = tuple(i for i, n in enumerate(shape) if n == 1)
                return g.sum(axis=axes, keepdims=True)
            """,
        ),
        Mutant("mean", "a copy's gradient is the sum over the copies, not their mean", replace=(".sum(", ".mean(")),
        Mutant(
            "first-copy",
            "that is the gradient of the first copy only: all of them count",
            body="""
                g = g.reshape(g.shape)
                for _ in range(g.ndim - len(shape)):
                    g = g[0]
                for i, n in enumerate(shape):
                    if n == 1:
                        g = g[(slice(None),) * i + (slice(0, 1),)]
                return g
            """,
        ),
        Mutant(
            "everything",
            "you sum over all axes and lose the ones that were not broadcast",
            body="return g.sum() + 0 * g.sum(axis=tuple(range(g.ndim)), keepdims=True).reshape((1,) * len(shape))",
        ),
        Mutant("unchanged", "g is returned as it came: one number for each copy, instead of one for each element", body="return g"),
    ),
    variants=(
        Variant(
            "in-two-steps",
            body="""
                while g.ndim > len(shape):
                    g = g.sum(axis=0)
                for i, n in enumerate(shape):
                    if n == 1:
                        g = g.sum(axis=i, keepdims=True)
                return g
            """,
        ),
    ),
    hints=(
        "If one number is used in five places, and each place asks it to change, what does the number itself hear?",
        'Lecture 02, "Broadcasting": shapes are aligned at their ends; (3,) becomes (1, 3) and then (2, 3).',
        "extra = g.ndim − len(shape) axes were put in front: sum them away. Then, for axis i with shape[i] == 1: sum with keepdims=True.",
        """
            axes = tuple(range(extra)) + tuple(i + extra for i, n in enumerate(shape) if n == 1)
            g.sum(axis=axes, keepdims=True) has the right numbers; what is left is its shape
        """,
    ),
)
