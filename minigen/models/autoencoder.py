"""Reducing the Dimensionality of Data with Neural Networks. G. Hinton, R. Salakhutdinov, 2006. https://doi.org/10.1126/science.1127647"""

from itertools import pairwise

from minigen import nn
from minigen.nn import Module
from minigen.ops import square


class Autoencoder(Module):
    """z = encoder(x), x̂ = decoder(z): a code z much smaller than x, from which x can be restored. Loss: |x − x̂|².

    ``encoder``: (N, D) -> (N, K), ``decoder``: (N, K) -> (N, D), any modules. It has no ``sample``: nothing says which codes are
    likely, and between those of the data the decoder was never asked. That is what the variational autoencoder adds.
    """

    def __init__(self, encoder, decoder):
        self.encoder, self.decoder = encoder, decoder

    @classmethod
    def fully_connected(cls, in_features=784, hidden=(500, 501), latent_dim=2, activation=nn.ReLU):
        """Layers D → hidden → K and back. ``hidden=()`` is the linear autoencoder, whose best loss is that of PCA. [Baldi, Hornik 1989]"""
        sizes = (in_features, *hidden, latent_dim)
        return cls(fully_connected(*sizes, activation=activation), fully_connected(*sizes[::-1], activation=activation))

    def encode(self, x):
        """z: (N, D) -> (N, K)"""
        return self.encoder(x)

    def decode(self, z):
        """x̂: (N, K) -> (N, D)"""
        return self.decoder(z)

    def reconstruct(self, x):
        """x̂ = decoder(encoder(x)): (N, D) -> (N, D)"""
        return self.decoder(self.encoder(x))

    forward = reconstruct

    def loss(self, x):
        """|x − x̂|² for each example: (N, D) -> (N,)"""
        return square(x - self.reconstruct(x)).sum(axis=1)


def fully_connected(*sizes, activation=nn.ReLU):
    """Linear layers sizes[0] → sizes[1] → …, with the ``activation`` (a class of layers) between them but not at the end: a Sequential."""
    if len(sizes) < 2:
        raise ValueError(f"fully_connected: expected at least two sizes, such as fully_connected(784, 500, 2), got {sizes}")
    layers = [nn.Linear(sizes[0], sizes[1])]
    for n_in, n_out in pairwise(sizes[1:]):
        layers += [activation(), nn.Linear(n_in, n_out)]
    return nn.Sequential(*layers)
