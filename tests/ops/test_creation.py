"""tensor, zeros, arange, rand and their kin: values, dtypes, defaults, copies, seeds."""

import numpy as np
import pytest

import minigen
from minigen import random
from minigen.device import set_default_dtype
from minigen.tensor import Tensor

F, L, B = np.float32, np.int64, np.bool_

# (code, the array it makes, its dtype)
MADE = [
    ("m.tensor(1)", 1, L),
    ("m.tensor(1.5)", 1.5, F),
    ("m.tensor(True)", True, B),
    ("m.tensor([[1, 2], [3, 4]])", [[1, 2], [3, 4]], L),
    ("m.tensor([1, 2.5])", [1, 2.5], F),
    ("m.tensor([])", np.zeros(0), F),
    ("m.tensor([1, 0], dtype='bool')", [True, False], B),
    ("m.tensor(np.array([1.0]))", [1], np.float64),
    ("m.tensor([m.tensor(1.0), m.tensor(2.0)])", [1, 2], F),
    ("m.tensor(((1, 2), (3, 4)), np.float64)", [[1, 2], [3, 4]], np.float64),
    ("m.zeros(2, 3)", np.zeros((2, 3)), F),
    ("m.zeros((2,), dtype=int)", [0, 0], L),
    ("m.zeros(())", 0, F),
    ("m.zeros(0, 2)", np.zeros((0, 2)), F),
    ("m.ones([1, 2])", [[1, 1]], F),
    ("m.ones(m.tensor(2))", [1, 1], F),
    ("m.empty(2, 0)", np.zeros((2, 0)), F),
    ("m.full((2,), 3)", [3, 3], L),
    ("m.full((2,), 2.5)", [2.5, 2.5], F),
    ("m.full((), True)", True, B),
    ("m.full((1,), m.tensor(2.0), dtype=np.float64)", [2], np.float64),
    ("m.eye(2)", [[1, 0], [0, 1]], F),
    ("m.eye(2, 3, dtype=np.int64)", [[1, 0, 0], [0, 1, 0]], L),
    ("m.zeros_like(x)", [[0, 0]], np.float64),
    ("m.ones_like(x, dtype=np.int64)", [[1, 1]], L),
    ("m.full_like(x, 7)", [[7, 7]], np.float64),
    ("m.empty_like(x).mul(0)", [[0, 0]], np.float64),
    ("m.arange(4)", [0, 1, 2, 3], L),
    ("m.arange(2, 8, 3)", [2, 5], L),
    ("m.arange(5, 0, -2)", [5, 3, 1], L),
    ("m.arange(3, 3)", np.zeros(0), L),
    ("m.arange(2.0)", [0, 1], F),
    ("m.arange(0, 1, 0.25)", [0, 0.25, 0.5, 0.75], F),
    ("m.arange(3, dtype=np.float64)", [0, 1, 2], np.float64),
    ("m.arange(1, step=0.5)", [0, 0.5], F),
    ("m.linspace(0, 1, 5)", [0, 0.25, 0.5, 0.75, 1], F),
    ("m.linspace(2, 3, 1)", [2], F),
    ("m.linspace(2, 3, 0)", np.zeros(0), F),
    ("m.linspace(m.tensor(1.0), 0, 2, dtype=np.float64)", [1, 0], np.float64),
]


@pytest.mark.parametrize(("code", "expected", "dtype"), MADE, ids=[row[0] for row in MADE])
def test_made(code, expected, dtype):
    y = eval(code, {"m": minigen, "np": np, "x": minigen.tensor([[3.0, 4.0]], dtype=np.float64)})
    assert isinstance(y, Tensor)
    assert (y.dtype, y.device, y.requires_grad) == (dtype, "cpu", False)
    np.testing.assert_array_equal(y.data, expected)
    assert y.shape == np.shape(expected)


def test_tensor_copies_and_Tensor_shares():
    array = np.zeros(2, F)
    copied, shared = minigen.tensor(array), Tensor(array)
    array[0] = 1
    assert (copied[0].item(), shared[0].item()) == (0, 1)
    again = minigen.tensor(shared)
    array[1] = 1
    assert again[1].item() == 0


def test_the_function_wins_over_the_module():
    from minigen.tensor import Tensor as from_module

    assert callable(minigen.tensor)
    assert from_module is Tensor is minigen.Tensor


def test_gradients_can_be_asked_for():
    for y in (
        minigen.tensor([1.0], requires_grad=True),
        minigen.zeros(2, requires_grad=True),
        minigen.randn(2, requires_grad=True),
    ):
        assert y.requires_grad
        assert y.is_leaf
    with pytest.raises(TypeError, match="only floating-point"):
        minigen.arange(3, requires_grad=True)


def test_default_dtype():
    set_default_dtype(np.float64)
    try:
        made = (
            minigen.tensor(1.0),
            minigen.zeros(1),
            minigen.eye(1),
            minigen.arange(1.0),
            minigen.linspace(0, 1, 2),
            minigen.rand(1),
        )
    finally:
        set_default_dtype(F)
    assert {y.dtype for y in made} == {np.dtype(np.float64)}


RANDOM = [
    ("rand", lambda: minigen.rand(50, 40), F, (50, 40)),
    ("rand tuple", lambda: minigen.rand((2000,), dtype=np.float64), np.float64, (2000,)),
    ("randn", lambda: minigen.randn(40, 50), F, (40, 50)),
    ("randn half", lambda: minigen.randn(2000, dtype=np.float16), np.float16, (2000,)),
    ("randint", lambda: minigen.randint(-3, 5, (2000,)), L, (2000,)),
    ("randint high", lambda: minigen.randint(5, (2000,)), L, (2000,)),
    ("randint named", lambda: minigen.randint(high=5, size=(2000,), low=2), L, (2000,)),
    ("randperm", lambda: minigen.randperm(2000), L, (2000,)),
    ("rand_like", lambda: minigen.rand_like(minigen.zeros(2000, dtype=np.float64)), np.float64, (2000,)),
    ("randn_like", lambda: minigen.randn_like(minigen.zeros(2000, dtype=L), dtype=F), F, (2000,)),
]
MEAN_AND_STD = {
    "rand": (0.5, 12**-0.5),
    "randn": (0, 1),
    "randint": (0.5, 5.25**0.5),
    "randint high": (2, 2**0.5),
    "randint named": (3, (2 / 3) ** 0.5),
}


@pytest.mark.parametrize(("name", "draw", "dtype", "shape"), RANDOM, ids=[row[0] for row in RANDOM])
def test_random(name, draw, dtype, shape):
    with random.fork(0):
        first, second = draw(), draw()
    with random.fork(0):
        again = draw()
    assert (first.dtype, first.shape) == (dtype, shape)
    np.testing.assert_array_equal(first.data, again.data)
    assert (first.data != second.data).any()
    if name == "randperm":
        np.testing.assert_array_equal(np.sort(first.data), np.arange(2000))
        return
    mean, std = MEAN_AND_STD.get(name) or MEAN_AND_STD[name.split()[0].split("_")[0]]
    assert abs(first.data.astype(np.float64).mean() - mean) < 5 * std / 2000**0.5
    assert abs(first.data.astype(np.float64).std() - std) < 0.1 * std
    if "int" in name:
        assert (first.data.min(), first.data.max()) == {"randint": (-3, 4), "randint high": (0, 4), "randint named": (2, 4)}[name]


WRONG = [
    ("m.tensor([[1], [1, 2]])", TypeError, "equal rows"),
    ("m.tensor('abc')", TypeError, "got 'abc'"),
    ("m.tensor(1, device='gpu')", ValueError, "unknown device 'gpu'"),
    ("m.tensor([1, 2], requires_grad=True)", TypeError, "only floating-point"),
    ("m.zeros(-1)", ValueError, r"zeros: sizes cannot be negative, got \(-1,\)"),
    ("m.zeros(2.5)", TypeError, "whole numbers"),
    ("m.zeros(2, dtype='float31')", TypeError, "zeros: unknown dtype 'float31'"),
    ("m.full((2,), [1, 2])", TypeError, "expected numbers"),
    ("m.arange(5, 2)", ValueError, "no steps of 1 lead from 5 to 2"),
    ("m.arange(0, 1, 0)", ValueError, "no steps of 0"),
    ("m.arange('a')", TypeError, "expected numbers, got 'a'"),
    ("m.linspace(0, 1, -1)", ValueError, "cannot be negative"),
    ("m.linspace(0, 1, 2.5)", TypeError, "whole numbers"),
    ("m.randint(3, 3, (2,))", ValueError, "no whole number from 3"),
    ("m.randperm(-1)", ValueError, "cannot be negative"),
    ("m.rand(2, dtype=int)", TypeError, "rand: expected a floating dtype, got int64"),
    ("m.eye(-1)", ValueError, "cannot be negative"),
]


@pytest.mark.parametrize(("code", "error", "words"), WRONG, ids=[w[0] for w in WRONG])
def test_what_is_said(code, error, words):
    with pytest.raises(error, match=words):
        eval(code, {"m": minigen})
