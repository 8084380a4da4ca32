"""MLP: one node, the same numbers as its layers one after the other, for every depth, in blocks and whole."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen as mg
from minigen import nn, ops
from minigen.autograd import grad
from minigen.nn import perceptron
from minigen.nn.perceptron import mlp
from minigen.tensor import Tensor
from tests.checking import Row, check, few, seeds, values


def inputs(draw):
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    seed = draw(seeds)
    weights = [values(seed + k, shape) for k, (i, o) in enumerate(pairwise(sizes)) for shape in ((o, i), (o,))]
    return [values(seed + 9, (draw(st.integers(1, 4)), sizes[0])), *weights], {}


def reference(x, *weights):
    for w, b in zip(weights[:-2:2], weights[1:-2:2]):
        x = np.maximum(x @ w.T + b, 0)
    return x @ weights[-2].T + weights[-1]


ROWS = [Row("mlp", mlp, reference, inputs)]


@few
@given(st.data())
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_primitives(row, data):
    check(row, data.draw)


@pytest.mark.parametrize("n", [0, 1, 5, 256, 257, 700])
@pytest.mark.parametrize("sizes", [(3, 2), (1, 8, 2), (2, 70, 3, 1)])
def test_the_same_numbers_as_the_layers_one_after_the_other(n, sizes, monkeypatch):
    monkeypatch.setattr(perceptron, "BLOCK", 1)  # 256 rows to a block
    mg.manual_seed(0)
    net = nn.MLP(*sizes).to(np.float64)
    found = []
    for call in (net, nn.Sequential(*net.layers)):
        x = Tensor(mg.random.new_generator(1).standard_normal((n, sizes[0])), requires_grad=True)
        y = call(x)
        net.zero_grad()
        recorded = grad((y * y).sum(), [x, *net.parameters()], create_graph=True)
        second = grad(sum((g * g).sum() for g in recorded), x)
        (call(x) ** 2).sum().backward()
        found.append([y, *recorded, *second, x.grad, *(p.grad for p in net.parameters())])
    for a, b in zip(*found):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-9, atol=1e-12)


def test_it_has_the_names_the_start_and_the_dtype_of_a_sequential():
    mg.manual_seed(0)
    net = nn.MLP(2, 5, 3)
    mg.manual_seed(0)
    other = nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 3))
    other.load_state_dict(net.state_dict())
    for name, p in net.named_parameters():
        np.testing.assert_array_equal(p.data, dict(other.named_parameters())[name].data)
    y = net(mg.ones(4, 2))
    assert y.dtype == np.float32
    assert y.op is mlp
    assert net(ops.ones(4, 2, dtype=np.float64)).dtype == np.float64
    assert net(ops.ones(2, 3, 2)).shape == (2, 3, 3)


@pytest.mark.parametrize(("sizes", "one_node"), [((2, 5, 3), True), ((2, 8, 4, 2), True), ((2, 4, 3), False), ((2, 3), False)])
def test_wide_ends_and_no_hidden_layer_go_layer_by_layer(sizes, one_node):
    assert (nn.MLP(*sizes)(mg.ones(4, 2)).op is mlp) == one_node


def test_layers_that_were_appended_or_exchanged_count():
    net, x = nn.MLP(2, 6, 3), mg.randn(5, 2)
    y = net(x)
    net.append(nn.Tanh())
    np.testing.assert_allclose(net(x).data, np.tanh(y.data), rtol=1e-6)
    net = nn.MLP(2, 6, 3)
    net.layers[1] = nn.Tanh()
    np.testing.assert_allclose(net(x).data, nn.Sequential(*net.layers)(x).data)
    net = nn.MLP(2, 6, 3).append(nn.ReLU())
    np.testing.assert_allclose(net(x).data, nn.Sequential(*net.layers)(x).data)
    net.append(nn.Linear(3, 1))
    assert net(x).shape == (5, 1)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: nn.MLP(3), r"at least two sizes, such as MLP\(2, 32, 1\), got \(3,\)"),
        (lambda: nn.MLP(3, 5, 2)(mg.ones(4, 2)), r"mlp: expected \(N, 3\), got \(4, 2\)"),
        (lambda: nn.MLP(3, 2)(mg.ones(4, 2)), r"linear: expected \(…, 3\), got \(…, 2\)"),
    ],
)
def test_errors_teach(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
