"""The multi-scale architecture: squeeze pixels into channels, let half of the channels leave after each level.

                     forward: data → latents                         shapes of a 28×28×1 image, two levels
    x ── squeeze ── steps ─┬─ stays ── squeeze ── steps ── z₂        (1, 28, 28) → (4, 14, 14) ─┬─ (2, 14, 14) → (8, 7, 7) = z₂
                           └─ leaves ─ split's prior ───── z₁                                   └─ (2, 14, 14) = z₁

[Dinh, Sohl-Dickstein, Bengio 2017, section 3.6; Kingma, Dhariwal 2018, figure 2b]
"""

import math

from minigen.bijections.bijection import Bijection, no_change
from minigen.bijections.coupling import Coupling
from minigen.bijections.masks import half_mask
from minigen.nn import Conv2d, init
from minigen.ops import cat, exp, permute, reshape, split, tanh

WIDEST = 4.0  # |log σ| of a split's prior stays below this


class Squeeze(Bijection):
    """Squares of r × r pixels become channels: (N, C, H, W) -> (N, C r², H/r, W/r). Nothing else changes, so log|det| = 0.

    Channel c of x becomes the channels r² c … r² c + r² − 1 of y; for r = 2 in this order (the pattern of ``pixel_unshuffle``):

        y[r² c + r a + b, i, j] = x[c, r i + a, r j + b]              1 2 1 2
                                                                      3 4 3 4      →    1 1    2 2    3 3    4 4
                                                                      1 2 1 2           1 1    2 2    3 3    4 4
                                                                      3 4 3 4
    """

    def __init__(self, r=2):
        self.r = r

    def forward(self, x, context=None):
        """(y, 0), squares of r × r pixels as channels: (N, C, H, W) -> (N, C r², H/r, W/r), (N,)"""
        n, (c, h, w), r = x.shape[0], self.forward_shape(x.shape[1:]), self.r
        x = reshape(permute(x, axis=(0, 2, 3, 1)), shape=(n, h, r, w, r, x.shape[1]))
        y = reshape(permute(x, axis=(0, 1, 3, 5, 2, 4)), shape=(n, h, w, c))  # channels innermost in memory, as a convolution likes it
        return permute(y, axis=(0, 3, 1, 2)), no_change(y)

    def inverse(self, y, context=None):
        n, (c, h, w), r = y.shape[0], self.inverse_shape(y.shape[1:]), self.r
        y = reshape(permute(y, axis=(0, 2, 3, 1)), shape=(n, h // r, w // r, c, r, r))
        x = reshape(permute(y, axis=(0, 1, 4, 2, 5, 3)), shape=(n, h, w, c))
        return permute(x, axis=(0, 3, 1, 2)), no_change(x)

    def forward_shape(self, shape):
        c, h, w = image_shape("Squeeze", shape)
        if h % self.r or w % self.r:
            raise ValueError(
                f"Squeeze: an image of {h}×{w} cannot be cut into squares of {self.r}×{self.r}; crop it, or use fewer levels, or another r"
            )
        return c * self.r**2, h // self.r, w // self.r

    def inverse_shape(self, shape):
        c, h, w = image_shape("Squeeze", shape)
        if c % self.r**2:
            raise ValueError(f"Squeeze: {c} channels cannot become squares of {self.r}×{self.r} pixels")
        return c // self.r**2, h * self.r, w * self.r


class Split(Coupling):
    """The learned prior of the channels x₂ that leave, given those x₁ that stay: p(x₂|x₁) = N(μ(x₁), diag σ(x₁)²).

        z₁ = x₁,   z₂ = (x₂ − μ) / σ,   (log σ, μ) = net(x₁)              log|det ∂z/∂x| = −Σ log σ

    Standardised in this way, z₂ ~ N(0, I) says the same as that prior: the density of the latents stays N(0, I), and Split is an ordinary
    coupling. It changes no shape; ``Multiscale`` does the cutting. x₁: the first ⌊C/2⌋ channels. The net is a 3×3 convolution that starts
    at 0, so that first μ = 0, σ = 1; it sees the context too if that has ``context_channels``. |log σ| < 4. [openai/glow, split2d_prior]
    """

    per_element = 2

    def __init__(self, channels, context_channels=0):
        stays = channels // 2
        net = zero_conv(stays + context_channels, 2 * (channels - stays))
        super().__init__(half_mask(channels, stays), net, conditional=context_channels > 0)

    def prior(self, theta):
        """(μ, log σ) of the channels that leave: (N, 2, k, …) -> twice (N, k, …)"""
        return theta[:, 1], WIDEST * tanh(theta[:, 0] / WIDEST)

    def transform(self, x, theta):
        """(z₂, log|∂z₂/∂x₂|) of the channels x₂ that leave, element by element: (N, k, …), (N, 2, k, …) -> twice (N, k, …)"""
        mu, log_sigma = self.prior(theta)
        return (x - mu) * exp(-log_sigma), -log_sigma

    def restore(self, y, theta):
        mu, log_sigma = self.prior(theta)
        return mu + exp(log_sigma) * y, log_sigma


class Multiscale(Bijection):
    """x (N, C, H, W) -> the latents of all levels as one vector (N, C·H·W), those that left first in front.

    ``levels``: bijections of images, the first for images of ``shape`` (C, H, W). After each but the last, the second half of the
    channels leaves; the first ⌊C/2⌋ go on. ``latent_shapes``: the (C, H, W) of the parts; ``parts(z)`` gives them back as images.
    """

    def __init__(self, shape, levels):
        self.shape, self.levels, self.latent_shapes = tuple(shape), list(levels), []
        shape = self.shape
        for level in self.levels:
            c, h, w = level.forward_shape(shape)
            last = level is self.levels[-1]
            self.latent_shapes.append((c if last else c - c // 2, h, w))
            shape = (c // 2, h, w)

    def forward(self, x, context=None):
        self._check(x, self.shape)
        n, z, total = x.shape[0], [], 0.0
        for level in self.levels:
            x, log_det = level.forward(x, context)
            total = total + log_det
            if level is not self.levels[-1]:
                x, left = halves(x)
                z.append(reshape(left, shape=(n, -1)))
        return cat([*z, reshape(x, shape=(n, -1))], axis=1), total

    def inverse(self, z, context=None):
        self._check(z, self.forward_shape(self.shape))
        *z, x = self.parts(z)
        total = 0.0
        for level in reversed(self.levels):
            x = x if level is self.levels[-1] else cat([x, z.pop()], axis=1)
            x, log_det = level.inverse(x, context)
            total = total + log_det
        return x, total

    def parts(self, z):
        """The latents level by level: (N, D) -> a list of (N, C, H, W)"""
        pieces = split(z, [math.prod(shape) for shape in self.latent_shapes], 1)
        return [reshape(piece, shape=(-1, *shape)) for piece, shape in zip(pieces, self.latent_shapes)]

    def forward_shape(self, shape):
        return (sum(math.prod(s) for s in self.latent_shapes),)

    def inverse_shape(self, shape):
        return self.shape

    def _check(self, x, shape):
        if tuple(x.shape[1:]) != tuple(shape):
            raise ValueError(f"Multiscale: built for {tuple(shape)}, expected (N, {', '.join(map(str, shape))}), got {tuple(x.shape)}")


# --- what they need -----------------------------------------------------------------------------------------------------------


def halves(x):
    """The first ⌊C/2⌋ channels and the others: views of x (N, C, …)"""
    return x[:, : x.shape[1] // 2], x[:, x.shape[1] // 2 :]


def zero_conv(in_channels, out_channels):
    """A 3×3 convolution whose weights and biases start at 0: what it steers starts as the identity. [Glow, section 3.3]"""
    conv = Conv2d(in_channels, out_channels, 3, padding=1)
    init.zeros_(conv.weight)
    init.zeros_(conv.bias)
    return conv


def image_shape(who, shape):
    """(C, H, W). ValueError for anything else."""
    if len(shape) != 3:
        raise ValueError(f"{who}: expected images (C, H, W), got events of shape {tuple(shape)}")
    return shape
