"""Improved Variational Inference with Inverse Autoregressive Flow. D. P. Kingma et al., 2016. https://arxiv.org/abs/1606.04934"""

from minigen import nn
from minigen.bijections import Chain, GatedAutoregressive, MaskedAutoregressive
from minigen.distributions import Independent, Normal
from minigen.distributions.transformed import TransformedDistribution, standard_normal
from minigen.models.autoencoder import fully_connected
from minigen.models.vae import VAE
from minigen.ops import broadcast_to, exp, logmeanexp, reshape, split


class IAF(TransformedDistribution):
    """x = f(z), z ~ N(0, I), for vectors (N, D); f is a chain of ``blocks`` masked autoregressive maps: MAF, read the other way.

    Samples, with their densities, cost one pass of the networks; the density of a given x costs D. [sec. 3]
    """

    def __init__(self, n=2, hidden=(32, 32), blocks=3, context_features=0, bound=3.0):
        conditional = context_features > 0
        super().__init__(
            standard_normal(n),
            Chain(*(MaskedAutoregressive(net, conditional, bound) for net in networks(n, hidden, blocks, context_features))),
        )


class IAFVAE(VAE):
    """A VAE whose q(z|x) is bent by inverse autoregressive flow: its posterior need not be a diagonal Gaussian.

        z₀ = μ + σ ⊙ ε,   (μ, log σ², h) = encoder(x)                                                           [algorithm 1]
        z_t = σ_t ⊙ z_{t−1} + (1 − σ_t) ⊙ m_t,   (m_t, s_t) = MADE_t(z_{t−1}, h),  σ_t = sigmoid(s_t + 1.5)      [eq. 13–14]
        log q(z_T|x) = log N(z₀; μ, diag σ²) − Σ_t Σ_i log σ_{t,i}                                               [eq. 11]

    ``encoder``: (N, D) -> (N, 2K + context_features), ``decoder``: (…, K) -> (…, D); ``blocks`` MADEs with hidden layers ``flow_hidden``
    take turns in the order of z. With ``blocks=0`` it is the VAE, but with a KL from
    the same draws of z as the reconstruction. Pixels lie in [0, 1].
    """

    def __init__(self, encoder, decoder, latent_dim, blocks=4, flow_hidden=(320,), context_features=64):
        super().__init__(encoder, decoder, latent_dim)
        nets = networks(latent_dim, flow_hidden, blocks, context_features)
        self.flow, self.context_features = Chain(*(GatedAutoregressive(net, conditional=True) for net in nets)), context_features

    @classmethod
    def fully_connected(cls, in_features=784, hidden=(256, 256), latent_dim=32, activation=nn.ReLU, **settings):
        """Networks of linear layers; ``settings`` go to the model."""
        outputs = 2 * latent_dim + settings.setdefault("context_features", 64)
        encoder = fully_connected(in_features, *hidden, outputs, activation=activation)
        return cls(encoder, fully_connected(latent_dim, *hidden[::-1], in_features, activation=activation), latent_dim, **settings)

    def q(self, x):
        raise NotImplementedError("IAFVAE: q(z|x) is known at its own draws; draw(x, n_samples) returns z and log q(z|x)")

    def start(self, x):
        """q(z₀|x), what the flow starts from, and h: (N, D) -> N distributions of (K,), (N, H)"""
        k = self.latent_dim
        mu, log_var, h = split(self.encoder(x), [k, k, self.context_features], axis=1)
        return Independent(Normal(mu, exp(0.5 * log_var), validate_args=False), 1), h

    def draw(self, x, n_samples):
        """(z_T, log q(z_T|x)) of ``n_samples`` draws for each x: (N, D) -> (L, N, K), (L, N)"""
        q, h = self.start(x)
        z = q.rsample((n_samples,))
        log_q = q.log_prob(z)
        if not len(self.flow):
            return z, log_q
        h = reshape(broadcast_to(h, (n_samples, *h.shape)), (-1, h.shape[1]))
        z_t, log_det = self.flow(reshape(z, (-1, z.shape[2])), h)
        return reshape(z_t, z.shape), log_q - reshape(log_det, log_q.shape)

    def terms(self, x, n_samples=1):
        """The two terms of the bound in nats: (reconstruction, kl), both (N,); kl = (1/L) Σ log q(z_T|x) − log p(z_T), from draws."""
        z, log_q = self.draw(x, n_samples)
        return self.log_likelihood(x, z).mean(axis=0), (log_q - self.prior.log_prob(z)).mean(axis=0)

    def _importance_log_prob(self, x, n_samples):
        z, log_q = self.draw(x, n_samples)
        return logmeanexp(self.log_likelihood(x, z) + self.prior.log_prob(z) - log_q, axis=0)

    def encode(self, x):
        """A z in the middle of q(z|x), the flow's image of μ: (N, D) -> (N, K)"""
        q, h = self.start(x)
        return self.flow(q.mean, h)[0]


def networks(n, hidden, blocks, context_features):
    """MADEs with two outputs, whose order turns round from one to the next."""
    orders = (range(n)[:: -1 if i % 2 else 1] for i in range(blocks))
    return [nn.MADE(n, hidden, outputs=2, order=order, context_features=context_features) for order in orders]
