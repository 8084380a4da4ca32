"""Convolution, transposed convolution and the gradient of the kernel: one sum, read in three ways.

With x (N, C, H, W), kernel w (O, C, k_h, k_w), y (N, O, n_h, n_w), stride s, dilation d and padding p,

    y[n, o, i, j] = Σ_{c, a, b} w[o, c, a, b] x[n, c, s·i + d·a − p, s·j + d·b − p]        x is 0 outside of the image

The number ⟨conv(x; w), y⟩ is linear in each of x, w and y. So conv is the derivative of it by y; by x it is convᵀ(y; w), the
transposed convolution, with ⟨conv(x), y⟩ = ⟨x, convᵀ(y)⟩; by w it is the gradient of the kernel. The three are the derivatives of each
other, which is why every rule below calls one of the other two, and why gradients of gradients need nothing more.
In matrices conv(x) = C x and convᵀ(y) = Cᵀ y, with a sparse C that holds the kernel in every row. Cᵀ is not C⁻¹.
[Dumoulin, Visin 2016, https://arxiv.org/abs/1603.07285]

The fast path is in ``columns.py``: a few images at a time, their windows beside each other (im2col), times the kernel as a matrix; with a
kernel for each channel alone, in ``depthwise.py``.
Results have their channels innermost in memory, (N, H, W, C), and are handed out as the view (N, C, H, W) of it: NumPy's functions keep
that order by themselves. The three sums of a layer 128 → 64 on 14×14, batch 64, take 43 ms, with channels outermost 72 ms; 32 → 64 with
stride 2 on 14×14: 3.8 and 8.3 ms (one thread).
"""

import numpy as np

from minigen.autograd import primitive
from minigen.ops import columns, depthwise
from minigen.ops.windows import Grid, count, pair, sides, single

# --- the three readings -------------------------------------------------------------------------------------------------------


@primitive
def convolution(x, weight, bias=None, *, grid, counts, groups):
    """y[n, o, i, j] = Σ w[o, c, a, b] x[n, c, s·i + d·a − p, s·j + d·b − p] + bias[o]: (N, C, H, W) -> (N, O, *counts)

    With ``groups``, the channels of x and y are cut into so many groups, each convolved by itself: weight (O, C / groups, k_h, k_w).
    """
    y = _channels_last(x, weight, (x.shape[0], *counts, weight.shape[0]))
    if groups == x.shape[1] == weight.shape[0] > 1:
        depthwise.gather(x.transpose(0, 2, 3, 1), weight[:, 0], bias, y, grid)
        return y.transpose(0, 3, 1, 2)
    for xs, ws, ys in _groups(groups, x.shape[1], weight.shape[0]):
        columns.convolve(x.transpose(0, 2, 3, 1)[..., xs], weight[ws], bias if bias is None else bias[ys], y[..., ys], grid)
    return y.transpose(0, 3, 1, 2)


@convolution.vjp
def convolution_vjp_x(g, y, x, weight, bias, *, grid, counts, groups):
    """∂L/∂x = convᵀ(g; w)"""
    return convolution_transposed(g, weight, None, grid=grid, size=x.shape[2:], groups=groups)


@convolution.vjp
def convolution_vjp_weight(g, y, x, weight, bias, *, grid, counts, groups):
    """∂L/∂w: the windows of x, each times the gradient of what the kernel made of it"""
    return convolution_kernel(x, g, grid=grid, groups=groups)


@convolution.vjp
def convolution_vjp_bias(g, y, x, weight, bias, *, grid, counts, groups):
    """∂L/∂bias = Σ g over images and places"""
    return sum_to_channels(g)


@primitive
def convolution_transposed(x, weight, bias=None, *, grid, size, groups):
    """y[n, c, s·i + d·a − p, s·j + d·b − p] += w[o, c, a, b] x[n, o, i, j], then + bias[c]: (N, O, n_h, n_w) -> (N, C, *size)"""
    y = _channels_last(x, weight, (x.shape[0], *size, weight.shape[1] * groups))
    if groups == x.shape[1] == y.shape[3] > 1:
        depthwise.scatter(x.transpose(0, 2, 3, 1), weight[:, 0], bias, y, grid)
        return y.transpose(0, 3, 1, 2)
    for ys, ws, xs in _groups(groups, y.shape[3], weight.shape[0]):
        columns.convolve_transposed(x.transpose(0, 2, 3, 1)[..., xs], weight[ws], bias if bias is None else bias[ys], y[..., ys], grid)
    return y.transpose(0, 3, 1, 2)


@convolution_transposed.vjp
def convolution_transposed_vjp_x(g, y, x, weight, bias, *, grid, size, groups):
    """∂L/∂x = conv(g; w)"""
    return convolution(g, weight, None, grid=grid, counts=x.shape[2:], groups=groups)


@convolution_transposed.vjp
def convolution_transposed_vjp_weight(g, y, x, weight, bias, *, grid, size, groups):
    """∂L/∂w: the windows of g, each times the element of x that the kernel was multiplied by there"""
    return convolution_kernel(g, x, grid=grid, groups=groups)


@convolution_transposed.vjp
def convolution_transposed_vjp_bias(g, y, x, weight, bias, *, grid, size, groups):
    """∂L/∂bias = Σ g over images and places"""
    return sum_to_channels(g)


@primitive
def convolution_kernel(x, v, *, grid, groups):
    """w[o, c, a, b] = Σ_{n, i, j} v[n, o, i, j] x[n, c, s·i + d·a − p, s·j + d·b − p]: (O, C / groups, k_h, k_w)"""
    if groups == x.shape[1] == v.shape[1] > 1:
        return depthwise.correlate(x.transpose(0, 2, 3, 1), v.transpose(0, 2, 3, 1), grid)
    parts = [
        columns.kernel_gradient(x.transpose(0, 2, 3, 1)[..., xs], v.transpose(0, 2, 3, 1)[..., vs], grid)
        for xs, _, vs in _groups(groups, x.shape[1], v.shape[1])
    ]
    return parts[0] if groups == 1 else np.concatenate(parts)


@convolution_kernel.vjp
def convolution_kernel_vjp_x(g, y, x, v, *, grid, groups):
    """∂L/∂x = convᵀ(v; g)"""
    return convolution_transposed(v, g, None, grid=grid, size=x.shape[2:], groups=groups)


@convolution_kernel.vjp
def convolution_kernel_vjp_v(g, y, x, v, *, grid, groups):
    """∂L/∂v = conv(x; g)"""
    return convolution(x, g, None, grid=grid, counts=v.shape[2:], groups=groups)


def _channels_last(x, weight, shape):
    return np.empty_like(x, np.result_type(x.dtype, weight.dtype), shape=shape, order="C")


def _groups(groups, channels, outputs):
    """(channels of x, rows of the kernel, channels of y) of each group, as slices."""
    c, o = channels // groups, outputs // groups
    return [(slice(i * c, i * c + c), slice(i * o, i * o + o), slice(i * o, i * o + o)) for i in range(groups)]


def sum_to_channels(g):
    """(N, C, H, W) -> (C,)"""
    if isinstance(g, np.ndarray):
        rows = g.transpose(0, 2, 3, 1).reshape(-1, g.shape[1])
        return np.ones(len(rows), g.dtype) @ rows  # (64, 128, 14, 14): 0.08 ms, sum(axis=(0, 2, 3)) 0.24 ms
    return g.sum(axis=(0, 2, 3))


# --- as PyTorch calls them ----------------------------------------------------------------------------------------------------


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution of images: (N, C, H, W), weight (O, C / groups, k_h, k_w), bias (O,) -> (N, O, n_h, n_w); formula above. Or (C, H, W).

    n = ⌊(H + 2p − d(k − 1) − 1) / s⌋ + 1. Settings are whole numbers or (height, width). ``padding="same"`` keeps the size at stride 1
    (with an even kernel, the odd element of padding goes behind), "valid" is none; a pair for an axis, ((1, 2), (0, 0)), pads its two
    sides differently. [torch.nn.functional.conv2d]
    """
    return _conv("conv2d", input, weight, bias, pair("conv2d", "stride", stride), padding, pair("conv2d", "dilation", dilation), groups)


def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution of sequences: (N, C, L), weight (O, C / groups, k), bias (O,) -> (N, O, n); settings as in ``conv2d``. Or (C, L).

    It is ``conv2d`` on images of height 1. [torch.nn.functional.conv1d]
    """
    _expect_axes("conv1d", input, weight, 1)
    stride, dilation = single("conv1d", "stride", stride), single("conv1d", "dilation", dilation)
    padding = padding if isinstance(padding, str) else single("conv1d", "padding", padding, 0)
    return _conv("conv1d", input[..., None, :], weight[:, :, None], bias, stride, padding, dilation, groups)[..., 0, :]


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Transposed convolution: (N, C, H, W), weight (C, O / groups, k_h, k_w), bias (O,) -> (N, O, n_h, n_w). Or (C, H, W).

    The adjoint of ``conv2d`` with the same settings and weight, not its inverse; it enlarges by the stride:

        n = (H − 1) s − 2p + d(k − 1) + output_padding + 1

    ``conv2d`` maps s sizes to the same H; ``output_padding`` chooses among them. [torch.nn.functional.conv_transpose2d]
    """
    stride, dilation = pair("conv_transpose2d", "stride", stride), pair("conv_transpose2d", "dilation", dilation)
    output_padding = pair("conv_transpose2d", "output_padding", output_padding, 0)
    return _conv_transpose("conv_transpose2d", input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Transposed convolution of sequences: (N, C, L), weight (C, O / groups, k), bias (O,) -> (N, O, n). Or (C, L).

    It is ``conv_transpose2d`` on images of height 1. [torch.nn.functional.conv_transpose1d]
    """
    who = "conv_transpose1d"
    _expect_axes(who, input, weight, 1)
    stride, dilation = single(who, "stride", stride), single(who, "dilation", dilation)
    padding, output_padding = single(who, "padding", padding, 0), single(who, "output_padding", output_padding, 0)
    y = _conv_transpose(who, input[..., None, :], weight[:, :, None], bias, stride, padding, output_padding, groups, dilation)
    return y[..., 0, :]


def _conv(who, x, weight, bias, stride, padding, dilation, groups):
    if who == "conv2d":
        _expect_axes(who, x, weight, 2)
    if x.ndim == 3:
        return _conv(who, x[None], weight, bias, stride, padding, dilation, groups)[0]
    outputs, channels, *kernel = weight.shape
    kernel = tuple(kernel)
    _expect_groups(who, groups, x.shape[1], outputs)
    if channels * groups != x.shape[1]:
        has = f"{channels} · {groups} groups" if groups > 1 else f"{channels}"
        raise ValueError(f"{who}: the weight {tuple(weight.shape)} is for {has} input channels, but the input has {x.shape[1]}")
    _expect_bias(who, bias, outputs)
    padding = named_padding(who, padding, kernel, stride, dilation) if isinstance(padding, str) else sides(who, padding)
    counts = count(who, x.shape[2:], kernel, stride, dilation, padding)
    return convolution(x, weight, bias, grid=Grid(kernel, stride, dilation, tuple(p[0] for p in padding)), counts=counts, groups=groups)


def _conv_transpose(who, y, weight, bias, stride, padding, output_padding, groups, dilation):
    if who == "conv_transpose2d":
        _expect_axes(who, y, weight, 2)
    if y.ndim == 3:
        return _conv_transpose(who, y[None], weight, bias, stride, padding, output_padding, groups, dilation)[0]
    inputs, outputs, *kernel = weight.shape
    kernel = tuple(kernel)
    if inputs != y.shape[1]:
        raise ValueError(
            f"{who}: the weight {tuple(weight.shape)} is for {inputs} input channels, but the input has {y.shape[1]}; "
            "a transposed convolution's weight is (in, out / groups, …)"
        )
    _expect_groups(who, groups, inputs, outputs * groups)
    _expect_bias(who, bias, outputs * groups)
    if isinstance(padding, str):
        raise ValueError(f"{who}: padding must be a number or (height, width), got {padding!r}: only convolutions know it by name")
    padding = sides(who, padding)
    if any(o >= max(s, d) for o, s, d in zip(output_padding, stride, dilation)):
        raise ValueError(
            f"{who}: output_padding {output_padding} must be smaller than the stride {stride} (or the dilation {dilation}): "
            "it chooses among the sizes that the convolution with that stride maps to the same size"
        )
    size = tuple(
        (n - 1) * s - sum(p) + d * (k - 1) + o + 1
        for n, s, p, d, k, o in zip(y.shape[2:], stride, padding, dilation, kernel, output_padding)
    )
    if min(size) < 1:
        raise ValueError(f"{who}: nothing would be left of an input of {tuple(y.shape[2:])}: the output would be {size}; pad less")
    grid = Grid(kernel, stride, dilation, tuple(p[0] for p in padding))
    return convolution_transposed(y, weight, bias, grid=grid, size=size, groups=groups)


# --- what callers are told ----------------------------------------------------------------------------------------------------


def _expect_axes(who, x, weight, n):
    axes = ("C", "L") if n == 1 else ("C", "H", "W")
    if x.ndim not in (n + 1, n + 2) or weight.ndim != n + 2:
        raise ValueError(
            f"{who}: expected an input (N, {', '.join(axes)}) or ({', '.join(axes)}) and a weight of {n + 2} axes, "
            f"got {tuple(x.shape)} and {tuple(weight.shape)}"
        )
    if 0 in weight.shape:
        raise ValueError(f"{who}: the weight is empty, {tuple(weight.shape)}")


def _expect_groups(who, groups, channels, outputs):
    if not isinstance(groups, (int, np.integer)) or groups < 1 or channels % groups or outputs % groups:
        raise ValueError(f"{who}: groups must divide the {channels} input and the {outputs} output channels, got groups={groups!r}")


def _expect_bias(who, bias, outputs):
    if bias is not None and tuple(bias.shape) != (outputs,):
        raise ValueError(f"{who}: the bias must be ({outputs},), one number an output channel; got {tuple(bias.shape)}")


def named_padding(who, name, kernel, stride, dilation):
    """The paddings "same" and "valid" as numbers: a pair (before, after) for each axis."""
    if name not in ("same", "valid"):
        raise ValueError(f'{who}: padding must be numbers, "same" or "valid", got {name!r}')
    if name == "same" and any(s != 1 for s in stride):
        raise ValueError(f'{who}: padding="same" keeps the size, which a stride of {stride} cannot; give the padding in numbers')
    total = [d * (k - 1) if name == "same" else 0 for k, d in zip(kernel, dilation)]
    return tuple((t // 2, t - t // 2) for t in total)
