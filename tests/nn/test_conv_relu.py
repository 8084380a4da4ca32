"""Convolution and ReLU as one node, held to the two of which it is made."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen as mg
from minigen import nn
from minigen.nn import functional as F
from minigen.nn.conv_relu import convolution_relu
from minigen.ops.convolution import conv2d
from minigen.ops.windows import Grid, count
from tests.checking import Row, check, few, seeds, values


def draw_images(draw):
    """x, kernel and bias such that no result lies near the kink at 0."""
    c, o, (h, w) = draw(st.integers(1, 3)), draw(st.integers(1, 10)), (draw(st.integers(3, 4)), draw(st.integers(3, 4)))
    k, s, p = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(0, 1))
    seed = draw(seeds)
    for more in range(100):
        x, weight, bias = values(seed + more, (2, c, h, w)), values(seed + more + 1, (o, c, k, k)), values(seed + more + 2, (o,), -1, 2)
        if np.abs(conv2d(x, weight, bias, s, p)).min() > 1e-3:
            break
    counts = count("test", (h, w), (k, k), (s, s), (1, 1), ((p, p), (p, p)))
    return [x, weight, bias], {"grid": Grid((k, k), (s, s), (1, 1), (p, p)), "counts": counts}


def composed(x, weight, bias, grid, counts):
    return np.maximum(conv2d(x, weight, bias, grid.stride, grid.before), 0)


ROWS = [Row("convolution_relu", convolution_relu, composed, draw_images)]


@few
@given(st.data())
def test_row(data):
    check(ROWS[0], data.draw)


def test_the_layer_is_convolution_and_relu():
    layer = nn.ConvReLU2d(3, 16, 3, stride=2, padding=1)
    both = nn.Sequential(nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.ReLU())
    both[0].load_state_dict(layer.state_dict())
    x = mg.randn(2, 3, 7, 8, requires_grad=True)
    results = [m(x) for m in (layer, both)]
    np.testing.assert_array_equal(results[0].data, results[1].data)
    assert results[0].data.min() == 0
    for y in results:
        (F.softplus(y)).sum().backward()
    for a, b in zip(layer.parameters(), both.parameters()):
        np.testing.assert_allclose(a.grad.data, b.grad.data, rtol=1e-5)
    with pytest.raises(ValueError, match=r"ConvReLU2d: expected \(N, 3, H, W\)"):
        layer(mg.randn(2, 4, 7, 8))
