"""The lecture's first GAN, of two small fully connected networks, on MNIST: listings 3.3 to 3.6 of "GANs in Action"."""

from minigen import optim
from minigen.data import mnist
from minigen.experiments.own_images import load_images, remember_shape
from minigen.experiments.two_players import Parts, accuracy, draw, finite, look, report, sample  # noqa: F401
from minigen.models.gan import GAN, glorot_init
from minigen.nn.functional import logsigmoid

NAME = "gan-mnist"
DESCRIPTION = "the lecture's GAN, 100-128-784 against 784-128-1, on MNIST's digits"
PUBLISHED = "from iteration 1,000 to 20,000 D's loss .08 → .37, its accuracy 98 → 83 %, G's loss 5.5 → 3.0 (GANs in Action, listing 3.6)"
STEPS = 20_000
BATCH = 128
LOOK = 1_000  # steps between two looks at the samples
DATA = "mnist"
NUMBERS = {
    "d_loss": "discriminator's loss at the end [nats, mean of both batches]",
    "g_loss": "generator's loss at the end [nats]",
    "accuracy": "discriminator's accuracy at the end [%]",
}


def build(data=None, device=None):
    """Images, model, optimizers, batches."""
    return Parts(load_images(data, mnist), network, optim.Adam, BATCH, device)


def network(shape):
    """The untrained model for images of this (height, width), which it remembers."""
    model = glorot_init(GAN.fully_connected(shape[0] * shape[1]))
    model.image_shape = tuple(shape)
    return model


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    parts = build(data, device)
    model, stream = parts.model, parts.data.forever()
    remember_shape(run, parts.images)
    run.keep(**parts.state())
    for step in run.steps(STEPS if steps is None and budget is None else steps, budget, progress=progress):
        # Two steps of D, as in the listing. With one step for both batches it is right 55 % of the time after 5,000 iterations, not 90 %.
        real = model.discriminator(next(stream))
        real_loss = -logsigmoid(real).mean()
        parts.d_optimizer.zero_grad()
        real_loss.backward()
        parts.d_optimizer.step()

        fake = model.discriminator(model.fakes(BATCH))
        fake_loss = -logsigmoid(-fake).mean()
        parts.d_optimizer.zero_grad()
        fake_loss.backward()
        parts.d_optimizer.step()

        g_loss = model.generator_loss(BATCH)
        parts.g_optimizer.zero_grad()
        g_loss.backward()
        parts.g_optimizer.step()

        run.log(step, **finite(step, d_loss=0.5 * (real_loss + fake_loss), g_loss=g_loss), accuracy=accuracy(real, fake))
        look(run, parts, DATA, LOOK)
    draw(run, parts, {"d_loss": "discriminator", "g_loss": "generator"})
    return report(run, parts, DATA, NUMBERS)


def load(run):
    """The trained model of a run."""
    model = network(run.config["options"]["image_shape"])
    run.load(model=model)
    return model
