"""A strict stand-in for CuPy, for machines without a GPU. It runs no GPU code: NumPy computes behind CuPy's names and refusals.

Names and parameters are those of CuPy 14 (cupy_names.txt), and what CuPy refuses is refused: NumPy arrays beside its own,
implicit conversion, ``where=`` and ``initial=``. All results are its own arrays, also where NumPy returns numbers. What a GPU leaves
undefined, such as indices that are out of range, raises ``Undefined``; vectors of ``eigh`` and ``svd``, which are determined only up to
their sign, come with other signs than LAPACK's. Stricter than CuPy: it takes no NumPy array as an index.
Source of what is not in a signature: CuPy 14.2, _core/core.pyx, _core/_routines_math.pyx, _sorting/search.py, linalg/_einsum.py,
linalg/_solve.py, random/_generator_api.pyx, random/_bit_generator.pyx.
"""

import importlib
import inspect
import re
import sys
import types
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

SCALARS = (bool, int, float, complex, np.bool_, np.number)
LINES = Path(__file__).with_name("cupy_names.txt").read_text("utf-8").splitlines()
NAMES = dict(re.fullmatch(r"([\w.]+)(.*)", line).groups() for line in LINES if line[0] != "#")  # "cupy.clip" -> "(a, a_min, …)"
HOST = {"cupy": "numpy", "cupy.linalg": "numpy.linalg", "cupyx.scipy.special": "scipy.special", "cupyx.scipy.linalg": "scipy.linalg",
        "cupy.lib.stride_tricks": "numpy.lib.stride_tricks"}  # fmt: skip
TAKES_NUMBERS = {"shape", "ndim", "size", "isclose", "allclose", "result_type", "broadcast_arrays"}  # others call methods
ZERO_DIMENSIONAL = {"allclose", "array_equal", "array_equiv", "count_nonzero"}  # arrays in CuPy, Python numbers in NumPy
AT = {"add": "ilILqQefd", "subtract": "iI", "maximum": "ilqILQfd", "minimum": "ilqILQfd"}  # ufunc.at -> the dtypes it has
REDUCE = {"reduce": ("add", "multiply"), "accumulate": ("add", "multiply"), "reduceat": ("add",)}
OPERATORS = dict(
    add=np.add, sub=np.subtract, mul=np.multiply, truediv=np.true_divide, floordiv=np.floor_divide, mod=np.remainder, pow=np.power,
    matmul=np.matmul, xor=np.bitwise_xor, eq=np.equal, ne=np.not_equal, lt=np.less, le=np.less_equal, gt=np.greater,
    ge=np.greater_equal, lshift=np.left_shift, rshift=np.right_shift, **{"and": np.bitwise_and, "or": np.bitwise_or},
)  # fmt: skip
linalg_errors = ["ignore"]  # cupyx.seterr


class Undefined(AssertionError):
    """A GPU would go on with arbitrary numbers here."""


# --- what goes in and what comes out ------------------------------------------------------------------------------------------


def leaves(value):
    """All values in nested lists, tuples and dictionaries."""
    if isinstance(value, dict):
        value = list(value.values())
    return [leaf for v in value for leaf in leaves(v)] if isinstance(value, (list, tuple)) else [value]


def bare(value):
    """``value`` with NumPy's arrays in place of the stand-in's."""
    if isinstance(value, (list, tuple)):
        return type(value)(bare(v) for v in value)
    return {k: bare(v) for k, v in value.items()} if isinstance(value, dict) else value._a if isinstance(value, ndarray) else value


def dressed(value, given=()):
    """``value`` with the stand-in's arrays in place of NumPy's; an array that is among ``given`` (out=) stays the same object."""
    for g in given:
        if isinstance(g, ndarray) and g._a is value:
            return g
    if isinstance(value, (np.ndarray, np.generic)):
        array = object.__new__(ndarray)
        array._a = np.asarray(value)
        return array
    if isinstance(value, list):
        return [dressed(v, given) for v in value]
    return tuple(dressed(v, given) for v in value) if isinstance(value, tuple) else value


@cache
def signature(name):
    return inspect.signature(eval(f"lambda {NAMES[name][1:-1]}: 0"))


def call(function, name, args, keywords):
    """``function(*args, **keywords)`` of NumPy, if CuPy's function ``name`` would take these arguments."""
    short, given = name.rpartition(".")[2], leaves((args, keywords))
    if NAMES[name].startswith("("):
        try:
            signature(name).bind(*args[name.startswith("cupy.ndarray.") :], **keywords)
        except TypeError as error:
            raise TypeError(f"{name}{NAMES[name]}: {error}") from None
        first, kind = next(iter(signature(name).parameters), ""), type(args[0]) if args else None
        if first in ("a", "x", "m", "arr", "ar", "array") and short not in TAKES_NUMBERS and kind in (int, float, bool, list):
            raise AttributeError(f"{name}: {kind.__name__!r} object has no attribute {short!r}")
    if any(isinstance(v, np.ndarray) for v in given):
        raise TypeError(f"{name}: Unsupported type <class 'numpy.ndarray'>")
    if short.endswith("_like") and not keywords.get("shape", True):
        keywords = {**keywords, "shape": None}  # CuPy takes shape=() for no shape
    try:
        out = function(*bare(args), **bare(keywords))
    except np.linalg.LinAlgError as error:
        if linalg_errors[-1] == "raise" or "must be" in str(error) or "dimension" in str(error):
            raise
        raise Undefined(f"{name}: {error}; CuPy goes on with NaN or worse") from None
    return dressed(np.asarray(out) if short in ZERO_DIMENSIONAL else out, given)


# --- the array ----------------------------------------------------------------------------------------------------------------


class ndarray:
    """cupy.ndarray: holds a NumPy array, but is none."""

    __slots__ = ("__weakref__", "_a")
    __hash__ = None
    __array_priority__ = 100
    __cuda_array_interface__ = property(lambda self: {"shape": self._a.shape, "typestr": self._a.dtype.str})
    data = property(lambda self: types.SimpleNamespace(device_id=0))
    device = property(lambda self: Device(0))
    base = property(lambda self: dressed(self._a.base))
    shape = property(lambda self: self._a.shape)

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct one explicitly.")

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        if "out" in keywords:
            (keywords["out"],) = keywords["out"]
        for module in (cupy, special):
            function = getattr(module, ufunc.__name__, None)
            if function is not None:
                break
        if function is None or not all(isinstance(v, (ndarray, np.ndarray, *SCALARS)) for v in (*inputs, keywords.get("out", 0))):
            return NotImplemented
        return (function if method == "__call__" else getattr(function, method))(*inputs, **keywords)

    def __array_function__(self, function, kinds, args, keywords):
        module = cupy
        for name in function.__module__.split(".")[1:]:
            module = getattr(module, name, None)
        own = getattr(module, function.__name__, None)
        if own is None or not all(issubclass(kind, (ndarray, np.ndarray)) for kind in kinds):
            return NotImplemented
        return own(*args, **keywords)

    def __getitem__(self, key):
        picked = undefined_if_out_of_range(lambda key: self._a[key], key)
        if isinstance(picked, np.generic) and not any(isinstance(k, ndarray) for k in leaves(key)):
            picked = self._a[(*leaves(key), ...)]  # x[0, 0] is a view in CuPy
        return dressed(picked)

    def __setitem__(self, key, value):
        if isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim):
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        value, key = np.array(bare(value)), (key if isinstance(key, tuple) else (key,))
        undefined_if_out_of_range(lambda key: self._a.__setitem__(key, value), key)
        if any(isinstance(k, ndarray) for k in key) and value.ndim:
            written = self._a[bare(key)]
            wanted = np.broadcast_to(value, written.shape).astype(written.dtype)
            if not np.array_equal(written, wanted, equal_nan=written.dtype.kind == "f"):
                raise Undefined("x[index] = values with an index twice: which value stays is undefined in CuPy")

    def __len__(self):
        return len(self._a)

    def __iter__(self):
        return (self[i] for i in range(len(self._a)))

    def get(self, stream=None, order="C", out=None, blocking=True):
        return np.array(self._a, order=order)

    def reshape(self, *shape, order="C", copy=None):
        return dressed(self._a.reshape(*shape, order=order), (self,))

    def cumsum(self, axis=None, dtype=None, out=None):
        return running("cumsum", self, axis, dtype, out)

    def cumprod(self, axis=None, dtype=None, out=None):
        return running("cumprod", self, axis, dtype, out)


def running(name, a, axis=None, dtype=None, out=None):
    """A running sum or product; unlike NumPy's, it finds no axis 0 in a number."""
    if axis is not None:
        normalize_axis_index(axis, a.ndim)
    return call(getattr(np, name), f"cupy.{name}", (a, axis, dtype, out), {})


def undefined_if_out_of_range(function, key):
    """``function(key)``; an index among arrays of indices that is out of range does not raise in CuPy: it wraps around."""
    keys = key if isinstance(key, tuple) else (key,)
    if any(isinstance(k, (np.ndarray, list)) for k in keys):
        raise TypeError("an array or list on the host as an index: CuPy would copy it to the GPU at each use")
    if sum(isinstance(k, ndarray) and k._a.dtype == bool for k in keys) > 1:
        raise NotImplementedError("CuPy knows only one mask in an index")
    try:
        return function(bare(key))
    except IndexError as error:
        if any(isinstance(k, ndarray) and k._a.dtype != bool for k in keys) and "out of bounds" in str(error):
            raise Undefined(f"{error}; CuPy wraps it around") from None
        raise


def operator(ufunc, reflected=False, in_place=False):
    def apply(self, other):
        if isinstance(other, np.ndarray):
            raise TypeError("Unsupported type <class 'numpy.ndarray'>")
        if not isinstance(other, (ndarray, *SCALARS)):
            return NotImplemented
        if in_place:
            ufunc(self._a, bare(other), out=self._a)
            return self
        return dressed(ufunc(bare(other), self._a) if reflected else ufunc(self._a, bare(other)))

    return apply


def method(path, host):
    return lambda self, *args, **keywords: call(host, path, (self, *args), keywords)


for _name, _ufunc in OPERATORS.items():
    setattr(ndarray, f"__{_name}__", operator(_ufunc))
    if _name not in ("eq", "ne", "lt", "le", "gt", "ge"):
        setattr(ndarray, f"__r{_name}__", operator(_ufunc, reflected=True))
        if _name != "matmul":
            setattr(ndarray, f"__i{_name}__", operator(_ufunc, in_place=True))
for _name, _ufunc in {"neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert}.items():
    setattr(ndarray, f"__{_name}__", lambda self, _ufunc=_ufunc: dressed(_ufunc(self._a)))
for _name in ("__bool__", "__int__", "__float__", "__repr__", "__str__", "__format__"):
    setattr(ndarray, _name, lambda self, *args, _name=_name: getattr(self._a, _name)(*args))
for _path in NAMES:
    _name = _path.removeprefix("cupy.ndarray.")
    if _path != _name and not hasattr(ndarray, _name) and hasattr(np.ndarray, _name):
        if NAMES[_path]:
            setattr(ndarray, _name, method(_path, getattr(np.ndarray, _name)))
        else:
            setattr(ndarray, _name, property(lambda self, _name=_name: dressed(getattr(self._a, _name))))


# --- modules ------------------------------------------------------------------------------------------------------------------


class Ufunc:
    """cupy.ufunc: ``exp(x, out=…)``, without ``where=``."""

    def __init__(self, name, host):
        self.path, self.name, self.host = name, name.rpartition(".")[2], host

    def __call__(self, *args, **keywords):
        if keywords.keys() - {"out", "dtype", "casting"}:
            raise TypeError(f"{self.path}: Wrong arguments {keywords}")
        for v in (*args, *leaves(keywords.get("out"))):
            if v is not None and not isinstance(v, (ndarray, *SCALARS)):
                raise TypeError(f"{self.path}: Unsupported type {type(v)}")
        return call(self.host, self.path, args, keywords)

    def at(self, a, index, values):
        if a.dtype.char not in AT.get(self.name, ""):
            raise TypeError(f"{self.path}.at: not for {a.dtype}")
        if any(isinstance(v, np.ndarray) for v in (a, values)):
            raise TypeError(f"{self.path}.at: Unsupported type <class 'numpy.ndarray'>")
        undefined_if_out_of_range(lambda index: self.host.at(a._a, index, np.asarray(bare(values)).astype(a.dtype)), index)

    def __getattr__(self, how):
        if how not in REDUCE:
            raise AttributeError(how)
        if self.name not in REDUCE[how]:
            raise NotImplementedError(f"`{self.path}.{how}` is not supported yet")
        return lambda array, *args, **keywords: dressed(getattr(self.host, how)(bare(array), *args, **keywords))


class Module(types.ModuleType):
    """A module of CuPy: the names in the list, made when they are asked for."""

    def __getattr__(self, name):
        path = f"{self.__name__}.{name}"
        if path not in NAMES:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} (CuPy 14)")
        host = getattr(importlib.import_module(HOST[self.__name__]), name)
        kind = NAMES[path]
        value = Ufunc(path, host) if kind == " ufunc" else partial(_called, host, path) if kind else host
        setattr(self, name, value)
        return value


def _called(host, path, *args, **keywords):
    return call(host, path, args, keywords)


class Device:
    """cupy.cuda.Device: there is one, number 0."""

    def __init__(self, device=0):
        self.id = device

    def __enter__(self):
        if self.id:
            raise RuntimeError("cudaErrorInvalidDevice: invalid device ordinal")

    def __exit__(self, *error):
        pass

    use = __enter__


class BitGenerator:
    """cupy.random.XORWOW and its kin: 32 bits of the seed count, and the state, on the GPU, can be neither read nor copied."""

    def __init__(self, seed=None, *, size=-1):
        self._seed = int(np.random.SeedSequence(seed).generate_state(1)[0])

    def __reduce__(self):
        raise TypeError("cannot pickle '_thread.lock' object")


class XORWOW(BitGenerator):
    """The one that default_rng takes."""


class Philox4x3210(BitGenerator):
    """The one that counts."""


class Generator:
    """cupy.random.Generator: other numbers than NumPy's from the same seed, fewer methods, arrays on the GPU only."""

    def __init__(self, bit_generator):
        self.bit_generator = bit_generator
        self.host = np.random.default_rng([bit_generator._seed, *type(bit_generator).__name__.encode()])

    def __reduce__(self):
        raise TypeError("cannot pickle '_thread.lock' object")

    def __getattr__(self, name):
        path = f"cupy.random.Generator.{name}"
        if path not in NAMES:
            raise AttributeError(f"'cupy.random.Generator' has no attribute {name!r}")

        def draw(*args, **keywords):
            given = signature(path).bind(*args, **keywords).arguments
            if any(type(v) not in (int, float, ndarray) for k, v in given.items() if k not in ("size", "dtype", "out")):
                raise ValueError(f"{path}: parameters are required to be cupy.ndarray or a scalar")
            dtype = np.dtype(given.pop("dtype", np.int64 if name == "integers" else np.float64))
            if dtype.kind == "f" and dtype.char not in "fd":
                raise TypeError(f"{path}: Unsupported dtype {dtype}")
            drawn = np.asarray(getattr(self.host, name)(**bare(given)))
            return dressed(drawn.astype(dtype) if drawn.dtype.kind == dtype.kind else drawn)

        return draw


def default_rng(seed=None):
    return seed if isinstance(seed, Generator) else Generator(seed if isinstance(seed, BitGenerator) else XORWOW(seed))


def where(condition, x=None, y=None):
    if not hasattr(condition, "astype"):
        raise AttributeError(f"cupy.where: {type(condition).__name__!r} object has no attribute 'astype'")
    return call(np.where, "cupy.where", (condition,) if x is None else (condition, x, y), {})


def polygamma(n, x):
    where(n == 0, x, x)  # here CuPy wants n as an array
    return call(importlib.import_module("scipy.special").polygamma, "cupyx.scipy.special.polygamma", (n, x), {})


def array(obj, dtype=None, copy=True, **keywords):
    if isinstance(obj, ndarray):
        return dressed(np.array(obj._a, dtype, copy=copy or None), (obj,))
    if any(isinstance(v, ndarray) for v in leaves(obj)):
        raise TypeError("cupy.array: lists of arrays synchronise at each element")
    return dressed(np.array(obj, dtype))  # a copy: it goes to the GPU


def solve(a, b):
    if b.ndim > 1 and a.shape[:-1] != b.shape[:-1]:
        raise ValueError("a must have (..., M, M) shape and b must have (..., M, K) for multidimensional b")
    return call(np.linalg.solve, "cupy.linalg.solve", (a, b), {})


def solve_triangular(a, b, trans=0, lower=False, unit_diagonal=False, overwrite_b=False, check_finite=False):
    if a.shape[:-2] != b.shape[: a.ndim - 2] or a.shape[-1] != b.shape[a.ndim - 2]:
        raise ValueError("incompatible batch count or dimensions")
    if not all(isinstance(v, ndarray) for v in (a, b)):
        raise TypeError("cupyx.scipy.linalg.solve_triangular: Unsupported type")
    if trans or unit_diagonal:
        raise NotImplementedError("not in this stand-in")
    triangle = np.tril(a._a) if lower else np.triu(a._a)
    with np.errstate(all="ignore"):
        singular = (np.diagonal(triangle, axis1=-2, axis2=-1) == 0).any(-1)[..., None, None]
        x = np.linalg.solve(np.where(singular, np.eye(a.shape[-1]), triangle), b._a)
        return dressed(np.where(singular, np.nan, x).astype(a.dtype))


def eigh(a, UPLO="L"):
    values, vectors = call(np.linalg.eigh, "cupy.linalg.eigh", (a, UPLO), {})
    return values, vectors * signs(values)


def svd(a, full_matrices=True, compute_uv=True):
    found = call(np.linalg.svd, "cupy.linalg.svd", (a, full_matrices, compute_uv), {})
    if not compute_uv:
        return found
    (u, s, vh), k = found, found[1].shape[-1]
    u[..., :k] *= signs(s)
    vh[..., :k, :] *= signs(s)[:, None]
    return u, s, vh


def signs(values):
    """-1, 1, -1, … for the vectors that belong to ``values``: each of them is determined only up to its sign."""
    return dressed((-1.0) ** np.arange(1, values.shape[-1] + 1).astype(values.dtype))


def einsum(*operands, dtype=None, optimize=False):
    return dressed(np.einsum(*bare(operands), dtype=dtype, optimize=optimize))  # NumPy's arrays are copied to the GPU, unasked


def seterr(*, linalg=None):
    linalg_errors.append(linalg or linalg_errors[-1])


cupy, linalg, lib, tricks, random = map(Module, ("cupy", "cupy.linalg", "cupy.lib", "cupy.lib.stride_tricks", "cupy.random"))
cupyx, scipy, special, triangular = map(Module, ("cupyx", "cupyx.scipy", "cupyx.scipy.special", "cupyx.scipy.linalg"))
MODULES = {m.__name__: m for m in (cupy, linalg, lib, tricks, random, cupyx, scipy, special, triangular)}
vars(cupy).update(
    ndarray=ndarray, where=where, array=array, linalg=linalg, random=random, lib=lib, einsum=einsum,
    cumsum=partial(running, "cumsum"), cumprod=partial(running, "cumprod"),
    asarray=lambda a, dtype=None, **keywords: array(a, dtype, copy=None),
    asnumpy=lambda a, **keywords: a.get() if isinstance(a, ndarray) else np.asarray(a),
    cuda=types.SimpleNamespace(is_available=lambda: True, Device=Device, runtime=types.SimpleNamespace(getDeviceCount=lambda: 1)),
)  # fmt: skip
linalg.eigh, linalg.svd = eigh, svd
lib.stride_tricks, linalg.solve, special.polygamma, triangular.solve_triangular = tricks, solve, polygamma, solve_triangular
random.default_rng, random.Generator, random.XORWOW, random.Philox4x3210 = default_rng, Generator, XORWOW, Philox4x3210
cupyx.scipy, cupyx.seterr, scipy.special, scipy.linalg = scipy, seterr, special, triangular


@contextmanager
def installed():
    """``with installed():`` ``import cupy`` finds the stand-in; afterwards again what was there before."""
    before = {name: sys.modules.get(name) for name in MODULES}
    sys.modules.update(MODULES)
    try:
        yield cupy
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
        del linalg_errors[1:]
