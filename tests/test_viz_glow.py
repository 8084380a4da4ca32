"""The pictures of Glow show what they are given: every number of a squeeze, every shape of the tree, every path."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from minigen import viz
from minigen.bijections import Squeeze
from minigen.models import Glow
from minigen.tensor import Tensor
from minigen.viz.glow import FILLS


def texts(figure):
    return [t.get_text() for axes in figure.axes for t in axes.texts]


def test_a_number_keeps_its_colour_where_it_goes():
    before = np.arange(1.0, 17.0).reshape(4, 4)
    after = Squeeze()(Tensor(before[None, None]))[0].data[0]
    figure = viz.squeeze_diagram(before, after)
    axes = figure.axes[0]
    cells = [p for p in axes.patches if hasattr(p, "get_width") and p.get_width() == 1]
    assert len(cells) == 32
    numbers = [t for t in axes.texts if not t.get_text().startswith("channel")]
    colour = {}
    for cell, number in zip(cells, numbers):
        found = colour.setdefault(number.get_text(), cell.get_facecolor()[:3])
        assert found == cell.get_facecolor()[:3]
    assert colour["6"] == to_rgb(FILLS[3])  # row 1, column 1: the corner of channel 3
    assert len(colour) == 16


def test_the_tree_tells_every_shape():
    flow = Glow((1, 28, 28), steps=0).multiscale
    told = texts(viz.multiscale_tree(flow.shape, flow.latent_shapes))
    assert [t for t in told if "numbers" in t] == [
        "x: 28×28×1\n784 numbers", "h₁: 14×14×4\n784 numbers", "z₁: 14×14×2\n392 numbers",
        "h₂: 7×7×8\n392 numbers", "z₂: 7×7×8\n392 numbers",
    ]  # fmt: skip
    assert told.count("half leaves") == told.count("all") == 1


def test_paths_over_a_density():
    x, y = np.linspace(0, 1, 5), np.linspace(0, 2, 4)
    figure = viz.paths(x, y, np.ones((4, 5)) + np.arange(5), {"a": [[0, 0], [1, 2]], "b": [[0, 1], [1, 1]]}, points=[[0.5, 0.5]])
    lines = figure.axes[0].lines
    assert [line.get_label() for line in lines] == ["a", "b"]
    np.testing.assert_array_equal(lines[0].get_xydata(), [[0, 0], [1, 2]])
    assert lines[0].get_marker() != lines[1].get_marker()
    with pytest.raises(ValueError, match=r"expected a density \(4, 5\)"):
        viz.paths(x, y, np.ones((5, 4)), {})
