"""What the ops made of other ops share: PyTorch's spellings of arguments; axes, shapes and dtypes that are checked before use."""

import functools

import numpy as np

from minigen import device as _device
from minigen.signature import SYNONYMS
from minigen.tensor import Tensor


def accepts_dim(function):
    """Let callers spell ``dim``, ``keepdim``, … for ``axis``, ``keepdims``, …, and ``input``: what the engine does for primitives."""
    synonyms = {**SYNONYMS, "input": function.__code__.co_varnames[0]}

    @functools.wraps(function)
    def composite(*args, **keywords):
        if args and not hasattr(args[0], "ndim"):
            raise TypeError(f"{function.__name__}: expected a tensor, got {type(args[0]).__name__}; minigen.tensor(…) makes one")
        if keywords:
            spelled = {synonyms.get(key, key): value for key, value in keywords.items()}
            if len(spelled) < len(keywords):
                raise TypeError(f"{function.__name__}: one argument came twice, as axis and as dim: {', '.join(keywords)}")
            keywords = spelled
        return function(*args, **keywords)

    return composite


def axis_of(who, shape, axis, new=0):
    """``axis`` counted from the front. TypeError if it is no whole number, IndexError if ``shape`` has no such axis.

    ``who`` is asking. A 0-d tensor counts as having one axis, as in PyTorch. ``new`` axes are about to be added.
    """
    n = len(shape) + new or 1
    if not isinstance(axis, (int, np.integer)) or isinstance(axis, bool):
        raise TypeError(f"{who}: axis must be a whole number, got {axis!r}")
    if not -n <= axis < n:
        raise IndexError(f"{who}: axis {axis} is out of range for shape {tuple(shape)}; expected {-n} … {n - 1}")
    return int(axis) % n


def axes_of(who, shape, axes):
    """The axes in ``axes`` (an int or several), counted from the front. ValueError if one comes twice."""
    axes = axes if isinstance(axes, (tuple, list)) else (axes,)
    found = tuple(axis_of(who, shape, axis) for axis in axes)
    if len(set(found)) < len(found):
        raise ValueError(f"{who}: each axis may come once, got {tuple(axes)} for shape {tuple(shape)}")
    return found


def sizes_of(who, sizes):
    """``f(2, 3)``, ``f((2, 3))`` and ``f([2, 3])`` all give (2, 3). TypeError if a size is no whole number."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = sizes[0]
    for n in sizes:
        if not hasattr(n, "__index__") or isinstance(n, bool):
            raise TypeError(f"{who}: sizes must be whole numbers, got {tuple(sizes)}")
    return tuple(n.__index__() for n in sizes)


def dtype_of(who, dtype):
    """``dtype`` as NumPy's: it may be given as ``minigen.float32``, "float32" or ``float``. TypeError for anything else."""
    try:
        return np.dtype(dtype)
    except TypeError:
        raise TypeError(f"{who}: unknown dtype {dtype!r}; expected float32, float64, int64, bool or another of NumPy's") from None


def device_of(x):
    """The device of a tensor or an array."""
    return x.device if isinstance(x, Tensor) else _device.device_of(x)
