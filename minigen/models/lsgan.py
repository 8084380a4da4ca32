"""Least Squares Generative Adversarial Networks. X. Mao and others, 2017. https://arxiv.org/abs/1611.04076"""

from minigen.models.gan import GAN
from minigen.ops import square


def discriminator_loss(real_scores, fake_scores, a=0.0, b=1.0):
    """½ E (D(x) − b)² + ½ E (D(G(z)) − a)²: what the discriminator descends; scores of any shape -> a number.              [eq. 2]

    ``a``, ``b``: the codes of generated and of real images.
    """
    return 0.5 * square(real_scores - b).mean() + 0.5 * square(fake_scores - a).mean()


def generator_loss(fake_scores, c=1.0):
    """½ E (D(G(z)) − c)²: what the generator descends; scores of any shape -> a number.                                    [eq. 2]

    ``c``: what it wants its images to be taken for. Unlike the logarithm it also pulls at those that fool D and lie far from the data.
    """
    return 0.5 * square(fake_scores - c).mean()


class LSGAN(GAN):
    """The GAN whose discriminator is fitted by least squares to the codes b (real) and a (generated); it has no sigmoid.

    With b − c = 1 and b − a = 2, such as (a, b, c) = (−1, 1, 0), the generator descends the Pearson χ² divergence between p + q and 2q,
    p the data and q the generated. The default (0, 1, 1), the other choice of the paper, did as well there. [section 3.2]
    """

    def __init__(self, generator, discriminator, latent_dim, a=0.0, b=1.0, c=1.0):
        super().__init__(generator, discriminator, latent_dim)
        self.a, self.b, self.c = a, b, c

    def discriminator_loss(self, x):
        """What D descends in its step, for real images ``x``: N images -> a number"""
        return discriminator_loss(*self.logits(x), self.a, self.b)

    def generator_loss(self, n):
        """What G descends in its step, from n draws of z: a number"""
        return generator_loss(self.fake_logits(n), self.c)
