"""Semi-Supervised Learning with Generative Adversarial Networks. A. Odena, 2016. https://arxiv.org/abs/1606.01583

With the K logits of T. Salimans and others, Improved Techniques for Training GANs, 2016, section 5. https://arxiv.org/abs/1606.03498
"""

from minigen.models import dcgan
from minigen.models.gan import GAN, discriminator_loss, generator_loss_nonsaturating, glorot_init
from minigen.nn.functional import cross_entropy
from minigen.ops import logsumexp, where


def real_logit(a):
    """ln Σₖ e^aₖ, the logit of D(x) = 1 − 1 / (1 + Σₖ e^aₖ): (N, K) -> (N, 1)

    The fake is class K + 1, whose logit may be 0: softmax is the same after a number is added to all logits.       [Salimans, section 5]
    """
    return logsumexp(a, axis=1, keepdims=True)


def supervised_loss(a, y, is_labelled):
    """−log p(y|x, real) = −log softmax(a)[y], averaged over the labelled rows: (N, K), (N,), (N,) bool -> a number in nats

    What stands in ``y`` where ``is_labelled`` is False counts nowhere; 0 if there is no label at all.
    """
    each = cross_entropy(a, where(is_labelled, y, 0), reduction="none")
    return where(is_labelled, each, 0.0).sum() / max(1, int(is_labelled.sum().item()))


def sgan_loss(a, y, is_labelled, fake):
    """What D descends, two tasks for one network:  the class where it is known, real or fake for all.                 [slide "SGAN"]

        −E log p(y|x, real)   −E log D(x) − E log(1 − D(G(z)))

    ``a``: the logits of real images (N, K), ``y`` their labels (N,) and ``is_labelled`` (N,) bool; ``fake``: logits (M, K) of fakes.
    """
    return supervised_loss(a, y, is_labelled) + discriminator_loss(real_logit(a), real_logit(fake))


class SGAN(GAN):
    """A GAN whose discriminator is the classifier that is wanted: few images have labels, the others and the fakes shape its features.

    ``discriminator``: images -> K logits, one for each class; the generator plays against ``real_logit`` of them.
    """

    @classmethod
    def convolutional(cls, classes=10, latent_dim=100, image_shape=(28, 28), width=64):
        """The players of DCGAN, D with ``classes`` logits."""
        generator = dcgan.generator(latent_dim, image_shape, width)
        return glorot_init(cls(generator, dcgan.discriminator(image_shape, width, outputs=classes), latent_dim))

    def discriminator_loss(self, x, y, is_labelled):
        """What D descends in its step: ``sgan_loss`` for real images and as many fakes."""
        a, fake = self.logits(x)
        return sgan_loss(a, y, is_labelled, fake)

    def generator_loss(self, n):
        """−E log D(G(z)) from n draws of z"""
        return generator_loss_nonsaturating(real_logit(self.fake_logits(n)))

    def classify(self, x):
        """The most likely class of each image: N images -> (N,)"""
        return self.discriminator(x).argmax(axis=1)
