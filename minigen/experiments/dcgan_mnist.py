"""The lecture's DCGAN on MNIST: listings 4.3 and 4.4 of "GANs in Action". The game is that of gan-mnist, the players are convolutional."""

from functools import partial

from minigen import optim
from minigen.data import mnist
from minigen.experiments.own_images import load_images, remember_shape
from minigen.experiments.two_players import Parts, accuracy, draw, finite, look, report, sample  # noqa: F401
from minigen.models.dcgan import DCGAN
from minigen.models.gan import discriminator_loss

NAME = "dcgan-mnist"
DESCRIPTION = "the lecture's DCGAN, convolutional, with batch normalization, on MNIST's digits"
PUBLISHED = "from iteration 1,000 to 20,000 D's loss .235 → .058, its accuracy 92 → 98 % (GANs in Action, chapter 4, batch 128)"
STEPS = 1_200
BATCH = 32
LOOK = 250  # steps between two looks at the samples
DATA = "mnist"
NUMBERS = {
    "d_loss": "discriminator's loss at the end [nats, mean of both batches]",
    "g_loss": "generator's loss at the end [nats]",
    "accuracy": "discriminator's accuracy at the end [%]",
}


def build(data=None, device=None, default=mnist):
    """Images, model, optimizers, batches."""
    adam = partial(optim.Adam, lr=1e-3, betas=(0.5, 0.999))  # the listing's rate, the paper's betas: its 2e-4 is for long trainings
    return Parts(load_images(data, default), network, adam, BATCH, device)


def network(shape):
    """The untrained model for images of this (height, width), which it remembers."""
    model = DCGAN(image_shape=shape)
    model.image_shape = tuple(shape)
    return model


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    parts = build(data, device)
    return play(run, parts, STEPS if steps is None and budget is None else steps, budget, progress, DATA)


def play(run, parts, steps, budget, progress, data):
    """The two players take turns; then figures and report. ``data``: whose classifier judges the samples."""
    model, stream = parts.model, parts.data.forever()
    remember_shape(run, parts.images)
    run.keep(**parts.state())
    for step in run.steps(steps, budget, progress=progress):
        real, fake = model.logits(next(stream))
        d_loss = discriminator_loss(real, fake)
        parts.d_optimizer.zero_grad()
        d_loss.backward()
        parts.d_optimizer.step()

        g_loss = model.generator_loss(len(real))
        parts.g_optimizer.zero_grad()
        g_loss.backward()
        parts.g_optimizer.step()

        run.log(step, **finite(step, d_loss=0.5 * d_loss, g_loss=g_loss), accuracy=accuracy(real, fake))
        look(run, parts, data, LOOK)
    draw(run, parts, {"d_loss": "discriminator", "g_loss": "generator"})
    return report(run, parts, data, NUMBERS)


def load(run):
    """The trained model of a run."""
    model = network(run.config["options"]["image_shape"])
    run.load(model=model)
    return model
