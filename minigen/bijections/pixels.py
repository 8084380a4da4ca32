"""From whole grey values to real numbers: dequantisation, by uniform or by learned noise, and the logits of pixels.

A density says nothing about whole numbers: put a narrow peak on each of them, and it grows without limit. So noise fills the gap to the
next one, k ∈ {0, …, 255} becomes v = (k + u)/256 with u ∈ [0, 1)ᴰ, and with q(v|k), the density of v for a given k,

    log P(k) = log ∫ p(v) dv  ≥  E_q[log p(v) − log q(v|k)],       the integral over the bin of k                 [Theis et al. 2016]

which is why both dequantisations return v and log q(v|k). Uniform noise spreads over a bin of volume 256⁻ᴰ: log q = D log 256.
"""

import math

import numpy as np

from minigen.bijections.bijection import Bijection, Chain, impossible, inside, no_change, sum_except_batch
from minigen.bijections.coupling import AffineCoupling
from minigen.bijections.masks import checkerboard_mask
from minigen.bijections.multiscale import zero_conv
from minigen.bijections.squashing import Logit, Sigmoid
from minigen.nn import ConvReLU2d, Sequential
from minigen.nn.functional import logsigmoid
from minigen.nn.module import Module
from minigen.ops import log, sigmoid
from minigen.random import rand
from minigen.tensor import Tensor

GRID = 1 << 15  # float32 holds k + (j + ½)/GRID exactly for k < 256: no pixel is rounded up to the next grey value


class UniformDequantization(Module):
    """v = (k + u) / levels,   u ~ U[0, 1)ᴰ            log q(v|k) = D log levels

    Calling it with k (N, …) of whole numbers in 0 … levels − 1 gives v and log q(v|k) (N,).
    """

    def __init__(self, levels=256):
        self.levels = levels

    def forward(self, k):
        """(v, log q(v|k)): (N, …) -> (N, …), (N,)"""
        k = grey_values(k, self.levels)
        v = (k + noise(k)) / self.levels
        return v, no_change(v) + math.prod(v.shape[1:]) * math.log(self.levels)

    def quantize(self, v):
        """k = ⌊v · levels⌋, the whole numbers (N, …) as a NumPy-style array; what lies outside of [0, 1) goes to the nearest."""
        v = v.data if isinstance(v, Tensor) else v
        return np.clip(np.floor(v * self.levels), 0, self.levels - 1).astype(np.uint8 if self.levels <= 256 else np.int64)


class VariationalDequantization(UniformDequantization):
    """v = (k + u) / levels,   u = g(u₀; k),   u₀ ~ U[0, 1)ᴰ            log q(v|k) = D log levels − log|det ∂g/∂u₀|

    The noise may learn where in its bin p(v) is large. ``flow``: the bijection g of the unit cube (0, 1)ᴰ onto itself, whose context is
    the image as numbers in [−1, 1]; where it changes nothing, this is uniform dequantisation. ``of_images`` makes one. Trained together
    with p, by the same bound. [Ho et al. 2019, https://arxiv.org/abs/1902.00275, section 3.1]
    """

    def __init__(self, flow, levels=256):
        super().__init__(levels)
        self.flow = flow

    @classmethod
    def of_images(cls, shape, couplings=4, hidden=16, levels=256):
        """For ``shape`` (C, H, W): g = logit, affine couplings on checkerboards that see the image, sigmoid. At first g(u) = u."""
        c, h, w = shape
        layers = []
        for i in range(couplings):
            net = Sequential(ConvReLU2d(2 * c, hidden, 3, padding=1), ConvReLU2d(hidden, hidden, 1), zero_conv(hidden, 2 * c))
            layers.append(AffineCoupling(checkerboard_mask(h, w, flip=i % 2 == 1), net, conditional=True))
        return cls(Chain(Logit(), *layers, Sigmoid()), levels)

    def forward(self, k):
        """(v, log q(v|k)): (N, …) -> (N, …), (N,)"""
        k = grey_values(k, self.levels)
        u, log_det = self.flow.forward(noise(k), 2 * k / (self.levels - 1) - 1)
        return (k + u) / self.levels, math.prod(k.shape[1:]) * math.log(self.levels) - log_det


class LogitPixels(Bijection):
    """y = logit(w) = log w − log(1 − w),   w = α + (1 − 2α) v: the unit interval becomes the whole line.

        log|det ∂y/∂v| = Σ log(1 − 2α) − log w − log(1 − w)

    α > 0 keeps black and white away from ∓∞; the map goes on to where w reaches 0 and 1, a little outside of [0, 1], so that all of the
    line has a place to come from. Beyond, the density is 0. [Papamakarios et al. 2017, appendix D: α = 10⁻⁶]
    """

    def __init__(self, alpha=1e-6):
        if not 0 < alpha < 0.5:
            raise ValueError(f"LogitPixels: alpha must lie between 0 and ½, got {alpha!r}")
        self.alpha = alpha

    def forward(self, x, context=None):
        w, rest = self.alpha + (1 - 2 * self.alpha) * x, self.alpha + (1 - 2 * self.alpha) * (1 - x)  # rest: 1 − w, without rounding
        outside = (w.data <= 0) | (rest.data <= 0)
        (w, rows), (rest, _) = inside(w, outside, 0.5), inside(rest, outside, 0.5)
        log_w, log_rest = log(w), log(rest)
        log_det = sum_except_batch(math.log1p(-2 * self.alpha) - log_w - log_rest)
        return log_w - log_rest, impossible(log_det, rows)

    def inverse(self, y, context=None):
        w = sigmoid(y)
        log_det = sum_except_batch(logsigmoid(y) + logsigmoid(-y) - math.log1p(-2 * self.alpha))
        return (w - self.alpha) / (1 - 2 * self.alpha), log_det


def noise(like):
    """u (N, …) uniform on [0, 1), each the middle of one of ``GRID`` cells."""
    u = rand(like.shape, like.dtype, like.device)
    return Tensor((np.floor(u * GRID) + 0.5) / GRID).astype(like.dtype)


def grey_values(k, levels):
    """k as a tensor of floating-point numbers. ValueError if they are no whole numbers in 0 … levels − 1."""
    k = k if isinstance(k, Tensor) else Tensor(k)
    low, high = (k.data.min(), k.data.max()) if k.numel() else (0, 0)
    whole = k.data.dtype.kind in "iu" or bool((k.data == np.floor(k.data)).all())
    if not (whole and low >= 0 and high < levels):
        raise ValueError(
            f"dequantisation: expected whole grey values 0 … {levels - 1}, got {'' if whole else 'fractions '}{low:.6g} … {high:.6g}; "
            "give the images as they were stored (uint8), not divided, and no noise added"
        )
    return k if k.is_floating_point() else k.astype(np.float32)
