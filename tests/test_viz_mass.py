"""The pictures of mass: equal areas on both sides, the same bytes twice, complaints about what cannot be drawn."""

import numpy as np
import pytest

from minigen import viz

Z = np.linspace(0.1, 2, 400)
X = Z**2
P_Z, P_X = 0.5 + 0 * Z, 1 / (4 * Z)

FIGURES = {
    "mass_map": lambda: viz.mass_map(Z, X, P_Z, P_X, [0.5, 1.0, 1.8], np.linspace(0, 4, 50), "mass"),
    "density_chain": lambda: viz.density_chain(
        {"z": (Z, P_Z), "x": (X, P_X), "-x": (-X, P_X)},
        {"z": [0.5, 1.0, 1.8], "x": [0.25, 1.0, 3.24], "-x": [-0.25, -1.0, -3.24]}, "chain",
    ),
}  # fmt: skip


def areas(axes):
    """The areas of the tinted polygons."""
    found = []
    for polygon in axes.collections:
        x, y = polygon.get_paths()[0].vertices.T
        found.append(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)  # the shoelace formula
    return found


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_draws_the_same_bytes_twice(name, tmp_path):
    first, second = (viz.save(FIGURES[name](), tmp_path / f"{i}.svg").read_bytes() for i in range(2))
    assert first == second
    assert len(first) > 5000


@pytest.mark.parametrize(("name", "panels"), [("mass_map", (3, 0)), ("density_chain", (0, 1, 2))])
def test_equal_tints_are_equal_masses(name, panels):
    axes = FIGURES[name]().axes
    for k in panels:
        np.testing.assert_allclose(areas(axes[k]), [0.25, 0.4], rtol=1e-3)


def test_a_density_without_limit_leaves_room_for_the_rest():
    z = np.linspace(1e-4, 2, 400)
    beside = viz.mass_map(z, z**2, 0.5 + 0 * z, 1 / (4 * z)).axes[0]
    left, right = beside.get_xlim()
    assert right == 0 < left < 10


def test_points_on_curves():
    axes = viz.curves({"NLL": ([1, 2], [3.0, 2.0])}, points={"printed": ([2], [2.1])}).axes[0]
    assert [list(line.get_ydata()) for line in axes.get_lines()] == [[3.0, 2.0], [2.1]]
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["NLL", "printed"]


WRONG = [
    (lambda: viz.mass_map(Z, X, P_Z, P_X[:5]), "expected rising z and as many x, p_z, p_x, got 400, 400, 400, 5"),
    (lambda: viz.mass_map(Z[::-1], X, P_Z, P_X), "expected rising z"),
    (lambda: viz.density_chain({"z": (Z, P_Z[:3])}), "'z' has 400 places and 3 values"),
]


@pytest.mark.parametrize(("draw", "complaint"), WRONG)
def test_what_cannot_be_drawn_is_named(draw, complaint):
    with pytest.raises(ValueError, match=complaint):
        draw()
