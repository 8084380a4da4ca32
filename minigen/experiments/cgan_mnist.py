"""A GAN that is told which digit to draw, on MNIST: one digit a row, and a classifier that reads them."""

from functools import partial

from minigen import optim
from minigen.data import mnist
from minigen.experiments.by_class import LabelledParts, agreement, draw_classes, load_labelled, told
from minigen.experiments.own_images import remember_shape
from minigen.experiments.two_players import draw, finite, look, report, sample  # noqa: F401
from minigen.models.cgan import CGAN

NAME = "cgan-mnist"
DESCRIPTION = "a conditional GAN on MNIST: the label says which digit is drawn"
PUBLISHED = "a figure, one digit a row, after 12,000 iterations of 32 (GANs in Action, chapter 8); wanted: 90 % agree with their label"
STEPS = 3_000  # 91 % agree, of the rarest class 84 %
BATCH = 32
LOOK = 500  # steps between two looks at the samples
WIDTH = 16  # of the networks: 64 is the book's, and takes six times as long
DATA = "mnist"
NUMBERS = {"d_loss": "discriminator's loss at the end [nats]", "g_loss": "generator's loss at the end [nats]"}


def build(data=None, device=None):
    """Images with labels, model, optimizers, batches."""
    adam = partial(optim.Adam, lr=1e-3, betas=(0.5, 0.999))
    return LabelledParts(load_labelled(data, mnist), network, adam, BATCH, device)


def network(shape):
    """The untrained model for images of this (height, width), which it remembers."""
    model = CGAN.convolutional(image_shape=shape, width=WIDTH)
    model.image_shape = tuple(shape)
    return model


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    parts = build(data, device)
    model, stream = parts.model, parts.data.forever()
    remember_shape(run, parts.images)
    run.keep(**parts.state())
    for step in run.steps(STEPS if steps is None and budget is None else steps, budget, progress=progress):
        x, y = next(stream)
        d_loss = model.discriminator_loss(x, y)  # pairs (x, y) against (G(z|y), y)
        parts.d_optimizer.zero_grad()
        d_loss.backward()
        parts.d_optimizer.step()

        g_loss = model.generator_loss(BATCH)
        parts.g_optimizer.zero_grad()
        g_loss.backward()
        parts.g_optimizer.step()

        run.log(step, **finite(step, d_loss=d_loss, g_loss=g_loss))
        look(run, parts, DATA, LOOK)
        if step % LOOK == 0 and parts.shape == (28, 28):
            run.log(step, agreement=agreement(model, DATA).mean())
    draw(run, parts, {"d_loss": "discriminator", "g_loss": "generator"})
    draw_classes(run, model, parts.images.classes)
    return {**report(run, parts, DATA, NUMBERS), **told(parts, DATA)}


def load(run):
    """The trained model of a run."""
    model = network(run.config["options"]["image_shape"])
    run.load(model=model)
    return model
