"""ag-sum-mean: the rule of a mean."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Exact, Gradient, Second, Shape, Values
from minigen.exercises.draws import choice, draws, real
from minigen.ops.reduce import mean, mean_vjp


def rule(x, axis, keepdims):
    """The rule itself, for a g of the shape of the mean."""
    y = np.mean(x.data, axis=axis, keepdims=keepdims)
    return mean_vjp(np.cos(1 + np.arange(y.size, dtype=y.dtype)).reshape(y.shape), y, x.data, axis=axis, keepdims=keepdims, dtype=None)


def average(x, axis, keepdims):
    """What the engine makes of it."""
    return mean(x, axis=axis, keepdims=keepdims)


def cubes(x, axis):
    """The mean of cubes: its second derivative goes through the rule twice."""
    return mean(x * x * x, axis=axis)


SIZES = {"N": (2, 3), "D": (3, 4), "K": (2, 5)}
CASES = draws(15, x=real("N D K"), axis=choice(-1, 0, 1, None, (0, 2), (1, -1), -3), keepdims=choice(False, True), sizes=SIZES)

EXERCISE = Exercise(
    id="ag-sum-mean",
    lecture="02",
    section="Reductions",
    title="The rule of a mean",
    difficulty=2,
    points=2,
    target="minigen.ops.reduce:mean_vjp",
    names="math, spread",
    needs=("ag-unbroadcast",),
    teaches="what was summed away comes back as an axis of size 1, and every summand receives the same",
    task=r"""
The engine has computed $y = \frac1n \sum_i x_i$ along `axis` and received $g = \partial L/\partial y$, which has the shape of $y$: without
the axes averaged over, or with size 1 there, if `keepdims`. Return $\partial L/\partial x$ in the shape of $x$. Each $x_i$ had the share
$1/n$, where $n$ is the number of elements that went into **one** mean.

`axis` is None (all axes), a whole number or a tuple of them; negative ones count from the end. The rule is called with arrays or tensors:
use `g.reshape(shape)` and arithmetic. `spread(t, shape=x.shape)` repeats along the axes of size 1, for both.
""",
    checks=(
        Shape(probe=rule, cases=CASES, points=0.25, says="g, the shape of the mean -> (N, D, K), the shape of x"),
        Gradient(
            probe=average,
            cases=draws(8, x=real("N D"), axis=choice(0, 1), keepdims=choice(True, False), sizes=SIZES),
            points=0.5,
            title="gradient along one axis",
        ),
        Values(probe=rule, cases=CASES, points=0.5, title="any axes"),
        Exact(probe=average, cases=CASES, points=0.5, title="gradient along any axes, to the last digits"),
        Second(probe=cubes, cases=draws(4, x=real("N D"), axis=choice(0, -1, None), sizes=SIZES), points=0.25),
    ),
    mutants=(
        Mutant(
            "sum",
            "that is the rule of a sum: the mean divides by n, so every element receives g / n",
            replace=(" / max(1, count(x, axis))", ""),
        ),
        Mutant(
            "all-elements",
            "n is the number of elements in one mean, not in the whole of x",
            replace=("count(x, axis)", "math.prod(x.shape)"),
        ),
        Mutant(
            "other-count",
            "n is the number of elements that were averaged, not the number of means",
            replace=("count(x, axis)", "math.prod(g.shape)"),
        ),
        Mutant(
            "axis-lost",
            "g lacks the axes averaged over: give it axes of size 1 there, before it is spread",
            replace=("kept(g, x, axis)", "g"),
        ),
        Mutant(
            "one-at-the-end",
            "the axis of size 1 must come back where it was, not at the end",
            replace=("kept(g, x, axis)", "(g if keepdims or axis is None else g.reshape(g.shape + (1,) * (x.ndim - g.ndim)))"),
        ),
        Mutant(
            "negative-axes",
            "negative axes count from the end: −1 is x.ndim − 1, take axis % x.ndim",
            body="""
                axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
                shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
                return spread(g.reshape(shape) / math.prod(x.shape[a] for a in axes), shape=x.shape)
            """,
        ),
        Mutant("upstream-forgotten", "the gradient g from above is missing", replace=("kept(g, x, axis)", "(0 * kept(g, x, axis) + 1)")),
        Mutant("times-n", "multiplied by n: each element has the share 1/n in the mean", replace=("/ max", "* max")),
    ),
    variants=(
        Variant(
            "step-by-step",
            body="""
                axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
                axes = [a % x.ndim for a in axes]
                shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
                return spread(g.reshape(shape) / math.prod(x.shape[a] for a in axes), shape=x.shape)
            """,
        ),
        Variant(
            "plus-zero",
            body="""
                axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
                axes = [a % x.ndim for a in axes]
                shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
                return g.reshape(shape) * (math.prod(shape) / math.prod(x.shape)) + 0.0 * x
            """,
        ),
    ),
    hints=(
        "If one x grows by δ, which of the means grows, and by how much? What do all elements of one mean have in common?",
        'Lecture 02, "Reductions": the gradient of a sum is g, copied to every summand; that of a mean is g / n.',
        "axes: those averaged over, all of them in 0 … x.ndim − 1. shape: x.shape with 1 at these axes. g.reshape(shape) / n, "
        "n the product of the sizes of x along the axes; spread to x.shape.",
        """
            axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
            axes = [a % x.ndim for a in axes]
            shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
            n = math.prod(x.shape[a] for a in axes)
            return spread(…, shape=x.shape)
        """,
    ),
)
