"""Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks. J.-Y. Zhu and others, 2017.
https://arxiv.org/abs/1703.10593"""

import numpy as np

from minigen import nn, random
from minigen.autograd import no_grad
from minigen.device import to_numpy
from minigen.models.dcgan import dcgan_init
from minigen.models.pix2pix import patch_discriminator
from minigen.nn import Module, frozen
from minigen.nn.functional import l1_loss, relu
from minigen.ops import square, stack, tanh
from minigen.tensor import Tensor


def cycle_loss(x, y, F, G, there=None):
    """L_cyc(G, F) = E |F(G(x)) − x|₁ + E |G(F(y)) − y|₁, means over pixels: there and back is where one began; a number    [eq. 2]

    ``there``: (F(y), G(x)) where they are known already. 0 for an F and a G that are inverse to each other.
    """
    fake_x, fake_y = (F(y), G(x)) if there is None else there
    return l1_loss(F(fake_y), x) + l1_loss(G(fake_x), y)


class CycleGAN(Module):
    """G from images x of one kind to images y of another, and F back, learnt without pairs: only a heap of each kind is given.

        L(G, F, D_X, D_Y) = L_GAN(G, D_Y, X, Y) + L_GAN(F, D_X, Y, X) + λ L_cyc(G, F)                                          [eq. 3]

    D_Y asks whether G(x) could be a y, not whether it is the y of this x. That G(x) keeps what x shows is the business of the cycle.
    L_GAN is that of least squares (section 4): D descends ½ E (D(y) − 1)² + ½ E D(G(x))², G descends E (D(G(x)) − 1)².

    ``G``, ``F``: images in [−1, 1] to the other kind; ``D_X``, ``D_Y``: images -> values of any shape, one a patch; ``weight``: λ;
    ``identity``: the weight of E |G(y) − y|₁ + E |F(x) − x|₁, which keeps colours where both kinds have as many channels (section 5.2).

    ``generators`` (G, F) and ``discriminators`` (D_X, D_Y) are the two players. Nobody's step changes anything of the other; instance
    normalization keeps no statistics, so training and evaluation are the same.
    """

    def __init__(self, G, F, D_X, D_Y, weight=10.0, identity=0.0):
        self.generators, self.discriminators = Pair(G, F), Pair(D_X, D_Y)
        self.weight, self.identity = weight, identity

    @classmethod
    def of_size(cls, x_channels=1, y_channels=1, width=16, blocks=2, **settings):
        """Networks of the paper's kinds, their first layers of ``width`` channels, started as in the paper."""
        G, F = ResNet(x_channels, y_channels, width, blocks), ResNet(y_channels, x_channels, width, blocks)
        D_X, D_Y = (patch_discriminator(channels, width, nn.InstanceNorm2d) for channels in (x_channels, y_channels))
        return dcgan_init(cls(G, F, D_X, D_Y, **settings))

    # --- the two steps --------------------------------------------------------------------------------------------------------

    def fakes(self, x, y):
        """(F(y), G(x)) for the discriminators' step: constants to them"""
        return self.to_x(y), self.to_y(x)

    def discriminator_loss(self, x, y, fakes=None):
        """What D_X and D_Y descend, for images of both kinds and ``fakes`` (of x, of y), by default those of this moment: a number"""
        D_X, D_Y = self.discriminators
        fake_x, fake_y = self.fakes(x, y) if fakes is None else fakes
        return 0.5 * (
            square(D_X(x) - 1).mean() + square(D_X(fake_x)).mean() + square(D_Y(y) - 1).mean() + square(D_Y(fake_y)).mean()
        )  # fmt: skip

    def generator_terms(self, x, y):
        """(L_GAN of both, L_cyc, the identity term), what G and F descend, for images of both kinds: three numbers"""
        (G, F), (D_X, D_Y) = self.generators, self.discriminators
        there = fake_x, fake_y = F(y), G(x)
        with frozen(self.discriminators):
            adversarial = square(D_X(fake_x) - 1).mean() + square(D_Y(fake_y) - 1).mean()
        identity = l1_loss(G(y), y) + l1_loss(F(x), x) if self.identity else 0.0
        return adversarial, cycle_loss(x, y, F, G, there), identity

    def generator_loss(self, x, y):
        """L_GAN of both + λ L_cyc + the identity term times its weight: a number"""
        adversarial, cycle, identity = self.generator_terms(x, y)
        return adversarial + self.weight * cycle + self.identity * identity

    # --- what it is used for --------------------------------------------------------------------------------------------------

    def to_y(self, x):
        """G(x): N images -> N images of the other kind"""
        with no_grad():
            return self.generators.first(x)

    def to_x(self, y):
        """F(y): N images -> N images of the first kind"""
        with no_grad():
            return self.generators.second(y)


class Pair(Module):
    """Two networks that learn together, one for each direction."""

    def __init__(self, first, second):
        self.first, self.second = first, second

    def __iter__(self):
        return iter((self.first, self.second))


class ImagePool:
    """Shows the discriminator a fake of earlier steps every second time, from a pool of ``size``: it forgets more slowly.  [section 4]

    ``state_dict`` makes it part of a run: ``run.keep(pool=pool)``.
    """

    def __init__(self, size=50):
        self.size, self.images = size, []

    def __call__(self, fakes):
        """As many images: the fakes or, each with probability ½ once the pool is full, an old one, whose place the new one takes."""
        shown = []
        for fake in fakes:
            if len(self.images) < self.size:
                self.images.append(fake)
            elif random.rand((), device="cpu") < 0.5:
                place = int(random.randint(0, self.size, (), device="cpu"))
                self.images[place], fake = fake, self.images[place]
            shown.append(fake)
        return stack(shown)

    def state_dict(self):
        """The images that it holds: {"images": (n, C, H, W)}, or {} at first."""
        return {"images": np.array(to_numpy(stack(self.images).data))} if self.images else {}

    def load_state_dict(self, state):
        """Hold these images instead."""
        self.images = [Tensor(image) for image in state.get("images", ())]


class ResNet(Module):
    """The paper's generator: a convolution 7×7, two that halve, residual blocks, two that double, a convolution 7×7 and tanh.

    Channels width → 2w → 4w → … → 4w → 2w → w, instance normalization behind each. [section 7.2; Johnson et al. 2016]
    (N, in_channels, H, W) -> (N, out_channels, H, W) in (−1, 1)
    """

    def __init__(self, in_channels, out_channels, width=16, blocks=2):
        self.first = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(in_channels, width, 7), nn.InstanceNorm2d(width), nn.ReLU())
        self.down = [
            nn.Sequential(nn.Conv2d(n, 2 * n, 3, stride=2, padding=1), nn.InstanceNorm2d(2 * n), nn.ReLU()) for n in (width, 2 * width)
        ]  # fmt: skip
        self.blocks = [ResidualBlock(4 * width) for _ in range(blocks)]
        self.up = [nn.ConvTranspose2d(2 * n, n, 3, stride=2, padding=1) for n in (2 * width, width)]
        self.norms = [nn.InstanceNorm2d(n) for n in (2 * width, width)]
        self.last = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(width, out_channels, 7))

    def forward(self, x):
        x = self.first(x)
        sizes = []
        for layer in self.down:
            sizes.append(x.shape)
            x = layer(x)
        for block in self.blocks:
            x = block(x)
        for conv, norm in zip(self.up, self.norms):
            x = relu(norm(conv(x, output_size=sizes.pop())))
        return tanh(self.last(x))


class ResidualBlock(Module):
    """x + h(x), h two convolutions 3×3 that keep the size: (N, C, H, W) -> (N, C, H, W)"""

    def __init__(self, channels):
        conv = lambda: [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)]  # noqa: E731
        self.h = nn.Sequential(*conv(), nn.ReLU(), *conv())

    def forward(self, x):
        return x + self.h(x)
