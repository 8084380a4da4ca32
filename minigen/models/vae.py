"""Auto-Encoding Variational Bayes. D. P. Kingma, M. Welling, 2014. https://arxiv.org/abs/1312.6114"""

import math

import numpy as np

from minigen import nn
from minigen.device import create, get_default_dtype, to_numpy
from minigen.distributions import Bernoulli, Independent, Normal, constraints, kl_divergence
from minigen.models.autoencoder import fully_connected
from minigen.models.conv_autoencoder import conv_decoder, conv_encoder
from minigen.nn import Buffer, Module, Parameter
from minigen.ops import cat, chunk, exp, logmeanexp
from minigen.tensor import Tensor

BLOCK = 16_384  # draws of z that importance_log_prob decodes at once: 50 MB for 784 pixels


class VAE(Module):
    """p(x) = ∫ p(x|z) p(z) dz, trained by ascending a lower bound (ELBO) on log p(x).

        prior      p(z)   = N(0, I)
        decoder    p(x|z) = Bernoulli, one coin a pixel; its logits are decoder(z)
        encoder    q(z|x) = N(μ_z, diag σ_z²),   (μ_z, log σ_z²) = encoder(x)                                           [eq. 9]

        log p(x) = E_q[log p(x|z)] − KL(q(z|x) ‖ p(z)) + KL(q(z|x) ‖ p(z|x))  ≥  the first two terms, the ELBO         [eq. 1–3]

    ``encoder``: (N, D) -> (N, 2K), ``decoder``: (…, K) -> (…, D), ``latent_dim``: K. Pixels lie in [0, 1]; a grey value counts as the
    probability of white, as in the lecture. All densities are in nats for a whole image, never means over pixels.
    """

    pixels = constraints.unit_interval

    def __init__(self, encoder, decoder, latent_dim):
        self.encoder, self.decoder, self.latent_dim = encoder, decoder, latent_dim
        zeros, ones = (Buffer(create(name, latent_dim, dtype=get_default_dtype())) for name in ("zeros", "ones"))
        self.prior = Independent(Normal(zeros, ones), 1)

    @classmethod
    def fully_connected(cls, in_features=784, hidden=(500, 501), latent_dim=2, activation=nn.Softplus, **settings):
        """The lecture's network: D → 500 → 501 → (μ_z, log σ_z²) of 2 numbers each, and 2 → 501 → 500 → D back.

        ``activation``: a class of layers. ``settings`` go to the model: GaussianVAE.fully_connected(560, sigma="learned").
        """
        encoder = fully_connected(in_features, *hidden, 2 * latent_dim, activation=activation)
        outputs = cls.outputs(in_features, **settings)
        return cls(encoder, fully_connected(latent_dim, *hidden[::-1], outputs, activation=activation), latent_dim, **settings)

    @classmethod
    def convolutional(cls, image_shape=(28, 28), channels=(16, 32), latent_dim=2, activation=nn.ReLU, **settings):
        """Convolutions that halve the image, one for each of ``channels``, and their mirror image; x stays rows (N, H·W)."""
        pixels = image_shape[0] * image_shape[1]
        planes = cls.outputs(pixels, **settings) // pixels
        decoder = conv_decoder(latent_dim, image_shape, channels, activation, planes)
        return cls(conv_encoder(image_shape, 2 * latent_dim, channels, activation), decoder, latent_dim, **settings)

    @staticmethod
    def outputs(in_features):
        """How many numbers the decoder must give for ``in_features`` pixels."""
        return in_features

    # --- the three distributions ----------------------------------------------------------------------------------------------

    def q(self, x):
        """q(z|x), what the encoder believes of z: (N, D) -> N distributions of (K,)"""
        mu, log_var = chunk(self.encoder(x), 2, axis=1)
        return Independent(Normal(mu, exp(0.5 * log_var), validate_args=False), 1)

    def p(self, z):
        """p(x|z), what the decoder makes of z: (…, K) -> distributions of (D,)"""
        return Independent(Bernoulli(logits=self.decoder(z)), 1)

    def log_likelihood(self, x, z):
        """log p(x|z) in nats: (N, D), (…, N, K) -> (…, N). ValueError for pixels outside the ``pixels`` that p(x|z) can give."""
        log_p = self.p(z).log_prob(x)
        if not np.isfinite(log_p.data).all() and not self.pixels.check(x).all():
            pixels = to_numpy(x.data if isinstance(x, Tensor) else x)
            raise ValueError(
                f"{type(self).__name__}: pixels must be {self.pixels.words}, got values from {pixels.min():.4g} to {pixels.max():.4g}; "
                "grey values are divided by 255, other numbers are for GaussianVAE"
            )
        return log_p

    # --- the bound ------------------------------------------------------------------------------------------------------------

    def terms(self, x, n_samples=1):
        """The two terms of the bound for each example in nats: (reconstruction, kl), both (N,).

            reconstruction = (1/L) Σₗ log p(x|zₗ),   zₗ = μ_z + σ_z ⊙ εₗ,  εₗ ~ N(0, I),  L = ``n_samples``         [eq. 10]
            kl = KL(q(z|x) ‖ p(z)) = −½ Σⱼ (1 + log σⱼ² − μⱼ² − σⱼ²), exactly                                       [appendix B]
        """
        q = self.q(x)
        if n_samples == 1:
            reconstruction = self.log_likelihood(x, q.rsample())  # one draw needs no axis of its own
        else:
            reconstruction = self.log_likelihood(x, q.rsample((_positive(n_samples),))).mean(axis=0)
        return reconstruction, kl_divergence(q, self.prior)

    def elbo(self, x, n_samples=1):
        """The lower bound on log p(x) with L = ``n_samples`` draws of z, in nats: (N, D) -> (N,)            [eq. 10]"""
        reconstruction, kl = self.terms(x, n_samples)
        return reconstruction - kl

    def importance_log_prob(self, x, n_samples=100):
        """log (1/L) Σₗ p(x|zₗ) p(zₗ) / q(zₗ|x),  zₗ ~ q(z|x): an estimate of log p(x) in nats: (N, D) -> (N,)

        On average below log p(x), above the ELBO, and right for L → ∞. [Burda, Grosse, Salakhutdinov 2016, eq. 8]
        """
        rows = max(1, BLOCK // _positive(n_samples))
        return cat([self._importance_log_prob(x[i : i + rows], n_samples) for i in range(0, len(x), rows)])

    def _importance_log_prob(self, x, n_samples):
        q = self.q(x)
        z = q.rsample((n_samples,))  # (L, N, K)
        log_weight = self.log_likelihood(x, z) + self.prior.log_prob(z) - q.log_prob(z)  # (L, N)
        return logmeanexp(log_weight, axis=0)

    # --- what it is used for --------------------------------------------------------------------------------------------------

    def encode(self, x):
        """μ_z, the middle of q(z|x): (N, D) -> (N, K)"""
        return self.q(x).mean

    def decode(self, z):
        """E[x|z], the mean image: (…, K) -> (…, D)"""
        return self.p(z).mean

    def reconstruct(self, x):
        """decode(encode(x)), without drawing: (N, D) -> (N, D)"""
        return self.decode(self.encode(x))

    def sample(self, n):
        """n images in two steps, z ~ p(z), then x ~ p(x|z): (n, D). ``decode`` of z shows them without the noise of the pixels."""
        return self.p(self.prior.sample((n,))).sample()


class GaussianVAE(VAE):
    """The VAE whose decoder is Gaussian: p(x|z) = N(μ_x, diag σ_x²).                                       [appendix C.2]

        −log p(x|z) = Σⱼ ½ log 2π + ½ log σ_xⱼ² + (xⱼ − μ_xⱼ)² / 2σ_xⱼ²

    ``sigma``: a number keeps σ_x fixed, which makes the reconstruction term least squares, up to a factor and a constant;
    "learned" learns one σ_x for all pixels; "network" lets the decoder give (μ_x, log σ_x²), 2D numbers. ValueError for anything else.
    """

    pixels = constraints.real

    def __init__(self, encoder, decoder, latent_dim, sigma="learned"):
        number = isinstance(sigma, (int, float)) and not isinstance(sigma, bool)
        if not (sigma in ("learned", "network") or (number and 0 < sigma < math.inf)):
            raise ValueError(f'GaussianVAE: sigma must be a positive number, "learned" or "network", got {sigma!r}')
        super().__init__(encoder, decoder, latent_dim)
        self.sigma = sigma
        self.log_sigma = None
        if sigma != "network":
            log_sigma = create("full", (), math.log(sigma) if number else 0.0, dtype=get_default_dtype())
            self.log_sigma = Buffer(log_sigma) if number else Parameter(log_sigma)

    @staticmethod
    def outputs(in_features, sigma="learned"):
        """How many numbers the decoder must give for ``in_features`` pixels: μ_x, and log σ_x² too if it predicts that."""
        return 2 * in_features if sigma == "network" else in_features

    def p(self, z):
        """p(x|z): (…, K) -> distributions of (D,)"""
        mu = self.decoder(z)
        if self.log_sigma is not None:
            return Independent(Normal(mu, exp(self.log_sigma), validate_args=False), 1)
        mu, log_var = chunk(mu, 2, axis=-1)
        return Independent(Normal(mu, exp(0.5 * log_var), validate_args=False), 1)


def lecture_init(model, std=0.1, bias=0.1):
    """Start all layers as the lecture's demonstration does: weights N(0, 0.1²) cut off at two σ, biases 0.1; return the model.

    Source: https://github.com/oduerr/dl_tutorial/blob/master/tensorflow/vae/vae_demo.ipynb
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.trunc_normal_(layer.weight, 0.0, std, -2 * std, 2 * std)
            nn.init.constant_(layer.bias, bias)
    return model


def _positive(n_samples):
    if isinstance(n_samples, bool) or not isinstance(n_samples, int) or n_samples < 1:
        raise ValueError(f"n_samples: expected a positive whole number of draws of z, got {n_samples!r}")
    return n_samples
