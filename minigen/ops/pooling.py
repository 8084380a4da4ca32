"""Pooling: one number for each window, its largest element or its average; each channel by itself.

A window's average is an average along the rows of averages along the columns, so average pooling is y = A x Bᵀ with a matrix of weights
for each axis. A window's maximum is likewise a maximum of maxima: x is searched along one axis, then along the other.
"""

import math

import numpy as np

from minigen.device import device_of, to_device
from minigen.ops.axes import along_axes
from minigen.ops.largest import largest, slices, tap_of
from minigen.ops.picking import places
from minigen.ops.windows import pair, single
from minigen.tensor import Tensor

# --- where windows lie along an axis: first and last element + 1, in the unpadded x -----------------------------------------------


def _windows(who, size, kernel, stride, padding, dilation, ceil_mode):
    """The element that each tap of each window lies on, (n, k); outside of 0 … size − 1 in the padding.

    n = ⌊(size + 2p − d(k − 1) − 1) / s⌋ + 1, or ⌈…⌉ + 1 in ``ceil_mode``, where a window may reach over the end, but not begin there.
    """
    reach = dilation * (kernel - 1) + 1
    if padding > kernel // 2:
        raise ValueError(f"{who}: padding may be at most half of the kernel of {kernel}, got {padding}")
    room = size + 2 * padding - reach
    n = (-(-room // stride) if ceil_mode else room // stride) + 1
    if ceil_mode and (n - 1) * stride >= size + padding:
        n -= 1
    if n < 1:
        raise ValueError(f"{who}: a window over {reach} elements does not fit into {size} with padding {padding}")
    return stride * np.arange(n)[:, None] - padding + dilation * np.arange(kernel)


def _adaptive(who, size, n):
    """The elements of window i: from ⌊i · size / n⌋ to ⌈(i + 1) size / n⌉; (n, k), short ones repeat their last."""
    i = np.arange(n)
    start, stop = i * size // n, -(-(i + 1) * size // n)
    return np.minimum(start[:, None] + np.arange(np.max(stop - start, initial=1)), stop[:, None] - 1)


def _images(who, x, axes):
    """x as (N, C, …) and how to get back: without a batch, (C, …) is one image."""
    names = ("C", "L") if axes == 1 else ("C", "H", "W")
    if x.ndim not in (axes + 1, axes + 2):
        raise ValueError(f"{who}: expected (N, {', '.join(names)}) or ({', '.join(names)}), got shape {tuple(x.shape)}")
    if 0 in x.shape[-axes:]:
        raise ValueError(f"{who}: there is nothing to pool in shape {tuple(x.shape)}")
    return x[None] if x.ndim == axes + 1 else x


def _per_axis(who, name, value, axes, least=1):
    return pair(who, name, value, least) if axes == 2 else single(who, name, value, least)[1:]


# --- the largest ----------------------------------------------------------------------------------------------------------------


def _max_pool(x, tables, return_indices):
    """The largest element of every window, the first where several are; ``tables``: the elements of the windows along each axis."""
    y, chosen = x, None
    for k, table in reversed(list(enumerate(tables))):  # along rows first: then the first maximum is the first in reading order
        axis = x.ndim - len(tables) + k
        size = x.shape[axis]
        if not ((table >= 0) & (table < size)).any(1).all():
            raise ValueError(f"max_pool: with {size} elements along axis {axis}, a window would hold nothing but padding")
        seen, taps = y, slices(table, size)
        y = largest(seen, axis=axis, taps=taps)
        if return_indices:
            own = _elements(table, tap_of(*(v.data if isinstance(v, Tensor) else v for v in (seen, y)), axis=axis, taps=taps), axis)
            chosen = own * math.prod(x.shape[axis + 1 :]) + (0 if chosen is None else chosen[places(own, axis)])
    return (y, Tensor(chosen)) if return_indices else y


def _elements(table, tap, axis):
    """The elements under the taps ``tap`` of the windows along ``axis``."""
    windows = np.arange(len(table)).reshape((-1,) + (1,) * (tap.ndim - axis - 1))
    table, windows = (to_device(a, device_of(tap)) for a in (table, windows))
    return table[windows, tap.astype(np.int64)]


def _max_pool_nd(who, axes, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices):
    kernel = _per_axis(who, "kernel_size", kernel_size, axes)
    stride = kernel if stride is None else _per_axis(who, "stride", stride, axes)
    padding, dilation = _per_axis(who, "padding", padding, axes, 0), _per_axis(who, "dilation", dilation, axes)
    images = _images(who, x, axes)
    settings = zip(images.shape[2:], kernel, stride, padding, dilation)
    return _unbatched(x, _max_pool(images, [_windows(who, *each, ceil_mode) for each in settings], return_indices), axes)


def _unbatched(x, y, axes):
    if x.ndim == axes + 2:
        return y
    return tuple(t[0] for t in y) if isinstance(y, tuple) else y[0]


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """The largest element of each window: (N, C, H, W) -> (N, C, n_h, n_w), or (C, H, W). The windows lie side by side unless ``stride``.

    The gradient goes to the first of the largest. ``return_indices``: also where it is, counted in the flattened (H, W).
    [torch.nn.functional.max_pool2d]
    """
    return _max_pool_nd("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """The largest element of each window: (N, C, L) -> (N, C, n), or (C, L). See ``max_pool2d``. [torch.nn.functional.max_pool1d]"""
    return _max_pool_nd("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


# --- the average ----------------------------------------------------------------------------------------------------------------


def _averages(table, size, count):
    """The matrix (n, size) of y = A x: the elements of each window with weight 1 / ``count``."""
    weights = np.zeros((len(table), size + 1))
    for tap in table.T:
        weights[np.arange(len(table)), np.where((tap >= 0) & (tap < size), tap, size)] += 1
    return weights[:, :size] / count


def _avg_pool(who, axes, x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor):
    kernel = _per_axis(who, "kernel_size", kernel_size, axes)
    stride = kernel if stride is None else _per_axis(who, "stride", stride, axes)
    padding = _per_axis(who, "padding", padding, axes, 0)
    if divisor is not None and not divisor:
        raise ValueError(f"{who}: divisor_override must not be 0")
    images, matrices = _images(who, x, axes), []
    for size, k, s, p in zip(images.shape[2:], kernel, stride, padding):
        table = _windows(who, size, k, s, p, 1, ceil_mode)
        inside = (table >= 0) & (table < size) if not count_include_pad else table < size + p  # ceil_mode's overhang never counts
        counts = inside.sum(1, keepdims=True) if divisor is None else 1
        matrices.append(_averages(table, size, counts))
    y = along_axes(images, matrices)
    return _unbatched(x, y if divisor is None else y / divisor, axes)


def avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    """The average of each window: (N, C, H, W) -> (N, C, n_h, n_w), or (C, H, W). The windows lie side by side unless ``stride``.

    Padding counts as zeros unless ``count_include_pad=False``; ``divisor_override`` divides the sums instead of the number of
    elements. [torch.nn.functional.avg_pool2d]
    """
    return _avg_pool("avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """The average of each window: (N, C, L) -> (N, C, n), or (C, L); settings as in ``avg_pool2d``. [torch.nn.functional.avg_pool1d]"""
    return _avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


# --- as many windows as asked for -----------------------------------------------------------------------------------------------


def _adaptive_tables(who, x, output_size, axes):
    sizes = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * axes
    sizes = tuple(old if n is None else n for n, old in zip(sizes, x.shape[2:])) if len(sizes) == axes else sizes
    sizes = _per_axis(who, "output_size", sizes, axes)
    return [_adaptive(who, size, n) for size, n in zip(x.shape[2:], sizes)]


def _adaptive_avg(who, axes, x, output_size):
    images, matrices = _images(who, x, axes), []
    for size, table in zip(images.shape[2:], _adaptive_tables(who, images, output_size, axes)):
        a = (_averages(table, size, 1) > 0).astype(np.float64)
        matrices.append(a / a.sum(1, keepdims=True))
    return _unbatched(x, along_axes(images, matrices), axes)


def _adaptive_max(who, axes, x, output_size, return_indices):
    images = _images(who, x, axes)
    return _unbatched(x, _max_pool(images, _adaptive_tables(who, images, output_size, axes), return_indices), axes)


def adaptive_avg_pool2d(input, output_size):
    """Averages over windows that cut (N, C, H, W) into ``output_size`` = (n_h, n_w): (N, C, n_h, n_w); None keeps an axis.

    Window i reaches from ⌊i H / n⌋ to ⌈(i + 1) H / n⌉; neighbours may share elements. [torch.nn.functional.adaptive_avg_pool2d]
    """
    return _adaptive_avg("adaptive_avg_pool2d", 2, input, output_size)


def adaptive_avg_pool1d(input, output_size):
    """Averages over ``output_size`` windows that cover the sequence: (N, C, L) -> (N, C, n). [torch.nn.functional.adaptive_avg_pool1d]"""
    return _adaptive_avg("adaptive_avg_pool1d", 1, input, output_size)


def adaptive_max_pool2d(input, output_size, return_indices=False):
    """The largest elements of the windows of ``adaptive_avg_pool2d``: (N, C, H, W) -> (N, C, n_h, n_w)."""
    return _adaptive_max("adaptive_max_pool2d", 2, input, output_size, return_indices)


def adaptive_max_pool1d(input, output_size, return_indices=False):
    """The largest elements of the windows of ``adaptive_avg_pool1d``: (N, C, L) -> (N, C, n)."""
    return _adaptive_max("adaptive_max_pool1d", 1, input, output_size, return_indices)
