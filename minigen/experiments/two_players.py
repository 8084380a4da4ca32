"""What the GAN experiments share: images in [−1, 1], accuracies, losses that must be finite, grids, curves, how good the samples are."""

import math

import numpy as np

from minigen import random, tensor
from minigen.data import batches
from minigen.device import to_numpy
from minigen.evaluate import diversity, feature_net, sample_quality

EVERY = 100  # steps that a point of the curves averages
EARLY = 1000  # steps after which a long run is compared with itself at the end
BLOCK = 100  # images that are drawn at once
FEW, MANY = 300, 1000  # images that are compared, while training and at its end
PERCENT = {  # what is logged in percent -> its line in the figure
    "accuracy": "the discriminator is right",
    "agreement": "the classifier sees the class that was asked for",
    "diversity": "different samples, of the data's",
}


class Parts:
    """What training needs: images, of which the last tenth is held out, the model, an optimizer for each player, the batches.

    ``network``: a function of the images' (height, width); ``optimizer``: a function of parameters. Images are scaled as a generator
    that ends in tanh makes them, and have the shape of those that the model makes.
    """

    def __init__(self, images, network, optimizer, batch, device=None):
        self.images, self.unseen = images.split(max(1, len(images) // 10))
        self.shape = images.images.shape[1:]
        self.model = network(self.shape)
        self.x = tensor(scaled(self.images.images).reshape(-1, *image_axes(self.model)), device=device)
        self.model.to(self.x.device)
        self.d_optimizer = optimizer(self.model.discriminator.parameters())
        self.g_optimizer = optimizer(self.model.generator.parameters())
        self.data = batches(self.x, min(batch, len(self.x)), drop_last=True)

    def state(self):
        """What ``run.keep(**…)`` saves."""
        return {"model": self.model, "d_optimizer": self.d_optimizer, "g_optimizer": self.g_optimizer, "data": self.data}


def image_axes(model):
    """The shape of one image that the model makes: (784,) or (1, 28, 28)."""
    with random.fork(0):
        return model.sample(2).shape[1:]


def scaled(images):
    """Bytes as numbers in [−1, 1]: x / 127.5 − 1, float32"""
    return images / np.float32(127.5) - 1


def as_images(x, shape):
    """What a generator makes, as images: n of H·W numbers in [−1, 1] in any shape -> (n, H, W) NumPy array in [0, 1]"""
    return np.clip(to_numpy(x.detach().data) * 0.5 + 0.5, 0, 1).reshape(-1, *shape)


def sample(model, n):
    """n images (n, H, W) in [0, 1], drawn ``BLOCK`` at a time: what a layer makes of a thousand would fill 100 MB."""
    blocks = [model.sample(min(BLOCK, n - i)) for i in range(0, n, BLOCK)]
    return np.concatenate([as_images(x, model.image_shape) for x in blocks])


# --- while training -----------------------------------------------------------------------------------------------------------


def accuracy(real_logits, fake_logits):
    """How often D is right, in %: D(x) > ½ for real images, D(x) < ½ for generated ones, both counted alike."""
    return 50 * float((real_logits.data > 0).mean() + (fake_logits.data < 0).mean())


def finite(step, **losses):
    """The losses as Python numbers. FloatingPointError that names the step and the loss if one is NaN or infinite."""
    values = {name: float(loss.item()) for name, loss in losses.items()}
    for name, value in values.items():
        if not math.isfinite(value):
            raise FloatingPointError(f"step {step}: {name} is {value}; lower the learning rate, or find its origin with minigen.anomaly()")
    return values


def look(run, parts, data, every):
    """After each ``every`` steps: log how different the samples are, in % of how different the data are; save a picture of 64 samples.

    Always from the same noise; the training's own random numbers go on as if nobody had looked. ``data``: whose classifier.
    """
    if run.step % every:
        return
    with random.fork(0):
        x = sample(parts.model, FEW)
    if parts.shape == (28, 28):
        found = compare(parts, x, data)
        run.log(run.step, diversity=100 * found.samples / found.data)
    if run.figures:
        grid(run, x, f"samples-{run.step:06}.png", f"after {run.step:,} steps")


def compare(parts, x, data):
    """The ``Diversity`` of samples (n, H, W) beside as many held-out images, in the features of the classifier for ``data``."""
    net = feature_net(data)
    return diversity(net.features(parts.unseen.images[: len(x)]), net.features(x))


# --- at the end ---------------------------------------------------------------------------------------------------------------


def quality(parts, data):
    """The numbers that say how good the samples are, for 28×28 images: FID and its kin, and whether the generator repeats itself."""
    about = {"data": f"{len(parts.images):,} images to learn from, {len(parts.unseen):,} held out ({parts.images.source})"}
    n = min(MANY, len(parts.unseen))
    if parts.shape != (28, 28) or n < 10:
        return about
    with random.fork(0):
        x = sample(parts.model, n)
    return {**about, **sample_quality(parts.unseen.images[:n], x, data), "different samples": str(compare(parts, x[:FEW], data))}


def report(run, parts, data, numbers):
    """How good the samples are, and the logged ``numbers`` {metric: "… at the end …"}: means over ``EVERY`` steps, late and early."""
    found = quality(parts, data)
    for metric, name in numbers.items():
        values = run.metrics(metric)[1]
        if len(values) > EARLY:
            found[name.replace("at the end", f"after {EARLY:,} steps")] = float(np.mean(values[EARLY - EVERY : EARLY]))
        found[name] = float(np.mean(values[-EVERY:]))
    return found


def averaged(run, name):
    """A logged number as a curve: (places, means) over stretches of ``EVERY`` steps, the last perhaps shorter; empty if never logged."""
    steps, values = run.metrics(name)
    cuts = range(0, len(values), EVERY)
    return [np.mean(steps[i : i + EVERY]) for i in cuts], [np.mean(values[i : i + EVERY]) for i in cuts]


def draw(run, parts, losses):
    """The grid of 64 samples, and one of 64 images; the curves of the ``losses`` {metric: name}, and of what is logged in percent."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    if not run.figures:
        return
    with random.fork(0):
        grid(run, sample(parts.model, 64), "samples.png", "generated")
    grid(run, parts.images.images[:64] / 255, "images.png", "real")
    curves = {name: averaged(run, metric) for metric, name in losses.items()}
    viz.save(
        viz.curves(curves, f"{heading(curves, 'losses')}, means of 100 steps", ylabel="loss"),
        run.figures / "losses.png",
        "What the two players pay over the training steps.",
    )
    shares = {told: averaged(run, name) if name == "accuracy" else run.metrics(name) for name, told in PERCENT.items()}
    shares = {name: line for name, line in shares.items() if line[0]}
    top = max([105, *(1.05 * max(values) for _, values in shares.values())])  # samples may differ more than the data do
    viz.save(
        viz.curves(shares, heading(shares, "in percent"), ylabel="%", limits=(0, top)),
        run.figures / "percent.png",
        "How often the discriminator is right, and how different the samples are compared with the data, over the training steps.",
    )


def heading(lines, several):
    """The title of a figure: ``several`` lines are named in its legend, a single one in the title."""
    return next(iter(lines)) if len(lines) == 1 else several


def grid(run, images, name, title):
    """Save up to 64 images (n, H, W) as the figure ``name`` of the run."""
    from minigen import viz

    viz.save(viz.image_grid(images[:64], title=title), run.figures / name, f"{len(images[:64])} images, {title}.")
