"""vae-reparam: a draw that can be differentiated."""

from minigen.distributions import Normal
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Gradient, Moments, Noise, Shape, Values
from minigen.exercises.draws import draws, real


def draw(mu, sigma):
    """One draw for each element."""
    return Normal(mu, sigma, validate_args=False).rsample()


def several(mu, sigma):
    """Three draws for each element."""
    return Normal(mu, sigma, validate_args=False).rsample((3,))


def many(mu, sigma):
    """20,000 draws."""
    return Normal(mu, sigma, validate_args=False).rsample((20_000,))


BOTH = draws(10, mu=real("N D"), sigma=real("N D", 0.25, 3))

EXERCISE = Exercise(
    id="vae-reparam",
    lecture="05",
    section="Reparametrisation",
    title="A draw that can be differentiated",
    difficulty=2,
    points=3,
    target="minigen.distributions.normal:Normal.rsample",
    names="random",
    needs=("vae-gauss-logprob",),
    teaches="z = μ + σ ε: the noise stands apart from the parameters",
    task=r"""
The encoder says $q(z|x) = N(\mu, \sigma^2)$ and the decoder needs a $z$ drawn from it. How can a gradient flow through a dice? Draw the
noise first, $\varepsilon \sim N(0, 1)$, which depends on nothing, and *compute* $z = \mu + \sigma\,\varepsilon$. Then
$\partial z/\partial\mu = 1$ and $\partial z/\partial\sigma = \varepsilon$.

`self.loc` is μ, `self.scale` σ, both tensors. `self.extended_shape(sample_shape)` is the shape of the result;
`random.randn(shape, dtype, device)` draws an array from minigen's generator; `self.dtype`, `self.device` say which.
""",
    checks=(
        Shape(probe=several, cases=BOTH, points=0.5, says="(3,) draws of (N, D) -> (3, N, D)"),
        Noise(probe=draw, cases=BOTH, points=1, title="with the checker's noise: μ + σ ε"),
        Gradient(probe=draw, cases=BOTH, points=0.5, title="gradient, ∂z/∂μ = 1 and ∂z/∂σ = ε"),
        Values(probe=several, cases=BOTH, title="three draws, each with noise of its own"),
        Moments(
            probe=many,
            cases=draws(3, mu=real("D"), sigma=real("D", 0.25, 3)),
            points=1,
            title="mean μ, standard deviation σ",
            expected_moments=lambda mu, sigma: (mu, sigma),
        ),
    ),
    mutants=(
        Mutant(
            "variance",
            "the noise is multiplied by σ²: its standard deviation must be σ",
            replace=("self.scale * eps", "self.scale * self.scale * eps"),
        ),
        Mutant(
            "detached",
            "no gradient reaches σ: it was taken out of the graph, as an array",
            replace=("self.scale * eps", "self.scale.data * eps"),
        ),
        Mutant(
            "no-mean", "μ is missing: the draws lie around 0", replace=("self.loc + self.scale * eps", "0 * self.loc + self.scale * eps")
        ),
        Mutant(
            "no-noise",
            "that is the mean: nothing was drawn",
            body="return self.loc + 0 * self.scale * random.randn(self.extended_shape(sample_shape), self.dtype)",
        ),
        Mutant("uniform", "ε is normal, not uniform: random.randn, not random.rand", replace=("random.randn(", "random.rand(")),
        Mutant(
            "one-noise",
            "one ε for all elements: every element needs noise of its own",
            body="""
                eps = random.randn((1,), self.dtype)
                return self.loc + self.scale * (eps + 0 * random.randn(self.extended_shape(sample_shape), self.dtype))
            """,
        ),
        Mutant("square-root", "√σ: scale is the standard deviation already", replace=("self.scale * eps", "self.scale**0.5 * eps")),
    ),
    variants=(
        Variant(
            "turned",
            body="""
                eps = random.randn(self.extended_shape(sample_shape), self.dtype, self.device)
                return eps * self.scale + self.loc
            """,
        ),
    ),
    hints=(
        "Whom does the noise have to know? If ε were drawn a week ago and kept in a drawer, could you still make a"
        " draw of N(μ, σ²) from it?",
        'Lecture 05, "Reparametrisation"; Kingma and Welling, section 2.4: z = g(ε, x).',
        "shape = self.extended_shape(sample_shape), such as (3, N, D). ε of that shape. μ and σ, both (N, D), broadcast against it.",
        """
            eps = random.randn(self.extended_shape(sample_shape), self.dtype, self.device)
            return …
        """,
    ),
)
