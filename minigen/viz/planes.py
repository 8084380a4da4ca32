"""Densities of the plane: maps of truth and model side by side, points coloured by where they came from."""

import numpy as np

from minigen.viz.picture import COLOURS, MARKERS, Picture, numbers, styled


@styled
def density_maps(columns, rows, box=None, title=None, inches=1.9):
    """Pictures of the plane in a table. ``columns``: {name: [cell, cell, …]}, one cell for each name in ``rows``.

    A cell is a density (H, W) over a square grid, its first row at the lowest y, shown in shades up to the 99.5th percentile of the first
    density of its column; or points (n, 2). ``box``: {name: ((x0, x1), (y0, y1))}, or one for all columns, frames them.
    """
    figure = Picture(inches * len(columns) + 0.5, inches * len(rows) + 0.4)
    grid = figure.subplots(len(rows), len(columns), squeeze=False)
    for j, (name, cells) in enumerate(columns.items()):
        (x0, x1), (y0, y1) = box[name] if isinstance(box, dict) else box
        top = None
        for i, cell in enumerate(cells):
            axes, cell = grid[i, j], numbers(f"{name}, {rows[i]}", cell, 2)
            if cell.shape[1] == 2:
                axes.scatter(*cell.T, s=1.5, color=COLOURS[0], alpha=0.5, linewidths=0)
            else:
                top = np.quantile(cell, 0.995) if top is None else top
                axes.imshow(cell, origin="lower", extent=(x0, x1, y0, y1), cmap="magma", vmin=0, vmax=top, aspect="auto")
            axes.set(xlim=(x0, x1), ylim=(y0, y1), xticks=[], yticks=[])
            axes.set_box_aspect(1)
            if i == 0:
                axes.set_title(name)
            if j == 0:
                axes.set_ylabel(rows[i])
    if title:
        figure.suptitle(title)
    return figure


@styled
def scattered(panels, groups=None, limits=None, title=None, inches=3.6):
    """Points of the plane, panel beside panel: {name: (n, 2)}, or one such array; ``groups`` (n,), whole numbers, colour and shape them.

    The same groups in all panels show where points go. ``limits``: {name: ((x0, x1), (y0, y1))} frames a panel.
    """
    panels = panels if isinstance(panels, dict) else {"": panels}
    figure = Picture(inches * len(panels), inches)
    for axes, (name, points) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items()):
        points = numbers(name or "points", points, 2)
        members = np.zeros(len(points), int) if groups is None else numbers("groups", groups, 1)
        for k in np.unique(members):
            look = {"color": COLOURS[k % len(COLOURS)], "marker": MARKERS[k % len(MARKERS)]}
            axes.scatter(*points[members == k].T, s=7, linewidths=0, alpha=0.7, **look)
        if limits and name in limits:
            axes.set(xlim=limits[name][0], ylim=limits[name][1])
        axes.set_title(name)
    if title:
        figure.suptitle(title)
    return figure
