"""Normalizations: values against NumPy, derivatives of first and second order, what the shapes must be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.nn import functional as F
from minigen.nn import normalization
from minigen.tensor import Tensor
from tests.checking import Row, check, few, seeds, values


def standardize(x, axis, eps=1e-5):
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + eps)


def spread(seed, shape):
    """Values that are not close to constant along any axis, so that finite differences are accurate."""
    return values(seed, shape, -1, 1) + 0.7 * np.arange(np.prod(shape)).reshape(shape) % 2.9


def rows_and_axes(draw):
    axis = draw(st.sampled_from([(1,), (-1,), (0, 2), (1, 2)]))
    return [spread(draw(seeds), (2, 3, 4))], {"axis": axis, "eps": draw(st.sampled_from([1e-5, 0.1]))}


def layers(draw):
    x = spread(draw(seeds), (2, 2, 3))
    shape = draw(st.sampled_from([(3,), (2, 3)]))
    return [x, values(draw(seeds), shape), values(draw(seeds), shape)], {}


def groups(draw):
    shape = draw(st.sampled_from([(2, 4), (2, 4, 3), (1, 4, 2, 2)]))
    groups = draw(st.sampled_from([1, 2] if len(shape) == 2 else [1, 2, 4]))
    return [spread(draw(seeds), shape), values(draw(seeds), (4,)), values(draw(seeds), (4,))], {"num_groups": groups}


def group_norm(x, w, b, num_groups):
    column = (-1,) + (1,) * (x.ndim - 2)
    y = standardize(x.reshape(len(x), num_groups, -1), 2).reshape(x.shape)
    return y * w.reshape(column) + b.reshape(column)


def vectors(draw):
    p, axis = draw(st.sampled_from([(2.0, 1), (2.0, -1), (1.0, 0), (3.0, 1)]))
    return [values(draw(seeds), (2, 3), avoid=[0])], {"p": p, "axis": axis}


ROWS = [
    Row("standardize", normalization.standardize, standardize, rows_and_axes),
    Row(
        "layer_norm", lambda x, w, b: F.layer_norm(x, w.shape, w, b),
        lambda x, w, b: standardize(x, tuple(range(-w.ndim, 0))) * w + b, layers,
    ),
    Row(
        "layer_norm, plain", lambda x, w, b: F.layer_norm(x, w.shape, eps=0.1),
        lambda x, w, b: standardize(x, tuple(range(-w.ndim, 0)), 0.1), layers, order=0,
    ),
    Row("group_norm", lambda x, w, b, num_groups: F.group_norm(x, num_groups, w, b), group_norm, groups),
    Row(
        "rms_norm", lambda x, w, b: F.rms_norm(x, w.shape, w, eps=0.01),
        lambda x, w, b: x / np.sqrt((x * x).mean(tuple(range(-w.ndim, 0)), keepdims=True) + 0.01) * w, layers,
    ),
    Row("normalize", F.normalize, lambda x, p, axis: x / np.linalg.norm(x, p, axis, keepdims=True), vectors),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@few
def test_values_and_derivatives(row, data):
    check(row, data.draw)


def test_a_constant_row_becomes_zero_with_a_finite_gradient():
    x = Tensor(np.full((2, 4), 3.0, np.float32), requires_grad=True)
    y = F.layer_norm(x, 4)
    y[0, 0].backward()
    assert np.all(y.data == 0)
    assert np.all(np.isfinite(x.grad.data))


def test_normalize_of_a_zero_vector_is_zero():
    x = Tensor(np.zeros((1, 3)), requires_grad=True)
    y = F.normalize(x, dim=1)
    y.sum().backward()
    assert np.all(y.data == 0)
    np.testing.assert_allclose(x.grad.data, 1e12)


def test_rms_norm_takes_the_resolution_of_its_dtype_as_eps():
    tiny = Tensor(np.full((1, 2), 1e-4, np.float32))
    expected = 1e-4 / np.sqrt(1e-8 + np.finfo(np.float32).eps)
    np.testing.assert_allclose(F.rms_norm(tiny, (2,)).data, expected, rtol=1e-5)


X = Tensor(np.ones((2, 6, 3)))
WRONG = [
    (lambda: F.layer_norm(X, 4), r"expected \(…, 4\), got \(2, 6, 3\)"),
    (lambda: F.layer_norm(X, (6, 3), weight=Tensor(np.ones(3))), r"weight must be \(6, 3\), got \(3,\)"),
    (lambda: F.layer_norm(X, ()), "expected"),
    (lambda: F.rms_norm(X, (6,)), r"expected \(…, 6\)"),
    (lambda: F.group_norm(X, 4), "multiple of 4 groups"),
    (lambda: F.group_norm(Tensor(np.ones(4)), 2), r"got \(4,\)"),
    (lambda: F.group_norm(X, 2, bias=Tensor(np.ones(3))), r"bias must be \(6,\), got \(3,\)"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_wrong_use_is_told(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
