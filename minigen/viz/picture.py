"""Picture: a figure that needs no display and no pyplot, the look that all figures share, and ``save``."""

import functools
import io
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Ten colours that colour-blind eyes tell apart, ordered so that neighbours differ in lightness too. [Paul Tol, "muted"; the last is black]
COLOURS = ("#332288", "#DDAA33", "#117733", "#CC6677", "#882255", "#44AA99", "#AA4499", "#88CCEE", "#777711", "#000000")
DASHES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "v", "D", "P", "X", "*", "<", ">")
GREY = "#777777"
STYLE = {
    "font.family": "DejaVu Sans", "font.size": 10, "axes.titlesize": 11, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": False, "legend.frameon": False, "figure.dpi": 100, "savefig.dpi": 150, "image.cmap": "gray",
    "svg.hashsalt": "minigen", "svg.fonttype": "path", "path.simplify": True,
}  # fmt: skip


class Picture(Figure):
    """A matplotlib Figure that draws itself without a display, keeps out of pyplot, and shows itself in a notebook."""

    def __init__(self, width=6.0, height=4.0):
        super().__init__(figsize=(width, height), layout="constrained", facecolor="white")
        FigureCanvasAgg(self)

    def settle(self):
        """Lay the axes out now, at positions rounded to a hundredth of a pixel: the layout's solver leaves rounding errors that vary."""
        self.draw_without_rendering()
        self.set_layout_engine("none")
        for axes in self.axes:
            axes.set_position([round(v, 5) for v in axes.get_position(original=True).bounds])

    def _repr_png_(self):
        file = io.BytesIO()
        with rc_context(STYLE):
            self.savefig(file, format="png", dpi=100)
        return file.getvalue()

    def __repr__(self):
        width, height = self.get_size_inches()
        return f"Picture({width:.3g}×{height:.3g} inches, {len(self.axes)} axes)"


def styled(draw):
    """A function that draws in the shared look, whatever the user's own settings are."""

    @functools.wraps(draw)
    def drawn(*args, **keywords):
        with rc_context(STYLE):
            return draw(*args, **keywords)

    return drawn


def save(figure, path, description=None):
    """Write a figure as .png or .svg and empty it, to free its memory; return the path.

    Equal figures give equal bytes: no date, no random names. ``description``, one line in words for those who cannot see it, goes into
    the file. ValueError for another ending; FileNotFoundError if the folder is missing.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in (".png", ".svg"):
        raise ValueError(f"save: expected a path that ends in .png or .svg, got {str(path)!r}")
    metadata = {"Date": None, "Creator": None} if kind == ".svg" else {"Software": None}
    if description:
        metadata["Description"] = description
    with rc_context(STYLE):
        if figure.get_layout_engine() is not None:
            figure.settle()
        figure.savefig(path, format=kind[1:], metadata=metadata)
    figure.clear()
    return path


def numbers(name, array, ndim=None):
    """``array`` as a NumPy array of ``ndim`` axes. ValueError that names it if it has another number of them."""
    array = np.asarray(array)
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name}: expected {ndim} axes, got shape {array.shape}")
    return array
