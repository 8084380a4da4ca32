"""The Parzen window: the density that it says it is, σ chosen on validation data alone, and the failure that its warning is about."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import data
from minigen.data.toy import log_mixture
from minigen.evaluate import parzen_log_likelihood, parzen_log_prob
from minigen.random import new_generator
from tests.checking import few, seeds


@few
@given(seeds, st.floats(0.05, 2))
def test_it_is_a_mixture_of_gaussians(seed, sigma):
    g = new_generator(seed)
    x, samples = g.standard_normal((9, 2)), g.standard_normal((5, 2))
    expected = log_mixture(x, samples, np.full(5, 0.2), sigma)
    np.testing.assert_allclose(parzen_log_prob(x, samples, sigma), expected, rtol=1e-10)
    several = parzen_log_prob(x, samples, [0.3, sigma])
    assert several.shape == (2, 9)
    np.testing.assert_allclose(several, [parzen_log_prob(x, samples, 0.3), expected], rtol=1e-10)


def test_it_integrates_to_one_and_by_hand():
    x = np.linspace(-10, 10, 4001)
    assert np.exp(parzen_log_prob(x, np.array([0.0, 2.0]), 0.7)).sum() * (x[1] - x[0]) == pytest.approx(1)
    two = parzen_log_prob(np.zeros((2, 3)), np.zeros((2, 3)), 0.5)  # 3 dimensions, at the centre: −3/2 log 2π σ²
    np.testing.assert_allclose(two, -1.5 * math.log(2 * math.pi * 0.25))


def test_sigma_is_chosen_on_the_validation_set():
    g = new_generator(0)
    samples, validation, test = g.standard_normal((3, 400, 1))
    sigmas = [0.01, 0.3, 3.0]
    found = parzen_log_likelihood(samples, validation, test, sigmas)
    assert found.sigma == 0.3
    log_prob = parzen_log_prob(test, samples, 0.3)
    assert found.log_likelihood == pytest.approx(log_prob.mean())
    assert found.standard_error == pytest.approx(log_prob.std(ddof=1) / 20)
    assert parzen_log_likelihood(samples, samples, test, sigmas).sigma == 0.01  # each sample sits in its own window
    assert found.log_likelihood == pytest.approx(-0.5 * math.log(2 * math.pi * math.e), abs=0.1)  # close to −entropy, in one dimension


def test_the_warning_is_true():
    """Centres of k-means, which are no digits and hardly vary, get more than as many true images. [Theis et al. 2016, section 3.2]"""
    x = data.mnist(full=False).x
    train, validation, test = x[:3000], x[-600:-300], x[-300:]
    centres = train[:300].copy()
    for _ in range(5):
        nearest = np.argmin((centres**2).sum(1) - 2 * train @ centres.T, axis=1)
        centres = np.stack([train[nearest == k].mean(0) if (nearest == k).any() else centres[k] for k in range(300)])
    sigmas = np.linspace(0.15, 0.3, 4)
    true, k_means = (parzen_log_likelihood(samples, validation, test, sigmas) for samples in (train[:300], centres))
    assert k_means.log_likelihood > true.log_likelihood + 20


def test_wrong_uses():
    with pytest.raises(ValueError, match=r"parzen_log_prob: expected points .*\(3, 2\) and \(3, 1\)"):
        parzen_log_prob(np.zeros((3, 2)), np.zeros((3, 1)), 1.0)
