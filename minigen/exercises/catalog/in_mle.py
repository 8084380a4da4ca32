"""in-mle: the normal distribution that explains the data best."""

import numpy as np

from minigen.autograd import grad
from minigen.distributions import Normal
from minigen.distributions.normal import normal_log_prob
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Property, Shape, Values
from minigen.exercises.draws import draws, real
from minigen.tensor import Tensor


def fitted(x):
    """μ̂ and σ̂ of what fit has found."""
    p = Normal.fit(x)
    return p.loc, p.scale


def uphill(x):
    """The gradient of the log-likelihood by μ and σ, at what fit has found."""
    loc, scale = (Tensor(v.data, requires_grad=True) for v in fitted(x))
    return tuple(grad(normal_log_prob(x, loc, scale).sum(), [loc, scale]))


def nobody_explains_it_better(loc, scale, x):
    """No neighbour of (μ̂, σ̂) gives the data a larger mean log-density."""
    best = normal_log_prob(x, loc, scale).mean(axis=0)
    steps = [(a, b) for a in (-0.1, -0.01, 0.0, 0.01, 0.1) for b in (0.9, 0.99, 1.0, 1.01, 1.1)]
    return np.all([normal_log_prob(x, loc + a * scale, b * scale).mean(axis=0) <= best + 1e-12 for a, b in steps], axis=0)


def cost(x):
    """−(1/N) Σ ln p̂(xᵢ), and the entropy of p̂."""
    p = Normal.fit(x)
    return -p.log_prob(x).mean(axis=0), p.entropy()


CASES = draws(12, x=real("N D"), sizes={"N": (2, 3, 5, 7)}, where=lambda x: x.std(axis=0).min() > 0.05)

EXERCISE = Exercise(
    id="in-mle",
    lecture="01",
    section="Maximum likelihood",
    title="The most likely normal distribution",
    difficulty=1,
    points=2,
    target="minigen.distributions.normal:Normal.fit",
    names="mean, square, std",
    teaches="maximum likelihood looks for the model with the least KL(data ‖ model); for a normal one the answer has a formula",
    stub_docstring="The normal distribution under which the data are most likely: (N, …) -> batch shape (…)",
    task=r"""
Which normal distribution explains the data $x_1, \dots, x_N$ best? The one under which they are most likely, $\prod_i p(x_i) \to \max$,
which is to say, with the least *negative log-likelihood*

$$-\frac1N \sum_i \ln p(x_i) = \ln\sigma + \tfrac12 \ln 2\pi + \frac{1}{2 N \sigma^2} \sum_i (x_i - \mu)^2 .$$

It is $\mathrm{KL}(\text{data} \,\|\, p)$ up to a constant that no model can change, so to maximise the likelihood is to minimise that
divergence. Set the derivatives by $\mu$ and by $\sigma$ to zero, and return the distribution that you find, `cls(μ, σ)`: the second
argument is **σ**, not σ².

`x` is a tensor or an array $(N, \dots)$ whose first axis counts the data; every element of the other axes is a distribution of its own.
`mean(x, axis=…)`, `square(x)` and `std(x, axis=…, correction=…)`, whose divisor is $N$ less the correction, work on both.
""",
    checks=(
        Shape(probe=fitted, cases=CASES, points=0.25, says="x (N, D) -> μ (D,), σ (D,)"),
        Values(probe=fitted, cases=CASES, points=0.75),
        Property(
            probe=uphill,
            cases=CASES,
            points=0.25,
            title="at the top the derivatives by μ and σ are zero",
            holds=lambda by_loc, by_scale, x: (np.abs(by_loc) < 1e-8) & (np.abs(by_scale) < 1e-8),
        ),
        Property(probe=fitted, cases=CASES, points=0.25, title="no neighbour is more likely", holds=nobody_explains_it_better),
        Property(
            probe=cost,
            cases=CASES,
            points=0.25,
            title="the negative log-likelihood is the entropy of what was fitted",
            holds=lambda nll, entropy, x: np.isclose(nll, entropy, rtol=1e-9),
        ),
        Gradient(probe=fitted, cases=CASES, points=0.25, title="gradient by the data"),
    ),
    mutants=(
        Mutant(
            "unbiased",
            "that is the unbiased estimate, with the divisor N − 1: maximum likelihood divides by N",
            replace=("std(x, axis=0, correction=0)", "std(x, axis=0)"),
        ),
        Mutant(
            "variance-for-scale",
            "that is σ²: Normal takes the standard deviation",
            replace=("std(x, axis=0, correction=0)", "square(std(x, axis=0, correction=0))"),
        ),
        Mutant(
            "not-centred",
            "σ² is the mean of (x − μ)², not of x²: the spread is that around the mean",
            replace=("std(x, axis=0, correction=0)", "square(x).mean(axis=0) ** 0.5"),
        ),
        Mutant(
            "all-together",
            "one distribution for everything: average over the first axis, the data, only",
            replace=("mean(x, axis=0), std(x, axis=0, correction=0)", "mean(x), std(x, correction=0)"),
        ),
        Mutant(
            "of-the-mean",
            "σ/√N is the error of the mean, which shrinks with more data: the spread of the data does not",
            replace=("std(x, axis=0, correction=0)", "std(x, axis=0, correction=0) / len(x) ** 0.5"),
        ),
        Mutant(
            "absolute",
            "the mean distance from the mean is what a Laplace distribution asks for: a normal one wants the root of the mean square",
            replace=("std(x, axis=0, correction=0)", "abs(x - mean(x, axis=0)).mean(axis=0)"),
        ),
        Mutant(
            "standardised",
            "σ = 1 leaves half of the likelihood unused: its derivative by σ is not zero there",
            replace=("std(x, axis=0, correction=0)", "1 + 0 * mean(x, axis=0)"),
        ),
    ),
    variants=(
        Variant(
            "by-hand",
            body="""
                mu = x.sum(axis=0) / len(x)
                return cls(mu, square(x - mu).mean(axis=0) ** 0.5)
            """,
        ),
    ),
    hints=(
        "Where is a sum of squared distances to a point least? And how wide must a bell be to give a distance of 1 the largest density?",
        'Lecture 01, "Maximum likelihood": 0 = ∂/∂μ gives Σ (xᵢ − μ) = 0; 0 = ∂/∂σ gives 1/σ = (1/(N σ³)) Σ (xᵢ − μ)².',
        "μ: (D,), the mean over axis 0. σ: (D,), the square root of the mean of (x − μ)² over axis 0. cls(μ, σ) makes the distribution.",
        """
            mu = mean(x, axis=0)
            return cls(mu, std(x, axis=0, correction=…))
        """,
    ),
)
