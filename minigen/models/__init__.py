"""The models of the lecture: one file, one paper. A model owns its loss and its samples, never its loop."""

from minigen.models.autoencoder import Autoencoder, fully_connected
from minigen.models.conv_autoencoder import ConvAutoencoder
from minigen.models.dcgan import DCGAN
from minigen.models.gan import GAN
from minigen.models.linear_gaussian import LinearGaussian
from minigen.models.lsgan import LSGAN
from minigen.models.pca import PCA
from minigen.models.sngan import SNGAN
from minigen.models.vae import VAE, GaussianVAE
from minigen.models.wgan import WGAN
from minigen.models.wgan_gp import WGANGP

__all__ = [
    "DCGAN", "GAN", "LSGAN", "PCA", "SNGAN", "VAE", "WGAN", "WGANGP", "Autoencoder", "ConvAutoencoder", "GaussianVAE",
    "LinearGaussian", "fully_connected",
]  # fmt: skip
