"""Conditional Generative Adversarial Nets. M. Mirza, S. Osindero, 2014. https://arxiv.org/abs/1411.1784"""

import math

from minigen import nn, random
from minigen.autograd import no_grad
from minigen.models import dcgan
from minigen.models.gan import GAN, discriminator_loss, generator_loss_nonsaturating, glorot_init
from minigen.nn import Module, evaluating, frozen
from minigen.ops import cat
from minigen.tensor import Tensor


def condition(z, y, weight):
    """z ⊙ W[y], the same as z ⊙ (Y W) for Y, the classes as one-hot rows: (N, K), (N,) whole numbers, (classes, K) -> (N, K)

    Each class stretches the noise along the axes in its own way.                                          [GANs in Action, chapter 8]
    """
    return z * weight[y]


class CGAN(GAN):
    """A generator of images of a given class, G(z|y), and a discriminator of pairs, D(x|y).

        min over G, max over D of   E log D(x|y) + E log(1 − D(G(z|y)|y))                                                    [eq. 2]

    A real image with the label that it has is real; a generated one with the label that it was generated for is a fake. So G must
    make what the label says: D knows which digits look real, and which look like a 3.

    ``generator``: (N, K), (N,) -> images, ``discriminator``: images, (N,) -> logits (N, 1), ``latent_dim``: K, ``classes``: labels
    are 0 … classes − 1. Who learns when, and what the statistics of batches follow, is as in GAN.
    """

    def __init__(self, generator, discriminator, latent_dim, classes):
        super().__init__(generator, discriminator, latent_dim)
        self.classes = classes

    @classmethod
    def convolutional(cls, classes=10, latent_dim=100, image_shape=(28, 28), width=64):
        """The players of DCGAN, told the class: G by ``condition``, D by a learned image of each class as a second channel."""
        generator = ConditionalGenerator(dcgan.generator(latent_dim, image_shape, width), classes, latent_dim)
        body = dcgan.discriminator(image_shape, width, in_channels=2)
        return glorot_init(cls(generator, ConditionalDiscriminator(body, classes, image_shape), latent_dim, classes))

    def labels(self, n):
        """n labels, each class as likely as the other: (n,)"""
        return Tensor(random.randint(0, self.classes, (n,), device=self.prior.mean.device))

    # --- the two steps --------------------------------------------------------------------------------------------------------

    def fakes(self, y):
        """A generated image for each label, for the discriminator's step: (N,) -> N images. It leaves no trace in G."""
        with no_grad(), frozen(self.generator):
            return self.generator(self.noise(len(y)), y)

    def logits(self, x, y):
        """What D makes of the pairs (x, y) and of (G(z|y), y) with the same labels: (real, fake), both (N, 1)"""
        return self.discriminator(x, y), self.discriminator(self.fakes(y), y)

    def fake_logits(self, y):
        """What D makes of the pairs (G(z|y), y) that G learns from: (N,) -> (N, 1). D is frozen, gradients pass through it to G."""
        with frozen(self.discriminator):
            return self.discriminator(self.generator(self.noise(len(y)), y), y)

    def discriminator_loss(self, x, y):
        """What D descends in its step, for real images and their labels: N images, (N,) -> a number"""
        return discriminator_loss(*self.logits(x, y))

    def generator_loss(self, n):
        """What G descends in its step, from n draws of z and y: a number"""
        return generator_loss_nonsaturating(self.fake_logits(self.labels(n)))

    # --- what it is used for --------------------------------------------------------------------------------------------------

    def sample(self, n, labels=None):
        """n images in [−1, 1] of the classes ``labels`` (n,), which are drawn if they are None."""
        with no_grad(), evaluating(self.generator):
            return self.generator(self.noise(n), self.labels(n) if labels is None else labels)


class ConditionalGenerator(Module):
    """G(z|y) = net(condition(z, y)): (N, K), (N,) -> what ``net`` makes of (N, K)"""

    def __init__(self, net, classes, latent_dim):
        self.embedding = nn.Embedding(classes, latent_dim)
        self.net = net

    def forward(self, z, y):
        return self.net(condition(z, y, self.embedding.weight))


class ConditionalDiscriminator(Module):
    """D(x|y): a learned image of the class becomes the second channel: (N, 1, H, W), (N,) -> what ``net`` makes of (N, 2, H, W)"""

    def __init__(self, net, classes, image_shape):
        self.embedding = nn.Embedding(classes, math.prod(image_shape))
        self.net = net

    def forward(self, x, y):
        return self.net(cat([x, self.embedding(y).reshape(x.shape)], axis=1))
