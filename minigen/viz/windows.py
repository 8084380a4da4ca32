"""Convolution arithmetic in pictures: the input with its padding, where the kernel lies, and the element of the output that it makes.

Redrawn after Dumoulin and Visin 2016, https://arxiv.org/abs/1603.07285, but nothing is placed by hand: every number on a cell is what the
library's own ``conv2d`` answers to an image with a single 1 in it, for a kernel that holds 1, 2, 3, … So the picture shows C, the matrix
of the convolution: a row of C for each place of the kernel.
"""

from typing import NamedTuple

import numpy as np
from matplotlib.collections import PolyCollection

from minigen.ops.convolution import conv2d, conv_transpose2d
from minigen.tensor import Tensor
from minigen.viz.picture import COLOURS, GREY, Picture, styled

INPUT, SEEN, OUTPUT, MADE = "#BBCCEE", "#6F8FD9", "#CCDDAA", "#86B35A"
GALLERY = {  # the pictures of the paper: name -> settings of ``conv_arithmetic``
    "no padding, no strides": {"size": 4, "kernel": 3}, "arbitrary padding": {"size": 5, "kernel": 4, "padding": 2},
    "half (same) padding": {"size": 5, "kernel": 3, "padding": 1}, "full padding": {"size": 5, "kernel": 3, "padding": 2},
    "strides": {"size": 5, "kernel": 3, "stride": 2}, "padding, strides": {"size": 5, "kernel": 3, "stride": 2, "padding": 1},
    "padding, strides (odd)": {"size": 6, "kernel": 3, "stride": 2, "padding": 1},
    "dilation": {"size": 7, "kernel": 3, "dilation": 2},
    "no padding, no strides, transposed": {"size": 2, "kernel": 3, "transposed": True},
    "arbitrary padding, transposed": {"size": 6, "kernel": 4, "padding": 2, "transposed": True},
    "half padding, transposed": {"size": 5, "kernel": 3, "padding": 1, "transposed": True},
    "full padding, transposed": {"size": 7, "kernel": 3, "padding": 2, "transposed": True},
    "strides, transposed": {"size": 2, "kernel": 3, "stride": 2, "transposed": True},
    "padding, strides, transposed": {"size": 3, "kernel": 3, "stride": 2, "padding": 1, "transposed": True},
    "padding, strides (odd), transposed": {
        "size": 3, "kernel": 3, "stride": 2, "padding": 1, "output_padding": 1, "transposed": True,
    },
}  # fmt: skip


class Arithmetic(NamedTuple):
    """What is drawn: ``taps`` (n, n, m, m), for each output the number of the kernel's element on each cell, 0 where it is not; ``real``
    (m, m), which cells are input, not padding or zeros put between; ``words``, the settings."""

    taps: np.ndarray
    real: np.ndarray
    words: str


def arithmetic(size, kernel, stride=1, padding=0, dilation=1, output_padding=0, transposed=False):
    """The ``Arithmetic`` of a convolution of (size, size) with a (kernel, kernel) kernel, or of the transposed convolution.

    The transposed one is shown as the convolution that makes the same: zeros between the inputs, padding d(k − 1) − p, stride 1, and the
    kernel turned by 180°. ValueError if p > d(k − 1), where that would have to take inputs away.
    """
    w = np.arange(1.0, kernel**2 + 1).reshape(1, 1, kernel, kernel)
    words = f"k = {kernel}, s = {stride}, p = {padding}" + f", d = {dilation}" * (dilation > 1)
    if not transposed:
        real = np.pad(np.ones((size, size), bool), padding)
        return Arithmetic(_taps(len(real), w, stride, dilation), real, words)
    reach = dilation * (kernel - 1)
    if padding > reach:
        raise ValueError(f"arithmetic: a padding of {padding} takes away more than the {reach} that a kernel of {kernel} reaches over")
    one = Tensor(np.ones((1, 1, size, size)))
    n = conv_transpose2d(one, Tensor(w), None, stride, padding, output_padding, 1, dilation).shape[-1]
    real = np.zeros((n + reach, n + reach), bool)
    inputs = slice(reach - padding, reach - padding + stride * (size - 1) + 1, stride)
    real[inputs, inputs] = True
    words += f", output_padding = {output_padding}" * (output_padding > 0)
    return Arithmetic(_taps(n + reach, w[:, :, ::-1, ::-1], 1, dilation), real, f"{words}, transposed")


def _taps(size, w, stride, dilation):
    """The answers to all images (size, size) with a single 1, as (n, n, size, size)."""
    ones = np.eye(size**2).reshape(-1, 1, size, size)
    answers = conv2d(Tensor(ones), Tensor(w), None, stride, 0, dilation).data[:, 0]  # (size², n, n)
    return np.rint(answers).astype(int).transpose(1, 2, 0).reshape(*answers.shape[1:], size, size)


@styled
def conv_arithmetic(size, kernel, stride=1, padding=0, dilation=1, output_padding=0, transposed=False, places=4, title=None):
    """The kernel at some ``places`` of the output, beginning at the first: below the input, above the output.

    Filled cells are input, dashed ones padding or zeros put between; a number is the element of the kernel that lies there. ``places``:
    how many, or a list of (row, column).
    """
    shown = arithmetic(size, kernel, stride, padding, dilation, output_padding, transposed)
    n, m = shown.taps.shape[1:3]
    places = [divmod(i, n) for i in range(min(places, n * n))] if isinstance(places, int) else list(places)
    figure = Picture(max(4.0, 0.22 * (m + 1) * len(places)), 0.22 * (n + m + 2) + 0.5)
    for axes, place in zip(figure.subplots(1, len(places), squeeze=False)[0], places):
        draw(axes, shown, place)
    figure.suptitle(title or f"{size}×{size} → {n}×{n}:  {shown.words}", fontsize=11)
    return figure


@styled
def conv_gallery(settings=None, columns=4):
    """Many settings beside each other, {name: settings of ``conv_arithmetic``}, each with the kernel at one place; default: the paper's."""
    settings = settings or GALLERY
    rows = -(-len(settings) // columns)
    figure = Picture(2.7 * columns, 3.0 * rows)
    cells = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (name, each) in zip(cells, settings.items()):
        shown = arithmetic(**each)
        n = len(shown.taps)
        draw(axes, shown, (n // 2, n // 2))
        axes.set_title(f"{name}\n{each['size']} → {n}:  {shown.words.removesuffix(', transposed')}", fontsize=8)
    for axes in cells[len(settings) :]:
        axes.set_axis_off()
    return figure


def draw(axes, shown, place):
    """The input (m, m) at the bottom, the output (n, n) above it, and lines from the window to the element ``place`` that it makes."""
    taps, (n, m) = shown.taps[place], shown.taps.shape[1:3]
    seen, left, gap = taps > 0, (m - n) / 2, 1.2
    made = np.zeros((n, n), bool)
    made[place] = True
    top = n + gap  # y grows downwards: the output fills 0 … n, the input n + gap … n + gap + m
    for cells, where, look in (
        (~shown.real, (0, top), {"facecolors": "white", "edgecolors": GREY, "linestyles": ":", "linewidths": 0.6}),
        (shown.real, (0, top), {"facecolors": INPUT, "edgecolors": "black", "linewidths": 0.6}),
        (seen & shown.real, (0, top), {"facecolors": SEEN, "edgecolors": "black", "linewidths": 0.8}),
        (seen, (0, top), {"facecolors": "none", "edgecolors": COLOURS[0], "linewidths": 1.4}),
        (~made, (left, 0), {"facecolors": OUTPUT, "edgecolors": "black", "linewidths": 0.6}),
        (made, (left, 0), {"facecolors": MADE, "edgecolors": COLOURS[0], "linewidths": 1.4}),
    ):
        axes.add_collection(PolyCollection(_squares(cells, where), **look))
    rows, columns = np.nonzero(seen)
    for row, column in zip(rows, columns):
        colour = "black" if shown.real[row, column] else GREY
        axes.text(column + 0.5, top + row + 0.5, f"{taps[row, column]}", ha="center", va="center", fontsize=6.5, color=colour)
    window, element = (columns.min(), columns.max() + 1), (left + place[1], left + place[1] + 1)
    for below, above in zip(window, element):
        axes.plot([below, above], [top + rows.min(), place[0] + 1], color=COLOURS[0], linewidth=0.7, linestyle="--")
    axes.set(xlim=(-0.3, m + 0.3), ylim=(n + gap + m + 0.3, -0.3), aspect="equal")
    axes.set_axis_off()


def _squares(cells, where):
    """The corners of the true ``cells`` as unit squares, (count, 4, 2), the first cell at ``where`` = (x, y)."""
    rows, columns = np.nonzero(cells)
    corner = np.stack([columns + where[0], rows + where[1]], axis=1)[:, None]
    return corner + np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
