"""Which Training Methods for GANs do actually Converge? L. Mescheder, A. Geiger, S. Nowozin, 2018. https://arxiv.org/abs/1801.04406"""

from minigen.models import gan, lsgan, wgan
from minigen.models.games import Game
from minigen.ops import abs, square


def dirac_gan(discriminator_loss, generator_loss, penalty=None, middle=0.0):
    """The smallest GAN, a Game: all data are the number 0, all samples the number θ, and D(x) = ``middle`` + ψ x.   [definition 2.1]

    ``discriminator_loss``(D(real), D(fake)) and ``generator_loss``(D(fake)) are those of a GAN, ``penalty``(ψ) is what D pays for its
    slope; ``middle`` is what D answers where it cannot tell. At (θ, ψ) = (0, 0) the samples are the data, and D does not mind them.
    """

    def D(x, psi):
        return middle + psi * x

    def discriminator(theta, psi):
        loss = discriminator_loss(D(0 * theta, psi), D(theta, psi))
        return loss if penalty is None else loss + penalty(psi)

    return Game(lambda theta, psi: generator_loss(D(theta, psi)), discriminator)


GAMES = {  # name -> the smallest GAN with these losses
    "minimax": dirac_gan(gan.discriminator_loss, gan.generator_loss_minimax),
    "non-saturating": dirac_gan(gan.discriminator_loss, gan.generator_loss_nonsaturating),
    "WGAN": dirac_gan(wgan.critic_loss, wgan.generator_loss),
    # The penalty of WGAN-GP drives ψ away from 0, where D would be content: with λ = 1 training ends at (±2, 0), beside the data.
    "WGAN-GP": dirac_gan(wgan.critic_loss, wgan.generator_loss, penalty=lambda psi: square(abs(psi) - 1)),
    "LSGAN": dirac_gan(lsgan.discriminator_loss, lsgan.generator_loss, middle=0.5),
    "non-saturating + R1": dirac_gan(gan.discriminator_loss, gan.generator_loss_nonsaturating, penalty=lambda psi: 0.5 * square(psi)),
}
