"""Generative Adversarial Nets. I. Goodfellow and others, 2014. https://arxiv.org/abs/1406.2661"""

from minigen import nn
from minigen.autograd import no_grad
from minigen.device import create, get_default_dtype
from minigen.distributions import Independent, Normal
from minigen.nn import Buffer, Module, evaluating, frozen
from minigen.nn.functional import logsigmoid

# --- what the players pay, for D(x) = σ(logit): log D = log σ(logit), log (1 − D) = log σ(−logit) -----------------------------------


def discriminator_loss(real_logits, fake_logits):
    """−E log D(x) − E log(1 − D(G(z))): what the discriminator descends; logits of any shape -> a number in nats.   [algorithm 1]

    2 log 2 where D cannot tell them apart, all logits 0.
    """
    return -logsigmoid(real_logits).mean() - logsigmoid(-fake_logits).mean()


def generator_loss_minimax(fake_logits):
    """E log(1 − D(G(z))): what the generator descends in the zero-sum game; logits of any shape -> a number in nats.      [eq. 1]

    It saturates: where D is sure of a fake, logit → −∞, its derivative −σ(logit) vanishes.
    """
    return logsigmoid(-fake_logits).mean()


def generator_loss_nonsaturating(fake_logits):
    """−E log D(G(z)): cross-entropy with the wrong labels; logits of any shape -> a number in nats.                    [section 3]

    The same fixed point, but the derivative −σ(−logit) is largest where D is sure of a fake.
    """
    return -logsigmoid(fake_logits).mean()


def gan_step(generator, discriminator, x, noise, d_optimizer, g_optimizer):
    """One turn of each player, line by line as in the box; returns what they paid, (d_loss, g_loss).                       [algorithm 1]

    ``x``: real images, ``noise``: n -> z (n, K). First D descends ``discriminator_loss`` on x and on as many generated images, which
    are constants to it; then G descends ``generator_loss_nonsaturating`` on new noise, with D frozen. Nobody's step changes anything of
    the other player: no weight, no gradient, no statistic.
    """
    with no_grad(), frozen(generator):
        fake = generator(noise(len(x)))
    d_loss = discriminator_loss(discriminator(x), discriminator(fake))
    d_optimizer.zero_grad()
    d_loss.backward()
    d_optimizer.step()

    with frozen(discriminator):
        g_loss = generator_loss_nonsaturating(discriminator(generator(noise(len(x)))))
    g_optimizer.zero_grad()
    g_loss.backward()
    g_optimizer.step()
    return d_loss, g_loss


# --- the model ----------------------------------------------------------------------------------------------------------------


class GAN(Module):
    """A generator x = G(z), z ~ N(0, I), against a discriminator D(x), the probability that x is real.

        min over G, max over D of   E log D(x) + E log(1 − D(G(z)))                                                          [eq. 1]

    ``generator``: (N, K) -> images, ``discriminator``: images -> logits (N, 1), ``latent_dim``: K. Images are scaled to [−1, 1].

    Nobody's step changes anything of the other player: no weight, no gradient, no statistic. In layers that look at the whole batch
    (batch normalization, both players in training mode):

        D's step   real and generated images pass through D separately, each batch with its own statistics, and D's running statistics
                   follow both; G generates with the statistics of its batch, its running statistics stay
        G's step   generated images pass through D with the statistics of their batch, D's running statistics stay; G's follow its batch
        ``sample`` G uses its running statistics, so that an image does not depend on those drawn with it
    """

    def __init__(self, generator, discriminator, latent_dim):
        self.generator, self.discriminator, self.latent_dim = generator, discriminator, latent_dim
        zeros, ones = (Buffer(create(name, latent_dim, dtype=get_default_dtype())) for name in ("zeros", "ones"))
        self.prior = Independent(Normal(zeros, ones), 1)

    @classmethod
    def fully_connected(cls, in_features=784, hidden=128, latent_dim=100, slope=0.01):
        """K → hidden → D with tanh, and D → hidden → one logit; leaky ReLU between. [GANs in Action, listings 3.3, 3.4]"""
        generator = nn.Sequential(
            nn.Linear(latent_dim, hidden), nn.LeakyReLU(slope), nn.Linear(hidden, in_features), nn.Tanh()
        )  # fmt: skip
        discriminator = nn.Sequential(nn.Linear(in_features, hidden), nn.LeakyReLU(slope), nn.Linear(hidden, 1))
        return cls(generator, discriminator, latent_dim)

    def forward(self, z):
        """x = G(z): (N, K) -> N images"""
        return self.generator(z)

    def noise(self, n):
        """z ~ N(0, I): (n, K)"""
        return self.prior.sample((n,))

    # --- the two steps --------------------------------------------------------------------------------------------------------

    def fakes(self, n):
        """n generated images for the discriminator's step: constants to it, and generating them leaves no trace in G."""
        with frozen(self.generator):
            return self.generator(self.noise(n))

    def logits(self, x):
        """What D makes of the images ``x`` and of as many fakes: (real, fake), both (N, 1)"""
        return self.discriminator(x), self.discriminator(self.fakes(len(x)))

    def fake_logits(self, n):
        """What D makes of n images that G learns from: (n, 1). D is frozen, gradients pass through it to G."""
        with frozen(self.discriminator):
            return self.discriminator(self.generator(self.noise(n)))

    def discriminator_loss(self, x):
        """What D descends in its step, for real images ``x``: N images -> a number"""
        return discriminator_loss(*self.logits(x))

    def generator_loss(self, n):
        """What G descends in its step, from n draws of z: a number"""
        return generator_loss_nonsaturating(self.fake_logits(n))

    # --- what it is used for --------------------------------------------------------------------------------------------------

    def sample(self, n):
        """n images in [−1, 1] from z ~ p(z)"""
        with no_grad(), evaluating(self.generator):
            return self.generator(self.noise(n))

    def log_prob(self, x):
        """NotImplementedError: the density of a GAN is implicit."""
        raise NotImplementedError(
            f"{type(self).__name__} has no log_prob: its density p(x) is implicit. x = G(z) can be drawn, but nothing says which z made "
            "an x, nor whether any did. Compare samples with sample(n), or take a model with a density: a VAE bounds it, a flow has it"
        )


def glorot_init(model):
    """Start all weights as Keras does, and so the listings: Xavier-uniform, biases 0; return the model."""
    for layer in model.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return model
