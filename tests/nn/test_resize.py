"""Resizing: against interpolation written from its definition; pixel shuffle, as pictures and as inverses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.nn import functional as F
from minigen.tensor import Tensor
from tests.checking import Row, check, few, seeds, values

KERNELS = {  # mode: (the weight at distance t, how far it reaches)
    "linear": (lambda t: max(0.0, 1 - abs(t)), 1),
    "bilinear": (lambda t: max(0.0, 1 - abs(t)), 1),
    "bicubic": (lambda t: _keys(abs(t)), 2),
}


def _keys(t, a=-0.75):
    if t <= 1:
        return (a + 2) * t**3 - (a + 3) * t**2 + 1
    return a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a if t < 2 else 0.0


def axis_weights(mode, old, new, align_corners=False):
    """(new, old): the place of each pixel's centre among the old ones, and the kernel around it, the edge going on for ever."""
    w = np.zeros((new, old))
    for i in range(new):
        place = (i * (old - 1) / (new - 1) if new > 1 else 0.0) if align_corners else (i + 0.5) * old / new - 0.5
        kernel, reach = KERNELS[mode]
        for k in range(int(np.floor(place)) - reach, int(np.floor(place)) + reach + 1):
            w[i, min(max(k, 0), old - 1)] += kernel(place - k)
    return w


def reference(x, size, mode, align_corners=None):
    if mode == "nearest":
        places = [np.arange(m) * n // m for n, m in zip(x.shape[2:], size)]
        return x[:, :, places[0]] if x.ndim == 3 else x[:, :, places[0][:, None], places[1]]
    w = [axis_weights(mode, n, m, bool(align_corners)) for n, m in zip(x.shape[2:], size)]
    return np.einsum("ncl,il->nci", x, w[0]) if x.ndim == 3 else np.einsum("nchw,ih,jw->ncij", x, *w)


def resized(*modes, axes=2):
    def draw_it(draw):
        mode = draw(st.sampled_from(modes))
        old, new = ([draw(st.integers(1, 5)) for _ in range(axes)] for _ in range(2))
        more = {} if mode == "nearest" else {"align_corners": draw(st.sampled_from([None, True, False]))}
        return [values(draw(seeds), (draw(st.integers(1, 2)), 2, *old))], {"size": tuple(new), "mode": mode, **more}

    return draw_it


def shuffled(draw):
    r = draw(st.integers(1, 3))
    lead = draw(st.sampled_from([(), (2,), (1, 2)]))
    return [values(draw(seeds), (*lead, 2 * r * r, 2, 3))], {"upscale_factor": r}


def naive_shuffle(x, upscale_factor):
    r = upscale_factor
    *lead, c, h, w = x.shape
    y = np.zeros((*lead, c // r**2, h * r, w * r))
    for k, i, j in np.ndindex(y.shape[-3:]):
        y[..., k, i, j] = x[..., k * r * r + (i % r) * r + j % r, i // r, j // r]
    return y


ROWS = [
    Row("interpolate, images", F.interpolate, reference, resized("nearest", "bilinear", "bicubic")),
    Row("interpolate, bicubic", F.interpolate, reference, resized("bicubic")),
    Row("interpolate, bilinear", F.interpolate, reference, resized("bilinear")),
    Row("interpolate, sequences", F.interpolate, reference, resized("nearest", "linear", axes=1)),
    Row("pixel_shuffle", F.pixel_shuffle, naive_shuffle, shuffled),
    Row(
        "pixel_unshuffle", lambda x, upscale_factor: F.pixel_unshuffle(F.pixel_shuffle(x, upscale_factor), upscale_factor),
        lambda x, upscale_factor: x, shuffled,
    ),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@few
def test_values_and_derivatives(row, data):
    check(row, data.draw)


def test_a_scale_factor_says_where_the_pixels_are():
    x = Tensor(values(0, (1, 1, 5, 5)))
    assert F.interpolate(x, scale_factor=1.5).shape == (1, 1, 7, 7)
    twice = F.interpolate(x, scale_factor=2).data[0, 0]
    np.testing.assert_array_equal(twice, np.repeat(np.repeat(x.data[0, 0], 2, 0), 2, 1))
    rounded = F.interpolate(x, scale_factor=1.5, mode="bilinear", recompute_scale_factor=True)
    np.testing.assert_array_equal(rounded.data, F.interpolate(x, size=7, mode="bilinear").data)  # 7 / 5, not 1.5
    assert not np.allclose(rounded.data, F.interpolate(x, scale_factor=1.5, mode="bilinear").data)
    np.testing.assert_allclose(F.interpolate(x, size=(1, 5), mode="area").data, x.data.mean(2, keepdims=True))
    np.testing.assert_array_equal(F.interpolate(x, size=2, mode="nearest-exact").data[0, 0], x.data[0, 0][[[1], [3]], [1, 3]])


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_interpolation_keeps_constants_and_its_own_size(mode):
    x = Tensor(values(0, (1, 2, 4, 5)))
    np.testing.assert_allclose(F.interpolate(x, size=(4, 5), mode=mode).data, x.data, atol=1e-12)
    np.testing.assert_allclose(F.interpolate(x * 0 + 3, size=(7, 3), mode=mode).data, 3)


X = Tensor(np.ones((1, 4, 3, 3)))
WRONG = [
    (lambda: F.interpolate(X), "expected either size or scale_factor"),
    (lambda: F.interpolate(X, 2, 2), "either size or scale_factor"),
    (lambda: F.interpolate(X, (1, 2, 3)), "size must be a positive number or 2 of them"),
    (lambda: F.interpolate(X, scale_factor=0), "scale_factor must be a positive number"),
    (lambda: F.interpolate(X, scale_factor=0.1), r"leaves nothing of \(3, 3\)"),
    (lambda: F.interpolate(X, 2, mode="cubic"), "unknown mode 'cubic'; known are nearest"),
    (lambda: F.interpolate(X, 2, mode="linear"), r"'linear' is for sequences \(N, C, L\)"),
    (lambda: F.interpolate(X[0, 0], 2), r"expected \(N, C, L\) or \(N, C, H, W\)"),
    (lambda: F.interpolate(X, 2, align_corners=True), "means nothing to mode 'nearest'"),
    (lambda: F.pixel_shuffle(X, 3), "4 channels are no multiple of 3² = 9"),
    (lambda: F.pixel_unshuffle(X, 2), r"an image of \(3, 3\) cannot be cut into squares of 2"),
    (lambda: F.pixel_shuffle(X, 0), "upscale_factor must be a positive whole number"),
    (lambda: F.pixel_shuffle(X[0, 0], 1), "expected images"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_wrong_use_is_told(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
