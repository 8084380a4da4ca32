"""Convolution as products of matrices: a few images at a time, their windows side by side, through BLAS.

The three sums of ``convolution.py`` are here for speed, on arrays with channels innermost, (N, H, W, C): then what a tap sees of a pixel
is a run of C contiguous numbers. Each works through blocks of images whose windows fill ``BLOCK`` bytes, which stay in the cache, in
memory that is used again for every block. The windows of a whole batch at once would be nine times as large as the batch.

* ``gather``: lay windows out (im2col), multiply by the kernel.
* ``scatter``: multiply by the kernel, add the products up where their windows lie (col2im). No zeros are put between elements.
* ``correlate``: lay windows out, multiply by what lies at each window: the gradient of the kernel.

With stride 1 a transposed convolution is a convolution with the kernel turned by 180°, so the work may be done on either side:
``turned`` says when the other side, with fewer channels to lay out or add up, is the better one.
"""

import math
import threading

import numpy as np

from minigen.device import on_gpu
from minigen.ops.shape import contiguous
from minigen.ops.windows import add_up, lay_out

BLOCK = 1 << 22  # bytes of windows at a time; a GPU takes 128 times as many
NARROW = 8  # up to so many channels, the columns are planes: runs along a row of the image instead of along the channels
_workspaces = threading.local()


def workspace(name, like):
    """A maker of arrays, ``make(shape, dtype)``, in memory that the next call with the same ``name`` uses again."""
    if on_gpu(like):
        return lambda shape, dtype: np.empty_like(like, dtype, shape=shape, order="C")

    def make(shape, dtype):
        n = math.prod(shape) * dtype.itemsize
        memory = getattr(_workspaces, name, None)
        if memory is None or memory.size < n:
            memory = np.empty(n, np.uint8)
            if n <= 4 * BLOCK:
                setattr(_workspaces, name, memory)
        return memory[:n].view(dtype).reshape(shape)

    return make


def blocks(like, images, rows, row_bytes, least=0):
    """Cut the work into (first image, last image, first row, last row), each block of about ``BLOCK`` bytes, or of ``least``."""
    budget = max(BLOCK * (128 if on_gpu(like) else 1), least)
    at_once = budget // max(1, rows * row_bytes)
    if at_once or rows < 2:
        at_once = max(1, at_once)
        return [(n, min(n + at_once, images), 0, rows) for n in range(0, images, at_once)]
    step = max(1, budget // max(1, row_bytes))
    return [(n, n + 1, i, min(i + step, rows)) for n in range(images) for i in range(0, rows, step)]


def _lower(grid, row):
    """The grid of the windows from ``row`` on."""
    return grid._replace(before=(grid.before[0] - grid.stride[0] * row, grid.before[1])) if row else grid


def _columns(like, grid, images, rows, width, channels, dtype):
    """Room for windows, twice: as (k_h, k_w, N, n_h, n_w, C), and as the matrix (windows, taps · C)."""
    make = workspace("columns", like)
    taps = grid.kernel[0] * grid.kernel[1]
    if channels <= NARROW:
        memory = make((*grid.kernel, channels, images, rows, width), dtype)
        return memory.transpose(0, 1, 3, 4, 5, 2), memory.reshape(taps * channels, -1).T
    memory = make((images, rows, width, *grid.kernel, channels), dtype)
    return memory.transpose(3, 4, 0, 1, 2, 5), memory.reshape(-1, taps * channels)


def _is_product(grid, x, y):
    """Whether each window is one element, so that the convolution is a product of matrices: 1×1."""
    return grid.kernel == (1, 1) == grid.stride and grid.before == (0, 0) and x.shape[1:3] == y.shape[1:3]


def long_rows(rows, vector):
    """(M, C) and (C,) as (M / r, r C) and (r C,), r rows in one: inner loops over a few channels cost more than their arithmetic."""
    count, c = rows.shape
    if not rows.flags.c_contiguous:
        return rows, vector
    r = math.gcd(count, 1 << max(0, (2048 // max(1, c)).bit_length() - 1))
    return rows.reshape(-1, r * c), vector[None].repeat(r, axis=0).reshape(-1)  # 0.7 µs, np.tile 2.4


def gather(x, w, bias, y, grid):
    """y[n, i, j, o] = Σ w[o, c, a, b] x[n, s·i + d·a − p, s·j + d·b − p, c] + bias[o], written into y.

    x (N, H, W, C), w (O, C, k_h, k_w), bias (O,) or None, y (N, n_h, n_w, O)
    """
    (_, rows, width, outputs), channels = y.shape, x.shape[3]
    matrix = w.transpose(0, 2, 3, 1).reshape(outputs, -1).T  # (taps · C, O)
    if _is_product(grid, x, y):
        np.matmul(x.reshape(-1, channels), matrix, out=y.reshape(-1, outputs))
        if bias is not None:
            ys, terms = long_rows(y.reshape(-1, outputs), bias)
            ys += terms
        return
    for n, m, i, k in blocks(x, x.shape[0], rows, width * matrix.shape[0] * y.itemsize):
        columns, flat = _columns(x, grid, m - n, k - i, width, channels, y.dtype)
        lay_out(x[n:m], columns, _lower(grid, i))
        block = y[n:m, i:k].reshape(-1, outputs)
        np.matmul(flat, matrix, out=block)
        if bias is not None:
            block, terms = long_rows(block, bias)
            block += terms


def scatter(y, w, bias, x, grid):
    """x[n, s·i + d·a − p, s·j + d·b − p, c] = Σ w[o, c, a, b] y[n, i, j, o] + bias[c], written into x: the adjoint of ``gather``."""
    (_, rows, width, inputs), channels = y.shape, x.shape[3]
    matrix = w.transpose(0, 2, 3, 1).reshape(inputs, -1)  # (O, taps · C)
    if _is_product(grid, x, y):
        np.matmul(y.reshape(-1, inputs), matrix, out=x.reshape(-1, channels))
        if bias is not None:
            xs, terms = long_rows(x.reshape(-1, channels), bias)
            xs += terms
        return
    narrow = 1 < channels <= NARROW  # then add up in planes, and move them into x
    for n, m, i, k in blocks(x, x.shape[0], rows, width * matrix.shape[1] * x.itemsize):
        columns, flat = _columns(x, grid, m - n, k - i, width, channels, x.dtype)
        rows_of_y = y[n:m, i:k].reshape(-1, inputs)
        if channels <= NARROW:
            np.matmul(w.transpose(2, 3, 1, 0).reshape(-1, inputs), rows_of_y.T, out=flat.T)
        else:
            np.matmul(rows_of_y, matrix, out=flat)
        if i == 0:
            images, terms = long_rows(x[n:m].reshape(-1, channels), np.zeros_like(x, shape=channels) if bias is None else bias)
            images[...] = terms
        if narrow:
            planes = workspace("planes", x)((channels, m - n, *x.shape[1:3]), x.dtype).transpose(1, 2, 3, 0)
            planes[...] = x[n:m]
            add_up(columns, planes, _lower(grid, i))
            x[n:m] = planes
        else:
            add_up(columns, x[n:m], _lower(grid, i))


def correlate(x, y, grid):
    """w[o, c, a, b] = Σ y[n, i, j, o] x[n, s·i + d·a − p, s·j + d·b − p, c]: (O, C, k_h, k_w)"""
    (_, rows, width, outputs), channels = y.shape, x.shape[3]
    taps = grid.kernel[0] * grid.kernel[1]
    dtype = np.result_type(x.dtype, y.dtype)
    if _is_product(grid, x, y):
        total = y.reshape(-1, outputs).T @ x.reshape(-1, channels)
    else:
        total = np.zeros_like(y, dtype, shape=(outputs, taps * channels), order="C")
        # Each block adds a whole kernel: 512 → 512 channels take 58 ms in blocks of less than it has, 38 in blocks of twice as much.
        for n, m, i, k in blocks(x, x.shape[0], rows, width * taps * channels * dtype.itemsize, least=2 * total.nbytes):
            columns, flat = _columns(x, grid, m - n, k - i, width, channels, dtype)
            lay_out(x[n:m], columns, _lower(grid, i))
            part = workspace("part", x)(total.shape, dtype)
            np.matmul(y[n:m, i:k].reshape(-1, outputs).T, flat, out=part)
            total += part
    return contiguous(total.reshape(outputs, *grid.kernel, channels).transpose(0, 3, 1, 2))


# --- from the other side ------------------------------------------------------------------------------------------------------


def turned(grid):
    """The grid of the same windows seen from the elements that they cover, with the kernel turned by 180°; None if there is none."""
    before = tuple(d * (k - 1) - p for k, d, p in zip(grid.kernel, grid.dilation, grid.before))
    return grid._replace(before=before) if grid.stride == (1, 1) else None


def convolve(x, w, bias, y, grid):
    """``gather``, or ``scatter`` with the turned kernel where y has fewer channels than x."""
    other = turned(grid) if _rather_scattered(x, y, grid) else None
    if other is None:
        gather(x, w, bias, y, grid)
    else:
        scatter(x, w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3), bias, y, other)


def convolve_transposed(y, w, bias, x, grid):
    """``scatter``, or ``gather`` with the turned kernel where y does not have more channels than x."""
    other = None if _rather_scattered(y, x, grid) else turned(grid)
    if other is None or grid.kernel == (1, 1):
        scatter(y, w, bias, x, grid)
    else:
        gather(y, w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3), bias, x, other)


def _rather_scattered(given, sought, grid):
    """Whether adding up the windows of ``sought`` is less work than laying out those of ``given``.

    With 3×3 taps on 14×14, one thread, scatter and gather: 128 → 64 channels 20 and 26 ms, 80 → 64 16.5 and 16.5, 64 → 128 27 and 20.
    """
    return 5 * sought.shape[3] < 4 * given.shape[3] and grid.kernel != (1, 1)


def kernel_gradient(x, y, grid):
    """``correlate``, with the windows laid out on the side with fewer channels."""
    other = turned(grid) if y.shape[3] < x.shape[3] and grid.kernel != (1, 1) else None
    if other is None:
        return correlate(x, y, grid)
    return contiguous(correlate(y, x, other).transpose(1, 0, 2, 3)[:, :, ::-1, ::-1])
