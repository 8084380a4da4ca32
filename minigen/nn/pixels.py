"""Layers that move pixels: padding, resizing, pixel shuffle, windows as columns. Each calls the function of its kind."""

import numpy as np

from minigen.nn import functional as F
from minigen.nn.module import Module


class _Pad(Module):
    """``padding``: one number for all sides, or (left, right) and for images (left, right, top, bottom)."""

    axes, mode = 2, "constant"

    def __init__(self, padding):
        self.padding = (padding,) * (2 * self.axes) if isinstance(padding, (int, np.integer)) else tuple(padding)
        if len(self.padding) != 2 * self.axes:
            sides = "(left, right)" if self.axes == 1 else "(left, right, top, bottom)"
            raise ValueError(f"{type(self).__name__}: padding must be a number or {sides}, got {padding!r}")

    def forward(self, x):
        return F.pad(x, self.padding, self.mode)


class ConstantPad1d(_Pad):
    """``value`` beside a sequence: (…, L) -> (…, L + left + right)"""

    axes = 1

    def __init__(self, padding, value):
        super().__init__(padding)
        self.value = value

    def forward(self, x):
        return F.pad(x, self.padding, "constant", self.value)


class ConstantPad2d(ConstantPad1d):
    """``value`` around an image: (…, H, W) -> (…, H + top + bottom, W + left + right)"""

    axes = 2


class ZeroPad1d(_Pad):
    """Zeros beside a sequence: (…, L) -> (…, L + left + right)"""

    axes = 1


class ZeroPad2d(_Pad):
    """Zeros around an image: (…, H, W) -> (…, H + top + bottom, W + left + right)"""


class ReflectionPad1d(_Pad):
    """A sequence goes on mirrored at its end elements: c b|a b c|b a"""

    axes, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """An image goes on mirrored at its edge pixels: c b|a b c|b a"""

    mode = "reflect"


class ReplicationPad1d(_Pad):
    """A sequence goes on with its end elements: a a|a b c|c c"""

    axes, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """An image goes on with its edge pixels: a a|a b c|c c"""

    mode = "replicate"


class CircularPad1d(_Pad):
    """A sequence goes on from its other end: b c|a b c|a b"""

    axes, mode = 1, "circular"


class CircularPad2d(_Pad):
    """An image goes on from its other side: b c|a b c|a b"""

    mode = "circular"


class Upsample(Module):
    """``F.interpolate`` to ``size`` or by ``scale_factor``: (N, C, L) or (N, C, H, W)"""

    def __init__(self, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None):
        self.size, self.scale_factor, self.mode = size, scale_factor, mode
        self.align_corners, self.recompute_scale_factor = align_corners, recompute_scale_factor

    def forward(self, x):
        return F.interpolate(x, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor)


class PixelShuffle(Module):
    """(…, C r², H, W) -> (…, C, r H, r W), r = ``upscale_factor``: channels become pixels"""

    def __init__(self, upscale_factor):
        self.upscale_factor = upscale_factor

    def forward(self, x):
        return F.pixel_shuffle(x, self.upscale_factor)


class PixelUnshuffle(Module):
    """(…, C, r H, r W) -> (…, C r², H, W), r = ``downscale_factor``: pixels become channels"""

    def __init__(self, downscale_factor):
        self.downscale_factor = downscale_factor

    def forward(self, x):
        return F.pixel_unshuffle(x, self.downscale_factor)


class Unfold(Module):
    """Every window as a column: (N, C, H, W) -> (N, C · k_h · k_w, L)"""

    def __init__(self, kernel_size, dilation=1, padding=0, stride=1):
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, x):
        return F.unfold(x, self.kernel_size, self.dilation, self.padding, self.stride)


class Fold(Module):
    """Columns added up to an image of ``output_size``: (N, C · k_h · k_w, L) -> (N, C, *output_size)"""

    def __init__(self, output_size, kernel_size, dilation=1, padding=0, stride=1):
        self.output_size, self.kernel_size = output_size, kernel_size
        self.dilation, self.padding, self.stride = dilation, padding, stride

    def forward(self, x):
        return F.fold(x, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)
