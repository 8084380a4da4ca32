"""FID, KID, precision and recall against closed forms, against plain loops, and on generators that fail in a known way."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from minigen import tensor
from minigen.evaluate import fid, frechet_distance, kid, precision_recall
from minigen.random import new_generator
from tests.checking import few, seeds


def with_moments(g, n, mean, cov):
    """n points whose mean and covariance (divisor n − 1) are exactly these."""
    x = g.standard_normal((n, len(mean)))
    x -= x.mean(axis=0)
    white = x @ np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(x.T)))).T
    return mean + white @ np.linalg.cholesky(cov).T


def covariance(g, d):
    a = g.standard_normal((d, d))
    return a @ a.T + 0.1 * np.eye(d)


# --- FID ----------------------------------------------------------------------------------------------------------------------


@few
@given(seeds, st.integers(1, 5))
def test_fid_of_equal_covariances_up_to_scale(seed, d):
    """C₂ = s² C₁: tr(C₁ + C₂ − 2 s C₁) = (1 − s)² tr C₁"""
    g = new_generator(seed)
    cov, shift, s = covariance(g, d), g.standard_normal(d), g.uniform(0.2, 3)
    x, y = with_moments(g, 30, np.zeros(d), cov), with_moments(g, 40, shift, s**2 * cov)
    np.testing.assert_allclose(fid(x, y), shift @ shift + (1 - s) ** 2 * np.trace(cov), rtol=1e-8)


@few
@given(seeds, st.integers(1, 5))
def test_fid_of_any_covariances_by_the_matrix_square_root(seed, d):
    g = new_generator(seed)
    a, b = covariance(g, d), covariance(g, d)
    expected = np.trace(a + b - 2 * sqrtm(a @ b).real)
    np.testing.assert_allclose(frechet_distance(np.zeros(d), a, np.zeros(d), b), expected, rtol=1e-7, atol=1e-9)
    x, y = with_moments(g, 30, np.zeros(d), a), with_moments(g, 20, np.ones(d), b)
    np.testing.assert_allclose(fid(x, y), expected + d, rtol=1e-7)
    np.testing.assert_allclose(fid(y, x), fid(x, y), rtol=1e-8)


def test_fid_of_a_set_with_itself_and_of_fewer_points_than_features():
    x = new_generator(0).standard_normal((10, 30))  # the covariance has no inverse
    assert abs(fid(x, x)) < 1e-6
    np.testing.assert_allclose(fid(x, x + 0.5), 30 * 0.25, rtol=1e-6)


def test_fid_on_the_line_takes_numbers_and_tensors():
    x = np.array([0.0, 2.0, 4.0])
    assert fid(x, x + 3) == pytest.approx(9)
    assert fid(tensor(x), tensor(2 * x)) == pytest.approx(4 + 4)  # means 2 and 4, σ 2 and 4


def test_fid_is_biased_upward_like_one_over_n():
    """As its docstring says: for N(0, I) in d dimensions and n points each about (d(d + 1)/4 + d)·2/n, measured against 1/n."""
    g = new_generator(0)
    small, large = (np.mean([fid(*g.standard_normal((2, n, 8))) for _ in range(40)]) for n in (100, 400))
    assert 3.3 < small / large < 4.8
    assert large > 0.05


# --- KID ----------------------------------------------------------------------------------------------------------------------


def test_kid_is_unbiased():
    """In one dimension E k(x, y) = Σₖ C(3, k) E[xᵏ] E[yᵏ] is known: the mean of many estimates from 5 points each must meet it."""
    g, (m, s) = new_generator(0), (0.5, 1.5)
    x_moments, y_moments = [1, 0, 1, 0], [1, m, m**2 + s**2, m**3 + 3 * m * s**2]
    truth = sum(math.comb(3, k) * (x_moments[k] - y_moments[k]) ** 2 for k in range(4))
    estimates = [kid(g.standard_normal(5), m + s * g.standard_normal(5)) for _ in range(4000)]
    assert abs(np.mean(estimates) - truth) < 4 * np.std(estimates) / math.sqrt(4000)
    assert np.std(estimates) / math.sqrt(4000) < 0.2 * truth  # precise enough for the diagonal to show
    same = [kid(*g.standard_normal((2, 5, 3))) for _ in range(2000)]
    assert min(same) < 0
    assert abs(np.mean(same)) < 4 * np.std(same) / math.sqrt(2000)


@few
@given(seeds)
def test_kid_by_plain_loops(seed):
    g = new_generator(seed)
    x, y = g.standard_normal((5, 3)), g.standard_normal((7, 3))
    k = lambda a, b: (a @ b / 3 + 1) ** 3  # noqa: E731
    xx = np.mean([k(x[i], x[j]) for i in range(5) for j in range(5) if i != j])
    yy = np.mean([k(y[i], y[j]) for i in range(7) for j in range(7) if i != j])
    xy = np.mean([k(a, b) for a in x for b in y])
    np.testing.assert_allclose(kid(x, y), xx + yy - 2 * xy, rtol=1e-9, atol=1e-12)


# --- precision and recall -----------------------------------------------------------------------------------------------------


@few
@given(seeds, st.integers(1, 4))
def test_precision_recall_by_plain_loops(seed, k):
    g = new_generator(seed)
    real, fake = g.standard_normal((12, 2)), 0.7 * g.standard_normal((9, 2)) + 0.5

    def share(points, centers):
        radius = [sorted(np.linalg.norm(c - other) for other in centers)[k] for c in centers]
        return np.mean([any(np.linalg.norm(p - c) <= r for c, r in zip(centers, radius)) for p in points])

    assert precision_recall(real, fake, k) == pytest.approx((share(fake, real), share(real, fake)))


g = new_generator(0)
REAL = g.standard_normal((400, 4))
KNOWN = {  # what a generator does -> its samples, and where precision and recall must lie
    "the data's own distribution": (g.standard_normal((400, 4)), (0.7, 1), (0.7, 1)),
    "far away": (REAL + 100, (0, 0), (0, 0)),
    "one good image": (np.repeat(REAL[:1], 400, 0), (1, 1), (0, 0.01)),
    "one mode": (0.1 * g.standard_normal((400, 4)), (1, 1), (0, 0.1)),
    "noise around all data": (4 * g.standard_normal((400, 4)), (0, 0.3), (0.9, 1)),
}


@pytest.mark.parametrize("name", KNOWN)
def test_precision_recall_of_known_failures(name):
    fake, precision, recall = KNOWN[name]
    found = precision_recall(REAL, fake)
    assert precision[0] <= found.precision <= precision[1], found
    assert recall[0] <= found.recall <= recall[1], found


def test_blocks_do_not_show(monkeypatch):
    fake = KNOWN["noise around all data"][0][:150]
    whole = precision_recall(REAL, fake), kid(REAL, fake)
    monkeypatch.setattr("minigen.evaluate.points.BLOCK", 37)
    monkeypatch.setattr("minigen.evaluate.quality.BLOCK", 37)
    assert precision_recall(REAL, fake) == whole[0]
    assert kid(REAL, fake) == pytest.approx(whole[1], rel=1e-12)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda: fid(REAL, REAL[:, :3]), r"fid: expected points \(N, D\) and \(M, D\).*\(400, 4\) and \(400, 3\)"),
        (lambda: fid(REAL, REAL[:1]), "at least 2"),
        (lambda: kid(REAL[None], REAL[None]), "flatten images first"),
        (lambda: kid(REAL, REAL * np.nan), "kid: the numbers must be finite"),
        (lambda: precision_recall(REAL, REAL[:3], k=3), "0 < k < 3"),
    ],
)
def test_wrong_uses(wrong, complaint):
    with pytest.raises(ValueError, match=complaint):
        wrong()
