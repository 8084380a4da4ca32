"""One body for the tables of ops: values, first and second derivatives, rules on arrays against rules on tensors, dtypes."""

from dataclasses import dataclass

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigen.gradcheck import gradcheck, gradgradcheck
from minigen.random import new_generator
from minigen.tensor import Tensor

few = settings(max_examples=12)


@dataclass
class Row:
    """A row of a table: ``function`` on tensors computes what ``reference`` computes on arrays, for the inputs that ``draw`` draws.

    ``draw(draw)`` takes Hypothesis's draw and returns (arrays, keywords). ``order``: how often it is differentiated (0, 1, 2).
    """

    name: str
    function: object
    reference: object
    draw: object
    order: int = 2
    covers: tuple = ()  # primitives that this row exercises under other names
    rtol: float = 1e-9

    def __str__(self):
        return self.name


def check(row, draw):
    """The body: hold ``row.function`` to its reference and to its finite differences."""
    arrays, keywords = row.draw(draw)
    y = row.function(*[Tensor(a) for a in arrays], **keywords)
    expected = row.reference(*arrays, **keywords)
    for got, want in zip(*[r if isinstance(r, (tuple, list)) else (r,) for r in (y, expected)], strict=True):
        assert isinstance(got, Tensor), f"{row.name} returned {type(got).__name__}, not a tensor"
        np.testing.assert_allclose(got.data, want, rtol=row.rtol, atol=1e-11, err_msg=row.name)
        assert got.shape == np.shape(want)
    floats = [a for a in arrays if np.asarray(a).dtype.kind == "f"]
    if not floats:
        return
    narrow = row.function(*[Tensor(a.astype(np.float32) if a.dtype == np.float64 else a) for a in arrays], **keywords)
    for t in narrow if isinstance(narrow, (tuple, list)) else (narrow,):
        assert t.dtype != np.float64, f"{row.name}: float32 became float64"
    call = lambda *inputs: row.function(*inputs, **keywords)  # noqa: E731
    call.__name__ = row.name
    if row.order >= 1:
        gradcheck(call, arrays)
    if row.order >= 2:
        gradgradcheck(call, arrays)


# --- what to draw -------------------------------------------------------------------------------------------------------------

shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=4)
seeds = st.integers(0, 2**31)


def values(seed, shape, low=-2.0, high=2.0, avoid=()):
    """Distinct float64 values in (low, high), at least 0.05 away from every number in ``avoid`` (kinks)."""
    x = new_generator(seed).uniform(low, high, shape)
    for kink in avoid:
        x = np.where(np.abs(x - kink) < 0.05, x + 0.1, x)
    return x


def one(low=-2.0, high=2.0, avoid=(), shape=shapes, **keywords):
    """A draw of one array of any shape; ``keywords`` are passed on."""
    return lambda draw: ([values(draw(seeds), draw(shape), low, high, avoid)], keywords)


def broadcastable(n=2, low=-2.0, high=2.0, avoid=()):
    """A draw of ``n`` arrays whose shapes broadcast against each other; ``low``/``high`` may be lists, one for each."""
    lows, highs = (v if isinstance(v, (list, tuple)) else [v] * n for v in (low, high))

    def draw_them(draw):
        found = draw(hnp.mutually_broadcastable_shapes(num_shapes=n, max_dims=3, max_side=3)).input_shapes
        return [values(draw(seeds), shape, lo, hi, avoid) for shape, lo, hi in zip(found, lows, highs)], {}

    return draw_them


def reduction(low=-2.0, high=2.0, tuples=True, min_side=1, **more):
    """A draw of one array, an axis (None, an int, maybe negative, or a tuple) and keepdims."""

    def draw_it(draw):
        shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=min_side, max_side=4))
        axes = [st.none(), st.integers(-len(shape), len(shape) - 1)]
        if tuples:
            axes.append(hnp.valid_tuple_axes(len(shape), min_size=1))
        return [values(draw(seeds), shape, low, high)], {"axis": draw(st.one_of(axes)), "keepdims": draw(st.booleans()), **more}

    return draw_it
