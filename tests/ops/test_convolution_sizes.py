"""Convolution and pooling: the sizes of the textbook, and what callers with impossible wishes are told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.ops.convolution import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from minigen.ops.pooling import avg_pool1d, max_pool1d
from minigen.tensor import Tensor
from tests.checking import few

# --- sizes: the relationships of Dumoulin and Visin, by their numbers -----------------------------------------------------------------

SIZES = {  # number: (what it holds for, the convolution's settings, the size it predicts)
    1: (lambda i, k, s, p, d: True, lambda i, k, s, p, d: (k, 1, 0, 1), lambda i, k, s, p, d: i - k + 1),
    2: (lambda i, k, s, p, d: True, lambda i, k, s, p, d: (k, 1, p, 1), lambda i, k, s, p, d: i - k + 2 * p + 1),
    3: (lambda i, k, s, p, d: k % 2, lambda i, k, s, p, d: (k, 1, k // 2, 1), lambda i, k, s, p, d: i),
    4: (lambda i, k, s, p, d: True, lambda i, k, s, p, d: (k, 1, k - 1, 1), lambda i, k, s, p, d: i + k - 1),
    5: (lambda i, k, s, p, d: True, lambda i, k, s, p, d: (k, s, 0, 1), lambda i, k, s, p, d: (i - k) // s + 1),
    6: (lambda i, k, s, p, d: True, lambda i, k, s, p, d: (k, s, p, 1), lambda i, k, s, p, d: (i + 2 * p - k) // s + 1),
    15: (
        lambda i, k, s, p, d: True, lambda i, k, s, p, d: (k, s, p, d),
        lambda i, k, s, p, d: (i + 2 * p - k - (k - 1) * (d - 1)) // s + 1,
    ),
}  # fmt: skip
TRANSPOSED_SIZES = {  # number: (settings with output_padding, the size it predicts); i is the input of the transposed convolution
    8: (lambda k, s, p, a: (k, 1, 0, 0), lambda i, k, s, p, a: i + k - 1),
    9: (lambda k, s, p, a: (k, 1, p, 0), lambda i, k, s, p, a: i + k - 1 - 2 * p),
    10: (lambda k, s, p, a: (2 * (k // 2) + 1, 1, k // 2, 0), lambda i, k, s, p, a: i),
    11: (lambda k, s, p, a: (k, 1, k - 1, 0), lambda i, k, s, p, a: i - (k - 1)),
    12: (lambda k, s, p, a: (k, s, 0, 0), lambda i, k, s, p, a: s * (i - 1) + k),
    13: (lambda k, s, p, a: (k, s, p, 0), lambda i, k, s, p, a: s * (i - 1) + k - 2 * p),
    14: (lambda k, s, p, a: (k, s, p, a), lambda i, k, s, p, a: s * (i - 1) + a + k - 2 * p),
}
numbers = st.tuples(st.integers(1, 9), st.integers(1, 4), st.integers(1, 3), st.integers(0, 3), st.integers(1, 2))


@pytest.mark.parametrize("number", SIZES)
@given(numbers=numbers)
@few
def test_sizes_of_convolutions(number, numbers):
    holds, settings, predicted = SIZES[number]
    size = predicted(*numbers)
    k, s, p, d = settings(*numbers)
    if holds(*numbers) and size >= 1:
        y = conv1d(Tensor(np.ones((1, 1, numbers[0]))), Tensor(np.ones((1, 1, k))), None, s, p, d)
        assert y.shape == (1, 1, size)
        if number == 3:
            assert conv1d(Tensor(np.ones((1, 1, numbers[0]))), Tensor(np.ones((1, 1, k))), padding="same").shape == y.shape


@pytest.mark.parametrize("number", TRANSPOSED_SIZES)
@given(numbers=numbers, a=st.integers(0, 2))
@few
def test_sizes_of_transposed_convolutions(number, numbers, a):
    settings, predicted = TRANSPOSED_SIZES[number]
    i, k, s, p, _ = numbers
    size = predicted(i, k, s, p, a)
    kernel, stride, padding, extra = settings(k, s, p, a)
    if size >= 1 and extra < stride:
        y = conv_transpose1d(Tensor(np.ones((1, 1, i))), Tensor(np.ones((1, 1, kernel))), None, stride, padding, extra)
        assert y.shape == (1, 1, size)
        back = conv1d(y, Tensor(np.ones((1, 1, kernel))), None, stride, padding)
        assert back.shape == (1, 1, i)  # convᵀ goes back to where conv came from


@given(numbers=numbers)
@few
def test_sizes_of_pooling(numbers):
    """Relationship 7, for any stride."""
    i, k, s, _, _ = numbers
    if i >= k:
        for pool in (max_pool1d, avg_pool1d):
            assert pool(Tensor(np.ones((1, 1, i))), k, s).shape == (1, 1, (i - k) // s + 1)


# --- what callers are told ------------------------------------------------------------------------------------------------------------

X, W = Tensor(np.ones((2, 4, 5, 5))), Tensor(np.ones((6, 4, 3, 3)))
WRONG = [
    (lambda: conv2d(X, Tensor(np.ones((6, 3, 3, 3)))), r"weight \(6, 3, 3, 3\) is for 3 input channels, but the input has 4"),
    (lambda: conv2d(X, W, groups=2), "for 4 · 2 groups input channels, but the input has 4"),
    (lambda: conv2d(X, W, groups=3), "groups must divide the 4 input and the 6 output channels, got groups=3"),
    (lambda: conv2d(X, W, groups=0), "groups must divide"),
    (lambda: conv2d(X, W, Tensor(np.ones(5))), r"bias must be \(6,\).* got \(5,\)"),
    (lambda: conv2d(X, Tensor(np.ones((6, 4, 7, 7)))), r"reaches over \(7, 7\) .* padded input has only \(5, 5\); pad more"),
    (lambda: conv2d(X, W, dilation=3), r"reaches over \(7, 7\) elements \(kernel \(3, 3\), dilation \(3, 3\)\)"),
    (lambda: conv2d(X, W, padding="same", stride=2), 'padding="same" keeps the size, which a stride of'),
    (lambda: conv2d(X, W, padding="full"), 'numbers, "same" or "valid", got \'full\''),
    (lambda: conv2d(X, W, padding=-1), "padding must be a whole number ≥ 0"),
    (lambda: conv2d(X, W, stride=0), "stride must be a whole number ≥ 1"),
    (lambda: conv2d(X, W, stride=1.5), "stride must be a whole number ≥ 1"),
    (lambda: conv2d(X[0, 0], W), r"expected an input \(N, C, H, W\) or \(C, H, W\) and a weight of 4 axes, got \(5, 5\) and"),
    (lambda: conv2d(X, W[0]), "a weight of 4 axes"),
    (lambda: conv2d(X, Tensor(np.ones((0, 4, 3, 3)))), "the weight is empty"),
    (lambda: conv1d(X, W[:, :, 0]), r"expected an input \(N, C, L\)"),
    (lambda: conv1d(X[:, :, 0], W[:, :, 0], stride=(1, 2)), "stride must be a whole number ≥ 1, got"),
    (lambda: conv_transpose2d(X, W), r"is for 6 input channels, but the input has 4; a transposed convolution's weight is \(in, out"),
    (
        lambda: conv_transpose2d(X, W.transpose(0, 1), stride=2, output_padding=2),
        r"output_padding \(2, 2\) must be smaller than the stride \(2, 2\)",
    ),
    (lambda: conv_transpose2d(X, W.transpose(0, 1), output_padding=1), "must be smaller than the stride"),
    (lambda: conv_transpose2d(X, W.transpose(0, 1), padding=4), r"nothing would be left .* would be \(-1, -1\); pad less"),
    (lambda: conv_transpose2d(X, W.transpose(0, 1), padding="same"), "only convolutions know it by name"),
    (lambda: conv_transpose2d(X, W.transpose(0, 1), groups=3), "groups must divide the 4 input"),
    (lambda: conv_transpose2d(X, W.transpose(0, 1), Tensor(np.ones(4))), r"bias must be \(6,\)"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_wrong_use_is_told(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
