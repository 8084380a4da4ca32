"""Modes of a mixture, the effective number of different points, and the collapse detector on generators that have collapsed or not."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import data
from minigen.evaluate import count_modes, diversity, effective_number, feature_net
from minigen.random import new_generator
from tests.checking import few, seeds


@pytest.mark.parametrize(("toy", "k"), [(data.eight_gaussians(), 8), (data.twenty_five_gaussians(), 25)], ids=["eight", "25"])
def test_modes_of_true_samples(toy, k):
    found = count_modes(toy.sample(20_000, seed=0), toy)
    expected = 1 - math.exp(-4.5)  # the share of a round Gaussian in the plane within 3 σ
    assert (found.reached, found.total) == (k, k)
    assert abs(found.quality - expected) < 4 * math.sqrt(expected * (1 - expected) / 20_000)


def test_modes_of_planted_failures():
    toy = data.eight_gaussians()
    one, two = np.repeat(toy.centers[:1], 100, 0), toy.centers[[0, 3] * 50]
    assert count_modes(one, toy) == (1, 8, 1.0)
    assert count_modes(two, toy) == (2, 8, 1.0)
    assert count_modes(np.zeros((50, 2)), toy) == (0, 8, 0.0)  # between the modes: none is reached
    assert count_modes(np.concatenate([one, 0 * one]), toy) == (1, 8, 0.5)
    edge = toy.centers + np.array([2.9 * toy.std, 0]), toy.centers + np.array([3.1 * toy.std, 0])
    assert count_modes(edge[0], toy) == (8, 8, 1.0)
    assert count_modes(edge[1], toy) == (0, 8, 0.0)
    assert count_modes(edge[1], toy, deviations=4).reached == 8
    assert str(count_modes(two, toy)) == "2 of 8 modes, 100.0 % of high quality"


@few
@given(seeds, st.integers(1, 6), st.integers(2, 5), st.integers(1, 3))
def test_the_effective_number_counts_points_far_apart(seed, k, times, d):
    """K points far apart, ``times`` copies of each: K. With weights w the number is exp of their entropy."""
    centers = 100 * np.arange(k)[:, None] + new_generator(seed).standard_normal((k, d))
    assert effective_number(np.repeat(centers, times, 0), 0.01) == pytest.approx(k)
    weights = np.arange(1, k + 1) / np.arange(1, k + 1).sum()
    if k > 1:
        uneven = np.repeat(centers, np.arange(1, k + 1), 0)
        assert effective_number(uneven, 0.01) == pytest.approx(math.exp(-(weights * np.log(weights)).sum()))


def test_two_points_by_hand():
    """λ = (1 ± k)/2 with k = exp(−d²/2w²)"""
    k = math.exp(-1 / 2)
    values = np.array([1 + k, 1 - k]) / 2
    assert effective_number(np.array([0.0, 3.0]), 3.0) == pytest.approx(math.exp(-(values * np.log(values)).sum()))


# --- the detector, on images --------------------------------------------------------------------------------------------------


def images(name):
    return {"mnist": data.mnist, "fashion-mnist": data.fashion_mnist}[name](full=False)


def with_noise(x, g, sigma=0.1):
    return np.clip(x + sigma * g.standard_normal(x.shape), 0, 1)


GOOD = {
    "data": lambda x, labels, g: x,
    "blurred data": lambda x, labels, g: (x + np.roll(x, 1, 1) + np.roll(x, 1, 2)) / 3,
    "noisy data": lambda x, labels, g: with_noise(x, g),
    "half of the classes": lambda x, labels, g: x[labels < 5],
}
COLLAPSED = {
    "one image": lambda x, labels, g: x[[3] * 200],
    "one image and noise": lambda x, labels, g: with_noise(x[[3] * 200], g),
    "three images": lambda x, labels, g: x[[0, 1, 2] * 67],
    "ten images": lambda x, labels, g: x[list(range(10)) * 20],
    "one class": lambda x, labels, g: x[labels == 1],
    "grey": lambda x, labels, g: np.full((200, 28, 28), 0.5),
    "noise": lambda x, labels, g: g.random((200, 28, 28)),
}


@pytest.mark.parametrize("of", ["mnist", "fashion-mnist"])
@pytest.mark.parametrize("name", [*GOOD, *COLLAPSED])
def test_the_detector_flags_planted_collapses_and_nothing_else(of, name):
    net, all_images = feature_net(of), images(of)
    training, unseen = all_images[:200], all_images[-500:]
    make = {**GOOD, **COLLAPSED}[name]
    fake = make(unseen.images / 255, unseen.labels, new_generator(0))
    n = min(200, len(fake))
    found = diversity(net.features(training.images[:n]), net.features(fake[:n]))
    assert found.collapsed == (name in COLLAPSED), found
    assert str(found).startswith("MODE COLLAPSE: " if name in COLLAPSED else "diversity: ")
    if name == "data":
        assert 0.8 < found.samples / found.data < 1.25
    if name == "three images":
        assert 2 < found.samples <= 3.0001  # two of them may look alike to the classifier


def test_the_detector_in_the_plane_and_on_pixels():
    toy = data.eight_gaussians()
    real, again = toy.sample(300, seed=0), toy.sample(300, seed=1)
    assert not diversity(real, again).collapsed
    assert diversity(real, real[np.linalg.norm(real - toy.centers[0], axis=1) < 0.5]).collapsed
    x = images("mnist").x
    assert not diversity(x[:200], x[-200:]).collapsed
    assert diversity(x[:200], x[[-1, -2, -3] * 60]).collapsed


def test_as_many_of_both_are_compared():
    """The effective number grows with the number of points, so 50 samples must not stand against 400 data."""
    x = images("mnist").x
    few_samples = diversity(x[:400], x[-50:])
    assert few_samples == diversity(x[:50], x[-50:])
    assert not few_samples.collapsed


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda: count_modes(np.zeros((5, 2)), data.moons()), "moons has no modes; take data.eight_gaussians"),
        (lambda: count_modes(np.zeros((5, 3)), data.eight_gaussians()), r"count_modes: expected points .* \(5, 3\) and \(8, 2\)"),
        (lambda: diversity(np.zeros((5, 2)), np.ones((5, 2))), "most data are equal"),
    ],
)
def test_wrong_uses(wrong, complaint):
    with pytest.raises(ValueError, match=complaint):
        wrong()
