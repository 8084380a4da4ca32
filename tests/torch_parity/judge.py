"""One line of code, evaluated in minigen and in PyTorch: do values, dtypes, shapes and derivatives agree?

In a line, ``m`` is minigen or torch, ``F`` its nn.functional, ``la`` linalg, ``sp`` special, ``D`` distributions; ``T(…)`` makes a
constant, and the names of ``INPUTS`` are tensors, which require a gradient if they are floating.
"""

import re

import numpy as np
import torch

import minigen
from minigen.random import new_generator

_g = new_generator(7)
normal, between = _g.standard_normal, _g.uniform
_square, _log_p = normal((2, 4, 4)), normal((6, 4))
INPUTS = {
    # numbers of all kinds: 0-d, empty, with ties, NaN and ±∞, of other dtypes
    "x": normal((3, 4)), "y": normal((3, 4)), "c": normal((2, 3, 4)), "X": normal((4, 3, 5)), "v": normal(4), "rv": normal(4),
    "w": normal((3, 1)), "z1": normal((1, 3, 1, 4)), "s": np.array(normal()), "o": np.ones((1, 1)), "e": normal((0, 4)),
    "e2": normal((3, 0)),
    "p": between(0.05, 0.95, (3, 4)), "r": between(0.05, 0.95, (3, 4)), "q": between(0.2, 3, (3, 4)), "pos": between(0.1, 3, (3, 4)),
    "big": between(1.1, 4, (3, 4)), "w4": between(0.3, 2, 4), "ds": np.array(2.5), "z0": np.array([0.0, 1, 0, 2]),
    "nn": np.array([1, np.nan, -2, np.inf, -np.inf, 0, np.nan, 3]), "NAN": np.array([3, np.nan, 1, np.nan, 2]),
    "t": np.array([[2.0, 1, 2, 0], [5, 5, 5, 1], [-1, -1, -1, -1]]), "TIES": np.array([[2.0, 1, 2, 0], [5, 5, 5, 1]]),
    "kink": np.array([-3, -1, -0.5, 0, 0.5, 1, 3, 6, 25, -25]), "ext": np.array([-np.inf, -1000, -100, 100, 1000, np.inf, np.nan]),
    "f": normal((3, 4), np.float32), "fq": between(0.2, 3, (3, 4)).astype(np.float32), "fs": np.array(1.5, np.float32),
    "f16": normal((3, 4)).astype(np.float16), "ii": np.array([[1, -2, 3, 0], [4, 4, -1, 2], [0, 7, -5, 3]]),
    "jj": np.array([[1, 2, 3, 1], [2, 0, 1, 2], [0, 3, 1, 3]]), "b": normal((3, 4)) > 0, "b2": normal((3, 4)) > 0,
    "k": np.array([1, 200, 3, 0], np.uint8), "h": np.array([1, -2, 3, 4], np.int32), "i8": np.array([3, -100, 7, 100], np.int8),
    # indices and masks
    "b1": np.array([True, False, True]), "bv": np.array([True, False, True, False]), "MASK": normal((4, 3, 5)) > 0.3,
    "CUBE": np.array([[[0, 2, 1], [1, 1, 0]], [[2, 0, 2], [0, 1, 2]]]), "idx": np.array([[0, 2, 1, 1], [2, 0, 0, 1], [1, 1, 2, 2]]),
    "mi": np.array([[0, 1], [2, 1], [0, 0]]), "li": np.array([2, 0, 2]), "l1": np.array([0, 2, 1]), "lab": np.array([1, 0, 3]),
    "toks": np.array([[0, 4, 2], [2, 2, 1]]), "sv": np.array([-1.0, 0, 1, 2]), "seq": np.sort(normal((3, 5))),
    # matrices
    "a": normal((4, 4)) + 3 * np.eye(4), "a3": normal((2, 4, 4)) + 3 * np.eye(4), "spd": _square @ _square.mT + np.eye(4),
    "sym": (_square + _square.mT)[0],
    "m43": normal((4, 3)), "c2": normal((2, 4, 5)), "tr": np.tril(normal((4, 4))) + 3 * np.eye(4), "rhs": normal((4, 2)),
    # layers and losses
    "W": normal((5, 4)), "B": normal(5), "tab": normal((5, 3)), "im": normal((2, 4, 3, 3)), "imt": _g.integers(0, 4, (2, 3, 3)),
    "n4": normal((2, 4, 4, 4)), "lg": normal((6, 4)), "fl": normal((6, 4), np.float32), "y6": np.array([0, 3, 1, 1, 2, 3]),
    "yl": np.array([0, 3, 1, -100, 2, 3]), "lp": _log_p - np.log(np.exp(_log_p).sum(1, keepdims=True)),
    "pr": _g.dirichlet(np.ones(4), 6), "pz": np.array([0, 1, 0.5, 0, 1]), "tz": np.array([0, 1, 0.3, 1, 0]),
    # distributions
    "u": between(0.01, 0.99, (3, 4)), "q2": between(0.3, 3, (3, 4)), "lo": normal((3, 4)), "hi": normal((3, 4)) + 9,
    "cnt": _g.integers(0, 5, (3, 4)).astype(float), "cat": _g.integers(0, 4, 3), "mv": normal((2, 4)),
    "L": 0.3 * np.tril(_square) + 1.5 * np.eye(4), "mx": normal((3, 5)), "ms": between(0.3, 2, (3, 5)), "ml": normal((3, 5)),
    "mval": normal(3), "col": normal((7, 3, 4)),
}  # fmt: skip
HOUSES = {
    module: {"m": module, "F": module.nn.functional, "la": module.linalg, "sp": module.special, "D": module.distributions}
    for module in (minigen, torch)
}


def rows(text):
    """The lines of a table."""
    return [line.strip() for row in text.strip().splitlines() for line in row.split(" ; ")]


def evaluate(line, module, dtype):
    """(the results as a flat list, the inputs that require a gradient); dtype: what float64 inputs become."""
    leaves, names = [], {"np": np, "inf": np.inf, "nan": np.nan, "T": module.tensor, **HOUSES[module]}
    for name, array in INPUTS.items():
        if re.search(rf"\b{name}\b", line):
            array = array.astype(dtype) if array.dtype == np.float64 else array
            names[name] = module.tensor(array, requires_grad=array.dtype.kind == "f")
            leaves += [names[name]] * (array.dtype.kind == "f")
    return flat(eval(line, names)), leaves


def flat(result):
    return [x for part in result for x in flat(part)] if isinstance(result, (tuple, list)) else [result]


def disagreement(line, dtype=np.float64, refusals=True):
    """What is different between minigen and PyTorch, in words, or "". ``refusals``: what PyTorch refuses, minigen must refuse."""
    try:
        theirs, their_leaves = evaluate(line, torch, dtype)
    except Exception as error:
        if not refusals:
            return ""
        try:
            found = evaluate(line, minigen, dtype)[0]
        except Exception:
            return ""
        return f"PyTorch refuses ({error}), minigen returns {found}"
    try:
        ours, leaves = evaluate(line, minigen, dtype)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if len(ours) != len(theirs):
        return f"{len(ours)} results, PyTorch has {len(theirs)}"
    return compare(ours, theirs, leaves, their_leaves)


def compare(ours, theirs, leaves, their_leaves):
    dtypes = {str(t.dtype) for t in theirs + their_leaves if isinstance(t, torch.Tensor)}
    rtol, atol = (1e-2, 1e-2) if "torch.float16" in dtypes else (2e-5, 1e-6) if "torch.float32" in dtypes else (1e-7, 1e-9)
    losses = [0.0, 0.0]
    for i, (x, y) in enumerate(zip(ours, theirs)):
        if not isinstance(y, torch.Tensor):
            if x != y:
                return f"{x!r}, PyTorch has {y!r}"
            continue
        if str(x.dtype) != str(y.dtype).removeprefix("torch.") or x.shape != tuple(y.shape):
            return f"{x.dtype} {x.shape}, PyTorch has {y.dtype} {tuple(y.shape)}"
        if not close(x, y, rtol, atol):
            return f"value {x}, PyTorch has {y}"
        if x.requires_grad != y.requires_grad:
            return f"requires_grad {x.requires_grad}, PyTorch has {y.requires_grad}"
        if y.requires_grad and y.numel():
            weights = new_generator(i).standard_normal(x.shape)
            losses[0] = losses[0] + (x.double() ** 2 * minigen.tensor(weights)).sum()
            losses[1] = losses[1] + (y.double() ** 2 * torch.tensor(weights)).sum()
    return derivatives(losses, leaves, their_leaves, rtol, atol) if isinstance(losses[1], torch.Tensor) else ""


def derivatives(losses, leaves, their_leaves, rtol, atol):
    """The gradients of Σ w y² with random w, and those of the sum of their cubes."""
    for order, tolerance in ((1, 20), (2, 1000)):
        try:
            theirs = torch.autograd.grad(losses[1], their_leaves, create_graph=True, allow_unused=True)
        except RuntimeError as error:
            if "not implemented" in str(error) or "not supported" in str(error):  # PyTorch has no such derivative
                return ""
            raise
        ours = minigen.grad(losses[0], leaves, create_graph=True, allow_unused=True)
        for x, y, leaf in zip(ours, theirs, leaves):
            x, y = minigen.zeros_like(leaf) if x is None else x, torch.zeros(leaf.shape) if y is None else y
            if x.dtype != leaf.dtype or not close(x, y, tolerance * rtol, tolerance * atol):
                return f"derivative of order {order}: {x}, PyTorch has {y}"
        losses = [sum((g**3).sum() for g in found if g is not None) for found in (ours, theirs)]
        if rtol > 1e-6 or not getattr(losses[0], "requires_grad", False) or not getattr(losses[1], "requires_grad", False):
            break
    return ""


def close(x, y, rtol, atol):
    x, y = x.detach().numpy(), y.detach().numpy()
    return x.shape == y.shape and np.allclose(x.astype(float), y.astype(float), rtol=rtol, atol=atol, equal_nan=True)
