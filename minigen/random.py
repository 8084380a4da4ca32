"""The one source of randomness: the CPU's generator, which also seeds what is drawn on a GPU. Every random number is drawn here.

``manual_seed(0)`` makes everything that follows reproducible; ``get_state``/``set_state`` make a run resumable bit for bit.
All functions return bare arrays; ``minigen.randn`` and its kin wrap them as tensors.
"""

from contextlib import contextmanager

import numpy as np

from minigen import device as _device


def new_generator(seed=None):
    """An independent NumPy generator, for data whose draw must not depend on what was drawn before it."""
    return np.random.Generator(np.random.SFC64(seed))


_current = {"generator": new_generator()}  # until manual_seed its seed is the operating system's


def _generator(device):
    """The generator from which the next numbers on ``device`` are drawn.

    CuPy cannot save a generator [github.com/cupy/cupy/issues/5430]. So on a GPU each draw has its own, seeded by the CPU's, whose
    state is then all there is to save. Of CuPy's generators Philox is the one that is seeded at once: its state is a counter.
    """
    if _device.canonical(device) == "cpu":
        return _current["generator"]
    gpu, seed = _device.cupy().random, _current["generator"].integers(2**32)  # CuPy's generators keep 32 bits of a seed
    return gpu.default_rng(gpu.Philox4x3210(int(seed)))


def manual_seed(seed):
    """Restart the random numbers of all devices from ``seed``, a non-negative integer."""
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"manual_seed: expected a non-negative integer, got {seed!r}")
    _current["generator"] = new_generator(int(seed))


def get_state():
    """The state of all random numbers, on all devices: a dictionary of strings and whole numbers that JSON can hold."""
    state = _generator("cpu").bit_generator.state
    return {**state, "state": {"state": [int(word) for word in state["state"]["state"]]}}


def set_state(state):
    """Continue from a state that ``get_state`` returned. ValueError if it is not one."""
    try:
        words = np.array(state["state"]["state"], np.uint64)
        _generator("cpu").bit_generator.state = {**state, "state": {"state": words}}
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"set_state: this is not a state that get_state returned ({error})") from None


@contextmanager
def fork(seed):
    """Inside the ``with`` block numbers come from ``seed``; after it, the old stream goes on as if nothing had been drawn."""
    kept = _current["generator"]
    manual_seed(seed)
    try:
        yield
    finally:
        _current["generator"] = kept


# --- draws --------------------------------------------------------------------------------------------------------------------


def rand(shape, dtype=None, device=None):
    """Uniform on [0, 1). Shape: as given."""
    return _generator(device).random(shape, dtype=dtype or _device.get_default_dtype())


def randn(shape, dtype=None, device=None):
    """Standard normal N(0, 1). Shape: as given."""
    return _generator(device).standard_normal(shape, dtype=dtype or _device.get_default_dtype())


def randint(low, high, shape, device=None):
    """Whole numbers in [low, high), int64. Shape: as given."""
    return _generator(device).integers(low, high, shape)


def gamma(concentration, shape, dtype=None, device=None):
    """Gamma(concentration, rate 1); ``concentration`` broadcasts to ``shape``."""
    draw = _generator(device).standard_gamma(concentration, shape)
    return draw.astype(dtype or _device.get_default_dtype())


def binomial(total, probability, shape, dtype=None, device=None):
    """Number of successes in ``total`` trials of ``probability``, as floats; both broadcast to ``shape``."""
    draw = _generator(device).binomial(total, probability, shape)
    return draw.astype(dtype or _device.get_default_dtype())


def randperm(n, device=None):
    """A random order of 0 … n−1, int64, shape (n,). Drawn on the CPU on every device: CuPy has no permutation."""
    return _device.to_device(_generator("cpu").permutation(n), device)
