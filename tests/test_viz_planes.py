"""Pictures of the plane: what is drawn where."""

import numpy as np
import pytest

from minigen import viz

BOX = ((0.0, 2.0), (5.0, 9.0))


def test_a_table_of_densities_and_points():
    p, points = np.arange(6.0).reshape(3, 2), np.array([[1.0, 6.0], [0.5, 8.0], [3.0, 6.0], [1.0, 7.0]])
    p = np.concatenate([p, p], axis=1)  # (3, 4): a density, not points
    figure = viz.density_maps({"a": [p, points], "b": [2 * p, points]}, ["model", "drawn"], {"a": BOX, "b": ((0, 1), (0, 1))})
    top, second, below, _ = figure.axes
    image = top.images[0]
    assert image.origin == "lower"
    assert image.get_extent() == [0.0, 2.0, 5.0, 9.0]
    np.testing.assert_array_equal(image.get_array(), p)
    assert image.get_clim() == (0, np.quantile(p, 0.995))
    assert second.images[0].get_clim() == (0, np.quantile(2 * p, 0.995))
    np.testing.assert_array_equal(below.collections[0].get_offsets(), points)
    assert (below.get_xlim(), below.get_ylim()) == BOX
    assert [a.get_title() for a in figure.axes] == ["a", "b", "", ""]
    assert [a.get_ylabel() for a in figure.axes] == ["model", "", "drawn", ""]


def test_the_shades_of_a_model_are_those_of_the_truth():
    truth = np.full((4, 4), 2.0)
    figure = viz.density_maps({"a": [truth, 5 * truth]}, ["truth", "flow"], BOX)
    assert [a.images[0].get_clim() for a in figure.axes] == [(0, 2.0), (0, 2.0)]


def test_groups_have_the_same_colour_and_shape_in_all_panels():
    z = np.arange(8.0).reshape(4, 2)
    figure = viz.scattered({"z": z, "x": -z}, np.array([0, 1, 1, 0]), {"x": BOX}, "title")
    left, right = figure.axes
    for axes, points in ((left, z), (right, -z)):
        np.testing.assert_array_equal(axes.collections[0].get_offsets(), points[[0, 3]])
        np.testing.assert_array_equal(axes.collections[1].get_offsets(), points[[1, 2]])
    colours = [[c.get_facecolor().tolist() for c in axes.collections] for axes in figure.axes]
    assert colours[0] == colours[1]
    assert colours[0][0] != colours[0][1]
    assert (right.get_xlim(), right.get_ylim()) == BOX
    assert len(viz.scattered(z).axes[0].collections) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: viz.scattered(np.zeros(3)), "points: expected 2 axes"),
        (lambda: viz.density_maps({"a": [np.zeros(3)]}, ["r"], BOX), "a, r: expected 2 axes"),
    ],
)
def test_errors_teach(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
