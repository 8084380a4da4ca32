"""LSGAN, SNGAN, WGAN: what their players pay, what holds their discriminators."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import nn, optim, random, tensor
from minigen.models import LSGAN, SNGAN, WGAN, fully_connected, lsgan, sngan, wgan
from minigen.models.conv_autoencoder import conv_decoder
from minigen.random import new_generator

scores = st.lists(st.floats(-10, 10), min_size=1, max_size=5).map(lambda v: np.array(v).reshape(-1, 1))
LOSSES = {  # what is descended, with NumPy: of real scores r and generated ones f, with codes a, b, c
    "least squares, D": (lsgan.discriminator_loss, lambda r, f: 0.5 * ((r - 1) ** 2).mean() + 0.5 * (f**2).mean()),
    "least squares, G": (lambda r, f: lsgan.generator_loss(f), lambda r, f: 0.5 * ((f - 1) ** 2).mean()),
    "Pearson, D": (
        lambda r, f: lsgan.discriminator_loss(r, f, a=-1, b=2),
        lambda r, f: 0.5 * ((r - 2) ** 2).mean() + 0.5 * ((f + 1) ** 2).mean(),
    ),
    "Pearson, G": (lambda r, f: lsgan.generator_loss(f, c=3), lambda r, f: 0.5 * ((f - 3) ** 2).mean()),
    "hinge, D": (sngan.hinge_discriminator_loss, lambda r, f: -np.minimum(0, r - 1).mean() - np.minimum(0, -f - 1).mean()),
    "hinge, G": (lambda r, f: sngan.hinge_generator_loss(f), lambda r, f: -f.mean()),
    "Wasserstein, critic": (wgan.critic_loss, lambda r, f: f.mean() - r.mean()),
    "Wasserstein, G": (lambda r, f: wgan.generator_loss(f), lambda r, f: -f.mean()),
}


@pytest.mark.parametrize("name", LOSSES)
@given(real=scores, fake=scores)
def test_losses_are_their_formulas(name, real, fake):
    ours, expected = LOSSES[name]
    loss = ours(tensor(real), tensor(fake))
    assert loss.dtype == np.float64
    np.testing.assert_allclose(loss.item(), expected(real, fake), rtol=1e-12, atol=1e-12)


MODELS = {
    "LSGAN": (lambda g, d: LSGAN(g, d, 3, a=-1, b=1, c=0), lambda r, f: LOSSES["Pearson, D"][0](r + 1, f), lambda f: 0.5 * (f * f).mean()),
    "SNGAN": (lambda g, d: SNGAN(g, d, 3), sngan.hinge_discriminator_loss, sngan.hinge_generator_loss),
    "WGAN": (lambda g, d: WGAN(g, d, 3), wgan.critic_loss, wgan.generator_loss),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_models_losses_are_the_functions_of_its_logits(name):
    """By hand, from the same random numbers; the LSGAN with the codes (−1, 1, 0)."""
    random.manual_seed(0)
    make, d_loss, g_loss = MODELS[name]
    model = make(fully_connected(3, 8, 6), fully_connected(6, 8, 1)).eval()
    x = tensor(new_generator(0).uniform(-1, 1, (4, 6)), dtype=np.float32)
    with random.fork(1):
        fake = model.discriminator(model(tensor(random.randn((4, 3)))))
    for method, argument, expected in (
        (model.discriminator_loss, x, d_loss(model.discriminator(x), fake)),
        (model.generator_loss, 4, g_loss(fake)),
    ):
        with random.fork(1):
            np.testing.assert_allclose(method(argument).item(), expected.item(), rtol=1e-6)


@given(st.floats(0.01, 2))
def test_clipping_bounds_every_parameter_in_place(c):
    random.manual_seed(0)
    critic = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    before, memory = [p.data.copy() for p in critic.parameters()], [p.data for p in critic.parameters()]
    wgan.clip_weights(critic, c)
    for p, old, array in zip(critic.parameters(), before, memory, strict=True):
        assert p.data is array
        np.testing.assert_array_equal(p.data, np.clip(old, -np.float32(c), np.float32(c)))
        assert p.requires_grad


@pytest.mark.parametrize("far", [1.0, 3.0])
def test_a_clipped_critic_tells_how_far_apart_two_clouds_are(far):
    """The estimate is W, here the distance, times the slope that clipping leaves."""
    random.manual_seed(0)
    model = WGAN(nn.Identity(), nn.Linear(1, 1), 1, c=0.1)
    optimizer = optim.RMSprop(model.critic.parameters(), lr=0.01)
    for _ in range(60):
        loss = model.critic_loss(model.noise(256).data + far)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        model.clip()
    estimate = -model.critic_loss(tensor(random.randn((20_000, 1))) + far).item()
    assert estimate / 0.1 == pytest.approx(far, abs=0.05)


def test_spectral_norm_holds_every_layer_of_the_discriminator():
    """After steps that change the weights, the power iteration still knows their largest singular values."""
    random.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3, 2, 1), nn.LeakyReLU(0.1), nn.Flatten(), nn.Linear(64, 1))
    gan = SNGAN(nn.Sequential(nn.Linear(3, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8))), net, 3)
    wrapped = [m for m in gan.modules() if isinstance(m, nn.SpectralNorm)]
    assert [m.layer for m in wrapped] == [net[0], net[3]]
    optimizer = optim.Adam(gan.discriminator.parameters(), lr=0.01)
    x = tensor(new_generator(0).uniform(-1, 1, (16, 1, 8, 8)), dtype=np.float32)
    for _ in range(50):
        loss = gan.discriminator_loss(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for m in wrapped:
        weight = m.effective().data
        own = m.layer.weight.data
        assert np.linalg.norm(weight.reshape(len(weight), -1), 2) == pytest.approx(1, abs=0.05)
        assert abs(np.linalg.norm(own.reshape(len(own), -1), 2) - 1) > 0.1


def test_spectral_norm_finds_the_layers_inside_of_others():
    random.manual_seed(0)
    inner, last = nn.Sequential(nn.Conv1d(2, 3, 2), nn.ReLU(), nn.BatchNorm1d(3)), nn.spectral_norm(nn.Linear(9, 1))
    net = sngan.spectrally_normalized(nn.Sequential(nn.Sequential(inner), nn.Flatten(), nn.MLP(9, 9), last))
    wrapped = [m.layer for m in net.modules() if isinstance(m, nn.SpectralNorm)]
    assert [type(layer).__name__ for layer in wrapped] == ["Conv1d", "Linear", "Linear"]
    assert wrapped[0] is inner[0]  # the layers are the same objects
    assert net[3] is last  # what is wrapped already is not wrapped again
    assert net(tensor(new_generator(0).random((4, 2, 4)), dtype=np.float32)).shape == (4, 1)

    class Own(nn.Module):
        def __init__(self):
            self.inside, self.bias = nn.spectral_norm(nn.Linear(3, 1)), nn.Parameter(np.zeros(1, np.float32))

    own = Own()
    assert sngan.spectrally_normalized(own) is own


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda: SNGAN(nn.Identity(), nn.Sequential(nn.Embedding(3, 4)), 2), "Embedding has weights that would stay as they are: weight"),
        (lambda: sngan.spectrally_normalized(conv_decoder(2, (4, 4), (3,))), "EachRow has weights that would stay as they are: 0.weight"),
        (lambda: wgan.clip_weights(nn.Linear(2, 1), -0.01), r"clipped into \[−c, c\], so c must be positive, got -0.01"),
        (lambda: WGAN(nn.Identity(), nn.Linear(2, 1), 1, c=0).clip(), "so c must be positive, got 0"),
    ],
)
def test_wrong_uses(wrong, complaint):
    with pytest.raises(ValueError, match=complaint):
        wrong()
