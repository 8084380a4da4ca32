"""Bits per dimension, in one place: how many bits a grey value costs on average if images are coded with a model's P(k).

    bits/dim = −log P(k) / (D log 2)  ≤  (log q(v|k) − log p(v)) / (D log 2),      D = C · H · W, logarithms in nats

v are the grey values k with noise (``minigen.bijections.pixels``), and log q(v|k), D log 256 for uniform noise, is what the noise costs;
a model of the whole numbers themselves has neither. The number is easily spoilt: pixels that were padded, channels that were copied,
a logit whose Jacobian is missing, 256 forgotten, NaN skipped. What cannot be compared is refused here, with the reason.
[Theis, van den Oord, Bethge 2016, https://arxiv.org/abs/1511.01844]
"""

import math
from contextlib import nullcontext
from typing import NamedTuple

import numpy as np

from minigen import random
from minigen.autograd import no_grad
from minigen.bijections.pixels import UniformDequantization
from minigen.device import get_default_dtype, to_numpy
from minigen.nn.module import Module, evaluating
from minigen.tensor import Tensor


class NotComparable(ValueError):
    """This is no number of bits per dimension that could stand beside another one; the message says why, and what to do."""


class Bits(NamedTuple):
    """``mean`` bits/dim with its ``standard_error`` over images; ``values`` (N,) of each image; ``dims``: D, what they are divided by."""

    mean: float
    standard_error: float
    values: np.ndarray
    dims: int


def bits(log_p, log_q, dims):
    """(log q(v|k) − log p(v)) / (D log 2): the one formula, for tensors and arrays (N,) in nats; log q = 0 if log p is log P(k)."""
    return (log_q - log_p) / (dims * math.log(2))


def bits_per_dim(model, images, *, dequantization=None, context=None, draws=1, batch_size=250, seed=0):
    """Bits per dimension of ``images`` under ``model``: Bits(mean, standard_error, values, dims).

    ``model``: ``log_prob(v)`` in nats for v in [0, 1], (N, C, H, W) or (N, D), with its ``event_shape``; or ``discrete = True``, and
    log_prob takes the grey values. ``images``: whole grey values (N, H, W) or (N, C, H, W) as they were stored, each pixel once.
    ``dequantization``: v, log q(v|k) = dequantization(k); default: the model's own, or uniform. ``context`` (N, …) goes to a conditional
    model. ``draws`` of noise are averaged in bits. The noise is that of ``seed``: equal calls give equal numbers. NotComparable if the
    answer would be none.
    """
    k = np.asarray(images)
    _check_images(k)
    dims, discrete = math.prod(k.shape[1:]), getattr(model, "discrete", False)
    shape = tuple(getattr(model, "event_shape", k.shape[1:]))
    if math.prod(shape) != dims:
        raise NotComparable(
            f"the model is a density of {math.prod(shape):,} numbers {shape}, an image has {dims:,} {k.shape[1:]}: pixels that were padded "
            "or channels that were copied cost almost nothing and must not be counted; train on the images themselves"
        )
    if dequantization is None:
        dequantization = getattr(model, "dequantization", None) or UniformDequantization()
    values = []
    with no_grad(), random.fork(seed), evaluating(model) if isinstance(model, Module) else nullcontext():
        for i in range(0, len(k), batch_size):
            part = Tensor(k[i : i + batch_size].reshape(-1, *shape).astype(get_default_dtype()))
            given = () if context is None else (context[i : i + batch_size],)
            if discrete:
                values.append(to_numpy(bits(model.log_prob(part, *given), 0.0, dims).data))
                continue
            several = []
            for _ in range(draws):
                v, log_q = dequantization(part)
                _check_noise(part.data, v.data, log_q, dequantization.levels)
                if i == 0:
                    _check_scale(model, v[:8], tuple(c[:8] for c in given))
                several.append(to_numpy(bits(model.log_prob(v, *given), log_q, dims).data).astype(np.float64))
            values.append(np.mean(several, axis=0))
    values = np.concatenate(values)
    _check_values(values)
    return Bits(float(values.mean()), float(values.std() / math.sqrt(len(values))), values, dims)


def from_nats(log_p, dims, of, *, log_jacobian=None, levels=256):
    """Bits/dim of a mean log-likelihood that a paper gives in nats; ``of`` says of what, without which nothing can be compared:

    "grey values": log P(k); "[0, 1]": log p(v), v = (k + u)/levels; "[0, 256]": log p(k + u), in general [0, levels]; "logits": log p(y)
    of y = logit(α + (1 − 2α) v), which needs ``log_jacobian``, the mean of log|det ∂y/∂v| in nats over the same images.
    """
    if of == "logits" and log_jacobian is None:
        raise NotComparable(
            f"{log_p:g} nats are a density of logits: its value depends on the logit's α, and has no bits/dim without log_jacobian=, the "
            "mean of log|det ∂y/∂v| (what LogitPixels returns) over the images"
        )
    log_q = {"grey values": 0.0, "[0, 1]": dims * math.log(levels), f"[0, {levels}]": 0.0, "logits": dims * math.log(levels)}
    if of not in log_q:
        raise ValueError(f"from_nats: of must be one of {', '.join(map(repr, log_q))}, got {of!r}")
    return bits(log_p + (log_jacobian or 0.0), log_q[of], dims)


# --- what is refused ----------------------------------------------------------------------------------------------------------


def _check_images(k):
    if k.ndim not in (3, 4) or not len(k):
        raise NotComparable(f"images must be (N, H, W) or (N, C, H, W), got shape {k.shape}")
    if k.dtype.kind not in "iu":
        raise NotComparable(
            f"images must be whole grey values, got {k.dtype} from {k.min():.4g} to {k.max():.4g}: bits are counted for whole numbers; "
            "give the images as they were stored; the noise is added here"
        )
    if k.min() < 0 or k.max() > 255:
        raise NotComparable(f"grey values must lie in 0 … 255, got {k.min()} … {k.max()}")
    if k.max() <= 1:
        raise NotComparable("the images hold only 0 and 1: of binarised images nats are compared, not bits/dim of 256 grey values")
    if k.ndim == 4 and k.shape[1] > 1 and (k == k[:, :1]).all():
        raise NotComparable(
            f"all {k.shape[1]} channels are the same: copies cost nothing, so bits/dim would come out {k.shape[1]} times too small; use one"
        )
    h, w = k.shape[-2:]
    frame = next((f for f in range(min(h, w) // 2) if not _same(k, f)), 0)
    if frame >= 2 and h & (h - 1) == 0 and w & (w - 1) == 0:
        raise NotComparable(
            f"a frame of {frame} pixels has the same grey in all {len(k)} images of {h}×{w}: they look padded, and padding costs nothing; "
            "use them as they were before"
        )


def _same(k, f):
    """Whether the ring of pixels at the distance ``f`` from the edge has one grey value, the same in all images."""
    ring = (k[..., f, :], k[..., -1 - f, :], k[..., f], k[..., -1 - f])
    return all((side == k.flat[0]).all() for side in ring)


def _check_scale(model, v, given):
    """Whether the same images would be likelier as logits: then logits are what the model was trained on."""
    w = 1e-3 + 0.998 * v.data
    with np.errstate(all="ignore"):  # far from its data a model may overflow, or say NaN
        as_pixels, as_logits = (to_numpy(model.log_prob(Tensor(x), *given).data).mean() for x in (v.data, np.log(w) - np.log1p(-w)))
    if as_logits > as_pixels:
        raise NotComparable(
            f"the images are likelier as logits ({as_logits:.5g} nats) than as pixels in [0, 1] ({as_pixels:.5g}): it is a density of "
            "logits; put the map into the flow (LogitPixels), so that its Jacobian is counted, or use from_nats"
        )


def _check_noise(k, v, log_q, levels):
    if v.min() < 0 or v.max() > 1:
        raise NotComparable(f"dequantisation must lead into [0, 1], got {v.min():.4g} … {v.max():.4g}")
    u = v * levels - k
    if np.abs(u).max() < 1e-3:
        raise NotComparable("no noise was added: at whole numbers a density can be as large as one likes; UniformDequantization adds it")
    if u.min() < -1e-3 or u.max() > 1 + 1e-3:
        raise NotComparable(f"the noise leads to other grey values: v · {levels} − k goes from {u.min():.3g} to {u.max():.3g}, not 0 to 1")
    dims, log_q = v[0].size, to_numpy(log_q.data)
    least, got = dims * math.log(levels), float(log_q.mean())
    learned = len(log_q) == 1 or np.ptp(log_q) > 0  # then it is a mean over draws, of about one nat for each number and draw
    slack = 5 * max(float(log_q.std()), math.sqrt(dims)) / math.sqrt(len(log_q)) if learned else 1e-4 * least
    if not got > least - slack:
        raise NotComparable(
            f"log q(v|k) is {got:.6g} nats on average, but no noise within the bins has less than D log {levels} = {least:.6g}: "
            f"the log {levels} is missing"
        )


def _check_values(values):
    bad = ~np.isfinite(values)
    if bad.any():
        raise NotComparable(
            f"{int(bad.sum())} of {len(values)} images have bits/dim of {', '.join(sorted({str(v) for v in values[bad]}))}; they cannot be "
            "skipped: log p is −∞ where the density is 0, NaN where a layer failed (minigen.anomaly() finds it)"
        )
    if values.mean() < 0:
        raise NotComparable(
            f"{values.mean():.3f} bits/dim: the images would be more probable than 1. The density is not one of v in [0, 1]: "
            "a logit without its Jacobian, a missing log 256, or a log-determinant of the wrong sign"
        )
