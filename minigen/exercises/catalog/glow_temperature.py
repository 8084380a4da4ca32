"""glow-temperature: more typical, less various."""

from minigen.bijections import Affine
from minigen.distributions import Bernoulli, Independent, Laplace, Normal, TransformedDistribution
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Moments, Noise, Shape, Values
from minigen.exercises.draws import choice, draws, real
from minigen.tensor import Tensor


def flow(loc, scale, family=Normal):
    """z ~ N(loc, scale²), x = 2 z + 1, for vectors"""
    return TransformedDistribution(Independent(family(loc, scale), 1), Affine(2.0, 1.0))


def latents(loc, scale, temperature, draw):
    """The function itself."""
    return flow(loc, scale).latents((draw,), temperature)


def images(loc, scale, temperature):
    """What is drawn with it."""
    return flow(loc, scale).sample(3, temperature=temperature)


def many(loc, scale, temperature):
    """20,000 draws."""
    return flow(Tensor(loc.data), Tensor(scale.data), Laplace).latents((20_000,), temperature)


def cold(loc, scale):
    """Five draws at T = 0."""
    return flow(loc, scale).sample(5, temperature=0.0)


def coins(logits, temperature):
    """Draws of a base that has no differentiable ones."""
    return TransformedDistribution(Independent(Bernoulli(logits=logits), 1), Affine(2.0, 1.0)).latents((4,), temperature)


CASES = draws(8, loc=real("D"), scale=real("D", 0.25, 2), temperature=choice(1.0, 0.7, 0.25, 0.0), draw=choice(1, 4))
LAPLACE = 2**0.5  # its standard deviation in units of its scale

EXERCISE = Exercise(
    id="glow-temperature",
    lecture="12",
    section="Temperature",
    title="A lower temperature",
    difficulty=1,
    points=2,
    target="minigen.distributions.transformed:TransformedDistribution.latents",
    needs=("glow-dequant",),
    teaches="one number between the typical and the various; T scales σ, not σ²",
    stub_docstring="Draws of z at a ``temperature``: (*sample_shape, *base.event_shape)",
    task=r"""
Faces drawn from a flow look better if $z$ is drawn nearer to the middle than it was in training: at a *temperature* $T < 1$, with
0.7 the usual choice. Two conventions are around. Here, as in Glow's own program, $T$ scales the **standard deviation**, not the
variance, and it does so **about the mean** of $z$:

$$z = \mathrm{E}[z'] + T\,(z' - \mathrm{E}[z']), \qquad z' \sim p_z .$$

$T = 1$ is the flow as it was trained; $T = 0$ gives the same $z$ every time. Return the draws, of shape `sample_shape` and then that of
one $z$.

`self.base` is $p_z$: `self.base.mean`, `self.base.rsample(sample_shape)`, or `self.base.sample(sample_shape)` for a base that has no
differentiable draws, which `self.has_rsample` tells. `temperature` is a number.
""",
    checks=(
        Shape(probe=latents, cases=CASES, points=0.25, says="sample_shape (n,) -> (n, D)"),
        Values(
            probe=cold,
            cases=draws(4, loc=real("D"), scale=real("D", 0.25, 2)),
            points=0.5,
            title="T = 0: the image of the mean, every time",
        ),
        Noise(probe=latents, cases=CASES, points=0.5, title="with the checker's noise"),
        Noise(
            probe=images,
            cases=draws(4, loc=real("D"), scale=real("D", 0.25, 2), temperature=choice(0.7, 1.0)),
            points=0.25,
            title="images drawn with it",
        ),
        Moments(
            probe=many,
            cases=draws(2, loc=real("2"), scale=real("2", 0.5, 2), temperature=choice(0.5, 2.0)),
            expected_moments=lambda loc, scale, temperature: (loc, LAPLACE * scale * temperature),
            points=0.5,
            title="mean of 20,000 draws: that of the base; standard deviation: T times that of the base",
        ),
        Gradient(probe=latents, cases=CASES, wrt=("loc", "scale"), title="gradient, through the draws"),
        Values(
            probe=coins,
            cases=draws(4, logits=real("D"), temperature=choice(0.5, 1.0)),
            title="a base that has no differentiable draws",
        ),
    ),
    mutants=(
        Mutant(
            "cut-off",
            "sample gives draws that no gradient flows through: take rsample where the base has it",
            replace=(
                "self.base.rsample(sample_shape) if self.has_rsample else self.base.sample(sample_shape)",
                "self.base.sample(sample_shape)",
            ),
        ),
        Mutant(
            "always-rsample",
            "not every base has rsample: self.has_rsample tells, and sample is there for the others",
            replace=(
                "self.base.rsample(sample_shape) if self.has_rsample else self.base.sample(sample_shape)",
                "self.base.rsample(sample_shape)",
            ),
        ),
        Mutant(
            "variance",
            "√T: that scales the variance by T, as on some slides; here T scales the standard deviation",
            replace=("mean + temperature * (z - mean)", "mean + temperature**0.5 * (z - mean)"),
        ),
        Mutant(
            "about-zero",
            "T · z shrinks towards 0: the draws shall come nearer to their mean, which need not be 0",
            replace=("mean + temperature * (z - mean)", "temperature * z"),
        ),
        Mutant(
            "squared",
            "T²: T itself scales the standard deviation",
            replace=("mean + temperature * (z - mean)", "mean + temperature**2 * (z - mean)"),
        ),
        Mutant(
            "divided",
            "divided by T: a low temperature makes the draws less various, not more",
            replace=("mean + temperature * (z - mean)", "mean + (z - mean) / (temperature or 1e-12)"),
        ),
        Mutant("ignored", "the temperature is ignored", replace=("return mean + temperature * (z - mean)", "return z + 0 * mean")),
        Mutant(
            "towards-the-draw",
            "the weights are exchanged: T belongs to the draw, 1 − T to the mean",
            replace=("mean + temperature * (z - mean)", "z + temperature * (mean - z)"),
        ),
        Mutant(
            "no-mean",
            "the mean is missing: you scale the deviation from it, and forget to add it again",
            replace=("mean + temperature * (z - mean)", "temperature * (z - mean)"),
        ),
    ),
    variants=(
        Variant(
            "weights",
            body="""
                z = (self.base.rsample if self.has_rsample else self.base.sample)(sample_shape)
                return temperature * z + (1 - temperature) * self.base.mean
            """,
        ),
    ),
    hints=(
        "If z′ has the mean 3 and the standard deviation 2, what do 0.7 z′ have? And 3 + 0.7 (z′ − 3)?",
        'Lecture 12, "Temperature": E[z] stays, and the standard deviation becomes T σ.',
        "z′: (*sample_shape, D). mean: (D,). z′ − mean, times T, plus mean: (*sample_shape, D).",
        """
            z = self.base.rsample(sample_shape) if self.has_rsample else self.base.sample(sample_shape)
            mean = self.base.mean
            return …
        """,
    ),
)
