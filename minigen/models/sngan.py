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


KINDS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)


def spectrally_normalized(network):
    """``network``, made of Sequentials, with each weight W of a linear map or a convolution replaced by W / σ(W).

    With σ, the largest singular value, each such layer has Lipschitz constant 1 as a matrix (of a kernel: of the matrix (out, in · k · k)).
    The layers are the same objects. ValueError for a module of another kind whose matrices would stay as they are.
    """
    if isinstance(network, KINDS):
        return nn.spectral_norm(network)
    if type(network) in (nn.Sequential, nn.MLP):  # another class of them may compute something else than one layer after the other
        return nn.Sequential(*map(spectrally_normalized, network))
    held = {id(p) for m in network.modules() if isinstance(m, nn.SpectralNorm) for p in m.parameters()}
    left = [name for name, p in network.named_parameters() if p.ndim > 1 and id(p) not in held]
    if left:
        raise ValueError(
            f"spectrally_normalized: {type(network).__name__} has weights that would stay as they are: {', '.join(left)}; expected linear "
            "maps, convolutions and what has no matrices, in Sequentials; wrap the layers of your own module: nn.spectral_norm(layer)"
        )
    return network


class SNGAN(GAN):
    """The GAN with hinge losses whose discriminator is kept smooth by its layers: every weight is divided by its spectral norm.

    ``discriminator``: Sequentials of layers, which are wrapped here; it needs no other normalization. The singular vectors, which each of
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
