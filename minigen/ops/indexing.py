"""Picking elements, and its adjoint: putting them back where they came from. All picking and placing is made of these."""

import math

import numpy as np

from minigen.autograd import primitive
from minigen.device import add_at, as_array, create, device_of, maximum_at, on_gpu, to_device
from minigen.tensor import Tensor

_PLAIN = (int, slice, type(None), type(Ellipsis))  # what every array takes in its brackets without a question


@primitive
def getitem(x, *, index):
    """y = x[index]: slices, integers, arrays of integers, masks, ``None``, ``...`` and their mixtures, as in NumPy."""
    return x[index]


@getitem.vjp
def getitem_vjp(g, y, x, *, index):
    """Each picked element takes its gradient back to its place; repeated picks add up."""
    put = put_at.__wrapped__ if type(g) is np.ndarray else put_at  # the engine's door would cost 0.6 µs, as much as the room
    return put(g, index=index, shape=x.shape)


@primitive
def put_at(x, *, index, shape):
    """y = zeros(shape) with y[index] += x: the adjoint of ``getitem``."""
    y = np.zeros(shape, x.dtype) if type(x) is np.ndarray else create("zeros", shape, x.dtype, device=device_of(x))
    if picks_once(index):
        y[index] = x
    elif all(hasattr(i, "dtype") and i.dtype.kind in "iu" for i in (index if isinstance(index, tuple) else (index,))):
        add_at(y.reshape(-1), _flat(index, shape), x.reshape(-1))  # an embedding's table: six times as fast as add.at on rows
    else:
        add_at(y, index, x)
    return y


@put_at.vjp
def put_at_vjp(g, y, x, *, index, shape):
    """The adjoint of the adjoint: pick again."""
    return getitem(g, index=index)


def _flat(index, shape):
    """The places that arrays of whole numbers for the leading axes pick, counted in the flattened array of ``shape``."""
    arrays = index if isinstance(index, tuple) else (index,)
    lead, inner = shape[: len(arrays)], math.prod(shape[len(arrays) :])
    rows = np.ravel_multi_index(arrays, lead, mode="wrap").reshape(-1)  # all in range: only negative ones wrap
    return rows if inner == 1 else (rows[:, None] * inner + create("arange", inner, device=device_of(rows))).reshape(-1)


def picks_once(index):
    """True for slices, integers, None, ``...`` and masks: no element is picked twice, so assignment replaces addition."""
    for i in index if type(index) is tuple else (index,):
        if type(i) not in _PLAIN and i.dtype.kind != "b":
            return False
    return True


def assign(x, index, values):
    """x[index] = values, in place, for an array x. Where an element is set twice the last value stays; CuPy would leave it to chance."""
    values = values.data if isinstance(values, Tensor) else values
    if on_gpu(x) or on_gpu(values):
        values = as_array(values, x.dtype, device_of(x))
        if on_gpu(x) and values.ndim and not picks_once(index):
            _, last = writers(index, x.shape)
            values = np.broadcast_to(values, last.shape).reshape(-1)[last]
    x[index] = values


def writers(index, shape):
    """The values that are set at x[index], x of ``shape``, numbered in their order; and beside each the last one for its element."""
    device = device_of(next(i for i in (index if isinstance(index, tuple) else (index,)) if hasattr(i, "dtype")))
    last = create("zeros", shape, np.int64, device=device)
    numbers = create("arange", last[index].size, device=device).reshape(last[index].shape)
    maximum_at(last, index, numbers)
    return numbers, last[index]


# --- x[…] as it is written ----------------------------------------------------------------------------------------------------


def index(x, index):
    """x[index] for all that may stand in brackets: slices, integers, None, ``...``, masks, tensors, arrays or lists of integers.

    Integers pick before arrays do, as in PyTorch: ``x[0, :, [1, 2]]`` is ``x[0][:, [1, 2]]``; NumPy would move its axes around.
    """
    for i in index if type(index) is tuple else (index,):
        if type(i) not in _PLAIN:
            break
    else:
        return getitem(x, index=index)
    first, then = as_index(x, index)
    if first is not None:
        x = getitem(x, index=first)
    return getitem(x, index=then)


def as_index(x, index):
    """``index`` as two that NumPy understands, one after the other: integers and slices (None if not needed), then the arrays."""
    items = index if type(index) is tuple else (index,)
    for i in items:
        if type(i) not in _PLAIN:
            break
    else:
        return None, items
    items = [i if type(i) in _PLAIN else _as_item(i, x) for i in items]
    if any(on_gpu(i) for i in items if type(i) not in _PLAIN):
        _check_range(items, x.shape)
    if all(type(i) is not int for i in items) or all(type(i) in _PLAIN for i in items):
        return None, tuple(items)
    first, then = [], []
    for i in items:
        if i is Ellipsis:
            whole = [slice(None)] * (x.ndim - sum(_axes_used(j) for j in items))
            first, then = first + whole, then + whole
        elif type(i) is int:
            first.append(i)
        elif i is None or type(i) is slice:
            first.append(i)
            then.append(slice(None))
        else:
            first += [slice(None)] * _axes_used(i)
            then.append(i)
    return tuple(first), tuple(then)


def _check_range(items, shape):
    """IndexError for an array of indices that is out of range: CuPy would wrap it around without a word."""
    axis = 0
    for k, i in enumerate(items):
        if i is Ellipsis:
            axis = len(shape) - sum(_axes_used(j) for j in items[k + 1 :])
        elif type(i) not in _PLAIN and i.dtype != bool and i.size and axis < len(shape):
            low, high, n = int(i.min()), int(i.max()), shape[axis]
            if low < -n or high >= n:
                raise IndexError(f"index {low if low < -n else high} is out of bounds for axis {axis} with size {n}")
        axis += _axes_used(i)


def _axes_used(item):
    """How many axes one item of an index speaks about: a mask about as many as it has."""
    if item is None or item is Ellipsis:
        return 0
    return item.ndim if getattr(item, "dtype", None) == np.bool_ else 1


def _as_item(i, x):
    """A tensor, array, list or number in an index, as an array where x lives, or as an int. TypeError for anything else."""
    if isinstance(i, Tensor):
        i = i.data
    elif isinstance(i, (list, range)):
        i = np.asarray(i) if len(i) else np.zeros(0, np.int64)
    elif isinstance(i, (bool, int, np.generic)):
        i = np.asarray(i)
    if not hasattr(i, "dtype") or i.dtype.kind not in "iub":
        what = f"dtype {i.dtype}" if hasattr(i, "dtype") else repr(i)
        raise TypeError(f"index into shape {x.shape}: expected whole numbers, slices, None, ... or masks of bools, got {what}")
    if i.ndim == 0 and i.dtype != bool:
        return int(i)
    array = x.data if isinstance(x, Tensor) else x
    return i if device_of(i) == device_of(array) else to_device(i, device_of(array))
