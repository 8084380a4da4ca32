"""Bits per dimension against densities whose value is known, and everything that must be refused."""

import math

import numpy as np
import pytest

import minigen as mg
from minigen.bijections import Bijection, LogitPixels, UniformDequantization, VariationalDequantization
from minigen.bijections.bijection import sum_except_batch
from minigen.bijections.pixels import noise
from minigen.data import fashion_mnist, mnist
from minigen.data.places import find, search_folders
from minigen.data.sources import FILES
from minigen.distributions import Independent, Normal, TransformedDistribution
from minigen.evaluate import NotComparable, bits_per_dim, from_nats
from minigen.models.pixel_histogram import PixelHistograms
from minigen.random import new_generator
from minigen.tensor import Tensor

IMAGES = new_generator(0).integers(0, 256, (40, 3, 5)).astype(np.uint8)
IMAGES[:, 0, 0] //= 8


class Density:
    """A model made of a function: its log p(v) of each number, summed; 0 outside of ``low`` … ``high``."""

    def __init__(self, log_p, shape=(3, 5), low=0.0, high=1.0):
        self.log_p, self.event_shape, self.low, self.high = log_p, shape, low, high

    def log_prob(self, v):
        v, nowhere = v.data, (v.data < self.low) | (v.data > self.high)
        return sum_except_batch(Tensor(np.where(nowhere, -np.inf, self.log_p(np.where(nowhere, 0.5, v)))))


class Histogram(Density):
    """P(k) as a density that is constant in every bin: p(v) = 256 P(⌊256 v⌋)."""

    def __init__(self, p):
        super().__init__(lambda v: np.log(256 * p[(256 * v).astype(int)]))


def test_uniform_grey_values_cost_eight_bits():
    got = bits_per_dim(Density(np.zeros_like), IMAGES)
    assert got.mean == pytest.approx(8, abs=1e-6)  # log 256, to the base 2
    assert got.dims == 15
    assert got.values.shape == (40,)
    assert got.standard_error == pytest.approx(0, abs=1e-6)


def test_noise_costs_nothing_where_the_density_is_constant_in_a_bin():
    p = new_generator(1).dirichlet(np.full(256, 2.0))
    got = bits_per_dim(Histogram(p), IMAGES, batch_size=7)
    expected = -np.log2(p[IMAGES]).mean(axis=(1, 2))
    np.testing.assert_allclose(got.values, expected, rtol=1e-6)
    assert got.mean == pytest.approx(expected.mean())
    assert got.standard_error == pytest.approx(expected.std() / math.sqrt(40))


def test_a_mean_over_draws_is_a_mean_of_bits():
    slope = Density(lambda v: np.log(1.5 - v))
    many = bits_per_dim(slope, IMAGES, draws=400).values
    middle = IMAGES / 256
    per_bin = np.log(1.5 - middle[..., None] - (np.arange(100) + 0.5) / 25_600).mean(axis=-1)  # E over the bin of log p
    np.testing.assert_allclose(many, -(per_bin / math.log(2) - 8).mean(axis=(1, 2)), atol=1e-4)
    assert bits_per_dim(slope, IMAGES, seed=1).mean != bits_per_dim(slope, IMAGES).mean == bits_per_dim(slope, IMAGES).mean


class SquareRoot(Bijection):
    """u = u₀², the learned noise that fits a density ∝ 1/√u in every bin."""

    def forward(self, x, context=None):
        return x**2, sum_except_batch(mg.log(2 * x))


def test_learned_noise_closes_the_gap_to_the_probability_itself():
    p = new_generator(1).dirichlet(np.full(256, 2.0))

    def log_p(v):  # inside bin k: P(k) · 256 / (2 √u)
        k = np.floor(256 * v)
        return np.log(256 * p[k.astype(int)]) - np.log(2 * np.sqrt(256 * v - k))

    exact = -np.log2(p[IMAGES]).mean()
    uniform = bits_per_dim(Density(log_p), IMAGES, draws=50).mean
    learned = bits_per_dim(Density(log_p), IMAGES, dequantization=VariationalDequantization(SquareRoot())).mean
    assert learned == pytest.approx(exact, abs=1e-4)
    assert uniform == pytest.approx(exact + (math.log(2) - 0.5) / math.log(2), abs=0.01)  # −E log 1/(2√u) = log 2 − ½


def test_few_draws_of_learned_noise_are_not_taken_for_a_forgotten_log_256():
    """Only the mean over all draws of log q(v|k) is at least D log 256."""

    class Slightly(Bijection):
        def forward(self, x, context=None):
            return 0.2 * x**2 + 0.8 * x, sum_except_batch(mg.log(0.4 * x + 0.8))

    noise = VariationalDequantization(Slightly())
    below = 0
    for seed in range(40):
        got = bits_per_dim(Density(np.zeros_like), IMAGES[:2], dequantization=noise, seed=seed)
        below += got.mean < 8
        one = bits_per_dim(Density(np.zeros_like), IMAGES[:1], dequantization=noise, seed=seed)
        assert abs(one.mean - 8) < 0.3
    assert below > 5


def test_dequantisation_and_back():
    k = Tensor(np.arange(256).reshape(4, 64))
    v, log_q = UniformDequantization()(k)
    assert v.dtype == log_q.dtype == np.float32
    np.testing.assert_array_equal(UniformDequantization().quantize(v), k.data)
    np.testing.assert_allclose(log_q.data, 64 * math.log(256), rtol=1e-6)
    top = noise(Tensor(np.full(3_000_000, 255, np.float32))).data + np.float32(255)
    assert top.max() < 256  # float32 rounds nothing up to the next grey value
    u = v.data * 256 - k.data
    assert 0.4 < u.mean() < 0.6
    assert u.std() == pytest.approx(math.sqrt(1 / 12), abs=0.04)


def test_a_density_of_logits_needs_its_jacobian():
    to_logits = LogitPixels(0.05)
    base = Independent(Normal(mg.zeros(15), 1.5 * mg.ones(15)), 1)
    images = IMAGES.reshape(40, 15, 1)
    flow = TransformedDistribution(base, to_logits.inv)
    whole = bits_per_dim(flow, images)
    with mg.no_grad(), mg.random.fork(0):
        v, _ = UniformDequantization()(Tensor(images.reshape(40, 15).astype(np.float32)))
        y, log_jacobian = to_logits(v)
        nats = base.log_prob(y).mean().item()
    again = from_nats(nats, 15, "logits", log_jacobian=log_jacobian.mean().item())
    assert again == pytest.approx(whole.mean, rel=1e-4)
    assert from_nats(-15 * math.log(256), 15, "grey values") == pytest.approx(8)
    assert from_nats(0.0, 15, "[0, 1]") == pytest.approx(8)
    assert from_nats(-15 * math.log(256), 15, "[0, 256]") == pytest.approx(8)
    with pytest.raises(NotComparable, match="density of logits"):
        from_nats(-1366.9, 784, "logits")
    with pytest.raises(ValueError, match="of must be one of"):
        from_nats(-1366.9, 784, "pixels")


class Untouched(UniformDequantization):
    def forward(self, k):
        return k / 256, super().forward(k)[1]


class Log255(UniformDequantization):
    def forward(self, k):
        v, log_q = super().forward(k)
        return v, log_q * (math.log(255) / math.log(256))


class Without256(UniformDequantization):
    def forward(self, k):
        v, log_q = super().forward(k)
        return v, 0 * log_q


class LearnedWithout256(VariationalDequantization):
    def forward(self, k):
        v, log_q = super().forward(k)
        return v, log_q - math.prod(k.shape[1:]) * math.log(256)


class TooWide(UniformDequantization):
    def forward(self, k):
        v, log_q = super().forward(k)
        return (k + 3 * (256 * v - k)) / 260, log_q


FLAT = Density(np.zeros_like)
MNIST = mnist(full=False).images[:300]
REFUSED = {
    "divided pixels": (FLAT, IMAGES / 255, {}, "must be whole grey values, got float64 from 0 to 1"),
    "noise added before": (FLAT, IMAGES + 0.5, {}, "the noise is added here"),
    "binarised": (FLAT, (IMAGES > 128).astype(np.uint8), {}, "only 0 and 1"),
    "more than 255": (FLAT, 300 * IMAGES.astype(int), {}, "must lie in 0 … 255"),
    "negative": (FLAT, IMAGES.astype(int) - 128, {}, "must lie in 0 … 255"),
    "one image": (FLAT, IMAGES[0], {}, r"must be \(N, H, W\)"),
    "padded for the model": (Density(np.zeros_like, (1, 32, 32)), MNIST, {}, "density of 1,024 numbers .* an image has 784"),
    "padded before": (Density(np.zeros_like, (32, 32)), np.pad(MNIST, ((0, 0), (2, 2), (2, 2))), {}, "look padded"),
    "copied channels": (Density(np.zeros_like, (3, 28, 28)), MNIST[:, None].repeat(3, axis=1), {}, "all 3 channels are the same"),
    "no noise": (FLAT, IMAGES, {"dequantization": Untouched()}, "no noise was added"),
    "noise too wide": (FLAT, IMAGES, {"dequantization": TooWide()}, "leads to other grey values"),
    "log 256 forgotten": (FLAT, IMAGES, {"dequantization": Without256()}, "the log 256 is missing"),
    "log 256 forgotten, learned noise": (FLAT, IMAGES, {"dequantization": LearnedWithout256(SquareRoot())}, "the log 256 is missing"),
    "log 255": (FLAT, IMAGES, {"dequantization": Log255()}, "the log 256 is missing"),
    "not a density of pixels": (Density(lambda v: 8 + 0 * v), IMAGES, {}, "more probable than 1"),
    "NaN": (Density(lambda v: np.where(v > 0.99, np.nan, 0)), IMAGES, {}, "have bits/dim of nan; they cannot be skipped"),
    "impossible": (Density(lambda v: np.where(v > 0.99, -np.inf, 0)), IMAGES, {}, "have bits/dim of inf; they cannot be skipped"),
    "logits": (Density(lambda y: -0.5 * ((y + 6) / 3) ** 2 - 2, (28, 28), -99, 99), MNIST, {}, "likelier as logits .*LogitPixels"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_compared_is_refused(name):
    model, images, settings, words = REFUSED[name]
    with pytest.raises(NotComparable, match=words):
        bits_per_dim(model, images, **settings)


def test_mnist_itself_is_not_taken_for_padded():
    assert bits_per_dim(Density(np.zeros_like, (28, 28)), MNIST).mean == pytest.approx(8, abs=1e-5)


def test_independent_pixel_histograms_count():
    model = PixelHistograms(IMAGES, a=0.5)
    k = IMAGES[:4]
    expected = [np.log(((image == IMAGES).sum(axis=0) + 0.5) / (40 + 128)).sum() for image in k]
    np.testing.assert_allclose(model.log_prob(k).data, expected)
    assert bits_per_dim(model, k).mean == pytest.approx(-np.mean(expected) / 15 / math.log(2))
    drawn = model.sample(4000)
    assert drawn.shape == (4000, 3, 5)
    narrow = np.mean(drawn[:, 0, 0] < 32)  # that pixel was never above 31; half a count on each of 224 others says otherwise
    assert narrow == pytest.approx((40 + 16) / 168, abs=0.03)


def test_the_embedded_clothes_find_digits_likelier_than_clothes():
    model = PixelHistograms(fashion_mnist(full=False).images[:4500])
    clothes, digits = bits_per_dim(model, fashion_mnist(full=False).images[4500:]).mean, bits_per_dim(model, MNIST).mean
    assert digits < clothes - 1.5


HERE = [find(FILES[split], [f / key for f in search_folders()]) for key in ("mnist", "fashion-mnist") for split in FILES]


@pytest.mark.skipif(not all(HERE), reason="needs the full MNIST and Fashion-MNIST: set MINIGEN_DATA")
@pytest.mark.parametrize(("fit", "on_mnist", "on_fashion"), [(mnist, 1.690, 5.714), (fashion_mnist, 2.550, 4.588)])
def test_histograms_of_the_full_sets(fit, on_mnist, on_fashion):
    model = PixelHistograms(fit("train", full=True).images[:50_000])
    assert bits_per_dim(model, mnist("test", full=True).images).mean == pytest.approx(on_mnist, abs=1e-3)
    assert bits_per_dim(model, fashion_mnist("test", full=True).images).mean == pytest.approx(on_fashion, abs=1e-3)
