"""What is done with a probe on one case: the same words for the library's function here and for the student's in its own process.

A probe is a function of the catalogue: named arrays and settings in, a tensor, an array or several of them out. On its way it uses
the function of the exercise, whoever wrote that. Everything that comes back is arrays; nothing here decides anything.
"""

import math
from contextlib import contextmanager

import numpy as np
from numpy import random as legacy  # its global state must stay as it is, and is only looked at

from minigen import device, random
from minigen.autograd import grad
from minigen.device import as_array
from minigen.random import new_generator
from minigen.tensor import Tensor

STEP = 6e-6  # of central differences in float64: ε^⅓


class NoGradient(Exception):
    """A result that does not depend on what it should be differentiated by."""


def perform(mode, probe, case, options):
    """Carry out a ``mode`` of MODES on one ``case`` {name: array or setting}; returns a list of arrays."""
    dtype = np.dtype(options.get("dtype", "float64"))
    case = {name: v.astype(dtype, copy=False) if isinstance(v, np.ndarray) and v.dtype.kind == "f" else v for name, v in case.items()}
    with defaults(dtype), random.fork(options.get("seed", 0)), np.errstate(all="ignore"):
        return MODES[mode](probe, case, options)


@contextmanager
def defaults(dtype):
    """New tensors are of this dtype inside the ``with`` block."""
    old = device.get_default_dtype()
    device.set_default_dtype(dtype)
    try:
        yield
    finally:
        device.set_default_dtype(old)


# --- arguments and results ----------------------------------------------------------------------------------------------------


def given(case, options, wrt=()):
    """The arguments for a probe: arrays of floats as tensors, unless options["tensors"] is False; those of ``wrt`` want gradients."""
    tensors = options.get("tensors", True)
    found = {}
    for name, v in case.items():
        if isinstance(v, np.ndarray):
            v = v.copy()
            if v.dtype.kind == "f" and (tensors or name in wrt):
                v = Tensor(v, requires_grad=name in wrt)
        found[name] = v
    return found


def results(found):
    """What a probe returned as a list. TypeError for what is neither number, array nor tensor."""
    found = list(found) if isinstance(found, (tuple, list)) else [found]
    for y in found:
        if not isinstance(y, (Tensor, np.ndarray, np.generic, int, float, bool)):
            missing = ": is a `return` missing?" if y is None else ""
            raise TypeError(f"expected a tensor, an array or a number as the result, got {type(y).__name__}{missing}")
    return found


def bare(found):
    """Results as plain arrays of numbers."""
    arrays = [np.array(y.data if isinstance(y, Tensor) else y) for y in results(found)]
    for a in arrays:
        if a.dtype.kind not in "fiub":
            raise TypeError(f"expected numbers as the result, got an array of {a.dtype}")
    return arrays


def floats(case):
    """The names of the arrays of floats in a case: what can be differentiated by."""
    return [name for name, v in case.items() if isinstance(v, np.ndarray) and v.dtype.kind == "f"]


def cotangents(outputs, options):
    """A random gradient for every output; all ones would hide errors, in a batch norm for instance."""
    rng = new_generator(options.get("cotangent", 1))
    return [np.round(rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1.0, 1.0], y.shape), 2) for y in outputs]


def differentiable(found, names):
    """The outputs that a gradient can flow from. NoGradient if there are none."""
    live = [y for y in results(found) if isinstance(y, Tensor) and y.requires_grad]
    if not live:
        raise NoGradient(f"no gradient flows from the result to {', '.join(names)}: it was computed outside the graph")
    return live


# --- the modes ----------------------------------------------------------------------------------------------------------------


def values(probe, case, options):
    """The outputs."""
    return bare(probe(**given(case, options)))


def pure(probe, case, options):
    """The outputs twice, from the same seed; then the arrays of floats after the call; then whether NumPy's global generator moved."""
    first_state = legacy.get_state()[1].copy()
    arguments = given(case, options)
    with random.fork(0):
        first = bare(probe(**arguments))
    with random.fork(0):
        second = bare(probe(**given(case, options)))
    after = [np.array(v.data if isinstance(v, Tensor) else v) for v in arguments.values() if isinstance(v, (Tensor, np.ndarray))]
    return [*first, *second, *after, np.array(bool((legacy.get_state()[1] == first_state).all()))]


def gradient(probe, case, options):
    """∂(Σ v · outputs)/∂(each of ``wrt``), v a random cotangent; zeros where an input does not matter."""
    wrt = options.get("wrt") or floats(case)
    arguments = given(case, options, wrt)
    outputs = differentiable(probe(**arguments), wrt)
    seeds = [Tensor(v) for v in cotangents(outputs, options)]
    found = grad(outputs, [arguments[name] for name in wrt], seeds, allow_unused=True)
    return [np.zeros_like(case[name]) if g is None else np.array(g.data) for name, g in zip(wrt, found)]


def numeric(probe, case, options):
    """The same by central differences of the outputs."""
    wrt = options.get("wrt") or floats(case)
    arguments = given(case, options, wrt)
    weights = cotangents(differentiable(probe(**arguments), wrt), options)
    found = []
    for name in wrt:
        g = np.zeros_like(case[name])
        for index in np.ndindex(g.shape):
            h = STEP * max(1.0, abs(case[name][index]))
            ends = []
            for sign in (1, -1):
                moved = case[name].copy()
                moved[index] += sign * h
                with random.fork(options.get("seed", 0)):
                    outputs = differentiable(probe(**given({**case, name: moved}, options, wrt)), wrt)
                ends.append(sum(float((y.data * v).sum()) for y, v in zip(outputs, weights)))
            g[index] = (ends[0] - ends[1]) / (2 * h)
        found.append(g)
    return found


def second(probe, case, options):
    """∂(Σ w · ∂(Σ v · outputs)/∂wrt)/∂wrt: the rules themselves recorded and differentiated once more."""
    wrt = options.get("wrt") or floats(case)
    arguments = given(case, options, wrt)
    outputs = differentiable(probe(**arguments), wrt)
    inputs = [arguments[name] for name in wrt]
    first = grad(outputs, inputs, [Tensor(v) for v in cotangents(outputs, options)], create_graph=True, allow_unused=True)
    live = [g for g in first if g is not None and g.requires_grad]
    if not live:
        return [np.zeros_like(case[name]) for name in wrt]
    found = grad(live, inputs, [Tensor(v) for v in cotangents(live, {"cotangent": 2})], allow_unused=True)
    return [np.zeros_like(case[name]) if g is None else np.array(g.data) for name, g in zip(wrt, found)]


def jacobian(probe, case, options):
    """The outputs (y, log_det, …) for one case, then ∂y/∂x by central differences, (y's elements, x's elements); x is the first array."""
    name = floats(case)[0]
    outputs = values(probe, case, options)
    columns = []
    for index in np.ndindex(case[name].shape):
        h = STEP * max(1.0, abs(case[name][index]))
        ends = []
        for sign in (1, -1):
            moved = case[name].copy()
            moved[index] += sign * h
            with random.fork(options.get("seed", 0)):
                ends.append(values(probe, {**case, name: moved}, options)[0].ravel())
        columns.append((ends[0] - ends[1]) / (2 * h))
    return [*outputs, np.stack(columns, axis=1)]


def injected(probe, case, options):
    """The outputs where every draw of random numbers gets the checker's, which depend on their number alone, not on the order of draws.

    Last comes how many draws of each kind there were: of normal numbers, of uniform ones.
    """
    fake = Injected(options.get("seed", 0))
    real = random._generator
    random._generator = lambda device: fake
    try:
        outputs = bare(probe(**given(case, options)))
    finally:
        random._generator = real
    return [*outputs, np.array([fake.normal, fake.uniform])]


class Injected:
    """A generator whose numbers are known beforehand: the same for every draw of equally many, whatever their shape."""

    def __init__(self, seed):
        self.seed, self.normal, self.uniform = seed, 0, 0

    def _rng(self, shape):
        return new_generator([self.seed, math.prod(shape if isinstance(shape, (tuple, list)) else [int(shape)])])

    def standard_normal(self, shape, dtype=np.float64):
        """ε, known beforehand."""
        self.normal += 1
        return as_array(self._rng(shape).standard_normal(shape, np.float64), dtype)

    def random(self, shape, dtype=np.float64):
        """u, known beforehand."""
        self.uniform += 1
        return as_array(self._rng(shape).random(shape, np.float64), dtype)

    def integers(self, low, high, shape):
        """Whole numbers, known beforehand."""
        self.uniform += 1
        return self._rng(shape).integers(low, high, shape)

    def permutation(self, n):
        """An order, known beforehand."""
        self.uniform += 1
        return self._rng(n).permutation(n)


MODES = {f.__name__: f for f in (values, pure, gradient, numeric, second, jacobian, injected)}
