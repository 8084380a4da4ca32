"""Toy densities: each integrates to 1, its samples follow it, and the entropies are the published ones."""

import math

import numpy as np
import pytest
from scipy import stats

from minigen import random
from minigen.data import (
    checkerboard,
    eight_gaussians,
    gaussians,
    moons,
    parabola,
    pinwheel,
    rings,
    spirals,
    twenty_five_gaussians,
    uniform_squared,
)

TOYS = {  # -> density, points of the grid on each axis, mass outside the box
    "parabola": (parabola(), 300, 1e-6),
    "parabola, other scale": (parabola(scale=10), 300, 1e-6),
    "eight_gaussians": (eight_gaussians(), 500, 1e-8),
    "eight_gaussians, overlapping": (eight_gaussians(radius=1, std=0.5), 60, 1e-7),
    "twenty_five_gaussians": (twenty_five_gaussians(), 300, 1e-8),
    "one gaussian": (gaussians("one", [(0.5, -1)], 1.0), 100, 1e-7),
    "checkerboard": (checkerboard(), 40, 1e-12),
    "rings": (rings(), 200, 1e-7),
    "rings, one": (rings(radii=[2], noise=0.2), 200, 1e-7),
    "pinwheel": (pinwheel(), 200, 1e-6),
    "pinwheel, other": (pinwheel(arms=3, radial=0.2, tangential=0.2, swirl=-0.5), 200, 1e-6),
    "moons": (moons(), 100, 1e-7),
    "moons, other": (moons(noise=0.3), 60, 1e-7),
    "spirals": (spirals(), 120, 1e-6),
    "spirals, other": (spirals(noise=0.3), 60, 1e-6),
}


def middles(low, high, n):
    """The middles of n equal pieces of [low, high]: for smooth densities the midpoint rule converges faster than any power."""
    return low + (high - low) * (np.arange(n) + 0.5) / n


def cell(toy, n):
    return np.prod([(high - low) / n for low, high in toy.box])


@pytest.fixture(scope="module")
def on_grid():
    """name -> p(x) on the grid over the box, (n, n); computed once."""
    kept = {}

    def density(name):
        if name not in kept:
            toy, n, _ = TOYS[name]
            x1, x2 = (middles(*side, n) for side in toy.box)
            grid = np.stack(np.meshgrid(x1, x2, indexing="ij"), axis=-1).reshape(-1, 2)
            kept[name] = np.exp(toy.log_prob(grid)).reshape(n, n)
        return kept[name]

    return density


@pytest.mark.parametrize("name", TOYS)
def test_integrates_to_1(name, on_grid):
    toy, n, outside = TOYS[name]
    assert abs(on_grid(name).sum() * cell(toy, n) - 1) < 2 * outside + 1e-10


@pytest.mark.parametrize("name", TOYS)
def test_entropy_where_it_is_known_is_that_of_the_density(name, on_grid):
    toy, n, outside = TOYS[name]
    p = on_grid(name)
    entropy = -(p * np.log(np.maximum(p, 1e-300))).sum() * cell(toy, n)
    if toy.entropy is None:
        assert "entropy" not in repr(toy)
    else:
        assert toy.entropy == pytest.approx(entropy, abs=20 * outside)
        assert f"{toy.entropy:.7f} nats" in repr(toy)


@pytest.mark.parametrize("name", TOYS)
def test_samples_follow_the_density(name, on_grid):
    toy, n, _ = TOYS[name]
    x = toy.sample(20_000, seed=3)
    assert (x.shape, x.dtype) == ((20_000, 2), np.float32)
    log_p = toy.log_prob(x)
    p = on_grid(name)
    entropy = -(p * np.log(np.maximum(p, 1e-300))).sum() * cell(toy, n)
    assert abs(log_p.mean() + entropy) < 4.5 * log_p.std() / math.sqrt(len(x)) + 1e-4
    # χ²: the grid's cells joined to blocks, those with fewer than 10 expected samples joined to one
    k = next(k for k in (20, 15, 12, 10) if n % k == 0)
    edges = [np.linspace(low, high, k + 1) for low, high in toy.box]
    observed = np.histogram2d(*x.astype(np.float64).T, bins=edges)[0].ravel()
    expected = p.reshape(k, n // k, k, n // k).sum(axis=(1, 3)).ravel() * cell(toy, n) * len(x)
    rare = expected < 10
    observed = np.append(observed[~rare], len(x) - observed[~rare].sum())
    expected = np.append(expected[~rare], len(x) - expected[~rare].sum())
    observed, expected = observed[expected > 0.5], expected[expected > 0.5]
    assert ((observed - expected) ** 2 / expected).sum() < stats.chi2.isf(1e-5, len(expected) - 1)


@pytest.mark.parametrize("name", TOYS)
def test_seeds(name):
    toy = TOYS[name][0]
    state = random.get_state()
    first = toy.sample(10, seed=1)
    assert (first == toy.sample(10, seed=1)).all()
    assert (first != toy.sample(10, seed=2)).any()
    assert random.get_state() == state
    unseeded = toy.sample(10)
    assert (unseeded != toy.sample(10)).any()
    random.set_state(state)
    assert (unseeded == toy.sample(10)).all()
    assert toy.sample(0).shape == (0, 2)


ENTROPIES = {
    "parabola": (parabola(), -3.1535875),  # LECTURE.md, A9
    "eight_gaussians": (eight_gaussians(), math.log(8) + 1 + math.log(2 * math.pi) + 2 * math.log(0.02)),
    "twenty_five_gaussians": (twenty_five_gaussians(), math.log(25) + 1 + math.log(2 * math.pi) + 2 * math.log(0.05)),
    "checkerboard": (checkerboard(), math.log(32)),
    "uniform_squared": (uniform_squared(), 3 * math.log(2) - 1),
}


@pytest.mark.parametrize("name", ENTROPIES)
def test_entropies_are_the_published_ones(name):
    toy, entropy = ENTROPIES[name]
    assert toy.entropy == pytest.approx(entropy, abs=5e-8)


def test_overlapping_gaussians_have_no_simple_entropy():
    assert eight_gaussians(std=0.08).entropy is not None
    assert eight_gaussians(std=0.2).entropy is None


def arc(name, t):
    """The curves of moons and spirals, written once more from their definition: two curves (len(t), 2), weight of dt."""
    if name == "moons":
        outer = np.stack([np.cos(t), np.sin(t)], axis=1)
        return outer, [1, 0.5] - outer, np.full_like(t, 1 / math.pi)
    arm = np.stack([-np.cos(t), np.sin(t)], axis=1) * t[:, None] / 3
    return arm, -arm, 2 * t / (3 * math.pi) ** 2


@pytest.mark.parametrize(("name", "make", "end"), [("moons", moons, math.pi), ("spirals", spirals, 3 * math.pi)])
@pytest.mark.parametrize("noise", [0.05, 0.1, 0.3])
def test_the_integral_along_a_curve_is_right_to_a_millionth(name, make, end, noise):
    toy = make(noise)
    x = np.stack([random.new_generator(0).uniform(low, high, 30) for low, high in toy.box], axis=1)
    tip = arc(name, np.array([end]))[0]
    around = [[r * math.cos(a), r * math.sin(a)] for r in (2 * noise, 5 * noise, 8 * noise) for a in range(12)]
    x = np.concatenate([x, toy.sample(30, seed=0), tip + around])  # the integral is hardest round the tip, where the curve stops
    t, step = np.linspace(0, end, 100_001, retstep=True)
    simpson = step / 3 * np.where(np.arange(len(t)) % 2, 4, 2)
    simpson[[0, -1]] = step / 3
    *curves, weight = arc(name, t)
    log_p = []
    for point in x:
        logs = np.concatenate([-((point - curve) ** 2).sum(axis=1) / (2 * noise**2) for curve in curves])
        terms = np.exp(logs - logs.max()) * np.tile(simpson * weight, 2) / 2
        log_p.append(math.log(terms.sum()) + logs.max() - math.log(2 * math.pi * noise**2))
    log_p = np.array(log_p)
    here = log_p > -50
    assert here.sum() > 60
    assert np.abs(toy.log_prob(x) - log_p)[here].max() < 1e-6


def test_uniform_squared():
    toy = uniform_squared()
    x = toy.sample(20_000, seed=1)
    assert (x.shape, x.dtype) == ((20_000,), np.float32)
    assert stats.kstest(x, lambda v: np.sqrt(v) / 2).pvalue > 1e-4
    assert -toy.log_prob(x).mean() == pytest.approx(toy.entropy, abs=4.5 * 0.5 / math.sqrt(20_000))
    z = middles(0, 2, 1000)  # ∫ p(x) dx = ∫ p(z²) 2z dz
    assert (np.exp(toy.log_prob(z**2)) * 2 * z).mean() * 2 == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(toy.log_prob([1, 4]), [-math.log(4), -math.log(8)])


OUTSIDE = {
    "checkerboard: white square": (checkerboard(), [[1, -1]]),
    "checkerboard: right edge": (checkerboard(), [[4, 0.5]]),
    "checkerboard: beyond": (checkerboard(), [[5, 5]]),
    "uniform_squared: 0": (uniform_squared(), [0]),
    "uniform_squared: negative": (uniform_squared(), [-1]),
    "uniform_squared: beyond": (uniform_squared(), [4.01]),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_off_the_support_the_density_is_0(name):
    toy, x = OUTSIDE[name]
    assert toy.log_prob(x).tolist() == [-math.inf]


@pytest.mark.parametrize("make", [checkerboard, uniform_squared])
def test_no_sample_is_rounded_off_the_support(make, monkeypatch):
    highest = 1 - 2.0**-53
    for value in (0.0, highest):
        monkeypatch.setattr(random, "rand", lambda shape, *more, value=value: np.full(shape, value))
        assert np.isfinite(make().log_prob(make().sample(100))).all()


def test_far_away_and_in_the_centre_the_log_density_stays_finite():
    for toy, *_ in TOYS.values():
        if toy.name != "checkerboard":
            assert np.isfinite(toy.log_prob([[0, 0], [30, -30]])).all()


REFUSED = {
    "a point alone": (lambda: moons().log_prob([0, 1]), r"expected shape \(n, 2\), got \(2,\)"),
    "three columns": (lambda: moons().log_prob(np.zeros((4, 3))), r"got \(4, 3\)"),
    "a plane for a line": (lambda: uniform_squared().log_prob(np.zeros((4, 2))), r"expected shape \(n,\)"),
    "a number": (lambda: uniform_squared().log_prob(1.0), r"got \(\)"),
    "negative": (lambda: rings().sample(-1), "got -1"),
    "half a point": (lambda: rings().sample(1.5), "got 1.5"),
    "seed": (lambda: rings().sample(1, seed=-1), "-1"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_refusals_say_what_came(row):
    act, message = REFUSED[row]
    with pytest.raises(ValueError, match=message):
        act()
