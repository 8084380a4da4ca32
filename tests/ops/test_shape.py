"""Shapes, joining, repeating, diagonals: values against NumPy, derivatives against numbers, views, messages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen
from minigen import ops
from minigen.device import to_numpy
from minigen.tensor import Tensor
from tests.checking import Row, check, few, one, seeds, shapes, values


def with_axis(extra=0, min_dims=1):
    """A draw of one array and an axis of it, maybe negative."""

    def draw_it(draw):
        x = values(draw(seeds), draw(shapes.filter(lambda s: len(s) >= min_dims)))
        n = x.ndim + extra
        return [x], {"axis": draw(st.integers(-n, n - 1))}

    return draw_it


def reshaped(draw):
    x = values(draw(seeds), draw(st.sampled_from([(6,), (2, 3), (2, 3, 2), (1, 4)])))
    shape = draw(st.permutations([x.size, 1, 1])) if draw(st.booleans()) else [2, -1]
    return [x], {"shape": tuple(shape)}


def permuted(draw):
    x = values(draw(seeds), draw(shapes))
    axes = draw(st.permutations(range(x.ndim)))
    return [x], {"axis": tuple(a - x.ndim if draw(st.booleans()) else a for a in axes)}


def stretched(draw):
    shape = draw(shapes)
    x = values(draw(seeds), tuple(1 if draw(st.booleans()) else n for n in shape[draw(st.integers(0, len(shape))) :]))
    return [x], {"shape": shape}


def pieces(draw):
    """Three arrays that agree but for one axis."""
    shape = draw(shapes.filter(len))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    lengths = draw(st.lists(st.integers(0, 3), min_size=3, max_size=3))
    made = [values(draw(seeds), tuple(n if i == axis % len(shape) else m for i, m in enumerate(shape))) for n in lengths]
    return made, {"axis": axis}


def equal(draw):
    shape = draw(shapes)
    return [values(draw(seeds), shape) for _ in range(3)], {"axis": draw(st.integers(-len(shape) - 1, len(shape)))}


def rolled(draw):
    x = values(draw(seeds), draw(shapes.filter(lambda s: len(s) >= 2)))
    several = {"shifts": (draw(st.integers(-5, 5)), 2), "axis": (0, -1)}
    return [x], draw(st.sampled_from([several, {"shifts": 3, "axis": -1}, {"shifts": -2, "axis": None}]))


def on_diagonal(draw):
    x = values(draw(seeds), draw(st.sampled_from([(3, 3), (2, 4), (4, 2, 3), (2, 3, 2, 3)])))
    axis1, axis2 = draw(st.permutations(range(x.ndim)))[:2]
    return [x], {"offset": draw(st.integers(-4, 4)), "axis1": axis1 - x.ndim, "axis2": axis2}


def embedded(draw):
    return [values(draw(seeds), (2, 3))], {"offset": draw(st.integers(-2, 2))}


def triangle(draw):
    x = values(draw(seeds), draw(st.sampled_from([(3, 3), (2, 4), (2, 4, 3), (0, 2)])))
    return [x], {"diagonal": draw(st.integers(-3, 3))}


def chunks_of(x, chunks, axis):
    """NumPy has no chunk: pieces of ⌈n / chunks⌉."""
    size = -(-x.shape[axis] // chunks)
    return tuple(np.split(x, range(size, x.shape[axis], size), axis))


ROWS = [
    Row("reshape", ops.reshape, np.reshape, reshaped),
    Row("permute", ops.permute, lambda x, axis: np.transpose(x, axis), permuted),
    Row("broadcast_to", ops.broadcast_to, np.broadcast_to, stretched),
    Row("clone", ops.clone, np.copy, one()),
    Row("cast", lambda x: ops.cast(x * 2, dtype=x.dtype), lambda x: x * 2, one(), covers=(ops.cast,)),
    Row("transfer", lambda x: ops.transfer(x, "cpu"), lambda x: x, one(), covers=(ops.transfer,)),
    Row("cat", ops.cat, lambda *xs, axis: np.concatenate(xs, axis), pieces),
    Row("stack", ops.stack, lambda *xs, axis: np.stack(xs, axis), equal),
    Row("roll", ops.roll, lambda x, shifts, axis: np.roll(x, shifts, axis), rolled),
    Row("diagonal", ops.diagonal, np.diagonal, on_diagonal),
    Row("tril", ops.tril, lambda x, diagonal: np.tril(x, diagonal), triangle),
    Row("triu", ops.triu, lambda x, diagonal: np.triu(x, diagonal), triangle),
    Row("unsqueeze", ops.unsqueeze, np.expand_dims, with_axis(extra=1, min_dims=0)),
    Row("squeeze", ops.squeeze, np.squeeze, one()),
    Row("flatten", ops.flatten, np.ravel, one()),
    Row("unflatten", lambda x: ops.unflatten(x, -1, (2, -1)), lambda x: x.reshape(3, 2, 2), one(shape=st.just((3, 4)))),
    Row("transpose", lambda x, axis: ops.transpose(x, axis, 0), lambda x, axis: np.swapaxes(x, axis, 0), with_axis()),
    Row("mT", lambda x: x.mT * 1, lambda x: np.swapaxes(x, -1, -2), one(shape=shapes.filter(lambda s: len(s) > 1))),
    Row("movedim", lambda x, axis: ops.movedim(x, axis, 0), lambda x, axis: np.moveaxis(x, axis, 0), with_axis()),
    Row("unbind", ops.unbind, lambda x, axis: tuple(np.moveaxis(x, axis, 0)), with_axis()),
    Row("chunk", lambda x, axis: ops.chunk(x, 2, axis), lambda x, axis: chunks_of(x, 2, axis), with_axis()),
    Row("flip", ops.flip, np.flip, with_axis()),
    Row("repeat", lambda x: ops.repeat(x, 2, 3, 1, 2), lambda x: np.tile(x, (2, 3, 1, 2)), one()),
    Row("tile", lambda x: ops.tile(x, 2, 3), lambda x: np.tile(x, (2, 3)), one()),
    Row("repeat_interleave", lambda x, axis: ops.repeat_interleave(x, 2, axis), lambda x, axis: np.repeat(x, 2, axis), with_axis()),
    Row(
        "meshgrid",
        lambda x: ops.meshgrid(x, x + 1),
        lambda x: tuple(np.meshgrid(x, x + 1, indexing="ij")),
        one(shape=st.just((3,))),
    ),
    Row("diag", ops.diag, np.diag, one(shape=st.sampled_from([(3,), (3, 2), (2, 3)]))),
    Row("diag_embed", ops.diag_embed, lambda x, offset: np.stack([np.diag(row, offset) for row in x]), embedded),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@few
def test_row(row, data):
    check(row, data.draw)


@pytest.mark.parametrize(
    "code",
    [
        "x.reshape(4, 2, 3)", "x.view(-1)", "x.flatten(1)", "x.unflatten(0, (1, 2))", "x.T", "x.mT", "x.transpose(0, 2)",
        "x.permute(2, 0, 1)", "x.movedim(0, 2)", "x.squeeze()", "x.unsqueeze(0)", "x.expand(5, -1, -1, -1)", "x[1:, ::2]",
        "x.split(2, 1)[1]", "x.chunk(2, 2)[0]", "x.unbind(1)[2]", "x.narrow(1, 1, 2)", "x.flip(0)", "x.diagonal()",
        "x.contiguous()", "x.detach()", "x.to(x.dtype)", "x.float()", "x.cpu()", "m.meshgrid(x[0, 0])[0]",
    ],
)  # fmt: skip
def test_views_share_memory(code):
    x = minigen.arange(24.0).reshape(2, 3, 4)
    assert np.shares_memory(eval(code, {"m": minigen, "x": x}).data, x.data)


@pytest.mark.parametrize("copy", [lambda x: x.clone(), lambda x: x.T.contiguous(), lambda x: x.double(), lambda x: minigen.tensor(x)])
def test_copies_do_not(copy):
    x = minigen.arange(6.0).reshape(2, 3)
    y = copy(x)
    assert not np.shares_memory(y.data, x.data)
    assert y.data.flags.c_contiguous


def test_conversions():
    x = minigen.tensor([[0.5, -1.5, 0.0]], requires_grad=True)
    kinds = {"half": np.float16, "float": np.float32, "double": np.float64, "int": np.int32, "long": np.int64, "bool": np.bool_}
    for name, dtype in kinds.items():
        y = getattr(x, name)()
        assert y.dtype == dtype
        assert y.requires_grad == (y.dtype.kind == "f"), "whole numbers carry no gradient"
        np.testing.assert_array_equal(y.detach().numpy(), x.data.astype(dtype))
    assert x.to("float64").dtype == x.to(float).dtype == x.type_as(minigen.eye(1, dtype="float64")).dtype == np.float64
    assert x.to(minigen.zeros(1, dtype=np.int64)).dtype == np.int64
    assert x.to("cpu") is x
    assert x.to("cpu", np.float64).dtype == np.float64
    (g,) = minigen.grad(x.double().sum(), x)
    assert g.dtype == np.float32


def test_spellings():
    x = minigen.arange(24.0).reshape(2, 3, 4)
    same = [
        (x.flatten(start_dim=1), x.flatten(start_axis=1)), (x.transpose(dim0=0, dim1=2), x.transpose(axis0=0, axis1=2)),
        (minigen.chunk(x, 2, dim=2)[1], minigen.chunk(x, 2, axis=2)[1]), (minigen.cat([x, x], dim=1), minigen.cat([x, x], 1)),
        (x.diagonal(dim1=1, dim2=2), x.diagonal(0, 1, 2)), (x.flip(0, 1), x.flip((0, 1))),
        (x.repeat((1, 2, 1)), x.repeat(1, 2, 1)),
        (minigen.cat(x, x), minigen.cat((x, x))), (minigen.roll(x, 1, dims=2), minigen.roll(x, 1, axis=2)),
        (minigen.hstack([x, x]), minigen.cat([x, x], 1)), (minigen.vstack([x, x]), minigen.concat([x, x], 0)),
        (x.expand_as(minigen.zeros(5, 2, 3, 4)), x.expand((5, 2, 3, 4))), (x.swapaxes(0, 1), x.permute(dims=(1, 0, 2))),
    ]  # fmt: skip
    for a, b in same:
        np.testing.assert_array_equal(a.data, b.data)
        assert a.shape == b.shape


def test_repeat_interleave_with_counts():
    x = minigen.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)
    y = minigen.repeat_interleave(x, minigen.tensor([2, 0, 1]), axis=0)
    np.testing.assert_array_equal(y.data, [[1, 2], [1, 2], [5, 6]])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, [[2, 2], [0, 0], [1, 1]])
    np.testing.assert_array_equal(minigen.repeat_interleave(x, 2).data, np.repeat(x.data, 2))
    assert minigen.repeat_interleave(x, 0, 1).shape == (3, 0)


def test_joining_and_taking_pieces():
    x = minigen.arange(6.0).reshape(2, 3)
    assert minigen.hstack([x[0], x[1, :2]]).tolist() == [0, 1, 2, 3, 4]
    assert minigen.hstack([x[0, 1], x[1, 2]]).tolist() == [1, 5]
    assert minigen.vstack([x[0], x]).tolist() == [[0, 1, 2], [0, 1, 2], [3, 4, 5]]
    assert x.narrow(1, -2, 1).tolist() == [[1], [4]]
    assert [p.tolist() for p in x.split([1, 0, 2], -1)] == [[[0], [3]], [[], []], [[1, 2], [4, 5]]]
    assert [p.shape for p in x.split(2, 1)] == [(2, 2), (2, 1)]
    assert [p.shape for p in minigen.zeros(5).chunk(4)] == [(2,), (2,), (1,)]


def test_meshgrid_of_pixels():
    columns, rows = minigen.meshgrid(minigen.arange(3), minigen.arange(2), indexing="xy")
    assert (columns.tolist(), rows.tolist()) == ([[0, 1, 2], [0, 1, 2]], [[0, 0, 0], [1, 1, 1]])


def test_empty_and_0d():
    number, empty = minigen.tensor(3.0), minigen.zeros(0, 3)
    assert [number.flatten().shape, number.squeeze(0).shape, number.T.shape, number.expand(2, 2).shape] == [(1,), (), (), (2, 2)]
    assert [empty.reshape(3, 0).shape, empty.T.shape, empty.flatten().shape, empty.tile(2, 2).shape] == [(3, 0), (3, 0), (0,), (0, 6)]
    assert [p.shape for p in empty.chunk(3)] == [(0, 3)] * 3
    assert [p.shape for p in empty.split(2)] == [(0, 3)]
    assert empty.unbind(0) == ()
    assert minigen.cat([empty, empty, minigen.ones(1, 3)]).shape == (1, 3)


# (what is wrong, the error, words of its message)
WRONG = [
    ("x.reshape(4, 2)", ValueError, r"reshape: \(2, 3\) holds 6 elements, but \(4, 2\) needs 8"),
    ("x.reshape(-1, 4)", ValueError, "a multiple of 4"),
    ("x.reshape(-1, -1)", ValueError, "only one size may be -1"),
    ("x.view(2.5)", TypeError, "whole numbers"),
    ("x.flatten(1, 0)", ValueError, "start_axis 1 comes after end_axis 0"),
    ("x.flatten(2)", IndexError, r"flatten: axis 2 is out of range for shape \(2, 3\); expected -2 … 1"),
    ("x.unflatten(1, (2, 2))", ValueError, r"has 3 elements, which do not fill \(2, 2\)"),
    ("x.unflatten(1, (2, -1))", ValueError, r"do not fill \(2, 1\)"),
    ("x.squeeze((0, -2))", ValueError, "each axis may come once"),
    ("x.squeeze('0')", TypeError, "axis must be a whole number, got '0'"),
    ("x.unsqueeze(3)", IndexError, r"unsqueeze: axis 3 is out of range for shape \(2, 3\); expected -3 … 2"),
    ("x.permute(0, 0)", ValueError, r"\(0, 0\) is not an order of the 2 axes"),
    ("x.permute(1)", ValueError, "is not an order"),
    ("x.transpose(0, -3)", IndexError, "axis -3 is out of range"),
    ("x.movedim((0, 1), 0)", ValueError, "2 axes cannot move to 1 places"),
    ("x[0].mT", ValueError, "a matrix has two axes"),
    ("x.expand(3, 3)", ValueError, "only axes of size 1 stretch"),
    ("x.expand(-1, 2, 3)", ValueError, "-1 is only for axes that are already there"),
    ("x.expand(3)", ValueError, "every axis needs a size"),
    ("x.broadcast_to((2, 2))", ValueError, r"\(2, 3\) does not stretch to \(2, 2\)"),
    ("m.cat([])", ValueError, "at least one tensor"),
    ("m.cat([x, x[0, 0]])", ValueError, "use stack"),
    ("m.cat([x, x.T])", ValueError, "must agree everywhere except along axis 0"),
    ("m.cat([x, x], 2)", IndexError, "axis 2 is out of range"),
    ("m.stack([])", ValueError, "at least one tensor"),
    ("m.stack([x, x.T])", ValueError, "cat joins along an axis"),
    ("m.stack([x, x], 4)", IndexError, "axis 4 is out of range"),
    ("x.split([1, 3], 1)", ValueError, "must add up to 3"),
    ("x.split([-1, 4], 1)", ValueError, "must add up to 3"),
    ("x.split(0)", ValueError, "positive"),
    ("x.split(1.5)", ValueError, "whole number"),
    ("x[0, 0].split(1)", ValueError, "0-d"),
    ("x.chunk(0)", ValueError, "at least 1"),
    ("x.chunk(2, axis=0, dim=0)", TypeError, "came twice"),
    ("x[0, 0].unbind()", ValueError, "0-d"),
    ("x.narrow(1, 2, 2)", IndexError, r"axis 1 of shape \(2, 3\) has 3"),
    ("x.narrow(1, -4, 2)", IndexError, "not there"),
    ("x.narrow(1, 0, -1)", IndexError, "not there"),
    ("x.repeat(2)", ValueError, "at least 2 numbers of copies"),
    ("x.tile(-1)", ValueError, "none negative"),
    ("x.repeat_interleave(-1)", ValueError, "cannot be negative"),
    ("x.repeat_interleave(m.tensor([1, 2]), 1)", ValueError, "or 3 of them"),
    ("x.repeat_interleave(m.tensor([1, -2, 1]), 1)", ValueError, "or 3 of them"),
    ("x.repeat_interleave(1.5)", ValueError, "expected a number"),
    ("x.flip(2)", IndexError, "axis 2"),
    ("x.flip(0, 0)", ValueError, "once"),
    ("x.roll((1, 2), 0)", TypeError, "each axis needs its shift"),
    ("x.roll((1, 2), (0,))", ValueError, "each axis needs its shift"),
    ("x.roll(1.5)", TypeError, "whole number"),
    ("x.roll(1, 3)", IndexError, "axis 3"),
    ("m.meshgrid(x)", ValueError, "expected vectors"),
    ("m.meshgrid()", ValueError, "expected vectors"),
    ("m.meshgrid(x[0], indexing='ab')", ValueError, "must be"),
    ("x[0].diagonal()", ValueError, "at least two axes"),
    ("x.diagonal(0, 0, -2)", ValueError, "once"),
    ("x.diagonal(0.5)", TypeError, "whole number"),
    ("m.diag(m.zeros(2, 2, 2))", ValueError, "diagonal and diag_embed take batches"),
    ("m.diag_embed(x[0, 0])", ValueError, "0-d"),
    ("x[0].tril()", ValueError, "at least two axes"),
    ("x.to('float31')", TypeError, "unknown dtype 'float31'"),
    ("x.to(5)", TypeError, "unknown dtype 5"),
    ("m.squeeze([[1]])", TypeError, "expected a tensor, got list"),
]


@pytest.mark.parametrize(("code", "error", "words"), WRONG, ids=[w[0] for w in WRONG])
def test_what_is_said(code, error, words):
    with pytest.raises(error, match=words):
        eval(code, {"m": minigen, "x": minigen.arange(6.0).reshape(2, 3)})


def test_bare_arrays_stay_bare():
    x = np.arange(6.0).reshape(2, 3)
    for y in (ops.flatten(x), ops.cat([x, x]), *ops.chunk(x, 2), ops.repeat(x, 2, 1), ops.flip(x, 0), ops.diag(x), ops.contiguous(x.T)):
        assert not isinstance(y, Tensor)
        assert to_numpy(y).dtype == np.float64
