"""Windows that slide over images: where they stand, laying them side by side (unfold, im2col), adding them up again (fold, col2im).

Along each axis window i lies with its tap a on the element

    t = s·i + d·a − p        s stride, d dilation, p padding in front        i = 0 … n−1,  a = 0 … k−1

and there is room for  n = ⌊(size + p + p′ − d(k−1) − 1) / s⌋ + 1  windows, p′ the padding behind. [Dumoulin, Visin 2016, relationship 15]
Convolution is a product of matrices on these windows: ``minigen/ops/convolution.py``.
"""

from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np

from minigen.autograd import primitive


class Grid(NamedTuple):
    """Where windows stand; each entry a pair, for height and width. ``before`` is p; negative, the first window starts inside."""

    kernel: tuple
    stride: tuple
    dilation: tuple
    before: tuple


# --- settings as callers write them -------------------------------------------------------------------------------------------


def pair(who, name, value, least=1):
    """``value`` for height and width: 3 -> (3, 3), (3, 5) -> (3, 5). ValueError unless whole numbers, at least ``least``."""
    both = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(both) != 2 or not all(isinstance(v, (int, np.integer)) and not isinstance(v, bool) and v >= least for v in both):
        raise ValueError(f"{who}: {name} must be a whole number ≥ {least}, or two of them (height, width); got {value!r}")
    return both


def single(who, name, value, least=1):
    """The setting of a 1-d function as that of the 2-d one that it calls, on images of height 1: 3 or (3,) -> (``least``, 3)."""
    value = value[0] if isinstance(value, (tuple, list)) and len(value) == 1 else value
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < least:
        raise ValueError(f"{who}: {name} must be a whole number ≥ {least}, got {value!r}")
    return least, value


def sides(who, padding):
    """``padding`` as ((top, bottom), (left, right)): a number, (height, width), or pairs (before, after)."""
    try:
        return tuple(pair(who, "padding", p, 0) for p in (padding if isinstance(padding, (tuple, list)) else (padding, padding)))
    except ValueError:
        raise ValueError(f"{who}: padding must be a whole number ≥ 0 or (height, width), got {padding!r}") from None


def count(who, size, kernel, stride, dilation, padding):
    """How many windows fit: (H, W) -> (n_h, n_w). ValueError if not even one does."""
    room = [n + sum(p) - d * (k - 1) - 1 for n, k, d, p in zip(size, kernel, dilation, padding)]
    if min(room) < 0:
        reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation))
        padded = tuple(n + sum(p) for n, p in zip(size, padding))
        raise ValueError(
            f"{who}: the kernel reaches over {reach} elements (kernel {kernel}, dilation {dilation}), but the padded input has only "
            f"{padded}; pad more, or take a smaller kernel"
        )
    return tuple(r // s + 1 for r, s in zip(room, stride))


def overlap_counts(n, kernel_size, stride):
    """How many of ``n`` windows along an axis lie over each element that they reach: (s (n − 1) + k,) whole numbers.

    It is the transposed convolution of ones with a kernel of ones: what a generator has to undo. Inside they are all equal exactly if
    the stride s divides the kernel size k. In the plane the counts of the two axes multiply.
    """
    counts = np.zeros(stride * (n - 1) + kernel_size, np.int64)
    for i in range(n):
        counts[stride * i : stride * i + kernel_size] += 1
    return counts


# --- the two movements, on (N, H, W, C) ---------------------------------------------------------------------------------------


def lay_out(x, columns, grid):
    """columns[a, b, n, i, j] = x[n, s·i + d·a − p, s·j + d·b − p], and 0 beyond the edge. One strided copy for each tap.

    x (N, H, W, C), ``columns`` (k_h, k_w, N, n_h, n_w, C), a view of memory in any order.
    """
    for a, b in product(*map(range, grid.kernel)):
        seen, where = columns[a, b], (grid, (a, b), columns.shape[3:5], x.shape[1:3])
        (i, t), (j, u) = meeting(*where)
        seen[:, i, j] = x[:, t, u]
        for strip in beyond(*where):
            seen[strip] = 0


def add_up(columns, x, grid):
    """x[n, s·i + d·a − p, s·j + d·b − p] += columns[a, b, n, i, j], in place: the adjoint of ``lay_out``.

    What lies beyond the edge is lost.
    """
    for a, b in product(*map(range, grid.kernel)):
        (i, t), (j, u) = meeting(grid, (a, b), columns.shape[3:5], x.shape[1:3])
        here = x[:, t, u]
        here += columns[a, b, :, i, j]


@lru_cache(maxsize=1024)  # asked for every tap of every block: 6 µs, remembered 0.4
def meeting(grid, taps, windows, size):
    """Where windows and an image of ``size`` meet at a tap (a, b): for each axis (slice of windows, slice of elements)."""
    return tuple(
        _inside(n, m, s, d * tap - p) for n, m, s, d, p, tap in zip(windows, size, grid.stride, grid.dilation, grid.before, taps)
    )


@lru_cache(maxsize=1024)
def beyond(grid, taps, windows, size):
    """The windows (N, n_h, n_w) that see nothing of the image at a tap (a, b), as indices of up to four strips."""
    ((i, _), (j, _)), (n, m) = meeting(grid, taps, windows, size), windows
    strips = (slice(0, i.start), slice(0, m)), (slice(i.stop, n), slice(0, m)), (i, slice(0, j.start)), (i, slice(j.stop, m))
    return [(slice(None), *strip) for strip in strips if all(part.start < part.stop for part in strip)]


def _inside(windows, size, stride, offset):
    """The windows i with 0 ≤ stride · i + offset < size, and these elements: two slices."""
    first = max(0, -(offset // stride))
    stop = max(first, min(windows, (size - 1 - offset) // stride + 1))
    start = stride * first + offset
    return slice(first, stop), slice(start, start + stride * (stop - first - 1) + 1, stride) if stop > first else slice(0, 0)


# --- unfold and fold ----------------------------------------------------------------------------------------------------------


@primitive
def im2col(x, *, grid, counts):
    """y[n, c, a, b, i, j] = x[n, c, s·i + d·a − p, s·j + d·b − p]: (N, C, H, W) -> (N, C, k_h, k_w, n_h, n_w)"""
    y = np.empty_like(x, shape=x.shape[:2] + grid.kernel + counts, order="C")
    lay_out(x.transpose(0, 2, 3, 1), y.transpose(2, 3, 0, 4, 5, 1), grid)
    return y


@im2col.vjp
def im2col_vjp(g, y, x, *, grid, counts):
    """Each element collects from all windows that it lies in."""
    return col2im(g, grid=grid, size=x.shape[2:])


@primitive
def col2im(x, *, grid, size):
    """y[n, c, s·i + d·a − p, s·j + d·b − p] += x[n, c, a, b, i, j]: (N, C, k_h, k_w, n_h, n_w) -> (N, C, *size). Adjoint of ``im2col``."""
    y = np.zeros_like(x, shape=x.shape[:2] + size, order="C")
    add_up(x.transpose(2, 3, 0, 4, 5, 1), y.transpose(0, 2, 3, 1), grid)
    return y


@col2im.vjp
def col2im_vjp(g, y, x, *, grid, size):
    """The adjoint of the adjoint."""
    return im2col(g, grid=grid, counts=x.shape[4:])


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """Every window as a column, im2col: (N, C, H, W) -> (N, C · k_h · k_w, L), L = n_h · n_w windows; (C, H, W) likewise.

    Convolution is ``weight.flatten(1) @ unfold(x, …)``. [torch.nn.functional.unfold]
    """
    kernel, stride, dilation, padding = _settings("unfold", kernel_size, stride, dilation, padding)
    if input.ndim == 3:
        return unfold(input[None], kernel, dilation, padding, stride)[0]
    if input.ndim != 4:
        raise ValueError(f"unfold: expected images (N, C, H, W) or (C, H, W), got shape {tuple(input.shape)}")
    counts = count("unfold", input.shape[2:], kernel, stride, dilation, padding)
    y = im2col(input, grid=Grid(kernel, stride, dilation, tuple(p[0] for p in padding)), counts=counts)
    n, c, kh, kw, rows, columns = y.shape
    return y.reshape((n, c * kh * kw, rows * columns))


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Columns back into an image, col2im: (N, C · k_h · k_w, L) -> (N, C, *output_size); where windows overlap, they add up.

    The adjoint of ``unfold`` with the same settings, not its inverse: fold(unfold(x)) is x times the number of windows over each
    element. [torch.nn.functional.fold]
    """
    size = pair("fold", "output_size", output_size)
    kernel, stride, dilation, padding = _settings("fold", kernel_size, stride, dilation, padding)
    if input.ndim == 2:
        return fold(input[None], size, kernel, dilation, padding, stride)[0]
    counts = count("fold", size, kernel, stride, dilation, padding)
    taps, places = kernel[0] * kernel[1], counts[0] * counts[1]
    if input.ndim != 3 or input.shape[1] % taps or input.shape[2] != places:
        raise ValueError(
            f"fold: an image of {size} has {places} = {counts[0]} · {counts[1]} such windows of {taps} elements, so the input must be "
            f"(N, C · {taps}, {places}); got {tuple(input.shape)}"
        )
    x = input.reshape((input.shape[0], input.shape[1] // taps, *kernel, *counts))
    return col2im(x, grid=Grid(kernel, stride, dilation, tuple(p[0] for p in padding)), size=size)


def _settings(who, kernel, stride, dilation, padding):
    return pair(who, "kernel_size", kernel), pair(who, "stride", stride), pair(who, "dilation", dilation), sides(who, padding)
