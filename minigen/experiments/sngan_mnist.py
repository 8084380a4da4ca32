"""The GAN with hinge losses and spectral normalization on MNIST: its layers keep the discriminator smooth, without clipping or penalty.

As in the paper: Adam with betas (0.5, 0.999), one step of D to one of G, leaky ReLU of slope 0.1 and no other normalization in D. Not so:
five times its learning rate, which is for long trainings, and a DCGAN's players of half the width in place of the paper's.
"""

from functools import partial

from minigen import nn, optim
from minigen.data import mnist
from minigen.experiments.own_images import load_images, remember_shape
from minigen.experiments.two_players import Parts, draw, finite, look, report, sample  # noqa: F401
from minigen.models import dcgan
from minigen.models.sngan import SNGAN, hinge_discriminator_loss

NAME = "sngan-mnist"
DESCRIPTION = "the GAN with hinge losses and a spectrally normalized discriminator on MNIST's digits"
PUBLISHED = "no number for MNIST (Miyato et al. 2018 have CIFAR-10 and STL-10, in Inception's features, which do not compare with ours)"
STEPS = 2_000  # FID 0.91 in our own classifier's features
BATCH = 32
LOOK = 250  # steps between two looks at the samples
DATA = "mnist"
NUMBERS = {"d_loss": "discriminator's loss at the end", "g_loss": "generator's loss at the end"}


def build(data=None, device=None):
    """Images, model, optimizers, batches."""
    adam = partial(optim.Adam, lr=1e-3, betas=(0.5, 0.999))  # the paper's rate is 2e-4
    return Parts(load_images(data, mnist), network, adam, BATCH, device)


def network(shape):
    """The untrained model for images of this (height, width), which it remembers."""
    discriminator = dcgan.discriminator(shape, width=32, norm=nn.Identity, slope=0.1)
    model = SNGAN(dcgan.generator(image_shape=shape, width=32), discriminator, latent_dim=100)
    model.image_shape = tuple(shape)
    return model


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    parts = build(data, device)
    model, stream = parts.model, parts.data.forever()
    remember_shape(run, parts.images)
    run.keep(**parts.state())
    for step in run.steps(STEPS if steps is None and budget is None else steps, budget, progress=progress):
        real, fake = model.logits(next(stream))
        d_loss = hinge_discriminator_loss(real, fake)
        parts.d_optimizer.zero_grad()
        d_loss.backward()
        parts.d_optimizer.step()

        g_loss = model.generator_loss(len(real))
        parts.g_optimizer.zero_grad()
        g_loss.backward()
        parts.g_optimizer.step()

        run.log(step, **finite(step, d_loss=d_loss, g_loss=g_loss))
        look(run, parts, DATA, LOOK)
    draw(run, parts, {"d_loss": "discriminator", "g_loss": "generator"})
    return report(run, parts, DATA, NUMBERS)


def load(run):
    """The trained model of a run."""
    model = network(run.config["options"]["image_shape"])
    run.load(model=model)
    return model
