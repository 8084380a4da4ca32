"""The first Wasserstein GAN on MNIST: a critic whose weights are clipped after each of its steps, so that it cannot be steep.

As in the paper: RMSprop without momentum, weights in [−0.01, 0.01], five steps of the critic to one of the generator, a DCGAN's players
with batch normalization in both, here of half the width of dcgan-mnist. Not so: ten times the paper's learning rate, which is for long
trainings, and half its batch.
"""

from functools import partial

from minigen import optim
from minigen.data import mnist
from minigen.experiments.own_images import load_images, remember_shape
from minigen.experiments.two_players import Parts, draw, finite, look, report, sample  # noqa: F401
from minigen.models import dcgan
from minigen.models.wgan import WGAN

NAME = "wgan-mnist"
DESCRIPTION = "the Wasserstein GAN with weight clipping on MNIST's digits"
PUBLISHED = "pictures and curves only (Arjovsky et al. 2017, figure 3): the critic's estimate falls while the samples get better"
STEPS = 800  # of the generator; FID 2.5 in our own classifier's features, and about half of the samples are clear digits
CRITIC_STEPS = 5  # to each of them
BATCH = 32  # the paper takes 64
LOOK = 100  # steps between two looks at the samples
DATA = "mnist"
NUMBERS = {"distance": "critic's estimate of the Wasserstein distance at the end [times the slope that clipping leaves]"}


def build(data=None, device=None):
    """Images, model, optimizers, batches."""
    rmsprop = partial(optim.RMSprop, lr=5e-4)  # the paper's rate is 5e-5
    return Parts(load_images(data, mnist), network, rmsprop, BATCH, device)


def network(shape):
    """The untrained model for images of this (height, width), which it remembers."""
    model = WGAN(dcgan.generator(image_shape=shape, width=32), dcgan.discriminator(shape, width=32, slope=0.2), latent_dim=100)
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
            c_loss = model.critic_loss(x)
            parts.d_optimizer.zero_grad()
            c_loss.backward()
            parts.d_optimizer.step()
            model.clip()

        g_loss = model.generator_loss(len(x))
        parts.g_optimizer.zero_grad()
        g_loss.backward()
        parts.g_optimizer.step()

        run.log(step, **finite(step, distance=-c_loss, g_loss=g_loss))
        look(run, parts, DATA, LOOK)
    draw(run, parts, {"distance": "estimate of the Wasserstein distance"})
    return report(run, parts, DATA, NUMBERS)


def load(run):
    """The trained model of a run."""
    model = network(run.config["options"]["image_shape"])
    run.load(model=model)
    return model
