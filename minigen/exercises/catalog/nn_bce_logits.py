"""nn-bce-logits: the cross-entropy of a coin, from its log-odds."""

import numpy as np

from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Property, Shape, Stable, Values
from minigen.exercises.draws import choice, draws, real
from minigen.nn.cross_entropy import bce_with_logits


def each(z, t):
    """One loss for each element."""
    return bce_with_logits(z, t, reduction="none")


def reduced(z, t, reduction):
    """Their mean or sum."""
    return bce_with_logits(z, t, reduction=reduction)


def mirrored(z, t):
    """The loss, and that of the opposite question."""
    return bce_with_logits(z, t, reduction="none"), bce_with_logits(-z, 1 - t, reduction="none")


def exactly(z, t):
    """In arithmetic with more digits, where σ does not round to 0 or 1 so soon."""
    z, t = z.astype(np.longdouble), t.astype(np.longdouble)
    return (t * np.logaddexp(0, -z) + (1 - t) * np.logaddexp(0, z)).astype(float)


CASES = draws(20, z=real("N D", -4, 4), t=real("N D", 0, 1))
EXTREME = [
    {"z": np.array([z]), "t": np.array([t])}
    for z in (1e4, -1e4, 800.0, -800.0, 40.0, -40.0) for t in (0.0, 1.0, 0.25)
]  # fmt: skip

EXERCISE = Exercise(
    id="nn-bce-logits",
    lecture="03",
    section="Losses",
    title="Cross-entropy from logits",
    difficulty=2,
    points=4,
    target="minigen.nn.cross_entropy:bce_with_logits",
    names="np, math",
    needs=("ag-logsumexp",),
    teaches="max(z, 0) − z t + log(1 + exp(−|z|)): the same number, without a logarithm of 0",
    task=r"""
A network says with a number $z$, the *logit*, how sure it is of a 1: $p = \sigma(z) = 1/(1 + e^{-z})$. For a target $t \in [0, 1]$ the
loss is the cross-entropy

$$-t \ln \sigma(z) - (1 - t) \ln(1 - \sigma(z)).$$

Written as it stands, it is $-\ln 0 = \infty$ for $z = -800$, $t = 1$, although the right answer is 800. Find a form that is right for
every $z$, for example $\max(z, 0) - z\,t + \ln(1 + e^{-|z|})$, and say to yourself why it is the same.

`reduction`: "none" returns each element, "sum" their sum, "mean" their mean (of no elements: NaN). `z`, `t` are NumPy arrays.
""",
    checks=(
        Shape(probe=each, cases=CASES, points=0.5, says="(N, D), (N, D) -> (N, D)"),
        Values(probe=each, cases=CASES, points=1),
        Values(
            probe=reduced,
            cases=draws(z=real("N D", -4, 4), t=real("N D", 0, 1), reduction=choice("mean", "sum", "none")),
            points=0.5,
            title="values, reduced",
        ),
        Stable(probe=each, cases=EXTREME, right=exactly, points=1, title="right for logits up to ±10,000"),
        Property(
            probe=mirrored,
            cases=CASES,
            points=0.5,
            title="the loss of (z, t) is that of (−z, 1 − t)",
            holds=lambda y, turned, z, t: np.isclose(y, turned, rtol=1e-9),
        ),
        Property(probe=each, cases=CASES, points=0.5, title="never below the entropy of t", holds=lambda y, z, t: y >= entropy(t) - 1e-9),
    ),
    mutants=(
        Mutant(
            "sigmoid-first",
            "σ(z) rounds to 0 or 1 and its logarithm is lost: work with z itself",
            body="""
                p = 1 / (1 + np.exp(-z))
                loss = -t * np.log(p) - (1 - t) * np.log(1 - p)
                return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()
            """,
        ),
        Mutant(
            "clipped",
            "clipping the probability hides the trouble: beyond the clip the loss stands still, and so does learning",
            body="""
                p = np.clip(1 / (1 + np.exp(-z)), 1e-12, 1 - 1e-12)
                loss = -t * np.log(p) - (1 - t) * np.log(1 - p)
                return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()
            """,
        ),
        Mutant(
            "exp-of-z",
            "log(1 + exp(z)) overflows for large z: −|z| is the exponent that cannot",
            replace=("np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))", "np.log1p(np.exp(z)) - z * t"),
        ),
        Mutant("sign-of-the-target", "the sign of z · t is flipped: a target of 1 makes large z cheap", replace=("- z * t", "+ z * t")),
        Mutant(
            "ones-only",
            "the second half is missing: for t = 0 the loss is −ln(1 − σ(z))",
            replace=("np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))", "t * (np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z))))"),
        ),
        Mutant(
            "log2",
            "nats, not bits: the logarithm is the natural one",
            replace=("np.log1p(np.exp(-np.abs(z)))", "np.log2(1 + np.exp(-np.abs(z)))"),
        ),
        Mutant(
            "mean-for-sum",
            'reduction="sum" wants the sum, not the mean',
            replace=('loss.sum() if reduction == "sum"', 'loss.mean() if reduction == "sum"'),
        ),
        Mutant(
            "mean-of-rows",
            "the mean is over all elements, not over the rows only",
            replace=("loss.sum() / (loss.size or math.nan)", "loss.sum() / (len(loss) or math.nan)"),
        ),
    ),
    variants=(
        Variant(
            "logaddexp",
            body="""
                loss = np.logaddexp(0, z) - z * t
                return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()
            """,
        ),
        Variant(
            "two-halves",
            body="""
                positive = np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z)))
                loss = t * positive + (1 - t) * (positive + z)
                if reduction == "none":
                    return loss
                return loss.sum() if reduction == "sum" else loss.mean()
            """,
        ),
    ),
    hints=(
        "For z = −800 and t = 1 the loss is 800. Where exactly does the formula with σ lose it?",
        'Lecture 03, "Losses": −ln σ(z) = ln(1 + e^−z), and 1 − σ(z) = σ(−z). What is left of both when you collect the terms with t?',
        "−t ln σ(z) − (1 − t) ln σ(−z) = ln(1 + e^z) − z t, and ln(1 + e^z) = max(z, 0) + ln(1 + e^−|z|). All of "
        "shape (N, D); then reduce.",
        """
            loss = np.maximum(z, 0) - z * t + np.log1p(…)
            return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()
        """,
    ),
)


def entropy(t):
    """−t ln t − (1 − t) ln(1 − t), the least that the loss can be."""
    a, b = np.where(t > 0, t, 1.0), np.where(t < 1, 1 - t, 1.0)
    return -t * np.log(a) - (1 - t) * np.log(b)
