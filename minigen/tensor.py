"""Tensor: an array, its gradient, and how it was made."""

from functools import partialmethod
from itertools import count

import numpy as np

from minigen import device as _device

tick = count(1).__next__  # serial numbers: the order in which things happened
FREED = ()  # the inputs of a node after backward has passed it


class Tensor:
    """An array that remembers how it was computed, so that gradients can flow back through it.

    ``data`` is the NumPy or CuPy array itself; ``grad`` holds ∂loss/∂self after ``loss.backward()``, for leaves that require it.
    ``Tensor(array)`` shares the array's memory; ``minigen.tensor(data)`` copies it.

    A tensor that an op made is a node of the graph: ``op`` made it from ``inputs`` with the settings ``keywords`` as the
    ``serial``-th of all. Of the inputs, ``values`` are the bare arrays and numbers, ``tensors`` the tensors, and ``tracked`` the
    pairs (position, tensor) that want gradients; ``saved`` is what the forward kept for its rules. ``written`` is when the tensor
    was last changed in place.
    """

    __slots__ = (
        "__weakref__", "data", "grad", "requires_grad", "written",
        "op", "inputs", "keywords", "values", "tensors", "tracked", "saved", "serial",
    )  # fmt: skip
    __array_ufunc__ = None  # array + tensor: NumPy leaves the sum to Tensor.__radd__

    def __init__(self, data, dtype=None, requires_grad=False, device=None):
        if isinstance(data, Tensor):
            data, device = data.data, device or data.device
        self.data = _device.as_array(data, dtype, device)
        self.grad, self.op, self.requires_grad, self.written = None, None, False, 0
        if requires_grad:
            self.requires_grad_()

    @property
    def shape(self):
        """The sizes of its axes, a tuple."""
        return self.data.shape

    @property
    def dtype(self):
        """NumPy's dtype."""
        return self.data.dtype

    @property
    def ndim(self):
        """The number of its axes."""
        return self.data.ndim

    @property
    def device(self):
        """Where the array lives: "cpu" or "cuda:N"."""
        return _device.device_of(self.data)

    @property
    def is_leaf(self):
        """True if no recorded op made it: a parameter, an input, a constant."""
        return self.op is None

    def size(self, axis=None):
        """Its shape, or the length of one axis. [torch.Tensor.size]"""
        return self.shape if axis is None else self.shape[axis]

    def dim(self):
        """The number of its axes. [torch.Tensor.dim]"""
        return self.data.ndim

    def numel(self):
        """The number of its elements."""
        return self.data.size

    def is_floating_point(self):
        """True for float32, float64 and float16: only these can require a gradient."""
        return self.data.dtype.kind == "f"

    def numpy(self):
        """The NumPy array, sharing memory. RuntimeError for a tensor that requires a gradient or lives on a GPU."""
        if self.requires_grad:
            raise RuntimeError("numpy(): this tensor requires a gradient, which NumPy cannot follow; call .detach().numpy()")
        if _device.on_gpu(self.data):
            raise RuntimeError(f"numpy(): this tensor lives on {self.device}; call .cpu().numpy()")
        return self.data

    def __array__(self, dtype=None, copy=None):
        return np.array(self.numpy(), dtype, copy=copy)

    def item(self):
        """The only element as a Python number. ValueError if there is not exactly one."""
        if self.data.size != 1:
            raise ValueError(f"item(): expected a tensor with one element, got shape {self.shape}")
        return self.data.item()

    def tolist(self):
        """Nested lists of Python numbers."""
        return self.data.tolist()

    def detach(self):
        """The same array as a constant: no gradient flows through it. Shares memory."""
        return raw(self.data)

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    def __index__(self):
        if self.data.dtype.kind not in "iub":
            raise TypeError(f"only a whole number can be an index, not a tensor of dtype {self.dtype}")
        return int(self.item())

    def __bool__(self):
        if self.data.size != 1:
            raise ValueError(f"a tensor of shape {self.shape} is neither true nor false; use .any() or .all()")
        return bool(self.data.item())

    def __len__(self):
        if not self.data.ndim:
            raise TypeError("a 0-d tensor has no length")
        return self.data.shape[0]

    def __iter__(self):
        if not self.data.ndim:
            raise TypeError("a 0-d tensor cannot be iterated over")
        return (self[i] for i in range(len(self)))

    def __contains__(self, value):
        return bool((self.data == (value.data if isinstance(value, Tensor) else value)).any())

    def __format__(self, spec):
        return format(self.item(), spec) if spec and self.data.size == 1 else format(repr(self), spec)

    def __repr__(self):
        body = np.array2string(_device.to_numpy(self.data), separator=", ", prefix="tensor(", threshold=200, edgeitems=3, precision=4)
        notes = [body]
        if self.data.dtype != _device.get_default_dtype() and self.data.dtype not in (np.int64, np.bool_):
            notes.append(f"dtype={self.dtype}")
        if 0 in self.shape:
            notes.append(f"shape={self.shape}")
        if self.device != "cpu":
            notes.append(f"device={self.device!r}")
        if self.requires_grad:
            notes.append(f"op={self.op.__name__}" if self.op else "requires_grad=True")
        return f"tensor({', '.join(notes)})"

    def _repr_html_(self):
        from minigen.explain import tensor_html  # only notebooks ask for it

        return tensor_html(self)

    def requires_grad_(self, requires_grad=True):
        """Switch the gradient of a leaf on or off, and return it. Off freezes it: its rules are skipped."""
        if requires_grad and self.data.dtype.kind != "f":
            raise TypeError(f"only floating-point tensors can require a gradient, not {self.dtype}; convert it with .float()")
        if not requires_grad and self.op is not None:
            raise RuntimeError("requires_grad_(False): only a leaf can be frozen; use detach() to cut a computed tensor off its graph")
        self.requires_grad = requires_grad
        return self

    def backward(self, gradient=None, create_graph=False, retain_graph=None):
        """Add ∂self/∂leaf to ``leaf.grad`` for every leaf that requires it. See ``minigen.autograd.backward``."""
        autograd.backward(self, gradient, create_graph=create_graph, retain_graph=retain_graph)

    def write_(self, index, value):
        """self[index] = value, in place. RuntimeError where a gradient would have to flow through the assignment."""
        if autograd.is_grad_enabled() and (self.requires_grad or getattr(value, "requires_grad", False)):
            raise RuntimeError(
                "an in-place change cannot be differentiated: compute a new tensor (where, cat, scatter, index_add), "
                "or write inside `with no_grad():`"
            )
        first, then = ops.as_index(self, index)
        ops.assign(self.data if first is None else self.data[first], then, value)
        self.written = tick()
        return self

    def __setitem__(self, index, value):
        try:
            self.write_(index, value)
        except (IndexError, ValueError) as error:
            raise type(error)(f"assignment into shape {self.shape}: {error}") from error

    def copy_(self, source):
        """Write ``source``, which broadcasts to this shape, into this tensor's memory."""
        return self.write_(..., source)

    def fill_(self, value):
        """Write one number everywhere."""
        return self.write_(..., value)

    def zero_(self):
        """Write zeros everywhere."""
        return self.write_(..., 0)

    __hash__ = object.__hash__  # by identity, although == compares the elements


new = object.__new__


def raw(array):
    """A constant around ``array``, no questions asked: the engine's fast way."""
    t = new(Tensor)
    t.data, t.grad, t.op, t.requires_grad, t.written = array, None, None, False, 0
    return t


# The one upward import: an operator is an op, and an op is made of tensors.
from minigen import autograd, ops

Tensor.__add__ = Tensor.__radd__ = ops.add
Tensor.__mul__ = Tensor.__rmul__ = ops.mul
Tensor.__sub__, Tensor.__rsub__ = ops.sub, lambda a, b: ops.sub(b, a)
Tensor.__truediv__, Tensor.__rtruediv__ = ops.div, lambda a, b: ops.div(b, a)
Tensor.__floordiv__, Tensor.__rfloordiv__ = ops.floor_divide, lambda a, b: ops.floor_divide(b, a)
Tensor.__mod__, Tensor.__rmod__ = ops.remainder, lambda a, b: ops.remainder(b, a)
Tensor.__pow__, Tensor.__rpow__ = ops.pow, lambda a, b: ops.pow(b, a)
Tensor.__matmul__, Tensor.__rmatmul__ = ops.matmul, lambda a, b: ops.matmul(b, a)
Tensor.__neg__, Tensor.__abs__, Tensor.__pos__ = ops.neg, ops.abs, lambda a: a
Tensor.__eq__, Tensor.__ne__, Tensor.__lt__, Tensor.__le__, Tensor.__gt__, Tensor.__ge__ = (
    ops.eq, ops.ne, ops.lt, ops.le, ops.gt, ops.ge,
)  # fmt: skip
Tensor.__and__ = Tensor.__rand__ = ops.bitwise_and
Tensor.__or__ = Tensor.__ror__ = ops.bitwise_or
Tensor.__xor__ = Tensor.__rxor__ = ops.bitwise_xor
Tensor.__invert__ = ops.bitwise_not
Tensor.__getitem__ = ops.index
for _name in ops.METHODS:
    setattr(Tensor, _name, getattr(ops, _name))
for _name, _dtype in ops.DTYPES.items():  # half float double int long bool
    setattr(Tensor, _name, partialmethod(ops.astype, _dtype))
Tensor.T, Tensor.mT = property(ops.reverse_axes), property(ops.matrix_transpose)
