"""glow-actnorm: the first batch decides."""

import numpy as np

from minigen.bijections.actnorm import ActNorm
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Jacobian, Property, Stable, Values
from minigen.exercises.draws import draws
from minigen.tensor import Tensor


def first(x):
    """(y, log_det, log s, b) of the first batch"""
    act = ActNorm(x.shape[1])
    return *act.forward(x), act.log_s, act.b


def then(x, later):
    """(y, log_det, log s, b) of the second batch"""
    act = ActNorm(x.shape[1])
    act.forward(x)
    return *act.forward(later), act.log_s, act.b


def after(later, x):
    """(y, log_det) of the second batch, as a function of it"""
    return then(Tensor(x.data), later)[:2]


def batch(pick):
    """Rows of features or images, with channels of different spread."""
    n, c, h, w = pick.choice(3, 5), pick.choice(1, 2), 2, 3
    x = pick.real((n, c, h, w) if pick.choice(True, False) else (n, c))
    x.flat[::3] += 0.5 + np.arange(x.flat[::3].size)
    return {"x": x * (1 + np.arange(c)).reshape(-1, *(1,) * (x.ndim - 2))}


def two(pick):
    """Two batches."""
    found = batch(pick)
    return {**found, "later": pick.real(found["x"].shape)}


def pair(pick):
    """A later batch first: the Jacobian is by the first array."""
    return {"later": pick.real((1, 2, 1, 2)), "x": pick.real((3, 2, 1, 2)) * 2 + np.arange(12.0).reshape(3, 2, 1, 2)}


def standard(y, *others, x):
    """Mean 0 and variance 1 of each channel."""
    axes = (0, *range(2, x.ndim))
    return (np.abs(y.mean(axes)) < 1e-9) & (np.abs(y.var(axes) - 1) < 1e-9)


CONSTANT = np.stack([np.full((4, 3), 2.5), np.arange(12.0).reshape(4, 3)], axis=1)[..., None]

EXERCISE = Exercise(
    id="glow-actnorm",
    lecture="12",
    section="Actnorm",
    title="The first batch decides",
    difficulty=2,
    points=2,
    target="minigen.bijections.actnorm:ActNorm.initialize",
    names="np, no_grad, LEAST",
    needs=("nf-permute",),
    teaches="batch norm's good start, without its dependence on the batch",
    stub_docstring="The first batch, (N, C) or (N, C, H, W), decides s and b.",
    task=r"""
`ActNorm` is $y = s \odot x + b$ with one $s > 0$ and one $b$ for each channel, both learned. They do not start at 1 and 0: the very
first batch sets them such that each channel of $y$ has **mean 0 and variance 1** over this batch and all pixels. From then on
they are parameters like any others; no later batch changes them by passing.

Given this batch, a tensor `x` of shape $(N, C)$ or $(N, C, H, W)$, set

* `self.log_s`, a Parameter $(C,)$ that holds $\log s$, and `self.b`, $(C,)$, by `self.log_s.copy_(…)` and `self.b.copy_(…)`,
* `self.initialized.fill_(1)`, which says that it has happened.

Work on the array `x.data`; the writing belongs into a block `with no_grad():`, because it is nothing to be differentiated.
A channel that hardly varies, with a standard deviation of `LEAST` or less, must not be divided by it: take 1 there.
""",
    checks=(
        Values(probe=first, cases=draws(8, build=batch), points=0.5, title="y, log|det|, log s and b of the first batch"),
        Property(probe=first, cases=draws(8, build=batch), points=0.5, title="each channel has mean 0 and variance 1", holds=standard),
        Values(probe=then, cases=draws(6, build=two), points=0.5, title="the second batch changes nothing"),
        Jacobian(probe=after, cases=draws(1, build=pair), points=0.25),
        Stable(probe=first, cases=[{"x": CONSTANT}], points=0.25, title="a channel that is constant"),
    ),
    mutants=(
        Mutant(
            "shift-not-scaled",
            "b = −μ is too much: x is scaled first, so the mean that is left is s μ = μ/σ",
            replace=("-mu / sigma", "-mu"),
        ),
        Mutant("inverse-scale", "s = σ makes wide channels wider: s = 1/σ, so log s = −log σ", replace=("-np.log(sigma)", "np.log(sigma)")),
        Mutant("scale-for-log", "log_s holds the logarithm of s = 1/σ, not s itself", replace=("-np.log(sigma)", "1 / sigma")),
        Mutant("variance", "divided by the variance σ²: the standard deviation is its root", replace=("x.std(axes)", "x.var(axes)")),
        Mutant(
            "unbiased",
            "with divisor N − 1 the variance over this batch is not 1: divide by N here",
            replace=("x.std(axes)", "x.std(axes, ddof=1)"),
        ),
        Mutant(
            "all-channels",
            "one mean and one spread for all channels: each has its own",
            replace=("x.mean(axes), x.std(axes)", "x.mean() + 0 * self.b.data, x.std() + 0 * self.b.data"),
        ),
        Mutant(
            "every-batch",
            "initialized was not set: every batch starts anew, and the density of an image depends on its neighbours",
            replace=("self.initialized.fill_(1)", "self.initialized.fill_(0)"),
        ),
        Mutant(
            "division-by-zero",
            "a constant channel has σ = 0: where σ ≤ LEAST take 1",
            replace=("np.where(sigma > LEAST, sigma, 1)", "np.where(sigma > -1, sigma, 1)"),
        ),
        Mutant(
            "first-image",
            "mean and spread are those of the first row only: average over axis 0 as well",
            body="""
                first = x.data[:1]
                axes = (0, *range(2, x.ndim))
                mu, sigma = first.mean(axes), first.std(axes)
                sigma = np.where(sigma > LEAST, sigma, 1)
                with no_grad():
                    self.log_s.copy_(-np.log(sigma))
                    self.b.copy_(-mu / sigma)
                    self.initialized.fill_(1)
            """,
        ),
    ),
    variants=(
        Variant(
            "moved-axes",
            body="""
                columns = np.moveaxis(x.data, 1, -1).reshape(-1, x.shape[1])
                sigma = columns.std(axis=0)
                sigma[sigma <= LEAST] = 1
                with no_grad():
                    self.log_s.copy_(np.log(1 / sigma))
                    self.b.copy_(-columns.mean(axis=0) / sigma)
                    self.initialized.fill_(1)
            """,
        ),
    ),
    hints=(
        "If x has mean μ and standard deviation σ, what are those of s x + b? Which s and b make them 0 and 1?",
        'Lecture 12, "Actnorm": s = 1/σ and b = −μ/σ, with μ and σ of each channel over batch and pixels.',
        "x.data: (N, C) or (N, C, H, W). axes: all but axis 1. mu, sigma: (C,). log s = −log σ: (C,). b = −μ/σ: (C,).",
        """
            x, axes = x.data, (0, *range(2, x.ndim))
            mu, sigma = x.mean(axes), x.std(axes)
            sigma = np.where(sigma > LEAST, sigma, 1)
            with no_grad():
                self.log_s.copy_(-np.log(sigma))
                self.b.copy_(…)
                self.initialized.fill_(1)
        """,
    ),
)
