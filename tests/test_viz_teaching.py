"""The pictures that explain: the same bytes twice, the numbers that were given, complaints about what cannot be drawn."""

import numpy as np
import pytest

from minigen import viz
from minigen.random import new_generator

g = new_generator(0)
Z, X = g.standard_normal(30), g.standard_normal((30, 2))
ONE, TWO = {"a": [1.0, 2.0], "b": [3.0, 0.0]}, {"c": [4.0, 2.0]}
LINE = np.linspace(-1, 1, 11)
BOWL = LINE**2 + LINE[:, None] ** 2

FIGURES = {
    "two_steps": lambda: viz.two_steps(Z, X, [-1, 1], X[:2], np.full((2, 2), 0.3), X, "two"),
    "stacked_bars": lambda: viz.stacked_bars(["left", "right"], ONE, TWO, total=("line", 2.5), title="bars"),
    "labelled_contours": lambda: viz.labelled_contours(LINE, LINE, BOWL, [0.1, 0.5], ("x", "y"), {"middle": (0, 0)}, "bowl"),
    "descents": lambda: viz.descents(LINE, LINE, BOWL, [0.1, 0.5], {"a": X[:4], "b": X[4:9]}, "down"),
    "matrices": lambda: viz.matrices({"one": BOWL, "two": np.eye(3)}, "both", labels=("n", "m")),
    "matrices with numbers": lambda: viz.matrices({"one": np.arange(-3, 3).reshape(2, 3)}, values=True, inches=0.3),
    "power_law": lambda: viz.power_law({"a": ([1, 2, 4], [8, 4, 2])}, {"1/x": -1}, "law", "x", "y"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_draws_the_same_bytes_twice(name, tmp_path):
    first, second = (viz.save(FIGURES[name](), tmp_path / f"{i}.svg").read_bytes() for i in range(2))
    assert first == second
    assert len(first) > 5000


def test_bars_stand_on_each_other_and_beside_each_other():
    bars = FIGURES["stacked_bars"]().axes[0].containers
    bottoms = [[bar.get_y() for bar in part] for part in bars]
    assert bottoms == [[0, 0], [1, 2], [0, 0]]
    assert [[bar.get_height() for bar in part] for part in bars] == [[1, 2], [3, 0], [4, 2]]
    assert all(a.get_x() + a.get_width() < c.get_x() for a, c in zip(bars[0], bars[2]))
    assert len({(part[0].get_facecolor(), part[0].get_hatch()) for part in bars}) == 3


def test_ellipses_lie_at_two_standard_deviations():
    ellipses = FIGURES["two_steps"]().axes[1].patches
    assert [(tuple(e.center), e.width, e.height) for e in ellipses] == [(tuple(x), 1.2, 1.2) for x in X[:2]]


def test_a_power_law_is_compared_with_its_slope():
    measured, slope = FIGURES["power_law"]().axes[0].get_lines()
    np.testing.assert_allclose(slope.get_ydata(), measured.get_ydata())


def test_matrices_share_a_scale_and_write_their_numbers():
    axes = FIGURES["matrices"]().axes
    assert [a.images[0].get_clim() for a in axes] == [(0, 2), (0, 2)]
    axes = FIGURES["matrices with numbers"]().axes[0]
    assert axes.images[0].get_clim() == (-3, 3)
    written = {text.get_position(): text.get_text() for text in axes.texts}  # (column, row)
    assert written == {(0, 0): "−3", (1, 0): "−2", (2, 0): "−1", (1, 1): "1", (2, 1): "2"}


def test_paths_are_told_apart_without_colour():
    axes = FIGURES["descents"]().axes[0]
    lines = axes.get_lines()
    np.testing.assert_array_equal(lines[1].get_xydata(), X[4:9])
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == 2
    assert axes.get_xlim() == (-1, 1)


WRONG = [
    (lambda: viz.two_steps(Z, X[:5], [1], X[:1], X[:1]), "two_steps: 30 codes"),
    (lambda: viz.two_steps(Z, X, [1, 2], X[:1], X[:1]), "2 ellipses"),
    (lambda: viz.stacked_bars(["one"], ONE), "'a' must have 1 sizes"),
    (lambda: viz.stacked_bars(["left", "right"], {"a": [1.0, -1.0]}), "none of them negative"),
    (lambda: viz.labelled_contours(LINE, LINE[:5], BOWL, [1], ("x", "y")), r"expected values \(5, 11\), got \(11, 11\)"),
    (lambda: viz.descents(LINE, LINE[:5], BOWL, [1], {}), r"descents: expected values \(5, 11\)"),
    (lambda: viz.descents(LINE, LINE, BOWL, [1], {"a": np.ones((3, 3))}), r"'a' must be points \(T, 2\), got \(3, 3\)"),
    (lambda: viz.matrices({"cube": np.ones((2, 2, 2))}), "cube: expected 2 axes"),
    (lambda: viz.power_law({"a": ([1, 2], [1, 0])}), "'a' needs as many positive x as positive y"),
]


@pytest.mark.parametrize(("draw", "complaint"), WRONG)
def test_what_cannot_be_drawn_is_named(draw, complaint):
    with pytest.raises(ValueError, match=complaint):
        draw()
