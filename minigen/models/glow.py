"""Glow: Generative Flow with Invertible 1×1 Convolutions. D. P. Kingma, P. Dhariwal, 2018. https://arxiv.org/abs/1807.03039"""

import math

import numpy as np

from minigen import nn
from minigen.bijections.actnorm import ActNorm
from minigen.bijections.bijection import Chain
from minigen.bijections.context_prior import ContextPrior
from minigen.bijections.coupling import AffineCoupling
from minigen.bijections.invertible_conv import InvertibleConv1x1, LUConv1x1
from minigen.bijections.masks import half_mask
from minigen.bijections.multiscale import Multiscale, Split, Squeeze, zero_conv
from minigen.bijections.pixels import LogitPixels, UniformDequantization
from minigen.distributions.transformed import TransformedDistribution, standard_normal
from minigen.evaluate.bits_per_dim import bits
from minigen.nn import functional as F
from minigen.ops import log, sigmoid, stack
from minigen.tensor import Tensor

LEAST = 0.05  # the smallest scale of a coupling


class GlowCoupling(AffineCoupling):
    """y₂ = s ⊙ x₂ + t,   (h, t) from net(x₁),   s = ε + (1 − ε) sigmoid(h + 2)            [table 1; the sigmoid: openai/glow, model.py]

    x₁, the first half of the channels, passes. A network that starts at 0 gives s = 0.89 and t = 0. On the way to the latents no step
    stretches, and none shrinks by more than ε = 1/20, so that no way back overflows either; with ε = 0, samples of a young model do.
    """

    def scale_and_shift(self, theta):
        return log(LEAST + (1 - LEAST) * sigmoid(theta[:, 0] + 2)), theta[:, 1]


class Glow(TransformedDistribution):
    """x = g(z), z ~ N(0, I), for images x of ``shape`` (C, H, W) in [0, 1]; g⁻¹ is built of ``levels`` with ``steps`` each.

        level    squeeze, then ``steps`` times (actnorm, invertible 1×1 convolution, affine coupling), then half of the channels leave
                                                                                                                      [figure 2]

    Each level halves height and width, so 28×28 has two: 28 → 14 → 7, without padding; every number of x counts in bits/dim.
    ``hidden``: channels of the couplings' networks (3×3, 1×1, 3×3 convolutions, the last starts at 0). ``lu=False``: the matrices W
    themselves are learned. ``alpha``: the flow starts with the logits of α + (1 − 2α) x; None: with x itself. ``classes``: p(x|y), where
    ``context`` is ``one_hot(labels)``; all couplings, splits and the prior of the last latents see it. ``dequantization``: how grey values
    become numbers.

    ``sample(n, temperature=T)`` scales the standard deviation of z by T. [section 6]
    """

    def __init__(self, shape=(1, 28, 28), levels=2, steps=8, hidden=128, *, lu=True, alpha=None, classes=0, dequantization=None):
        if levels < 1:
            raise ValueError(f"Glow: expected at least one level, got {levels!r}")
        self.classes = classes
        self.dequantization = UniformDequantization() if dequantization is None else dequantization
        blocks, inner = [], tuple(shape)
        for level in range(levels):
            inner = Squeeze().forward_shape(inner)
            blocks.append(Chain(Squeeze(), *(b for _ in range(steps) for b in step(inner[0], hidden, lu, classes))))
            if level < levels - 1:
                blocks[-1].bijections.append(Split(inner[0], classes))
                inner = (inner[0] // 2, *inner[1:])
        if classes:
            blocks[-1].bijections.append(ContextPrior(inner, classes))
        self.multiscale = Multiscale(shape, blocks)
        flow = self.multiscale if alpha is None else Chain(LogitPixels(alpha), self.multiscale)
        super().__init__(standard_normal(math.prod(shape)), flow.inv)

    def loss(self, k, context=None):
        """Bits per dimension of grey values k (N, C, H, W), averaged over the mini-batch, with one draw of noise: training descends it."""
        v, log_q = self.dequantization(k)
        return bits(self.log_prob(v, context), log_q, math.prod(self.event_shape)).mean()

    def one_hot(self, labels):
        """The context of a conditional model: labels (N,) -> (N, classes)"""
        return Tensor(F.one_hot(np.asarray(labels), num_classes=self.classes).astype(self.dtype), device=self.device)

    def class_log_prob(self, x):
        """log p(x|y) in nats for every class y: (N, C, H, W) -> (N, classes). With equal priors its softmax is p(y|x), by Bayes' rule."""
        rows = [self.log_prob(x, self.one_hot([y] * len(x))) for y in range(self.classes)]
        return stack(rows, axis=1)


def step(channels, hidden, lu=True, classes=0):
    """One step of the flow: [actnorm, invertible 1×1 convolution, affine coupling]."""
    stays = channels // 2
    net = nn.Sequential(
        nn.ConvReLU2d(stays + classes, hidden, 3, padding=1), nn.ConvReLU2d(hidden, hidden, 1), zero_conv(hidden, 2 * (channels - stays))
    )
    mix = LUConv1x1(channels) if lu else InvertibleConv1x1(channels)
    return [ActNorm(channels), mix, GlowCoupling(half_mask(channels, stays), net, conditional=classes > 0)]
