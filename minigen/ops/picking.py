"""Picking and placing along one axis, PyTorch's way: gather, scatter, index_select, index_add, and by masks."""

import numpy as np

from minigen.autograd import primitive
from minigen.device import create
from minigen.ops.arguments import accepts_dim, axis_of, device_of
from minigen.ops.choose import where
from minigen.ops.indexing import as_index, assign, getitem, picks_once, put_at, writers
from minigen.ops.shape import astype, broadcast_to, reshape
from minigen.tensor import Tensor

# --- picking ------------------------------------------------------------------------------------------------------------------


@accepts_dim
def gather(x, axis, index):
    """y[i, j] = x[index[i, j], j] for ``axis`` 0, y[i, j] = x[i, index[i, j]] for ``axis`` 1, and so on.

    ``index``: whole numbers from 0, with as many axes as x; y has its shape. Along the other axes it may be shorter than x.
    """
    return getitem(x, index=_places("gather", x, axis, index))


@accepts_dim
def take_along_dim(x, indices, axis=None):
    """``gather`` for what ``argsort`` and ``argmax`` return: negative indices count from the end, the other axes broadcast.

    ``axis=None`` reads x as flat and returns a vector.
    """
    indices = _array(indices)
    if axis is None:
        x, indices, axis = reshape(x, shape=(-1,)), indices.reshape(-1), 0
    axis = axis_of("take_along_dim", x.shape, axis)
    indices = _checked("take_along_dim", indices, x.shape, axis, negative=True)
    if indices.ndim != x.ndim:
        raise ValueError(f"take_along_dim: indices of shape {indices.shape} need as many axes as x of shape {x.shape}")
    if x.ndim and x.shape != indices.shape:
        x, indices = _matched(x, indices, axis)
    return getitem(x, index=places(indices, axis))


def _matched(x, indices, axis):
    """x and ``indices`` broadcast against each other along all axes but ``axis``."""
    with_one = [s[:axis] + (1,) + s[axis + 1 :] for s in (x.shape, indices.shape)]
    try:
        shape = np.broadcast_shapes(*with_one)
    except ValueError:
        raise ValueError(f"take_along_dim: {x.shape} and indices {indices.shape} do not broadcast beside axis {axis}") from None
    x_shape, indices_shape = (shape[:axis] + (n,) + shape[axis + 1 :] for n in (x.shape[axis], indices.shape[axis]))
    return broadcast_to(x, shape=x_shape), np.broadcast_to(indices, indices_shape)


@accepts_dim
def index_select(x, axis, index):
    """The slices of x along ``axis`` with the numbers in the vector ``index``: (N, D), (n,) -> (n, D) for ``axis`` 0."""
    return getitem(x, index=_slices("index_select", x, axis, index))


def masked_select(x, mask):
    """The elements of x where ``mask`` is True, in their order, as a vector; x and ``mask`` broadcast."""
    mask = _mask("masked_select", mask)
    shape = _common_shape("masked_select", x, mask)
    return getitem(broadcast_to(x, shape=shape), index=np.broadcast_to(mask, shape))


# --- placing: the result is a new tensor, x stays as it is ----------------------------------------------------------------------


@primitive
def set_at(x, values, *, index):
    """y = x with y[index] = values. Where an element is set twice, the last value wins."""
    y = x.copy()
    assign(y, index, values)
    return y


@set_at.explain
def set_at_complaint(x, values, *, index):
    try:
        place = x[index].shape
    except IndexError:
        return None
    return f"{np.shape(x)}: the place has shape {place}, to which values of shape {np.shape(values)} do not stretch"


@set_at.vjp
def set_at_vjp_x(g, y, x, values, *, index):
    """What was overwritten receives nothing."""
    return set_at(g, 0.0, index=index)


@set_at.vjp
def set_at_vjp_values(g, y, x, values, *, index):
    """The value that stayed receives the gradient of its element; a value that a later one replaced receives nothing."""
    picked = getitem(g, index=index)
    return picked if picks_once(index) else where(_stayed(index, x.shape), picked, 0.0)


def _stayed(index, shape):
    """A mask in the shape of x[index], x of ``shape``: True where the value set there was the last one for its element."""
    numbers, last = writers(index, shape)
    return numbers == last


@accepts_dim
def scatter(x, axis, index, src=None, value=None):
    """x with y[index[i, j], j] = src[i, j] for ``axis`` 0, y[i, index[i, j]] = src[i, j] for ``axis`` 1, and so on.

    ``src``: a number, which may also be called ``value``, or a tensor at least as large as ``index``. Where several land in one
    place, the last one stays.
    """
    if (src is None) == (value is None):
        raise TypeError("scatter: expected src, a tensor or a number, or value, a number")
    src = value if src is None else src
    where_to = _places("scatter", x, axis, index)
    return set_at(x, _source("scatter", x, index, src), index=where_to)


@accepts_dim
def scatter_add(x, axis, index, src):
    """x with src[i, j] added to y[index[i, j], j] for ``axis`` 0, to y[i, index[i, j]] for ``axis`` 1, and so on.

    ``src``: a tensor at least as large as ``index``. What lands in one place adds up.
    """
    where_to = _places("scatter_add", x, axis, index)
    return x + put_at(_source("scatter_add", x, index, src), index=where_to, shape=x.shape)


@accepts_dim
def index_add(x, axis, index, source, alpha=1):
    """x with alpha · source[i] added to its slice number index[i] along ``axis``; slices that are named twice receive both."""
    slices = _slices("index_add", x, axis, index)
    _same_dtype("index_add", x, source)
    wanted = (*x.shape[: len(slices) - 1], len(slices[-1]), *x.shape[len(slices) :]) if x.ndim else (len(slices[-1]),)
    if tuple(source.shape) != wanted:
        raise ValueError(f"index_add: x {x.shape} and {len(slices[-1])} indices need source {wanted}, got {tuple(source.shape)}")
    added = put_at(source, index=slices, shape=x.shape)
    return x + (added if alpha == 1 else alpha * added)


def index_put(x, indices, values, accumulate=False):
    """x with y[indices] = values, or, with ``accumulate``, y[indices] += values where repeated places add up."""
    first, then = as_index(x, tuple(indices) if isinstance(indices, list) else indices)
    part = x if first is None else getitem(x, index=first)
    if accumulate:
        picked = getitem(part, index=then)
        part = put_at(broadcast_to(values, shape=picked.shape), index=then, shape=part.shape)
        return x + (part if first is None else put_at(part, index=first, shape=x.shape))
    part = set_at(part, values, index=then)
    return part if first is None else set_at(x, part, index=first)


def masked_fill(x, mask, value):
    """x with ``value``, a number or a 0-d tensor, where ``mask`` is True; x and ``mask`` broadcast."""
    mask = _mask("masked_fill", mask)
    if np.ndim(value.data if isinstance(value, Tensor) else value):
        raise ValueError(f"masked_fill: the value must be one number, got shape {tuple(value.shape)}; use where")
    _common_shape("masked_fill", x, mask)
    y = where(mask, value, x)
    return y if y.dtype == x.dtype else astype(y, x.dtype)


# --- arguments ----------------------------------------------------------------------------------------------------------------


def _array(index):
    """The array of a tensor; numbers and lists as arrays."""
    return index.data if isinstance(index, Tensor) else index if hasattr(index, "dtype") else np.asarray(index)


def _mask(who, mask):
    mask = _array(mask)
    if mask.dtype != bool:
        raise TypeError(f"{who}: the mask must be bool, not {mask.dtype}; write it as a comparison, such as mask != 0")
    return mask


def _common_shape(who, x, mask):
    try:
        return np.broadcast_shapes(x.shape, mask.shape)
    except ValueError:
        raise ValueError(f"{who}: x of shape {x.shape} and the mask of shape {mask.shape} do not broadcast") from None


def _checked(who, index, shape, axis, negative=False):
    """``index`` as an array of places on ``axis`` of ``shape``: whole numbers from 0, or ``negative`` ones from the end."""
    index, n = _array(index), shape[axis] if shape else 1
    if index.dtype.kind not in "iu":
        raise TypeError(f"{who}: the index must hold whole numbers, not {index.dtype}")
    if not index.size:
        return index
    low, high = int(index.min()), int(index.max())
    if low < (-n if negative else 0) or high >= n:
        bad = low if high < n else high
        raise IndexError(f"{who}: index {bad} is out of range: axis {axis} of shape {shape} has {n} elements")
    return index


def _places(who, x, axis, index):
    """The arrays (i, j, …) for which x[i, j, …] picks along ``axis`` at ``index`` and stays where it is along the other axes."""
    axis = axis_of(who, x.shape, axis)
    index = _checked(who, index, x.shape, axis)
    if index.ndim != x.ndim or any(n > m for d, (n, m) in enumerate(zip(index.shape, x.shape)) if d != axis):
        raise ValueError(
            f"{who}: an index of shape {index.shape} does not fit x of shape {x.shape}: "
            f"it needs {x.ndim} axes, none but axis {axis} longer than in x"
        )
    return places(index, axis)


def places(index, axis):
    """(rows, columns, …): ``index`` for ``axis``, for every other axis its own numbers 0, 1, …, turned so that all broadcast."""
    n, device = index.ndim, device_of(index)
    count = lambda d, m: create("arange", m, device=device).reshape((m,) + (1,) * (n - 1 - d))  # noqa: E731
    return tuple(index if d == axis else count(d, m) for d, m in enumerate(index.shape))


def _slices(who, x, axis, index):
    """(:, …, index): the slices number ``index``, a vector, along ``axis``."""
    axis = axis_of(who, x.shape, axis)
    index = _checked(who, index, x.shape, axis)
    if index.ndim > 1:
        raise ValueError(f"{who}: the index must be a vector, got shape {index.shape}; gather takes one index per element")
    return (*[slice(None)] * axis, index.reshape(-1))


def _source(who, x, index, src):
    """The corner of ``src`` that ``index`` covers; a number as it is."""
    if not hasattr(src, "shape"):
        return src
    _same_dtype(who, x, src)
    shape = _array(index).shape
    if src.ndim != len(shape) or any(n > m for n, m in zip(shape, src.shape)):
        raise ValueError(f"{who}: src {tuple(src.shape)} is smaller than the index {shape}: each index needs a value")
    return src if tuple(src.shape) == shape else getitem(src, index=tuple(slice(n) for n in shape))


def _same_dtype(who, x, src):
    if x.dtype != src.dtype:
        raise TypeError(f"{who}: x has dtype {x.dtype}, but src has {src.dtype}; convert one, for example src.to(x.dtype)")
