"""Convolution and its adjoints: against loops and the explicit matrix, adjoint to each other, with the sizes of the textbook."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigen.autograd import grad
from minigen.ops import columns, convolution, depthwise
from minigen.ops.convolution import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from minigen.ops.windows import Grid
from minigen.tensor import Tensor
from tests.checking import Row, check, few, seeds, values

# --- the formula, in loops ------------------------------------------------------------------------------------------------------


def matrix(w, size, counts, stride, before, dilation, groups=1):
    """The matrix C with conv(x) = C x, from the formula: rows (o, i, j), columns (c, t, u)."""
    outputs, per_group, *kernel = w.shape
    c = np.zeros((outputs, *counts, per_group * groups, *size))
    for o, i, j, k, a, b in np.ndindex(outputs, *counts, per_group, *kernel):
        t, u = stride[0] * i + dilation[0] * a - before[0], stride[1] * j + dilation[1] * b - before[1]
        if 0 <= t < size[0] and 0 <= u < size[1]:
            c[o, i, j, k + per_group * (o // (outputs // groups)), t, u] += w[o, k, a, b]
    return c.reshape(outputs * counts[0] * counts[1], -1)


def two(setting):
    return setting if isinstance(setting, tuple) else (setting, setting)


def naive_conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    stride, padding, dilation = two(stride), two(padding), two(dilation)
    counts = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, p, d, k, s in zip(x.shape[2:], padding, dilation, w.shape[2:], stride)]
    y = x.reshape(len(x), -1) @ matrix(w, x.shape[2:], counts, stride, padding, dilation, groups).T
    return y.reshape(len(x), len(w), *counts) + (0 if b is None else b[:, None, None])


def naive_conv_transpose2d(y, w, b=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    stride, padding, dilation, extra = two(stride), two(padding), two(dilation), two(output_padding)
    settings = zip(y.shape[2:], stride, padding, dilation, w.shape[2:], extra)
    size = [(n - 1) * s - 2 * p + d * (k - 1) + e + 1 for n, s, p, d, k, e in settings]
    x = y.reshape(len(y), -1) @ matrix(w, size, y.shape[2:], stride, padding, dilation, groups)
    return x.reshape(len(y), -1, *size) + (0 if b is None else b[:, None, None])


# --- draws ------------------------------------------------------------------------------------------------------------------------


def both(draw, low, high):
    return draw(st.integers(low, high)), draw(st.integers(low, high))


def settings_of(draw, most=2):
    return {"stride": both(draw, 1, 3), "padding": both(draw, 0, most), "dilation": both(draw, 1, 2)}


def convolutions(draw, batch=2, wide=False):
    kernel, more, groups = both(draw, 1, 3), settings_of(draw), draw(st.sampled_from([1, 1, 2]))
    size = [max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 2)) for k, d, p in zip(kernel, more["dilation"], more["padding"])]
    channels, outputs = (groups * draw(st.sampled_from([1, 2, *([9, 30] if wide else [])])) for _ in range(2))
    shapes = [(draw(st.integers(1, batch)), channels, *size), (outputs, channels // groups, *kernel), (outputs,)]
    return [values(draw(seeds), shape) for shape in shapes], {**more, "groups": groups}


def channel_by_channel(draw):
    """A kernel for each channel alone: groups = C = O."""
    (x, w, _), more = convolutions(draw, 3)
    c = draw(st.integers(2, 5))
    shapes = [(len(x), c, *x.shape[2:]), (c, 1, *w.shape[2:]), (c,)]
    return [values(draw(seeds), shape) for shape in shapes], {**more, "groups": c}


def transposed(draw):
    kernel, more, groups = both(draw, 1, 3), settings_of(draw, 1), draw(st.sampled_from([1, 1, 2]))
    more["output_padding"] = tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(more["stride"], more["dilation"]))
    least = [1 - min(0, d * (k - 1) - 2 * p) // s for p, d, k, s in zip(more["padding"], more["dilation"], kernel, more["stride"])]
    size = [n + draw(st.integers(0, 1)) for n in least]
    inputs, outputs = (groups * draw(st.integers(1, 2)) for _ in range(2))
    shapes = [(draw(st.integers(1, 2)), inputs, *size), (inputs, outputs // groups, *kernel), (outputs,)]
    return [values(draw(seeds), shape) for shape in shapes], {**more, "groups": groups}


def kernels(draw):
    (x, w, b), more = convolutions(draw, 2)
    y = naive_conv2d(x, w, b, **more)
    grid = Grid(w.shape[2:], more["stride"], more["dilation"], more["padding"])
    return [x, values(draw(seeds), y.shape)], {"grid": grid, "groups": more["groups"]}


def naive_kernel(x, v, grid, groups):
    """∂⟨conv(x; w), v⟩ / ∂w, one element of w at a time: conv is linear in w."""
    w = np.zeros((v.shape[1], x.shape[1] // groups, *grid.kernel))
    for place in np.ndindex(*w.shape):
        one = np.zeros_like(w)
        one[place] = 1
        w[place] = (naive_conv2d(x, one, None, grid.stride, grid.before, grid.dilation, groups) * v).sum()
    return w


def flat(draw_2d):
    """The same draw for sequences: images of height 1."""

    def draw_it(draw):
        (x, w, b), more = draw_2d(draw)
        more = {key: value[1] if isinstance(value, tuple) else value for key, value in more.items()}
        return [x[:, :, 0], w[:, :, 0], b], more

    return draw_it


def naive_1d(naive):
    def reference(x, w, b, groups, **more):
        more = {key: (int(key in ("stride", "dilation")), value) for key, value in more.items()}
        return naive(x[:, :, None], w[:, :, None], b, groups=groups, **more)[:, :, 0]

    return reference


ROWS = [
    Row("conv2d", conv2d, naive_conv2d, convolutions, covers=(convolution.convolution,)),
    Row("conv_transpose2d", conv_transpose2d, naive_conv_transpose2d, transposed, covers=(convolution.convolution_transposed,)),
    Row("convolution_kernel", convolution.convolution_kernel, naive_kernel, kernels),
    Row("conv1d", conv1d, naive_1d(naive_conv2d), flat(convolutions)),
    Row("conv_transpose1d", conv_transpose1d, naive_1d(naive_conv_transpose2d), flat(transposed)),
    Row("conv2d, depthwise", conv2d, naive_conv2d, channel_by_channel),
    Row("conv2d, many channels", conv2d, naive_conv2d, lambda draw: convolutions(draw, 3, True), order=0),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@settings(few, max_examples=40)
def test_values_and_derivatives(row, data):
    check(row, data.draw)


# --- adjoints and the matrix ------------------------------------------------------------------------------------------------------


def transpose_of(x, w, y, stride, padding, dilation, groups):
    """convᵀ(y), of the size of x."""
    least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in zip(y.shape[2:], stride, padding, dilation, w.shape[2:])]
    extra = tuple(n - low for n, low in zip(x.shape[2:], least))
    return conv_transpose2d(Tensor(y), Tensor(w), None, stride, padding, extra, groups, dilation).data


@pytest.mark.parametrize("block", [1 << 21, 1 << 12, 1])  # bytes: all at once, a few images, a row of windows
@pytest.mark.parametrize("kind", ["in groups", "depthwise"])
@given(data=st.data())
@settings(few, max_examples=40)
def test_conv_and_conv_transpose_are_adjoint(kind, block, data):
    (x, w, _), more = channel_by_channel(data.draw) if kind == "depthwise" else convolutions(data.draw, 3, True)
    before = columns.BLOCK, depthwise.BLOCK
    columns.BLOCK = depthwise.BLOCK = block
    try:
        y = conv2d(Tensor(x), Tensor(w), **more).data
        v = values(data.draw(seeds), y.shape)
        back = transpose_of(x, w, v, **more)
        grid = Grid(w.shape[2:], more["stride"], more["dilation"], more["padding"])
        weighed = convolution.convolution_kernel(x, v, grid=grid, groups=more["groups"])
    finally:
        columns.BLOCK, depthwise.BLOCK = before
    inner = (y * v).sum()
    scale = np.abs(y * v).sum()
    np.testing.assert_allclose((x * back).sum(), inner, atol=1e-12 * scale)  # ⟨conv(x), v⟩ = ⟨x, convᵀ(v)⟩
    np.testing.assert_allclose((w * weighed).sum(), inner, atol=1e-12 * scale)  # = ⟨w, kernel gradient⟩
    np.testing.assert_allclose(y, naive_conv2d(x, w, **more), atol=1e-11)


@given(data=st.data())
@few
def test_conv_is_a_matrix_and_conv_transpose_its_transpose(data):
    (x, w, _), more = convolutions(data.draw, 1)
    y = conv2d(Tensor(x), Tensor(w), **more).data
    c = matrix(w, x.shape[2:], y.shape[2:], more["stride"], more["padding"], more["dilation"], more["groups"])
    np.testing.assert_allclose(y.ravel(), c @ x.ravel(), atol=1e-12)
    v = values(data.draw(seeds), y.shape)
    np.testing.assert_allclose(transpose_of(x, w, v, **more).ravel(), c.T @ v.ravel(), atol=1e-12)


def test_conv_transpose_is_not_an_inverse():
    x, w = Tensor(values(0, (1, 1, 4, 4))), Tensor(values(1, (1, 1, 3, 3)))
    back = conv_transpose2d(conv2d(x, w), w)
    assert back.shape == x.shape
    assert not np.allclose(back.data, x.data, atol=0.1)


def test_a_convolution_does_not_turn_its_kernel():
    """It is the cross-correlation, as in every deep learning library: the kernel appears upside down where a single 1 was."""
    x, w = np.zeros((1, 1, 5, 5)), values(0, (1, 1, 3, 3))
    x[0, 0, 2, 2] = 1
    np.testing.assert_array_equal(conv2d(Tensor(x), Tensor(w)).data[0, 0], w[0, 0, ::-1, ::-1])
    np.testing.assert_array_equal(conv_transpose2d(Tensor(x), Tensor(w)).data[0, 0, 2:5, 2:5], w[0, 0])


@pytest.mark.parametrize("row", ROWS[:3], ids=str)
@given(data=st.data())
@few
def test_recorded_rules_agree_with_those_on_arrays(row, data):
    arrays, more = row.draw(data.draw)
    inputs = [Tensor(a, requires_grad=True) for a in arrays]
    y = row.function(*inputs, **more)
    v = Tensor(values(data.draw(seeds), y.shape))
    fast, recorded = grad(y, inputs, v, retain_graph=True), grad(y, inputs, v, create_graph=True)
    for a, b in zip(fast, recorded):
        np.testing.assert_allclose(a.data, b.data, atol=1e-12)


@pytest.mark.parametrize("images", [1, 2, 3, 5, 8])
def test_blocks_cover_every_image_and_row(monkeypatch, images):
    x, w = values(0, (images, 2, 5, 5)), values(1, (3, 2, 3, 3))
    whole = conv2d(Tensor(x), Tensor(w), padding=1).data
    for rows in (1, 2, 3, 10, 15):  # rows of windows in a block: parts of an image, one, two, three images
        monkeypatch.setattr(columns, "BLOCK", rows * 5 * 18 * 8)
        np.testing.assert_allclose(conv2d(Tensor(x), Tensor(w), padding=1).data, whole, atol=1e-12)
        back = conv_transpose2d(Tensor(whole), Tensor(w), padding=1).data
        np.testing.assert_allclose(back.sum(), matrix_sums(w) @ whole.sum(0).ravel())
        assert [n for n, m, i, _ in columns.blocks(x, images, 5, 5 * 18 * 8) if i == 0 for n in range(n, m)] == list(range(images))


def matrix_sums(w):
    """The sums of the columns of Cᵀ for images of 5×5 with padding 1."""
    return matrix(w, (5, 5), (5, 5), (1, 1), (1, 1), (1, 1)).sum(1)


# --- settings and layout ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kernel", "dilation"), [(2, 1), (4, 1), (3, 2), (2, 3), (1, 1), (5, 1)])
def test_same_keeps_the_size_with_the_odd_element_behind(kernel, dilation):
    x, w = values(0, (1, 1, 6, 7)), values(1, (1, 1, kernel, kernel))
    total = dilation * (kernel - 1)
    around = [(0, 0), (0, 0), (total // 2, total - total // 2), (total // 2, total - total // 2)]
    y = conv2d(Tensor(x), Tensor(w), padding="same", dilation=dilation)
    assert y.shape == x.shape
    np.testing.assert_allclose(y.data, naive_conv2d(np.pad(x, around), w, dilation=dilation), atol=1e-12)
    np.testing.assert_array_equal(conv2d(Tensor(x), Tensor(w), padding="valid").data, conv2d(Tensor(x), Tensor(w)).data)


def test_padding_on_one_side_is_a_pair_of_pairs():
    x, w = values(0, (1, 1, 4, 4)), values(1, (1, 1, 2, 3))
    y = conv2d(Tensor(x), Tensor(w), padding=((1, 0), (0, 2)))
    np.testing.assert_allclose(y.data, naive_conv2d(np.pad(x, [(0, 0), (0, 0), (1, 0), (0, 2)]), w), atol=1e-12)


def test_groups_do_not_see_each_other():
    x, w = values(0, (2, 6, 4, 4)), values(1, (4, 3, 3, 3))
    y = conv2d(Tensor(x), Tensor(w), groups=2).data
    for g in range(2):
        np.testing.assert_allclose(y[:, 2 * g : 2 * g + 2], naive_conv2d(x[:, 3 * g : 3 * g + 3], w[2 * g : 2 * g + 2]), atol=1e-12)


def test_one_image_without_a_batch():
    x, w = Tensor(values(0, (2, 5, 5))), Tensor(values(1, (2, 2, 3, 3)))
    np.testing.assert_array_equal(conv2d(x, w).data, conv2d(x[None], w).data[0])
    np.testing.assert_array_equal(conv_transpose2d(x, w).data, conv_transpose2d(x[None], w).data[0])
    line, kernel = x[:, 0], w[:, :, 0]
    np.testing.assert_array_equal(conv1d(line, kernel).data, conv1d(line[None], kernel).data[0])
    np.testing.assert_array_equal(conv_transpose1d(line, kernel).data, conv_transpose1d(line[None], kernel).data[0])


def test_an_empty_batch_stays_empty():
    x, w = Tensor(np.ones((0, 2, 5, 5)), requires_grad=True), Tensor(np.ones((3, 2, 3, 3)), requires_grad=True)
    y = conv2d(x, w)
    assert y.shape == (0, 3, 3, 3)
    gx, gw = grad(y.sum(), (x, w))
    assert gx.shape == x.shape
    assert not gw.data.any()


@pytest.mark.parametrize("shape", [(12, 3, 5, 5), (2, 12, 5, 5), (12, 12, 1, 1)])
def test_results_have_their_channels_innermost_in_memory(shape):
    x, w = Tensor(values(0, (2, shape[1], 6, 6)).astype(np.float32), requires_grad=True), Tensor(values(1, shape).astype(np.float32))
    y = conv2d(x, w)
    assert y.data.transpose(0, 2, 3, 1).flags.c_contiguous
    assert (2 * y).data.transpose(0, 2, 3, 1).flags.c_contiguous  # NumPy's functions keep the order
    assert y.dtype == grad(y.sum(), x)[0].dtype == np.float32


def test_the_windows_of_a_batch_are_never_laid_out_at_once():
    x, w = np.ones((64, 32, 28, 28), np.float32), np.ones((32, 32, 3, 3), np.float32)  # 58 MB of windows
    conv2d(x, w, padding=1)
    tracemalloc.start()
    try:
        y = conv2d(x, w, padding=1)
        convolution.convolution_transposed(y, w, None, grid=Grid((3, 3), (1, 1), (1, 1), (1, 1)), size=(28, 28), groups=1)
        assert tracemalloc.get_traced_memory()[1] < 2 * x.nbytes + 4e6
    finally:
        tracemalloc.stop()
