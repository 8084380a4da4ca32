"""gc-find-2: a bug in the rule of standardization, to be found."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Answer, Gradient, Located
from minigen.exercises.draws import draws, real
from minigen.nn.normalization import standardize


def layer(x):
    """Each row with mean 0 and variance 1, as in layer norm; batch norm does it for each column."""
    return standardize(x, axis=(1,), eps=1e-5)


INPUTS = [np.array([[1.0, -2.0, 0.5, 2.0], [0.25, 3.0, -1.5, 1.0]])]
GIVEN = [{"x": INPUTS[0]}]
CASES = draws(8, x=real("N 5"), examples=GIVEN, where=lambda x: x.std(axis=1).min() > 0.3)

EXERCISE = Exercise(
    id="gc-find-2",
    lecture="03",
    section="Batch norm",
    title="Find the bug: the path through the mean",
    difficulty=3,
    points=3,
    target="minigen.nn.normalization:standardize_vjp",
    names="_count",
    needs=("ag-sum-mean",),
    teaches="x acts on y in three ways: directly, through the mean, through the variance",
    planted="no-mean-path",
    free=(),
    stub_docstring="∂L/∂x of y = (x − x̄) / √(v + eps), with g = ∂L/∂y",
    task=r"""
$y = (x - \bar x)/\sqrt{v + \varepsilon}$ standardizes along `axis`. Each $x_i$ acts on all $y_j$: directly, through the mean $\bar x$
and through the variance $v$, so the gradient has three terms. `saved` is $1/\sqrt{v + \varepsilon}$, or None where it must be computed
again.

The body below has a bug. Run the file: `gradcheck` compares the gradients of a layer that uses it with finite differences, element by
element. Answer in the lines `WRONG` and `CAUSE`, then mend the body.
""",
    checks=(
        Located(
            probe=layer,
            cases=GIVEN,
            points=0.5,
            answer=(0, (0, 0)),
            title="a wrong element, found",
            ask="input and element of a wrong gradient, as gradcheck prints them: (0, (0, 1))",
        ),
        Answer(
            points=0.5,
            answer="a",
            title="the cause, named",
            ask="why? one letter:",
            options=(
                ("a", "the path through the mean is missing"),
                ("b", "the path through the variance is missing"),
                ("c", "the direct path is missing"),
                ("d", "eps stands outside of the root"),
            ),
        ),
        Gradient(probe=layer, cases=CASES, points=2, title="the gradient, mended"),
    ),
    mutants=(
        Mutant(
            "no-mean-path",
            "the mean of g is missing: x moves the mean, and with it every y",
            replace=("g - g.sum(axis=axis, keepdims=True) / n", "g"),
        ),
        Mutant(
            "no-variance-path",
            "the term with y is missing: x moves the variance, and with it the scale of every y",
            replace=(" - y * ((g * y).sum(axis=axis, keepdims=True) / n)", ""),
        ),
        Mutant(
            "sums",
            "means, not sums: the mean path is divided by n",
            replace=("g.sum(axis=axis, keepdims=True) / n - y", "g.sum(axis=axis, keepdims=True) - y"),
        ),
        Mutant("unscaled", "the factor 1/√(v + ε) is missing", replace=("return scale * (", "return (")),
    ),
    variants=(Variant("means", replace=("g.sum(axis=axis, keepdims=True) / n - y", "g.mean(axis=axis, keepdims=True) - y")),),
    hints=(
        "Add 1 to all x of a row: y stays. What does that say about the sum of the gradient over the row?",
        'Lecture 03, "Batch norm": y depends on x directly, through the mean, and through the variance.',
        "scale: (N, 1). g, y: (N, D). Two means along the axis, each (N, 1): of g, and of g y.",
        "return scale * (g - … - y * ((g * y).sum(axis=axis, keepdims=True) / n))",
    ),
)
