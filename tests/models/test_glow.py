"""Glow as it is used: shapes, the density against the whole Jacobian, how it starts, temperature, classes, learning, what it refuses."""

import math

import numpy as np
import pytest

import minigen as mg
from minigen import nn, optim
from minigen.bijections import (
    ActNorm,
    AffineCoupling,
    Chain,
    ContextPrior,
    Logit,
    LUConv1x1,
    Sigmoid,
    Split,
    UniformDequantization,
    VariationalDequantization,
    check_bijection,
    checkerboard_mask,
)
from minigen.data import mnist
from minigen.derivatives import jacobian
from minigen.evaluate import bits_per_dim
from minigen.models import Glow
from minigen.models.glow import GlowCoupling
from minigen.tensor import Tensor
from tests.bijections.test_images import shaken

DIGITS = mnist(full=False)[:200]
K = DIGITS.images[:, None].astype(np.float32)


def small(**settings):
    return Glow((1, 28, 28), steps=2, hidden=16, **settings)


SHAPES = {
    (1, 28, 28): (2, [(2, 14, 14), (8, 7, 7)]),
    (3, 8, 12): (2, [(6, 4, 6), (24, 2, 3)]),
    (2, 6, 6): (1, [(8, 3, 3)]),
    (1, 32, 32): (3, [(2, 16, 16), (4, 8, 8), (16, 4, 4)]),
    (3, 256, 256): (6, [(6, 128, 128), (12, 64, 64), (24, 32, 32), (48, 16, 16), (96, 8, 8), (384, 4, 4)]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_latent_shapes(shape):
    levels, latents = SHAPES[shape]
    glow = Glow(shape, levels=levels, steps=0)
    assert glow.multiscale.latent_shapes == latents
    assert glow.base.event_shape == (math.prod(shape),)
    assert glow.event_shape == shape


@pytest.mark.parametrize("settings", [{}, {"lu": False}, {"alpha": 0.05}, {"classes": 3}], ids=str)
def test_the_density_is_that_of_the_whole_jacobian(settings):
    mg.set_default_dtype(mg.float64)
    glow = shaken(Glow((1, 4, 4), levels=2, steps=2, hidden=5, **settings))
    mg.set_default_dtype(mg.float32)
    v = Tensor(mg.random.rand((2, 1, 4, 4), np.float64))
    context = glow.one_hot([2, 0]) if "classes" in settings else None
    log_p = glow.log_prob(v, context)
    for i in range(2):
        c = None if context is None else context[i : i + 1]
        z = glow.encode(v[i : i + 1], c)
        j = jacobian(lambda t: glow.encode(t, c), v[i : i + 1]).data.reshape(16, 16)  # noqa: B023
        expected = -0.5 * (z.data**2).sum() - 8 * math.log(2 * math.pi) + np.linalg.slogdet(j)[1]
        assert log_p[i].item() == pytest.approx(expected, abs=1e-6)
    np.testing.assert_allclose(glow.decode(glow.encode(v, context), context).data, v.data, atol=1e-9)


def test_it_starts_with_normalized_activations_and_couplings_that_shift_nothing():
    glow = small()
    glow.loss(K[:100])
    assert all(m.initialized.item() for m in glow.modules() if isinstance(m, ActNorm))
    z = glow.encode(K[:100] / 256).data
    assert 0.5 < z.std() < 1.5
    couplings = [m for m in glow.modules() if isinstance(m, GlowCoupling)]
    assert len(couplings) == 4
    assert sum(isinstance(m, LUConv1x1) for m in glow.modules()) == 4
    assert sum(isinstance(m, Split) for m in glow.modules()) == 1
    x = Tensor(mg.random.randn((2, 4, 3, 3)))
    y, log_det = couplings[0](x)
    s = 0.05 + 0.95 / (1 + math.exp(-2))
    np.testing.assert_allclose(y.data[:, 2:], s * x.data[:, 2:], rtol=1e-6)
    np.testing.assert_allclose(log_det.data, 18 * math.log(s), rtol=1e-6)


def test_no_coupling_stretches_and_none_shrinks_to_nothing():
    coupling = shaken(small(), size=5.0).multiscale.levels[0][3]
    s, _ = coupling.scale_and_shift(Tensor(50 * mg.random.randn((2, 2, 2, 3, 3))))
    assert s.data.max() <= 0
    assert s.data.min() == pytest.approx(math.log(0.05), abs=1e-3)


def test_float32_there_and_back_within_1e_4():
    glow = shaken(Glow(steps=8, hidden=32), size=0.05)
    v, _ = glow.dequantization(Tensor(K[:8]))
    back = glow.decode(glow.encode(v))
    assert back.dtype == np.float32
    assert np.linalg.norm(back.data - v.data) / np.linalg.norm(v.data) < 1e-4
    np.testing.assert_array_equal(glow.dequantization.quantize(back), K[:8])


def test_temperature_scales_the_standard_deviation():
    glow = shaken(small(), size=0.1)
    for t in (0.5, 1.0):
        assert glow.encode(glow.sample(40, temperature=t)).data.std() == pytest.approx(t, rel=0.02)
    np.testing.assert_allclose(glow.sample(2, temperature=0.0).data, glow.decode(mg.zeros(2, 784)).data, atol=1e-6)


def test_the_class_has_a_prior_of_the_last_latents():
    """Without it a class must find its way through the couplings: after as many steps its samples showed the digit half as often."""
    glow = small(classes=10)
    prior = glow.multiscale.levels[-1][-1]
    assert isinstance(prior, ContextPrior)
    assert prior.shape == glow.multiscale.latent_shapes[-1]
    loss = glow.loss(K[:20], glow.one_hot(DIGITS.labels[:20]))
    loss.backward()
    assert np.abs(prior.net.weight.grad.data).max() > 0
    assert not any(isinstance(m, ContextPrior) for m in small().modules())


def test_the_classes_of_a_conditional_glow():
    glow = shaken(small(classes=10), size=0.05)
    v = Tensor(K[:3] / 256)
    by_class = glow.class_log_prob(v)
    assert by_class.shape == (3, 10)
    assert by_class.data.std(axis=1).min() > 0.1
    np.testing.assert_allclose(glow.log_prob(v, glow.one_hot([4, 7, 1])).data, by_class.data[[0, 1, 2], [4, 7, 1]], rtol=1e-5)
    assert glow.sample(2, context=glow.one_hot([3, 3])).shape == (2, 1, 28, 28)
    with pytest.raises(ValueError, match="conditional; give it a context"):
        glow.sample(2)
    with pytest.raises(ValueError, match="2 rows need as many rows of context, got 1"):
        glow.sample(2, context=glow.one_hot([3]))
    got = bits_per_dim(glow, DIGITS.images[:5], context=glow.one_hot(DIGITS.labels[:5]))
    assert got.values.shape == (5,)
    with pytest.raises(ValueError, match="is conditional; give it a context"):
        glow.log_prob(v)


def test_learning_and_the_state_that_goes_with_it():
    glow = small()
    optimizer = optim.Adamax(glow.parameters(), lr=5e-3)
    losses = []
    for step in range(40):
        loss = glow.loss(K[step % 4 * 50 : step % 4 * 50 + 50])
        optimizer.zero_grad()
        loss.backward()
        assert step or all(p.grad is not None for p in glow.parameters())
        optimizer.step()
        losses.append(loss.item())
    assert loss.dtype == np.float32
    assert losses[-1] < losses[0] - 1
    again = small()
    again.load_state_dict(glow.state_dict())
    a, b = (bits_per_dim(g, DIGITS.images[:20]) for g in (glow, again))
    assert a.mean == b.mean < 7
    mg.manual_seed(1)
    first = again.loss(K[:20]).item()
    mg.manual_seed(1)
    assert first == glow.loss(K[:20]).item()  # the loaded one does not start from the data once more


def test_the_noise_may_be_learned_together_with_the_flow():
    nets = [nn.Conv2d(2, 2, 3, padding=1) for _ in range(2)]  # they see the noise that passes, and the image
    couplings = [AffineCoupling(checkerboard_mask(8, 8, flip=i == 1), net, conditional=True) for i, net in enumerate(nets)]
    for net in nets:
        nn.init.zeros_(net.weight)
        nn.init.zeros_(net.bias)
    noise = VariationalDequantization(Chain(Logit(), *couplings, Sigmoid()))
    glow, k = Glow((1, 8, 8), steps=1, hidden=8, dequantization=noise), K[:, :, 10:18, 10:18]
    with mg.random.fork(0):
        learned = glow.loss(k).item()
    glow.dequantization = UniformDequantization()
    with mg.random.fork(0):
        assert learned == pytest.approx(glow.loss(k).item(), abs=1e-3)  # a network that says 0 leaves the noise uniform
    glow.dequantization = noise
    glow.loss(k).backward()
    assert all(np.abs(p.grad.data).sum() > 0 for net in nets for p in net.parameters())
    shaken(noise, size=0.05)
    v, log_q = noise(Tensor(K[:5, :, 10:18, 10:18]))
    np.testing.assert_array_equal(noise.quantize(v), K[:5, :, 10:18, 10:18])
    assert log_q.data.std() > 0
    images = DIGITS.images[:5, None, 10:18, 10:18]
    assert bits_per_dim(glow, images).mean == bits_per_dim(glow, images, dequantization=noise).mean  # the model's own
    assert bits_per_dim(glow, images).mean != bits_per_dim(glow, images, dequantization=UniformDequantization()).mean


def test_the_whole_of_it_keeps_the_promises_of_a_bijection():
    check_bijection(shaken(Glow((1, 4, 4), steps=1, hidden=4), size=0.2).bijection.inv, mg.random.rand((40, 1, 4, 4), np.float64))


def test_errors_teach():
    with pytest.raises(ValueError, match="7×7 cannot be cut into squares of 2×2; crop it, or use fewer levels"):
        Glow((1, 28, 28), levels=3)
    with pytest.raises(ValueError, match="at least one level, got 0"):
        Glow((1, 28, 28), levels=0)
    with pytest.raises(ValueError, match="expected whole grey values 0 … 255, got fractions 0 … 1"):
        small().loss(K / 255)
