"""The GAN of the lecture: its losses, their gradients, the numbers of the listings."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import optim, random, tensor
from minigen.autograd import grad
from minigen.models import GAN, fully_connected
from minigen.models.gan import discriminator_loss, generator_loss_minimax, generator_loss_nonsaturating, glorot_init
from minigen.nn import functional as F
from minigen.random import new_generator

sigmoid = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731
logits = st.lists(st.floats(-20, 20), min_size=1, max_size=5).map(lambda v: np.array(v).reshape(-1, 1))


@given(logits, logits)
def test_losses_are_the_formulas_with_probabilities(real, fake):
    D, DG = sigmoid(real), sigmoid(fake)
    for got, expected in (
        (discriminator_loss(tensor(real), tensor(fake)), -np.log(D).mean() - np.log1p(-DG).mean()),
        (generator_loss_minimax(tensor(fake)), np.log1p(-DG).mean()),
        (generator_loss_nonsaturating(tensor(fake)), -np.log(DG).mean()),
    ):
        assert got.dtype == np.float64
        np.testing.assert_allclose(got.item(), expected, rtol=1e-6, atol=1e-12)


@given(logits, logits)
def test_losses_are_cross_entropies_with_right_and_with_wrong_labels(real, fake):
    """S40, S45: what the listings train with; the non-saturating loss tells D that the fakes are real."""
    bce = F.binary_cross_entropy_with_logits
    real, fake = tensor(real), tensor(fake)
    right = bce(real, real * 0 + 1) + bce(fake, fake * 0)
    np.testing.assert_allclose(discriminator_loss(real, fake).item(), right.item(), rtol=1e-12)
    np.testing.assert_allclose(generator_loss_nonsaturating(fake).item(), bce(fake, fake * 0 + 1).item(), rtol=1e-12)
    np.testing.assert_allclose(generator_loss_minimax(fake).item(), -bce(fake, fake * 0).item(), rtol=1e-12)


@given(st.floats(-60, 60))
def test_one_generator_loss_saturates_where_the_other_does_not(a):
    """S40: the derivatives by the logit a are −σ(a) and −(1 − σ(a))."""
    for loss, expected in ((generator_loss_minimax, -sigmoid(a)), (generator_loss_nonsaturating, -sigmoid(-a))):
        logit = tensor(np.array([a]), requires_grad=True)
        np.testing.assert_allclose(grad(loss(logit), logit)[0].item(), expected, rtol=1e-9, atol=1e-15)


def test_values_at_the_optimum_and_far_away():
    zero, far = tensor(np.zeros((3, 1), np.float32)), tensor(np.full((3, 1), 1e4, np.float32))
    assert discriminator_loss(zero, zero).item() == pytest.approx(2 * math.log(2))
    assert generator_loss_minimax(zero).item() == pytest.approx(-math.log(2))
    assert generator_loss_nonsaturating(zero).item() == pytest.approx(math.log(2))
    assert discriminator_loss(far, -far).item() == 0
    assert discriminator_loss(-far, far).item() == 2e4
    assert generator_loss_nonsaturating(-far).item() == 1e4


def test_the_listings_networks():
    """S42, S43"""
    gan = GAN.fully_connected()
    assert gan.generator.num_parameters() == 114_064
    assert gan.discriminator.num_parameters() == 100_609
    shapes = [p.shape for name, p in gan.named_parameters() if name.endswith("weight")]
    assert shapes == [(128, 100), (784, 128), (128, 784), (1, 128)]
    assert [type(layer).__name__ for layer in gan.generator] == ["Linear", "LeakyReLU", "Linear", "Tanh"]
    assert gan.generator[1].negative_slope == gan.discriminator[1].negative_slope == 0.01
    assert gan.sample(2).shape == (2, 784)
    assert gan.logits(tensor(np.zeros((2, 784), np.float32)))[1].shape == (2, 1)


def test_the_models_losses_are_the_functions_of_its_logits():
    """By hand, from the same random numbers: in the steps of the listings G descends the loss that does not saturate."""
    gan, x = GAN.fully_connected(6, 5, 3), tensor(new_generator(0).uniform(-1, 1, (4, 6)), dtype=np.float32)
    with random.fork(1):
        z = random.randn((4, 3))
    fake = gan.discriminator(gan(tensor(z)))
    for method, argument, expected in (
        (gan.discriminator_loss, x, discriminator_loss(gan.discriminator(x), fake)),
        (gan.generator_loss, 4, generator_loss_nonsaturating(fake)),
    ):
        with random.fork(1):
            assert method(argument).item() == expected.item()


def test_a_listing_starts_as_keras_starts_it():
    random.manual_seed(0)
    gan = glorot_init(GAN.fully_connected())
    limit = math.sqrt(6 / (784 + 128))
    weight = np.abs(gan.discriminator[0].weight.data)
    assert 0.999 * limit < weight.max() <= limit
    assert all((p.data == 0).all() for name, p in gan.named_parameters() if name.endswith("bias"))


def test_it_learns_a_circle():
    """S37: points on the unit circle; after some hundred steps the samples lie near it, all around. So with each of four seeds tried."""
    random.manual_seed(0)
    gan = GAN(fully_connected(2, 64, 64, 2), fully_connected(2, 64, 64, 1), 2)
    d_optimizer = optim.Adam(gan.discriminator.parameters(), lr=2e-3, betas=(0.5, 0.999))
    g_optimizer = optim.Adam(gan.generator.parameters(), lr=5e-4, betas=(0.5, 0.999))
    for angle in new_generator(0).uniform(0, 2 * np.pi, (800, 128)):
        x = tensor(np.stack([np.cos(angle), np.sin(angle)], axis=1), dtype=np.float32)
        d_loss = gan.discriminator_loss(x)
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()
        g_loss = gan.generator_loss(128)
        g_optimizer.zero_grad()
        g_loss.backward()
        g_optimizer.step()
    samples = gan.sample(500).data
    radius = np.hypot(*samples.T)
    around = np.histogram(np.arctan2(*samples.T), 8, (-np.pi, np.pi))[0]
    assert abs(radius.mean() - 1) < 0.1
    assert radius.std() < 0.15
    assert around.min() > 25
