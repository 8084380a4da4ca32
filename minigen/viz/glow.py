"""Pictures of Glow: squares that become channels, the tree of levels, paths through the plane."""

import math

import numpy as np
from matplotlib.patches import FancyArrowPatch, Rectangle

from minigen.viz.picture import COLOURS, DASHES, MARKERS, Picture, numbers, styled

FILLS = ("#BBCCEE", "#EECC66", "#CCDDAA", "#FFCCCC", "#DDDDDD", "#CCEEFF")


@styled
def squeeze_diagram(before, after, title=None):
    """Left the pixels of one channel ``before`` (H, W), right the channels ``after`` (C, h, w), each with its numbers written in.

    A pixel has the colour of the channel in which its number lies afterwards.
    """
    before, after = numbers("before", before, 2), numbers("after", after, 3)
    home = {value: c for c, channel in enumerate(after) for value in channel.ravel().tolist()}
    (height, width), (channels, h, w) = before.shape, after.shape
    total = width + 1.6 + channels * (w + 0.5)
    figure = Picture(0.42 * total, 0.42 * height + (0.75 if title else 0.4))
    axes = figure.add_subplot()

    def cell(x, y, value):
        axes.add_patch(Rectangle((x, y), 1, 1, facecolor=FILLS[home.get(value, 0) % len(FILLS)], edgecolor="black", linewidth=0.8))
        axes.text(x + 0.5, y + 0.5, f"{value:g}", ha="center", va="center", fontsize=9)

    for i, j in np.ndindex(height, width):
        cell(j, i, before[i, j].item())
    axes.add_patch(FancyArrowPatch((width + 0.25, height / 2), (width + 1.35, height / 2), arrowstyle="-|>", mutation_scale=14))
    for c in range(channels):
        x = width + 1.6 + c * (w + 0.5)
        for i, j in np.ndindex(h, w):
            cell(x + j, (height - h) / 2 + i, after[c, i, j].item())
        axes.text(x + w / 2, (height + h) / 2 + 0.45, f"channel {c}", ha="center", va="center", fontsize=8)
    axes.set(xlim=(-0.2, total), ylim=(height + 0.3, -0.3), aspect="equal")
    axes.set_axis_off()
    if title:
        axes.set_title(title)
    return figure


@styled
def multiscale_tree(shape, latent_shapes, title=None):
    """The levels of a multi-scale flow: images of ``shape`` (C, H, W) on top, what leaves after each level to the right.

    ``latent_shapes``: as ``Multiscale`` has them. Each box tells its shape and how many numbers it holds.
    """
    figure = Picture(7.2, 0.95 * len(latent_shapes) + 1.1)
    axes = figure.add_subplot()

    def box(x, y, text, shape, fill):
        c, h, w = shape
        axes.add_patch(Rectangle((x, y - 0.27), 2.0, 0.54, facecolor=fill, edgecolor="black", linewidth=1))
        axes.text(x + 1.0, y, f"{text}: {h}×{w}×{c}\n{math.prod(shape):,} numbers", ha="center", va="center", fontsize=8.5)

    def arrow(start, end, label="", where="right"):
        axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=12, linewidth=1, shrinkA=0, shrinkB=0))
        x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        if where == "right":
            axes.text(x + 0.1, y, label, ha="left", va="center", fontsize=8)
        else:
            axes.text(x, y - 0.1, label, ha="center", va="bottom", fontsize=8)

    box(0, 0, "x", shape, FILLS[4])
    entering = math.prod(shape)
    for i, left in enumerate(latent_shapes):
        y, last, (c, h, w) = i + 1, i == len(latent_shapes) - 1, left
        arrow((1.0, y - 0.73), (1.0, y - 0.27), "squeeze, steps")
        box(0, y, f"h{_below(i + 1)}", (entering // (h * w), h, w), FILLS[0])
        arrow((2.0, y), (3.6, y), "all" if last else "half leaves", "above")
        box(3.6, y, f"z{_below(i + 1)}", left, FILLS[1])
        entering -= c * h * w
    axes.set(xlim=(-0.1, 5.7), ylim=(len(latent_shapes) + 0.4, -0.4))
    axes.set_axis_off()
    if title:
        axes.set_title(title)
    return figure


@styled
def paths(x, y, density, lines, points=None, title=None, labels=("$x_1$", "$x_2$"), size=(6.0, 4.2)):
    """Paths {name: (n, 2)}, each step marked, over contours of a ``density`` (len(y), len(x)); dots for ``points`` (N, 2)."""
    x, y, density = numbers("x", x, 1), numbers("y", y, 1), numbers("density", density, 2)
    if density.shape != (len(y), len(x)):
        raise ValueError(f"paths: expected a density ({len(y)}, {len(x)}), got {density.shape}")
    figure = Picture(*size)
    axes = figure.add_subplot()
    axes.contourf(x, y, density, density.max() * np.array([0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 1.001]), cmap="Greys", alpha=0.6)
    if points is not None:
        axes.scatter(*numbers("points", points, 2).T, s=3, color="#999999", linewidths=0)
    for i, (name, line) in enumerate(lines.items()):
        look = {"color": COLOURS[i % len(COLOURS)], "linestyle": DASHES[i % len(DASHES)], "marker": MARKERS[i % len(MARKERS)]}
        axes.plot(*numbers(name, line, 2).T, **look, markersize=4, linewidth=1.6, label=name)
    axes.legend(loc="best")
    axes.set(xlabel=labels[0], ylabel=labels[1])
    if title:
        axes.set_title(title)
    return figure


def _below(n):
    return "".join("₀₁₂₃₄₅₆₇₈₉"[int(d)] for d in str(n))
