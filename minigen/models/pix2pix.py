"""Image-to-Image Translation with Conditional Adversarial Networks. P. Isola and others, 2017. https://arxiv.org/abs/1611.07004"""

from itertools import pairwise

from minigen import nn
from minigen.autograd import no_grad
from minigen.models.dcgan import dcgan_init
from minigen.models.gan import discriminator_loss, generator_loss_nonsaturating
from minigen.nn import Module, evaluating, frozen
from minigen.nn.functional import l1_loss, relu
from minigen.ops import cat, tanh


class Pix2Pix(Module):
    """From an image x of one kind, the image y of another kind that belongs to it, learnt from pairs (x, y).

        G* = arg min over G, max over D of   L_cGAN(G, D) + λ L_L1(G)                                                         [eq. 4]
        L_cGAN(G, D) = E log D(x, y) + E log(1 − D(x, G(x)))                                                                  [eq. 1]
        L_L1(G) = E |y − G(x)|₁, the mean over pixels                                                                         [eq. 3]

    The L1 term alone asks for the median of all y that x could have: right on average, and blurred. D has seen that no real y is blurred.
    No noise z: given x, G ignored it (section 3). Images are (N, C, H, W) in [−1, 1].

    ``generator``: x -> y, ``discriminator``: (x, y) in one image, channel by channel -> logits of any shape, one a patch.
    ``weight``: λ. Nobody's step changes anything of the other player; both are in training mode in both steps, with the statistics of
    their batches, and G uses its running statistics in ``translate``.
    """

    def __init__(self, generator, discriminator, weight=100.0):
        self.generator, self.discriminator, self.weight = generator, discriminator, weight

    @classmethod
    def of_size(cls, in_channels=1, out_channels=1, width=16, depth=4, weight=100.0):
        """A U-Net of ``depth`` halvings and a PatchGAN, their first layers of ``width`` channels, started as in the paper."""
        return dcgan_init(
            cls(UNet(in_channels, out_channels, width, depth), patch_discriminator(in_channels + out_channels, width), weight)
        )  # fmt: skip

    # --- the two steps --------------------------------------------------------------------------------------------------------

    def logits(self, x, y):
        """What D makes of the pairs (x, y) and (x, G(x)): (real, fake), (N, 1, h, w)"""
        with no_grad(), frozen(self.generator):
            fake = self.generator(x)
        return self.discriminator(cat([x, y], axis=1)), self.discriminator(cat([x, fake], axis=1))

    def discriminator_loss(self, x, y):
        """−½ L_cGAN: half, so that D learns more slowly than G                                                        [section 3.3]"""
        return 0.5 * discriminator_loss(*self.logits(x, y))

    def generator_terms(self, x, y):
        """(−E log D(x, G(x)), L_L1), the two terms that G descends, the first in the form that does not saturate: two numbers"""
        fake = self.generator(x)
        with frozen(self.discriminator):
            logits = self.discriminator(cat([x, fake], axis=1))
        return generator_loss_nonsaturating(logits), l1_loss(fake, y)

    def generator_loss(self, x, y):
        """−E log D(x, G(x)) + λ L_L1, for pairs of images: a number"""
        adversarial, l1 = self.generator_terms(x, y)
        return adversarial + self.weight * l1

    # --- what it is used for --------------------------------------------------------------------------------------------------

    def translate(self, x):
        """The y for each x: N images -> N images in [−1, 1]"""
        with no_grad(), evaluating(self.generator):
            return self.generator(x)


class UNet(Module):
    """An encoder that halves the image, a decoder that doubles it, and skip connections: what the encoder saw at a size joins there.

        x → e₁ → e₂ → … → e_d        eᵢ: convolution 4×4, stride 2, batch norm, leaky ReLU
        y ← d₁ ← d₂ ← … ← d_d        dᵢ: ReLU, transposed convolution 4×4, stride 2, batch norm, of dᵢ₊₁ beside eᵢ

    What stays in its place need not pass through the narrow middle.                               [section 3.2.1; Ronneberger et al. 2015]
    ``width``: channels of e₁; they double at each halving, up to 8 times as many; ``depth``: how many halvings. Any H, W ≥ 2ᵈ: odd
    sizes are rounded down, and the decoder goes back to just them. (N, in_channels, H, W) -> (N, out_channels, H, W) in (−1, 1)
    """

    def __init__(self, in_channels=1, out_channels=1, width=16, depth=4):
        sizes = [in_channels, *(width * min(8, 2**i) for i in range(depth))]
        self.down, self.up = [], []
        for i, (n_in, n_out) in enumerate(pairwise(sizes)):
            layers = [nn.LeakyReLU(0.2)] * (i > 0) + [nn.Conv2d(n_in, n_out, 4, stride=2, padding=1)]
            self.down.append(nn.Sequential(*layers, *[nn.BatchNorm2d(n_out)] * (0 < i < depth - 1)))
        for i in reversed(range(depth)):
            n_in, n_out = sizes[i + 1] * (1 if i == depth - 1 else 2), sizes[i] if i else out_channels
            self.up.append(Up(n_in, n_out, nn.BatchNorm2d(n_out) if i else nn.Identity()))

    def forward(self, x):
        seen = [x]
        for layer in self.down:
            seen.append(layer(seen[-1]))
        y = seen.pop()
        for layer in self.up[:-1]:
            skip = seen.pop()
            y = cat([layer(y, skip.shape), skip], axis=1)
        return tanh(self.up[-1](y, x.shape))


class Up(Module):
    """ReLU, a transposed convolution to the height and width of ``shape``, normalization."""

    def __init__(self, in_channels, out_channels, norm):
        self.conv, self.norm = nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1), norm

    def forward(self, x, shape):
        return self.norm(self.conv(relu(x), output_size=shape))


def patch_discriminator(in_channels, width=16, norm=nn.BatchNorm2d):
    """PatchGAN: (N, C, H, W) -> logits (N, 1, H/4, W/4), each of a patch of 22×22 pixels. [section 3.2.2]

    It judges texture, and whether things fit nearby; that the whole is right is the business of the L1 term.
    """
    return nn.Sequential(
        nn.Conv2d(in_channels, width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
        norm(2 * width),
        nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 1, 4, stride=1, padding="same"),
    )
