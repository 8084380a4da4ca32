"""Functions of one number: values, derivatives, corners, dtypes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen
from minigen import Tensor, ops
from tests.checking import Row, broadcastable, check, few, one

INF, NAN = math.inf, math.nan
HALVES = [k / 2 for k in range(-8, 9)]

ROWS = [
    Row("neg", ops.neg, np.negative, one()),
    Row("abs", ops.abs, np.abs, one(avoid=[0])),
    Row("sign", ops.sign, np.sign, one(avoid=[0])),
    Row("square", ops.square, np.square, one()),
    Row("sqrt", ops.sqrt, np.sqrt, one(0.2, 3)),
    Row("rsqrt", ops.rsqrt, lambda x: 1 / np.sqrt(x), one(0.2, 3)),
    Row("reciprocal", ops.reciprocal, np.reciprocal, one(0.3, 3)),
    Row("exp", ops.exp, np.exp, one()),
    Row("expm1", ops.expm1, np.expm1, one()),
    Row("log", ops.log, np.log, one(0.2, 3)),
    Row("log1p", ops.log1p, np.log1p, one(-0.8, 3)),
    Row("log2", ops.log2, np.log2, one(0.2, 3)),
    Row("log10", ops.log10, np.log10, one(0.2, 3)),
    Row("sigmoid", ops.sigmoid, lambda x: 1 / (1 + np.exp(-x)), one(-6, 6)),
    Row("floor", ops.floor, np.floor, one(-3, 3, avoid=HALVES)),
    Row("ceil", ops.ceil, np.ceil, one(-3, 3, avoid=HALVES)),
    Row("trunc", ops.trunc, np.trunc, one(-3, 3, avoid=HALVES)),
    Row("round", ops.round, np.rint, one(-3, 3, avoid=HALVES)),
    Row("sin", ops.sin, np.sin, one(-4, 4)),
    Row("cos", ops.cos, np.cos, one(-4, 4)),
    Row("tan", ops.tan, np.tan, one(-1.2, 1.2)),
    Row("asin", ops.asin, np.arcsin, one(-0.9, 0.9)),
    Row("acos", ops.acos, np.arccos, one(-0.9, 0.9)),
    Row("atan", ops.atan, np.arctan, one()),
    Row("atan2", ops.atan2, np.arctan2, broadcastable(avoid=[0])),
    Row("sinh", ops.sinh, np.sinh, one()),
    Row("cosh", ops.cosh, np.cosh, one()),
    Row("tanh", ops.tanh, np.tanh, one()),
    Row("asinh", ops.asinh, np.arcsinh, one()),
    Row("acosh", ops.acosh, np.arccosh, one(1.2, 3)),
    Row("atanh", ops.atanh, np.arctanh, one(-0.9, 0.9)),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@few
def test_row(row, data):
    check(row, data.draw)


CORNERS = [  # function, x, value, derivative; all as PyTorch 2.13 computes them
    (ops.abs, [-1, 0, 2, NAN], [1, 0, 2, NAN], [-1, 0, 1, 0]),
    (ops.sign, [-3, -0.0, 0, 3, NAN], [-1, 0, 0, 1, 0], [0] * 5),
    (ops.sqrt, [0, -1, INF], [0, NAN, INF], [INF, NAN, 0]),
    (ops.rsqrt, [0, -1, INF], [INF, NAN, 0], [-INF, NAN, 0]),
    (ops.reciprocal, [0, -0.0, INF], [INF, -INF, 0], [-INF, -INF, 0]),
    (ops.exp, [-INF, 1000, -1000], [0, INF, 0], [0, INF, 0]),
    (ops.expm1, [-INF, 1e-8, 1000], [-1, 1e-8, INF], [0, 1, INF]),
    (ops.log, [0, -1, INF], [-INF, NAN, INF], [INF, -1, 0]),
    (ops.log1p, [-1, 1e-8, INF], [-INF, 1e-8, INF], [INF, 1, 0]),
    (ops.log2, [0, 8, INF], [-INF, 3, INF], [INF, 1 / (8 * math.log(2)), 0]),
    (ops.log10, [0, 1000, INF], [-INF, 3, INF], [INF, 1 / (1000 * math.log(10)), 0]),
    (ops.sigmoid, [-INF, -1000, 0, 1000, INF], [0, 0, 0.5, 1, 1], [0, 0, 0.25, 0, 0]),
    (ops.tanh, [-INF, -1000, 0, 1000, INF], [-1, -1, 0, 1, 1], [0, 0, 1, 0, 0]),
    (ops.round, [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], [-2, -2, 0, 0, 2, 2], [0] * 6),
    (ops.floor, [-1.5, -0.0, 1.5], [-2, 0, 1], [0] * 3),
    (ops.ceil, [-1.5, 0, 1.5], [-1, 0, 2], [0] * 3),
    (ops.trunc, [-1.5, 0, 1.5], [-1, 0, 1], [0] * 3),
    (ops.sin, [INF, 0], [NAN, 0], [NAN, 1]),
    (ops.asin, [-1, 1, 2], [-math.pi / 2, math.pi / 2, NAN], [INF, INF, NAN]),
    (ops.acos, [-1, 1, 2], [math.pi, 0, NAN], [-INF, -INF, NAN]),
    (ops.atan, [-INF, INF], [-math.pi / 2, math.pi / 2], [0, 0]),
    (ops.sinh, [1000, -INF], [INF, -INF], [INF, INF]),
    (ops.cosh, [1000, -INF], [INF, INF], [INF, -INF]),
    (ops.acosh, [1, INF, 0.5], [0, INF, NAN], [INF, 0, NAN]),
    (ops.atanh, [-1, 1, 2], [-INF, INF, NAN], [INF, INF, -1 / 3]),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("function", "x", "value", "derivative"), CORNERS, ids=lambda v: getattr(v, "__name__", ""))
def test_corners(function, x, value, derivative, dtype):
    x = Tensor(np.array(x, dtype), requires_grad=True)
    y = function(x)
    assert y.dtype == dtype
    np.testing.assert_allclose(y.data, value, rtol=1e-6)
    (g,) = minigen.grad(y, [x], Tensor(np.ones(y.shape, dtype)))
    np.testing.assert_allclose(g.data, derivative, rtol=1e-6)


FLOATING = [
    ops.sqrt, ops.rsqrt, ops.reciprocal, ops.exp, ops.expm1, ops.log, ops.log1p, ops.log2, ops.log10, ops.sigmoid,
    ops.sin, ops.cos, ops.tan, ops.asin, ops.acos, ops.atan, ops.sinh, ops.cosh, ops.tanh, ops.asinh, ops.acosh, ops.atanh,
]  # fmt: skip


@pytest.mark.parametrize("function", FLOATING)
def test_whole_numbers_and_bools_become_default_floats(function):
    """In full precision: NumPy alone would compute exp(True) in float16."""
    expected = function(np.ones(2))
    for dtype in (np.bool_, np.uint8, np.int8, np.int32, np.int64):
        y = function(Tensor(np.ones(2, dtype)))
        assert y.dtype == np.float32
        np.testing.assert_allclose(y.data, expected, rtol=2e-7)
    assert function(Tensor(np.ones((0, 2), np.float32))).shape == (0, 2)


@pytest.mark.parametrize("function", [ops.floor, ops.ceil, ops.trunc, ops.round, ops.abs, ops.neg, ops.sign, ops.square])
def test_whole_numbers_stay_whole(function):
    y = function(Tensor([1, 2]))
    assert y.dtype == np.int64
    assert abs(y).tolist() in ([1, 2], [1, 4], [1, 1])


def test_round_keeps_decimals():
    assert ops.round(Tensor(np.array([1.2345, -1.2355])), decimals=2).tolist() == [1.23, -1.24]


def test_aliases_are_the_same_functions():
    for alias, name in {
        "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "negative": "neg", "absolute": "abs",
        "clip": "clamp",
        "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh",
        "arccosh": "acosh", "arctanh": "atanh",
        "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le", "not_equal": "ne",
    }.items():  # fmt: skip
        assert getattr(ops, alias) is getattr(ops, name)
        assert getattr(Tensor, alias) is getattr(ops, name)
