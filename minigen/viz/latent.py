"""Pictures of a latent plane: where the examples lie, what q(z|x) is, and which points a canvas is decoded from."""

import numpy as np
from matplotlib.patches import ConnectionPatch, Ellipse
from matplotlib.patheffects import withStroke

from minigen.device import special
from minigen.viz.images import show
from minigen.viz.picture import COLOURS, GREY, MARKERS, Picture, numbers, styled


def latent_grid(n=20, limit=3.0):
    """n² points of the plane, row by row from the top left: (n², 2) float32, z₁ rising to the right and z₂ upwards.

    Equally spaced on [−limit, limit]²; ``limit=None``: at the quantiles (i + ½)/n of N(0, 1), so that all cells are equally likely.
    [Kingma, Welling 2014, figure 4]
    """
    if n < 2:
        raise ValueError(f"latent_grid: expected at least 2 points a side, got {n}")
    line = np.linspace(-limit, limit, n) if limit is not None else special("ndtri", (np.arange(n) + 0.5) / n)
    z1, z2 = np.meshgrid(line, line[::-1])
    return np.stack([z1.ravel(), z2.ravel()], axis=1).astype(np.float32)


@styled
def latent_scatter(z, labels=None, classes=None, title=None, inches=7.0, limit=None):
    """Codes z (N, 2) coloured by their ``labels`` (N,), with the class's name where it is at home; ``classes``: the names of 0, 1, ….

    A class whose name is one sign, such as a digit, is drawn with that sign, any other with a shape of its own: colour is never the only
    difference. The plane is shown up to ``limit``, by default as far as 99.5 % of the codes reach.
    """
    z = _codes(z)
    figure = Picture(inches, inches)
    axes = figure.add_subplot()
    if labels is None:
        axes.scatter(*z.T, s=8, color=GREY, alpha=0.6, linewidths=0)
    else:
        labels = numbers("labels", labels, 1)
        if len(labels) != len(z):
            raise ValueError(f"latent_scatter: {len(z)} codes need as many labels, got {len(labels)}")
        for k, (label, place) in enumerate(_home_of_each(z, labels).items()):
            _draw_class(axes, z[labels == label], place, k, str(label) if classes is None else str(classes[int(label)]))
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), title="class", handletextpad=0.3)
    _plane(axes, z, limit)
    if title:
        axes.set_title(title)
    return figure


def _home_of_each(z, labels, neighbours=15, n=2000):
    """{label: the code with most of its own class among its neighbours, the nearest to the median if several}: where its name fits best.

    At most ``n`` codes are looked at: all distances between them are computed.
    """
    step = -(-len(z) // n)
    few, theirs = z[::step], labels[::step]
    square = (few * few).sum(axis=1)
    near = np.argsort(square[:, None] + square - 2 * few @ few.T, axis=1)[:, : neighbours + 1]
    own = (theirs[near] == theirs[:, None]).sum(axis=1)
    homes = {}
    for label in np.unique(theirs):
        members = few[theirs == label]
        away = np.linalg.norm(members - np.median(members, axis=0), axis=1)
        homes[label] = members[np.lexsort((away, -own[theirs == label]))[0]]
    return homes


def _draw_class(axes, z, place, k, name):
    sign = len(name) == 1
    marker = f"${name}$" if sign else MARKERS[k % len(MARKERS)]
    colour = COLOURS[k % len(COLOURS)]
    axes.scatter(*z.T, s=30 if sign else 14, marker=marker, color=colour, alpha=0.75, linewidths=0.0, label=name, rasterized=len(z) > 5000)
    halo = [withStroke(linewidth=4, foreground="white")]
    axes.text(*place, name, ha="center", va="center", fontsize=20 if sign else 11, fontweight="bold", color=colour, path_effects=halo)


@styled
def panel(inputs, mu, sigma, reconstructions, background=None, title=None, limit=None):
    """The lecture's three columns: inputs, where q(z|x) puts them in the latent plane, reconstructions.

    ``inputs``, ``reconstructions``: (n, H, W), from top to bottom; ``mu``, ``sigma``: mean and standard deviations of q(z|x), (n, 2).
    An ellipse is q at two standard deviations; ``background``: codes of other examples (N, 2), as grey points.
    """
    inputs, reconstructions = numbers("inputs", inputs, 3), numbers("reconstructions", reconstructions, 3)
    mu, sigma = _codes(mu), _codes(sigma)
    n = len(inputs)
    if not n == len(mu) == len(sigma) == len(reconstructions):
        raise ValueError(f"panel: expected as many of each, got {n}, {len(mu)}, {len(sigma)} and {len(reconstructions)}")
    figure = Picture(2.4 + n, n + 0.8)
    grid = figure.add_gridspec(n, 3, width_ratios=(1, max(2.0, n), 1))
    plane = figure.add_subplot(grid[:, 1])
    if background is not None:
        plane.scatter(*_codes(background).T, s=3, color="#BBBBBB", linewidths=0)
    for i in range(n):
        colour = COLOURS[i % len(COLOURS)]
        left, right = figure.add_subplot(grid[i, 0]), figure.add_subplot(grid[i, 2])
        show(left, inputs[i])
        show(right, np.clip(reconstructions[i], 0, 1))
        plane.add_patch(Ellipse(mu[i], *(4 * sigma[i]), facecolor=colour, edgecolor="black", linewidth=0.8, alpha=0.9, zorder=3))
        for axes, edge in ((left, (1, 0.5)), (right, (0, 0.5))):
            line = ConnectionPatch(edge, mu[i], "axes fraction", "data", axesA=axes, axesB=plane, color=colour, linewidth=1.2, zorder=2)
            line.set_in_layout(False)
            plane.add_artist(line).set_clip_on(False)
        if i == 0:
            left.set_title("input x")
            right.set_title("decoded")
    _plane(plane, mu if background is None else np.concatenate([background, mu]), limit)
    plane.set_title(title or "q(z|x)")
    plane.set_ylabel("$z_2$", loc="bottom")  # where no line passes
    for text in plane.get_yticklabels():
        text.set_path_effects([withStroke(linewidth=3, foreground="white")])
    return figure


def _codes(z):
    z = numbers("codes", z, 2)
    if z.shape[1] != 2:
        raise ValueError(f"a latent plane has 2 dimensions, got codes of shape {z.shape}; choose two of them, z[:, :2]")
    return z


def _plane(axes, z, limit):
    """Equal scales on both axes, which are those of z."""
    if limit is None:
        limit = 1.05 * max(1.0, float(np.quantile(np.abs(z).max(axis=1), 0.995)) if len(z) else 1.0)
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel="$z_1$", ylabel="$z_2$")
