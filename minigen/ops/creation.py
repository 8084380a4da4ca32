"""Tensors from numbers, and tensors of given shapes: constants, ranges, random numbers."""

import math

import numpy as np

from minigen import device as _device
from minigen import random
from minigen.ops.arguments import device_of, dtype_of, sizes_of
from minigen.tensor import Tensor, raw


def tensor(data, dtype=None, requires_grad=False, device=None):
    """A tensor that holds a copy of ``data``: a number, nested lists, an array or a tensor.

    Python floats take the default dtype (float32), whole numbers int64; arrays and tensors keep theirs.
    """
    if isinstance(data, (list, tuple, range)):
        data = _unwrapped(data)
    dtype = None if dtype is None else dtype_of("tensor", dtype)
    try:
        array = _device.as_array(data.data if isinstance(data, Tensor) else data, dtype, device)
    except (ValueError, AttributeError, TypeError) as error:
        if isinstance(error, ValueError) and device is not None:
            _device.canonical(device)
        raise TypeError(f"tensor: expected a number, an array or nested lists with equal rows, got {data!r:.60}") from None
    return _finish(array.copy(), requires_grad)


def _unwrapped(data):
    """Nested lists with the tensors in them as arrays."""
    return [_unwrapped(d) if isinstance(d, (list, tuple)) else d.tolist() if isinstance(d, Tensor) else d for d in data]


def _finish(array, requires_grad):
    """``array`` as a tensor, a leaf that requires a gradient if asked for."""
    return raw(array).requires_grad_() if requires_grad else raw(array)


def _shape(who, sizes):
    """The shape that ``f(2, 3)`` or ``f((2, 3))`` asks for. ValueError for a negative size."""
    shape = sizes_of(who, sizes)
    if min(shape, default=0) < 0:
        raise ValueError(f"{who}: sizes cannot be negative, got {shape}")
    return shape


# --- constants ----------------------------------------------------------------------------------------------------------------


def zeros(*shape, dtype=None, requires_grad=False, device=None):
    """Zeros: ``zeros(2, 3)`` or ``zeros((2, 3))``."""
    return _finish(_device.create("zeros", _shape("zeros", shape), _floating("zeros", dtype), device=device), requires_grad)


def ones(*shape, dtype=None, requires_grad=False, device=None):
    """Ones: ``ones(2, 3)`` or ``ones((2, 3))``."""
    return _finish(_device.create("ones", _shape("ones", shape), _floating("ones", dtype), device=device), requires_grad)


def empty(*shape, dtype=None, requires_grad=False, device=None):
    """Memory as it is found, to be written into."""
    return _finish(_device.create("empty", _shape("empty", shape), _floating("empty", dtype), device=device), requires_grad)


def full(shape, fill_value, dtype=None, requires_grad=False, device=None):
    """``fill_value`` everywhere; without ``dtype`` a float gives the default dtype, a whole number int64, True bool."""
    value = _number("full", fill_value)
    dtype = _device.as_array(value).dtype if dtype is None else dtype_of("full", dtype)
    return _finish(_device.create("full", _shape("full", (shape,)), value, dtype, device=device), requires_grad)


def eye(n, m=None, dtype=None, requires_grad=False, device=None):
    """The identity matrix I: ones on the diagonal, zeros elsewhere. (n, n), or (n, m)"""
    n, m = _shape("eye", (n, n if m is None else m))
    return _finish(_device.create("eye", n, m, dtype=_floating("eye", dtype), device=device), requires_grad)


def zeros_like(x, dtype=None, requires_grad=False, device=None):
    """Zeros with the shape, dtype and device of x."""
    return zeros(x.shape, **_like(x, dtype, requires_grad, device))


def ones_like(x, dtype=None, requires_grad=False, device=None):
    """Ones with the shape, dtype and device of x."""
    return ones(x.shape, **_like(x, dtype, requires_grad, device))


def empty_like(x, dtype=None, requires_grad=False, device=None):
    """Unwritten memory with the shape, dtype and device of x."""
    return empty(x.shape, **_like(x, dtype, requires_grad, device))


def full_like(x, fill_value, dtype=None, requires_grad=False, device=None):
    """``fill_value`` everywhere, with the shape, dtype and device of x."""
    return full(x.shape, fill_value, **_like(x, dtype, requires_grad, device))


def _number(who, value):
    """A Python number from a number or a 0-d tensor."""
    if getattr(value, "ndim", 1) == 0:
        value = value.item()
    if not isinstance(value, (int, float)):
        raise TypeError(f"{who}: expected numbers, got {value!r:.60}")
    return value


def _like(x, dtype, requires_grad, device):
    return {"dtype": dtype or x.dtype, "requires_grad": requires_grad, "device": device or device_of(x)}


def _floating(who, dtype):
    return _device.get_default_dtype() if dtype is None else dtype_of(who, dtype)


# --- ranges -------------------------------------------------------------------------------------------------------------------


def arange(start, end=None, step=1, dtype=None, requires_grad=False, device=None):
    """start, start + step, … up to, but without, ``end``; ``arange(n)`` is 0 … n − 1. int64, or floats if a bound is a float."""
    start, end = (0, start) if end is None else (start, end)
    start, end, step = (_number("arange", v) for v in (start, end, step))
    if step == 0 or (end - start) * step < 0:
        raise ValueError(f"arange: no steps of {step} lead from {start} to {end}")
    if dtype is None:
        dtype = np.int64 if all(isinstance(v, int) for v in (start, end, step)) else _device.get_default_dtype()
    steps = _device.create("arange", math.ceil((end - start) / step), device=device)
    return _finish((start + step * steps).astype(dtype_of("arange", dtype)), requires_grad)


def linspace(start, end, steps, dtype=None, requires_grad=False, device=None):
    """``steps`` numbers from ``start`` to ``end``, both included, at equal distances."""
    start, end = (_number("linspace", v) for v in (start, end))
    (steps,) = _shape("linspace", (steps,))
    array = _device.create("linspace", start, end, steps, device=device)
    return _finish(array.astype(_floating("linspace", dtype)), requires_grad)


# --- random numbers -----------------------------------------------------------------------------------------------------------


def rand(*shape, dtype=None, requires_grad=False, device=None):
    """Independent, uniform on [0, 1)."""
    return _finish(_draw(random.rand, _shape("rand", shape), dtype, device), requires_grad)


def randn(*shape, dtype=None, requires_grad=False, device=None):
    """Independent, standard normal N(0, 1)."""
    return _finish(_draw(random.randn, _shape("randn", shape), dtype, device), requires_grad)


def rand_like(x, dtype=None, requires_grad=False, device=None):
    """Uniform on [0, 1), with the shape, dtype and device of x."""
    return rand(x.shape, **_like(x, dtype, requires_grad, device))


def randn_like(x, dtype=None, requires_grad=False, device=None):
    """Standard normal, with the shape, dtype and device of x."""
    return randn(x.shape, **_like(x, dtype, requires_grad, device))


def _draw(generate, shape, dtype, device):
    dtype = _floating(generate.__name__, dtype)
    if dtype.kind != "f":
        raise TypeError(f"{generate.__name__}: expected a floating dtype, got {dtype}; randint draws whole numbers")
    drawn = dtype if dtype.itemsize >= 4 else np.dtype(np.float32)  # the generators know no float16
    return generate(shape, drawn, device).astype(dtype, copy=False)


def randint(low, high=None, size=None, dtype=np.int64, requires_grad=False, device=None):
    """Independent whole numbers, uniform on low … high − 1; ``randint(high, size)`` has low = 0."""
    if size is None:
        high, size = None, high
    low, high = (0, low) if high is None else (low, high)
    if size is None:
        raise TypeError("randint: the size is missing; it takes (low, high, size) or (high, size)")
    if low >= high:
        raise ValueError(f"randint: there is no whole number from {low} up to, but without, {high}")
    return _finish(random.randint(low, high, _shape("randint", (size,)), device).astype(dtype, copy=False), requires_grad)


def randperm(n, dtype=np.int64, device=None):
    """0 … n − 1 in a random order. (n,)"""
    (n,) = _shape("randperm", (n,))
    return raw(random.randperm(n, device).astype(dtype, copy=False))
