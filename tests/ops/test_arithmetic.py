"""Arithmetic, choices, comparisons: values, derivatives, operators in both directions, dtypes, and the corners of PyTorch."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen
from minigen import Tensor, ops
from tests.checking import Row, broadcastable, check, few, one, seeds, shapes, values

INF, NAN = math.inf, math.nan


def chosen(draw):
    """A bool condition and two arrays for where."""
    shape = draw(shapes)
    condition = values(draw(seeds), shape) > 0
    return [condition, values(draw(seeds), shape), values(draw(seeds), ())], {}


def apart(n):
    """``n`` broadcastable arrays without ties: equal draws are shifted against each other."""
    return lambda draw: ([x + 0.1 * i for i, x in enumerate(broadcastable(n)(draw)[0])], {})


def whole(n=2):
    """``n`` arrays of whole numbers."""
    return lambda draw: ([np.floor(values(draw(seeds), (3, 4), 1, 6)).astype(np.int64) for _ in range(n)], {})


def truths(draw):
    """Two bool arrays."""
    return [values(draw(seeds), (3, 4)) > 0 for _ in range(2)], {}


def bounded(x, low, high):
    """min(max(x, low), high)"""
    return np.minimum(np.maximum(x, low), high)


ROWS = [
    Row("add", ops.add, np.add, broadcastable()),
    Row("sub", ops.sub, np.subtract, broadcastable()),
    Row("mul", ops.mul, np.multiply, broadcastable()),
    Row("div", ops.div, np.divide, broadcastable(low=[-2, 0.5])),
    Row("pow", ops.pow, np.power, broadcastable(low=[0.3, -2])),
    Row("cube", lambda x: x**3, lambda x: x * x * x, one()),
    Row("power 2.5", lambda x: x**2.5, lambda x: x * x * np.sqrt(x), one(0.2, 2)),
    Row("power −2", lambda x: x**-2, lambda x: 1 / (x * x), one(0.2, 2)),
    Row("power 0", lambda x: x**0, np.ones_like, one()),
    Row("2 to the power", lambda x: 2**x, np.exp2, one()),
    Row("remainder", ops.remainder, lambda a, b: a - b * np.floor(a / b), broadcastable(low=[-3, 0.7], high=3), rtol=1e-7),
    Row("floor_divide", ops.floor_divide, lambda a, b: np.floor(a / b), broadcastable(low=[-3, 0.7], high=3)),
    Row("logaddexp", ops.logaddexp, np.logaddexp, broadcastable(low=-30, high=30)),
    Row("lerp", ops.lerp, lambda a, b, w: (1 - w) * a + w * b, broadcastable(3)),
    Row("maximum", ops.maximum, np.maximum, apart(2)),
    Row("minimum", ops.minimum, np.minimum, apart(2)),
    Row("where", ops.where, np.where, chosen),
    Row("clamp", ops.clamp, bounded, apart(3)),
    Row("clamp between numbers", ops.clamp, lambda x, min, max: bounded(x, min, max), one(min=-1, max=0.5)),
    Row("clamp_min", lambda x: ops.clamp_min(x, 0.5), lambda x: np.maximum(x, 0.5), one()),
    Row("clamp_max", lambda x: ops.clamp_max(x, 0.5), lambda x: np.minimum(x, 0.5), one()),
    Row("eq", ops.eq, np.equal, whole(), order=0),
    Row("ne", ops.ne, np.not_equal, whole(), order=0),
    Row("lt", ops.lt, np.less, whole(), order=0),
    Row("le", ops.le, np.less_equal, whole(), order=0),
    Row("gt", ops.gt, np.greater, whole(), order=0),
    Row("ge", ops.ge, np.greater_equal, whole(), order=0),
    Row("isclose", ops.isclose, np.isclose, whole(), order=0),
    Row("bitwise_and", ops.bitwise_and, np.bitwise_and, whole(), order=0),
    Row("bitwise_or", ops.bitwise_or, np.bitwise_or, whole(), order=0),
    Row("bitwise_xor", ops.bitwise_xor, np.bitwise_xor, whole(), order=0),
    Row("bitwise_not", ops.bitwise_not, lambda x: -x - 1, whole(1), order=0),
    Row("logical_and", ops.logical_and, np.bitwise_and, truths, order=0),
    Row("logical_or", ops.logical_or, np.bitwise_or, truths, order=0),
    Row("logical_xor", ops.logical_xor, np.not_equal, truths, order=0),
    Row("logical_not", ops.logical_not, lambda x: x == 0, whole(1), order=0),
    Row("isnan", ops.isnan, np.isnan, lambda draw: ([np.array([0, 1, NAN, INF, -INF])], {}), order=0),
    Row("isfinite", ops.isfinite, np.isfinite, lambda draw: ([np.array([0, 1, NAN, INF, -INF])], {}), order=0),
    Row("isinf", ops.isinf, np.isinf, lambda draw: ([np.array([0, 1, NAN, INF, -INF])], {}), order=0),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@few
def test_row(row, data):
    check(row, data.draw)


CORNERS = [  # function, inputs, value, gradients; all as PyTorch 2.13 computes them
    ("0/0 and 1/0", lambda a, b: a / b, ([0, 1, -1], [0, 0, 0]), [NAN, INF, -INF], ([INF] * 3, [NAN, -INF, INF])),
    ("pow at a = 0", lambda a, b: a**b, ([0, 0, 0, 0], [0, 1, 2, -1]), [1, 0, 0, INF], ([0, 1, 0, -INF], [0, 0, 0, -INF])),
    ("pow of negatives", lambda a, b: a**b, ([-2, -2], [2, 0.5]), [4, NAN], ([-4, NAN], [NAN, NAN])),
    ("x**2 at 0", lambda x: x**2, ([0.0],), [0], ([0],)),
    ("x**1 at 0", lambda x: x**1, ([0.0],), [0], ([1],)),
    ("x**0 at 0", lambda x: x**0, ([0.0],), [1], ([0],)),
    ("x**-1 at 0", lambda x: x**-1, ([0.0],), [INF], ([-INF],)),
    ("0**x", lambda x: 0**x, ([-1, 0, 1],), [INF, 1, 0], ([-INF, 0, 0],)),
    ("maximum shares ties", ops.maximum, ([1, 2, 3], [2, 2, 2]), [2, 2, 3], ([0, 0.5, 1], [1, 0.5, 0])),
    ("minimum shares ties", ops.minimum, ([1, 2, 3], [2, 2, 2]), [1, 2, 2], ([1, 0.5, 0], [0, 0.5, 1])),
    ("maximum of NaN", ops.maximum, ([NAN, 1], [1, NAN]), [NAN, NAN], ([1, 1], [1, 1])),
    ("minimum of NaN", ops.minimum, ([NAN, 1], [1, NAN]), [NAN, NAN], ([1, 1], [1, 1])),
    ("clamp at its bounds", lambda x: x.clamp(-1, 1), ([-2, -1, 0, 1, 2, NAN],), [-1, -1, 0, 1, 1, NAN], ([0, 1, 1, 1, 0, 0],)),
    ("clamp with min > max", lambda x: x.clamp(1, -1), ([-2, 0, 2],), [-1, -1, -1], ([0, 0, 0],)),
    ("clamp by tensors", ops.clamp, ([0, 5, 3], [1, 1, 4], [2, 2, 2]), [1, 2, 2], ([0, 0, 0], [1, 0, 0], [0, 1, 1])),
    ("clamp min=", lambda x: x.clamp(min=0), ([-1, 0, 1],), [0, 0, 1], ([0, 1, 1],)),
    ("log of what was clamped", lambda x: ops.log(x.clamp(min=0)), ([-1, 1],), [-INF, 0], ([0, 1],)),
    ("log of a maximum", lambda x: ops.log(ops.maximum(x, Tensor([0.0]))), ([-1, 1],), [-INF, 0], ([0, 1],)),
    ("where hides the other branch", lambda x: ops.where(x > 0, x, ops.exp(-x)), ([-1e4, 1],), [INF, 1], ([-INF, 1],)),
    ("logaddexp at −∞", ops.logaddexp, ([-INF, -INF, 0], [0, -INF, -INF]), [0, -INF, 0], ([0, NAN, 1], [1, NAN, 0])),
    ("logaddexp at ∞", ops.logaddexp, ([INF, INF, 0], [0, INF, INF]), [INF, INF, INF], ([1, NAN, 0], [0, NAN, 1])),
    ("logaddexp far apart", ops.logaddexp, ([1000, 0], [0, -1000]), [1000, 0], ([1, 1], [0, 0])),
    ("remainder and b's sign", lambda a, b: a % b, ([5, -5, 5, -5], [3, 3, -3, -3]), [2, 1, -1, -2], ([1] * 4, [-1, 2, 2, -1])),
    ("floor_divide rounds down", lambda a, b: a // b, ([5, -5, 5], [3, 3, -3]), [1, -2, -2], ([0] * 3, [0] * 3)),
    ("atan2 in all quadrants", ops.atan2, ([1, 1, -1, -1], [1, -1, -1, 1]), np.pi * np.array([1, 3, -3, -1]) / 4,
     ([0.5, -0.5, -0.5, 0.5], [-0.5, -0.5, 0.5, 0.5])),
    ("atan2 at the origin", ops.atan2, ([0.0, 0.0], [0.0, -0.0]), [0, np.pi], ([0, 0], [0, 0])),
    ("lerp ends", lambda a, b: ops.lerp(a, b, 0.25), ([0, 4], [8, 0]), [2, 3], ([0.75] * 2, [0.25] * 2)),
]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("name", "function", "inputs", "value", "gradients"), CORNERS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_corners(name, function, inputs, value, gradients, dtype):
    tensors = [Tensor(np.array(a, dtype), requires_grad=True) for a in inputs]
    y = function(*tensors)
    assert y.dtype == dtype
    np.testing.assert_allclose(y.data, value, rtol=1e-6)
    for got, want in zip(minigen.grad(y, tensors, Tensor(np.ones(y.shape, dtype))), gradients, strict=True):
        np.testing.assert_allclose(got.data, want, rtol=1e-6, atol=1e-7)


def test_where_gives_the_unselected_branch_nothing_at_all():
    """g is masked, not multiplied by 0: an infinite cotangent leaves no NaN behind."""
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    y = ops.where(Tensor(np.array([True, False])), x, 0.0)
    (g,) = minigen.grad(y, [x], Tensor(np.array([3.0, INF])))
    np.testing.assert_array_equal(g.data, [3, 0])


def test_the_exponent_0_keeps_its_mixed_derivative():
    """∂²(aᵇ)/∂a∂b = aᵇ⁻¹ (1 + b ln a), which is 1/a at b = 0 and must not be masked away."""
    a, b = Tensor(np.array([2.0, 4.0]), requires_grad=True), Tensor(np.zeros(2), requires_grad=True)
    (ga,) = minigen.grad((a**b).sum(), [a], create_graph=True)
    np.testing.assert_array_equal(ga.data, [0, 0])
    (gab,) = minigen.grad(ga.sum(), [b])
    np.testing.assert_allclose(gab.data, [0.5, 0.25])


OPERATORS = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b, "//": lambda a, b: a // b,
    "%": lambda a, b: a % b, "**": lambda a, b: a**b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


@pytest.mark.parametrize("sign", OPERATORS)
def test_operators_with_numbers_and_arrays_on_either_side(sign):
    op, a, b = OPERATORS[sign], np.array([[1.0, 2.0, 3.0]], np.float32), np.array([[2.0], [3.0]], np.float32)
    for left, right, x, y in [
        (Tensor(a), Tensor(b), a, b), (a, Tensor(b), a, b), (Tensor(a), b, a, b),
        (2, Tensor(b), np.float32(2), b), (Tensor(a), 2, a, np.float32(2)),
        (2.5, Tensor(b), np.float32(2.5), b), (Tensor(a), 2.5, a, np.float32(2.5)),
        (np.float64(2.5), Tensor(b), np.float32(2.5), b), (Tensor(a), np.float64(2.5), a, np.float32(2.5)),
        (True, Tensor(b), np.float32(1), b), (Tensor(a[0, 0]), Tensor(b), a[0, 0], b), (Tensor(a[:, :0]), Tensor(b), a[:, :0], b),
    ]:  # fmt: skip
        result, expected = op(left, right), op(x, y)
        assert isinstance(result, Tensor)
        assert result.dtype == expected.dtype
        assert result.shape == expected.shape
        np.testing.assert_allclose(result.data, expected, rtol=1e-6)


def test_bits_and_truth():
    a, b = np.array([True, True, False, False]), np.array([True, False, True, False])
    np.testing.assert_array_equal((Tensor(a) & b).data, a & b)
    np.testing.assert_array_equal((a | Tensor(b)).data, a | b)
    np.testing.assert_array_equal((Tensor(a) ^ True).data, ~a)
    np.testing.assert_array_equal((False | Tensor(a)).data, a)
    np.testing.assert_array_equal((~Tensor(a)).data, ~a)
    assert (6 & Tensor(3)).item() == 2
    assert (~Tensor(5)).item() == -6
    assert ops.logical_and(Tensor([0.0, 0.5]), Tensor([1, 2])).tolist() == [False, True]
    assert (Tensor([1.0, 2.0]) == Tensor([1.0, 3.0])).tolist() == [True, False]


DTYPES = [  # function, dtypes of the inputs, dtype of the result
    ("int + int", lambda a, b: a + b, (np.int64, np.int64), np.int64),
    ("int32 + int64", lambda a, b: a + b, (np.int32, np.int64), np.int64),
    ("int + 1", lambda a: a + 1, (np.int32,), np.int32),
    ("int + 1.5", lambda a: a + 1.5, (np.int64,), np.float32),
    ("int8 * 1.5", lambda a: a * 1.5, (np.int8,), np.float32),
    ("int / int", lambda a, b: a / b, (np.int64, np.int64), np.float32),
    ("int8 / 2", lambda a: a / 2, (np.int8,), np.float32),
    ("bool / bool", lambda a, b: a / b, (np.bool_, np.bool_), np.float32),
    ("int // int", lambda a, b: a // b, (np.int64, np.int64), np.int64),
    ("int % int", lambda a, b: a % b, (np.int64, np.int64), np.int64),
    ("int ** int", lambda a, b: a**b, (np.int64, np.int64), np.int64),
    ("int ** 0.5", lambda a: a**0.5, (np.int64,), np.float32),
    ("int * float32", lambda a, b: a * b, (np.int64, np.float32), np.float32),
    ("float32 ** int", lambda a, b: a**b, (np.float32, np.int64), np.float32),
    ("float32 + float64", lambda a, b: a + b, (np.float32, np.float64), np.float64),
    ("bool + bool", lambda a, b: a + b, (np.bool_, np.bool_), np.bool_),
    ("bool * float32", lambda a, b: a * b, (np.bool_, np.float32), np.float32),
    ("bool + 1", lambda a: a + 1, (np.bool_,), np.int64),
    ("where int", lambda a, b: ops.where(a > b, a, b), (np.int32, np.int32), np.int32),
    ("where numbers", lambda a: ops.where(a > 1, 1.0, 0.0), (np.int64,), np.float32),
    ("clamp int", lambda a: a.clamp(0, 1), (np.int64,), np.int64),
    ("clamp int by floats", lambda a: a.clamp(0.5, 1.5), (np.int64,), np.float32),
    ("maximum", ops.maximum, (np.int64, np.float32), np.float32),
    ("logaddexp int", ops.logaddexp, (np.int64, np.int64), np.float32),
    ("abs int", abs, (np.int64,), np.int64),
]


@pytest.mark.parametrize(("name", "function", "inputs", "result"), DTYPES, ids=lambda v: v if isinstance(v, str) else "")
def test_dtypes_as_in_pytorch(name, function, inputs, result):
    for shape in [(3,), (), (0, 2)]:
        assert function(*[Tensor(np.ones(shape, dtype)) for dtype in inputs]).dtype == result, (name, shape)


WRONG = [  # call, exception, words of its message
    ("shapes", lambda: Tensor(np.ones((2, 3))) + Tensor(np.ones((4, 3))), ValueError, r"sizes 2 and 4 at axis -2 differ"),
    ("text", lambda: Tensor([1.0]) + "a", TypeError, "got str"),
    ("whole number to a negative power", lambda: Tensor([2, 3]) ** -1, ValueError, "negative integer powers"),
    ("whole number modulo 0", lambda: Tensor([2, 3]) % 0, ValueError, "cannot be divided by 0"),
    ("whole number divided by 0", lambda: Tensor([2, 3]) // Tensor([1, 0]), ValueError, "cannot be divided by 0"),
    ("where without bool", lambda: ops.where(Tensor([1.0]), 1, 2), TypeError, "must be bool, not float32"),
    ("clamp without bounds", lambda: Tensor([1.0]).clamp(), ValueError, "expected min, max or both"),
    ("bits of floats", lambda: Tensor([1.0]) & Tensor([1.0]), TypeError, "bitwise_and"),
]


@pytest.mark.parametrize(
    ("name", "call", "error", "words"), WRONG, ids=lambda v: v if isinstance(v, str) and " " not in v else ""
)
def test_wrong_uses_speak(name, call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_allclose_is_a_python_bool():
    assert ops.allclose(Tensor([1.0, 2.0]), Tensor([1.0, 2.0 + 1e-6])) is True
    assert ops.allclose(Tensor([1.0, 2.0]), Tensor([1.0, 2.1])) is False
