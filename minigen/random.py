"""The one source of randomness: a generator per device, seeded together. Every random number in minigen is drawn here.

``manual_seed(0)`` makes everything that follows reproducible; ``get_state``/``set_state`` make a run resumable bit for bit.
All functions return bare arrays; ``minigen.randn`` and its kin wrap them as tensors.
"""

from contextlib import contextmanager

import numpy as np

from minigen import device as _device

_generators = {}  # device name -> generator, made at first use
_seed = {"value": None}  # None: drawn from the operating system


def new_generator(seed=None):
    """An independent NumPy generator, for data whose draw must not depend on what was drawn before it."""
    return np.random.Generator(np.random.SFC64(seed))


def _generator(device):
    device = _device.canonical(device)
    if device not in _generators:
        make = new_generator if device == "cpu" else _device.cupy().random.default_rng
        _generators[device] = make(_seed["value"])
    return _generators[device]


def manual_seed(seed):
    """Restart every device's generator from ``seed``, a non-negative integer."""
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"manual_seed: expected a non-negative integer, got {seed!r}")
    _seed["value"] = int(seed)
    _generators.clear()


def get_state():
    """The CPU generator's state: a dictionary of strings and whole numbers that JSON can hold."""
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
    kept, kept_seed = dict(_generators), _seed["value"]
    manual_seed(seed)
    try:
        yield
    finally:
        _generators.clear()
        _generators.update(kept)
        _seed["value"] = kept_seed


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
