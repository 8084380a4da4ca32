"""Plots: training curves, a density over the plane, a histogram with the density it should have."""

import numpy as np

from minigen.viz.picture import COLOURS, DASHES, GREY, MARKERS, Picture, numbers, styled

DOTS = ((0, (1, 3)), (0, (6, 3)), (0, (6, 2, 1, 2)))  # of lines that mark a number


@styled
def curves(lines, title=None, xlabel="step", ylabel=None, marks=None, limits=None, points=None, size=(6.0, 4.0)):
    """Lines over one axis: ``lines`` is {name: (x, y)}, such as {"training": (steps, losses), "held out": (steps, losses)}.

    They differ by colour and by dashes. ``marks``: {name: y} draws horizontal lines, such as a published number, ``points``: {name: (x,
    y)} single points, such as published numbers at some steps; ``limits`` = (low, high) of y. Values that are NaN leave a gap.
    """
    figure = Picture(*size)
    axes = figure.add_subplot()
    for i, (name, (x, y)) in enumerate(lines.items()):
        x, y = numbers(name, x, 1), numbers(name, y, 1).astype(float)
        if len(x) != len(y):
            raise ValueError(f"curves: {name!r} has {len(x)} places and {len(y)} values")
        axes.plot(x, y, color=COLOURS[i % len(COLOURS)], linestyle=DASHES[i % len(DASHES)], linewidth=1.6, label=name)
    for i, (name, y) in enumerate((marks or {}).items()):
        axes.axhline(y, color=GREY, linewidth=1.0, linestyle=DOTS[i % len(DOTS)], label=name)
    for i, (name, (x, y)) in enumerate((points or {}).items()):
        axes.plot(x, y, color="black", linestyle="", marker=MARKERS[i % len(MARKERS)], markersize=6, label=name)
    axes.set(xlabel=xlabel, ylabel=ylabel or "")
    if limits is not None:
        axes.set_ylim(*limits)
    if len(lines) + len(marks or ()) + len(points or ()) > 1:
        axes.legend()
    if title:
        axes.set_title(title)
    return figure


@styled
def density_contours(x, y, densities, points=None, title=None, labels=("$z_1$", "$z_2$"), levels=6, inches=5.0):
    """Densities over the plane as contour lines: ``densities`` is {name: (len(y), len(x))}, or one such array; ``points`` (N, 2) as dots.

    The first is filled in greys, the others are lines that differ by colour and dashes. Levels lie between 5 % and 95 % of each maximum.
    """
    x, y = numbers("x", x, 1), numbers("y", y, 1)
    densities = densities if isinstance(densities, dict) else {"": densities}
    figure = Picture(inches, inches)
    axes = figure.add_subplot()
    shown = np.linspace(0.05, 0.95, levels)
    for i, (name, p) in enumerate(densities.items()):
        p = numbers(name or "density", p, 2)
        if p.shape != (len(y), len(x)) or not p.max() > 0:
            raise ValueError(f"density_contours: {name!r} must be positive somewhere and ({len(y)}, {len(x)}), got {p.shape}")
        height = shown * p.max()
        if i == 0:
            axes.contourf(x, y, p, [*height, p.max() * 1.01], cmap="Greys", alpha=0.7)
        colour, dash = ("black", "-") if i == 0 else (COLOURS[i % len(COLOURS)], DASHES[i % len(DASHES)])
        axes.contour(x, y, p, height, colors=colour, linestyles=dash, linewidths=0.8 if i == 0 else 1.5)
        axes.plot([], [], color=colour, linestyle=dash, label=name)
    if points is not None:
        axes.scatter(*numbers("points", points, 2).T, s=6, color=COLOURS[3], linewidths=0, zorder=3)
    if any(densities):
        axes.legend(loc="upper right")
    axes.set(xlabel=labels[0], ylabel=labels[1], aspect="equal")
    if title:
        axes.set_title(title)
    return figure


@styled
def histogram(values, density=None, bins=40, title=None, xlabel=None, size=(5.0, 3.5)):
    """A histogram of numbers (N,), or of several sets {name: (N,)}, normalised to area 1, on common bins.

    ``density``: the curve (x, p(x)) that it should follow, or {name: (x, p)} for several.
    """
    sets = values if isinstance(values, dict) else {"": values}
    sets = {name: numbers(name or "values", v, 1) for name, v in sets.items()}
    figure = Picture(*size)
    axes = figure.add_subplot()
    edges = np.histogram_bin_edges(np.concatenate(list(sets.values())), bins)
    for i, (name, v) in enumerate(sets.items()):
        colour = COLOURS[(i + 7) % len(COLOURS)] if len(sets) == 1 else COLOURS[i % len(COLOURS)]
        axes.hist(v, edges, density=True, histtype="stepfilled", color=colour, alpha=0.45, label=name or None)
        axes.hist(v, edges, density=True, histtype="step", color=colour, linestyle=DASHES[i % len(DASHES)])
    named = density if isinstance(density, dict) else {"density": density} if density is not None else {}
    for i, (name, (x, p)) in enumerate(named.items()):
        axes.plot(x, p, color="black", linestyle=DASHES[i % len(DASHES)], linewidth=1.5, label=name)
    if any(sets) or named:
        axes.legend()
    axes.set(xlabel=xlabel or "", ylabel="density")
    if title:
        axes.set_title(title)
    return figure
