"""What the experiments with labels share: batches of images and labels, samples of each class, how many show what was asked for."""

import numpy as np

from minigen import random, tensor
from minigen.data import batches
from minigen.evaluate import feature_net
from minigen.experiments.own_images import load_images
from minigen.experiments.two_players import Parts, as_images

EACH = 50  # samples of each class that are counted
COLUMNS = 10  # of the grid with one class a row


def load_labelled(path, default):
    """The Images of ``path``, or ``default()`` if it is None. ValueError if they have no labels."""
    images = load_images(path, default)
    if images.labels is None:
        raise ValueError(f"{path}: these images have no labels; an .npz file needs the array labels, a folder one sub-folder a class")
    return images


class LabelledParts(Parts):
    """The Parts of a GAN experiment whose batches are (images, labels)."""

    def __init__(self, images, network, optimizer, batch, device=None):
        super().__init__(images, network, optimizer, batch, device)
        self.y = tensor(self.images.labels, device=self.x.device)
        self.data = batches(self.x, self.y, self.data.batch_size, drop_last=True)


def of_each_class(model, n):
    """n images of each class, made from the same n draws of z: (classes, n, H, W) in [0, 1]"""
    rows = []
    for k in range(model.classes):
        with random.fork(0):
            y = tensor(np.full(n, k), device=model.prior.mean.device)
            rows.append(as_images(model.sample(n, y), model.image_shape))
    return np.stack(rows)


def agreement(model, data):
    """How many of ``EACH`` samples of each class our own classifier for ``data`` takes for that class, in %: (classes,)"""
    net = feature_net(data)
    return np.array([100 * (net.classify(images) == k).mean() for k, images in enumerate(of_each_class(model, EACH))])


def told(parts, data):
    """How many samples show what their label says, for 28×28 images: name with unit -> value."""
    if parts.shape != (28, 28):
        return {}
    found = agreement(parts.model, data)
    worst = f"{found.min():.0f} % ({int(found.argmin())})"
    return {"samples that our own classifier reads as their label [%]": float(found.mean()), "of the class where they are fewest": worst}


def draw_classes(run, model, classes):
    """The figure with one class a row and one z a column; ``classes``: the names of 0, 1, …, or nothing."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    if run.figures:
        names = classes or range(model.classes)
        rows = {str(name): images for name, images in zip(names, of_each_class(model, COLUMNS))}
        viz.save(
            viz.image_rows(rows, "a class in each row, a z in each column"),
            run.figures / "classes.png",
            "Generated images: one class in each row, the same noise in each column.",
        )
