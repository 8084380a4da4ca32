"""gan-d-loss: what the discriminator pays."""

import math

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Property, Shape, Stable, Values
from minigen.exercises.draws import draws, real
from minigen.models.gan import discriminator_loss


def loss(real_logits, fake_logits):
    """The function itself."""
    return discriminator_loss(real_logits, fake_logits)


def exactly(real_logits, fake_logits):
    """In arithmetic with more digits."""
    a, b = real_logits.astype(np.longdouble), fake_logits.astype(np.longdouble)
    return float(np.logaddexp(0, -a).mean() + np.logaddexp(0, b).mean())


CASES = draws(15, real_logits=real("N 1", -4, 4), fake_logits=real("M 1", -4, 4))
UNSURE = [{"real_logits": np.zeros((n, 1)), "fake_logits": np.zeros((m, 1))} for n, m in ((2, 2), (3, 5))]
EXTREME = [{"real_logits": np.array([[a]]), "fake_logits": np.array([[b]])} for a in (1e4, -1e4, 40.0) for b in (1e4, -1e4, -40.0)]

EXERCISE = Exercise(
    id="gan-d-loss",
    lecture="07",
    section="Discriminator",
    title="What the discriminator pays",
    difficulty=1,
    points=3,
    target="minigen.models.gan:discriminator_loss",
    names="logsigmoid",
    needs=("nn-bce-logits",),
    teaches="the discriminator is an ordinary classifier: real is 1, fake is 0",
    task=r"""
The discriminator says with a logit $a$ how sure it is that an image is real: $D(x) = \sigma(a)$. It wants $\log D(x)$ large for real
images and $\log(1 - D(G(z)))$ large for generated ones. An optimizer descends, so return

$$-\,\mathrm{E} \log D(x) \;-\; \mathrm{E} \log(1 - D(G(z))),$$

each expectation the mean of its own batch; the two batches may have different sizes. `real_logits` and `fake_logits` are tensors of
logits, not of probabilities: `logsigmoid(a)` is $\log \sigma(a)$ and stays finite for every $a$; and what is $1 - \sigma(a)$?
""",
    checks=(
        Shape(probe=loss, cases=CASES, points=0.5, says="(N, 1), (M, 1) -> ()"),
        Values(probe=loss, cases=CASES, points=1),
        Gradient(probe=loss, cases=CASES, points=0.5),
        Property(
            probe=loss,
            cases=UNSURE,
            points=0.5,
            title="2 ln 2 where D is ½ everywhere",
            holds=lambda y, **case: abs(float(y) - 2 * math.log(2)) < 1e-12,
        ),
        Stable(probe=loss, cases=EXTREME, right=exactly, points=0.5, title="right for logits up to ±10,000"),
    ),
    mutants=(
        Mutant(
            "swapped",
            "real and fake are swapped: the discriminator would learn to call generated images real",
            body="return -logsigmoid(-real_logits).mean() - logsigmoid(fake_logits).mean()",
        ),
        Mutant(
            "sign",
            "the sign: the optimizer descends, so the loss is minus the log-likelihood",
            replace=("-logsigmoid(real", "logsigmoid(real"),
        ),
        Mutant(
            "all-real",
            "log(1 − D) is wanted for the fakes: 1 − σ(a) = σ(−a)",
            replace=("logsigmoid(-fake_logits)", "logsigmoid(fake_logits)"),
        ),
        Mutant(
            "halved",
            "that is the mean over both batches together: the value function has the sum of the two expectations",
            body="return 0.5 * (-logsigmoid(real_logits).mean() - logsigmoid(-fake_logits).mean())",
        ),
        Mutant(
            "summed",
            "expectations are means, not sums: with sums, twice as many images would be twice the loss",
            body="return -logsigmoid(real_logits).sum() - logsigmoid(-fake_logits).sum()",
        ),
        Mutant(
            "sigmoid-first",
            "log(1 − sigmoid(a)) is log 0 where D is sure: logsigmoid(−a) is the same number without that",
            body="""
                from minigen.ops import log, sigmoid
                return -log(sigmoid(real_logits)).mean() - log(1 - sigmoid(fake_logits)).mean()
            """,
        ),
    ),
    variants=(
        Variant(
            "softplus",
            body="""
                from minigen.ops import logaddexp
                return logaddexp(0.0, -real_logits).mean() + logaddexp(0.0, fake_logits).mean()
            """,
        ),
        Variant(
            "cross-entropy",
            body="""
                from minigen.nn.functional import binary_cross_entropy_with_logits as bce
                return bce(real_logits, 0 * real_logits + 1) + bce(fake_logits, 0 * fake_logits)
            """,
        ),
    ),
    hints=(
        "If you had to train a classifier with the labels 1 for real and 0 for generated, which loss would you take?",
        'Lecture 07, "The discriminator", and algorithm 1 of Goodfellow et al.: log D(x) + log(1 − D(G(z))), ascended. 1 − σ(a) = σ(−a).',
        "logsigmoid(real_logits): (N, 1); logsigmoid(−fake_logits): (M, 1); the mean of each is a number; minus their sum.",
        """
            return -logsigmoid(real_logits).mean() - …
        """,
    ),
)
