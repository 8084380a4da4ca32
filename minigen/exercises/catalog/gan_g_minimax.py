"""gan-g-minimax: what the generator pays in the zero-sum game."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Property, Shape, Stable, Values
from minigen.exercises.draws import draws, real
from minigen.models.gan import discriminator_loss, generator_loss_minimax


def loss(fake_logits):
    """The function itself."""
    return generator_loss_minimax(fake_logits)


def both(real_logits, fake_logits):
    """What the two players pay."""
    return generator_loss_minimax(fake_logits), discriminator_loss(real_logits, fake_logits)


def exactly(fake_logits):
    """−ln(1 + eᵃ) in arithmetic with more digits."""
    return float(-np.logaddexp(0, fake_logits.astype(np.longdouble)).mean())


CASES = draws(15, fake_logits=real("N 1", -4, 4))
EXTREME = [{"fake_logits": np.array([[a]])} for a in (1e4, 800.0, 40.0, 0.0, -40.0, -800.0, -1e4)]

EXERCISE = Exercise(
    id="gan-g-minimax",
    lecture="07",
    section="Minimax",
    title="The generator in the zero-sum game",
    difficulty=1,
    points=2,
    target="minigen.models.gan:generator_loss_minimax",
    names="logsigmoid",
    needs=("gan-d-loss",),
    teaches="one value, two players; and why its gradient vanishes when the generator needs it most",
    task=r"""
In the minimax game both players share one value, $V = \mathrm{E} \log D(x) + \mathrm{E} \log(1 - D(G(z)))$: the discriminator ascends it,
the generator **descends** it. Only the second term depends on the generator. Return

$$\mathrm{E} \log(1 - D(G(z))),\qquad D = \sigma(a),$$

from the logits $a$ that the discriminator gives to generated images. Afterwards look at its derivative by $a$: it is $-\sigma(a)$, nearly
0 where the discriminator is sure of a fake, $a \to -\infty$. That is where every generator begins.
""",
    checks=(
        Shape(probe=loss, cases=CASES, points=0.25, says="(N, 1) -> ()"),
        Values(probe=loss, cases=CASES, points=0.5),
        Gradient(probe=loss, cases=CASES, points=0.25),
        Property(
            probe=both,
            cases=draws(real_logits=real("N 1", -3, 3), fake_logits=real("N 1", -3, 3)),
            points=0.5,
            title="what one player wins by the fakes, the other loses",
            holds=lambda g, d, real_logits, fake_logits: np.isclose(g + d, np.logaddexp(0, -real_logits).mean(), rtol=1e-9),
        ),
        Stable(probe=loss, cases=EXTREME, right=exactly, points=0.5, title="right for logits up to ±10,000"),
    ),
    mutants=(
        Mutant(
            "non-saturating",
            "that is −log D(G(z)), the other loss: the game's own term is log(1 − D(G(z)))",
            body="return -logsigmoid(fake_logits).mean()",
        ),
        Mutant(
            "sign",
            "the sign: the generator descends log(1 − D), it does not descend minus it",
            body="return -logsigmoid(-fake_logits).mean()",
        ),
        Mutant("log-d", "log(1 − D), not log D: 1 − σ(a) = σ(−a)", body="return logsigmoid(fake_logits).mean()"),
        Mutant("summed", "an expectation is the mean over the batch, not the sum", body="return logsigmoid(-fake_logits).sum()"),
        Mutant(
            "sigmoid-first",
            "log(1 − sigmoid(a)) is log 0 for a large logit: logsigmoid(−a) is the same number without that",
            body="""
                from minigen.ops import log, sigmoid
                return log(1 - sigmoid(fake_logits)).mean()
            """,
        ),
    ),
    variants=(
        Variant(
            "softplus",
            body="""
                from minigen.ops import logaddexp
                return -logaddexp(0.0, fake_logits).mean()
            """,
        ),
        Variant("difference", body="return (logsigmoid(fake_logits) - fake_logits).mean()"),
    ),
    hints=(
        "Which terms of V change when G changes, and in which direction does G want them to go?",
        'Lecture 07, "Minimax", and equation 1 of Goodfellow et al.: min over G of E log(1 − D(G(z))). And 1 − σ(a) = σ(−a).',
        "logsigmoid of minus the logits: (N, 1); its mean: a number. No minus sign before it.",
        """
            return logsigmoid(…).mean()
        """,
    ),
)
