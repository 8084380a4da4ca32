"""Windows: unfold and fold against loops, each the adjoint of the other; the matrix that a convolution is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigen.ops import windows
from minigen.ops.convolution import conv_transpose1d
from minigen.ops.windows import fold, overlap_counts, unfold
from minigen.tensor import Tensor
from tests.checking import Row, check, few, seeds, values


def grids(draw, most_padding=2):
    """(size, settings of unfold) such that at least one window fits."""
    both = lambda low, high: (draw(st.integers(low, high)), draw(st.integers(low, high)))  # noqa: E731
    kernel, stride, dilation, padding = both(1, 3), both(1, 3), both(1, 2), both(0, most_padding)
    size = tuple(max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 3)) for k, d, p in zip(kernel, dilation, padding))
    return size, {"kernel_size": kernel, "dilation": dilation, "padding": padding, "stride": stride}


def counts(size, kernel_size, dilation, padding, stride):
    return tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in zip(size, kernel_size, dilation, padding, stride))


def places(size, kernel_size, dilation, padding, stride):
    """(column, row of a channel's taps, t, u): window and tap, and the element of the image that they meet at."""
    n = counts(size, kernel_size, dilation, padding, stride)
    for i, j in np.ndindex(*n):
        for a, b in np.ndindex(*kernel_size):
            t, u = stride[0] * i + dilation[0] * a - padding[0], stride[1] * j + dilation[1] * b - padding[1]
            if 0 <= t < size[0] and 0 <= u < size[1]:
                yield i * n[1] + j, a * kernel_size[1] + b, t, u


def naive_unfold(x, **settings):
    n, taps = counts(x.shape[2:], **settings), np.prod(settings["kernel_size"])
    y = np.zeros((len(x), x.shape[1], taps, n[0] * n[1]))
    for window, tap, t, u in places(x.shape[2:], **settings):
        y[:, :, tap, window] = x[:, :, t, u]
    return y.reshape(len(x), -1, n[0] * n[1])


def naive_fold(y, output_size, **settings):
    taps = np.prod(settings["kernel_size"])
    y = y.reshape(len(y), -1, taps, y.shape[2])
    x = np.zeros((*y.shape[:2], *output_size))
    for window, tap, t, u in places(output_size, **settings):
        x[:, :, t, u] += y[:, :, tap, window]
    return x


def images(draw):
    size, settings = grids(draw)
    return [values(draw(seeds), (draw(st.integers(1, 2)), draw(st.integers(1, 2)), *size))], settings


def columns(draw):
    size, settings = grids(draw)
    n = counts(size, **settings)
    rows = draw(st.integers(1, 2)) * settings["kernel_size"][0] * settings["kernel_size"][1]
    return [values(draw(seeds), (draw(st.integers(1, 2)), rows, n[0] * n[1]))], {"output_size": size, **settings}


ROWS = [
    Row("unfold", unfold, naive_unfold, images, covers=(windows.im2col,)),
    Row("fold", fold, naive_fold, columns, covers=(windows.col2im,)),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@settings(few, max_examples=40)
def test_values_and_derivatives(row, data):
    check(row, data.draw)


@given(data=st.data())
@few
def test_fold_is_the_adjoint_of_unfold(data):
    (x,), settings = images(data.draw)
    columns = unfold(Tensor(x), **settings)
    y = values(data.draw(seeds), columns.shape)
    back = fold(Tensor(y), output_size=x.shape[2:], **settings)
    np.testing.assert_allclose((columns.data * y).sum(), (x * back.data).sum(), rtol=1e-9)


def test_fold_of_unfold_counts_the_windows():
    x = Tensor(values(0, (1, 2, 4, 4)))
    np.testing.assert_allclose(fold(unfold(x, 2, stride=2), 4, 2, stride=2).data, x.data)  # no overlap: each element once
    times = fold(unfold(Tensor(np.ones((1, 1, 3, 3))), 2), 3, 2).data[0, 0]
    np.testing.assert_array_equal(times, [[1, 2, 1], [2, 4, 2], [1, 2, 1]])


@pytest.mark.parametrize(("n", "k", "s"), [(1, 3, 2), (4, 3, 2), (6, 4, 2), (5, 2, 3), (5, 5, 1), (3, 1, 1)])
def test_overlaps_are_a_transposed_convolution_of_ones(n, k, s):
    ones = conv_transpose1d(Tensor(np.ones((1, 1, n))), Tensor(np.ones((1, 1, k))), stride=s)
    np.testing.assert_array_equal(overlap_counts(n, k, s), ones.data[0, 0])


def test_one_image_without_a_batch():
    x = Tensor(values(0, (2, 4, 5)))
    columns = unfold(x, (2, 3), padding=1)
    np.testing.assert_array_equal(columns.data, unfold(x[None], (2, 3), padding=1).data[0])
    np.testing.assert_array_equal(fold(columns, (4, 5), (2, 3), padding=1).data, fold(columns[None], (4, 5), (2, 3), padding=1).data[0])


X = Tensor(np.ones((1, 2, 4, 5)))
WRONG = [
    (lambda: unfold(X, 6), r"reaches over \(6, 6\) elements .* only \(4, 5\)"),
    (lambda: unfold(X, 3, dilation=2), r"reaches over \(5, 5\)"),
    (lambda: unfold(X, 0), "kernel_size must be a whole number ≥ 1"),
    (lambda: unfold(X, 2, stride=(1, 2, 3)), "stride must be"),
    (lambda: unfold(X, 2, padding=-1), "padding must be a whole number ≥ 0"),
    (lambda: unfold(X[0, 0], 2), r"expected images .* got shape \(4, 5\)"),
    (lambda: fold(Tensor(np.ones((1, 8, 11))), (4, 5), 2), r"12 = 3 · 4 such windows of 4 elements.* \(N, C · 4, 12\); got \(1, 8, 11\)"),
    (lambda: fold(Tensor(np.ones((1, 6, 12))), (4, 5), 2), "C · 4"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_wrong_use_is_told(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
