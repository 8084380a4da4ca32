"""Losses of probabilities, in nats: cross-entropies of Bernoulli and categorical variables, Kullback-Leibler divergence."""

import math

import numpy as np

from minigen import ops
from minigen.autograd import primitive
from minigen.nn.activations import logsigmoid
from minigen.nn.losses import REDUCTIONS, check_reduction, check_shapes, reduced
from minigen.ops import log_softmax, sigmoid
from minigen.tensor import Tensor

# --- Bernoulli ----------------------------------------------------------------------------------------------------------------


@primitive
def bce_with_logits(z, t, *, reduction="none"):
    """−t ln σ(z) − (1 − t) ln σ(−z) = max(z, 0) − z t + ln(1 + exp(−|z|)), reduced to its "mean" or "sum" if wished.

    Forward and backward of (128, 784): 0.3 ms, composed of other ops 2.3 ms. The reduction inside saves 12 of 45 µs for (128, 1).
    """
    loss = np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.sum() / (loss.size or math.nan)


@bce_with_logits.vjp
def bce_with_logits_vjp_z(g, y, z, t, *, reduction):
    """∂y/∂z = σ(z) − t"""
    return (sigmoid(z) - t) * _each(g, z, reduction)


@bce_with_logits.vjp
def bce_with_logits_vjp_t(g, y, z, t, *, reduction):
    """∂y/∂t = −z"""
    return -z * _each(g, z, reduction)


def _each(g, z, reduction):
    """The gradient that each element of the loss receives."""
    return g / max(1, math.prod(z.shape)) if reduction == "mean" else g


def binary_cross_entropy_with_logits(input, target, weight=None, reduction="mean", pos_weight=None):
    """−w [p t ln σ(z) + (1 − t) ln σ(−z)], z the logits ``input``, t ``target``, w ``weight``, p ``pos_weight``; in nats.

    ``weight`` and ``pos_weight`` broadcast to the input's shape. No logit is too large: nothing overflows, nothing is clipped.
    """
    name = "binary_cross_entropy_with_logits"
    check_shapes(name, input, target)
    if weight is None and pos_weight is None:
        check_reduction(name, reduction)
        return bce_with_logits(input, target, reduction=reduction)
    for what, w in (("weight", weight), ("pos_weight", pos_weight)):
        check_broadcasts(name, what, w, input)
    if pos_weight is None:
        loss = bce_with_logits(input, target, reduction="none")
    else:
        loss = (1 - target) * input - (1 + (pos_weight - 1) * target) * logsigmoid(input)
    return reduced(name, loss if weight is None else loss * weight, reduction)


def check_broadcasts(name, what, w, input):
    """ValueError if a weight does not broadcast to the shape of the input."""
    try:
        fits = w is None or np.broadcast_shapes(np.shape(w), np.shape(input)) == np.shape(input)
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{name}: {what} {np.shape(w)} does not broadcast to the input {np.shape(input)}")


@primitive
def bce(p, t):
    """−t ln p − (1 − t) ln(1 − p), logarithms not below −100."""
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError(f"probabilities lie in [0, 1], got values in [{p.min():.4g}, {p.max():.4g}]")
    return -(t * clamped_log(p) + (1 - t) * clamped_log(1 - p))


@bce.vjp
def bce_vjp_p(g, y, p, t):
    """∂y/∂p = (p − t) / p (1 − p), the denominator not below 10⁻¹²"""
    return g * (p - t) / ops.clamp_min(p * (1 - p), 1e-12)


@bce.vjp
def bce_vjp_t(g, y, p, t):
    """∂y/∂t = ln(1 − p) − ln p"""
    return g * (clamped_log(1 - p) - clamped_log(p))


@bce.explain
def bce_complaint(p, t):
    if np.size(p) and not (np.min(p) >= 0 and np.max(p) <= 1):
        return (
            f"the input must be probabilities in [0, 1], got values from {np.min(p):.4g} to {np.max(p):.4g}; "
            "for logits use binary_cross_entropy_with_logits"
        )
    return None


@primitive
def clamped_log(p):
    """y = max(ln p, −100), for p ≥ 0"""
    return np.maximum(np.log(np.maximum(p, 1e-45)), -100)  # ln 10⁻⁴⁵ = −103.6: the inner maximum only spares the warning for ln 0


@clamped_log.vjp
def clamped_log_vjp(g, y, p):
    """∂y/∂p = 1 / p, the denominator not below 10⁻¹²"""
    return g / ops.clamp_min(p, 1e-12)


def binary_cross_entropy(input, target, weight=None, reduction="mean"):
    """−w [t ln p + (1 − t) ln(1 − p)], p the probabilities ``input``; logarithms end at −100, as in PyTorch. Prefer logits."""
    name = "binary_cross_entropy"
    check_shapes(name, input, target)
    check_broadcasts(name, "weight", weight, input)
    loss = bce(input, target)
    return reduced(name, loss if weight is None else loss * weight, reduction)


# --- categorical --------------------------------------------------------------------------------------------------------------


def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """−w[t] · input[t], t the class ``target``, input log-probabilities (N, C, …) or (C,): (N, …) or ().

    ``weight``: (C,). The mean is weighted: Σ loss / Σ w[t]. Targets equal to ``ignore_index`` count nowhere.
    """
    loss, w = _picked("nll_loss", input, target, weight, ignore_index)
    return _weighted("nll_loss", loss, w, reduction)


def cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """−ln softmax(input)[t] for classes t, −Σ t ln softmax(input) for probabilities t, in nats; input: logits (N, C, …), (C,).

    ``target``: whole numbers (N, …), or probabilities of the input's shape. ``weight``: (C,), one per class.
    ``label_smoothing`` s mixes the target with the uniform distribution: (1 − s) t + s / C.
    """
    name = "cross_entropy"
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{name}: label_smoothing must lie in [0, 1], got {label_smoothing}")
    axis, classes = _class_axis(name, input)
    log_p = log_softmax(input, axis=axis)
    target = target if isinstance(target, Tensor) else Tensor(target)
    if target.is_floating_point():
        check_shapes(f"{name} (floating-point targets are probabilities; class indices must be whole numbers)", input, target)
        each = ((1 - label_smoothing) * target + label_smoothing / classes) * log_p
        loss = -_times_class_weight(name, each, weight, axis).sum(axis=axis)
        check_reduction(name, reduction)
        return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.sum() / max(1, loss.numel())
    loss, w = _picked(name, log_p, target, weight, ignore_index)
    if label_smoothing:
        keep = array(target) != ignore_index
        uniform = -_times_class_weight(name, log_p, weight, axis).sum(axis=axis)
        loss = (1 - label_smoothing) * loss + label_smoothing / classes * ops.where(keep, uniform, 0.0)
    return _weighted(name, loss, w, reduction)


def array(x):
    """The bare array of a tensor or an array."""
    return x.data if isinstance(x, Tensor) else x


def _class_axis(name, input):
    if input.ndim == 0:
        raise ValueError(f"{name}: the input must be (C,) or (N, C, …), got a number")
    axis = 0 if input.ndim == 1 else 1
    return axis, input.shape[axis]


def _times_class_weight(name, x, weight, axis):
    if weight is None:
        return x
    if weight.shape != (x.shape[axis],):
        raise ValueError(f"{name}: weight must have one entry per class, ({x.shape[axis]},), got {weight.shape}")
    return x * weight.reshape((-1,) + (1,) * (x.ndim - axis - 1))


def _picked(name, log_p, target, weight, ignore_index):
    """(−w[t] log_p[t], the weights w[t] or None where all are 1), both of the target's shape."""
    axis, classes = _class_axis(name, log_p)
    t = array(target)
    if t.dtype.kind not in "iu":
        raise TypeError(f"{name}: class indices must be whole numbers, got {t.dtype}; convert them with .long()")
    expected = log_p.shape[:axis] + log_p.shape[axis + 1 :]
    if t.shape != expected:
        raise ValueError(f"{name}: for an input {log_p.shape} the target's shape must be {expected}, got {t.shape}")
    keep = t != ignore_index
    t = np.where(keep, t, 0)
    if t.size and not 0 <= t.min() <= t.max() < classes:
        wrong = t.min() if t.min() < 0 else t.max()
        raise IndexError(f"{name}: target {wrong} is no class: the input has {classes} classes, 0 … {classes - 1}")
    loss = -ops.take_along_dim(log_p, np.expand_dims(t, axis), axis=axis).reshape(t.shape)
    if weight is None and keep.all():
        return loss, None
    w = keep.astype(log_p.dtype)
    if weight is not None:
        if weight.shape != (classes,):
            raise ValueError(f"{name}: weight must have one entry per class, ({classes},), got {weight.shape}")
        w = w * array(weight)[t]
    return ops.where(keep, loss, 0.0) * w, w


def _weighted(name, loss, w, reduction):
    if w is None or reduction != "mean":
        return reduced(name, loss, reduction)
    total = w.sum()
    if not total:
        raise ValueError(f"{name}: the mean is over nothing: every target is ignored or has weight 0")
    return loss.sum() / total


# --- divergence ---------------------------------------------------------------------------------------------------------------


def kl_div(input, target, reduction="mean", log_target=False):
    """t (ln t − input), the summands of KL(t ‖ exp(input)): input log-probabilities, ``target`` t or, if ``log_target``, ln t.

    Reduction "batchmean" is the sum over axis 0's size: the divergence, in nats; "mean" divides by the number of classes as well.
    """
    check_shapes("kl_div", input, target)
    check_reduction("kl_div", reduction, REDUCTIONS + ("batchmean",))
    loss = ops.exp(target) * (target - input) if log_target else ops.xlogy(target, target) - target * input
    return loss.sum() / input.shape[0] if reduction == "batchmean" else reduced("kl_div", loss, reduction)
