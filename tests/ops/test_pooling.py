"""Pooling: against loops over windows; who receives the gradient; NaN, ties and edges as in PyTorch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigen.autograd import grad
from minigen.nn import functional as F
from minigen.ops import largest
from minigen.ops.largest import slices
from minigen.tensor import Tensor
from tests.checking import Row, check, few, seeds, values


def windows(size, kernel, stride, padding, dilation=1, ceil_mode=False):
    """The elements of each window along an axis: those inside, and the number of those that count, padding included."""
    found, start = [], -padding
    while True:
        taps = [start + dilation * a for a in range(kernel)]
        if taps[-1] >= size + padding and not (ceil_mode and taps[-1] - stride < size + padding - 1 and start < size):
            return found
        found.append(([t for t in taps if 0 <= t < size], sum(t < size + padding for t in taps)))
        start += stride


def adaptive(size, n):
    return [(list(range(int(np.floor(i * size / n)), int(np.ceil((i + 1) * size / n)))), 0) for i in range(n)]


def naive(x, rows, columns, reduce):
    y = [[reduce(x[:, :, r][:, :, :, c], m * n) for c, n in columns] for r, m in rows]
    return np.array(y).transpose(2, 3, 0, 1)


def both(draw, low, high):
    return draw(st.integers(low, high)), draw(st.integers(low, high))


def images(*names):
    """A draw of images and of the settings in ``names``, with at least one window."""

    def draw_it(draw):
        kernel, stride = both(draw, 1, 3), both(draw, 1, 3)
        padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
        dilation = both(draw, 1, 2) if "dilation" in names else (1, 1)
        size = [max(1, d * (k - 1) + 1 - p) + draw(st.integers(0, 3)) for k, d, p in zip(kernel, dilation, padding)]
        more = {"kernel_size": kernel, "stride": stride, "padding": padding, "ceil_mode": draw(st.booleans())}
        more |= {"dilation": dilation} if "dilation" in names else {"count_include_pad": draw(st.booleans())}
        return [values(draw(seeds), (draw(st.integers(1, 2)), 2, *size))], more

    return draw_it


def naive_max(x, kernel_size, stride, padding, ceil_mode, dilation):
    axes = [windows(*each, ceil_mode) for each in zip(x.shape[2:], kernel_size, stride, padding, dilation)]
    return naive(x, *axes, lambda v, n: v.max((2, 3)))


def naive_avg(x, kernel_size, stride, padding, ceil_mode, count_include_pad):
    axes = [windows(n, k, s, p, 1, ceil_mode) for n, k, s, p in zip(x.shape[2:], kernel_size, stride, padding)]
    return naive(x, *axes, lambda v, n: v.sum((2, 3)) / (n if count_include_pad else v.shape[2] * v.shape[3]))


def to_size(draw):
    return [values(draw(seeds), (1, 2, draw(st.integers(1, 5)), draw(st.integers(1, 5))))], {"output_size": both(draw, 1, 4)}


def naive_adaptive(reduce):
    return lambda x, output_size: naive(x, *[adaptive(n, m) for n, m in zip(x.shape[2:], output_size)], reduce)


def flat(draw_2d):
    """The same draw for sequences: the last axis alone."""

    def draw_it(draw):
        (x,), more = draw_2d(draw)
        return [x[:, :, 0]], {k: v[1] if isinstance(v, tuple) else v for k, v in more.items()}

    return draw_it


def flat_reference(reference):
    ones = {"kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1, "output_size": 1}

    def naive_1d(x, **more):
        return reference(x[:, :, None], **{k: (ones[k], v) if k in ones else v for k, v in more.items()})[:, :, 0]

    return naive_1d


def under_taps(draw, onto):
    """A draw of v (3, n, 2), of a tap for each of n windows along axis 1, and of where the taps lie: ``onto`` elements, or from them."""
    size, n, k = draw(st.integers(3, 6)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    table = np.array([[draw(st.integers(0, size - 1)) for _ in range(k)] for _ in range(n)])  # no grid: any elements in any order
    tap = np.array(draw(st.lists(st.integers(0, k - 1), min_size=6 * n, max_size=6 * n))).reshape(3, n, 2)
    more = {"axis": 1, "taps": slices(table, size)}
    if onto:
        return [values(draw(seeds), (3, n, 2)), tap], {**more, "size": size}
    return [values(draw(seeds), (3, size, 2)), tap], more


def naive_under(v, tap, axis, taps, size=None):
    """The elements under ``tap``, or with ``size`` the sum of v over the windows that have an element under it."""
    y = np.zeros(tap.shape if size is None else (3, size, 2))
    for number, pairs in enumerate(taps):
        for windows, elements in pairs:
            for i, e in zip(range(windows.start, windows.stop), range(elements.start, elements.stop, elements.step)):
                for a, b in np.ndindex(3, 2):
                    if tap[a, i, b] == number and size is None:
                        y[a, i, b] += v[a, e, b]
                    elif tap[a, i, b] == number:
                        y[a, e, b] += v[a, i, b]
    return y


MAX, MEAN = (lambda v, n: v.max((2, 3))), (lambda v, n: v.mean((2, 3)))
ROWS = [
    Row("max_pool2d", F.max_pool2d, naive_max, images("dilation"), covers=(largest.largest, largest.tap_of)),
    Row("avg_pool2d", F.avg_pool2d, naive_avg, images()),
    Row("adaptive_avg_pool2d", F.adaptive_avg_pool2d, naive_adaptive(MEAN), to_size),
    Row("adaptive_max_pool2d", F.adaptive_max_pool2d, naive_adaptive(MAX), to_size),
    Row("put_under", largest.put_under, naive_under, lambda draw: under_taps(draw, True)),
    Row("take_under", largest.take_under, naive_under, lambda draw: under_taps(draw, False)),
    Row("max_pool1d", F.max_pool1d, flat_reference(naive_max), flat(images("dilation"))),
    Row("avg_pool1d", F.avg_pool1d, flat_reference(naive_avg), flat(images())),
    Row("adaptive_avg_pool1d", F.adaptive_avg_pool1d, flat_reference(naive_adaptive(MEAN)), flat(to_size)),
    Row("adaptive_max_pool1d", F.adaptive_max_pool1d, flat_reference(naive_adaptive(MAX)), flat(to_size)),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@settings(few, max_examples=40)
def test_values_and_derivatives(row, data):
    check(row, data.draw)


def test_windows_lie_side_by_side_unless_told_otherwise():
    x = Tensor(np.arange(16.0).reshape(1, 1, 4, 4))
    np.testing.assert_array_equal(F.max_pool2d(x, 2).data[0, 0], [[5, 7], [13, 15]])
    np.testing.assert_array_equal(F.avg_pool2d(x, 2).data[0, 0], [[2.5, 4.5], [10.5, 12.5]])
    np.testing.assert_array_equal(F.avg_pool2d(x, 2, divisor_override=1).data[0, 0], [[10, 18], [42, 50]])
    np.testing.assert_array_equal(F.adaptive_avg_pool2d(x, (None, 1)).data[0, 0, :, 0], [1.5, 5.5, 9.5, 13.5])
    assert F.adaptive_max_pool2d(x[0], 3).shape == (1, 3, 3)
    assert F.avg_pool1d(x[0, 0], 2).shape == (4, 2)


def test_a_window_that_reaches_over_the_end_divides_by_what_it_covers():
    row = Tensor(np.array([[[1.0, 2, 3, 4, 5, 6]]]))
    np.testing.assert_allclose(F.avg_pool1d(row, 4, 3, ceil_mode=True).data[0, 0], [2.5, 5])  # 4 5 6 and nothing
    np.testing.assert_allclose(F.avg_pool1d(row, 4, 3, 1, ceil_mode=True).data[0, 0], [6 / 4, 18 / 4, 6 / 2])  # zeros of padding count
    np.testing.assert_allclose(F.avg_pool1d(row, 4, 3, 1, ceil_mode=True, count_include_pad=False).data[0, 0], [2, 4.5, 6])


def test_indices_count_in_the_flattened_image():
    x = Tensor(values(0, (2, 3, 5, 6)))
    for y, places in (F.max_pool2d(x, 3, 2, 1, return_indices=True), F.adaptive_max_pool2d(x, (2, 3), return_indices=True)):
        picked = np.take_along_axis(x.data.reshape(2, 3, -1), places.data.reshape(2, 3, -1), 2)
        np.testing.assert_array_equal(picked.reshape(y.shape), y.data)


def test_the_first_of_equal_maxima_receives_the_gradient():
    x = Tensor(np.array([[[[0.0, 1, 1], [1, 1, 0], [0, 0, 0]]]]), requires_grad=True)
    y, places = F.max_pool2d(x, 3, return_indices=True)
    assert places.item() == 1
    (g,) = grad(y.sum(), x)
    np.testing.assert_array_equal(g.data[0, 0], [[0, 1, 0], [0, 0, 0], [0, 0, 0]])


@given(data=st.data())
@settings(few, max_examples=100)
def test_slices_are_the_table(data):
    """Every element of the table that lies inside stands under its tap and window once, and nothing else does."""
    size, shape = data.draw(st.integers(1, 6)), (data.draw(st.integers(1, 5)), data.draw(st.integers(1, 3)))
    table = np.array(data.draw(st.lists(st.integers(-2, 7), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))).reshape(shape)
    found = [
        (number, i, e)
        for number, pairs in enumerate(slices(table, size))
        for windows, elements in pairs
        for i, e in zip(range(99)[windows], range(99)[elements], strict=True)
    ]
    assert found == [(number, i, e) for (number, i), e in np.ndenumerate(table.T) if 0 <= e < size]
    even = slices(3 * np.arange(9)[:, None] + np.arange(3) - 1, 26)
    assert [len(pairs) for pairs in even] == [1, 1, 1]  # a grid of windows is one pair of views for each tap


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, np.float32])
def test_every_kind_of_number_has_a_largest(dtype):
    x = values(0, (1, 2, 5, 5), -100, 100).astype(dtype)
    y = F.max_pool2d(Tensor(x), 3, 2, 1)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y.data, naive_max(x, (3, 3), (2, 2), (1, 1), False, (1, 1)))


@pytest.mark.parametrize("resize", [F.max_pool2d, F.avg_pool2d, lambda x, n: F.interpolate(x, scale_factor=n)])
def test_the_order_in_memory_stays(resize):
    x = np.ascontiguousarray(values(0, (2, 4, 6, 3))).transpose(0, 3, 1, 2)  # channels innermost
    leaf = Tensor(x, requires_grad=True)
    y = resize(leaf, 2)
    assert y.data.transpose(0, 2, 3, 1).flags.c_contiguous
    assert grad(y.sum(), leaf)[0].data.transpose(0, 2, 3, 1).flags.c_contiguous


def test_padding_is_never_the_largest():
    x = Tensor(np.full((1, 1, 3, 3), -np.inf))
    y, places = F.max_pool2d(x, 3, 2, 1, return_indices=True)
    np.testing.assert_array_equal(y.data, -np.inf)
    np.testing.assert_array_equal(places.data[0, 0], [[0, 1], [3, 4]])


def test_nan_is_larger_than_any_number():
    x = np.zeros((1, 1, 2, 4))
    x[0, 0, 1, 0], x[0, 0, 0, 3] = np.nan, np.inf
    leaf = Tensor(x, requires_grad=True)
    y, places = F.max_pool2d(leaf, 2, return_indices=True)
    np.testing.assert_array_equal(y.data[0, 0, 0], [np.nan, np.inf])
    np.testing.assert_array_equal(places.data[0, 0, 0], [4, 3])
    np.testing.assert_array_equal(grad(y.sum(), leaf)[0].data[0, 0], [[0, 0, 0, 1], [1, 0, 0, 0]])


X = Tensor(np.ones((1, 2, 4, 5)))
WRONG = [
    (lambda: F.max_pool2d(X, 6), "a window over 6 elements does not fit into 4 with padding 0"),
    (lambda: F.max_pool2d(X, 3, padding=2), "padding may be at most half of the kernel of 3, got 2"),
    (lambda: F.avg_pool2d(X, 2, padding=2), "at most half of the kernel"),
    (lambda: F.max_pool2d(X, 2, stride=0), "stride must be a whole number ≥ 1"),
    (lambda: F.avg_pool2d(X, 2, divisor_override=0), "must not be 0"),
    (lambda: F.max_pool2d(X[0, 0], 2), r"expected \(N, C, H, W\) or \(C, H, W\), got shape \(4, 5\)"),
    (lambda: F.avg_pool1d(X, 2), r"expected \(N, C, L\)"),
    (lambda: F.adaptive_avg_pool2d(X, (1, 2, 3)), "output_size must be"),
    (lambda: F.max_pool2d(Tensor(np.ones((1, 2, 0, 5))), 1), "nothing to pool"),
    (lambda: F.max_pool1d(Tensor(np.ones((1, 1, 1))), 2, padding=1, dilation=2), "nothing but padding"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_wrong_use_is_told(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
