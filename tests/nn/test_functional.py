"""linear, embedding, one_hot, dropout: values, derivatives, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import random
from minigen.autograd import grad
from minigen.nn import functional as F
from minigen.tensor import Tensor
from tests.checking import Row, check, few, seeds, values


def affine(draw):
    seed, rows = draw(seeds), draw(st.sampled_from([(), (1,), (3,), (2, 3)]))
    n_in, n_out = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    return [values(seed, rows + (n_in,)), values(seed + 1, (n_out, n_in)), values(seed + 2, (n_out,))], {}


def tables(draw):
    seed, shape = draw(seeds), draw(st.sampled_from([(), (4,), (2, 3)]))
    index = np.array(random.new_generator(seed).integers(0, 3, shape))
    return [index, values(seed, (3, 2))], {}


def numbers(draw):
    shape = draw(st.sampled_from([(), (4,), (2, 3)]))
    return [np.array(random.new_generator(draw(seeds)).integers(0, 3, shape))], {"num_classes": draw(st.sampled_from([3, 5]))}


ROWS = [
    Row("linear", F.linear, lambda x, w, b: np.einsum("...i,oi->...o", x, w) + b, affine),
    Row("linear without bias", lambda x, w, b: F.linear(x, w), lambda x, w, b: np.einsum("...i,oi->...o", x, w), affine, order=0),
    Row("embedding", F.embedding, lambda i, w: np.stack([w[k] for k in i.ravel()]).reshape((*i.shape, 2)), tables),
    Row("one_hot", F.one_hot, lambda i, num_classes: np.eye(num_classes, dtype=np.int64)[i], numbers, order=0),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@few
def test_values_and_derivatives(row, data):
    check(row, data.draw)


@pytest.mark.parametrize("rows", [(5,), (2, 3)])
def test_gradients_of_linear_are_those_of_its_composite(rows):
    x, w, b = (Tensor(values(i, shape), requires_grad=True) for i, shape in enumerate([(*rows, 4), (6, 4), (6,)]))
    fused, composite = F.linear(x, w, b), x @ w.T + b
    for got, want in zip(grad((fused * fused).sum(), [x, w, b]), grad((composite * composite).sum(), [x, w, b])):
        np.testing.assert_allclose(got.data, want.data, rtol=1e-12)


def test_embedding_adds_up_repeated_rows_and_spares_the_padding():
    table = Tensor(np.ones((4, 2)), requires_grad=True)
    F.embedding(Tensor(np.array([1, 1, 3, 0])), table, padding_idx=-1).sum().backward()
    np.testing.assert_array_equal(table.grad.data[:, 0], [1, 2, 0, 0])


def test_one_hot_counts_the_classes_itself():
    assert F.one_hot(Tensor(np.array([0, 2]))).tolist() == [[1, 0, 0], [0, 0, 1]]
    assert F.one_hot(Tensor(np.array([1])), 2).dtype == np.int64


def test_dropout_zeroes_a_fraction_p_and_keeps_the_mean():
    random.manual_seed(0)
    x = Tensor(np.ones((200, 500), np.float32), requires_grad=True)
    y = F.dropout(x, 0.3)
    zeros = float((y.data == 0).mean())
    assert abs(zeros - 0.3) < 4 * (0.3 * 0.7 / 1e5) ** 0.5
    np.testing.assert_allclose(np.unique(y.data), [0, 1 / 0.7], rtol=1e-6)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, y.data)
    assert y.dtype == np.float32


def test_dropout_is_seeded_and_does_nothing_outside_training():
    x = Tensor(np.ones(100, np.float32))
    with random.fork(3):
        first, second = F.dropout(x), F.dropout(x)
    with random.fork(3):
        again = F.dropout(x)
    np.testing.assert_array_equal(first.data, again.data)
    assert (first.data != second.data).any()
    assert F.dropout(x, training=False) is x
    assert F.dropout(x, p=0.0) is x
    np.testing.assert_array_equal(F.dropout(x, p=1.0).data, 0)


W = Tensor(np.ones((5, 784)))
WRONG = [
    (lambda: F.linear(Tensor(np.ones((2, 28, 28))), W), ValueError, r"expected \(…, 784\), got \(…, 28, 28\): flatten first"),
    (lambda: F.linear(Tensor(np.ones((2, 783))), W), ValueError, r"expected \(…, 784\), got \(…, 783\)$"),
    (lambda: F.linear(Tensor(np.ones(3)), W), ValueError, r"expected \(…, 784\), got \(3,\)"),
    (lambda: F.linear(Tensor(1.0), W), IndexError, r"expected \(…, 784\), got \(\)"),
    (lambda: F.linear(Tensor(np.ones((2, 784))), W, Tensor(np.ones(4))), ValueError, r"bias must be \(5,\)"),
    (lambda: F.linear(Tensor(np.ones((2, 784))), W, Tensor(np.ones((2, 5)))), ValueError, r"bias must be \(5,\)"),
    (lambda: F.linear(Tensor(np.ones((2, 784))), W, Tensor(np.ones(1))), ValueError, r"bias must be \(5,\)"),
    (lambda: F.linear(Tensor(np.ones(3)), Tensor(np.ones(3))), ValueError, r"weight must be \(out, in\), got \(3,\)"),
    (lambda: F.embedding(Tensor([0.5]), W), TypeError, "row numbers, got float32"),
    (lambda: F.embedding(Tensor(np.array([5])), W), IndexError, "rows 0 … 4, got 5"),
    (lambda: F.embedding(Tensor(np.array([-1])), W), IndexError, "rows 0 … 4, got -1"),
    (lambda: F.embedding(Tensor(np.array([1])), W, padding_idx=7), IndexError, "padding_idx 7"),
    (lambda: F.one_hot(Tensor([0.5])), ValueError, "whole numbers, got float32"),
    (lambda: F.one_hot(Tensor(np.array([3])), 3), ValueError, "must lie in 0 … 2, got 3 to 3"),
    (lambda: F.one_hot(Tensor(np.array([-1]))), ValueError, "got -1"),
    (lambda: F.one_hot(Tensor(np.zeros(0, np.int64))), ValueError, "num_classes must be given"),
    (lambda: F.dropout(W, 1.5), ValueError, r"lies in \[0, 1\], got 1.5"),
]


@pytest.mark.parametrize(("wrong", "error", "message"), WRONG)
def test_wrong_use_is_told(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()
