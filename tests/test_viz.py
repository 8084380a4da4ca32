"""The pictures: they are drawn without a display, are deterministic, show what they are given, and complain about what they cannot show."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.image import imread

from minigen import viz
from minigen.random import new_generator
from minigen.viz.images import tiled
from minigen.viz.picture import COLOURS

g = new_generator(0)
IMAGES = g.random((9, 5, 4))
COLOURED = np.stack([IMAGES, IMAGES**2, 1 - IMAGES], axis=3)
Z = g.standard_normal((60, 2))
LABELS = g.integers(0, 10, 60)
LINE = np.linspace(-3, 3, 21)
BELL = np.exp(-0.5 * LINE**2)

FIGURES = {
    "image_grid": lambda: viz.image_grid(IMAGES[:7], title="seven"),
    "image_grid in colour": lambda: viz.image_grid(COLOURED, title="nine"),
    "image_rows": lambda: viz.image_rows({"grey": IMAGES, "coloured": COLOURED}, "rows"),
    "image_strip": lambda: viz.image_strip(IMAGES, captions=range(9), title="nine"),
    "canvas": lambda: viz.canvas(IMAGES, 3, "z"),
    "canvas of quantiles": lambda: viz.canvas(IMAGES, None),
    "latent_scatter": lambda: viz.latent_scatter(Z, LABELS, "0123456789", "codes"),
    "latent_scatter, names": lambda: viz.latent_scatter(Z, LABELS, [f"class {i}" for i in range(10)]),
    "latent_scatter, no labels": lambda: viz.latent_scatter(Z),
    "panel": lambda: viz.panel(IMAGES[:3], Z[:3], np.full((3, 2), 0.1), IMAGES[3:6], Z),
    "panel of one": lambda: viz.panel(IMAGES[:1], Z[:1], np.full((1, 2), 0.1), IMAGES[:1]),
    "curves": lambda: viz.curves({"a": (LINE, BELL), "b": (LINE[:5], BELL[:5])}, "t", marks={"published": 0.5}, limits=(0, 1)),
    "density_contours": lambda: viz.density_contours(LINE, LINE, {"p": np.outer(BELL, BELL), "q": np.outer(BELL, BELL[::-1])}, Z),
    "histogram": lambda: viz.histogram(Z[:, 0], (LINE, BELL / 2.5), title="h"),
    "histogram of two": lambda: viz.histogram({"a": Z[:, 0], "b": Z[:, 1]}),
}


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_draws_the_same_bytes_twice(name, tmp_path):
    kind = ".svg" if name in ("curves", "panel", "density_contours") else ".png"
    first, second = (viz.save(FIGURES[name](), tmp_path / f"{i}{kind}").read_bytes() for i in range(2))
    assert first == second
    assert len(first) > 1000
    if kind == ".png":
        pixels = imread(tmp_path / "0.png")[..., :3]
        assert pixels.std() > 0.02, "an empty picture"


def test_neither_pyplot_nor_a_display_is_needed():
    code = """
import sys, os
for name in ("DISPLAY", "MPLBACKEND"):
    os.environ.pop(name, None)
from minigen import viz
viz.image_grid([[[0.0, 1.0]]])._repr_png_()
assert "matplotlib.pyplot" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_users_settings_neither_matter_nor_change(tmp_path):
    import matplotlib

    before = dict(matplotlib.rcParams)
    plain = viz.save(FIGURES["curves"](), tmp_path / "a.png").read_bytes()
    assert dict(matplotlib.rcParams) == before
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "yellow", "svg.hashsalt": "other"}):
        assert viz.save(FIGURES["canvas"](), tmp_path / "b.svg").read_bytes()
    assert viz.save(FIGURES["curves"](), tmp_path / "c.png").read_bytes() == plain


def test_save_describes_and_closes(tmp_path):
    figure = FIGURES["curves"]()
    viz.save(figure, tmp_path / "a.svg", "Two bells.")
    text = (tmp_path / "a.svg").read_text("utf-8")
    assert "Two bells." in text
    assert "<dc:date>" not in text
    assert not figure.axes
    viz.save(FIGURES["curves"](), tmp_path / "a.png", "Two bells.")
    assert b"Two bells." in (tmp_path / "a.png").read_bytes()


def test_a_notebook_sees_a_png():
    figure = FIGURES["curves"]()
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert "1 axes" in repr(figure)


def test_tiles_lie_where_they_should():
    whole = tiled(IMAGES, 4, gap=1)
    assert whole.shape == (3 * 6 - 1, 4 * 5 - 1)
    np.testing.assert_allclose(whole[6:11, 5:9], IMAGES[5], rtol=1e-6)
    assert (whole[5, :4] == 0.5).all()
    assert (whole[12:, 5:] == 1).sum() > 40  # no image: white


def test_colours_lie_where_greys_would():
    whole = tiled(COLOURED, 4, gap=1)
    assert whole.shape == (3 * 6 - 1, 4 * 5 - 1, 3)
    for c in range(3):
        np.testing.assert_array_equal(whole[..., c], tiled(COLOURED[..., c], 4, gap=1))


def test_rows_are_named_and_in_order():
    figure = viz.image_rows({"grey": IMAGES, "coloured": COLOURED})
    assert [axes.get_ylabel() for axes in figure.axes] == ["grey", "coloured"]
    np.testing.assert_allclose(figure.axes[1].images[0].get_array()[:5, 5:9], COLOURED[1], rtol=1e-6)


def test_canvas_and_grid_agree_where_z_is():
    """The first image is top left: z₁ small, z₂ large."""
    z = viz.latent_grid(3, 2.0)
    np.testing.assert_array_equal(z[[0, 2, 4, 6, 8]], [[-2, 2], [2, 2], [0, 0], [-2, -2], [2, -2]])
    axes = viz.canvas(IMAGES, 2.0).axes[0]
    left, right, bottom, top = axes.images[0].get_extent()
    assert (left, right, bottom, top) == (-3, 3, -3, 3)  # each cell is 2 wide, its middle is the point
    np.testing.assert_allclose(axes.images[0].get_array()[:5, :4], IMAGES[0], rtol=1e-6)
    quantiles = viz.latent_grid(4, None)
    np.testing.assert_allclose(quantiles[:4, 0], [-1.15034938, -0.31863936, 0.31863936, 1.15034938], rtol=1e-6)
    assert quantiles.dtype == np.float32


def test_colour_is_never_the_only_difference():
    axes = viz.latent_scatter(Z, LABELS, [f"c{i}" for i in range(10)]).axes[0]
    shapes = {tuple(c.get_paths()[0].vertices.round(3).ravel()) for c in axes.collections}
    assert len(shapes) == len(np.unique(LABELS))
    lines = FIGURES["curves"]().axes[0].lines[:2]
    assert len({line.get_linestyle() for line in lines}) == len(lines)
    assert len(set(COLOURS)) == 10


def test_a_class_is_named_where_it_is_at_home():
    """Two classes around one median: the name of each stands among its own."""
    z = np.concatenate([g.normal(0, 0.1, (40, 2)), g.normal(0, 0.1, (5, 2)), g.normal(3, 0.1, (35, 2)), g.normal(-3, 0.1, (36, 2))])
    axes = viz.latent_scatter(z, np.repeat([0, 1], [40, 76])).axes[0]
    places = {text.get_text(): np.hypot(*text.get_position()) for text in axes.texts}
    assert places["0"] < 0.5
    assert places["1"] > 3.5


def test_an_ellipse_is_two_standard_deviations():
    figure = viz.panel(IMAGES[:1], [[0.5, -0.5]], [[0.1, 0.3]], IMAGES[:1])
    ellipse = next(p for axes in figure.axes for p in axes.patches if hasattr(p, "get_center"))
    assert (ellipse.get_center()[0], ellipse.width, ellipse.height) == (0.5, 0.4, pytest.approx(1.2))


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda: viz.image_grid(IMAGES[0]), r"images: expected images \(n, H, W\) or \(n, H, W, 3\), got shape \(5, 4\)"),
        (lambda: viz.image_grid(IMAGES[..., None]), r"got shape \(9, 5, 4, 1\)"),
        (lambda: viz.image_rows({"a": IMAGES, "b": COLOURED[:4]}), r"equally many images of one size, got \[\(9, 5, 4\), \(4, 5, 4\)\]"),
        (lambda: viz.image_rows({}), "equally many"),
        (lambda: viz.image_grid(IMAGES[:0]), "at least one image"),
        (lambda: viz.image_strip(IMAGES, captions=["a"]), "as many captions"),
        (lambda: viz.canvas(IMAGES[:8]), "n² images"),
        (lambda: viz.latent_scatter(IMAGES[0]), "2 dimensions"),
        (lambda: viz.latent_scatter(Z, LABELS[:3]), "as many labels"),
        (lambda: viz.panel(IMAGES[:2], Z[:1], Z[:2], IMAGES[:2]), "as many of each"),
        (lambda: viz.curves({"a": (LINE, BELL[:3])}), "21 places and 3 values"),
        (lambda: viz.density_contours(LINE, LINE[:4], np.outer(BELL, BELL)), r"must be positive somewhere and \(4, 21\)"),
        (lambda: viz.density_contours(LINE, LINE, np.zeros((21, 21))), "positive somewhere"),
        (lambda: viz.latent_grid(1), "at least 2 points"),
        (lambda: viz.save(FIGURES["curves"](), "a.jpg"), "ends in .png or .svg"),
        (lambda: viz.histogram(Z), "expected 1 axes"),
    ],
)
def test_wrong_uses(wrong, complaint):
    with pytest.raises(ValueError, match=complaint):
        wrong()
