"""Convolution layers. What each output element is made of stands in ``minigen/ops/convolution.py``."""

import math

import numpy as np

from minigen.device import create, get_default_dtype
from minigen.nn import functional as F
from minigen.nn import init
from minigen.nn.module import Module, Parameter
from minigen.ops.convolution import named_padding
from minigen.ops.windows import pair, sides

MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


def _per_axis(who, name, value, axes, least=1):
    """A setting as a tuple with one number an axis."""
    if axes == 2:
        return pair(who, name, value, least)
    return pair(who, name, (value if isinstance(value, (int, np.integer)) else value[0],) * 2, least)[:1]


class _Convolution(Module):
    """Settings, weight and bias of all four layers. W and b start uniform on ±1/√(fan in), as in PyTorch."""

    axes, transposed, padding_mode = 2, False, "zeros"

    def _setup(self, channels, kernel_size, stride, padding, dilation, groups, bias, device, dtype):
        who, (n_in, n_out) = type(self).__name__, channels
        for name, n in (("in_channels", n_in), ("out_channels", n_out), ("groups", groups)):
            if not isinstance(n, (int, np.integer)) or n < 1:
                raise ValueError(f"{who}: {name} must be a positive whole number, got {n!r}")
        if n_in % groups or n_out % groups:
            raise ValueError(f"{who}: groups={groups} must divide the {n_in} input and the {n_out} output channels")
        self.in_channels, self.out_channels, self.groups = n_in, n_out, groups
        self.kernel_size = _per_axis(who, "kernel_size", kernel_size, self.axes)
        self.stride, self.dilation = (_per_axis(who, *s, self.axes) for s in (("stride", stride), ("dilation", dilation)))
        self.padding = self._padding(padding)
        first, second = (n_in, n_out) if self.transposed else (n_out, n_in)
        new = lambda *shape: create("empty", shape, dtype=dtype or get_default_dtype(), device=device)  # noqa: E731
        self.weight = Parameter(new(first, second // groups, *self.kernel_size))
        self.bias = Parameter(new(n_out)) if bias else None
        self.reset_parameters()

    def _padding(self, padding):
        """A name, a number an axis, or for images a pair (before, after) an axis."""
        who = type(self).__name__
        if isinstance(padding, (tuple, list)) and self.axes == 2 and any(isinstance(p, (tuple, list)) for p in padding):
            return sides(who, padding)
        return padding if isinstance(padding, str) else _per_axis(who, "padding", padding, self.axes, 0)

    def reset_parameters(self):
        """Draw the weights anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(init.fans(self.weight)[0])
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self):
        plain = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1}
        told = [f"{self.in_channels} → {self.out_channels}", f"kernel_size={self.kernel_size}"]
        told += [f"{k}={getattr(self, k)}" for k, v in plain.items() if hasattr(self, k) and getattr(self, k) != (v,) * self.axes]
        told += [f"groups={self.groups}"] * (self.groups > 1)
        told += [f"padding_mode={self.padding_mode!r}"] * (self.padding_mode != "zeros")
        return ", ".join(told)


class _Conv(_Convolution):
    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode="zeros",
        device=None, dtype=None,
    ):  # fmt: skip
        who = type(self).__name__
        if padding_mode not in MODES:
            raise ValueError(f"{who}: unknown padding_mode {padding_mode!r}; known are {', '.join(MODES)}")
        self.padding_mode = padding_mode
        self._setup((in_channels, out_channels), kernel_size, stride, padding, dilation, groups, bias, device, dtype)
        if isinstance(self.padding, str):
            named_padding(who, self.padding, self.kernel_size, self.stride, self.dilation)

    def forward(self, x):
        function, padding = (F.conv1d, F.conv2d)[self.axes - 1], self.padding
        if self.padding_mode != "zeros":
            if isinstance(padding, str):
                padding = named_padding(type(self).__name__, padding, self.kernel_size, self.stride, self.dilation)
            around = [n for p in reversed(padding) for n in ((p, p) if isinstance(p, (int, np.integer)) else p)]
            x, padding = F.pad(x, around, MODES[self.padding_mode]), 0
        return function(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv2d(_Conv):
    """y[n, o, i, j] = Σ w[o, c, a, b] x[n, c, s·i + d·a − p, s·j + d·b − p] + bias[o]: (N, in, H, W) -> (N, out, n_h, n_w)

    Settings as in ``F.conv2d``; ``padding_mode``: "zeros", "reflect", "replicate" or "circular".
    """


class Conv1d(_Conv):
    """y[n, o, i] = Σ w[o, c, a] x[n, c, s·i + d·a − p] + bias[o]: (N, in, L) -> (N, out, n). Settings as in ``Conv2d``."""

    axes = 1


class _ConvTranspose(_Convolution):
    transposed = True

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1,
        padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        who = type(self).__name__
        if padding_mode != "zeros":
            raise ValueError(f'{who}: a transposed convolution knows only padding_mode="zeros", got {padding_mode!r}')
        if isinstance(padding, str):
            raise ValueError(f"{who}: padding must be numbers, got {padding!r}")
        self.output_padding = _per_axis(who, "output_padding", output_padding, self.axes, 0)
        self._setup((in_channels, out_channels), kernel_size, stride, padding, dilation, groups, bias, device, dtype)

    def forward(self, x, output_size=None):
        extra = self.output_padding if output_size is None else self._extra(x, output_size)
        function = (F.conv_transpose1d, F.conv_transpose2d)[self.axes - 1]
        return function(x, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation)

    def _extra(self, x, output_size):
        """The output_padding that makes the output as large as ``output_size``, (H, W) or a whole shape."""
        wanted = tuple(output_size)[-self.axes :]
        both = [sum(p) if isinstance(p, tuple) else 2 * p for p in self.padding]
        least = [
            (n - 1) * s - p + d * (k - 1) + 1
            for n, s, p, d, k in zip(x.shape[-self.axes :], self.stride, both, self.dilation, self.kernel_size)
        ]
        if not all(low <= n < low + s for n, low, s in zip(wanted, least, self.stride)):
            most = tuple(low + s - 1 for low, s in zip(least, self.stride))
            raise ValueError(f"{type(self).__name__}: from {tuple(x.shape)} it makes sizes {tuple(least)} to {most}, not {wanted}")
        return tuple(n - low for n, low in zip(wanted, least))


class ConvTranspose2d(_ConvTranspose):
    """The adjoint of ``Conv2d`` with the same settings, which enlarges by the stride: (N, in, H, W) -> (N, out, n_h, n_w)

    n = (H − 1) s − 2p + d(k − 1) + output_padding + 1. The weight is (in, out / groups, k_h, k_w). See ``F.conv_transpose2d``.
    """


class ConvTranspose1d(_ConvTranspose):
    """The adjoint of ``Conv1d`` with the same settings: (N, in, L) -> (N, out, n). See ``F.conv_transpose1d``."""

    axes = 1
