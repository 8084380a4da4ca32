"""max, min, sort, topk, searchsorted, nonzero: values, ties, NaN, gradients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigen
from minigen import ops
from tests.checking import Row, check, few, seeds, shapes, values


def spread(draw, shape):
    """Values at least 0.01 apart, in any order: no ties within reach of a finite difference."""
    n = int(np.prod(shape))
    return (np.argsort(values(draw(seeds), (n,))) * 0.1 + values(draw(seeds), (n,), -0.04, 0.04)).reshape(shape)


def with_axis(draw):
    x = spread(draw, draw(shapes.filter(len)))
    return [x], {"axis": draw(st.integers(-x.ndim, x.ndim - 1))}


def all_of_it(draw):
    return [spread(draw, draw(shapes))], {}


def arg(place):
    return lambda x, axis: (np.take_along_axis(x, np.expand_dims(place(x, axis), axis), axis).squeeze(axis), place(x, axis))


def falling(x, axis):
    return -np.sort(-x, axis), np.argsort(-x, axis)


ROWS = [
    Row("max", ops.max, np.max, all_of_it),
    Row("min", ops.min, np.min, all_of_it),
    Row("max along", ops.max, arg(np.argmax), with_axis),
    Row("min along", ops.min, arg(np.argmin), with_axis),
    Row("argmax", ops.argmax, np.argmax, with_axis, order=0),
    Row("argmin", ops.argmin, np.argmin, with_axis, order=0),
    Row("argsort", ops.argsort, np.argsort, with_axis, order=0),
    Row("sort", ops.sort, lambda x, axis: (np.sort(x, axis), np.argsort(x, axis)), with_axis),
    Row("sort falling", lambda x, axis: ops.sort(x, axis, descending=True), falling, with_axis),
    Row("topk", lambda x, axis: ops.topk(x, 1, axis),
        lambda x, axis: tuple(np.take(a, [0], axis) for a in falling(x, axis)), with_axis),
    Row("argwhere", ops.argwhere, np.argwhere, all_of_it, order=0),
    Row("unique", ops.unique, np.unique, all_of_it, order=0),
    Row("searchsorted", lambda v: ops.searchsorted(minigen.tensor([-1.0, 0.0, 0.5], device=v.device), v),
        lambda v: np.searchsorted([-1.0, 0.0, 0.5], v), all_of_it, order=0, covers=(ops.searchsorted,)),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@few
def test_row(row, data):
    check(row, data.draw)


@given(x=hnp.arrays(np.float64, hnp.array_shapes(max_dims=2, max_side=5), elements=st.sampled_from([0.0, 1.0, 2.0, np.nan])))
@few
def test_sorting_is_stable_and_nan_comes_last(x):
    for descending in (False, True):
        found, indices = minigen.sort(minigen.tensor(x), descending=descending)
        for row, sorted_row, places in zip(
            x.reshape(-1, x.shape[-1]), found.data.reshape(-1, x.shape[-1]), indices.data.reshape(-1, x.shape[-1])
        ):
            key = [(np.inf if np.isnan(v) else v) * (-1 if descending else 1) for v in row]
            expected = sorted(range(len(row)), key=key.__getitem__)
            assert places.tolist() == expected
            np.testing.assert_array_equal(sorted_row, row[expected])
        np.testing.assert_array_equal(minigen.argsort(minigen.tensor(x), descending=descending).data, indices.data)


def test_long_sorts_are_stable_too():
    x = np.arange(300) % 3  # short arrays are sorted by insertion, which is always stable
    rising = np.concatenate([np.flatnonzero(x == v) for v in (0, 1, 2)])
    falling_order = np.concatenate([np.flatnonzero(x == v) for v in (2, 1, 0)])
    np.testing.assert_array_equal(minigen.tensor(x).argsort().data, rising)
    np.testing.assert_array_equal(minigen.tensor(x).argsort(descending=True).data, falling_order)


def test_ties():
    x = minigen.tensor([[2.0, 1.0, 2.0], [0.0, 0.0, 2.0]], requires_grad=True)
    (g,) = minigen.grad(x.max(), x)
    np.testing.assert_allclose(g.data, np.array([[1, 0, 1], [0, 0, 1]]) / 3)  # shared evenly
    found = x.max(1)
    assert found.indices.tolist() == [0, 2]
    (g,) = minigen.grad(found.values.sum(), x)
    np.testing.assert_array_equal(g.data, [[1, 0, 0], [0, 0, 1]])  # only the one that was picked
    (g,) = minigen.grad(x.min(dim=1, keepdim=True).values.sum(), x)
    np.testing.assert_array_equal(g.data, [[0, 1, 0], [1, 0, 0]])


def test_nan_is_the_extreme():
    x = minigen.tensor([1.0, np.nan, 3.0, np.nan])
    assert [x.argmax().item(), x.argmin().item(), x.max(0).indices.item(), x.min(0).indices.item()] == [1] * 4
    assert np.isnan([x.max().item(), x.min().item(), x.max(0).values.item()]).all()
    assert x.topk(3).indices.tolist() == [1, 3, 2]
    assert x.topk(3, largest=False).indices.tolist() == [0, 2, 1]


def test_0d_empty_and_whole_numbers():
    number = minigen.tensor(3.0)
    for pair in (number.max(0), number.min(-1), number.sort(), number.topk(1)):
        assert (pair.values.item(), pair.indices.item(), pair.values.shape, pair.indices.shape) == (3, 0, (), ())
    empty = minigen.zeros(3, 0)
    assert [empty.max(0).values.shape, empty.argmin(0).shape, empty.sort(0).values.shape, empty.topk(0, 1).values.shape] == [
        (0,), (0,), (3, 0), (3, 0),
    ]  # fmt: skip
    whole = minigen.tensor([[3, 1], [2, 3]])
    assert [whole.max().dtype, whole.max(1).values.dtype, whole.argmax().dtype, whole.sort().indices.dtype] == [np.int64] * 4
    assert [whole.max().item(), whole.argmax().item(), whole.argmax(keepdim=True).shape] == [3, 0, (1, 1)]
    assert minigen.max(whole, minigen.tensor([2, 2])).tolist() == [[3, 2], [2, 3]]
    assert minigen.min(whole, minigen.tensor([2, 2])).tolist() == [[2, 1], [2, 2]]


def test_topk():
    x = minigen.tensor([[5.0, 1.0, 4.0, 1.0], [0.0, 7.0, 7.0, 9.0]], requires_grad=True)
    found, indices = minigen.topk(x, 2, dim=1)
    assert (found.tolist(), indices.tolist()) == ([[5, 4], [9, 7]], [[0, 2], [3, 1]])
    assert x.topk(3, largest=False).values.tolist() == [[1, 1, 4], [0, 7, 7]]
    assert x.topk(1, axis=0).values.tolist() == [[5, 7, 7, 9]]
    (g,) = minigen.grad((found * minigen.tensor([1.0, 10.0])).sum(), x)
    assert g.tolist() == [[1, 0, 10, 0], [0, 10, 0, 1]]


def test_places():
    x = minigen.tensor([[0, 2, 0], [3, 0, 1]])
    assert x.nonzero().tolist() == [[0, 1], [1, 0], [1, 2]]
    assert [i.tolist() for i in x.nonzero(as_tuple=True)] == [[0, 1, 1], [1, 0, 2]]
    assert x[minigen.nonzero(x, as_tuple=True)].tolist() == [2, 3, 1]
    assert [minigen.nonzero(minigen.tensor(n)).shape for n in (5, 0)] == [(1, 0), (0, 0)]
    edges, rows = minigen.tensor([1.0, 2.0, 2.0, 3.0]), minigen.tensor([[1.0, 2.0], [2.0, 2.0]])
    assert minigen.searchsorted(edges, minigen.tensor([[2.0], [9.0]])).tolist() == [[1], [4]]
    assert minigen.searchsorted(edges, 2.0, right=True).item() == 3
    assert minigen.searchsorted(rows, minigen.tensor([[2.0], [2.0]])).tolist() == [[1], [0]]
    assert minigen.searchsorted(rows, minigen.tensor([[2.0], [2.0]]), side="right").tolist() == [[2], [2]]


WRONG = [
    ("x.max(2)", IndexError, r"max: axis 2 is out of range for shape \(2, 3\)"),
    ("x.min('a')", TypeError, "min: axis must be a whole number"),
    ("m.zeros(0, 3).max(0)", ValueError, "no elements along axis 0"),
    ("m.zeros(0).max()", ValueError, "no elements"),
    ("m.zeros(0, 3).argmin()", ValueError, "no elements, so none"),
    ("x.argmax(4)", IndexError, "argmax: axis 4 is out of range"),
    ("x.sort(2)", IndexError, "argsort: axis 2 is out of range"),
    ("x.argsort(1.5)", TypeError, "whole number"),
    ("x.topk(4)", ValueError, r"k must be 0 … 3, the length of axis 1 of shape \(2, 3\), got 4"),
    ("x.topk(-1)", ValueError, "k must be"),
    ("m.searchsorted(x, m.tensor([1.0]))", ValueError, "one for every row"),
    ("m.searchsorted(x[0], x, side='up')", ValueError, "side must be"),
]


@pytest.mark.parametrize(("code", "error", "words"), WRONG, ids=[w[0] for w in WRONG])
def test_what_is_said(code, error, words):
    with pytest.raises(error, match=words):
        eval(code, {"m": minigen, "x": minigen.arange(6.0).reshape(2, 3)})
