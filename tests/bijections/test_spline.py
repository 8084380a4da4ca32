"""The rational-quadratic spline: what its knots fix, straight tails, parameters from a network, extremes in float32."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.bijections import RationalQuadraticSpline, rational_quadratic_spline
from minigen.bijections.spline import LEAST
from minigen.gradcheck import gradcheck
from minigen.random import new_generator
from minigen.tensor import Tensor
from tests.checking import few, seeds

B = 2.5


def knots_of(widths, heights, slopes):
    """The knots and slopes that the free numbers mean, by the paper's words, in NumPy."""

    def places(v):
        share = LEAST + (1 - LEAST * len(v)) * np.exp(v) / np.exp(v).sum()
        return -B + 2 * B * np.concatenate([[0], np.cumsum(share)])

    delta = LEAST + np.log1p(np.exp(slopes + math.log(math.exp(1 - LEAST) - 1)))
    return places(widths), places(heights), np.concatenate([[1], delta, [1]])


@few
@given(seed=seeds, k=st.integers(2, 7))
def test_it_goes_through_its_knots_with_their_slopes(seed, k):
    rng = new_generator(seed)
    widths, heights, slopes = rng.normal(size=k), rng.normal(size=k), rng.normal(size=k - 1)
    x, y, delta = knots_of(widths, heights, slopes)
    free = [Tensor(v) for v in (widths, heights, slopes)]
    for side in (-1e-9, 1e-9):  # from the left and from the right: no jump, no corner
        at, log_slope = rational_quadratic_spline(Tensor(x + side), *free, bound=B)
        np.testing.assert_allclose(at.data, y, atol=1e-6)
        np.testing.assert_allclose(np.exp(log_slope.data), delta, rtol=1e-5)
    mid = (x[1:] + x[:-1]) / 2  # half way between, [Gregory, Delbourgo 1982]: y_k + h (s + δ_k) / (2s + δ_k + δ_{k+1})
    h, s = np.diff(y), np.diff(y) / np.diff(x)
    expected = y[:-1] + h * (s + delta[:-1]) / (2 * s + delta[:-1] + delta[1:])
    np.testing.assert_allclose(rational_quadratic_spline(Tensor(mid), *free, bound=B)[0].data, expected, rtol=1e-9, atol=1e-12)
    back, _ = rational_quadratic_spline(Tensor(y[1:-1]), *free, bound=B, inverse=True)
    np.testing.assert_allclose(back.data, x[1:-1], atol=1e-9)


def test_it_starts_as_the_identity_and_its_tails_are_straight():
    b = RationalQuadraticSpline(bins=6, bound=B, shape=(2,))
    x = np.linspace(-4, 4, 22).reshape(11, 2).astype(np.float32)
    y, log_det = b(Tensor(x))
    np.testing.assert_allclose(y.data, x, atol=1e-5)
    np.testing.assert_allclose(log_det.data, 0, atol=1e-5)
    for p in b.parameters():
        p.data = p.data + np.arange(p.numel(), dtype=np.float32).reshape(p.shape)
    far = Tensor(np.array([[-B, 1e4], [-1e4, B]], np.float32))
    y, log_det = b(far)
    np.testing.assert_array_equal(y.data, far.data)
    np.testing.assert_array_equal(log_det.data, 0)


def test_parameters_from_a_network_one_curve_for_each_number():
    rng = new_generator(1)
    x, w, h, d = rng.normal(size=(4, 3)), rng.normal(size=(4, 3, 5)), rng.normal(size=(4, 3, 5)), rng.normal(size=(4, 3, 4))
    y, log_slope = rational_quadratic_spline(*map(Tensor, (x, w, h, d)))
    assert y.shape == log_slope.shape == (4, 3)
    one, its_log_slope = rational_quadratic_spline(Tensor(x[2, 1]), *map(Tensor, (w[2, 1], h[2, 1], d[2, 1])))
    assert (y.data[2, 1], log_slope.data[2, 1]) == (one.item(), its_log_slope.item())
    for inverse in (False, True):
        gradcheck(lambda *a, inverse=inverse: rational_quadratic_spline(*a, inverse=inverse), [x, w, h, d])


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_wild_parameters_in_float32(scale):
    rng = new_generator(2)
    free = [Tensor((scale * rng.normal(size=(50, k))).astype(np.float32), requires_grad=True) for k in (8, 8, 7)]
    x = Tensor(rng.uniform(-3, 3, 50).astype(np.float32), requires_grad=True)
    y, up = rational_quadratic_spline(x, *free)
    back, down = rational_quadratic_spline(y, *free, inverse=True)
    for t in (y, up, back, down):
        assert t.dtype == np.float32
        assert np.isfinite(t.data).all()
    assert (np.abs(y.data) <= 3).all()
    (y.sum() + up.sum() + back.sum() + down.sum()).backward()
    assert all(np.isfinite(t.grad.data).all() for t in (x, *free))
