"""Special functions: values, derivatives to second order, far tails, shape derivatives of the incomplete gamma and beta."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special as scipy

import minigen
from minigen import Tensor, special
from minigen.ops import gamma, incomplete, logarithms, normal
from minigen.random import new_generator
from tests.checking import Row, broadcastable, check, few, one, seeds

INF, NAN = math.inf, math.nan


def pair(*ranges, **keywords):
    """Three numbers from each range: the incomplete functions integrate at every call."""
    return lambda draw: ([new_generator(draw(seeds) + i).uniform(low, high, 3) for i, (low, high) in enumerate(ranges)], keywords)


def numeric(function, *arguments, i):
    """∂function/∂argument i by a central difference of SciPy's values."""
    up, down = (function(*[a + sign * 1e-5 * (k == i) for k, a in enumerate(arguments)]) for sign in (1, -1))
    return (up - down) / 2e-5


def hazard(x):
    return np.exp(-x * x / 2 - scipy.log_ndtr(x)) / np.sqrt(2 * np.pi)


def gamma_pdf(a, x):
    return np.exp((a - 1) * np.log(x) - x - scipy.gammaln(a))


def beta_pdf(a, b, x):
    return np.exp((a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - scipy.betaln(a, b))


ROWS = [
    Row("erf", special.erf, scipy.erf, one()),
    Row("erfc", special.erfc, scipy.erfc, one()),
    Row("erfinv", special.erfinv, scipy.erfinv, one(-0.9, 0.9)),
    Row("ndtr", special.ndtr, scipy.ndtr, one(-3, 3)),
    Row("ndtri", special.ndtri, scipy.ndtri, one(0.05, 0.95)),
    Row("log_ndtr", special.log_ndtr, scipy.log_ndtr, one(-30, 8)),
    Row(
        "normal_hazard", special.normal_hazard, lambda x: np.exp(-x * x / 2 - scipy.log_ndtr(x)) / np.sqrt(2 * np.pi), one(-5, 5)
    ),
    Row("lgamma", special.lgamma, lambda x: np.log(np.abs(scipy.gamma(x))), one(0.2, 5)),
    Row("digamma", special.digamma, scipy.psi, one(0.2, 5)),
    Row("trigamma", lambda x: special.polygamma(1, x), lambda x: scipy.zeta(2, x), one(0.5, 5), covers=(special.polygamma,)),
    Row("polygamma 2", lambda x: special.polygamma(2, x), lambda x: -2 * scipy.zeta(3, x), one(0.7, 5)),
    Row("xlogy", special.xlogy, scipy.xlogy, broadcastable(low=[-2, 0.2], high=3)),
    Row("xlog1py", special.xlog1py, scipy.xlog1py, broadcastable(low=[-2, -0.8], high=3)),
    Row("logit", special.logit, scipy.logit, one(0.1, 0.9)),
    Row(
        "logit eps",
        special.logit,
        lambda x, eps: scipy.logit(np.clip(x, eps, 1 - eps)),
        one(-0.5, 1.5, avoid=[0.2, 0.8], eps=0.2),
    ),
    Row("expit", special.expit, scipy.expit, one(-6, 6)),
    Row("log_expit", special.log_expit, scipy.log_expit, one(-30, 30)),
]

SLOW_ROWS = [
    Row("gammainc", special.gammainc, scipy.gammainc, pair((0.3, 4), (0.2, 6))),
    Row("gammaincc", special.gammaincc, scipy.gammaincc, pair((0.3, 4), (0.2, 6))),
    Row("gammainc_ratio", special.gammainc_ratio, lambda a, x: numeric(scipy.gammainc, a, x, i=0) / gamma_pdf(a, x),
        pair((0.3, 4), (0.2, 6)), rtol=1e-6),
    Row("betainc", special.betainc, scipy.betainc, pair((0.4, 4), (0.4, 4), (0.1, 0.9))),
    Row("betainc_ratio a", special.betainc_ratio, lambda a, b, x: numeric(scipy.betainc, a, b, x, i=0) / beta_pdf(a, b, x),
        pair((0.4, 4), (0.4, 4), (0.1, 0.9)), rtol=1e-6),
    Row("betainc_ratio b", special.betainc_ratio, lambda a, b, x, n, m: numeric(scipy.betainc, a, b, x, i=1) / beta_pdf(a, b, x),
        pair((0.4, 4), (0.4, 4), (0.1, 0.9), n=0, m=1), rtol=1e-6),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@few
def test_row(row, data):
    check(row, data.draw)


@pytest.mark.parametrize("row", SLOW_ROWS, ids=str)
@given(data=st.data())
@settings(few, max_examples=3)
def test_slow_row(row, data):
    check(row, data.draw)


ROWS = ROWS + SLOW_ROWS

CORNERS = [  # function, inputs, value, gradients
    (normal.erfinv, ([-1, 0, 1, 2],), [-INF, 0, INF, NAN], ([INF, math.sqrt(math.pi) / 2, INF, NAN],)),
    (normal.ndtri, ([0, 0.5, 1, 2],), [-INF, 0, INF, NAN], ([INF, math.sqrt(2 * math.pi), INF, NAN],)),
    (normal.log_ndtr, ([-100, 0, 40],), [-5005.5242086942, -math.log(2), 0], ([100.00999800099926, math.sqrt(2 / math.pi), 0],)),
    (gamma.lgamma, ([0, 1, 171, -0.5],), [INF, 0, 706.5730622457874, 1.2655121234846454],
     ([-INF, -0.5772156649015329, 5.138736730024484, 0.03648997397857652],)),
    (logarithms.xlogy, ([0, 0, 0, 2, NAN], [0, 2, -1, 0, 1]), [0, 0, 0, -INF, NAN],
     ([0, math.log(2), 0, -INF, 0], [0, 0, 0, INF, NAN])),
    (logarithms.xlog1py, ([0, 0, 2], [-1, 1, -1]), [0, 0, -INF], ([0, math.log(2), -INF], [0, 0, INF])),
    (logarithms.logit, ([0, 0.5, 1],), [-INF, 0, INF], ([INF, 4, INF],)),
    (logarithms.expit, ([-100, 0, 1000],), [3.720075976020836e-44, 0.5, 1], ([3.720075976020836e-44, 0.25, 0],)),
    (logarithms.log_expit, ([-1000, 0, 1000],), [-1000, -math.log(2), 0], ([1, 0.5, 0],)),
    (incomplete.gammainc, ([2, 1], [0, 0]), [0, 0], ([0, 0], [0, 1])),
    (incomplete.betainc, ([2, 2], [2, 2], [0, 1]), [0, 1], ([0, 0], [0, 0], [0, 0])),
]  # fmt: skip


@pytest.mark.parametrize(("function", "inputs", "value", "gradients"), CORNERS, ids=lambda v: getattr(v, "__name__", ""))
def test_corners(function, inputs, value, gradients):
    tensors = [Tensor(np.array(a, np.float64), requires_grad=True) for a in inputs]
    y = function(*tensors)
    np.testing.assert_allclose(y.data, value, rtol=1e-12)
    for got, want in zip(minigen.grad(y, tensors, Tensor(np.ones(y.shape))), gradients, strict=True):
        np.testing.assert_allclose(got.data, want, rtol=1e-12, atol=1e-15)


TAIL = [  # x, ln Φ(x), its first and its second derivative, from 40-digit arithmetic
    (-3.0, -6.60772622151034954, 3.28309865493043651, -0.929440813214731883),
    (-30.0, -454.321243956343197, 30.033259667433677, -0.998896228488109909),
    (-300.0, -45006.6227321186634, 300.003333259263374, -0.99998888962956105),
    (5.0, -2.86651612963763593e-7, 1.48671994090490571e-6, -7.43360191486071125e-6),
]


@pytest.mark.parametrize(("x", "value", "first", "second"), TAIL)
def test_log_ndtr_far_in_the_tail(x, value, first, second):
    for dtype, digits in (
        (np.float64, 1e-9),
        (np.float32, 0.03),
    ):  # x + φ/Φ cancels: 2 digits stay at −300
        t = Tensor(np.array([x], dtype), requires_grad=True)
        y = special.log_ndtr(t)
        (g,) = minigen.grad(y, [t], create_graph=True)
        (h,) = minigen.grad(g, [t])
        np.testing.assert_allclose([y.item(), g.item()], [value, first], rtol=min(digits, 1e-6))
        np.testing.assert_allclose(h.item(), second, rtol=digits)


def test_log_ndtr_right_of_everything():
    """Φ(x) rounds to 1: the derivatives are 0, not NaN, in float32 as well."""
    t = Tensor(np.array([14.0, 60.0], np.float32), requires_grad=True)
    (g,) = minigen.grad(special.log_ndtr(t).sum(), [t], create_graph=True)
    (h,) = minigen.grad(g.sum(), [t])
    np.testing.assert_allclose(np.stack([g.data, h.data]), 0, atol=1e-38)


GAMMA_RATIO = [  # a, x, n, r = (∂ⁿP/∂aⁿ) / p from 40-digit arithmetic
    (0.001, 1e-50, 1, -1.1455368271789198e-45),
    (0.01, 0.005, 1, -2.3829314078839166),
    (0.1, 0.3, 1, -4.006480392225533),
    (0.1, 0.3, 2, -0.05828128455965609),
    (0.5, 3.0, 1, -2.9129424164403646),
    (1.0, 0.9, 2, 0.21294769800128419),
    (5.0, 12.0, 1, -1.5508363766251059),
    (5.0, 4.0, 3, 0.13673462775698378),
    (3.0, 40.0, 1, -2.9347629990088615),
    (50.0, 40.0, 1, -0.8955497027460754),
    (1000.0, 1090.0, 1, -1.0438815808192847),
    (1000.0, 950.0, 2, 0.050001618567084856),
]

BETA_RATIO = [  # a, b, x, n, m, r
    (0.01, 0.02, 0.3, 1, 0, -725.0767486281861),
    (0.5, 0.5, 0.5, 1, 0, -0.915965594177219),
    (2.0, 5.0, 0.1, 1, 0, -0.08137231908294702),
    (2.0, 5.0, 0.1, 0, 1, 0.017412232046021835),
    (2.0, 5.0, 0.6, 1, 1, 0.05929225832536233),
    (0.1, 8.0, 0.001, 2, 0, 0.18727185679171418),
    (30.0, 40.0, 0.4, 0, 1, 0.005907725318445447),
    (300.0, 20.0, 0.95, 1, 0, -0.00015753909894365736),
    (2.0, 3.0, 0.999, 0, 1, 0.0022198279821564583),
    (30.0, 40.0, 0.5, 0, 2, -0.0009974096148861523),
]


@pytest.mark.parametrize(("a", "x", "n", "expected"), GAMMA_RATIO)
def test_gamma_shape_derivative_to_many_digits(a, x, n, expected):
    y = special.gammainc_ratio(Tensor(np.array(a)), Tensor(np.array(x)), n=n)
    np.testing.assert_allclose(y.item(), expected, rtol=1e-9)


@pytest.mark.parametrize(("a", "b", "x", "n", "m", "expected"), BETA_RATIO)
def test_beta_shape_derivative_to_many_digits(a, b, x, n, m, expected):
    y = special.betainc_ratio(Tensor(np.array(a)), Tensor(np.array(b)), Tensor(np.array(x)), n=n, m=m)
    np.testing.assert_allclose(y.item(), expected, rtol=1e-9)


def test_shape_derivatives_stay_precise_in_float32():
    """A large shape: the density itself has lost its digits there, the ratio has not."""
    a, x = np.array([1e4], np.float32), np.array([10050.0], np.float32)
    wide = special.gammainc_ratio(Tensor(a.astype(np.float64)), Tensor(x.astype(np.float64)))
    narrow = special.gammainc_ratio(Tensor(a), Tensor(x))
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow.data, wide.data, rtol=2e-7)


def test_numbers_and_shapes():
    x = Tensor(np.array([[0.5], [2.0]]))
    np.testing.assert_allclose(special.gammainc(0.1, x).data, scipy.gammainc(0.1, x.data))
    np.testing.assert_allclose(special.gammainc_ratio(0.1, x).data, special.gammainc_ratio(np.array(0.1), x).data, rtol=1e-15)
    assert special.gammainc_ratio(Tensor(np.ones(3)), x).shape == (2, 3)
    assert special.erf(Tensor([0, 1])).dtype == np.float32
    assert special.lgamma(Tensor(np.ones((0, 2)))).shape == (0, 2)
    assert special.xlogy(2, Tensor([1.0])).dtype == np.float32


@pytest.mark.parametrize("n", [-1, 0.5])
def test_polygamma_wants_a_whole_order(n):
    with pytest.raises(ValueError, match="whole number ≥ 0"):
        special.polygamma(n, Tensor([1.0]))
