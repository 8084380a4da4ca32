"""Spectral Normalization for Generative Adversarial Networks. T. Miyato and others, 2018. https://arxiv.org/abs/1802.05957"""

from minigen import nn
from minigen.models.gan import GAN
from minigen.nn.functional import relu


def hinge_discriminator_loss(real_scores, fake_scores):
    """E max(0, 1 − D(x)) + E max(0, 1 + D(G(z))): what the discriminator descends; scores of any shape -> a number.       [eq. 16]

    Images that it scores beyond ±1, on the right side, teach it nothing more.
    """
    return relu(1 - real_scores).mean() + relu(1 + fake_scores).mean()


def hinge_generator_loss(fake_scores):
    """−E D(G(z)): what the generator descends; scores of any shape -> a number.                                           [eq. 17]"""
    return -fake_scores.mean()


def spectrally_normalized(network):
    """The Sequential ``network`` with every weight W of a linear map or convolution replaced by W / σ(W), σ its largest singular value.

    Each such layer has Lipschitz constant 1 as a matrix (of a kernel: of the matrix (out, in · k · k)). The layers are the same objects.
    """
    kinds = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)
    return nn.Sequential(*(nn.spectral_norm(layer) if isinstance(layer, kinds) else layer for layer in network))


class SNGAN(GAN):
    """The GAN with hinge losses whose discriminator is kept smooth by its layers: every weight is divided by its spectral norm.

    ``discriminator``: a Sequential, whose layers are wrapped here; it needs no other normalization. The singular vectors, which each of
    D's own steps improves by one power iteration a batch, are D's: G's step leaves them alone. Section 4: Adam with learning rate 2e-4,
    betas (0.5, 0.999) and one step of D, or betas (0, 0.9) and five, to one of G.
    """

    def __init__(self, generator, discriminator, latent_dim):
        super().__init__(generator, spectrally_normalized(discriminator), latent_dim)

    def discriminator_loss(self, x):
        """What D descends in its step, for real images ``x``: N images -> a number"""
        return hinge_discriminator_loss(*self.logits(x))

    def generator_loss(self, n):
        """What G descends in its step, from n draws of z: a number"""
        return hinge_generator_loss(self.fake_logits(n))
