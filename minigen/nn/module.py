"""Module: whatever holds tensors. It finds its parameters by walking its own attributes, so state is visible in ``__init__``."""

from collections import namedtuple
from contextlib import contextmanager

import numpy as np

from minigen.autograd import no_grad
from minigen.device import as_array, device_of, to_device, to_numpy
from minigen.tensor import Tensor, tick

Keys = namedtuple("Keys", "missing_keys unexpected_keys")


class Parameter(Tensor):
    """A tensor that training changes. It shares the memory of ``data`` and requires a gradient unless told otherwise."""

    __slots__ = ()

    def __init__(self, data, requires_grad=True):
        super().__init__(data, requires_grad=requires_grad)


class Buffer(Tensor):
    """A tensor that belongs to a module's state but is not trained: a mask, a running mean. It shares the memory of ``data``."""

    __slots__ = ()

    def __init__(self, data):
        super().__init__(data)


class Module:
    """Base of layers, models, distributions and bijections: of all that holds ``Parameter`` and ``Buffer``.

    A subclass assigns parameters, buffers and other modules in ``__init__``, directly or in lists, tuples and dicts, and writes
    ``forward``; calling the module calls ``forward``. No ``super().__init__()`` is needed. The order is the order of definition.
    A name is the path to the tensor ("encoder.2.bias"). A tensor or module that is held twice is met once, under its first name.
    """

    training = True  # False after eval(): Dropout and batch normalisation behave differently

    def forward(self, *inputs, **keywords):
        """What the module computes; a subclass writes it."""
        raise NotImplementedError(f"{type(self).__name__} has no forward: write def forward(self, x) in it")

    def __call__(self, *inputs, **keywords):
        return self.forward(*inputs, **keywords)

    def members(self):
        """The pairs (name, value) in which tensors and modules are looked for: the attributes."""
        return vars(self).items()

    # --- what it holds --------------------------------------------------------------------------------------------------------

    def named_modules(self):
        """The pairs (name, module) of this module, named "", and of all below it."""
        return ((name, m) for name, m in _walk("", self, set(), deep=True) if isinstance(m, Module))

    def modules(self):
        """This module and all below it."""
        return (m for _, m in self.named_modules())

    def named_children(self):
        """The pairs (name, module) of the modules that this one holds itself."""
        return ((name, m) for name, m in _walk("", self, set(), deep=False) if isinstance(m, Module) and m is not self)

    def children(self):
        """The modules that this one holds itself."""
        return (m for _, m in self.named_children())

    def named_parameters(self):
        """The pairs (name, parameter) of this module and all below it."""
        return ((name, p) for name, p in _walk("", self, set(), deep=True) if isinstance(p, Parameter))

    def parameters(self):
        """The parameters of this module and of all below it: what an optimizer takes."""
        return (p for _, p in self.named_parameters())

    def named_buffers(self):
        """The pairs (name, buffer) of this module and all below it."""
        return ((name, b) for name, b in _walk("", self, set(), deep=True) if isinstance(b, Buffer))

    def buffers(self):
        """The buffers of this module and of all below it."""
        return (b for _, b in self.named_buffers())

    def own_tensors(self):
        """The pairs (name, parameter or buffer) that this module holds itself, not in a module below."""
        return ((name, t) for name, t in _walk("", self, set(), deep=False) if isinstance(t, Tensor))

    def num_parameters(self):
        """How many numbers training changes."""
        return sum(p.numel() for p in self.parameters())

    # --- saving and loading ---------------------------------------------------------------------------------------------------

    def state_dict(self):
        """name -> NumPy array, a copy, of every parameter and buffer."""
        return {name: np.array(to_numpy(t.data)) for name, t in self._named_tensors()}

    def load_state_dict(self, state, strict=True):
        """Copy the arrays or tensors in ``state`` (name -> values) into the parameters and buffers, in place.

        ValueError, and nothing is changed, if names are missing or unknown or shapes differ; ``strict=False`` forgives the names,
        not the shapes. Returns the names (missing_keys, unexpected_keys).
        """
        own = dict(self._named_tensors())
        state = {name: as_array(v.data if isinstance(v, Tensor) else v) for name, v in state.items()}
        missing, extra = [n for n in own if n not in state], [n for n in state if n not in own]
        misshapen = [n for n in own if n in state and state[n].shape != own[n].shape]
        told = [f"missing: {', '.join(missing)}"] * bool(strict and missing)
        told += [f"not in this module: {', '.join(extra)}"] * bool(strict and extra)
        told += [f"{n} is {own[n].shape}, got {state[n].shape}" for n in misshapen]
        if told:
            raise ValueError(f"load_state_dict: the state does not fit this {type(self).__name__}: " + "; ".join(told))
        with no_grad():
            for name in own:
                if name in state:
                    own[name].copy_(to_device(state[name], own[name].device))
        return Keys(missing, extra)

    def _named_tensors(self):
        return ((name, t) for name, t in _walk("", self, set(), deep=True) if isinstance(t, Tensor))

    # --- switching ------------------------------------------------------------------------------------------------------------

    def apply(self, function):
        """Call ``function(module)`` for every module below and then for this one; return self. For initialisation."""
        for m in reversed(list(self.modules())):
            function(m)
        return self

    def train(self, mode=True):
        """Training mode here and below; return self."""
        for m in self.modules():
            m.training = mode
        return self

    def eval(self):
        """Evaluation mode here and below: no dropout, running statistics; return self."""
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        """Switch the gradients of all parameters on or off; return self."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self):
        """Forget the gradients of all parameters."""
        for p in self.parameters():
            p.grad = None

    def to(self, *where):
        """Move all tensors to a device ("cpu", "cuda"), convert the floating-point ones to a dtype, or both; return self.

        The tensors stay the same objects, so an optimizer that holds them keeps them.
        """
        device, dtype = _destination(where)
        for _, t in self._named_tensors():
            for holder in (t, t.grad):
                if holder is not None:
                    data = holder.data if dtype is None or not t.is_floating_point() else holder.data.astype(dtype, copy=False)
                    holder.data = to_device(data, device or device_of(data))
            t.written = tick()
        return self

    # --- looking at it --------------------------------------------------------------------------------------------------------

    def extra_repr(self):
        """What its line in the printed tree says of its settings."""
        return ", ".join(f"{key}={value!r}" for key, value in vars(self).items() if _is_setting(key, value))

    def __repr__(self):
        from minigen.nn.summary import tree  # printing needs it, training does not

        return tree(self)

    def _repr_html_(self):
        from minigen.nn.summary import table_html

        return table_html(self)


def _walk(name, value, seen, deep):
    """Yield (path, tensor or module) in the order of definition, each once. ``deep=False`` stops at the first modules below."""
    if isinstance(value, Module):
        members = value.members() if deep or not name else ()
    elif isinstance(value, dict):
        members = value.items()
    elif isinstance(value, (list, tuple)):
        members = enumerate(value)
    elif isinstance(value, (set, frozenset)) and any(isinstance(v, (Module, Parameter, Buffer)) for v in value):
        raise TypeError(f"{name}: a set has no order, so its tensors would get other names in every run; use a list or a dict")
    else:
        members = ()
    held = isinstance(value, (Module, Parameter, Buffer))
    if (held or members) and id(value) in seen:
        return
    if held or members:
        seen.add(id(value))
    if held:
        yield name, value
    for key, member in members:
        yield from _walk(f"{name}.{key}" if name else str(key), member, seen, deep)


def _is_setting(key, value):
    """True for an attribute that is a word, a number or a shape."""
    numbers = isinstance(value, tuple) and all(isinstance(v, int) for v in value)
    return key[0] != "_" and key != "training" and (numbers or isinstance(value, (bool, int, float, str)))


def _destination(where):
    """(device or None, dtype or None) out of what the caller of ``to`` gave."""
    device = dtype = None
    for w in where:
        if isinstance(w, str) and w.partition(":")[0] in ("cpu", "cuda"):
            device = w
        elif np.dtype(w).kind == "f":
            dtype = np.dtype(w)
        else:
            raise TypeError(f"to: expected a device or a floating-point dtype, got {w!r}")
    return device, dtype


@contextmanager
def frozen(module):
    """``with frozen(discriminator):`` nothing of it changes in the block; gradients still flow through it to its inputs.

    Its parameters are constants: ``backward()`` does not even call their rules. What its layers note about the batches that they see
    (running statistics, singular vectors) is forgotten at the end; they compute as before. The block may end before ``backward()``.
    Afterwards every parameter has the flag that it had before.
    """
    flags = [(p, p.requires_grad) for p in module.parameters()]
    notes = [(b, b.data) for b in module.buffers()]
    try:
        for p, _ in flags:
            p.requires_grad_(False)
        for b, array in notes:
            b.data = array.copy()
        yield module
    finally:
        for p, flag in flags:
            p.requires_grad_(flag)
        for b, array in notes:
            b.data = array


@contextmanager
def evaluating(module):
    """``with evaluating(generator):`` evaluation mode in the block; afterwards each module below is in the mode that it had before."""
    modes = [(m, m.training) for m in module.modules()]
    try:
        yield module.eval()
    finally:
        for m, mode in modes:
            m.training = mode
