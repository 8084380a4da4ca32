"""Clipping: gradients by norm or by value, weights by value."""

import math

import numpy as np

from minigen.device import as_array
from minigen.optim.optimizer import tensors_of
from minigen.tensor import raw, tick


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    """Scale all gradients together so that their norm is at most ``max_norm``; return the norm they had, a 0-d tensor.

        n = (Σ |gᵢ|ᵖ)^(1/p) over all elements of all gradients       g ← g · min(1, max_norm / (n + 10⁻⁶))

    p is ``norm_type``; ``float("inf")`` means the largest |gᵢ|. RuntimeError if the norm is NaN or infinite and
    ``error_if_nonfinite``. [torch.nn.utils.clip_grad_norm_]
    """
    norm_type = float(norm_type)
    if not max_norm >= 0 or not norm_type > 0:
        raise ValueError(f"clip_grad_norm_: expected max_norm ≥ 0 and norm_type > 0, got {max_norm} and {norm_type}")
    found = _with_gradient(parameters, "clip_grad_norm_")
    if not found:
        return raw(np.zeros((), np.float32))
    norms = np.stack([np.linalg.norm(p.grad.data.reshape(-1), norm_type) for p in found])
    total = np.linalg.norm(norms, norm_type)
    norm = float(total)
    if error_if_nonfinite and not math.isfinite(norm):
        raise RuntimeError(f"clip_grad_norm_: the norm of the gradients is {norm}; `with anomaly():` finds the op")
    scale = max_norm / (norm + 1e-6)
    if not scale >= 1:
        with np.errstate(invalid="ignore"):  # an infinite norm: 0 · inf is NaN there and 0 elsewhere, as in PyTorch
            _write(found, lambda g: np.multiply(g, scale, out=g))
    return raw(as_array(total))


def clip_grad_value_(parameters, clip_value):
    """g ← min(max(g, −clip_value), clip_value), element by element. [torch.nn.utils.clip_grad_value_]"""
    if not clip_value >= 0:
        raise ValueError(f"clip_grad_value_: expected clip_value ≥ 0, got {clip_value}")
    _write(_with_gradient(parameters, "clip_grad_value_"), lambda g: np.clip(g, -clip_value, clip_value, out=g))


def clip_weights_(parameters, bound):
    """w ← min(max(w, −bound), bound): keeps a critic Lipschitz. [Wasserstein GAN, algorithm 1, line 7; arXiv:1701.07875]"""
    if not bound > 0:
        raise ValueError(f"clip_weights_: expected a bound above 0, got {bound}")
    for p in tensors_of(parameters, "clip_weights_"):
        np.clip(p.data, -bound, bound, out=p.data)
        p.written = tick()


def _with_gradient(parameters, name):
    return [p for p in tensors_of(parameters, name) if p.grad is not None]


def _write(params, change):
    for p in params:
        change(p.grad.data)
        p.grad.written = tick()
