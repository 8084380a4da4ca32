"""MADE: which output depends on which input, for every order, depth and width; what a mask is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen as mg
from minigen import nn
from minigen.derivatives import jacobian
from minigen.tensor import Tensor
from tests.checking import few


def dependence(masks):
    """Whether a path leads from an input to an output: (out, in) bools"""
    paths = np.eye(masks[0].shape[1], dtype=int)
    for mask in masks:
        paths = (mask.astype(int) @ paths > 0).astype(int)
    return paths.astype(bool)


def before(order):
    """[i, j]: does j come before i in the order?"""
    place = np.argsort(order)
    return place[:, None] > place


@few
@given(st.data())
def test_an_output_knows_all_that_comes_before_it_and_nothing_else(data):
    n = data.draw(st.integers(1, 6))
    order = data.draw(st.permutations(range(n)))
    hidden = data.draw(st.lists(st.integers(max(1, n - 1), 2 * n), min_size=1, max_size=3))
    masks = nn.made_masks(n, hidden, order)
    assert [m.shape for m in masks] == list(zip([*hidden, n], [n, *hidden]))
    np.testing.assert_array_equal(dependence(masks), before(order))
    if n > 1:
        assert all(m.any(axis=0).all() for m in masks[1:-1])  # no unit speaks to nobody
    given_too = nn.made_masks(n, [h + 1 for h in hidden], order, context_features=2)
    np.testing.assert_array_equal(dependence(given_too), np.hstack([before(order), np.ones((n, 2), bool)]))


@few
@given(st.integers(2, 8), st.integers(1, 3))
def test_narrow_layers_lose_connections_and_never_invent_one(n, width):
    assert (dependence(nn.made_masks(n, (width, width))) <= before(np.arange(n))).all()


@pytest.mark.parametrize("order", [None, [4, 3, 2, 1, 0], [2, 0, 4, 1, 3]])
@pytest.mark.parametrize("outputs", [1, 3])
def test_the_jacobian_of_made_is_strictly_triangular_in_the_order(order, outputs):
    mg.manual_seed(0)
    net = nn.MADE(5, hidden=(40, 30), outputs=outputs, order=order, context_features=2, activation=nn.Tanh).to(np.float64)
    x, context = (Tensor(mg.random.new_generator(i).standard_normal((1, k))) for i, k in enumerate((5, 2)))
    by_x, by_context = jacobian(net, (x, context))
    by_x, by_context = by_x.data[0, :, 0].reshape(outputs, 5, 5), by_context.data[0, :, 0]
    for j in by_x:
        np.testing.assert_array_equal(j != 0, before(np.arange(5) if order is None else order))
    assert (by_context != 0).all()


def test_a_masked_layer_multiplies_by_its_mask_and_trains_only_what_is_there():
    mask = np.array([[1, 0, 1], [0, 1, 1]])
    layer, x = nn.MaskedLinear(mask), mg.ones(4, 3)
    y = layer(x)
    np.testing.assert_allclose(y.data, x.data @ (layer.weight.data * mask).T + layer.bias.data, rtol=1e-6)
    y.sum().backward()
    np.testing.assert_array_equal(layer.weight.grad.data, 4 * mask)
    assert y.dtype == np.float32
    assert list(layer.state_dict()) == ["weight", "bias", "mask"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: nn.MaskedLinear([1, 0]), r"must be \(out, in\) of 0 and 1, got shape \(2,\)"),
        (lambda: nn.MaskedLinear([[0.5]]), "of 0 and 1"),
        (lambda: nn.made_masks(3, ()), "widths of one or more hidden layers"),
        (lambda: nn.made_masks(3, (4,), order=[0, 1, 1]), r"expected 0 … 2 in some order, got \[0 1 1\]"),
    ],
)
def test_errors_teach(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
