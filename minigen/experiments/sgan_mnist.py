"""A classifier of MNIST's digits from 100 labels: the discriminator of a GAN, beside the same network that saw the labels alone."""

from functools import partial

import numpy as np

from minigen import optim, random, tensor
from minigen.data import batches, mnist
from minigen.experiments.by_class import load_labelled
from minigen.experiments.own_images import remember_shape
from minigen.experiments.two_players import averaged, finite, grid, sample, scaled
from minigen.models import dcgan
from minigen.models.gan import glorot_init
from minigen.models.sgan import SGAN, classifier, most_likely
from minigen.nn.functional import cross_entropy
from minigen.ops import cat

NAME = "sgan-mnist"
DESCRIPTION = "a classifier from MNIST's first 100 labels: the discriminator of a GAN, and the same network without the GAN"
PUBLISHED = "89.41 % of the test images right, 69.22 % for the same network supervised (GANs in Action, chapter 7: 8,000 iterations of 32)"
STEPS = 8_000  # on the full set 89.5 % of the 10,000 test images right, 68.8 % with the labels alone
LABELLED = 100
BATCH = 32
LOOK = 250  # steps between two looks at the test images
WIDTH = 16  # of the generator, half that of the discriminator; 64 is the book's, and takes six times as long


class Parts:
    """What training needs: images of which the first 100 have labels, test images, the GAN, the network without one, batches of both.

    The test images are MNIST's own where they are on this machine, else the last tenth of the images.
    """

    def __init__(self, data=None, device=None):
        images = load_labelled(data, mnist)
        self.images, self.test = test_images(images) if data is None else images.split(max(1, len(images) // 10))
        self.shape = self.images.images.shape[1:]
        self.x, self.test_x = (tensor(scaled(part.images[:, None]), device=device) for part in (self.images, self.test))
        known = self.images[: min(LABELLED, len(self.images))]
        self.known_x, self.known_y = self.x[: len(known)], tensor(known.labels, device=device)
        self.model, self.alone = network(self.shape).to(self.x.device), network(self.shape).discriminator.to(self.x.device)
        adam = partial(optim.Adam, lr=5e-4, betas=(0.5, 0.999))
        self.d_optimizer, self.g_optimizer = adam(self.model.discriminator.parameters()), adam(self.model.generator.parameters())
        self.alone_optimizer = adam(self.alone.parameters())
        self.data = batches(self.x, min(BATCH, len(self.x)), drop_last=True)
        self.labelled = batches(self.known_x, self.known_y, min(BATCH, len(known)), drop_last=True)

    def state(self):
        """What ``run.keep(**…)`` saves."""
        names = "model alone d_optimizer g_optimizer alone_optimizer data labelled".split()
        return {name: getattr(self, name) for name in names}


build = Parts


def test_images(images):
    """(images, MNIST's test images), or the images without their last tenth, and that, where the test images are not on this machine."""
    try:
        return images, mnist("test")
    except FileNotFoundError:
        return images.split(len(images) // 10)


def network(shape):
    """The untrained model for images of this (height, width), which it remembers."""
    model = glorot_init(SGAN(dcgan.generator(100, shape, WIDTH), classifier(10, shape, 2 * WIDTH), 100))
    model.image_shape = tuple(shape)
    return model


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    parts = build(data, device)
    model, alone = parts.model, parts.alone
    remember_shape(run, parts.images)
    run.keep(**parts.state())
    unlabelled, labelled = parts.data.forever(), parts.labelled.forever()
    for step in run.steps(STEPS if steps is None and budget is None else steps, budget, progress=progress):
        (x, y), u = next(labelled), next(unlabelled)
        is_labelled = tensor(np.arange(len(x) + len(u)) < len(x), device=x.device)
        y_or_nothing = cat([y, tensor(np.full(len(u), -1), device=x.device)])
        d_loss = model.discriminator_loss(cat([x, u]), y_or_nothing, is_labelled)  # two tasks for one network
        parts.d_optimizer.zero_grad()
        d_loss.backward()
        parts.d_optimizer.step()

        g_loss = model.generator_loss(BATCH)
        parts.g_optimizer.zero_grad()
        g_loss.backward()
        parts.g_optimizer.step()

        loss = cross_entropy(alone(x), y)  # the same labels, and nothing else
        parts.alone_optimizer.zero_grad()
        loss.backward()
        parts.alone_optimizer.step()

        run.log(step, **finite(step, d_loss=d_loss, g_loss=g_loss, alone_loss=loss))
        if step % LOOK == 0:
            run.log(step, sgan=accuracy(model.discriminator, parts), alone=accuracy(alone, parts))
    draw(run, parts)
    return report(parts)


def accuracy(net, parts):
    """How many test images the network classifies right, in %."""
    found = [most_likely(net, parts.test_x[i : i + 500]).cpu().numpy() for i in range(0, len(parts.test), 500)]
    return 100 * float((np.concatenate(found) == parts.test.labels).mean())


def report(parts):
    """The numbers: name with unit -> value."""
    known = f"{len(parts.images):,} images, {len(parts.known_y)} of them with labels ({parts.images.source})"
    return {
        "data": f"{known}; {len(parts.test):,} test images ({parts.test.source})",
        "test images right, discriminator of the GAN [%]": accuracy(parts.model.discriminator, parts),
        "test images right, the same network with the labels alone [%]": accuracy(parts.alone, parts),
    }


def draw(run, parts):
    """Generated images, how many test images are right, the losses."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    if not run.figures:
        return
    with random.fork(0):
        grid(run, sample(parts.model, 64), "samples.png", "generated")
    names = {"sgan": "discriminator of the GAN", "alone": "labels alone"}
    lines = {name: run.metrics(metric) for metric, name in names.items()}
    viz.save(
        viz.curves(lines, f"{len(parts.known_y)} labels", ylabel="test images right, %"),
        run.figures / "accuracy.png",
        "How many test images are classified right over the training steps, with the GAN and with the labels alone.",
    )
    losses = {"discriminator": averaged(run, "d_loss"), "generator": averaged(run, "g_loss"), "labels alone": averaged(run, "alone_loss")}
    viz.save(
        viz.curves(losses, "losses, means of 100 steps", ylabel="nats"),
        run.figures / "losses.png",
        "What the two players and the network without a GAN pay over the training steps.",
    )


def load(run):
    """The trained model of a run."""
    model = network(run.config["options"]["image_shape"])
    run.load(model=model)
    return model
