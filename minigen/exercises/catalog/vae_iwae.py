"""vae-iwae: a tighter bound by weighing several draws."""

import numpy as np

from minigen import nn, random
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Noise, Property, Shape, Values
from minigen.exercises.draws import choice, draws, real
from minigen.models.linear_gaussian import LinearGaussian
from minigen.models.vae import VAE

PIXELS, LATENT = 4, 2


def model(seed):
    """A small VAE, the same for the same seed."""
    with random.fork(seed):
        return VAE.fully_connected(PIXELS, (4,), LATENT, activation=nn.Tanh)


def estimate(x, seed, n_samples):
    """log p(x), estimated from n_samples draws."""
    return model(seed).importance_log_prob(x, n_samples)


def linear(W, shift):
    """A VAE whose log p(x) is known, with a posterior that is off by ``shift``."""
    exact = LinearGaussian(W, np.array([0.5, -0.25, 0.0]), 0.6)
    vae = exact.as_vae()
    vae.encoder.bias.data[:] += shift
    return exact, vae


def ladder(W, x):
    """Means of the bound with K = 1, 5 and 50 draws, over 300 repetitions, of one x."""
    many = np.repeat(x.data[:1], 300, axis=0)
    return np.array([linear(W, 0.4)[1].importance_log_prob(many, k).data.mean() for k in (1, 5, 50)])


def at_the_posterior(W, x):
    """With the exact posterior every weight is p(x), however few draws."""
    return linear(W, 0.0)[1].importance_log_prob(x, 2)


def rises_to_the_truth(bounds, W, x):
    """The bound rises with K and ends near log p(x), from below (within the error of 300 repetitions)."""
    truth = linear(W, 0.0)[0].log_prob(x[:1]).data[0]
    return bounds[0] < bounds[1] + 0.02 and bounds[1] < bounds[2] + 0.02 and bounds[2] < truth + 0.05 and truth - bounds[2] < 0.3


IMAGES = draws(6, x=real(f"N {PIXELS}", 0, 1), seed=choice(0, 1), n_samples=choice(1, 2, 5))
POINTS = [{"W": np.array([[1.0, 0.5], [0.25, -1.0], [0.5, 0.75]]), "x": np.array([[1.0, 0.5, -0.25], [0.0, -1.0, 0.5]])}]

EXERCISE = Exercise(
    id="vae-iwae",
    lecture="06",
    section="How tight?",
    title="A tighter bound from several draws",
    difficulty=3,
    points=3,
    target="minigen.models.vae:VAE._importance_log_prob",
    names="logmeanexp",
    needs=("vae-elbo",),
    teaches="the logarithm of an average of weights; more draws, a tighter bound",
    stub_docstring="log (1/L) Σₗ p(x|zₗ) p(zₗ) / q(zₗ|x),  zₗ ~ q(z|x), in nats: (N, D), L -> (N,)",
    task=r"""
How tight is the ELBO? Burda, Grosse and Salakhutdinov draw $L$ times from $q(z|x)$ and weigh each draw by how much more probable it is
under
the model than under $q$:

$$\ln p(x) \approx \ln \frac1L \sum_{l=1}^{L} w_l,\qquad w_l = \frac{p(x|z_l)\, p(z_l)}{q(z_l|x)},\quad z_l \sim q(z|x).$$

The average of the $w_l$ is an unbiased estimate of $p(x)$, and its logarithm is a bound that rises with $L$; for $L = 1$ it is an ELBO
by
drawing. The $w_l$ themselves underflow ($e^{-150}$ for a digit), so stay with $\ln w_l$ and let `logmeanexp(…, axis=0)` do the rest.

`self.q(x)` is $q(z|x)$ with `rsample((L,))` → (L, N, K) and `log_prob(z)` → (L, N); `self.log_likelihood(x, z)` is $\ln p(x|z)$, (L,
N);
`self.prior.log_prob(z)` is $\ln p(z)$, (L, N).
""",
    checks=(
        Shape(probe=estimate, cases=IMAGES, points=0.25, says="x (N, D) -> (N,)"),
        Noise(probe=estimate, cases=IMAGES, points=1, title="with the checker's draws"),
        Values(probe=estimate, cases=[{"x": np.full((2, PIXELS), 0.5), "seed": 3, "n_samples": 40}], points=0.5, title="values, 40 draws"),
        Values(probe=at_the_posterior, cases=POINTS, points=0.5, title="exact at the true posterior, even with two draws"),
        Property(probe=ladder, cases=POINTS, points=0.75, title="L = 1, 5, 50: the bound rises towards log p(x)", holds=rises_to_the_truth),
    ),
    mutants=(
        Mutant(
            "mean-of-logs",
            "that is the mean of the logarithms, an ELBO: the average belongs inside the logarithm",
            replace=("logmeanexp(log_weight, axis=0)", "log_weight.mean(axis=0)"),
        ),
        Mutant("no-q", "ln q(z|x) is missing: the draws came from q, so each must be divided by it", replace=(" - q.log_prob(z)", "")),
        Mutant("no-prior", "the prior is missing: w = p(x|z) p(z) / q(z|x)", replace=(" + self.prior.log_prob(z)", "")),
        Mutant("q-turned", "the weight is divided by q, not multiplied", replace=("- q.log_prob(z)", "+ q.log_prob(z)")),
        Mutant(
            "from-the-prior",
            "the draws must come from q(z|x), near the needle",
            replace=("q.rsample((n_samples,))", "self.prior.sample((n_samples, len(x)))"),
        ),
        Mutant(
            "no-division",
            "the mean of the weights, not their sum: ln L must be subtracted",
            body="""
            from minigen.ops import logsumexp
            q = self.q(x)
            z = q.rsample((n_samples,))
            log_weight = self.log_likelihood(x, z) + self.prior.log_prob(z) - q.log_prob(z)
            return logsumexp(log_weight, axis=0)
        """,
        ),
        Mutant(
            "wrong-axis",
            "the average is over the draws, axis 0, not over the images",
            body="""
            q = self.q(x)
            z = q.rsample((n_samples,))
            log_weight = self.log_likelihood(x, z) + self.prior.log_prob(z) - q.log_prob(z)
            return logmeanexp(log_weight, axis=1).mean() + 0 * log_weight[0]
        """,
        ),
    ),
    variants=(
        Variant(
            "by-hand",
            body="""
            from minigen.ops import exp, log, max
            q = self.q(x)
            z = q.rsample((n_samples,))
            log_w = self.prior.log_prob(z) + self.log_likelihood(x, z) - q.log_prob(z)
            top = log_w.detach().max(axis=0)[0]
            return log(exp(log_w - top).mean(axis=0)) + top
        """,
        ),
    ),
    hints=(
        "If z is drawn from q although p(z) was meant, by which factor does the average have to be corrected?",
        'Lecture 05, "The integral that nobody can compute"; Burda et al., equation 8.',
        "z: (L, N, K). Three log-densities, each (L, N). log_weight: (L, N). logmeanexp over axis 0: (N,).",
        """
            q = self.q(x)
            z = q.rsample((n_samples,))
            log_weight = …
            return logmeanexp(log_weight, axis=0)
        """,
    ),
)
