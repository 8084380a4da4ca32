"""anomaly: a context that stops at the op which first made a NaN or an infinity, and says where it was called."""

import linecache
import os
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from minigen.autograd import rule_watchers, watchers
from minigen.tensor import Tensor

LIBRARY = str(Path(__file__).parent) + os.sep
ENGINE = LIBRARY + "anomaly.py", LIBRARY + "autograd.py"


class AnomalyError(ArithmeticError):
    """An op made a NaN or an infinity. ``op`` is its name, ``line`` the user's "file:line" that called it."""

    def __init__(self, message, op, line):
        super().__init__(message)
        self.op, self.line = op, line


@contextmanager
def anomaly(inf=True):
    """``with anomaly():`` every op and every rule of ``backward`` is checked; the first that makes a NaN or infinity is an error.

    The error names the op, its inputs with their shapes and ranges, and the line that called it. An infinity that came in with an
    input (a mask of −inf) is let through; a NaN never is. ``inf=False`` looks for NaN only. NumPy's own warnings are silent here.
    It costs a pass over every result: it is a tool for finding the fault, not for training.
    """
    lines = {}  # serial of a node -> the lines that called its op

    def watch(op, inputs, keywords, output):
        called = _calling_lines()
        if output.op is not None:
            lines[output.serial] = called
        told = _fault(output.data, [*inputs, *keywords.values()], inf)
        if told:
            raise _error(f"{op.__name__} {told}", op, inputs, called)

    def watch_rule(node, i, g, gradient):
        told = _fault(_array(gradient), [g], inf)
        if told:
            what = f"the backward of {node.op.__name__} {told} of the gradient with respect to {_name(node.op, i)}"
            called = lines.get(node.serial, (None, None))
            raise _error(what, node.op, node.inputs, called, output=node.data, gradient=_array(g))

    watchers.append(watch)
    rule_watchers.append(watch_rule)
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        watchers.remove(watch)
        rule_watchers.remove(watch_rule)


def _fault(y, inputs, inf):
    """What is wrong with ``y`` and did not come in with ``inputs``, in words; None if nothing."""
    if y.dtype.kind != "f" or bool(np.isfinite(y).all()):
        return None
    nans, infs = int(np.isnan(y).sum()), int(np.isinf(y).sum())
    if nans:
        verb = "passed on" if any(_any(np.isnan, a) for a in inputs) else "made"
        return f"{verb} NaN in {nans} of {y.size} elements"
    if inf and not any(_any(np.isinf, a) for a in inputs):
        return f"made an infinity in {infs} of {y.size} elements"
    return None


def _any(test, a):
    """Whether ``test`` (isnan, isinf) holds anywhere in an input or a setting, which may be anything."""
    a = _array(a)
    if hasattr(a, "dtype") and a.dtype.kind == "f":
        return bool(test(a).any())
    return isinstance(a, float) and bool(test(a))


def _array(x):
    return x.data if isinstance(x, Tensor) else x


# --- the message --------------------------------------------------------------------------------------------------------------


def _error(what, op, inputs, called, **more):
    described = {**{f"input {_name(op, i)}": _array(a) for i, a in enumerate(inputs)}, **more}
    lines = [what, *(f"  {name}: {describe(a)}" for name, a in described.items())]
    line, inside = called
    if inside is not None:
        lines.append(f"  inside {inside}")
    if line is None:
        lines.append("  called before this block began; enter it before the forward pass to see the line")
    else:
        name, number = line.rsplit(":", 1)
        lines.append(f"  called at {line}: {linecache.getline(name, int(number)).strip()}")
    return AnomalyError("\n".join(lines), op.__name__, line)


def _name(op, i):
    return op.names[i] if op.arity is not None else f"{op.names[0]}[{i}]"


def describe(a):
    """dtype, shape and range of an array in a few words; the value of a number."""
    if not hasattr(a, "dtype"):
        return repr(a)
    if not a.size or a.dtype.kind not in "fiu":
        return f"{a.dtype} {a.shape}"
    finite = a[np.isfinite(a)]
    parts = [f"{a.dtype} {a.shape}, from {float(finite.min()):.6g} to {float(finite.max()):.6g}" if finite.size else f"{a.dtype} {a.shape}"]
    parts += [f"{n} {word}" for n, word in ((int(np.isnan(a).sum()), "NaN"), (int(np.isinf(a).sum()), "infinite")) if n]
    return ", ".join(parts)


def _calling_lines():
    """("file:line" of the innermost frame outside of minigen, "file:line" of the frame in minigen that called the op, or None)"""
    frame, inside = sys._getframe(2), None
    while frame.f_back is not None and frame.f_code.co_filename.startswith(LIBRARY):
        if inside is None and frame.f_code.co_filename not in ENGINE:
            inside = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}", inside
