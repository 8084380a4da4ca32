"""MMD, the classifier test, energy distance and W₁ against closed forms and plain loops; p-values where there is nothing to see."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from minigen import random, tensor
from minigen.evaluate import c2st, energy_distance, median_width, mmd2, mmd_test, wasserstein_1d
from minigen.random import new_generator
from tests.checking import few, seeds

# --- MMD ----------------------------------------------------------------------------------------------------------------------


@few
@given(seeds, st.integers(1, 3))
def test_mmd_by_plain_loops(seed, d):
    g = new_generator(seed)
    x, y, width = g.standard_normal((5, d)), g.standard_normal((6, d)) + 1, 0.8
    k = lambda a, b: math.exp(-((a - b) ** 2).sum() / (2 * width**2))  # noqa: E731
    xx = np.mean([k(x[i], x[j]) for i in range(5) for j in range(5) if i != j])
    yy = np.mean([k(y[i], y[j]) for i in range(6) for j in range(6) if i != j])
    assert mmd2(x, y, width) == pytest.approx(xx + yy - 2 * np.mean([k(a, b) for a in x for b in y]))
    assert mmd2(y, x, width) == pytest.approx(mmd2(x, y, width))


@pytest.mark.parametrize(("shift", "d"), [(0.0, 1), (0.7, 1), (1.5, 3)])
def test_mmd_is_unbiased_for_shifted_gaussians(shift, d):
    """E k(X, Y) of N(0, I) and N(μ, I) is (w²/(w² + 2))^{d/2} exp(−|μ|²/2(w² + 2)): the mean of many estimates must meet it."""
    g, width = new_generator(0), 1.0
    mean_k = lambda m2: (width**2 / (width**2 + 2)) ** (d / 2) * math.exp(-m2 / (2 * (width**2 + 2)))  # noqa: E731
    truth = 2 * mean_k(0) - 2 * mean_k(d * shift**2)
    estimates = [mmd2(g.standard_normal((6, d)), g.standard_normal((6, d)) + shift, width) for _ in range(3000)]
    error = np.std(estimates) / math.sqrt(3000)
    assert abs(np.mean(estimates) - truth) < 4 * error
    assert min(estimates) < 0
    assert error < 0.004  # the biased estimate would be off by about 1/6


def test_median_width():
    assert median_width(np.array([0.0, 1.0]), np.array([3.0, 3.0])) == pytest.approx(2.0)  # distances 1, 3, 3, 2, 2, 0


TESTS = {"MMD": lambda x, y, s: mmd_test(x, y, 99, seed=s), "C2ST": lambda x, y, s: c2st(x, y, steps=20, seed=s)}


@pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
def test_p_values_are_uniform_where_there_is_nothing_to_see(test):
    """A p-value below α comes with probability α. Of 200 within four standard errors."""
    g = new_generator(0)
    p = np.array([test(*g.standard_normal((2, 40, 2)), s).p_value for s in range(200)])
    for alpha in (0.1, 0.3, 0.5):
        assert abs((p <= alpha).mean() - alpha) < 4 * math.sqrt(alpha * (1 - alpha) / 200) + 0.03  # C2ST counts in steps
    assert p.min() > 0
    assert p.max() <= 1


SEEN = {
    "shifted": lambda g: (g.standard_normal((100, 2)), g.standard_normal((100, 2)) + 1.0),
    "a wider one": lambda g: (g.standard_normal((100, 2)), 2.5 * g.standard_normal((100, 2))),
    "a mode missing": lambda g: (np.sign(g.standard_normal((100, 1))) * 3 + g.standard_normal((100, 1)), 3 + g.standard_normal((100, 1))),
    "other dependence": lambda g: (g.standard_normal((200, 2)), np.repeat(g.standard_normal((200, 1)), 2, axis=1)),
}


@pytest.mark.parametrize("name", SEEN)
def test_differences_are_seen(name):
    x, y = SEEN[name](new_generator(0))
    assert mmd_test(x, y).p_value == pytest.approx(1 / 201)
    found = c2st(x, y)
    assert found.p_value < 0.01
    assert found.accuracy > 0.5 + 2 * found.standard_error


def test_a_permutation_test_looks_at_every_division_alike():
    """Swapping the two sets changes nothing, and MMD² of the sets as given is the statistic."""
    g = new_generator(0)
    x, y = g.standard_normal((20, 2)), g.standard_normal((30, 2)) + 0.4
    assert mmd_test(x, y).statistic == pytest.approx(mmd2(x, y))
    assert mmd_test(y, x).statistic == pytest.approx(mmd2(x, y))
    assert abs(mmd_test(y, x).p_value - mmd_test(x, y).p_value) < 0.1


def test_the_classifier_knows_the_best_possible_accuracy():
    """N(0, 1) against N(2, 1): no classifier is right more often than Φ(1) = 0.841; error ½/√n with n = 1,000 points to test."""
    g = new_generator(0)
    found = c2st(g.standard_normal(1000), g.standard_normal(1000) + 2)
    assert found.standard_error == pytest.approx(0.5 / math.sqrt(1000))
    assert abs(found.accuracy - stats.norm.cdf(1)) < 3 * found.standard_error


def test_the_classifier_leaves_the_random_stream_alone_and_repeats_itself():
    x, y = new_generator(0).standard_normal((2, 50, 3))
    random.manual_seed(1)
    expected = random.rand((2,))
    random.manual_seed(1)
    assert c2st(x, y, steps=5) == c2st(x, y, steps=5)
    np.testing.assert_array_equal(random.rand((2,)), expected)


def test_the_classifier_is_tested_on_points_it_has_not_seen():
    """A network that may learn 40 points by heart is still at chance on others."""
    x, y = new_generator(0).standard_normal((2, 80, 20))
    found = c2st(x, y, hidden=128, steps=300)
    assert abs(found.accuracy - 0.5) < 4 * found.standard_error


# --- distances ----------------------------------------------------------------------------------------------------------------


@few
@given(seeds, st.integers(2, 9), st.integers(2, 9))
def test_distances_on_the_line_agree_with_scipy(seed, n, m):
    g = new_generator(seed)
    x, y = g.standard_normal(n), g.standard_normal(m).round(1)
    assert wasserstein_1d(x, y) == pytest.approx(stats.wasserstein_distance(x, y))
    assert energy_distance(x, y) == pytest.approx(stats.energy_distance(x, y) ** 2, abs=1e-12)


@few
@given(seeds, st.floats(-5, 5), st.floats(0.1, 3))
def test_w1_of_translations_and_scalings(seed, shift, scale):
    """W₁(x, x + a) = |a|, W₁(s x, s y) = s W₁(x, y), and no other pairing of the points is cheaper than the sorted one."""
    g = new_generator(seed)
    x, y = g.standard_normal(7), g.standard_normal(7)
    assert wasserstein_1d(x, x + shift) == pytest.approx(abs(shift), abs=1e-12)
    assert wasserstein_1d(scale * x, scale * y) == pytest.approx(scale * wasserstein_1d(x, y))
    assert all(np.abs(x - g.permutation(y)).mean() >= wasserstein_1d(x, y) - 1e-12 for _ in range(50))
    assert wasserstein_1d(np.repeat(x, 3), y) == pytest.approx(wasserstein_1d(x, y))  # a distribution, not a list


@few
@given(seeds)
def test_energy_distance_in_the_plane(seed):
    g = new_generator(seed)
    x, y = g.standard_normal((6, 2)), g.standard_normal((8, 2))
    mean = lambda a, b: np.mean([np.linalg.norm(p - q) for p in a for q in b])  # noqa: E731
    assert energy_distance(x, y) == pytest.approx(2 * mean(x, y) - mean(x, x) - mean(y, y))
    assert energy_distance(x, x[::-1]) == pytest.approx(0, abs=1e-12)
    assert energy_distance(x, y) > 0
    assert energy_distance(tensor(x), tensor(y)) == energy_distance(x, y)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda: mmd2(np.zeros((3, 2)), np.zeros((3, 2))), "most points are equal"),
        (lambda: mmd2(np.zeros((3, 2)), np.zeros((3, 1))), r"mmd2: expected points .* \(3, 2\) and \(3, 1\)"),
        (lambda: c2st(np.zeros((30, 2)), np.zeros((10, 2))), "at least 20 points in each set, got 30 and 10"),
        (lambda: wasserstein_1d(np.zeros((3, 2)), np.zeros((3, 2))), "which can be sorted, got points with 2 coordinates"),
        (lambda: energy_distance([0.0, np.nan], [0.0, 1.0]), "finite"),
    ],
)
def test_wrong_uses(wrong, complaint):
    with pytest.raises(ValueError, match=complaint):
        wrong()
