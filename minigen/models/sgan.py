"""Semi-Supervised Learning with Generative Adversarial Networks. A. Odena, 2016. https://arxiv.org/abs/1606.01583

With the K logits of T. Salimans and others, Improved Techniques for Training GANs, 2016, section 5. https://arxiv.org/abs/1606.03498
"""

from minigen import nn
from minigen.autograd import no_grad
from minigen.models import dcgan
from minigen.models.gan import GAN, discriminator_loss, generator_loss_nonsaturating, glorot_init
from minigen.nn import evaluating
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
        """The generator of DCGAN and a ``classifier``."""
        generator = dcgan.generator(latent_dim, image_shape, width)
        return glorot_init(cls(generator, classifier(classes, image_shape, width), latent_dim))

    def discriminator_loss(self, x, y, is_labelled):
        """What D descends in its step: ``sgan_loss`` for real images and as many fakes."""
        a, fake = self.logits(x)
        return sgan_loss(a, y, is_labelled, fake)

    def generator_loss(self, n):
        """−E log D(G(z)) from n draws of z"""
        return generator_loss_nonsaturating(real_logit(self.fake_logits(n)))

    def classify(self, x):
        """The most likely class of each image: N images -> (N,)"""
        return most_likely(self.discriminator, x)


def classifier(classes=10, image_shape=(28, 28), width=64):
    """The discriminator of DCGAN with a logit for each class: (N, 1, H, W) -> (N, classes).

    With dropout, since there are few labels. Without batch normalization: its running statistics would follow real and generated images
    alike, and the classifier, which meets real ones only, would be judged with them.
    """
    layers = dcgan.discriminator(image_shape, width, nn.Identity, slope=0.2, outputs=classes)
    return nn.Sequential(*layers[:-1], nn.Dropout(0.5), layers[-1])


def most_likely(net, x):
    """The class with the largest logit, without dropout: N images -> (N,)"""
    with no_grad(), evaluating(net):
        return net(x).argmax(axis=1)
