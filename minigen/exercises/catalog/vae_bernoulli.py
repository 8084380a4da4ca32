"""vae-bernoulli: the likelihood of a black and white image."""

import numpy as np

from minigen.distributions import Bernoulli, Independent
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Property, Shape, Stable, Values
from minigen.exercises.draws import choice, draws, real


def images(x, logits):
    """log P of images whose pixels are independent: (N, D) -> (N,)"""
    return Independent(Bernoulli(logits=logits), 1).log_prob(x)


def over(x, logits, axis):
    """The function itself, over any axis."""
    return Bernoulli(logits=logits).log_prob_sum(x, axis)


def all_images(logits):
    """log P of all eight images of three pixels."""
    x = np.array([[a, b, c] for a in (0.0, 1.0) for b in (0.0, 1.0) for c in (0.0, 1.0)])
    return Independent(Bernoulli(logits=logits), 1).log_prob(x)


def exactly(x, logits):
    """In arithmetic with more digits."""
    x, l = x.astype(np.longdouble), logits.astype(np.longdouble)
    return -(x * np.logaddexp(0, -l) + (1 - x) * np.logaddexp(0, l)).sum(axis=1).astype(float)


CASES = draws(12, x=real("N D", 0, 1), logits=real("N D", -4, 4))
EXTREME = [{"x": np.array([[x, 1.0]]), "logits": np.array([[l, 2.0]])} for x in (0.0, 1.0, 0.25) for l in (1e4, -1e4, 40.0, -40.0)]

EXERCISE = Exercise(
    id="vae-bernoulli",
    lecture="05",
    section="Decoder",
    title="The likelihood of an image of coins",
    difficulty=2,
    points=2,
    target="minigen.distributions.bernoulli:Bernoulli.log_prob_sum",
    names="sum",
    needs=("nn-bce-logits",),
    teaches="log P of an image is a sum over its pixels, never a mean",
    stub_docstring="Σ log P(x) over ``axis``, in nats",
    task=r"""
The decoder's pixels are coins: $P(x) = \prod_j p_j^{x_j} (1 - p_j)^{1 - x_j}$ with $p = \sigma(l)$. Return the logarithm,

$$\sum_j x_j \ln \sigma(l_j) + (1 - x_j) \ln \sigma(-l_j),$$

summed over `axis`, for a `value` $x$ of pixels in [0, 1]. `self.cost(value)` is the cross-entropy of each pixel, $-\ln P(x_j)$, safe
for
all logits; or take `self.log_both`, the pair $(\ln p, \ln(1 - p))$. `sum(x, axis=…)` adds up. A mean over the pixels would make the KL
term of
the ELBO 784 times too heavy: the most frequent mistake in VAEs.
""",
    checks=(
        Shape(probe=images, cases=CASES, points=0.25, says="(N, D) -> (N,)"),
        Values(probe=images, cases=CASES, points=0.5),
        Values(
            probe=over,
            cases=draws(6, x=real("N M D", 0, 1), logits=real("N M D", -4, 4), axis=choice(0, -1, (1, 2))),
            points=0.25,
            title="values, over other axes",
        ),
        Gradient(probe=images, cases=CASES, points=0.25),
        Property(
            probe=all_images,
            cases=draws(5, logits=real("3", -3, 3)),
            points=0.5,
            title="the probabilities of all images add up to 1",
            holds=lambda y, logits: abs(np.exp(y).sum() - 1) < 1e-9,
        ),
        Stable(probe=images, cases=EXTREME, right=exactly, points=0.25, title="right for logits up to ±10,000"),
    ),
    mutants=(
        Mutant(
            "mean",
            "the sum over the pixels, not their mean: log P of an image is in nats for the whole image",
            body="return -self.cost(value).mean(axis=axis)",
        ),
        Mutant("sign", "that is the cost, −log P: the log-probability is negative", body="return sum(self.cost(value), axis=axis)"),
        Mutant("axis-ignored", "the axis is ignored: each image has a probability of its own", body="return -sum(self.cost(value))"),
        Mutant(
            "ones-only",
            "the pixels that are 0 have a probability, too: (1 − x) ln(1 − p) is missing",
            body="return sum(value * self.log_both[0], axis=axis)",
        ),
        Mutant("inverted", "black and white are swapped: x goes with ln p", body="return -sum(self.cost(1 - value), axis=axis)"),
        Mutant(
            "probability-first",
            "ln(1 − σ(l)) is ln 0 for a sure pixel: stay with the logits",
            body="""
            from minigen.ops import log
            return sum(value * log(self.probs) + (1 - value) * log(1 - self.probs), axis=axis)
        """,
        ),
    ),
    variants=(
        Variant(
            "both",
            body="""
            log_p, log_q = self.log_both
            return sum(value * log_p + (1 - value) * log_q, axis=axis)
        """,
        ),
    ),
    hints=(
        "How probable is it that 784 independent coins fall exactly like this? And what does the logarithm make of that product?",
        'Lecture 05, "The reconstruction", and appendix C.1 of Kingma and Welling.',
        "self.cost(value): (N, D), positive. Its sum over the axis: (N,). With which sign?",
        "return … sum(self.cost(value), axis=axis)",
    ),
)
