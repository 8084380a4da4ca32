"""nn-batchnorm-backward: three paths from x to y."""

import numpy as np

from minigen.autograd import grad
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Exact, Gradient, Property, Second, Shape, Values
from minigen.exercises.draws import draws
from minigen.nn.batch_norm import batch_norm, coefficients
from minigen.tensor import Tensor


def function(weight, mean, scale, total, moment, n):
    """The function itself."""
    return coefficients(weight, mean, scale, total, moment, n)


def normalized(x, w, b):
    """Batch norm in training."""
    return batch_norm(x, None, None, w, b, training=True)


def gradient(x, w, g):
    """∂L/∂x for a given ∂L/∂y."""
    x = Tensor(x.data, requires_grad=True)
    return grad(batch_norm(x, None, None, w, None, training=True), x, g)[0]


def statistics(pick):
    """What is known of C channels."""
    c = (pick.choice(2, 3),)
    return {
        "weight": pick.real(c, 0.5, 2),
        "mean": pick.real(c),
        "scale": pick.real(c, 0.5, 3),
        "total": pick.real(c, -5, 5),
        "moment": pick.real(c, -5, 5),
        "n": pick.choice(2, 5, 12),
    }


def batches(pick):
    """x (N, C), or (N, C, H, W), w and b."""
    x = spread_out(pick, pick.choice((5, 2), (3, 2, 2, 1)))
    return {"x": x, "w": pick.real((2,), 0.5, 2), "b": pick.real((2,))}


def cotangents(pick):
    """x, w, and a gradient of the shape of x."""
    x = spread_out(pick, (5, 2))
    return {"x": x, "w": pick.real((2,), 0.5, 2), "g": pick.real(x.shape)}


def spread_out(pick, shape):
    """Numbers of which no channel has only equal ones: 1 / √(v + eps) would be large."""
    return np.round(pick.real(shape, -1, 1) + np.arange(np.prod(shape)).reshape(shape) / 4, 3)


CASES = draws(12, build=statistics)
BATCHES = draws(4, build=batches)

EXERCISE = Exercise(
    id="nn-batchnorm-backward",
    lecture="03",
    section="Batch norm",
    title="Three paths through batch norm",
    difficulty=4,
    points=4,
    target="minigen.nn.batch_norm:coefficients",
    needs=("nn-batchnorm", "ag-sum-mean"),
    teaches="x acts on y by itself, through the mean and through the variance",
    stub_docstring="The (a, b, c) of each channel, for which ∂L/∂x = a g + b x + c.",
    task=r"""
For one channel with $n$ values, batch norm computes in training

$$\bar x = \tfrac1n \sum x, \quad v = \tfrac1n \sum (x - \bar x)^2, \quad \hat x = (x - \bar x)\, s, \quad
s = \tfrac{1}{\sqrt{v + \varepsilon}}, \quad y = w\,\hat x + \text{bias}.$$

A single $x_k$ acts on all $y_i$ in three ways: through $\hat x_k$ itself, through $\bar x$ and through $v$. Take the derivative by
$x_k$ along all three, with $g_i = \partial L/\partial y_i$ from above, and collect: everything that is left of the batch are the two sums

$$\text{total} = \sum_i g_i, \qquad \text{moment} = \sum_i g_i\,\hat x_i .$$

The engine computes them for you, and wants the answer in the form that needs the least work for large images, with the $x$ itself and
not $\hat x$:

$$\frac{\partial L}{\partial x_k} = a\,g_k + b\,x_k + c .$$

Return the tuple `(a, b, c)`. All arguments are NumPy arrays or tensors with one number for each channel (`weight` is $w$, `mean` $\bar x$,
`scale` $s$), `n` is a whole number: use plain arithmetic, do not change them. What must come out if $g$ is the same everywhere?
""",
    checks=(
        Shape(probe=function, cases=CASES, points=0.25, says="five of (C,), n -> three of (C,)"),
        Values(probe=function, cases=CASES, points=1),
        Gradient(probe=normalized, cases=BATCHES, points=0.75, title="gradient of batch norm by x, w, b"),
        Exact(probe=normalized, cases=BATCHES, points=0.5, title="the same to the last digits"),
        Property(
            probe=gradient,
            cases=draws(6, build=cotangents),
            points=0.5,
            title="Σ ∂L/∂x = 0: adding a constant to a channel changes nothing",
            holds=lambda gx, x, w, g: np.abs(gx.sum(axis=0)) < 1e-9,
        ),
        Property(
            probe=gradient,
            cases=draws(6, build=cotangents),
            points=0.5,
            title="Σ x̂ ∂L/∂x ≈ 0: scaling a channel changes next to nothing",
            holds=lambda gx, x, w, g: np.abs((gx * (x - x.mean(axis=0))).sum(axis=0)) < 1e-2,
        ),
        Second(probe=normalized, cases=draws(2, build=batches), points=0.5),
    ),
    mutants=(
        Mutant(
            "constants",
            "only the direct path: x̄ and v depend on x as well, and each adds a term",
            body="""
                a = weight * scale
                return a, 0 * a, 0 * a
            """,
        ),
        Mutant(
            "without-the-variance",
            "the path through the variance is missing: −w s x̂ · moment / n",
            body="""
                a = weight * scale
                return a, 0 * a, -a * total / n
            """,
        ),
        Mutant(
            "without-the-mean",
            "the path through the mean is missing: −w s · total / n",
            replace=("c = -a * total / n - b * mean", "c = -b * mean"),
        ),
        Mutant(
            "x-for-x-hat",
            "the last term has x̂ = (x − x̄) s: its mean x̄ belongs into c",
            replace=(" - b * mean", ""),
        ),
        Mutant("scale-once", "x̂ = (x − x̄) s brings another factor s into b", replace=("-a * scale * moment", "-a * moment")),
        Mutant("sign-of-the-variance", "the sign of b: a larger variance makes x̂ smaller", replace=("b = -a", "b = a")),
        Mutant("sign-of-the-mean", "the sign of the path through the mean: x̂ contains −x̄", replace=("c = -a", "c = a")),
        Mutant(
            "sums",
            "the mean of g and of g x̂ is wanted, total / n and moment / n",
            body="""
                a = weight * scale
                b = -a * scale * moment
                return a, b, -a * total - b * mean
            """,
        ),
        Mutant("unbiased", "the batch's variance is the biased one: divide by n, not by n − 1", replace=("moment / n", "moment / (n - 1)")),
        Mutant(
            "weight-forgotten",
            "y = w x̂ + bias: the factor w belongs to all three",
            replace=("a = weight * scale", "a = scale + 0 * weight"),
        ),
        Mutant(
            "twice",
            "the derivative of v brings a 2, that of the root a ½: together 1",
            replace=("-a * scale * moment / n", "-2 * a * scale * moment / n"),
        ),
    ),
    variants=(
        Variant(
            "means",
            body="""
                g_mean, m = total / n, moment / n
                a = weight * scale
                return a, -a * m * scale, a * (m * mean * scale - g_mean)
            """,
        ),
    ),
    hints=(
        "If all g are equal, L changes by Σ y, and Σ y is n · bias whatever x is. So which gradient must come out? Does yours?",
        'Lecture 03, "Batch norm": ∂x̂_i/∂x_k = s (δ_ik − 1/n − x̂_i x̂_k / n). The three terms are the three paths.',
        "Sum over i: ∂L/∂x_k = w s (g_k − total / n − x̂_k · moment / n). Put x̂_k = (x_k − mean) s in, and sort: what stands beside g_k "
        "is a, what stands beside x_k is b, the rest is c. All (C,).",
        """
            a = weight * scale
            b = -a * scale * moment / n
            c = …
            return a, b, c
        """,
    ),
)
