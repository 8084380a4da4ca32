"""Pictures of two players: curves side by side, what the discriminator thinks of the plane, where training goes."""

import numpy as np

from minigen.viz.picture import COLOURS, DASHES, MARKERS, Picture, numbers, styled


@styled
def curve_panels(panels, xlabel="step", ylabels=None, title=None, inches=4.2, limits=None):
    """Curves in panels side by side: ``panels`` is {its title: {name: (x, y)}}. A name looks alike in all, and is explained in the first.

    ``ylabels``: one for each panel; ``limits``: for each panel (low, high) of y, or None.
    """
    figure, explained = Picture(inches * len(panels), 3.6), set()
    names = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    ylabels, limits = ylabels or [""] * len(panels), limits or [None] * len(panels)
    if not len(panels) == len(ylabels) == len(limits):
        raise ValueError(f"curve_panels: {len(panels)} panels need as many ylabels and limits, got {len(ylabels)} and {len(limits)}")
    for axes, (heading, lines), ylabel, limit in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), ylabels, limits):
        for name, (x, y) in lines.items():
            x, y, i = numbers(name, x, 1), numbers(name, y, 1), names.index(name)
            if len(x) != len(y):
                raise ValueError(f"curve_panels: {name!r} has {len(x)} places and {len(y)} values")
            axes.plot(x, y, color=COLOURS[i % len(COLOURS)], linestyle=DASHES[i % len(DASHES)], linewidth=1.6, label=name)
        axes.set(title=heading, xlabel=xlabel, ylabel=ylabel, ylim=limit)
        if lines.keys() - explained:
            axes.legend(fontsize=9)
        explained |= lines.keys()
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


@styled
def discriminator_panels(x, y, panels, title=None, inches=3.0):
    """The plane as a discriminator sees it, with data and samples on it: ``panels`` is {its title: (D, real, fake)}.

    D (len(y), len(x)) are probabilities on a grid, white where all is taken for real, dark where for fake, with a line at ½;
    ``real`` (N, 2) are rings, ``fake`` (M, 2) crosses. Points beyond the grid are not shown.
    """
    x, y = numbers("x", x, 1), numbers("y", y, 1)
    figure = Picture(inches * len(panels) + 0.7, inches + 0.7)
    all_axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (heading, (d, real, fake)) in zip(all_axes, panels.items()):
        d, real, fake = numbers("D", d, 2), numbers("real", real, 2), numbers("fake", fake, 2)
        if d.shape != (len(y), len(x)) or not (d.min() >= 0 and d.max() <= 1):
            found = f"got {d.shape}, {d.min():g} to {d.max():g}"
            raise ValueError(f"discriminator_panels: expected probabilities ({len(y)}, {len(x)}), {found}")
        shade = axes.pcolormesh(x, y, d, cmap="bone", vmin=-0.6, vmax=1, shading="nearest", rasterized=True)
        if d.min() < 0.5 < d.max():
            axes.contour(x, y, d, [0.5], colors="black", linewidths=0.8, linestyles="--")
        axes.scatter(*real.T, s=14, facecolors="none", edgecolors=COLOURS[0], linewidths=0.8, label="data")
        axes.scatter(*fake.T, s=14, color=COLOURS[3], marker="x", linewidths=0.9, label="samples")
        axes.set(title=heading, xlim=(x.min(), x.max()), ylim=(y.min(), y.max()), aspect="equal", xticks=[], yticks=[])
    bar = figure.colorbar(shade, ax=all_axes, boundaries=np.linspace(0, 1, 101), ticks=[0, 0.5, 1], shrink=0.7, pad=0.01)
    bar.set_label("D(x)")
    figure.legend(*all_axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


@styled
def orbits(panels, field=None, labels=("θ", "ψ"), title=None, inches=3.0, limit=None):
    """Where training goes: ``panels`` is {its title: states (n, 2)}, or several {name: states}. A ring is the start, a disc the end.

    ``field``: a function from states (m, 2) to arrows (m, 2), drawn in the background without their lengths. ``limit``: half the side
    of the frame, unless it should hold all states.
    """
    panels = {heading: paths if isinstance(paths, dict) else {"": paths} for heading, paths in panels.items()}
    panels = {heading: {name: numbers(name or "states", p, 2) for name, p in paths.items()} for heading, paths in panels.items()}
    limit = limit or 1.1 * max(np.abs(p).max() for paths in panels.values() for p in paths.values())
    figure = Picture(inches * len(panels), inches + 0.2 + 0.3 * (title is not None))
    for axes, (heading, paths) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items()):
        if field is not None:
            side = np.linspace(-limit, limit, 13)[1:-1]
            at = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
            arrows = numbers("field", field(at), 2)
            arrows = arrows / np.maximum(np.hypot(*arrows.T), 1e-12)[:, None]
            axes.quiver(*at.T, *arrows.T, color="#BBBBBB", angles="xy", scale=22, width=0.006, pivot="mid")
        for i, (name, path) in enumerate(paths.items()):
            look = {"color": COLOURS[i % len(COLOURS)], "linestyle": DASHES[i % len(DASHES)]}
            axes.plot(*path.T, linewidth=1.1, label=name, **look)
            axes.plot(*path[0], marker="o", markerfacecolor="white", color=look["color"], markersize=7)
            axes.plot(*path[-1], marker=MARKERS[i % len(MARKERS)], color=look["color"], markersize=7)
        axes.plot(0, 0, marker="+", color="black", markersize=11)
        axes.set(title=heading, xlabel=labels[0], ylabel=labels[1], aspect="equal", xlim=(-limit, limit), ylim=(-limit, limit))
        if any(paths):
            axes.legend(fontsize=9)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure
