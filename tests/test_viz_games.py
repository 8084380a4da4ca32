"""The pictures of two players: the same bytes twice, what they were given where it was given, complaints about what cannot be drawn."""

import numpy as np
import pytest

from minigen import viz
from minigen.random import new_generator

g = new_generator(0)
LINE, SIDE = np.linspace(-1, 1, 11), np.linspace(-1, 1, 7)
D = np.linspace(0, 1, 77).reshape(7, 11)
POINTS = g.uniform(-1, 1, (20, 2))
SPIRAL = np.stack([np.cos(np.arange(30)), np.sin(np.arange(30))], axis=1) * np.linspace(0.2, 2, 30)[:, None]

FIGURES = {
    "curve_panels": lambda: viz.curve_panels({"left": {"a": (LINE, LINE), "b": (LINE, LINE**2)}, "right": {"b": (LINE, -LINE)}}, title="t"),
    "curve_panels, more": lambda: viz.curve_panels({"one": {"a": (LINE, LINE)}}, "x", ["y"], limits=[(0, 2)]),
    "discriminator_panels": lambda: viz.discriminator_panels(LINE, SIDE, {"a": (D, POINTS, -POINTS), "b": (D**2, POINTS, POINTS)}, "t"),
    "orbits": lambda: viz.orbits({"out": SPIRAL, "two": {"a": SPIRAL, "b": -SPIRAL}}, lambda w: w[:, ::-1], title="t"),
    "orbits without field": lambda: viz.orbits({"in": SPIRAL[::-1]}, limit=3),
}


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_draws_the_same_bytes_twice(name, tmp_path):
    first, second = (viz.save(FIGURES[name](), tmp_path / f"{i}.svg").read_bytes() for i in range(2))
    assert first == second
    assert len(first) > 5000


def test_a_name_looks_alike_in_all_panels():
    left, right = FIGURES["curve_panels"]().axes
    look = lambda axes: {line.get_label(): (line.get_color(), line.get_linestyle()) for line in axes.lines}  # noqa: E731
    assert look(left)["b"] == look(right)["b"]
    assert look(left)["a"][1] != look(left)["b"][1]
    assert left.get_legend()
    assert not right.get_legend()  # b was explained on the left
    assert FIGURES["curve_panels, more"]().axes[0].get_ylim() == (0, 2)


def test_the_discriminators_values_lie_where_they_belong():
    figure = FIGURES["discriminator_panels"]()
    mesh = figure.axes[0].collections[0]
    np.testing.assert_allclose(np.asarray(mesh.get_array()).reshape(7, 11), D)
    corners = mesh.get_coordinates()
    assert corners[0, 0, 0] < LINE[0] < corners[0, 1, 0]  # a cell around each point of the grid
    assert corners[0, 0, 1] < SIDE[0] < corners[1, 0, 1]
    rings, crosses = figure.axes[0].collections[-2:]
    np.testing.assert_allclose(rings.get_offsets(), POINTS)
    np.testing.assert_allclose(crosses.get_offsets(), -POINTS)


def test_an_orbit_has_a_start_an_end_and_arrows_along_the_field():
    axes = FIGURES["orbits"]().axes[0]
    path, start, end, _ = axes.lines
    np.testing.assert_allclose(path.get_xydata(), SPIRAL)
    np.testing.assert_allclose([start.get_xydata()[0], end.get_xydata()[0]], SPIRAL[[0, -1]])
    arrows = axes.collections[0]
    at = arrows.get_offsets()
    length = np.maximum(np.hypot(*at.T), 1e-12)
    np.testing.assert_allclose(arrows.U, at[:, 1] / length, atol=1e-9)
    np.testing.assert_allclose(arrows.V, at[:, 0] / length, atol=1e-9)
    assert axes.get_xlim() == pytest.approx((-1.1 * np.abs(SPIRAL).max(), 1.1 * np.abs(SPIRAL).max()))
    assert FIGURES["orbits without field"]().axes[0].get_xlim() == (-3, 3)


WRONG = [
    (lambda: viz.curve_panels({"a": {"x": (LINE, LINE[:3])}}), "'x' has 11 places and 3 values"),
    (lambda: viz.curve_panels({"a": {"x": (LINE, LINE)}}, ylabels=["a", "b"]), "1 panels need as many ylabels"),
    (lambda: viz.discriminator_panels(LINE, SIDE, {"a": (D.T, POINTS, POINTS)}), r"expected probabilities \(7, 11\), got \(11, 7\)"),
    (lambda: viz.discriminator_panels(LINE, SIDE, {"a": (3 * D, POINTS, POINTS)}), "0 to 3"),
    (lambda: viz.orbits({"a": LINE}), "states: expected 2 axes"),
]


@pytest.mark.parametrize(("draw", "complaint"), WRONG)
def test_what_cannot_be_drawn_is_named(draw, complaint):
    with pytest.raises(ValueError, match=complaint):
        draw()
