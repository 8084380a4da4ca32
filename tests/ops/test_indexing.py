"""x[…], gather, scatter and their kin: values against loops and NumPy, derivatives against numbers, messages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen
from minigen import ops
from minigen.random import new_generator
from minigen.tensor import Tensor
from tests.checking import Row, check, few, seeds, values

INDICES = [
    1, -1, slice(None, None, -2), (0, slice(1, None), 2), (..., None, 1), (None, slice(None), [0, 0]), [1, 1, 0], [],
    ([0, 1], [2, 2]), (slice(None), [[0, 1], [2, 2]], slice(0, 2)), (slice(None), np.array([-1, 0])), (slice(None), []),
    ([0, 1, 1], slice(None), [3, -4, 3]), np.arange(24).reshape(2, 3, 4) % 3 == 0, (slice(None), np.array([True, False, True])),
    (slice(1, 1), ...), (),
]  # fmt: skip  # of an array of shape (2, 3, 4)


def by_index(draw):
    return [values(draw(seeds), (2, 3, 4))], {"index": draw(st.sampled_from(INDICES))}


def arrays_only(index):
    """Lists in an index as arrays, as the primitives take them."""
    if isinstance(index, tuple):
        return tuple(arrays_only(i) for i in index)
    return np.asarray(index, None if index else int) if isinstance(index, list) else index


def put_back(draw):
    index = arrays_only(draw(st.sampled_from(INDICES)))
    return [values(draw(seeds), np.zeros((2, 3, 4))[index].shape)], {"index": index, "shape": (2, 3, 4)}


def added(x, index, shape):
    y = np.zeros(shape)
    np.add.at(y, index, x)
    return y


def set_there(draw):
    index = arrays_only(draw(st.sampled_from(INDICES)))
    shape = np.zeros((2, 3, 4))[index].shape
    shape = shape if draw(st.booleans()) else shape[1:]  # smaller values stretch
    return [values(draw(seeds), (2, 3, 4)), values(draw(seeds), shape)], {"index": index}


def assigned(x, v, index):
    y = x.copy()
    y[index] = v
    return y


def along(source=False):
    """x, an index into one axis that is no longer than x along the others, maybe a source at least as large as the index."""

    def draw_it(draw):
        shape = draw(st.sampled_from([(4,), (3, 2), (2, 3, 2)]))
        axis = draw(st.integers(0, len(shape) - 1))
        size = tuple(draw(st.integers(0, 5 if d == axis else n)) for d, n in enumerate(shape))
        index = new_generator(draw(seeds)).integers(0, shape[axis], size)
        more = [values(draw(seeds), tuple(n + draw(st.integers(0, 1)) for n in size))] if source else []
        return [values(draw(seeds), shape), *more], {"axis": axis - draw(st.sampled_from([0, len(shape)])), "index": index}

    return draw_it


def looped(x, src, axis, index, add):
    """scatter as PyTorch's manual writes it."""
    y = x.copy()
    for place in np.ndindex(index.shape):
        to = (*place[: axis % x.ndim], index[place], *place[axis % x.ndim + 1 :])
        y[to] = src[place] + (y[to] if add else 0)
    return y


def gathered(x, axis, index):
    y = np.zeros(index.shape)
    for place in np.ndindex(index.shape):
        y[place] = x[(*place[: axis % x.ndim], index[place], *place[axis % x.ndim + 1 :])]
    return y


def broadcast_along(draw):
    """x and an index that stretch against each other beside the axis; some count from the end."""
    axis, n = draw(st.integers(-2, 1)), draw(st.integers(1, 3))
    sizes = [[draw(st.sampled_from([1, n])) for _ in range(2)] for _ in range(2)]
    sizes[0][axis], sizes[1][axis] = 3, draw(st.integers(0, 4))
    index = new_generator(draw(seeds)).integers(-3, 3, sizes[1])
    return [values(draw(seeds), sizes[0])], {"axis": axis, "index": index}


def slices(draw):
    axis = draw(st.integers(-3, 2))
    index = new_generator(draw(seeds)).integers(0, (2, 3, 4)[axis], draw(st.integers(0, 4)))
    shape = [2, 3, 4]
    shape[axis] = len(index)
    return [values(draw(seeds), (2, 3, 4)), values(draw(seeds), shape)], {"axis": axis, "index": index}


def slices_added(x, src, axis, index):
    y = np.moveaxis(x.copy(), axis, 0)
    np.add.at(y, index, -2 * np.moveaxis(src, axis, 0))
    return np.moveaxis(y, 0, axis)


def masked(draw):
    mask = new_generator(draw(seeds)).random(draw(st.sampled_from([(3, 2), (2,), (3, 1), ()]))) < 0.5
    return [values(draw(seeds), (3, 2))], {"mask": mask}


ROWS = [
    Row("getitem", ops.index, lambda x, index: x[index], by_index, covers=(ops.getitem,)),
    Row("put_at", ops.put_at, added, put_back),
    Row("set_at", ops.set_at, assigned, set_there),
    Row("gather", lambda x, axis, index: ops.gather(x, axis, index), gathered, along()),
    Row("take_along_dim", lambda x, axis, index: ops.take_along_dim(x, index, axis),
        lambda x, axis, index: np.take_along_axis(x, index, axis), broadcast_along),
    Row("scatter", lambda x, src, axis, index: ops.scatter(x, axis, index, src),
        lambda *a, **k: looped(*a, **k, add=False), along(source=True)),
    Row("scatter_add", lambda x, src, axis, index: ops.scatter_add(x, axis, index, src),
        lambda *a, **k: looped(*a, **k, add=True), along(source=True)),
    Row("index_select", lambda x, v, axis, index: ops.index_select(x, axis, index) * v,
        lambda x, v, axis, index: np.take(x, index, axis) * v, slices),
    Row("index_add", lambda x, v, axis, index: ops.index_add(x, axis, index, v, alpha=-2), slices_added, slices),
    Row("index_put", lambda x, v, index: ops.index_put(x, index, v), assigned, set_there),
    Row("masked_fill", lambda x, mask: ops.masked_fill(x, mask, -3.0), lambda x, mask: np.where(mask, -3.0, x), masked),
    Row("masked_select", lambda x, mask: ops.masked_select(x, mask), lambda x, mask: x[np.broadcast_to(mask, (3, 2))], masked),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_every_index(index):
    x = np.arange(24.0).reshape(2, 3, 4)
    with_arrays = arrays_only(index)
    t = Tensor(x, requires_grad=True)
    np.testing.assert_array_equal(t[index].data, x[with_arrays])
    weights = np.arange(1.0, 1 + x[with_arrays].size).reshape(x[with_arrays].shape)
    (g,) = minigen.grad((t[index] * weights).sum(), t)
    np.testing.assert_array_equal(g.data, added(weights, with_arrays, x.shape))


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@few
def test_row(row, data):
    check(row, data.draw)


def by_hand(x, index):
    """x[index] as PyTorch means it: integers pick first, from the last axis to the first; then everything else."""
    index = list(index)
    for axis in reversed([a for a, i in enumerate(index) if isinstance(i, int)]):
        x = np.take(x, index.pop(axis), axis)
    return x[tuple(index)]


@pytest.mark.parametrize(
    "index",
    [
        (0, slice(None), [1, 2, 1]),
        ([1, 0], slice(None), -1),
        ([1, 1], 2, [0, 3]),
        (1, [0, 2], slice(None)),
        (-1, [0, 2], 3),
        (0, 1, [2, 2]),
    ],
)
def test_integers_pick_before_arrays(index):
    x = np.arange(24.0).reshape(2, 3, 4)
    expected = by_hand(x, index)
    t = Tensor(x, requires_grad=True)
    as_tensors = tuple(Tensor(np.array(i)) if isinstance(i, (int, list)) else i for i in index)  # 0-d tensors are integers, too
    for form in (index, as_tensors):
        np.testing.assert_array_equal(t[form].data, expected)
    (g,) = minigen.grad((t[index] ** 2).sum(), t)
    assert g.data.sum() == 2 * expected.sum()
    y = minigen.tensor(x)
    y[index] = minigen.tensor(-expected)
    np.testing.assert_array_equal(y[index].data[..., -1:], -expected[..., -1:])
    assert (y.data == x).sum() == x.size - len({*expected.reshape(-1)} - {0})


def test_ellipsis_and_masks_beside_integers():
    x = np.arange(24.0).reshape(2, 3, 4)
    t, pairs = minigen.tensor(x), x[0] % 3 == 1
    np.testing.assert_array_equal(t[1, ..., [3, 0]].data, x[1][:, [3, 0]])
    np.testing.assert_array_equal(t[[1, 0], ..., 2].data, x[..., 2][[1, 0]])
    np.testing.assert_array_equal(t[0, minigen.tensor(pairs)].data, x[0][pairs])
    np.testing.assert_array_equal(t[0, None, :, x[0, 0] > 1].data, x[0][None][:, :, x[0, 0] > 1])
    assert [t[True].shape, t[False].shape, t[True, 0].shape, t[..., None].shape] == [
        (1, 2, 3, 4),
        (0, 2, 3, 4),
        (1, 3, 4),
        (2, 3, 4, 1),
    ]


def test_repeated_picks_add_up():
    x = minigen.zeros(3, requires_grad=True)
    (x[[0, 2, 0, 0, -1]] * minigen.tensor([1.0, 10.0, 100.0, 1000.0, 5.0])).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [1101, 0, 15])


def test_only_the_last_value_that_was_set_gets_the_gradient():
    x, v = minigen.zeros(3, requires_grad=True), minigen.tensor([5.0, 6.0, 7.0], requires_grad=True)
    y = minigen.scatter(x, 0, minigen.tensor([1, 1, 0]), v)
    np.testing.assert_array_equal(y.data, [7, 6, 0])
    (y * minigen.tensor([1.0, 10.0, 100.0])).sum().backward()
    np.testing.assert_array_equal(v.grad.data, [0, 10, 1])
    np.testing.assert_array_equal(x.grad.data, [0, 0, 100])


def test_index_put():
    x, v = minigen.zeros(2, 3, requires_grad=True), minigen.tensor([1.0, 2.0, 3.0], requires_grad=True)
    rows, columns = minigen.tensor([0, 1, 0]), minigen.tensor([2, 0, 2])
    np.testing.assert_array_equal(x.index_put((rows, columns), v).data, [[0, 0, 3], [2, 0, 0]])
    y = x.index_put((rows, columns), v, accumulate=True)
    np.testing.assert_array_equal(y.data, [[0, 0, 4], [2, 0, 0]])
    (y**2).sum().backward()
    np.testing.assert_array_equal(v.grad.data, [8, 4, 8])
    np.testing.assert_array_equal(x.index_put((0, [0, 0]), v[0], accumulate=True).data, [[2, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(x.index_put((0, [0, 1]), v[1]).data, [[2, 2, 0], [0, 0, 0]])


def test_numbers_and_dtypes():
    x = minigen.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(x.scatter(1, minigen.tensor([[0], [2]]), 9).data, [[9, 1, 2], [3, 4, 9]])
    whole = minigen.tensor([1, 2, 3])
    filled = whole.masked_fill(whole > 1, 7.5)
    assert filled.dtype == np.int64
    np.testing.assert_array_equal(filled.data, [1, 7, 7])
    np.testing.assert_array_equal(minigen.take_along_dim(x, minigen.tensor([[-1], [0]]), 1).data, [[2], [3]])
    np.testing.assert_array_equal(minigen.take_along_dim(x, minigen.tensor([[0, 2]]), dim=1).data, [[0, 2], [3, 5]])
    np.testing.assert_array_equal(minigen.take_along_dim(x, minigen.tensor([[5, -6]])).data, [5, 0])
    assert minigen.tensor(2.0).gather(0, minigen.tensor(0)).item() == 2


WRONG = [
    ("x[2]", IndexError, "getitem: .*index 2 is out of bounds for axis 0 with size 2"),
    ("x[0, 0, 0]", IndexError, "too many indices"),
    ("x[0, :, [1]]", IndexError, "too many indices"),
    ("x[[0, 5]]", IndexError, "index 5 is out of bounds"),
    ("x[[0, -3]]", IndexError, "index -3 is out of bounds"),
    ("x[i([True, False, True])]", IndexError, "boolean index did not match"),
    ("x[[0, 1], [0, 1, 2]]", IndexError, "could not be broadcast"),
    ("x[1.5]", TypeError, "expected whole numbers, slices, None, ... or masks of bools, got 1.5"),
    ("x[i([0.5])]", TypeError, "got dtype float32"),
    ("x['a']", TypeError, "got 'a'"),
    ("x.gather(1, i([[3]]))", IndexError, r"gather: index 3 is out of range: axis 1 of shape \(2, 3\) has 3 elements"),
    ("x.gather(1, i([[-1]]))", IndexError, "index -1 is out of range"),
    ("x.gather(1, i([0]))", ValueError, "it needs 2 axes"),
    ("x.gather(0, i([[0, 0, 0, 0]]))", ValueError, "none but axis 0 longer than in x"),
    ("x.gather(1, i([[0.0]]))", TypeError, "whole numbers, not float32"),
    ("x.gather(2, i([[0]]))", IndexError, "axis 2 is out of range"),
    ("x.take_along_dim(i([0]), 1)", ValueError, "as many axes"),
    ("x.take_along_dim(i([[-4]]), 1)", IndexError, "index -4 is out of range"),
    ("x.take_along_dim(i([[0], [0], [0]]), 1)", ValueError, "do not broadcast beside axis 1"),
    ("x.take_along_dim(i([6]))", IndexError, "has 6 elements"),
    ("x.index_select(0, i([[0]]))", ValueError, "must be a vector"),
    ("x.index_select(0, i([2]))", IndexError, "index 2 is out of range"),
    ("x.index_select(0, i([-1]))", IndexError, "index -1 is out of range"),
    ("x.masked_select(x)", TypeError, "the mask must be bool, not float32"),
    ("x.masked_select(i([True, False]))", ValueError, "do not broadcast"),
    ("x.masked_fill(i([True, False]), 0)", ValueError, "do not broadcast"),
    ("x.masked_fill(x > 2, x)", ValueError, "must be one number"),
    ("x.scatter(1, i([[0, 1]]), m.ones(1, 1))", ValueError, "each index needs a value"),
    ("x.scatter(1, i([[0, 1]]), m.ones(1, 2, dtype='int64'))", TypeError, "x has dtype float32, but src has int64"),
    ("x.scatter_add(1, i([[4]]), m.ones(1, 1))", IndexError, "index 4"),
    ("x.index_add(0, i([0]), m.ones(2, 3))", ValueError, r"need source \(1, 3\), got \(2, 3\)"),
    ("x.index_put((i([5]),), 1.0)", IndexError, "index 5"),
    ("x.index_put((i([0]),), m.ones(5))", ValueError, r"the place has shape \(1, 3\)"),
    ("x.__setitem__(5, 0)", IndexError, r"assignment into shape \(2, 3\): index 5"),
]


@pytest.mark.parametrize(("code", "error", "words"), WRONG, ids=[w[0] for w in WRONG])
def test_what_is_said(code, error, words):
    with pytest.raises(error, match=words):
        eval(code, {"m": minigen, "i": minigen.tensor, "x": minigen.arange(6.0).reshape(2, 3)})
