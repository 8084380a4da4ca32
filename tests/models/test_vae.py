"""The VAE as it is used: shapes, dtypes, the two decoders, how it starts, how it learns, what it refuses."""

import math

import numpy as np
import pytest

from minigen import nn, optim, random, tensor
from minigen.autograd import grad, no_grad
from minigen.data import mnist
from minigen.models import VAE, GaussianVAE, fully_connected
from minigen.models.vae import lecture_init
from minigen.nn import functional as F
from minigen.random import new_generator
from minigen.tensor import Tensor


@pytest.fixture(autouse=True)
def seed():
    random.manual_seed(0)


def images(n=5, d=6):
    return tensor(new_generator(0).random((n, d), np.float32))


MODELS = {
    "Bernoulli": lambda: VAE.fully_connected(6, (8, 7), 2),
    "fixed σ": lambda: GaussianVAE.fully_connected(6, (8,), 3, nn.ReLU, sigma=0.5),
    "learned σ": lambda: GaussianVAE.fully_connected(6, (8,), 1, nn.Tanh),
    "σ from the decoder": lambda: GaussianVAE.fully_connected(6, (), 2, sigma="network"),
}


@pytest.mark.parametrize("name", MODELS)
def test_shapes_and_dtypes(name):
    vae, x = MODELS[name](), images()
    k = vae.latent_dim
    results = {
        "elbo": (vae.elbo(x), (5,)), "elbo, L = 3": (vae.elbo(x, n_samples=3), (5,)),
        "importance": (vae.importance_log_prob(x, 4), (5,)), "encode": (vae.encode(x), (5, k)),
        "decode": (vae.decode(vae.encode(x)), (5, 6)), "decode more": (vae.decode(tensor(np.zeros((2, 3, k), np.float32))), (2, 3, 6)),
        "reconstruct": (vae.reconstruct(x), (5, 6)), "sample": (vae.sample(7), (7, 6)),
    }  # fmt: skip
    for what, (result, shape) in results.items():
        assert result.shape == shape, what
        assert result.dtype == np.float32, what
    assert vae.elbo(x.numpy()).shape == (5,)
    for p in grad(vae.elbo(x).sum(), list(vae.parameters())):
        assert p.dtype == np.float32
        assert np.abs(p.data).sum() > 0


def test_the_lectures_network():
    vae = VAE.fully_connected()
    shapes = [p.shape for name, p in vae.named_parameters() if name.endswith("weight")]
    assert shapes == [(500, 784), (501, 500), (4, 501), (501, 2), (500, 501), (784, 500)]
    assert sum(isinstance(m, nn.Softplus) for m in vae.modules()) == 4


@pytest.mark.parametrize("name", MODELS)
def test_elbo_is_the_difference_of_its_terms(name):
    vae, x = MODELS[name](), images()
    with random.fork(1):
        reconstruction, kl = vae.terms(x, 2)
    with random.fork(1):
        np.testing.assert_array_equal(vae.elbo(x, 2).data, (reconstruction - kl).data)
    mu, log_var = vae.encoder(x).chunk(2, axis=1)
    slide = 0.5 * (1 + log_var - mu * mu - log_var.exp()).sum(axis=1)  # −KL
    np.testing.assert_allclose(-kl.data, slide.data, rtol=2e-5, atol=1e-6)


def test_bernoulli_term_is_the_cross_entropy_summed_over_pixels():
    vae, x = MODELS["Bernoulli"](), images()
    with random.fork(1):
        z = vae.q(x).rsample()
    with random.fork(1):
        reconstruction, _ = vae.terms(x)
    expected = -F.binary_cross_entropy_with_logits(vae.decoder(z), x, reduction="none").sum(axis=1)
    np.testing.assert_allclose(reconstruction.data, expected.data, rtol=1e-6)


@pytest.mark.parametrize("sigma", [0.3, 1.0, 4.0])
def test_fixed_sigma_is_least_squares(sigma):
    """S28: the gradient is that of Σ (x − μ_x)² / 2σ², and the value has the constant D (log σ + ½ log 2π) that the slide leaves out."""
    vae, x = GaussianVAE.fully_connected(6, (8,), 2, sigma=sigma), images()
    z, weights = tensor(new_generator(1).standard_normal((5, 2), np.float32)), list(vae.decoder.parameters())
    cost = -vae.log_likelihood(x, z).sum()
    squares = F.mse_loss(vae.decoder(z), x, reduction="sum") / (2 * sigma**2)
    constant = x.numel() * (math.log(sigma) + 0.5 * math.log(2 * math.pi))
    np.testing.assert_allclose(cost.item(), squares.item() + constant, rtol=1e-5)
    for a, b in zip(grad(cost, weights), grad(squares, weights), strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-4, atol=1e-6)


def test_fixed_sigma_is_no_parameter_and_learned_sigma_finds_the_residual():
    assert "log_sigma" not in dict(MODELS["fixed σ"]().named_parameters())
    vae, x = MODELS["learned σ"](), images(200)
    z = tensor(np.zeros((200, 1), np.float32))
    optimizer = optim.Adam([vae.log_sigma], lr=0.05)
    for _ in range(200):
        loss = -vae.log_likelihood(x, z).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    residual = ((x - vae.decoder(z)) ** 2).mean().sqrt().item()
    np.testing.assert_allclose(vae.log_sigma.exp().item(), residual, rtol=1e-3)


def test_sigma_of_the_decoder_enters_as_log_variance():
    vae, x = MODELS["σ from the decoder"](), images()
    z = tensor(new_generator(1).standard_normal((5, 2), np.float32))
    mu, log_var = vae.decoder(z).chunk(2, axis=1)
    slide = (0.5 * math.log(2 * math.pi) + 0.5 * log_var + (x - mu) ** 2 / (2 * log_var.exp())).sum(axis=1)
    np.testing.assert_allclose(-vae.log_likelihood(x, z).data, slide.data, rtol=1e-5)


def test_sample_is_the_two_steps_by_hand():
    """S17: z ~ p(z), then x ~ p(x|z), from the same random numbers."""
    vae = MODELS["Bernoulli"]()
    random.manual_seed(5)
    x = vae.sample(50)
    random.manual_seed(5)
    z = random.randn((50, 2))
    probability = vae.decoder(tensor(z)).sigmoid().data
    np.testing.assert_array_equal(x.data, random.rand((50, 6)) < probability)
    assert set(np.unique(x.data)) == {0.0, 1.0}


def test_blocks_of_importance_samples_do_not_show(monkeypatch):
    vae = MODELS["learned σ"]()
    x = images(7)
    with no_grad():
        whole = vae.importance_log_prob(x, 2000).numpy()
        monkeypatch.setattr("minigen.models.vae.BLOCK", 4000)
        parts = vae.importance_log_prob(x, 2000).numpy()
        monkeypatch.setattr("minigen.models.vae.BLOCK", 1)
        single = vae.importance_log_prob(x, 2000).numpy()
    np.testing.assert_allclose(parts, whole, atol=0.05)
    np.testing.assert_allclose(single, whole, atol=0.05)


def test_lecture_init_and_the_cost_at_the_start():
    """S30: the demonstration's first cost is 1090.06 with its own random numbers. Here 24 seeds gave a median of 1010, and 891 to 1408."""
    x = tensor(mnist(full=False)[:300].x)
    costs = []
    for s in range(5):
        random.manual_seed(s)
        vae = lecture_init(VAE.fully_connected())
        with no_grad():
            costs.append(-vae.elbo(x).mean().item())
    assert 850 < min(costs) < np.median(costs) < 1250
    weight, bias = vae.encoder[0].weight.detach().numpy(), vae.encoder[0].bias.detach().numpy()
    assert np.abs(weight).max() <= 0.2
    np.testing.assert_allclose(weight.std(), 0.08796, rtol=0.01)  # of N(0, 0.1²) cut off at two σ
    assert (bias == np.float32(0.1)).all()


def test_it_learns_digits():
    x = tensor(mnist(full=False)[:256].x)
    vae = VAE.fully_connected(784, (64,), 2, nn.ReLU)
    optimizer = optim.Adam(vae.parameters(), lr=3e-3)
    first = -vae.elbo(x).mean().item()
    for _ in range(60):
        loss = -vae.elbo(x).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert first > 500 > 260 > loss.item() > 100


def test_state_goes_to_another_model():
    a, b = MODELS["learned σ"](), MODELS["learned σ"]()
    assert "log_sigma" in a.state_dict()
    b.load_state_dict(a.state_dict())
    with random.fork(1):
        first = a.elbo(images())
    with random.fork(1):
        np.testing.assert_array_equal(first.data, b.elbo(images()).data)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda: MODELS["Bernoulli"]().elbo(images() * 255), r"in \[0, 1\], got values from .* divided by 255"),
        (lambda: MODELS["Bernoulli"]().importance_log_prob(images() - 1), r"in \[0, 1\]"),
        (lambda: MODELS["learned σ"]().elbo(images() / 0), "finite"),
        (lambda: MODELS["Bernoulli"]().elbo(Tensor(np.zeros((2, 2, 3), np.float32))), "flatten first"),
        (lambda: MODELS["Bernoulli"]().elbo(images(5, 7)), r"expected \(…, 6\), got"),
        (lambda: MODELS["Bernoulli"]().elbo(images(), 0), "positive whole number"),
        (lambda: MODELS["Bernoulli"]().elbo(images(), 2.0), "positive whole number"),
        (lambda: MODELS["Bernoulli"]().importance_log_prob(images(), -1), "positive whole number"),
        (lambda: GaussianVAE.fully_connected(6, sigma=0.0), "positive number"),
        (lambda: GaussianVAE.fully_connected(6, sigma="pixel"), '"learned" or "network"'),
        (lambda: GaussianVAE.fully_connected(6, sigma=True), "positive number"),
        (lambda: fully_connected(3), "at least two sizes"),
    ],
)
def test_wrong_uses(wrong, complaint):
    with pytest.raises((ValueError, TypeError), match=complaint), np.errstate(all="ignore"):
        wrong()
