"""Where arrays live: "cpu" (NumPy) or "cuda" (CuPy), and the few functions that NumPy does not dispatch by itself.

CuPy arrays answer to NumPy's own functions: ``np.exp(x)`` runs where ``x`` lives. So the library is written in NumPy, and this file
is the only one that knows of CuPy: creation, transfer, scatter-add, special functions and triangular solves go through it.
"""

import importlib
from functools import cache

import numpy as np

_defaults = {"dtype": np.dtype(np.float32), "device": "cpu"}


def keep_freed_memory():
    """Let memory that a training step has freed serve the next step, instead of going back to the system and coming anew, page by page.

    The allocator of Linux, glibc, gives freed memory back above a threshold, twice the largest block of up to 32 MB that it has seen
    freed. So it is shown one, which nobody writes to and which therefore costs nothing. A step of the DCGAN goes from 6,000 page faults
    to one, a step of the VAE from 740 to none, and they are faster by 5 and 8 %.
    """
    np.empty(2**25 - 2**16, np.uint8)


keep_freed_memory()


# --- defaults -----------------------------------------------------------------------------------------------------------------


def get_default_dtype():
    """The floating dtype of new tensors: float32 unless ``set_default_dtype`` said otherwise."""
    return _defaults["dtype"]


def set_default_dtype(dtype):
    """Make ``dtype`` (float32 or float64) the dtype of tensors created from Python numbers. TypeError for any other dtype."""
    dtype = np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"set_default_dtype: expected float32 or float64, got {dtype}")
    _defaults["dtype"] = dtype


def get_default_device():
    """The device of new tensors: "cpu" unless ``set_default_device`` said otherwise."""
    return _defaults["device"]


def set_default_device(device):
    """Make ``device`` ("cpu", "cuda", "cuda:1") the place of new tensors. RuntimeError or ValueError if it is not there."""
    device = canonical(device)
    if device != "cpu":
        cupy().cuda.Device(int(device[5:])).use()  # the results of operations go there as well
    _defaults["device"] = device


# --- devices ------------------------------------------------------------------------------------------------------------------


@cache
def cupy():
    """The module CuPy. RuntimeError that says what is missing: the package, or a GPU that it can use."""
    try:
        module = importlib.import_module("cupy")
    except ImportError:
        raise RuntimeError(
            'device "cuda" needs CuPy, which is not installed: pip install "minigen[cuda13]" (or "minigen[cuda12]" for older drivers)'
        ) from None
    if not module.cuda.is_available():
        raise RuntimeError('device "cuda": CuPy is installed but finds no usable NVIDIA GPU or driver; use device="cpu"')
    importlib.import_module("cupyx").seterr(linalg="raise")  # a singular matrix is an error there, too, not NaN
    return module


def canonical(device):
    """``device`` as "cpu" or "cuda:N"; None means the default device. ValueError for an unknown name."""
    if device is None:
        return _defaults["device"]
    kind, _, number = str(device).partition(":")
    if kind == "cpu" and not number:
        return "cpu"
    if kind == "cuda" and (number.isdigit() or not number):
        count = cupy().cuda.runtime.getDeviceCount()
        if int(number or 0) >= count:
            raise ValueError(f"there is no device {device!r}: the last GPU is cuda:{count - 1}")
        return f"cuda:{int(number or 0)}"
    raise ValueError(f'unknown device {device!r}: expected "cpu", "cuda" or "cuda:N"')


def device_of(array):
    """The device on which ``array`` lives, read off the array itself: "cpu" or "cuda:N"."""
    return f"cuda:{array.device.id}" if on_gpu(array) else "cpu"


def on_gpu(array):
    """True for a CuPy array; False for a NumPy array or number, a Python number and None."""
    return not isinstance(array, (np.ndarray, np.generic, int, float, complex, list, tuple, type(None)))


def to_device(array, device):
    """``array`` on ``device``; the same array if it is there already."""
    here = device_of(array)
    if here == device or here == (device := canonical(device)):
        return array
    if device == "cpu":
        return cupy().asnumpy(array)
    with cupy().cuda.Device(int(device[5:])):
        return cupy().asarray(array)


def to_numpy(array):
    """``array`` as a NumPy array on the CPU."""
    return array.get() if on_gpu(array) else np.asarray(array)


# --- what does not dispatch ---------------------------------------------------------------------------------------------------


def as_array(data, dtype=None, device=None):
    """``data`` (number, nested list, array) as an array. Python floats take the default dtype, arrays keep theirs.

    The array is shared with ``data`` where no conversion is needed.
    """
    if on_gpu(data):
        return to_device(data if dtype is None else data.astype(dtype, copy=False), device or device_of(data))
    plain = not isinstance(data, (np.ndarray, np.generic))
    array = np.asarray(data, dtype)
    if array.dtype == object or array.dtype.kind in "USV":
        raise TypeError(f"expected numbers in a rectangular array, got {type(data).__name__} that NumPy reads as dtype {array.dtype}")
    if dtype is None and plain and array.dtype == np.float64:
        array = array.astype(_defaults["dtype"])
    return to_device(array, device)


def create(name, *args, device=None, **keywords):
    """``np.zeros``, ``np.full``, ``np.arange``, … by name, on ``device``."""
    device = canonical(device)
    if device == "cpu":
        return getattr(np, name)(*args, **keywords)
    with cupy().cuda.Device(int(device[5:])):
        return getattr(cupy(), name)(*args, **keywords)


def add_at(array, index, values):
    """array[index] += values, with repeated indices adding up; in place."""
    (cupy() if on_gpu(array) else np).add.at(array, index, values)


def maximum_at(array, index, values):
    """array[index] = max(array[index], values), for repeated indices the largest of their values; in place."""
    (cupy() if on_gpu(array) else np).maximum.at(array, index, values)


def special(name, *arrays):
    """``scipy.special.name(*arrays)``, or CuPy's function of that name for arrays on a GPU."""
    gpu = any(on_gpu(a) for a in arrays)
    return _module("cupyx.scipy.special" if gpu else "scipy.special", name)(*arrays)


def solve(a, b):
    """x with a x = b: (…, N, N), (…, N, K) -> (…, N, K). LinAlgError if a matrix is singular. CuPy does not broadcast the batches."""
    return np.linalg.solve(*(_one_batch(a, b) if on_gpu(a) else (a, b)))


def solve_triangular(a, b, lower):
    """x with a x = b for triangular ``a``, batched: (…, N, N), (…, N, K) -> (…, N, K). LinAlgError where a diagonal holds a 0."""
    if (np.diagonal(a, axis1=-2, axis2=-1) == 0).any():
        raise np.linalg.LinAlgError("a diagonal holds a 0")
    single = a.dtype == b.dtype == np.float32
    a, b = _one_batch(a, b)
    if on_gpu(a):
        a, b = (v.astype(np.result_type(a.dtype, b.dtype), copy=False) for v in (a, b))
        return _module("cupyx.scipy.linalg", "solve_triangular")(a, b, lower=lower) if b.size else np.zeros_like(b)
    solve = _module("scipy.linalg.blas", "strsm" if single else "dtrsm")  # 1 µs a matrix; scipy.linalg.solve_triangular 15 µs
    x = np.empty(b.shape, np.float32 if single else np.float64)
    for i in np.ndindex(*b.shape[:-2]) if x.size else ():
        x[i] = solve(1.0, a[i], b[i], lower=lower)
    return x


def _one_batch(a, b):
    """Two arrays of matrices with their leading axes broadcast against each other."""
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return np.broadcast_to(a, batch + a.shape[-2:]), np.broadcast_to(b, batch + b.shape[-2:])


@cache
def _module(module, name):
    return getattr(importlib.import_module(module), name)
