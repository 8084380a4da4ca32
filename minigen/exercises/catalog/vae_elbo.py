"""vae-elbo: the two terms of the bound."""

import numpy as np

from minigen import nn, random
from minigen.distributions import Independent, Normal
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import MonteCarlo, Noise, Property, Shape, Values
from minigen.exercises.draws import choice, draws, real
from minigen.models.linear_gaussian import LinearGaussian
from minigen.models.vae import VAE, GaussianVAE
from minigen.ops import exp
from minigen.tensor import Tensor

PIXELS, LATENT = 5, 2


def model(seed, kind=VAE, **settings):
    """A small VAE, the same for the same seed."""
    with random.fork(seed):
        return kind.fully_connected(PIXELS, (4,), LATENT, activation=nn.Tanh, **settings)


def terms(x, seed, n_samples):
    """(reconstruction, kl) for pixels that are coins."""
    return model(seed).terms(x, n_samples)


def one(x, seed):
    """(reconstruction, kl) with a single draw."""
    return model(seed).terms(x)


def grey(x, seed):
    """(reconstruction, kl) for pixels that are normal."""
    return model(seed, GaussianVAE, sigma=0.5).terms(x, 2)


def linear(W):
    """The VAE whose integrals have closed forms, with a posterior that is a little off."""
    exact = LinearGaussian(W, np.array([0.5, -0.25, 0.0]), 0.6)
    vae = exact.as_vae()
    vae.encoder.bias.data[:] += 0.3
    return exact, vae


def bound(W, x):
    """The ELBO, averaged over 2,000 draws of z."""
    reconstruction, kl = linear(W)[1].terms(x, 2000)
    return reconstruction - kl


def closed_form(W, x):
    """The ELBO by the formula for the linear model, and the standard error of 2,000 draws."""
    exact, vae = linear(W)
    mu, log_var = np.split(vae.encoder(Tensor(x)).data, 2, axis=1)
    q = Independent(Normal(mu, exp(Tensor(0.5 * log_var))), 1)
    draws_ = exact.p(q.sample((4000,))).log_prob(x).data
    return exact.elbo(x, q).data, draws_.std(axis=0) / np.sqrt(2000)


def below(y, W, x):
    """ELBO ≤ log p(x), within the error of the average."""
    return y <= linear(W)[0].log_prob(x).data + 6 * closed_form(W, x)[1]


IMAGES = draws(8, x=real(f"N {PIXELS}", 0, 1), seed=choice(0, 1, 2), n_samples=choice(1, 2, 5))
POINTS = draws(2, W=real("3 2", -2, 2, away=0.25), x=real("2 3", -2, 2))

EXERCISE = Exercise(
    id="vae-elbo",
    lecture="05",
    section="The lower bound",
    title="The two terms of the bound",
    difficulty=3,
    points=5,
    target="minigen.models.vae:VAE.terms",
    names="kl_divergence",
    needs=("vae-reparam", "vae-kl"),
    teaches="one term by drawing, one by formula, one number for each image",
    task=r"""
$$\ln p(x) \;\ge\; \underbrace{E_{q(z|x)}[\ln p(x|z)]}_{\text{reconstruction}} - \underbrace{\mathrm{KL}(q(z|x)\,\|\,p(z))}_{\text{kl}}$$

Return the pair `(reconstruction, kl)`, both of shape $(N,)$, in nats for a whole image. The first term is an average over $L$ =
`n_samples` draws $z_l \sim q(z|x)$, the second has a closed form.

`self.q(x)` is $q(z|x)$, with `rsample()` for one draw $(N, K)$ and `rsample((L,))` for $L$ of them $(L, N, K)$;
`self.log_likelihood(x, z)` is $\ln p(x|z)$, $(N,)$ or $(L, N)$; `self.prior` is $p(z)$; `kl_divergence(p, q)` is KL(p ‖ q).
""",
    checks=(
        Shape(probe=terms, cases=IMAGES, points=0.5, says="x (N, D) -> (N,), (N,)"),
        Noise(probe=one, cases=draws(6, x=real(f"N {PIXELS}", 0, 1), seed=choice(0, 1)), points=1, title="with the checker's noise, L = 1"),
        Values(probe=terms, cases=IMAGES, points=1, title="both terms, L = 1, 2, 5"),
        Values(probe=grey, cases=draws(5, x=real(f"N {PIXELS}", -1, 1), seed=choice(0, 1)), points=0.5, title="with a Gaussian decoder"),
        MonteCarlo(probe=bound, cases=POINTS, estimate=closed_form, points=1, title="the exact ELBO of a linear model"),
        Property(probe=bound, cases=POINTS, points=1, title="ELBO ≤ log p(x), where that is known", holds=below),
    ),
    mutants=(
        Mutant(
            "kl-turned",
            "KL(p ‖ q) instead of KL(q ‖ p): the average is over what the encoder believes",
            replace=("kl_divergence(q, self.prior)", "kl_divergence(self.prior, q)"),
        ),
        Mutant(
            "kl-negated",
            "the second of the pair is KL itself, which is never negative; the caller subtracts it",
            replace=("return reconstruction, kl_divergence(q, self.prior)", "return reconstruction, -kl_divergence(q, self.prior)"),
        ),
        Mutant("no-average", "the sum over the L draws instead of their mean: it grows with L", replace=(".mean(axis=0)", ".sum(axis=0)")),
        Mutant(
            "batch-mean",
            "one number for each image, (N,): the mean over the batch is taken by the caller",
            body="""
                q = self.q(x)
                z = q.rsample((n_samples,))
                return self.log_likelihood(x, z).mean(), kl_divergence(q, self.prior).mean()
            """,
        ),
        Mutant(
            "per-pixel",
            "that is the mean over the pixels: a density of a whole image is the sum of the logarithms",
            body="""
                q = self.q(x)
                z = q.rsample((n_samples,)) if n_samples > 1 else q.rsample()
                log_p = self.log_likelihood(x, z)
                log_p = log_p if n_samples == 1 else log_p.mean(axis=0)
                return log_p / x.shape[1], kl_divergence(q, self.prior)
            """,
        ),
        Mutant(
            "mean-of-q",
            "you decoded the middle of q: the bound needs draws of z, or it can exceed log p(x)",
            body="""
                q = self.q(x)
                return self.log_likelihood(x, q.mean), kl_divergence(q, self.prior)
            """,
        ),
        Mutant(
            "prior-draws",
            "z was drawn from the prior: the encoder's q(z|x) says where z may be",
            body="""
                q = self.q(x)
                z = self.prior.rsample((n_samples, len(x)))
                return self.log_likelihood(x, z).mean(axis=0), kl_divergence(q, self.prior)
            """,
        ),
    ),
    variants=(
        Variant(
            "always-an-axis",
            body="""
                q = self.q(x)
                z = q.rsample((n_samples,))
                return self.log_likelihood(x, z).mean(axis=0), kl_divergence(q, self.prior)
            """,
        ),
    ),
    hints=(
        "Which of the two terms can be computed without drawing anything, and which needs the decoder?",
        'Lecture 05, "The lower bound", and eq. 10 of Kingma and Welling: (1/L) Σ log p(x|z_l) − KL(q ‖ p).',
        "q = self.q(x): N distributions of (K,). z: (L, N, K). log-likelihood: (L, N), its mean over axis 0: (N,). KL: (N,).",
        """
            q = self.q(x)
            z = q.rsample((n_samples,))
            reconstruction = …
            return reconstruction, kl_divergence(q, self.prior)
        """,
    ),
)
