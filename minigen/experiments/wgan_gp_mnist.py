"""The Wasserstein GAN with gradient penalty on MNIST: a critic that estimates a distance, and a loss whose curve means something."""

from functools import partial

from minigen import nn, optim
from minigen.data import mnist
from minigen.experiments.own_images import load_images, remember_shape
from minigen.experiments.two_players import Parts, draw, finite, look, report, sample  # noqa: F401
from minigen.models import dcgan
from minigen.models.wgan import critic_loss
from minigen.models.wgan_gp import WGANGP, gradient_penalty

NAME = "wgan-gp-mnist"
DESCRIPTION = "the Wasserstein GAN with gradient penalty on MNIST's digits"
PUBLISHED = "pictures and curves only (Gulrajani et al. 2017, figure 5): the critic's estimate falls while the samples get better"
STEPS = 1_500  # of the generator
CRITIC_STEPS = 3  # to each of them; the paper takes 5
BATCH = 32
LOOK = 100  # steps between two looks at the samples
DATA = "mnist"
NUMBERS = {
    "distance": "critic's estimate of the Wasserstein distance at the end [pixels scaled to [−1, 1]]",
    "penalty": "gradient penalty at the end, (‖∇f‖ − 1)²",
}


def build(data=None, device=None):
    """Images, model, optimizers, batches."""
    adam = partial(optim.Adam, lr=1e-3, betas=(0.0, 0.9))  # the paper's betas; its rate of 1e-4 is for long trainings
    return Parts(load_images(data, mnist), network, adam, BATCH, device)


def network(shape):
    """The untrained model for images of this (height, width), which it remembers: a DCGAN's players, no normalization in the critic."""
    generator = dcgan.generator(image_shape=shape, width=32)
    critic = dcgan.discriminator(shape, width=32, norm=nn.Identity, slope=0.2)
    model = WGANGP(generator, critic, latent_dim=100)
    model.image_shape = tuple(shape)
    return model


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    parts = build(data, device)
    model, stream = parts.model, parts.data.forever()
    remember_shape(run, parts.images)
    run.keep(**parts.state())
    for step in run.steps(STEPS if steps is None and budget is None else steps, budget, progress=progress):
        for _ in range(CRITIC_STEPS):
            x = next(stream)
            fake = model.fakes(len(x))
            distance = -critic_loss(model.critic(x), model.critic(fake))
            penalty = gradient_penalty(model.critic, x, fake)
            c_loss = -distance + model.penalty * penalty
            parts.d_optimizer.zero_grad()
            c_loss.backward()
            parts.d_optimizer.step()

        g_loss = model.generator_loss(len(x))
        parts.g_optimizer.zero_grad()
        g_loss.backward()
        parts.g_optimizer.step()

        run.log(step, **finite(step, distance=distance, penalty=penalty, g_loss=g_loss))
        look(run, parts, DATA, LOOK)
    draw(run, parts, {"distance": "estimate of the Wasserstein distance"})
    return report(run, parts, DATA, NUMBERS)


def load(run):
    """The trained model of a run."""
    model = network(run.config["options"]["image_shape"])
    run.load(model=model)
    return model
