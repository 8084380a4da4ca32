"""The models of the lecture: one file, one paper. A model owns its loss and its samples, never its loop."""

from minigen.models.acgan import ACGAN
from minigen.models.autoencoder import Autoencoder, fully_connected
from minigen.models.cgan import CGAN
from minigen.models.conv_autoencoder import ConvAutoencoder
from minigen.models.cyclegan import CycleGAN
from minigen.models.dcgan import DCGAN
from minigen.models.gan import GAN
from minigen.models.glow import Glow
from minigen.models.iaf import IAF, IAFVAE
from minigen.models.linear_gaussian import LinearGaussian
from minigen.models.lsgan import LSGAN
from minigen.models.maf import MAF
from minigen.models.nice import NICE
from minigen.models.pca import PCA
from minigen.models.pix2pix import Pix2Pix
from minigen.models.pixel_histogram import PixelHistograms
from minigen.models.realnvp import ImageRealNVP, RealNVP
from minigen.models.sgan import SGAN
from minigen.models.sngan import SNGAN
from minigen.models.sos import SOSFlow
from minigen.models.spline_flow import SplineFlow
from minigen.models.vae import VAE, GaussianVAE
from minigen.models.wgan import WGAN
from minigen.models.wgan_gp import WGANGP

__all__ = [
    "ACGAN", "CGAN", "DCGAN", "GAN", "IAF", "IAFVAE", "LSGAN", "MAF", "NICE", "PCA", "SGAN", "SNGAN", "VAE", "WGAN", "WGANGP",
    "Autoencoder", "ConvAutoencoder", "CycleGAN", "GaussianVAE", "Glow", "ImageRealNVP", "LinearGaussian", "Pix2Pix", "PixelHistograms",
    "RealNVP", "SOSFlow", "SplineFlow", "fully_connected",
]  # fmt: skip
