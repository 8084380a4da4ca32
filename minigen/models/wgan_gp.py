"""Improved Training of Wasserstein GANs. I. Gulrajani and others, 2017. https://arxiv.org/abs/1704.00028"""

from minigen import nn, random
from minigen.autograd import enable_grad, grad
from minigen.models.wgan import WGAN, critic_loss
from minigen.ops import norm, square
from minigen.tensor import Tensor


def gradient_penalty(critic, real, fake, epsilon=None):
    """E (‖∇f(x̂)‖ − 1)²,  x̂ = ε x + (1 − ε) x̃,  ε ~ U(0, 1) for each pair: two batches of N images -> a number.               [eq. 3]

    ∇f is the gradient by the pixels, its length that of the whole image. The penalty is differentiated by the weights of the critic, so
    the graph of the first derivative is kept. ``epsilon``: N numbers to take instead of drawing them. ValueError if the batches differ.
    """
    if real.shape != fake.shape:
        raise ValueError(f"gradient_penalty: each real image needs a generated one of its shape, got {real.shape} and {fake.shape}")
    each = (len(real),) + (1,) * (real.ndim - 1)
    epsilon = random.rand(each, real.dtype, real.device) if epsilon is None else epsilon.reshape(each)
    x = Tensor(epsilon * real.data + (1 - epsilon) * fake.data, requires_grad=True)
    with enable_grad():  # the penalty of a critic that is only looked at has a gradient in it too
        (gradient,) = grad(critic(x).sum(), x, create_graph=True)
    length = norm(gradient, axis=tuple(range(1, x.ndim)))  # (N,)
    return square(length - 1).mean()


class WGANGP(WGAN):
    """The Wasserstein GAN whose critic is held to slope 1 by a penalty on its gradient, between real and generated images:

        E f(G(z)) − E f(x) + λ E (‖∇f(x̂)‖ − 1)²                                                                               [eq. 3]

    The penalty is one image's own, so the critic must judge each image by itself: no batch normalization, but layer or instance
    normalization or none; a ValueError says so. Algorithm 1: λ = ``penalty`` = 10, ``n_critic`` = 5, batches of 64, Adam with learning
    rate 1e-4 and betas (0, 0.9).
    """

    def __init__(self, generator, critic, latent_dim, penalty=10.0):
        if any(isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d)) for m in critic.modules()):
            raise ValueError(
                "WGANGP: the critic has batch normalization, through which an image's score depends on the others of its batch, and the "
                "penalty is on the gradient of one image; take nn.InstanceNorm2d, nn.LayerNorm, or no norm"
            )
        super().__init__(generator, critic, latent_dim)
        self.penalty = penalty

    def critic_loss(self, x):
        """What the critic descends in its step, for real images ``x``: N images -> a number"""
        fake = self.fakes(len(x))
        return critic_loss(self.critic(x), self.critic(fake)) + self.penalty * gradient_penalty(self.critic, x, fake)

    def clip(self):
        """Nothing follows a step of the critic: the penalty stands in the place of clipping."""
