"""The slow paths of the engine: reading a signature, binding unusual arguments, keeping float32 narrow, naming what went wrong."""

import inspect

import numpy as np

from minigen.device import as_array, device_of, get_default_dtype, on_gpu
from minigen.tensor import FREED, Tensor, raw

MISSING = inspect.Parameter.empty
SYNONYMS = {
    "dim": "axis", "dims": "axis", "keepdim": "keepdims",
    "dim0": "axis0", "dim1": "axis1", "dim2": "axis2", "start_dim": "start_axis", "end_dim": "end_axis", "exponent": "b",
}  # fmt: skip  # PyTorch's spelling -> NumPy's


def parameters(function):
    """How ``function`` is called: (its inputs and its settings, as dictionaries name -> default; number of inputs, None for *inputs)."""
    found = inspect.signature(function).parameters.values()
    inputs = {p.name: p.default for p in found if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)}
    settings = {p.name: p.default for p in found if p.kind is p.KEYWORD_ONLY}
    variadic = any(p.kind is p.VAR_POSITIONAL for p in found)
    return inputs, settings, None if variadic else len(inputs)


def bind(op, args, keywords):
    """Sort ``args`` and ``keywords`` as a caller may write them into (inputs, settings) as the op wants them.

    Settings may come by position, after the inputs; inputs may come by name, the first two also as PyTorch's ``input`` and ``other``;
    ``dim`` and ``keepdim`` are ``axis`` and ``keepdims``; the inputs of ``cat`` and its like may come as one list; a shape may come as
    separate numbers, ``x.reshape(2, 3)``.
    """
    name, settings = op.__name__, op.settings
    if not keywords and op.arity is not None and op.arity < len(args) <= op.arity + len(settings):
        return args[: op.arity], dict(zip(settings, args[op.arity :]))  # x.sum(1): 0.4 µs less
    if op.arity is None and not keywords and not settings and args and not isinstance(args[0], (list, tuple)):
        return args, keywords  # inputs in any number: 1 µs less
    if keywords:
        synonyms = {**SYNONYMS, **dict(zip(("input", "other"), op.inputs))}
        keywords = {key if key in settings or key in op.inputs else synonyms.get(key, key): v for key, v in keywords.items()}
    if op.arity is None:
        args = args or tuple(keywords.pop(key) for key in op.inputs if key in keywords)  # cat(tensors=[…])
        args, extra = (tuple(args[0]), args[1:]) if args and isinstance(args[0], (list, tuple)) else (args, ())
    else:
        args, extra = args[: op.arity], args[op.arity :]
        for key in list(op.inputs)[len(args) :]:
            args += (keywords.pop(key, op.inputs[key]),)
            if args[-1] is MISSING:
                raise TypeError(f"{name}: the input {key!r} is missing; {_takes(op)}")
    if len(extra) > len(settings) >= 1 and all(isinstance(n, (int, np.integer)) for n in extra):
        extra = (tuple(extra),)  # a shape as separate numbers
    if len(extra) > len(settings):
        raise TypeError(f"{name}: too many arguments; {_takes(op)}")
    keywords = {**dict(zip(settings, extra)), **keywords}
    for key in keywords:
        if key not in settings:
            raise TypeError(f"{name}: unknown argument {key!r}; {_takes(op)}")
    for key, default in settings.items():
        if default is MISSING and key not in keywords:
            raise TypeError(f"{name}: the argument {key!r} is missing; {_takes(op)}")
    return args, keywords


def _takes(op):
    return f"it takes ({', '.join([*op.inputs, *op.settings])})"


def add_rule(op, rule):
    """Add the rule of the next input. ``op.vjp(None)`` says that this input has no derivative: an index, a mask."""
    if rule is not None:
        expected, got = ["g", "y", *op.names], list(parameters(rule)[0])
        if got != expected:
            raise TypeError(f"a rule of {op.__name__} takes ({', '.join(expected)}), but {rule.__name__} takes ({', '.join(got)})")
        for i, old in enumerate(op.rules):
            if old is not None and old.__name__ == rule.__name__:  # a notebook cell that runs again
                op.rules[i] = rule
                return rule
    if len(op.rules) == len(op.names):
        raise TypeError(f"{op.__name__} has {len(op.names)} inputs and a rule for each of them already: ({', '.join(op.names)})")
    op.rules.append(rule)
    return rule


def stay_narrow(y, arrays, forward, keywords):
    """Give a float64 result back the dtype that PyTorch would: float64 only comes from float64.

    NumPy makes int64 · float32 and exp(int64) float64; here they take the dtype of the floating inputs, or the default one.
    It computes exp(bool) and exp(int8) in float16: they are computed again from inputs in the default dtype.
    """
    floats = [a for a in arrays if (isinstance(a, np.ndarray) or on_gpu(a)) and a.dtype.kind == "f"]
    floats = [a.dtype for a in floats if a.ndim] or [a.dtype for a in floats]
    dtype = max(floats, key=lambda d: d.itemsize, default=get_default_dtype())
    if y.dtype == np.float16 and not floats:
        y = forward(*[a.astype(dtype) if hasattr(a, "astype") else a for a in arrays], **keywords)
        y = y[0] if isinstance(y, tuple) else y
    return y if y.dtype == dtype else y.astype(dtype)


def cotangent(y, g):
    """The gradient of a root: ``g``, or 1 for a scalar."""
    if not (isinstance(y, Tensor) and y.requires_grad):
        raise RuntimeError(
            "backward: nothing to differentiate: no input of this computation has requires_grad=True, or it ran under no_grad or detach"
        )
    if g is None:
        if y.data.size != 1:
            raise RuntimeError(f"backward: only a scalar has an implicit gradient of 1, but this has shape {y.shape}; sum it, or pass one")
        return raw(np.ones_like(y.data))
    g = g if isinstance(g, Tensor) else raw(as_array(g, y.data.dtype))
    if g.shape != y.shape:
        raise ValueError(f"backward: the gradient has shape {g.shape}, but the tensor has shape {y.shape}")
    return g


# --- errors -------------------------------------------------------------------------------------------------------------------


def complain(op, error, arrays, keywords):
    """The exception to raise in place of ``error``: it names the op, what came, and why that does not fit."""
    if isinstance(error, MemoryError):
        return error
    kind = type(error) if type(error) in (TypeError, IndexError, np.linalg.LinAlgError) else ValueError
    missing = [key for key, default in op.settings.items() if default is MISSING and key not in keywords]
    if missing:
        return TypeError(f"{op.__name__}: the argument {missing[0]!r} is missing; {_takes(op)}")
    for a, default in zip(arrays, op.inputs.values() if op.arity else [MISSING] * len(arrays)):
        known = isinstance(a, (np.ndarray, np.generic, int, float, list, tuple)) or hasattr(a, "dtype")
        if not known and (a is not None or default is not None):
            return TypeError(f"{op.__name__}: expected tensors, arrays or numbers, got {type(a).__name__}")
    devices = sorted({device_of(a) for a in arrays if isinstance(a, np.ndarray) or on_gpu(a)})
    if len(devices) > 1:
        return ValueError(f"{op.__name__}: the inputs live on different devices, {' and '.join(devices)}; move one with .to()")
    if isinstance(error, NotImplementedError):
        return error
    told = op.complaint(*arrays, **keywords) if op.complaint else None
    shapes = ", ".join(describe(a) for a in arrays)
    if told is None and isinstance(error, np.exceptions.AxisError) and error.axis is not None:
        kind, n = IndexError, max(error.ndim, 1)  # a number takes the axes 0 and -1
        shapes = ", ".join(describe(a) if np.ndim(a) else "()" for a in arrays)
        told = f"axis {error.axis} is out of range for shape {shapes}; expected {-n} … {n - 1}"
    if told is None:
        told = _not_broadcastable(arrays) or f"{shapes}: {error}"
    return kind(f"{op.__name__}: {told}")


def describe(a):
    """An input in a few characters: its shape, its dtype where that is unusual, or the number itself."""
    if not hasattr(a, "shape") or a.shape == ():
        return repr(a) if not hasattr(a, "shape") else f"{a}"
    return f"{tuple(a.shape)}" if a.dtype.kind == "f" else f"{a.dtype} {tuple(a.shape)}"


def _not_broadcastable(arrays):
    shapes = [np.shape(a) for a in arrays if a is not None]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        sizes = [{s[-k] for s in shapes if len(s) >= k} - {1} for k in range(1, max(map(len, shapes)) + 1)]
        k = next(k for k, found in enumerate(sizes, 1) if len(found) > 1)
        first, second = [s[-k] for s in shapes if len(s) >= k and s[-k] != 1][:2]
        for s in shapes:
            if len(s) >= k and s[-k] not in (1, first):
                second = s[-k]
        return f"shapes {' and '.join(map(str, shapes))} do not broadcast: sizes {first} and {second} at axis {-k} differ"
    return None


def no_rule(op, i):
    """The exception for an input through which the op has no gradient."""
    if i < len(op.rules):
        return RuntimeError(f"{op.__name__}: there is no derivative with respect to {op.names[i]!r}; detach() it")
    return NotImplementedError(f"{op.__name__} has no rule for its input {op.names[i]!r}: write one below it, marked @{op.__name__}.vjp")


def spoilt(node, culprit):
    """Why the gradient of ``node`` can no longer be computed: it was freed, or the ``culprit`` was changed in place."""
    if node.inputs is FREED:
        return (
            f"{node.op.__name__}: this part of the graph was freed by an earlier backward; compute the loss again, "
            "or keep the graph the first time with backward(retain_graph=True)"
        )
    what = "its output" if culprit is node else f"an input of shape {culprit.shape}"
    return (
        f"{node.op.__name__}: {what} was changed in place after it was used, so the gradient can no longer be computed. "
        "Call backward() before the optimizer's step or the assignment, or change a clone() instead"
    )
