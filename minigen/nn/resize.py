"""Images in another size: interpolate, and pixel_shuffle, which trades channels for pixels.

Interpolation is linear along each axis: y = A x Bᵀ, where row i of A holds the weights of the elements around the place that pixel i of
the result has in x. Pixels are squares and their centres are matched: place = (i + ½) · H / H′ − ½; with ``align_corners``, the centres of
the corner pixels are: place = i (H − 1) / (H′ − 1).
"""

import math

import numpy as np

from minigen.ops.axes import along_axes
from minigen.ops.pooling import adaptive_avg_pool1d, adaptive_avg_pool2d
from minigen.ops.shape import permute, reshape

TAPS = {  # mode: (number of axes that it is for, offsets of the elements around a place)
    "nearest": (None, (0,)), "nearest-exact": (None, (0,)), "area": (None, ()),
    "linear": (1, (0, 1)), "bilinear": (2, (0, 1)), "bicubic": (2, (-1, 0, 1, 2)),
}  # fmt: skip


def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None):
    """``input`` (N, C, L) or (N, C, H, W) resized to ``size`` or by ``scale_factor``, each a number or one for each axis.

    ``mode``: "nearest", "nearest-exact" (rounds the place of the centre), "linear" for sequences, "bilinear" and "bicubic" for images
    (Keys' cubic with a = −¾), "area" (adaptive average). The new size is ⌊H · scale_factor⌋; the places use ``scale_factor`` itself
    unless ``recompute_scale_factor``. As in PyTorch, "linear" and "bilinear" leave an axis alone whose size stays, whatever the scale
    (3 pixels · 1.3), and "nearest" does so for images, and repeats each pixel where the size doubles. [torch.nn.functional.interpolate]
    """
    axes = input.ndim - 2
    if axes not in (1, 2):
        raise ValueError(f"interpolate: expected (N, C, L) or (N, C, H, W), got shape {tuple(input.shape)}")
    if mode not in TAPS:
        raise ValueError(f"interpolate: unknown mode {mode!r}; known are {', '.join(TAPS)}")
    only, offsets = TAPS[mode]
    if only not in (None, axes):
        kind = {1: "sequences (N, C, L)", 2: "images (N, C, H, W)"}
        raise ValueError(f"interpolate: {mode!r} is for {kind[only]}, got shape {tuple(input.shape)}")
    if align_corners is not None and only is None:
        raise ValueError(f"interpolate: align_corners means nothing to mode {mode!r}; it is for linear, bilinear and bicubic")
    sizes, scales = _target(input.shape[2:], size, scale_factor, recompute_scale_factor)
    if mode == "area":
        return (adaptive_avg_pool1d if axes == 1 else adaptive_avg_pool2d)(input, sizes)
    even = {"linear": (1,), "bilinear": (1,), "nearest": (1, 2) if axes == 2 else ()}.get(mode, ())
    matrices = []
    for old, new, scale in zip(input.shape[2:], sizes, scales):
        scale = None if new in [times * old for times in even] else scale
        same = new == old and scale in (None, 1)
        matrices.append(None if same else _weights(mode, old, new, scale, bool(align_corners), offsets))
    return along_axes(input, matrices)


def _target(old, size, scale, recompute):
    """(new sizes, the scales to compute places with, None where they follow from the sizes)"""
    n = len(old)
    if (size is None) == (scale is None):
        raise ValueError("interpolate: expected either size or scale_factor")
    given = size if scale is None else scale
    given = tuple(given) if isinstance(given, (tuple, list)) else (given,) * n
    numbers = (int, np.integer) if scale is None else (int, float, np.integer, np.floating)
    if len(given) != n or not all(isinstance(g, numbers) and g > 0 for g in given):
        name = "size" if scale is None else "scale_factor"
        raise ValueError(f"interpolate: {name} must be a positive number or {n} of them, got {size if scale is None else scale!r}")
    if scale is None:
        return given, (None,) * n
    sizes = tuple(math.floor(h * g) for h, g in zip(old, given))
    if min(sizes) < 1:
        raise ValueError(f"interpolate: scale_factor {scale} leaves nothing of {tuple(old)}")
    return sizes, (None,) * n if recompute else given


def _weights(mode, old, new, scale, align_corners, offsets):
    """The matrix A (new, old): row i weighs the elements around the place of pixel i."""
    ratio = old / new if scale is None else 1 / scale
    i = np.arange(new)
    if mode.startswith("nearest"):
        half = 0.5 if mode == "nearest-exact" else 0.0
        place = (i.astype(np.float32) + np.float32(half)) * np.float32(ratio)  # PyTorch counts pixels in float32
        return np.eye(old)[np.minimum(np.floor(place).astype(np.int64), old - 1)]
    if align_corners:
        place = i * ((old - 1) / (new - 1) if new > 1 else 0.0)
    else:
        place = (i + 0.5) * ratio - 0.5
        place = np.maximum(place, 0) if mode != "bicubic" else place
    first = np.floor(place).astype(np.int64)
    first = np.minimum(first, old - 1) if mode != "bicubic" else first
    weight = _cubic if mode == "bicubic" else _tent
    a = np.zeros((new, old))
    for k in offsets:
        np.add.at(a, (i, np.clip(first + k, 0, old - 1)), weight(place - first - k))  # beyond the edge, the edge goes on
    return a


def _tent(t):
    """1 − |t|: the straight line between two elements."""
    return 1 - np.abs(t)


def _cubic(t, a=-0.75):
    """Keys' cubic: 1 at 0, 0 at the other whole numbers, smooth. [Keys 1981, eq. 15]"""
    t = np.abs(t)
    return np.where(t <= 1, ((a + 2) * t - (a + 3)) * t * t + 1, ((a * t - 5 * a) * t + 8 * a) * t - 4 * a)


# --- channels and pixels --------------------------------------------------------------------------------------------------------


def pixel_shuffle(input, upscale_factor):
    """y[c, r·i + a, r·j + b] = x[r² c + r a + b, i, j]: (…, C r², H, W) -> (…, C, r H, r W). [Shi et al. 2016, eq. 4]"""
    r = _factor("pixel_shuffle", "upscale_factor", input, upscale_factor)
    *lead, c, h, w = input.shape
    if c % (r * r):
        raise ValueError(f"pixel_shuffle: {c} channels are no multiple of {r}² = {r * r}")
    n = len(lead)
    x = reshape(input, shape=(*lead, c // (r * r), r, r, h, w))
    x = permute(x, axis=(*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return reshape(x, shape=(*lead, c // (r * r), h * r, w * r))


def pixel_unshuffle(input, downscale_factor):
    """The inverse of ``pixel_shuffle``: (…, C, r H, r W) -> (…, C r², H, W)"""
    r = _factor("pixel_unshuffle", "downscale_factor", input, downscale_factor)
    *lead, c, h, w = input.shape
    if h % r or w % r:
        raise ValueError(f"pixel_unshuffle: an image of {(h, w)} cannot be cut into squares of {r}")
    n = len(lead)
    x = reshape(input, shape=(*lead, c, h // r, r, w // r, r))
    x = permute(x, axis=(*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return reshape(x, shape=(*lead, c * r * r, h // r, w // r))


def _factor(who, name, x, r):
    if not isinstance(r, (int, np.integer)) or r < 1:
        raise ValueError(f"{who}: {name} must be a positive whole number, got {r!r}")
    if x.ndim < 3:
        raise ValueError(f"{who}: expected images (…, C, H, W), got shape {tuple(x.shape)}")
    return r
