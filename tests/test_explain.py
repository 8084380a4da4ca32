"""explain: the table holds what the graph holds, the drawings show every node once, and the graph is left alone."""

import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter

import numpy as np
import pytest

from minigen import ops
from minigen.autograd import grad, no_grad
from minigen.explain import explain, tensor_html
from minigen.random import new_generator
from minigen.tensor import Tensor


def leaf(*shape, seed=0):
    return Tensor(new_generator(seed).standard_normal(shape).astype(np.float32), requires_grad=True)


def example():
    """sum(2 tanh(x W + b) exp(tanh(x W + b)) + b): W, b are leaves, x is a constant; tanh and b are used twice"""
    w, b, x = leaf(4, 3), leaf(3, seed=1), leaf(5, 4, seed=2).detach()
    h = ops.tanh(x @ w + b)
    return (h * ops.exp(h) * 2.0 + b).sum(), {"W": w, "b": b, "x": x, "h": h}


def test_the_table():
    loss, names = example()
    told = explain(loss, names)
    assert [n.op for n in told.nodes] == [
        "constant", "leaf", "matmul", "leaf", "add", "tanh", "exp", "mul", "mul", "add", "sum",
    ]  # fmt: skip
    assert [n.name for n in told.nodes if n.name] == ["x", "W", "b", "h"]
    assert [n.inputs for n in told.nodes] == [(), (), (0, 1), (), (2, 3), (4,), (5,), (5, 6), (7, "2"), (8, 3), (9,)]
    assert told.nodes[6].formula == "y = eˣ"
    assert told.nodes[2].shape == (5, 3)
    assert {n.dtype for n in told.nodes} == {"float32"}
    for line, n in zip(str(told).splitlines()[1:], told.nodes, strict=True):
        assert line.startswith(f"#{n.number}")
    assert "#7   mul          #5, #6  (5, 3), (5, 3) → (5, 3)  float32" in str(told)
    assert re.search(r"#0 +x: constant +\(5, 4\) +float32 +–", str(told))


def test_the_gradient_norms():
    loss, names = example()
    told = explain(loss, names)
    for n in told.nodes:
        if n.name and n.name != "x":
            (g,) = grad(loss, names[n.name], retain_graph=True)
            assert n.gradient == pytest.approx(float(np.sqrt((g.data**2).sum())), rel=1e-5)
    assert told.nodes[-1].gradient == 1.0
    assert told.nodes[0].gradient is None


def test_a_loss_of_any_shape_and_without_gradient():
    w = leaf(3)
    assert explain(w * 2.0).nodes[0].gradient == pytest.approx(2 * 3**0.5)
    assert [n.op for n in explain(w).nodes] == ["leaf"]
    with no_grad():
        (alone,) = explain(w * 2.0).nodes
    assert (alone.op, alone.gradient) == ("constant", None)


def test_the_graph_is_left_alone():
    loss, names = example()
    before = loss.item()
    repr(explain(loss)), explain(loss)._repr_html_()
    assert all(t.grad is None for t in names.values())
    with no_grad():
        explain(loss)
    loss.backward()
    twin, twins = example()
    twin.backward()
    np.testing.assert_array_equal(names["W"].grad.data, twins["W"].grad.data)
    assert loss.item() == before
    with pytest.raises(RuntimeError, match="the graph of sum was freed by backward"):
        explain(loss)


def test_the_text():
    w, v = leaf(2), leaf(2)
    drawn = explain((ops.exp(w) * v + w).sum(), {"w": w, "v": v}).text()
    assert drawn.splitlines() == [
        "#5 sum ()",
        "#4 add (2,)",
        "├─ #0 w (2,)",
        "#3 mul (2,)",
        "├─ #2 v (2,)",
        "#1 exp (2,)",
        "#0 w (2,)",
    ]
    h = ops.exp(w)
    assert "↑ #1 exp" in explain(ops.tanh(h) * h).text()  # drawn once, named the second time


def test_the_svg():
    loss, names = example()
    names["<W>"] = names.pop("W")
    told = explain(loss, names)
    svg = ElementTree.fromstring(told.svg())
    space = "{http://www.w3.org/2000/svg}"
    boxes = [(float(r.get("x")), float(r.get("y"))) for r in svg.iter(f"{space}rect")]
    titles = [t.text for t in svg.iter(f"{space}text")][::2]
    assert titles == [n.title for n in told.nodes]
    for n in told.nodes:
        for i in n.sources:
            assert boxes[i][1] < boxes[n.number][1], "an input stands above its user"
    assert len(set(boxes)) == len(boxes)
    width, height = float(svg.get("width")), float(svg.get("height"))
    assert all(0 <= x < width and 0 <= y < height for x, y in boxes)
    assert "<table>" in told._repr_html_()
    assert "&lt;W&gt;" in told._repr_html_()


def test_the_edges_of_the_svg_meet_their_boxes():
    w = leaf(2)
    y = ops.exp(ops.tanh(ops.exp(w))) + w  # the edge w → add passes three layers
    told = explain(y)
    svg = ElementTree.fromstring(told.svg())
    space = "{http://www.w3.org/2000/svg}"
    boxes = [tuple(float(r.get(key)) for key in ("x", "y", "width", "height")) for r in svg.iter(f"{space}rect")]
    bottoms, tops = {(x + w / 2, y + h) for x, y, w, h in boxes}, {(x + w / 2, y) for x, y, w, h in boxes}
    paths = [[float(v) for v in re.findall(r"-?[\d.]+", p.get("d"))] for p in svg.iter(f"{space}path")]
    starts, ends = {tuple(p[:2]) for p in paths}, {tuple(p[-2:]) for p in paths}
    assert len(paths) == 8
    assert bottoms - starts == {(boxes[-1][0] + boxes[-1][2] / 2, boxes[-1][1] + boxes[-1][3])}  # only the loss has no user
    assert len(tops - ends) == 1  # only w has no input
    assert starts - bottoms == ends - tops  # a point of passage is left where it was reached
    assert {y for _, y in starts - bottoms} == {y + h for _, y, _, h in boxes[1:4]}  # one in every layer on the way


def test_200_nodes_are_quick_and_a_long_chain_works():
    y = w = leaf(3)
    for _ in range(100):
        y = ops.tanh(y) * w
    calls = Counter()
    sys.setprofile(lambda frame, event, argument: calls.update([event]))  # seconds would be those of the machine
    try:
        told = explain(y.sum())
        text, svg = told.text(), told.svg()
    finally:
        sys.setprofile(None)
    assert calls["call"] + calls["c_call"] < 800_000  # 400,000: w passes through each layer on its way to each user
    assert len(told.nodes) == 202
    assert len(text.splitlines()) == 302  # w is drawn beside each of its users
    ElementTree.fromstring(svg)
    for _ in range(3000):
        y = y + 1.0
    assert len(explain(y).text().splitlines()) > 3000


def test_names_from_modules():
    from minigen import nn

    net = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
    loss = net(leaf(4, 3).detach()).sum()
    assert {n.name for n in explain(loss, net).nodes if n.op == "parameter"} == {"0.weight", "0.bias"}
    assert {n.name for n in explain(loss, {"net": net}).nodes if n.op == "parameter"} == {"net.0.weight", "net.0.bias"}


WRONG = [
    (lambda: explain(3.0), TypeError, "expected a tensor, got float"),
    (lambda: explain(leaf(2), {"w": 3}), TypeError, "names maps names to tensors or modules, but 'w' to a int"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG, ids=[m for _, _, m in WRONG])
def test_wrong_use(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- a tensor in a notebook ---------------------------------------------------------------------------------------------------

PICTURES = [  # tensor, what its HTML says, number of cells
    (
        Tensor([[1.0, -2.0], [0.0, 0.5]]),
        ["shape (2, 2), float32, cpu, from -2 to 1", "rgb(0,0,255)", "rgb(255,255,255)", "0.5"],
        4,
    ),
    (Tensor(3.0), ["shape ()", ">3<"], 1),
    (Tensor([1.0, np.nan, np.inf]), ["from 1 to 1, <b>1 NaN</b>, <b>1 infinite</b>", "#c026d3"], 3),
    (Tensor([True, False]), ["bool", "from 0 to 1"], 2),
    (Tensor(np.zeros((0, 3))), ["shape (0, 3), float64, cpu<"], 0),
    (Tensor(np.arange(24).reshape(2, 3, 4)), ["[0]", "int64", ">0<", ">11<"], 12),
    (Tensor(np.zeros(2)), ["rgb(255,255,255)"], 2),
    (Tensor(np.ones((20, 40))), ["the first 16 × 32 of 20 × 40"], 512),
    (ops.exp(leaf(2)), ["made by exp"], 2),
    (leaf(2), ["requires_grad"], 2),
]


@pytest.mark.parametrize(("tensor", "says", "cells"), PICTURES, ids=[str(t.shape) for t, _, _ in PICTURES])
def test_tensor_html(tensor, says, cells):
    page = tensor_html(tensor)
    assert tensor._repr_html_() == page
    for words in says:
        assert words in page
    assert page.count("<td") == cells
    ElementTree.fromstring(f"<page>{page}</page>")  # well-formed
