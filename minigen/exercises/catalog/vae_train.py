"""vae-train: the bound, and a VAE that learns with it."""

import numpy as np

from minigen import data, nn, optim, random
from minigen.exercises import Exercise, Mutant, Variant
from minigen.exercises.checks import Bound, Noise, Shape, Train, Values
from minigen.exercises.draws import choice, draws, real
from minigen.models.linear_gaussian import LinearGaussian
from minigen.models.vae import VAE
from minigen.tensor import Tensor

PIXELS, LATENT, STEPS, BATCH = 5, 2, 60, 64


def model(seed):
    """A small VAE, the same for the same seed."""
    with random.fork(seed):
        return VAE.fully_connected(PIXELS, (4,), LATENT, activation=nn.Tanh)


def bound(x, seed, n_samples):
    """The ELBO of each row."""
    return model(seed).elbo(x, n_samples)


def linear(W, shift):
    """A VAE whose log p(x) is known, with a posterior that is off by ``shift``."""
    exact = LinearGaussian(W, np.array([0.5, -0.25, 0.0]), 0.6)
    vae = exact.as_vae()
    vae.encoder.bias.data[:] += shift
    return exact, vae


def averaged(W, shift, x):
    """The ELBO, averaged over 4,000 draws."""
    return linear(W, shift)[1].elbo(x, 4000)


def truth(W, shift, x):
    """log p(x), and a little more than the error of 4,000 draws."""
    return linear(W, 0.0)[0].log_prob(x).data + 0.1


def digits():
    """600 digits, every third pixel of every third row: (600, 100)"""
    return (data.mnist(full=False).images[:600, ::3, ::3] / np.float32(255)).reshape(600, -1)


def untrained():
    """The network 100 → 32 → 2 and back, always the same at first."""
    with random.fork(5):
        return VAE.fully_connected(100, (32,), 2, activation=nn.ReLU)


def trained():
    """Its weights after some steps of Adam that ascend the bound."""
    vae, x = untrained(), digits()
    optimizer = optim.Adam(vae, lr=1e-2)
    for step in range(STEPS):
        start = step * BATCH % 512
        loss = -vae.elbo(Tensor(x[start : start + BATCH])).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return tuple(p.data for p in vae.parameters())


def cost(*weights):
    """−ELBO in nats on the last 88 digits, by the library."""
    vae = untrained()
    for p, w in zip(vae.parameters(), weights):
        p.data = w
    with random.fork(0):
        reconstruction, kl = vae.terms(Tensor(digits()[512:]), 20)
    return float((kl - reconstruction).data.mean())


CASES = draws(6, x=real(f"N {PIXELS}", 0, 1), seed=choice(0, 1), n_samples=choice(1, 3))
POINTS = [
    {"W": np.array([[1.0, 0.5], [0.25, -1.0], [0.5, 0.75]]), "shift": s, "x": np.array([[1.0, 0.5, -0.25], [0.0, -1.0, 0.5]])}
    for s in (0.0, 0.5)
]  # fmt: skip

EXERCISE = Exercise(
    id="vae-train",
    lecture="06",
    section="Results",
    title="The bound, and a VAE that learns with it",
    difficulty=3,
    points=4,
    target="minigen.models.vae:VAE.elbo",
    needs=("vae-elbo",),
    teaches="both terms in nats for a whole image, with the right signs: then it trains",
    stub_docstring="The lower bound on log p(x) with L = ``n_samples`` draws of z, in nats: (N, D) -> (N,)",
    task=r"""
`self.terms(x, n_samples)` returns the two terms, `(reconstruction, kl)`, each (N,). Put them together to the bound of each image,

$$\mathrm{ELBO}(x) = \mathrm{E}_q[\ln p(x|z)] - \mathrm{KL}(q(z|x) \,\|\, p(z)) \le \ln p(x).$$

It is short, and easy to get wrong in ways that still train a little: a sign, a mean over pixels, one number for the whole batch. So
your
function is put into the library, a VAE is trained on 600 digits with it, and its weights are judged on digits that it has not seen.
""",
    checks=(
        Shape(probe=bound, cases=CASES, points=0.5, says="(N, D) -> (N,)"),
        Values(probe=bound, cases=CASES, points=0.5),
        Noise(probe=bound, cases=CASES, points=0.5, title="with the checker's draws"),
        Bound(probe=averaged, cases=POINTS, exact=truth, points=0.5, title="ELBO ≤ log p(x), where that is known"),
        Train(probe=trained, loss=cost, points=2, margin=2.0, seconds=20, title="a VAE trained with it, on unseen digits"),
    ),
    mutants=(
        Mutant(
            "plus-kl",
            "the divergence is subtracted: added, it pushes q away from the prior for ever",
            replace=("reconstruction - kl", "reconstruction + kl"),
        ),
        Mutant(
            "cost",
            "that is the cost −ELBO, which is descended: the function returns the bound itself",
            replace=("return reconstruction - kl", "return kl - reconstruction"),
        ),
        Mutant(
            "no-kl",
            "that is the reconstruction alone: an autoencoder, whose codes may lie anywhere",
            replace=("return reconstruction - kl", "return reconstruction"),
        ),
        Mutant(
            "batch-mean",
            "one number for each image: the loop takes the mean",
            replace=("return reconstruction - kl", "return (reconstruction - kl).mean() + 0 * kl"),
        ),
        Mutant(
            "half-kl",
            "the divergence has the weight 1: with another weight it is a β-VAE, and no bound on log p(x) for β < 1",
            replace=("reconstruction - kl", "reconstruction - 0.5 * kl"),
        ),
        Mutant(
            "one-draw",
            "n_samples is ignored: the reconstruction is an average over that many draws",
            replace=("self.terms(x, n_samples)", "self.terms(x)"),
        ),
    ),
    variants=(
        Variant(
            "by-index",
            body="""
            both = self.terms(x, n_samples)
            return both[0] - both[1]
        """,
        ),
        Variant(
            "minus-cost",
            body="""
            reconstruction, kl = self.terms(x, n_samples)
            cost = kl - reconstruction
            return -cost
        """,
        ),
    ),
    hints=(
        "Which of the two terms should become large, and which small?",
        'Lecture 05, "The bound, line by line", line 5 without its last term.',
        "reconstruction: (N,), negative. kl: (N,), never negative. Their difference: (N,).",
        """
            reconstruction, kl = self.terms(x, n_samples)
            return …
        """,
    ),
)
