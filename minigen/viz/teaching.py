"""Pictures that explain: drawing in two steps, bars that add up, contours with numbers on them, laws of powers."""

import numpy as np
from matplotlib import colormaps
from matplotlib.patches import Ellipse
from matplotlib.patheffects import withStroke

from minigen.viz.picture import COLOURS, DASHES, GREY, MARKERS, Picture, numbers, styled

FILLS, HATCHES = ("#BBCCEE", "#EECC66", "#CCDDAA", "#FFCCCC"), ("", "//", "..", "xx")


@styled
def two_steps(z, x, at, means, stds, curve=None, title=None):
    """Left the codes z (N,) on their axis, right the points x (N, 2) drawn from them; a point has the colour of its z.

    ``at`` (M,): codes whose p(x|z) is drawn as an ellipse at two standard deviations, with ``means`` and ``stds`` (M, 2);
    ``curve`` (G, 2): the mean of p(x|z) along the axis of z, as a line.
    """
    z, at, x = numbers("z", z, 1), numbers("at", at, 1), numbers("x", x, 2)
    means, stds = numbers("means", means, 2), numbers("stds", stds, 2)
    if x.shape != (len(z), 2) or not means.shape == stds.shape == (len(at), 2):
        raise ValueError(f"two_steps: {len(z)} codes and points (N, 2), {len(at)} ellipses: got {x.shape}, {means.shape}, {stds.shape}")
    figure = Picture(8.0, 4.2)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.9))
    colour = colormaps["viridis"]
    limit = max(np.abs(z).max(), np.abs(at).max())
    left.hist(z, 24, orientation="horizontal", color="#DDDDDD")
    left.scatter(np.full(len(z), -0.07 * left.get_xlim()[1]), z, c=z, cmap=colour, vmin=-limit, vmax=limit, s=14, marker="_")
    left.set(xlabel="how many", ylabel="z", title="1  z ~ p(z)")
    right.scatter(*x.T, c=z, cmap=colour, vmin=-limit, vmax=limit, s=9, linewidths=0)
    if curve is not None:
        right.plot(*numbers("curve", curve, 2).T, color="black", linewidth=0.8, linestyle=":", zorder=3)
    halo = [withStroke(linewidth=3, foreground="white")]
    for value, mean, std in zip(at, means, stds):
        right.add_patch(Ellipse(mean, *(4 * std), facecolor="none", edgecolor="black", linewidth=1.3, zorder=3))
        text = f"{value:g}".replace("-", "−")
        right.text(*mean, text, ha="center", va="center", fontsize=10, path_effects=halo, zorder=4)
    right.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal", title="2  x ~ p(x|z)  (numbers: z; ellipses: two σ)")
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


@styled
def stacked_bars(names, *stacks, total=None, title=None, ylabel="nats"):
    """For each of ``names`` a bar made of parts that add up, {part: values ≥ 0}; several such ``stacks`` stand side by side.

    Parts are told apart by colour and hatching, and the size is written into each if there is room. ``total`` = (name, y): a line
    across all bars.
    """
    figure = Picture(1.8 + 0.75 * len(names) * len(stacks), 4.4)
    axes = figure.add_subplot()
    stacks = [{name: numbers(name, values, 1).astype(float) for name, values in stack.items()} for stack in stacks]
    for name, values in [part for stack in stacks for part in stack.items()]:
        if len(values) != len(names) or values.min() < 0:
            raise ValueError(f"stacked_bars: {name!r} must have {len(names)} sizes, none of them negative, got {values}")
    height = max(sum(stack.values()).max() for stack in stacks)
    width, k = 0.8 / len(stacks), 0
    for j, stack in enumerate(stacks):
        places, bottom = np.arange(len(names)) + (j - (len(stacks) - 1) / 2) * width, np.zeros(len(names))
        for name, values in stack.items():
            look = {"color": FILLS[k % len(FILLS)], "hatch": HATCHES[k % len(HATCHES)], "edgecolor": "black", "linewidth": 0.8}
            axes.bar(places, values, 0.94 * width, bottom, label=name, **look)
            for x, y, value in zip(places, bottom + values / 2, values):
                if value > 0.05 * height:
                    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
                    axes.text(x, y, f"{value:.2f}", ha="center", va="center", fontsize=9, bbox=box)
            bottom, k = bottom + values, k + 1
    if total is not None:
        axes.axhline(total[1], color="black", linewidth=1.4, linestyle="--", label=total[0])
    axes.set_xticks(np.arange(len(names)), names)
    axes.set(ylabel=ylabel, ylim=(0, 1.05 * height))
    figure.legend(loc="outside lower center", ncols=3, fontsize=9)
    if title:
        axes.set_title(title)
    return figure


@styled
def labelled_contours(x, y, values, levels, labels, marks=None, title=None, size=(5.6, 4.2)):
    """Contour lines of ``values`` (len(y), len(x)) at the ``levels``, with their numbers on them.

    ``labels``: the names of the two axes; ``marks``: {name: (x, y)} points that are worth a name.
    """
    x, y, values = numbers("x", x, 1), numbers("y", y, 1), numbers("values", values, 2)
    if values.shape != (len(y), len(x)):
        raise ValueError(f"labelled_contours: expected values ({len(y)}, {len(x)}), got {values.shape}")
    figure = Picture(*size)
    axes = figure.add_subplot()
    axes.contourf(x, y, values, [values.min(), *levels], cmap="Greys", alpha=0.35, extend="max")
    lines = axes.contour(x, y, values, levels, colors=COLOURS[0], linewidths=1.2)
    axes.clabel(lines, fmt="%g", fontsize=9)
    for i, (name, point) in enumerate((marks or {}).items()):
        axes.plot(*point, marker=MARKERS[i % len(MARKERS)], color=COLOURS[4], markersize=7)
        halo = [withStroke(linewidth=3, foreground="white")]
        axes.annotate(name, point, (8, -11), textcoords="offset points", fontsize=9, path_effects=halo)
    axes.set(xlabel=labels[0], ylabel=labels[1])
    if title:
        axes.set_title(title)
    return figure


@styled
def power_law(lines, slopes=None, title=None, xlabel=None, ylabel=None, size=(5.2, 3.8)):
    """``lines`` {name: (x, y)} on logarithmic axes, where y = c·xᵖ is a straight line of slope p.

    ``slopes``: {name: p} draws such a line through the first point of the first of ``lines``, to compare with.
    """
    figure = Picture(*size)
    axes = figure.add_subplot()
    for i, (name, (x, y)) in enumerate(lines.items()):
        x, y = numbers(name, x, 1), numbers(name, y, 1)
        if x.shape != y.shape or not (x.min() > 0 and y.min() > 0):
            raise ValueError(f"power_law: {name!r} needs as many positive x as positive y, got {x} and {y}")
        style = {"color": COLOURS[i % len(COLOURS)], "marker": MARKERS[i % len(MARKERS)], "linestyle": DASHES[i % len(DASHES)]}
        axes.plot(x, y, **style, label=name)
    x, y = (np.asarray(v, float) for v in next(iter(lines.values())))
    for name, p in (slopes or {}).items():
        axes.plot(x, y[0] * (x / x[0]) ** p, color=GREY, linewidth=1.0, linestyle=(0, (1, 3)), label=name)
    axes.set(xscale="log", yscale="log", xlabel=xlabel or "", ylabel=ylabel or "")
    if len(x) <= 12:
        axes.set_xticks(x, [f"{v:g}" for v in x])
        axes.set_xticks([], minor=True)
    axes.legend()
    if title:
        axes.set_title(title)
    return figure


@styled
def descents(x, y, values, levels, paths, title=None, labels=("$\\theta_1$", "$\\theta_2$"), size=(6.4, 4.2)):
    """Contours of ``values`` (len(y), len(x)) with the ``paths`` {name: (T, 2)} of optimizers on them: a marker at every step.

    They differ by colour, dashes and markers; all begin at their first point. A path that leaves the picture is cut off at its edge.
    """
    x, y, values = numbers("x", x, 1), numbers("y", y, 1), numbers("values", values, 2)
    if values.shape != (len(y), len(x)):
        raise ValueError(f"descents: expected values ({len(y)}, {len(x)}), got {values.shape}")
    figure = Picture(*size)
    axes = figure.add_subplot()
    axes.contour(x, y, values, levels, colors=GREY, linewidths=0.7)
    for i, (name, path) in enumerate(paths.items()):
        path = numbers(name, path, 2)
        if path.shape[1] != 2:
            raise ValueError(f"descents: {name!r} must be points (T, 2), got {path.shape}")
        look = {"color": COLOURS[i % len(COLOURS)], "linestyle": DASHES[i % len(DASHES)], "marker": MARKERS[i % len(MARKERS)]}
        axes.plot(*path.T, **look, linewidth=1.2, markersize=3.5, label=name)
    axes.set(xlabel=labels[0], ylabel=labels[1], xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    figure.legend(loc="outside right upper", fontsize=9)
    if title:
        axes.set_title(title)
    return figure
