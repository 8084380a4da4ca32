"""Stacked Convolutional Auto-Encoders. J. Masci, U. Meier, D. Cireşan, J. Schmidhuber, 2011. https://doi.org/10.1007/978-3-642-21735-7_7"""

from itertools import pairwise

from minigen import nn
from minigen.models.autoencoder import Autoencoder


class ConvAutoencoder(Autoencoder):
    """z = encoder(x), x̂ = decoder(z) for images as rows x (N, H·W), with networks that see them as images. Loss: |x − x̂|².

    The ``encoder`` halves height and width at each convolution, the ``decoder`` takes the same sizes backwards. A sigmoid keeps x̂ in
    (0, 1), where pixels lie.

    ``image_shape``: (H, W); ``latent_dim``: K, the length of z; ``channels``: those of the convolutions, from the image inwards.
    """

    def __init__(self, image_shape=(28, 28), latent_dim=16, channels=(16, 32)):
        super().__init__(
            conv_encoder(image_shape, latent_dim, channels), conv_decoder(latent_dim, image_shape, channels).append(nn.Sigmoid())
        )  # fmt: skip


def conv_encoder(image_shape, outputs, channels=(16, 32), activation=nn.ReLU):
    """Images as rows to ``outputs`` numbers each, (N, H·W) -> (N, outputs): a Sequential of convolutions that halve, then one Linear.

    28×28 becomes 14×14, then 7×7; an odd size is rounded up. ``activation``: a class of layers.
    """
    sizes = halvings(image_shape, channels)
    layers = [nn.Unflatten(1, (1, *image_shape))]
    for n_in, n_out in pairwise((1, *channels)):
        layers += [nn.Conv2d(n_in, n_out, 3, stride=2, padding=1), activation()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels[-1] * sizes[-1][0] * sizes[-1][1], outputs))


def conv_decoder(inputs, image_shape, channels=(16, 32), activation=nn.ReLU, out_channels=1):
    """The way back, (…, inputs) -> (…, out_channels·H·W): a Sequential of one Linear, then transposed convolutions that double.

    ``output_padding`` makes 7×7 become 14×14 and not 13×13: a convolution with stride 2 takes both to 7×7.
    """
    sizes = halvings(image_shape, channels)[::-1]
    layers = [nn.Linear(inputs, channels[-1] * sizes[0][0] * sizes[0][1]), nn.Unflatten(1, (channels[-1], *sizes[0]))]
    for (small, large), (n_in, n_out) in zip(pairwise(sizes), pairwise((*channels[::-1], out_channels))):
        extra = tuple(m - (2 * n - 1) for n, m in zip(small, large))
        layers += [activation(), nn.ConvTranspose2d(n_in, n_out, 3, stride=2, padding=1, output_padding=extra)]
    return _EachRow(*layers, nn.Flatten())


def halvings(image_shape, channels):
    """(H, W) before and after each convolution: one entry more than ``channels``. ValueError if nothing is left to halve."""
    sizes = [tuple(image_shape)]
    for _ in channels:
        if max(sizes[-1]) < 2:
            raise ValueError(f"channels: an image {sizes[0]} can be halved {len(sizes) - 1} times, got {len(channels)} channels {channels}")
        sizes.append(tuple(-(-n // 2) for n in sizes[-1]))
    return sizes


class _EachRow(nn.Sequential):
    """Layers of rows (N, K), for any number of axes in front: (…, K). The VAE decodes L draws for each of N images, (L, N, K)."""

    def forward(self, z):
        y = super().forward(z.reshape((-1, z.shape[-1])))
        return y.reshape(z.shape[:-1] + y.shape[1:])
