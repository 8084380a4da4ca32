"""glow-split: half of the channels leave, and what stays says what they may have been."""

import numpy as np

from minigen import random
from minigen.bijections import Chain
from minigen.bijections.multiscale import Multiscale, Split, Squeeze
from minigen.distributions import Normal, TransformedDistribution
from minigen.distributions.transformed import standard_normal
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Inverse, Jacobian, Property, Shape, Values
from minigen.exercises.draws import draws, real


def split(w, channels):
    """A Split whose network has learned something: w is its convolution."""
    made = Split(channels)
    made.net.weight = w
    return made


def leaving(x, theta):
    """(z₂, log|∂z₂/∂x₂|) element by element"""
    return Split(2 * x.shape[1]).transform(x, theta)


def standardised(x, theta):
    """(log N(z₂; 0, 1) + log|∂z₂/∂x₂|, log N(x₂; μ, σ)) element by element"""
    made = Split(2 * x.shape[1])
    z, log_scale = made.transform(x, theta)
    mu, log_sigma = made.prior(theta)
    return Normal(0.0, 1.0).log_prob(z) + log_scale, Normal(mu, log_sigma.exp()).log_prob(x)


def there_and_back(x, w):
    """x again, and the log-determinants of both ways."""
    both = split(w, x.shape[1])
    z, there = both.forward(x)
    again, back = both.inverse(z)
    return again, there, back


def whole(x, w):
    """(z, log_det) of images"""
    return split(w, x.shape[1]).forward(x)


def two_levels(x, w):
    """log p(x) of a flow of two levels"""
    with random.fork(0):
        levels = [Chain(Squeeze(), split(w, 4)), Squeeze()]
    flow = Multiscale(x.shape[1:], levels)
    return TransformedDistribution(standard_normal(x[0].numel()), flow.inv).log_prob(x)


ELEMENTS = draws(8, x=real("N K H W"), theta=real("N 2 K H W", -1.5, 1.5))
IMAGES = draws(4, x=real("N 4 2 1"), w=real("4 2 3 3", -0.5, 0.5))

EXERCISE = Exercise(
    id="glow-split",
    lecture="12",
    section="Squeeze, split, and the tree of levels",
    title="Half of the channels leave",
    difficulty=3,
    points=3,
    target="minigen.bijections.multiscale:Split.transform",
    names="exp",
    needs=("glow-squeeze",),
    teaches="a learned prior is a coupling: say z ~ N(0, 1) for what is left when the expected is subtracted",
    task=r"""
After each level of a multi-scale flow half of the channels are done and leave. Their density is not $N(0, I)$: what stays, $x_1$, knows
much about what leaves, $x_2$. So a small network says, from $x_1$, what to expect,

$$p(x_2 | x_1) = N(\mu(x_1), \sigma(x_1)^2), \qquad \mu, \log\sigma = \mathrm{net}(x_1).$$

A flow wants all its latents to be $N(0, 1)$, so $x_2$ is *standardised*: $z_2$ is that number which is as unusual under $N(0, 1)$ as
$x_2$ is under this prior. Then $\log N(z_2; 0, 1) + \log|\partial z_2/\partial x_2| = \log N(x_2; \mu, \sigma)$ holds, and everything
adds up.

Return the pair $(z_2, \log|\partial z_2/\partial x_2|)$, **element by element**, both of the shape of `x`, $(N, k, H, W)$; the
coupling around it sums. `x` is $x_2$, and `mu, log_sigma = self.prior(theta)` is what the network says of it, $(N, k, H, W)$ each.
""",
    checks=(
        Shape(probe=leaving, cases=ELEMENTS, points=0.25, says="(N, k, H, W), (N, 2, k, H, W) -> twice (N, k, H, W)"),
        Values(probe=leaving, cases=ELEMENTS, points=0.75),
        Property(
            probe=standardised,
            cases=ELEMENTS,
            points=0.5,
            title="log N(z₂; 0, 1) + log|∂z₂/∂x₂| = log N(x₂; μ, σ)",
            holds=lambda mine, prior, **case: np.isclose(mine, prior, rtol=1e-9, atol=1e-9),
        ),
        Jacobian(probe=whole, cases=draws(1, x=real("1 4 2 1"), w=real("4 2 3 3", -0.5, 0.5)), points=0.25),
        Inverse(probe=there_and_back, cases=IMAGES, points=0.5, title="there and back: sampling starts with z₂ and finds x₂"),
        Values(
            probe=two_levels,
            cases=draws(2, x=real("N 1 4 4"), w=real("4 2 3 3", -0.5, 0.5)),
            points=0.5,
            title="log p(x) of a flow of two levels",
        ),
        Gradient(probe=leaving, cases=draws(2, x=real("N 1 1 2"), theta=real("N 2 1 1 2")), points=0.25),
    ),
    mutants=(
        Mutant(
            "way-back",
            "that is μ + σ x: the way from z₂ to x₂; here x₂ is known",
            body="""
                mu, log_sigma = self.prior(theta)
                return mu + exp(log_sigma) * x, log_sigma
            """,
        ),
        Mutant(
            "sign",
            "the sign: dividing by σ stretches by 1/σ, so log|∂z₂/∂x₂| = −log σ",
            replace=("exp(-log_sigma), -log_sigma", "exp(-log_sigma), log_sigma"),
        ),
        Mutant("no-mean", "μ is missing: subtract what was expected before you divide", replace=("(x - mu)", "(x + 0 * mu)")),
        Mutant(
            "no-scale",
            "σ is missing: what is left after subtracting μ has the spread σ, not 1",
            replace=("(x - mu) * exp(-log_sigma), -log_sigma", "x - mu, 0 * log_sigma"),
        ),
        Mutant(
            "order",
            "you divide before you subtract: μ is in units of x₂",
            replace=("(x - mu) * exp(-log_sigma)", "x * exp(-log_sigma) - mu"),
        ),
        Mutant(
            "log-variance",
            "log σ was taken for log σ²: no ½ here",
            replace=("(x - mu) * exp(-log_sigma), -log_sigma", "(x - mu) * exp(-0.5 * log_sigma), -0.5 * log_sigma"),
        ),
        Mutant(
            "exchanged",
            "μ and log σ are exchanged: prior returns (mu, log_sigma)",
            replace=("mu, log_sigma = self.prior(theta)", "log_sigma, mu = self.prior(theta)"),
        ),
        Mutant(
            "summed",
            "element by element: the coupling around it sums the logarithms",
            body="""
                mu, log_sigma = self.prior(theta)
                return (x - mu) * exp(-log_sigma), -log_sigma.sum(axis=(1, 2, 3))
            """,
        ),
    ),
    variants=(
        Variant(
            "divided",
            body="""
                mu, log_sigma = self.prior(theta)
                sigma = exp(log_sigma)
                return x / sigma - mu / sigma, 0.0 - log_sigma
            """,
        ),
    ),
    hints=(
        "A person is 190 cm tall, where 175 ± 10 cm are usual. How many standard deviations is that?",
        'Lecture 12, "Squeeze, split, and the tree of levels": z₂ = (x₂ − μ)/σ, whose derivative by x₂ is 1/σ.',
        "x, mu, log_sigma: (N, k, H, W). z₂: the same. log|∂z₂/∂x₂| = −log σ: the same.",
        """
            mu, log_sigma = self.prior(theta)
            return …, -log_sigma
        """,
    ),
)
