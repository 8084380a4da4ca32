"""How weights begin: functions that fill a tensor in place and return it, under PyTorch's names."""

import math

import numpy as np

from minigen import random
from minigen.autograd import no_grad
from minigen.device import special

GAINS = {"linear": 1.0, "identity": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}
GAINS |= {f"conv{transpose}{n}d": 1.0 for transpose in ("", "_transpose") for n in (1, 2, 3)}


def calculate_gain(nonlinearity, param=None):
    """By how much weights must be larger to make up for what ``nonlinearity`` shrinks. ``param``: leaky_relu's slope."""
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in GAINS:
        raise ValueError(f"calculate_gain: unknown nonlinearity {nonlinearity!r}; known are {', '.join([*GAINS, 'leaky_relu'])}")
    return GAINS[nonlinearity]


def fans(tensor):
    """(fan_in, fan_out) of a weight (out, in, *kernel): how many numbers feed an output, and how many outputs an input feeds."""
    if tensor.ndim < 2:
        raise ValueError(f"init: fan_in and fan_out need a weight (out, in, …), got shape {tensor.shape}")
    kernel = math.prod(tensor.shape[2:])
    return tensor.shape[1] * kernel, tensor.shape[0] * kernel


def _write(tensor, values):
    with no_grad():
        return tensor.copy_(values)


def uniform_(tensor, a=0.0, b=1.0):
    """Uniform on [a, b)."""
    return _write(tensor, random.rand(tensor.shape, tensor.dtype, tensor.device) * (b - a) + a)


def normal_(tensor, mean=0.0, std=1.0):
    """N(mean, std²)"""
    return _write(tensor, random.randn(tensor.shape, tensor.dtype, tensor.device) * std + mean)


def constant_(tensor, val):
    """``val`` everywhere."""
    return _write(tensor, val)


def zeros_(tensor):
    """0 everywhere."""
    return _write(tensor, 0.0)


def ones_(tensor):
    """1 everywhere."""
    return _write(tensor, 1.0)


def trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0):
    """N(mean, std²) given that it lies in [a, b]: Φ⁻¹ of a uniform number between Φ((a − mean)/std) and Φ((b − mean)/std)."""
    if not (a < b and std > 0):
        raise ValueError(f"trunc_normal_: expected a < b and std > 0, got a={a}, b={b}, std={std}")
    low, high = (float(special("ndtr", np.float64((edge - mean) / std))) for edge in (a, b))
    u = random.rand(tensor.shape, np.float64, tensor.device) * (high - low) + low
    return _write(tensor, np.clip(mean + std * special("ndtri", u), a, b))


def xavier_uniform_(tensor, gain=1.0):
    """Uniform on ±gain √(6 / (fan_in + fan_out)): keeps the variance of signals and gradients alike. [Glorot, Bengio 2010]"""
    bound = gain * math.sqrt(6 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor, gain=1.0):
    """N(0, gain² · 2 / (fan_in + fan_out)) [Glorot, Bengio 2010]"""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fans(tensor))))


def _kaiming_std(tensor, a, mode, nonlinearity):
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f'kaiming: mode must be "fan_in" or "fan_out", got {mode!r}')
    fan = fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(max(1, fan))


def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    """Uniform on ±√3 gain / √fan, the gain of a leaky ReLU of slope a: keeps the variance through rectifiers. [He et al. 2015]"""
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    """N(0, gain² / fan) [He et al. 2015]"""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity))


def orthogonal_(tensor, gain=1):
    """gain times a random matrix (rows, rest) with orthonormal rows or columns, whichever are fewer. [Saxe et al. 2013]

    Q of the QR decomposition of normal numbers, with R's diagonal made positive, so that all such matrices are equally likely.
    """
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_: expected at least two axes, got shape {tensor.shape}")
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    q, r = np.linalg.qr(random.randn((max(rows, columns), min(rows, columns)), np.float64, tensor.device))
    q = q * np.sign(np.diagonal(r))
    return _write(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape))
