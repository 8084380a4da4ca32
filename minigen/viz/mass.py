"""Pictures of flows on a line: slices of mass that a map carries from one density to another, and through a chain of densities."""

from itertools import pairwise

import numpy as np

from minigen.viz.picture import Picture, numbers, styled

TINTS = ("#BBCCEE", "#EECC66", "#CCDDAA", "#FFCCCC")  # of slices, in turn; with hatches, so that colour is not the only difference
HATCHES = ("", "////", "....", "xxxx")


@styled
def mass_map(z, x, p_z, p_x, slices=(), data=None, title=None, labels=("z", "x"), size=(6.4, 5.6)):
    """The map x = g(z) as a curve, the density of z (G,) below it and that of x = g(z) beside it, as arrays over the same points.

    ``slices``: rising places of z; the mass between two of them is tinted below, and where the map carries it beside the curve: as much
    area there. ``data`` (N,): a histogram of x, lying behind its density.
    """
    z, x, p_z, p_x = (numbers(name, v, 1).astype(float) for name, v in (("z", z), ("x", x), ("p_z", p_z), ("p_x", p_x)))
    if not len(z) == len(x) == len(p_z) == len(p_x) > 1 or not (np.diff(z) > 0).all():
        raise ValueError(f"mass_map: expected rising z and as many x, p_z, p_x, got {len(z)}, {len(x)}, {len(p_z)}, {len(p_x)}")
    figure = Picture(*size)
    grid = figure.subplots(2, 2, width_ratios=(1, 2.4), height_ratios=(2.4, 1))
    (beside, curve), (corner, below) = grid
    corner.set_axis_off()
    if data is not None:
        beside.hist(numbers("data", data, 1), 24, density=True, orientation="horizontal", color="#DDDDDD")
    curve.plot(z, x, color="black", linewidth=1.6)
    below.plot(z, p_z, color="black", linewidth=1.2)
    beside.plot(p_x, x, color="black", linewidth=1.2)
    for k, (low, high) in enumerate(pairwise(slices)):
        at = np.concatenate([[low], z[(z > low) & (z < high)], [high]])
        image = np.interp(at, z, x)
        look = {"facecolor": TINTS[k % len(TINTS)], "hatch": HATCHES[k % len(HATCHES)], "edgecolor": "black", "linewidth": 0.6}
        below.fill_between(at, np.interp(at, z, p_z), **look)
        beside.fill_betweenx(image, np.interp(at, z, p_x), **look)
        for place, reach in ((low, image[0]), (high, image[-1])):
            curve.plot([place, place, z.min()], [x.min(), reach, reach], color="#999999", linewidth=0.7, linestyle=":")
    curve.set(xlim=(z.min(), z.max()), ylim=(x.min(), x.max()), ylabel=f"{labels[1]} = g({labels[0]})")
    below.set(xlim=(z.min(), z.max()), ylim=(0, 1.1 * p_z.max()), xlabel=labels[0], ylabel=f"p({labels[0]})")
    usual = np.quantile(p_x, 0.9)  # a density that grows without limit would hide all the rest
    top = 1.1 * p_x.max() if p_x.max() < 3 * usual else 1.6 * usual
    beside.set(ylim=(x.min(), x.max()), xlim=(top, 0), xlabel=f"p({labels[1]})", ylabel=labels[1])
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


@styled
def density_chain(stages, slices=None, title=None, inches=2.6):
    """Densities side by side, {name: (x, p)}, each the one before it carried on by a map; areas of the same tint are the same mass.

    ``slices``: {name: places} that bound the tinted areas in each panel, the images of those in the panel before; a map may fall.
    """
    figure = Picture(inches * len(stages), 2.8)
    for k, (axes, (name, (x, p))) in enumerate(zip(np.atleast_1d(figure.subplots(1, len(stages))), stages.items())):
        x, p = numbers(name, x, 1).astype(float), numbers(name, p, 1).astype(float)
        if len(x) != len(p):
            raise ValueError(f"density_chain: {name!r} has {len(x)} places and {len(p)} values")
        order = np.argsort(x)  # behind a falling map the places fall
        x, p = x[order], p[order]
        axes.plot(x, p, color="black", linewidth=1.3)
        for i, ends in enumerate(pairwise(numbers(name, (slices or {}).get(name, []), 1))):
            low, high = sorted(ends)
            at = np.concatenate([[low], x[(x > low) & (x < high)], [high]])
            look = {"facecolor": TINTS[i % len(TINTS)], "hatch": HATCHES[i % len(HATCHES)], "edgecolor": "black", "linewidth": 0.6}
            axes.fill_between(at, np.interp(at, x, p), **look)
        axes.set(title=name, ylim=(0, None), ylabel="" if k else "density")
    if title:
        figure.suptitle(title, fontsize=11)
    return figure
