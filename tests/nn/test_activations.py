"""Activation functions: values against NumPy and SciPy, derivatives of first and second order, far tails, kinks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from minigen.autograd import grad
from minigen.nn import functional as F
from minigen.nn.activations import step
from minigen.tensor import Tensor
from tests.checking import Row, check, few, one, seeds, values


def slopes(draw):
    return one(avoid=[0], negative_slope=draw(st.sampled_from([0.01, 0.2, 1.0, 0.0, -0.5, 3.0])))(draw)


def halves(draw):
    shape = draw(st.sampled_from([(2,), (3, 4), (2, 6, 2)]))
    return [values(draw(seeds), shape)], {"axis": draw(st.sampled_from([1, -2] if len(shape) == 3 else [-1]))}


def slopes_of_channels(draw):
    shape, w = draw(st.sampled_from([((3,), 1), ((2, 3), 3), ((2, 3, 2), 3), ((2, 3, 2), 1)]))
    return [values(draw(seeds), shape, avoid=[0]), values(draw(seeds), (w,))], {}


def prelu(x, w):
    w = w.reshape((-1,) + (1,) * (x.ndim - 2)) if len(w) > 1 else w
    return np.where(x > 0, x, w * x)


def glu(x, axis):
    a, b = np.split(x, 2, axis)
    return a * special.expit(b)


def softplus(x, beta, threshold):
    return np.where(x * beta > threshold, x, np.logaddexp(0, beta * x) / beta)


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772

ROWS = [
    Row("relu", F.relu, lambda x: np.where(x > 0, x, 0), one(avoid=[0])),
    Row("leaky_relu", F.leaky_relu, lambda x, negative_slope: np.where(x > 0, x, negative_slope * x), slopes),
    Row("step", lambda x: step(x, low=0.2), lambda x: np.where(x > 0, 1, 0.2), one(), order=0, covers=(step,)),
    Row("hardtanh", F.hardtanh, lambda x, **k: np.clip(x, -0.7, 1.2), one(avoid=[-0.7, 1.2], min_val=-0.7, max_val=1.2)),
    Row("relu6", F.relu6, lambda x: np.clip(x, 0, 6), one(-4, 10, avoid=[0, 6])),
    Row("prelu", F.prelu, prelu, slopes_of_channels),
    Row("elu", F.elu, lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x)), one(avoid=[0], alpha=1.7)),
    Row("selu", F.selu, lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(x)), one(avoid=[0])),
    Row("softplus", F.softplus, softplus, one(beta=3.0, threshold=20.0)),
    Row("softplus, straight above 0.8", F.softplus, softplus, one(avoid=[0.8], beta=0.5, threshold=0.4)),
    Row("logsigmoid", F.logsigmoid, special.log_expit, one(-6, 6)),
    Row("softsign", F.softsign, lambda x: x / (1 + abs(x)), one(avoid=[0])),
    Row("silu", F.silu, lambda x: x * special.expit(x), one()),
    Row("gelu", F.gelu, lambda x: x * special.ndtr(x), one()),
    Row(
        "gelu, tanh", lambda x: F.gelu(x, approximate="tanh"),
        lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))), one(),
    ),
    Row("glu", F.glu, glu, halves),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@few
def test_values_and_derivatives(row, data):
    check(row, data.draw)


FAR = {  # function: (its limits at ±1e4, its slopes there)
    F.relu: (0, 1e4, 0, 1),
    F.leaky_relu: (-100, 1e4, 0.01, 1),
    F.elu: (-1, 1e4, 0, 1),
    F.softplus: (0, 1e4, 0, 1),
    F.logsigmoid: (-1e4, 0, 1, 0),
    F.silu: (0, 1e4, 0, 1),
    F.gelu: (0, 1e4, 0, 1),
    F.hardtanh: (-1, 1, 0, 0),
    F.softsign: (-1, 1, 0, 0),
}


@pytest.mark.parametrize("function", FAR, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_from_zero_nothing_overflows(function, dtype):
    x = Tensor(np.array([-1e4, 1e4], dtype), requires_grad=True)
    y = function(x)
    (slope,) = grad(y.sum(), x, create_graph=True)
    (curvature,) = grad(slope.sum(), x, allow_unused=True) if slope.requires_grad else (None,)
    np.testing.assert_allclose(y.detach().numpy(), FAR[function][:2], atol=2e-4)
    np.testing.assert_allclose(slope.detach().numpy(), FAR[function][2:], atol=1e-6)
    assert y.dtype == dtype
    assert curvature is None or np.all(np.isfinite(curvature.data))


KINKS = [  # PyTorch's choice at the kink
    (F.relu, 0.0, 0.0),
    (F.leaky_relu, 0.0, 0.01),
    (F.elu, 0.0, 1.0),
    (F.selu, 0.0, SELU_SCALE * SELU_ALPHA),
    (F.softsign, 0.0, 1.0),
    (F.hardtanh, 1.0, 0.0),
    (F.hardtanh, -1.0, 0.0),
    (F.relu6, 6.0, 0.0),
    (lambda x: F.prelu(x, Tensor([0.3])), 0.0, 0.3),
]


@pytest.mark.parametrize(("function", "at", "slope"), KINKS)
def test_slope_at_a_kink(function, at, slope):
    x = Tensor([at], requires_grad=True)
    function(x).backward()
    assert x.grad.item() == pytest.approx(slope)


@pytest.mark.parametrize("function", [F.relu, F.leaky_relu, F.elu, F.softplus, F.logsigmoid, F.hardtanh])
def test_nan_stays_nan(function):
    assert np.isnan(function(Tensor([np.nan])).data).all()


WRONG = [
    (lambda: F.gelu(Tensor([1.0]), approximate="exact"), "none.*tanh"),
    (lambda: F.glu(Tensor([1.0, 2.0, 3.0])), r"axis -1 of \(3,\) must have an even size"),
    (lambda: F.prelu(Tensor(np.ones((2, 3))), Tensor([0.1, 0.2])), r"got \(2,\) for \(2, 3\)"),
    (lambda: F.hardtanh(Tensor([1.0]), 2.0, 1.0), "min_val 2.0 is above max_val 1.0"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_wrong_use_is_told(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
