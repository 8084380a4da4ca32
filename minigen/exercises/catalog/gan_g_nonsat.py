"""gan-g-nonsat: the generator's loss that does not saturate."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Property, Shape, Stable, Values
from minigen.exercises.draws import draws, real
from minigen.models.gan import generator_loss_nonsaturating


def loss(fake_logits):
    """The function itself."""
    return generator_loss_nonsaturating(fake_logits)


def push(fake_logits):
    """What the loss changes by when one logit grows a little, per image: the force on a fake."""
    h = 1e-3
    return len(fake_logits.data) * (generator_loss_nonsaturating(fake_logits + h) - generator_loss_nonsaturating(fake_logits - h)) / (2 * h)


def exactly(fake_logits):
    """ln(1 + e⁻ᵃ) in arithmetic with more digits."""
    return float(np.logaddexp(0, -fake_logits.astype(np.longdouble)).mean())


CASES = draws(15, fake_logits=real("N 1", -4, 4))
EXTREME = [{"fake_logits": np.array([[a]])} for a in (1e4, 800.0, 40.0, 0.0, -40.0, -800.0, -1e4)]

EXERCISE = Exercise(
    id="gan-g-nonsat",
    lecture="07",
    section="Non-saturating",
    title="The generator's loss that does not saturate",
    difficulty=1,
    points=3,
    target="minigen.models.gan:generator_loss_nonsaturating",
    names="logsigmoid",
    needs=("gan-g-minimax",),
    teaches="the same fixed point with another gradient: cross-entropy with the wrong labels",
    task=r"""
At the start the discriminator sees through every fake, $a \to -\infty$, and the minimax loss has no gradient left. The way out is a
different loss with the same aim. Instead of making "fake" improbable, make "real" probable: descend

$$-\,\mathrm{E} \log D(G(z)),\qquad D = \sigma(a).$$

In code this is the classifier's loss with the labels flipped, and it is not the minimax game any more (the slides' two formulas are two
different losses). Its derivative by $a$ is $-\sigma(-a) = -(1 - D)$: 1 in size where the discriminator is sure of a fake.
""",
    checks=(
        Shape(probe=loss, cases=CASES, points=0.5, says="(N, 1) -> ()"),
        Values(probe=loss, cases=CASES, points=1),
        Gradient(probe=loss, cases=CASES, points=0.5),
        Property(
            probe=push,
            cases=[{"fake_logits": np.full((n, 1), a)} for n in (1, 3) for a in (-30.0, -60.0)],
            points=0.5,
            title="the force on a fake that D is sure of tends to −1",
            holds=lambda y, fake_logits: np.isclose(y / len(fake_logits), -1, rtol=1e-6),
        ),
        Stable(probe=loss, cases=EXTREME, right=exactly, points=0.5, title="right for logits up to ±10,000"),
    ),
    mutants=(
        Mutant(
            "minimax",
            "that is log(1 − D(G(z))), the game's own term, which saturates: here −log D(G(z)) is wanted",
            body="return logsigmoid(-fake_logits).mean()",
        ),
        Mutant("sign", "the sign: descending log D(G(z)) makes the fakes worse", body="return logsigmoid(fake_logits).mean()"),
        Mutant(
            "right-labels",
            "that is what the discriminator pays for the fakes: the generator wants them to be called real",
            body="return -logsigmoid(-fake_logits).mean()",
        ),
        Mutant("summed", "an expectation is the mean over the batch, not the sum", body="return -logsigmoid(fake_logits).sum()"),
        Mutant(
            "sigmoid-first",
            "log(sigmoid(a)) is log 0 where D is sure of a fake: logsigmoid(a) is the same number without that",
            body="""
                from minigen.ops import log, sigmoid
                return -log(sigmoid(fake_logits)).mean()
            """,
        ),
    ),
    variants=(
        Variant(
            "softplus",
            body="""
                from minigen.ops import logaddexp
                return logaddexp(0.0, -fake_logits).mean()
            """,
        ),
        Variant("difference", body="return -(fake_logits + logsigmoid(-fake_logits)).mean()"),
    ),
    hints=(
        "Which label would you give to a generated image if you wanted the discriminator to be fooled, and what is the cross-entropy then?",
        'Lecture 07, "Non-saturating", and section 3 of Goodfellow et al.: maximize log D(G(z)).',
        "logsigmoid of the logits: (N, 1); the mean: a number; with a minus sign.",
        """
            return -logsigmoid(…).mean()
        """,
    ),
)
