"""Losses of real numbers: how far ``input`` is from ``target``. Reduction: "none" (each element), "mean" or "sum"."""

import math

import numpy as np

from minigen import ops
from minigen.tensor import Tensor

REDUCTIONS = ("none", "mean", "sum")


def reduced(name, loss, reduction):
    """``loss`` itself, its mean or its sum. ValueError for any other word."""
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    check_reduction(name, reduction)
    return loss


def check_reduction(name, reduction, known=REDUCTIONS):
    """ValueError that lists the known words if ``reduction`` is none of them."""
    if reduction not in known:
        raise ValueError(f"{name}: reduction must be {', '.join(map(repr, known[:-1]))} or {known[-1]!r}, got {reduction!r}")


def check_shapes(name, input, target):
    """ValueError if the shapes differ: broadcasting would silently compare each input with each target."""
    got, wanted = np.shape(input), np.shape(target)
    if got != wanted:
        same = f"; target.reshape{got} would fit" if math.prod(got) == math.prod(wanted) and got else ""
        raise ValueError(f"{name}: input {got} and target {wanted} must have the same shape{same}")


def mse_loss(input, target, reduction="mean"):
    """(input − target)²"""
    check_shapes("mse_loss", input, target)
    d = input - target
    return reduced("mse_loss", d * d, reduction)


def l1_loss(input, target, reduction="mean"):
    """|input − target|"""
    check_shapes("l1_loss", input, target)
    return reduced("l1_loss", ops.abs(input - target), reduction)


def smooth_l1_loss(input, target, reduction="mean", beta=1.0):
    """d² / 2β where |d| < β, else |d| − β/2, with d = input − target. β = 0: |d|."""
    check_shapes("smooth_l1_loss", input, target)
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: beta must not be negative, got {beta}")
    if beta == 0:
        return l1_loss(input, target, reduction)
    return reduced("smooth_l1_loss", _huber(input - target, beta) / beta, reduction)


def huber_loss(input, target, reduction="mean", delta=1.0):
    """d² / 2 where |d| < δ, else δ (|d| − δ/2), with d = input − target."""
    check_shapes("huber_loss", input, target)
    if delta <= 0:
        raise ValueError(f"huber_loss: delta must be positive, got {delta}")
    return reduced("huber_loss", _huber(input - target, delta), reduction)


def _huber(d, delta):
    a = ops.abs(d)
    return ops.where(a < delta, 0.5 * d * d, delta * (a - 0.5 * delta))


def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """−ln N(target; input, var) = ½ (ln v + (input − target)² / v) [+ ½ ln 2π if ``full``], v = max(var, eps), in nats.

    ``var``: of the input's shape, with a last axis of 1 or without it, or a number. The gradient ignores the maximum. [torch]
    """
    check_shapes("gaussian_nll_loss", input, target)
    var = var if isinstance(var, Tensor) else Tensor(var, input.dtype)
    if var.ndim and var.shape == input.shape[:-1]:
        var = var.reshape(var.shape + (1,))
    if var.ndim and var.shape not in (input.shape, input.shape[:-1] + (1,)):
        raise ValueError(f"gaussian_nll_loss: var must be {input.shape}, {input.shape[:-1] + (1,)} or a number, got {var.shape}")
    if (var.data < 0).any():
        raise ValueError("gaussian_nll_loss: var has negative entries; a variance is positive, for example exp(log_var)")
    v = var + ops.clamp_min(eps - var.detach(), 0)
    d = input - target
    loss = 0.5 * (ops.log(v) + d * d / v)
    return reduced("gaussian_nll_loss", loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)
