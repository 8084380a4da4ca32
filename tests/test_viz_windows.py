"""The pictures of convolution arithmetic show what the convolutions do: every number on a cell, every filled cell, every size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import viz
from minigen.ops.convolution import conv2d, conv_transpose2d
from minigen.tensor import Tensor
from minigen.viz.windows import GALLERY, arithmetic
from tests.checking import few


def settings(draw, transposed):
    kernel, stride, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    padding = draw(st.integers(0, dilation * (kernel - 1)))
    size = draw(st.integers(1, 3)) + (0 if transposed else max(0, dilation * (kernel - 1) - 2 * padding))
    found = {"size": size, "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    if transposed:
        found["output_padding"] = draw(st.integers(0, max(stride, dilation) - 1))
        found["size"] += -(min(0, dilation * (kernel - 1) - 2 * padding) // stride)
    return found


def answers(convolve, size, kernel):
    """What ``convolve`` makes of every image with a single 1, for the kernel 1, 2, 3, …: (n, n, size, size)"""
    ones = Tensor(np.eye(size**2).reshape(-1, 1, size, size))
    y = convolve(ones, Tensor(np.arange(1.0, kernel**2 + 1).reshape(1, 1, kernel, kernel))).data[:, 0]
    return y.transpose(1, 2, 0).reshape(*y.shape[1:], size, size)


@given(data=st.data())
@few
def test_numbers_stand_where_the_convolution_multiplies_by_them(data):
    more = settings(data.draw, False)
    shown = arithmetic(**more)
    size, k, s, p, d = more.values()
    expected = answers(lambda x, w: conv2d(x, w, None, s, p, d), size, k)
    n = len(expected)
    assert shown.taps.shape == (n, n, size + 2 * p, size + 2 * p)
    np.testing.assert_array_equal(shown.taps[:, :, shown.real].reshape(expected.shape), expected)
    i, j, a, b = np.indices((n, n, k, k))
    np.testing.assert_array_equal(shown.taps[i, j, s * i + d * a, s * j + d * b], 1 + k * a + b)  # also in the padding
    assert ((shown.taps > 0).sum((2, 3)) == k * k).all()


@given(data=st.data())
@few
def test_the_transposed_convolution_is_the_one_between_zeros(data):
    """The convolution that is drawn, of the input with zeros between and the kernel turned, is the library's transposed one."""
    more = settings(data.draw, True)
    shown = arithmetic(**more, transposed=True)
    size, k, s, p, d, extra = more.values()
    expected = answers(lambda x, w: conv_transpose2d(x, w, None, s, p, extra, 1, d), size, k)
    assert shown.taps.shape[:2] == expected.shape[:2]
    assert shown.real.sum() == size**2
    np.testing.assert_array_equal(shown.taps[:, :, shown.real].reshape(expected.shape), expected)


SIZES = (2, 6, 5, 7, 2, 3, 3, 3, 4, 5, 5, 5, 5, 5, 6)  # in the captions of the paper's figures


def test_the_gallery_has_the_sizes_of_the_paper():
    assert tuple(len(arithmetic(**each).taps) for each in GALLERY.values()) == SIZES


def test_a_picture_shows_its_place():
    axes = viz.conv_arithmetic(6, 3, stride=2, padding=1, places=[(0, 0), (1, 2)]).axes
    assert len(axes) == 2
    assert [t.get_text() for t in axes[0].texts] == list("123456789")
    x, y = axes[1].texts[0].get_position()  # element 1 of the kernel lies on cell (2, 4), counted with the padding
    assert (x - 0.5, y - 0.5 - 3 - 1.2) == (4, pytest.approx(2))
    turned = viz.conv_arithmetic(3, 3, stride=2, transposed=True, places=1).axes[0]
    assert [t.get_text() for t in turned.texts] == list("987654321")
    assert viz.conv_arithmetic(3, 3, transposed=True, padding=1)._suptitle.get_text() == "3×3 → 3×3:  k = 3, s = 1, p = 1, transposed"


TWO = {name: GALLERY[name] for name in ("strides", "dilation")}


@pytest.mark.parametrize("draw", [lambda: viz.conv_arithmetic(5, 3, places=2), lambda: viz.conv_gallery(TWO, 2)])
def test_pictures_draw_the_same_bytes_twice(draw, tmp_path):
    first, second = (viz.save(draw(), tmp_path / f"{i}.svg").read_bytes() for i in range(2))
    assert first == second


def test_what_has_no_picture_is_told():
    with pytest.raises(ValueError, match="padding of 3 takes away more than the 2 that a kernel of 3 reaches over"):
        arithmetic(5, 3, padding=3, transposed=True)
