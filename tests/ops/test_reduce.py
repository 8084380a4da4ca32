"""Reductions, running sums and products, norms, softmax: values by NumPy and SciPy, gradients by numbers, PyTorch's edges."""

import math

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigen
from minigen import Tensor, gradcheck, gradgradcheck, ops
from minigen.autograd import grad
from minigen.ops.norms import vector_norm
from minigen.ops.reduce import finite, logmeanexp, spread
from tests.checking import Row, check, few, one, reduction, seeds, values


def along(zeros=False, min_dims=0):
    """A draw of one array and one axis; with ``zeros`` up to three of its elements are 0."""

    def draw_it(draw):
        x = values(draw(seeds), draw(hnp.array_shapes(min_dims=min_dims, max_dims=3, min_side=1, max_side=4)))
        if zeros:
            for _ in range(draw(st.integers(0, 3))):
                x.reshape(-1)[draw(st.integers(0, x.size - 1))] = 0
        n = max(1, x.ndim)
        return [x], {"axis": draw(st.integers(-n, n - 1))}

    return draw_it


def holding_zeros(draw):
    """Any axes, with up to three zeros among the numbers."""
    [x], keywords = reduction()(draw)
    for _ in range(draw(st.integers(0, 3))):
        x.reshape(-1)[draw(st.integers(0, x.size - 1))] = 0
    return [x], keywords


def more_than(correction):
    """More elements than ``correction`` along every axis, so that the variance exists."""
    return reduction(min_side=correction + 1, correction=correction)


def scipy_axes(f):
    return lambda x, axis, keepdims: f(x, axis=axis, keepdims=keepdims)


def np_norm(x, ord, axis, keepdims):
    return np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)


def np_var(x, correction, **keywords):
    return np.var(x, ddof=correction, **keywords)


def np_std(x, correction, **keywords):
    return np.std(x, ddof=correction, **keywords)


def np_log_mean(x, axis, keepdims):
    return np.log(np.exp(x).mean(axis=axis, keepdims=keepdims))


def repeated(draw):
    """One row that is repeated."""
    return [values(draw(seeds), (1, 3))], {"shape": (draw(st.integers(2, 4)), 3)}


ROWS = [
    Row("spread", spread, np.broadcast_to, repeated),
    Row("sum", ops.sum, np.sum, reduction()),
    Row("mean", ops.mean, np.mean, reduction()),
    Row("prod", ops.prod, np.prod, holding_zeros),
    Row("var", ops.var, np_var, more_than(1)),
    Row("var, correction 0", ops.var, np_var, more_than(0)),
    Row("std", ops.std, np_std, more_than(1)),
    Row("std, correction 2", ops.std, np_std, more_than(2)),
    Row("amax", ops.amax, np.amax, reduction()),
    Row("amin", ops.amin, np.amin, reduction()),
    Row("any", ops.any, np.any, reduction(), order=0),
    Row("all", ops.all, np.all, holding_zeros, order=0),
    Row("count_nonzero", ops.count_nonzero, np.count_nonzero, holding_zeros, order=0),
    Row("logsumexp", ops.logsumexp, scipy_axes(scipy.special.logsumexp), reduction()),
    Row("logmeanexp", logmeanexp, np_log_mean, reduction()),
    Row("finite", finite, np.positive, one()),
    Row("softmax", ops.softmax, scipy.special.softmax, along(min_dims=1)),
    Row("log_softmax", ops.log_softmax, scipy.special.log_softmax, along(min_dims=1)),
    Row("cumsum", ops.cumsum, lambda x, axis: np.cumsum(x, axis).reshape(x.shape), along()),
    Row("cumprod", ops.cumprod, lambda x, axis: np.cumprod(x, axis).reshape(x.shape), along(zeros=True)),
    *(Row(f"norm {p}", vector_norm, np_norm, reduction(ord=p)) for p in (1, 1.5, 2, 3, -1)),
    Row("norm inf", vector_norm, lambda x, ord, **k: np.max(np.abs(x), **k), reduction(ord=math.inf)),
    Row("norm -inf", vector_norm, lambda x, ord, **k: np.min(np.abs(x), **k), reduction(ord=-math.inf)),
    Row("norm 0", vector_norm, lambda x, ord, **k: np.sum(x != 0, **k), reduction(ord=0)),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@few
def test_row(row, data):
    check(row, data.draw)


# --- what PyTorch does at the edges -------------------------------------------------------------------------------------------


def gradient(f, x):
    x = Tensor(np.array(x, np.float64), requires_grad=True)
    y = f(x)
    y.sum().backward()
    return y.data, x.grad.data


E2 = [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]
EDGES = {  # function, x, y, ∂Σy/∂x: values that PyTorch 2 gives, unless the line says otherwise
    "amax shares ties": (lambda x: x.amax(1), E2, [3, 2], [[0, 0.5, 0.5], [1 / 3] * 3]),
    "amin shares ties": (lambda x: x.amin(1), E2, [1, 2], [[1, 0, 0], [1 / 3] * 3]),
    "amax of all shares ties": (lambda x: x.amax(), E2, 3, [[0, 0.5, 0.5], [0, 0, 0]]),
    "amax carries NaN": (lambda x: x.amax(), [1.0, math.nan], math.nan, [math.nan] * 2),
    "std of equal numbers": (lambda x: x.std(1), [[2.0, 2.0]], [0], [[0, 0]]),
    "var of one number": (lambda x: x.var(1), [[2.0]], [math.nan], [[math.nan]]),
    "std of one number": (lambda x: x.std(), 2.0, math.nan, math.nan),
    "var without freedom": (lambda x: x.var(0, correction=2), [1.0, 2.0], math.inf, [-math.inf, math.inf]),
    "unbiased=False by position": (lambda x: x.var(0, False), [1.0, 3.0], 1, [-1, 1]),
    "unbiased=False": (lambda x: x.std(unbiased=False), [1.0, 3.0], 1, [-0.5, 0.5]),
    "mean of nothing": (lambda x: x.mean(), np.zeros(0), math.nan, np.zeros(0)),
    "mean of no rows": (lambda x: x.mean(0), np.zeros((0, 2)), [math.nan] * 2, np.zeros((0, 2))),
    "var of nothing": (lambda x: x.var(0), np.zeros((0, 2)), [math.nan] * 2, np.zeros((0, 2))),
    "sum of nothing": (lambda x: x.sum(0), np.zeros((0, 2)), [0, 0], np.zeros((0, 2))),
    "prod of nothing": (lambda x: x.prod(0), np.zeros((0, 2)), [1, 1], np.zeros((0, 2))),
    "logsumexp of nothing": (lambda x: x.logsumexp(0), np.zeros(0), -math.inf, np.zeros(0)),
    "softmax of nothing": (lambda x: x.softmax(0), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2))),
    "log_softmax of nothing": (lambda x: x.log_softmax(1), np.zeros((2, 0)), np.zeros((2, 0)), np.zeros((2, 0))),
    "cumprod of nothing": (lambda x: x.cumprod(0), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2))),
    "prod with one zero": (lambda x: x.prod(), [2.0, 0.0, 3.0], 0, [0, 6, 0]),
    "prod with two zeros": (lambda x: x.prod(), [2.0, 0.0, 0.0], 0, [0, 0, 0]),
    "prod of one number": (lambda x: x.prod(0), [0.0], 0, [1]),
    "cumprod through a zero": (lambda x: x.cumprod(0), [2.0, 0.0, 3.0], [2, 0, 0], [1, 8, 0]),
    "logsumexp of −∞": (lambda x: x.logsumexp(0), [-math.inf] * 2, -math.inf, [0, 0]),  # PyTorch has NaN for the gradient
    "logsumexp with −∞": (lambda x: x.logsumexp(0), [-math.inf, 3.0], 3, [0, 1]),
    "logsumexp of +∞": (lambda x: x.logsumexp(0).detach() + 0 * x[1], [math.inf, 1e4], math.inf, [0, 0]),
    "logsumexp ±10⁴": (lambda x: x.logsumexp(0), [1e4, -1e4], 1e4, [1, 0]),
    "softmax ±10⁴": (lambda x: x.softmax(0), [1e4, -1e4, 1e4], [0.5, 0, 0.5], [0, 0, 0]),
    "log_softmax ±10⁴": (lambda x: x.log_softmax(0), [1e4, -1e4], [0, -2e4], [-1, 1]),
    "softmax with −∞": (lambda x: x.softmax(0)[0], [0.0, -math.inf], 1, [0, 0]),
    "softmax of −∞": (lambda x: x.softmax(0), [-math.inf] * 2, [math.nan] * 2, [math.nan] * 2),
    "softmax of +∞": (lambda x: x.softmax(0), [math.inf, 1.0], [math.nan] * 2, [math.nan] * 2),
    "norm at 0": (lambda x: x.norm(), [0.0, 0.0], 0, [0, 0]),
    "norm 3 at 0": (lambda x: x.norm(3), [0.0, 0.0], 0, [0, 0]),
    "norm ½ with a zero": (lambda x: x.norm(0.5), [0.0, 2.0], 2, [0, 1]),
    "norm −1 with a zero": (lambda x: x.norm(-1), [0.0, 2.0], 0, [0, 0]),
    "norm ∞ shares ties": (lambda x: x.norm(math.inf), [1.0, -1.0], 1, [0.5, -0.5]),
    "norm −∞ at 0": (lambda x: x.norm(-math.inf), [0.0, 2.0], 0, [0, 0]),
    "0-d sum": (lambda x: x.sum(0), 3.0, 3, 1),
    "0-d softmax": (lambda x: x.softmax(0), 3.0, 1, 0),
    "0-d cumsum": (lambda x: x.cumsum(-1), 3.0, 3, 1),
    "0-d cumprod": (lambda x: x.cumprod(0), 3.0, 3, 1),
    "0-d prod": (lambda x: x.prod(0), 3.0, 3, 1),
    "0-d logsumexp": (lambda x: x.logsumexp(0), 3.0, 3, 1),
    "axes as a list": (lambda x: x.mean([0, -1]), E2, 13 / 6, [[1 / 6] * 3] * 2),
}


@pytest.mark.parametrize("name", EDGES)
def test_edges(name):
    f, x, y, g = EDGES[name]
    got, dx = gradient(f, x)
    np.testing.assert_allclose(got, y, rtol=1e-12)
    np.testing.assert_allclose(dx, g, rtol=1e-12, atol=1e-15)
    assert got.shape == np.shape(y)


def test_softmax_stays_finite_in_float32():
    x = Tensor(np.array([[1e4, -1e4, 0], [1e38, -1e38, 0]], np.float32), requires_grad=True)
    for f in (ops.softmax, ops.log_softmax, ops.logsumexp):
        y = f(x, axis=1) if f is not ops.log_softmax else f(x[:1], axis=1)
        y.sum().backward()
        assert y.dtype == np.float32
        assert np.isfinite(y.data).all()
        assert np.isfinite(x.grad.data).all()


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int32, np.int64])
def test_whole_numbers_are_summed_in_int64(dtype):
    x = Tensor(np.array([[1, 0, 1], [1, 1, 1]], dtype))
    for f, y in [(ops.sum, [2, 3]), (ops.prod, [0, 1]), (ops.count_nonzero, [2, 3])]:
        assert f(x, axis=1).dtype == np.int64
        assert f(x, axis=1).tolist() == y
    assert x.cumsum(1).dtype == x.cumprod(1).dtype == np.int64
    assert x.any(0).dtype == x.all(0).dtype == np.bool_
    assert x.amax(1).dtype == dtype


def test_whole_numbers_in_exponentials_are_taken_as_floats():
    x = Tensor([[1, 2], [3, 3]])
    for f, reference in [(ops.logsumexp, scipy.special.logsumexp), (ops.softmax, scipy.special.softmax), (ops.mean, np.mean)]:
        assert f(x, axis=1).dtype == np.float32
        np.testing.assert_allclose(f(x, axis=1).data, reference(x.data, axis=1), rtol=1e-6)
    assert x.std(1, unbiased=False).tolist() == [0.5, 0]


def test_dtype_says_in_what_to_add():
    x = Tensor(np.full(4, 0.1, np.float32), requires_grad=True)
    for f in (ops.sum, ops.prod):
        y = f(x, dtype=np.float64)
        assert y.dtype == np.float64
        y.backward()
        assert x.grad.dtype == np.float32
    assert x.cumsum(0, dtype=np.float64).dtype == np.float64
    assert Tensor([1, 2]).sum(dtype=np.float32).dtype == np.float32


def test_second_derivatives_of_products_with_zeros():
    for x in ([0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [0.0, 0.0, 0.0, 1.0]):
        gradgradcheck(ops.prod, [np.array(x)])
        gradgradcheck(lambda t: t.cumprod(0), [np.array(x)])


def test_few_numbers_are_copied_and_many_are_a_view():
    for n in (10, 100_000):
        y = spread(Tensor([[1.0, 2.0]]), shape=(n, 2))
        assert (y.data == [1, 2]).all()
        assert (y.data.strides[0] == 0) == (n == 100_000)


def test_third_derivative_of_a_product_of_zeros():
    x = Tensor(np.zeros(3), requires_grad=True)
    y = x.prod()
    for i in range(3):
        y = minigen.grad(y, x, create_graph=True)[0][i]
    assert y.item() == 1


def test_ties_pass_gradcheck_as_kinks():
    report = gradcheck(lambda t: t.amax(0), [np.array([1.0, 1.0, 0.0])])
    assert report.kinks == 2


def test_synonyms():
    x = Tensor(np.arange(6.0).reshape(2, 3))
    for f in (ops.sum, ops.mean, ops.var, ops.std, ops.amax, ops.logsumexp, ops.prod, ops.norm, logmeanexp):
        assert (f(x, dim=1, keepdim=True).data == f(x, axis=1, keepdims=True).data).all()
    assert (x.softmax(dim=-1).data == x.softmax(1).data).all()


ERRORS = {
    "sum: axis 2": lambda x: x.sum(2),
    "mean: axis -3": lambda x: x.mean(-3),
    "var: axis 5": lambda x: x.var((0, 5)),
    "logsumexp: axis 2": lambda x: x.logsumexp(2),
    "softmax: axis 2": lambda x: x.softmax(2),
    "cumprod: axis 2": lambda x: x.cumprod(2),
    "softmax: .*'axis'": lambda x: x.softmax(),
    "amax: .* have no maximum": lambda x: x[:0].amax(0),
    "amin: .* have no minimum": lambda x: x[:0].amin(),
    "vector_norm: .*matrix_norm": lambda x: x.norm("nuc"),
    "vector_norm: .* have no norm of order inf": lambda x: x[:0].norm(math.inf),
}


@pytest.mark.parametrize("message", ERRORS)
def test_errors_speak(message):
    with pytest.raises((IndexError, TypeError, ValueError), match=message.replace("(", r"\(").replace(")", r"\)")):
        ERRORS[message](Tensor(np.ones((2, 3))))


@pytest.mark.parametrize("f", [ops.sum, ops.mean, ops.var, ops.amax, ops.logsumexp], ids=lambda f: f.__name__)
def test_no_axes_mean_all_axes(f):
    x = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    np.testing.assert_array_equal(f(x, axis=()).data, f(x, axis=(0, 1)).data)
    np.testing.assert_array_equal(grad(f(x, axis=()), x)[0].data, grad(f(x, axis=(0, 1)), x)[0].data)
