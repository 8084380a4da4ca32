"""The maps of image flows: actnorm, invertible 1×1 convolutions, squeeze, split, multi-scale, the logits of pixels."""

import math
from itertools import pairwise

import numpy as np
import pytest

import minigen as mg
from minigen import nn
from minigen.bijections import (
    ActNorm,
    AffineCoupling,
    Chain,
    ContextPrior,
    InvertibleConv1x1,
    LogitPixels,
    LUConv1x1,
    Multiscale,
    Split,
    Squeeze,
    UniformDequantization,
    VariationalDequantization,
    half_mask,
)
from minigen.bijections.invertible_conv import plu, rotation
from minigen.derivatives import jacobian
from minigen.distributions import Normal
from minigen.tensor import Tensor


@pytest.fixture(autouse=True)
def _float64():
    mg.set_default_dtype(mg.float64)
    yield
    mg.set_default_dtype(mg.float32)


def shaken(b, size=0.3):
    """The same with parameters that are nothing special, and no data-dependent start left to do."""
    with mg.no_grad():
        for p in b.parameters():
            p.copy_(p.data + size * mg.randn(*p.shape).data)
        for m in b.modules():
            if isinstance(m, ActNorm):
                m.initialized.fill_(1)
    return b


def draw(*shape):
    return Tensor(mg.random.randn((3, *shape)))


def coupling(c):
    return AffineCoupling(half_mask(c), nn.Conv2d(c // 2, 2 * (c - c // 2), 3, padding=1))


MAPS = {  # name: (the map, a draw of x)
    "actnorm of features": (lambda: ActNorm(5), lambda: draw(5)),
    "actnorm of images": (lambda: ActNorm(2), lambda: draw(2, 3, 4)),
    "1×1": (lambda: InvertibleConv1x1(3), lambda: draw(3, 2, 4)),
    "1×1, LU": (lambda: LUConv1x1(4), lambda: draw(4, 3, 2)),
    "squeeze": (Squeeze, lambda: draw(2, 4, 6)),
    "squeeze 3×3": (lambda: Squeeze(3), lambda: draw(1, 3, 6)),
    "split": (lambda: Split(4), lambda: draw(4, 2, 3)),
    "split, odd": (lambda: Split(5), lambda: draw(5, 2, 2)),
    "multi-scale": (
        lambda: Multiscale((1, 4, 8), [Chain(Squeeze(), ActNorm(4), LUConv1x1(4), coupling(4), Split(4)), Chain(Squeeze(), coupling(8))]),
        lambda: draw(1, 4, 8),
    ),
    "multi-scale, odd": (lambda: Multiscale((1, 3, 3), [Chain(Squeeze(3), LUConv1x1(9), Split(9)), ActNorm(4)]), lambda: draw(1, 3, 3)),
    "logits": (lambda: LogitPixels(0.05), lambda: Tensor(mg.random.rand((3, 2, 2)))),
    "logits, α small": (lambda: LogitPixels(1e-6), lambda: Tensor(mg.random.rand((3, 2, 2)))),
}


@pytest.mark.parametrize("name", MAPS)
def test_both_log_determinants_are_those_of_the_jacobian(name):
    b, x = shaken(MAPS[name][0]()), MAPS[name][1]()
    y, _ = b(x)
    assert y.shape[1:] == b.forward_shape(x.shape[1:])
    assert x.shape[1:] == b.inverse_shape(y.shape[1:])
    for direction, start in ((b, x), (b.inv, y)):
        end, log_det = direction(start)
        assert log_det.shape == (3,)
        for i in range(2):
            row = start[i : i + 1]
            j = jacobian(lambda t: direction(t)[0], row).data.reshape(row.numel(), row.numel())  # noqa: B023
            assert np.linalg.slogdet(j)[1] == pytest.approx(log_det[i].item(), abs=1e-6)
            np.testing.assert_allclose(direction(row)[0].data[0], end.data[i], rtol=1e-9)  # an example does not depend on the others
    np.testing.assert_allclose(b.inv(y)[0].data, x.data, atol=1e-9)
    for p in b.parameters():
        (g,) = mg.grad(sum(t.sum() for t in b(x)) + sum((t**2).sum() for t in b.inv(y)), [p])
        assert np.abs(g.data).sum() > 0


@pytest.mark.parametrize("name", MAPS)
def test_float32_stays_float32_and_goes_there_and_back(name):
    b, x = shaken(MAPS[name][0]()).to(np.float32), MAPS[name][1]().astype(np.float32)
    y, log_det = b(x)
    back, back_log_det = b.inv(y)
    assert {t.dtype for t in (y, log_det, back, back_log_det)} == {np.dtype(np.float32)}
    np.testing.assert_allclose(back.data, x.data, atol=2e-4)


# --- actnorm ------------------------------------------------------------------------------------------------------------------


def test_actnorm_starts_from_the_first_batch_and_from_no_other():
    b, first, second = ActNorm(2), 5 + 3 * draw(2, 4, 4), draw(2, 4, 4)
    np.testing.assert_array_equal(b.eval()(first)[0].data, first.data)  # evaluation changes no state
    b.train().inverse(first)  # nor does the way from the latents
    assert not b.initialized.item()
    y, log_det = b(first)
    np.testing.assert_allclose(y.data.mean(axis=(0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(y.data.std(axis=(0, 2, 3)), 1, rtol=1e-12)
    np.testing.assert_allclose(log_det.data, -16 * np.log(first.data.std(axis=(0, 2, 3))).sum())
    before = b.state_dict()
    b(second)
    for name, value in b.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    loaded = ActNorm(2)
    loaded.load_state_dict(before)
    np.testing.assert_array_equal(loaded(second)[0].data, b(second)[0].data)  # the saved state says that the start has been


def test_a_chain_starts_layer_by_layer():
    chain = Chain(ActNorm(3), LUConv1x1(3), ActNorm(3))
    y, _ = chain(7 + 5 * draw(3, 8, 8))
    np.testing.assert_allclose(y.data.std(axis=(0, 2, 3)), 1, rtol=1e-9)


def test_a_channel_that_does_not_vary_is_not_scaled():
    y, log_det = ActNorm(2)(Tensor(np.ones((4, 2, 3, 3))))
    np.testing.assert_array_equal(y.data, 0)
    np.testing.assert_array_equal(log_det.data, 0)


# --- 1×1 convolutions ---------------------------------------------------------------------------------------------------------


def test_elimination_and_the_start_as_a_rotation():
    for n in (1, 2, 5, 12):
        a = rotation(n)
        p, lower, upper = plu(a)
        np.testing.assert_allclose(p @ lower @ upper, a, atol=1e-12)
        assert np.abs(lower).max() <= 1
        np.testing.assert_array_equal(np.triu(lower), np.eye(n))
        w = LUConv1x1(n).matrix().data
        np.testing.assert_allclose(w @ w.T, np.eye(n), atol=1e-12)


def test_lu_knows_the_determinant_of_its_matrix():
    b = shaken(LUConv1x1(6))
    assert np.linalg.slogdet(b.matrix().data)[1] == pytest.approx(b.log_abs_det().item())
    assert (b.log_s.data != 0).all()
    assert abs(np.linalg.det(b.p.data)) == pytest.approx(1)


def test_the_inverse_is_solved_in_float64():
    b = InvertibleConv1x1(8).to(np.float32)
    u, v = rotation(8), rotation(8)
    with mg.no_grad():
        b.weight.copy_(((u * np.logspace(0, -4, 8)) @ v).astype(np.float32))
    assert b.condition() == pytest.approx(1e4, rel=0.01)
    y = draw(8, 4, 4).astype(np.float32)
    x, _ = b.inverse(y)
    exact = np.einsum("ij,njhw->nihw", np.linalg.inv(b.weight.data.astype(np.float64)), y.data.astype(np.float64))
    np.testing.assert_allclose(x.data, exact, rtol=1e-6)


# --- squeeze, split, multi-scale ----------------------------------------------------------------------------------------------


def test_the_pattern_of_squeeze():
    numbers = np.array([[1, 2, 1, 2], [3, 4, 3, 4], [1, 2, 1, 2], [3, 4, 3, 4]], float)[None, None]
    y = Squeeze()(Tensor(numbers))[0].data
    np.testing.assert_array_equal(y, np.ones((1, 4, 2, 2)) * np.arange(1, 5).reshape(1, 4, 1, 1))
    x = draw(3, 4, 6)
    np.testing.assert_array_equal(Squeeze()(x)[0].data, nn.functional.pixel_unshuffle(x, 2).data)


def test_a_split_says_the_same_as_its_prior():
    b, x = shaken(Split(5)), draw(5, 2, 2)
    z, log_det = b(x)
    h = b.net(x[:, :2]).reshape((3, 2, 3, 2, 2))
    mu, sigma = h[:, 1], mg.exp(4 * mg.tanh(h[:, 0] / 4))
    prior = Normal(mu, sigma).log_prob(x[:, 2:]).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(prior.data, (Normal(0.0, 1.0).log_prob(z[:, 2:]).sum(axis=(1, 2, 3)) + log_det).data)
    assert np.abs(log_det.data).min() > 0.1


def test_a_prior_of_the_context_is_that_normal_density():
    b, c = shaken(ContextPrior((5, 2, 1), 4)), Tensor(np.eye(4)[[0, 2, 2]])
    x = draw(5, 2, 1)
    z, log_det = b(x, c)
    h = b.net(c).reshape((3, 2, 5, 2, 1))
    prior = Normal(h[:, 1], mg.exp(4 * mg.tanh(h[:, 0] / 4))).log_prob(x).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(prior.data, (Normal(0.0, 1.0).log_prob(z).sum(axis=(1, 2, 3)) + log_det).data)
    np.testing.assert_array_equal(ContextPrior((5, 2, 1), 4)(x, c)[0].data, x.data)  # at first it says N(0, I)
    with pytest.raises(ValueError, match="ContextPrior: this map is conditional; give it a context"):
        b(x)
    with pytest.raises(ValueError, match="ContextPrior: 3 rows need as many rows of context, got 2"):
        b(x, c[:2])


def test_learned_noise_starts_as_uniform_noise():
    k = Tensor(np.arange(48.0).reshape(3, 1, 4, 4) % 4)
    learned = VariationalDequantization.of_images((1, 4, 4), levels=4)
    with mg.random.fork(0):
        v, log_q = learned(k)
    with mg.random.fork(0):
        u, constant = UniformDequantization(4)(k)
    np.testing.assert_allclose(v.data, u.data, atol=1e-12)
    np.testing.assert_allclose(log_q.data, constant.data, atol=1e-9)
    couplings = [b for b in learned.flow if isinstance(b, AffineCoupling)]
    assert len(couplings) == 4
    for one, other in pairwise(couplings):  # they take turns
        np.testing.assert_array_equal(one.mask.data + other.mask.data, 1)


def test_multiscale_lets_half_of_the_channels_leave():
    b, x = Multiscale((1, 4, 4), [Squeeze(), Squeeze(), Chain()]), draw(1, 4, 4)
    z, log_det = b(x)
    assert b.latent_shapes == [(2, 2, 2), (4, 1, 1), (4, 1, 1)]
    parts = b.parts(z)
    np.testing.assert_array_equal(parts[0].data, Squeeze()(x)[0].data[:, 2:])
    assert [tuple(p.shape[1:]) for p in parts] == b.latent_shapes
    np.testing.assert_array_equal(b.inverse(z)[0].data, x.data)  # what left last comes back first
    np.testing.assert_array_equal(log_det.data, 0)


def test_the_latents_of_256_times_256_colour_images():
    shape, levels = (3, 256, 256), []
    c = 3
    for level in range(6):
        levels.append(Chain(Squeeze(), *[Split(4 * c)] * (level < 5)))
        c = 4 * c // 2
    b = Multiscale(shape, levels)
    assert b.latent_shapes == [(6, 128, 128), (12, 64, 64), (24, 32, 32), (48, 16, 16), (96, 8, 8), (384, 4, 4)]
    assert b.forward_shape(shape) == (196_608,)


def test_outside_of_the_unit_interval_pixels_have_no_density():
    v = mg.tensor([[0.3, 0.5], [1.2, 0.5], [-0.1, 0.5], [np.nan, 0.5]], requires_grad=True)
    y, log_det = LogitPixels()(v)
    np.testing.assert_array_equal(np.isneginf(log_det.data), [False, True, True, False])
    assert np.isnan(log_det.data[3])
    (g,) = mg.grad((y[:3].sum() + log_det[0]), [v])
    assert np.isfinite(g.data[:3]).all()
    far, log_det = LogitPixels().inverse(Tensor(np.float32([[-200.0, 300.0]])))
    np.testing.assert_allclose(far.data, [[-1e-6, 1 + 1e-6]], atol=1e-7)
    assert np.isfinite(log_det.data).all()  # sigmoid(−300) is 0 in float32, its logarithm is not −∞
    edges, log_det = LogitPixels(1e-6)(Tensor([[0.0, 1.0]]))
    np.testing.assert_allclose(edges.data, [[-math.log(1e6 - 1), math.log(1e6 - 1)]])
    assert np.isfinite(log_det.data).all()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: ActNorm(3)(draw(4, 2, 2)), r"ActNorm\(3\): expected \(N, 3, …\)"),
        (lambda: LUConv1x1(3)(draw(4, 2, 2)), r"LUConv1x1\(3\): expected \(N, 3, H, W\)"),
        (lambda: Squeeze()(draw(1, 7, 8)), "7×8 cannot be cut into squares of 2×2; crop it"),
        (lambda: Squeeze().inverse(draw(6, 2, 2)), "6 channels cannot become squares"),
        (lambda: Squeeze()(draw(4)), r"expected images \(C, H, W\)"),
        (lambda: Multiscale((1, 4, 4), [Squeeze()])(draw(1, 4, 8)), r"built for \(1, 4, 4\)"),
        (lambda: LogitPixels(0.5), "alpha must lie between 0 and ½"),
    ],
)
def test_errors_teach(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
