"""Density estimation using Real NVP. L. Dinh, J. Sohl-Dickstein, S. Bengio, 2017. https://arxiv.org/abs/1605.08803"""

import math

from minigen import nn
from minigen.bijections import (
    AffineCoupling,
    BatchNorm,
    Chain,
    LogitPixels,
    Multiscale,
    Squeeze,
    checkerboard_mask,
    half_mask,
)
from minigen.bijections.multiscale import zero_conv
from minigen.distributions.transformed import TransformedDistribution, standard_normal


class RealNVP(TransformedDistribution):
    """x = f⁻¹(z), z ~ N(0, I), for vectors (N, D); f is a chain of affine couplings, which take turns in what passes.

        log p(x) = log N(f(x); 0, I) + Σ over all couplings and elements that move of s                          [eq. 2–6]

    The slide's listing: five couplings of the plane, networks with two hidden layers of 32. There a permutation stands between two
    couplings; here the mask changes sides, which is the same. ``bound``: see ``AffineCoupling``. ``context_features`` K: p(x|c) for a
    context c (N, K), which all networks see.
    """

    def __init__(self, n=2, hidden=(32, 32), blocks=5, bound=2.0, context_features=0):
        couplings = []
        for i in range(blocks):
            mask = half_mask(n, flip=i % 2 == 1)
            passes = int(mask.sum())
            net = nn.MLP(passes + context_features, *hidden, 2 * (n - passes))
            couplings.append(AffineCoupling(mask, net, conditional=context_features > 0, bound=bound))
        super().__init__(standard_normal(n), Chain(*couplings).inv)


class ImageRealNVP(TransformedDistribution):
    """x = f⁻¹(z), z ~ N(0, I), for images x of ``shape`` (C, H, W) in [0, 1].

        scale    three couplings with checkerboard masks, squeeze, three with channel masks, then half of the channels leave   [sec. 3.6]
        last     four couplings with checkerboard masks                                                                      [eq. 13–16]

    f starts with logit(α + (1 − 2α) x) [sec. 4.1]. Each coupling learns the bound of its scales and is followed by a BatchNorm [sec. 3.7]:
    call ``eval()`` before sampling. Its network: ``residual`` blocks of ``hidden`` channels, whose last convolution starts at 0.
    ``scales``: how often the image is squeezed; 28×28 can be twice. ``classes``: p(x|y), whose context is ``one_hot`` of the labels.
    """

    def __init__(self, shape=(1, 28, 28), scales=2, hidden=32, residual=2, alpha=0.05, batch_norm=True, classes=0):
        levels, inner = [], tuple(shape)

        def couplings(masks, outs):
            c, layers = inner[0], []
            for mask, (seen, moved) in zip(masks, outs):
                net = residual_net(seen + classes, hidden, 2 * moved, residual)
                layers.append(AffineCoupling(mask, net, conditional=classes > 0, bound="learned"))
                if batch_norm:
                    layers.append(BatchNorm(c))
            return layers

        def checkerboards(n):
            c, h, w = inner
            return couplings([checkerboard_mask(h, w, flip=i % 2 == 1) for i in range(n)], [(c, c)] * n)

        for _ in range(scales):
            layers = [*checkerboards(3), Squeeze()]
            inner = Squeeze().forward_shape(inner)
            half = inner[0] // 2  # squeezed, a multiple of four
            masks = [half_mask(inner[0], flip=i % 2 == 1) for i in range(3)]
            levels.append(Chain(*layers, *couplings(masks, [(half, half)] * 3)))
            inner = (half, *inner[1:])
        levels.append(Chain(*checkerboards(4)))
        super().__init__(standard_normal(math.prod(shape)), Chain(LogitPixels(alpha), Multiscale(shape, levels)).inv)


class Residual(nn.Module):
    """y = x + conv(relu(conv(relu(x)))), 3×3: (N, C, H, W) -> (N, C, H, W)"""

    def __init__(self, channels):
        self.net = nn.Sequential(
            nn.ReLU(), nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU(), nn.Conv2d(channels, channels, 3, padding=1)
        )

    def forward(self, x):
        return x + self.net(x)


def residual_net(in_channels, hidden, out_channels, blocks):
    """The network of a coupling: a convolution, ``blocks`` residual blocks, and a convolution that starts at 0."""
    inner = [Residual(hidden) for _ in range(blocks)]
    return nn.Sequential(nn.Conv2d(in_channels, hidden, 3, padding=1), *inner, nn.ReLU(), zero_conv(hidden, out_channels))
