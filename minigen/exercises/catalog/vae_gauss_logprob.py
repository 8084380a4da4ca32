"""vae-gauss-logprob: the density of a normal distribution, in logarithms."""

import math

import numpy as np

from minigen.distributions import Normal
from minigen.distributions.normal import normal_log_prob
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Property, Shape, Stable, Values
from minigen.exercises.draws import draws, real


def density(x, loc, scale):
    """The function itself."""
    return normal_log_prob(x, loc, scale)


def area(loc, scale):
    """∫ p(x) dx over a fine grid that holds all of the mass."""
    t = np.linspace(-12, 12, 4001)
    return np.exp(normal_log_prob(loc.data + scale.data * t, loc.data, scale.data)).sum() * (t[1] - t[0]) * scale.data


def peaks(mu):
    """The log-density at the mean for σ = 1, through the class."""
    return Normal(mu, 1.0).log_prob(mu)


def exactly(x, loc, scale):
    """In arithmetic with more digits."""
    x, loc, scale = (v.astype(np.longdouble) for v in (x, loc, scale))
    return (-0.5 * ((x - loc) / scale) ** 2 - np.log(scale) - 0.5 * np.log(2 * np.longdouble(math.pi))).astype(float)


CASES = draws(15, x=real("N D"), loc=real("N D"), scale=real("N D", 0.25, 3))
EXTREME = [
    {"x": np.array([x]), "loc": np.array([0.0]), "scale": np.array([s])} for x in (0.0, 1e-3, 50.0) for s in (1e-6, 1.0, 1e6)
]  # fmt: skip

EXERCISE = Exercise(
    id="vae-gauss-logprob",
    lecture="05",
    section="Decoder",
    title="The log-density of a normal distribution",
    difficulty=2,
    points=3,
    target="minigen.distributions.normal:normal_log_prob",
    names="np, HALF_LOG_2PI",
    needs=("in-kl-mc",),
    teaches="the reconstruction cost of the slides is a log-density; with a constant σ it is least squares",
    stub_docstring="log N(x; loc, scale²), element by element, in nats",
    task=r"""
A Gaussian decoder says $p(x|z) = N(\mu, \sigma^2)$ for each pixel. The reconstruction term of the ELBO is its logarithm. From

$$p(x) = \frac{1}{\sigma\sqrt{2\pi}}\, e^{-\frac12 z^2},\qquad z = \frac{x - \mu}{\sigma},$$

return $\ln p(x)$, element by element, without computing $p(x)$ itself: it underflows for every image. `loc` is μ, `scale` is **σ**,
not σ²;
`HALF_LOG_2PI` is ½ ln 2π. The arguments are NumPy arrays. (The slides leave ½ ln 2π out of the cost. Training does not mind; a
comparison
of two models in nats does.)
""",
    checks=(
        Shape(probe=density, cases=CASES, points=0.5, says="three of (N, D) -> (N, D)"),
        Values(probe=density, cases=CASES, points=1),
        Property(
            probe=area,
            cases=draws(6, loc=real(""), scale=real("", 0.25, 3)),
            points=0.5,
            title="its exponential integrates to 1",
            holds=lambda y, loc, scale: abs(float(y) - 1) < 1e-9,
        ),
        Property(
            probe=peaks,
            cases=draws(4, mu=real("N")),
            points=0.5,
            title="−½ ln 2π at the mean, for σ = 1",
            holds=lambda y, mu: np.isclose(y, -0.5 * math.log(2 * math.pi), rtol=1e-12),
        ),
        Stable(probe=density, cases=EXTREME, right=exactly, points=0.5, title="right where the density itself underflows"),
    ),
    mutants=(
        Mutant(
            "no-constant",
            "½ ln 2π is missing: without it the exponential does not integrate to 1",
            replace=("(np.log(scale) + HALF_LOG_2PI)", "np.log(scale)"),
        ),
        Mutant(
            "no-log-sigma",
            "ln σ is missing: a wide density is low",
            replace=("(np.log(scale) + HALF_LOG_2PI)", "(0 * scale + HALF_LOG_2PI)"),
        ),
        Mutant("no-half", "the ½ before z² is missing", replace=("-0.5 * (z * z)", "-(z * z)")),
        Mutant(
            "variance-for-scale",
            "scale is σ: z = (x − μ)/σ, and you took scale for the variance",
            body="""
                return -0.5 * (x - loc) ** 2 / scale - (0.5 * np.log(scale) + HALF_LOG_2PI)
            """,
        ),
        Mutant(
            "sign",
            "that is −ln p(x), the cost: the log-density is wanted",
            replace=("return -0.5 * (z * z) - (np.log(scale) + HALF_LOG_2PI)", "return 0.5 * (z * z) + (np.log(scale) + HALF_LOG_2PI)"),
        ),
        Mutant(
            "through-the-density",
            "p(x) underflows to 0 before its logarithm is taken: work with the logarithm from the start",
            body="""
            p = np.exp(-0.5 * ((x - loc) / scale) ** 2) / (scale * np.sqrt(2 * np.pi))
            return np.log(p)
        """,
        ),
        Mutant(
            "summed",
            "one number for each element is wanted: who needs the sum over the pixels takes it later",
            body="""
            z = (x - loc) / scale
            return (-0.5 * (z * z) - (np.log(scale) + HALF_LOG_2PI)).sum(axis=-1)
        """,
        ),
    ),
    variants=(
        Variant(
            "variance",
            body="""
            v = scale**2
            return -((x - loc) ** 2) / (2 * v) - 0.5 * np.log(v) - HALF_LOG_2PI
        """,
        ),
    ),
    hints=(
        "What does the logarithm make of a product, of a quotient, and of exp?",
        'Lecture 05, "Sampling from p(x) in two steps", and appendix C.2 of Kingma and Welling: −½ z² − ln σ − ½ ln 2π.',
        "z: (N, D). Three terms, each (N, D) or a number, all with a minus sign.",
        """
            z = (x - loc) / scale
            return … - (np.log(scale) + HALF_LOG_2PI)
        """,
    ),
)
