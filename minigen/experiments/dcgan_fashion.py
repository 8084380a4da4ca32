"""The DCGAN of dcgan-mnist on Fashion-MNIST's clothes: the same networks, the same loop."""

from minigen.data import fashion_mnist
from minigen.experiments import dcgan_mnist
from minigen.experiments.dcgan_mnist import load, sample  # noqa: F401

NAME = "dcgan-fashion"
DESCRIPTION = "the lecture's DCGAN on Fashion-MNIST's clothes"
PUBLISHED = "none for this network; FIDs of GANs on this data (Lucic et al. 2018) are in Inception's features and do not compare with ours"
STEPS = 1_200


def build(data=None, device=None):
    """Images, model, optimizers, batches."""
    return dcgan_mnist.build(data, device, default=fashion_mnist)


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    steps = STEPS if steps is None and budget is None else steps
    return dcgan_mnist.play(run, build(data, device), steps, budget, progress, "fashion-mnist")
