"""Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks. A. Radford, L. Metz, S. Chintala, 2016.
https://arxiv.org/abs/1511.06434"""

from minigen import nn
from minigen.models.gan import GAN, glorot_init


class DCGAN(GAN):
    """The GAN whose players are convolutional; the game and its losses are the same.                  [GANs in Action, listings 4.3, 4.4]

    ``image_shape``: (H, W). ``width``: the channels of the generator are 4w → 2w → w → 1, those of the discriminator 1 → w/2 → w → 2w;
    64 is the listings' size. Images are (N, 1, H, W) in [−1, 1]. It starts as the listings do (``glorot_init``); the paper starts from
    N(0, 0.02²): ``dcgan_init(model)``.
    """

    def __init__(self, latent_dim=100, image_shape=(28, 28), width=64):
        super().__init__(generator(latent_dim, image_shape, width), discriminator(image_shape, width), latent_dim)
        glorot_init(self)


def generator(latent_dim=100, image_shape=(28, 28), width=64, norm=nn.BatchNorm2d, slope=0.01):
    """G: (N, K) -> (N, 1, H, W). A linear map to a small image of 4w channels, which transposed convolutions enlarge twice."""
    whole = tuple(image_shape)
    half, quarter = halved(whole), halved(halved(whole))
    return nn.Sequential(
        nn.Linear(latent_dim, 4 * width * quarter[0] * quarter[1]),
        nn.Unflatten(1, (4 * width, *quarter)),
        nn.ConvTranspose2d(4 * width, 2 * width, kernel_size=3, stride=2, padding=same(half)),
        norm(2 * width),
        nn.LeakyReLU(slope),
        nn.ConvTranspose2d(2 * width, width, kernel_size=3, stride=1, padding=1),
        norm(width),
        nn.LeakyReLU(slope),
        nn.ConvTranspose2d(width, 1, kernel_size=3, stride=2, padding=same(whole)),
        nn.Tanh(),
    )


def discriminator(image_shape=(28, 28), width=64, norm=nn.BatchNorm2d, slope=0.01, outputs=1, in_channels=1):
    """D: (N, ``in_channels``, H, W) -> (N, ``outputs``). Three convolutions halve the image, 28 → 14 → 7 → 4; no ``norm`` behind the first.

    ``norm``: a class of layers of so many channels; ``nn.Identity`` for none, as a Wasserstein critic with gradient penalty needs it.
    """
    whole = tuple(image_shape)
    half, quarter = halved(whole), halved(halved(whole))
    h, w = halved(quarter)
    return nn.Sequential(
        nn.Conv2d(in_channels, width // 2, kernel_size=3, stride=2, padding=same(whole)),
        nn.LeakyReLU(slope),
        nn.Conv2d(width // 2, width, kernel_size=3, stride=2, padding=same(half)),
        norm(width),
        nn.LeakyReLU(slope),
        nn.Conv2d(width, 2 * width, kernel_size=3, stride=2, padding=same(quarter)),
        norm(2 * width),
        nn.LeakyReLU(slope),
        nn.Flatten(),
        nn.Linear(2 * width * h * w, outputs),
    )


def halved(size):
    """⌈n / 2⌉ for each axis: what a convolution with stride 2 and padding ``same(size)`` makes of an image of this ``size``."""
    return tuple(-(-n // 2) for n in size)


def same(size, kernel_size=3, stride=2):
    """TensorFlow's padding="same" as pairs (before, after), for images of this ``size`` (H, W): as many zeros as ⌈n / s⌉ outputs need.

        total = max((⌈n / s⌉ − 1) s + k − n, 0),   ⌊total / 2⌋ of them before, the others after

    With the same padding the transposed convolution, which is the adjoint, leads back from ⌈n / s⌉ to n. [tf.nn.convolution]
    """
    total = [max((-(-n // stride) - 1) * stride + kernel_size - n, 0) for n in size]
    return tuple((t // 2, t - t // 2) for t in total)


def dcgan_init(model, std=0.02):
    """Start as the paper does (section 4): weights N(0, 0.02²), those of batch normalization N(1, 0.02²), biases 0; return the model."""
    for layer in model.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(layer.weight, 0.0, std)
            nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, std)
            nn.init.zeros_(layer.bias)
    return model
