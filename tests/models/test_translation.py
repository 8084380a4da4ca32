"""Pix2Pix and CycleGAN: losses by hand, the U-Net's skips, what a patch sees, the pool, there and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigen import nn, optim, random, tensor
from minigen.autograd import grad, no_grad
from minigen.models import CycleGAN, Pix2Pix
from minigen.models.cyclegan import ImagePool, ResidualBlock, ResNet, cycle_loss
from minigen.models.pix2pix import UNet, patch_discriminator
from minigen.random import new_generator


@pytest.fixture(autouse=True)
def seed():
    random.manual_seed(0)


def images(seed, n=3, channels=1, height=8, width=8):
    return tensor(new_generator(seed).uniform(-1, 1, (n, channels, height, width)).astype(np.float32))


class Affine(nn.Module):
    """a x + b in each pixel: a network whose outputs are known."""

    def __init__(self, a, b=0.0):
        self.a, self.b = nn.Parameter(np.float32(a)), nn.Parameter(np.float32(b))

    def forward(self, x):
        return self.a * x + self.b


# --- networks -----------------------------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(height=st.integers(8, 33), width=st.integers(8, 33), depth=st.integers(1, 3), colours=st.sampled_from([(1, 3), (3, 1)]))
def test_every_size_comes_back(height, width, depth, colours):
    x = images(0, 2, colours[0], height, width)
    for net in (UNet(*colours, width=2, depth=depth), ResNet(*colours, width=2, blocks=1)):
        y = net(x)
        assert (y.shape, y.dtype) == ((2, colours[1], height, width), np.float32)
        assert np.abs(y.data).max() < 1


def test_parameters_of_the_u_net_and_of_the_patch_gan():
    weights = lambda net: [p.shape for name, p in net.named_parameters() if p.ndim == 4]  # noqa: E731
    net = UNet(1, 3, width=16, depth=4)
    assert weights(net) == [
        (16, 1, 4, 4), (32, 16, 4, 4), (64, 32, 4, 4), (128, 64, 4, 4),
        (128, 64, 4, 4), (128, 32, 4, 4), (64, 16, 4, 4), (32, 3, 4, 4),  # the decoder sees twice the channels: the skips
    ]  # fmt: skip
    assert weights(patch_discriminator(4, 16)) == [(16, 4, 4, 4), (32, 16, 4, 4), (1, 32, 4, 4)]
    norms = lambda net, kind: sum(isinstance(m, kind) for m in net.modules())  # noqa: E731
    assert norms(net, nn.BatchNorm2d) == 2 + 3  # none behind the image, none where the image is narrowest, none before tanh
    assert norms(CycleGAN.of_size(width=2, blocks=3), nn.InstanceNorm2d) == 2 * (1 + 2 + 2 * 3 + 2) + 2 * 1
    assert norms(CycleGAN.of_size(width=2), nn.BatchNorm2d) == 0


def test_without_the_middle_the_skips_still_carry_the_image():
    net = UNet(1, 1, width=4, depth=3).eval()
    x = images(0, 1, 1, 16, 16).data.copy()
    other = x.copy()
    other[0, 0, 1, 1] += 1
    with no_grad():
        net.up[0].conv.weight.zero_()  # nothing passes through the narrowest place
        a, b = net(tensor(x)).data, net(tensor(other)).data
    assert np.abs(a - b).max() > 1e-5
    assert not np.abs(a - b)[0, 0, 12:, 12:].any()  # what comes through the skips stays near


def test_a_logit_of_the_patch_gan_sees_22_by_22_pixels():
    net, x = patch_discriminator(1, 4, norm=lambda n: nn.Identity()), tensor(np.zeros((1, 1, 48, 48), np.float32), requires_grad=True)
    logits = net(x)
    assert logits.shape == (1, 1, 12, 12)
    (g,) = grad(logits[0, 0, 6, 6], [x])
    rows, columns = np.nonzero(g.data[0, 0])
    assert np.ptp(rows) + 1 == np.ptp(columns) + 1 == 22


# --- Pix2Pix ------------------------------------------------------------------------------------------------------------------


class Sum(nn.Module):
    """A discriminator that is linear in its two channels."""

    def __init__(self):
        self.w = nn.Parameter(np.float32([2, 3]))

    def forward(self, x):
        return (x * self.w.reshape(2, 1, 1)).sum(axis=1)


softplus = lambda a: np.log1p(np.exp(a))  # noqa: E731


def test_the_losses_of_pix2pix_by_hand():
    model, x, y = Pix2Pix(Affine(0.5, 0.1), Sum(), weight=7.0), images(0), images(1)
    fake = 0.5 * x.data + 0.1
    real_logit, fake_logit = 2 * x.data + 3 * y.data, 2 * x.data + 3 * fake
    expected = 0.5 * (softplus(-real_logit).mean() + softplus(fake_logit).mean())
    np.testing.assert_allclose(model.discriminator_loss(x, y).item(), expected, rtol=1e-5)
    l1 = np.abs(y.data - fake).mean()
    np.testing.assert_allclose(model.generator_terms(x, y)[1].item(), l1, rtol=1e-5)
    np.testing.assert_allclose(model.generator_loss(x, y).item(), softplus(-fake_logit).mean() + 7 * l1, rtol=1e-5)


def test_l1_alone_finds_the_median_and_the_critic_of_pairs_sees_x():
    """Where x has two answers, L1 is content with anything between them; D of (x, y) tells y = x from y = −x, D of y alone could not."""
    model, x = Pix2Pix(Affine(0.0), Sum(), weight=1.0), images(0, 40)
    y = tensor(np.where(np.arange(40).reshape(-1, 1, 1, 1) % 2, x.data, -x.data))
    between = [Pix2Pix(Affine(a), Sum()).generator_terms(x, y)[1].item() for a in (-1, 0, 0.5, 1)]
    np.testing.assert_allclose(between, between[0], rtol=0.1)
    right, wrong = model.logits(x, x)[0].data, model.logits(x, -x)[0].data
    np.testing.assert_allclose(right - wrong, 6 * x.data[:, 0], rtol=1e-5, atol=1e-6)


def test_it_learns_a_rule_that_is_known():
    """y = −x in 60 steps of a small net."""
    model = Pix2Pix.of_size(1, 1, width=8, depth=2)
    players = [(optim.Adam(p.parameters(), lr=5e-3, betas=(0.5, 0.999))) for p in (model.discriminator, model.generator)]
    for i in range(60):
        x = images(i, 8)
        for optimizer, loss in zip(players, (model.discriminator_loss, model.generator_loss)):
            value = loss(x, -x)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
    x = images(1000, 8)
    assert np.abs(model.translate(x).data + x.data).mean() < 0.25  # 0.5 for an image of zeros


def test_translations_do_not_depend_on_the_batch():
    model, x = Pix2Pix.of_size(1, 1, 2, 2), images(0, 5)
    np.testing.assert_allclose(model.translate(x).data[:2], model.translate(x[:2]).data, atol=1e-6)
    assert all(m.training for m in model.modules())
    model = CycleGAN.of_size(1, 3, 2, 1)
    y = model.to_y(x)
    np.testing.assert_allclose(y.data[:2], model.to_y(x[:2]).data, atol=1e-6)
    assert model.to_x(y).shape == x.shape


# --- CycleGAN -----------------------------------------------------------------------------------------------------------------


def test_inverse_maps_have_no_cycle_loss():
    x, y = images(0), images(1)
    assert cycle_loss(x, y, F=lambda y: (y - 1) / 4, G=lambda x: 4 * x + 1).item() < 1e-6
    np.testing.assert_allclose(
        cycle_loss(x, y, F=lambda y: y - 1, G=lambda x: 2 * x).item(),
        np.abs(2 * x.data - 1 - x.data).mean() + np.abs(2 * (y.data - 1) - y.data).mean(),
        rtol=1e-6,
    )


def test_the_gradient_of_a_cycle_reaches_both_maps():
    G, F, x, y = Affine(0.5, 0.2), Affine(1.5, -0.3), images(0), images(1)
    for loss in (lambda: cycle_loss(x, y, F, G), lambda: cycle_loss(x, y, F, G, (F(y), G(x)))):
        gradients = [g.item() for g in grad(loss(), [G.a, G.b, F.a, F.b])]
        assert all(abs(g) > 1e-3 for g in gradients)
        eps = 1e-3
        for p, g in zip([G.a, G.b, F.a, F.b], gradients):
            with no_grad():
                values = []
                for sign in (1, -1):
                    p.copy_(p.data + sign * eps)
                    values.append(loss().item())
                    p.copy_(p.data - sign * eps)
            assert (values[0] - values[1]) / (2 * eps) == pytest.approx(g, abs=2e-2)


def test_the_losses_of_cyclegan_by_hand():
    model = CycleGAN(Affine(0.5), Affine(1.5, 0.1), Affine(2.0), Affine(3.0, 0.5), weight=10.0, identity=4.0)
    x, y = images(0), images(1)
    a, b = x.data, y.data
    fake_x, fake_y = 1.5 * b + 0.1, 0.5 * a
    d_x, d_y = lambda v: 2 * v, lambda v: 3 * v + 0.5
    square = lambda v: np.square(v).mean()  # noqa: E731
    expected = 0.5 * (square(d_x(a) - 1) + square(d_x(fake_x)) + square(d_y(b) - 1) + square(d_y(fake_y)))
    np.testing.assert_allclose(model.discriminator_loss(x, y).item(), expected, rtol=1e-5)
    old_x, old_y = images(2), images(3)
    expected = 0.5 * (square(d_x(a) - 1) + square(d_x(old_x.data)) + square(d_y(b) - 1) + square(d_y(old_y.data)))
    np.testing.assert_allclose(model.discriminator_loss(x, y, (old_x, old_y)).item(), expected, rtol=1e-5)
    adversarial, cycle, identity = (t.item() for t in model.generator_terms(x, y))
    l1 = lambda u, v: np.abs(u - v).mean()  # noqa: E731
    np.testing.assert_allclose(adversarial, square(d_x(fake_x) - 1) + square(d_y(fake_y) - 1), rtol=1e-5)
    np.testing.assert_allclose(cycle, l1(1.5 * fake_y + 0.1, a) + l1(0.5 * fake_x, b), rtol=1e-5)
    np.testing.assert_allclose(identity, l1(0.5 * b, b) + l1(1.5 * a + 0.1, a), rtol=1e-5)
    np.testing.assert_allclose(model.generator_loss(x, y).item(), adversarial + 10 * cycle + 4 * identity, rtol=1e-5)
    model.identity = 0.0
    np.testing.assert_allclose(model.generator_loss(x, y).item(), adversarial + 10 * cycle, rtol=1e-5)


def test_the_pool_shows_old_fakes_every_second_time_and_loses_none():
    pool, n = ImagePool(50), 2000
    fakes = tensor(np.arange(n, dtype=np.float32).reshape(-1, 1, 1, 1))
    shown = np.concatenate([pool(fakes[i : i + 4]).data.ravel() for i in range(0, n, 4)])
    np.testing.assert_array_equal(shown[:50], np.arange(50))
    late = shown[50:]
    assert (late == np.arange(50, n)).mean() == pytest.approx(0.5, abs=0.05)
    assert (late <= np.arange(50, n)).all()
    held = np.concatenate([image.data.ravel() for image in pool.images])
    np.testing.assert_array_equal(np.sort(np.concatenate([late, held])), np.arange(n))


def test_a_pool_of_nothing_shows_the_new_fakes_and_a_loaded_one_goes_on():
    fakes = images(0, 6)
    first, second = ImagePool(3), ImagePool(3)
    assert first.state_dict() == {}
    second.load_state_dict(first.state_dict())
    np.testing.assert_array_equal(first(fakes[:2]).data, fakes.data[:2])
    second.load_state_dict(first.state_dict())
    for pool in (first, second):
        random.manual_seed(4)
        pool.shown = pool(fakes[2:]).data
    np.testing.assert_array_equal(first.shown, second.shown)


def test_every_term_teaches_both_generators():
    model, x, y = CycleGAN(Affine(0.5), Affine(1.5, 0.1), Affine(2.0), Affine(3.0), identity=1.0), images(0), images(1)
    G, F = model.generators
    for term in model.generator_terms(x, y):
        assert all(abs(g.item()) > 1e-3 for g in grad(term, [G.a, G.b, F.a, F.b]))


def test_a_residual_block_begins_at_what_it_was_given():
    block, x = ResidualBlock(2), images(0, channels=2)
    with no_grad():
        for p in block.parameters():
            p.zero_()
    np.testing.assert_array_equal(block(x).data, x.data)
