"""Wasserstein GAN. M. Arjovsky, S. Chintala, L. Bottou, 2017. https://arxiv.org/abs/1701.07875"""

import numpy as np

from minigen.autograd import no_grad
from minigen.models.gan import GAN

# --- what the players pay, for scores f(x) without a sigmoid ----------------------------------------------------------------------


def critic_loss(real_scores, fake_scores):
    """E f(G(z)) − E f(x): what the critic descends; scores of any shape -> a number.                                    [algorithm 1]

    Its negative is the critic's estimate of the Wasserstein distance, times the Lipschitz constant that the critic is held to.
    """
    return fake_scores.mean() - real_scores.mean()


def generator_loss(fake_scores):
    """−E f(G(z)): what the generator descends; scores of any shape -> a number."""
    return -fake_scores.mean()


def clip_weights(critic, c=0.01):
    """Every parameter of ``critic`` into [−c, c], in place, after each of its steps: that bounds its Lipschitz constant."""
    if not c > 0:
        raise ValueError(f"clip_weights: weights are clipped into [−c, c], so c must be positive, got {c}")
    with no_grad():
        for p in critic.parameters():
            p.copy_(np.clip(p.data, -c, c))


# --- the model ----------------------------------------------------------------------------------------------------------------


class WGAN(GAN):
    """The generator against a critic f, which estimates the distance between the two distributions instead of classifying:

        W(p, q) = max over f of E f(x) − E f(G(z)),   |f(x) − f(y)| ≤ |x − y|                                                 [eq. 2]

    ``critic``: images -> scores (N, 1), any numbers. Algorithm 1: ``n_critic`` = 5 steps of the critic to one of the generator, each
    followed by ``clip()`` into [−0.01, 0.01]; batches of 64, RMSprop with a learning rate of 5e-5 (momentum makes it unstable).
    """

    n_critic = 5

    def __init__(self, generator, critic, latent_dim, c=0.01):
        super().__init__(generator, critic, latent_dim)
        self.c = c

    @property
    def discriminator(self):
        """The critic, under the name that it has in all other GANs."""
        return self.critic

    @discriminator.setter
    def discriminator(self, critic):
        self.critic = critic

    def critic_loss(self, x):
        """What the critic descends in its step, for real images ``x``: N images -> a number, −W as it sees it"""
        return critic_loss(*self.logits(x))

    def discriminator_loss(self, x):
        """``critic_loss``, for whoever treats all GANs alike."""
        return self.critic_loss(x)

    def generator_loss(self, n):
        """What G descends in its step, from n draws of z: a number"""
        return generator_loss(self.fake_logits(n))

    def clip(self):
        """What follows each step of the critic."""
        clip_weights(self.critic, self.c)
