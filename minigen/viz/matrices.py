"""Matrices as grids of cells, dark where they are large: what a layer multiplies by, how often windows overlap."""

import numpy as np

from minigen.viz.picture import GREY, Picture, numbers, styled


@styled
def matrices(named, title=None, values=False, inches=0.16, labels=None):
    """``named`` {title: (m, n)} side by side, cells of ``inches``: 0 is white, the largest value dark blue, negative ones red.

    Common scale for all. ``values``: the numbers are written into the cells, zeros left out. ``labels``: (below, beside) each.
    """
    named = {name: numbers(name, matrix, 2) for name, matrix in named.items()}
    largest = max(float(np.abs(matrix).max()) for matrix in named.values()) or 1.0
    widths = [max(1.2, inches * matrix.shape[1]) for matrix in named.values()]
    height = max(inches * len(matrix) for matrix in named.values())
    figure = Picture(sum(widths) + 0.6 * len(widths) + 0.3, height + 0.8 + 0.3 * (title is not None))
    for axes, (name, matrix) in zip(figure.subplots(1, len(named), squeeze=False, width_ratios=widths)[0], named.items()):
        rows, columns = matrix.shape
        look = {"cmap": "RdBu", "vmin": -largest} if matrix.min() < 0 else {"cmap": "Blues", "vmin": 0.0}
        axes.imshow(matrix, **look, vmax=largest, interpolation="nearest")
        axes.set_xticks(np.arange(-0.5, columns), minor=True)
        axes.set_yticks(np.arange(-0.5, rows), minor=True)
        axes.grid(which="minor", color=GREY, linewidth=0.25)
        axes.tick_params(which="both", length=0)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        for i, j in np.argwhere(matrix) if values else ():
            colour = "white" if abs(matrix[i, j]) > 0.75 * largest else "black"
            axes.text(j, i, f"{matrix[i, j]:g}".replace("-", "−"), ha="center", va="center", fontsize=45 * inches, color=colour)
        axes.set_title(name, fontsize=10)
        if labels is not None:
            axes.set(xlabel=labels[0], ylabel=labels[1])
    if title:
        figure.suptitle(title, fontsize=11)
    return figure
