"""The VAE of vae-mnist with convolutions in place of its hidden layers: the same bound, loop and figures, a sixtieth of the weights."""

from minigen.experiments import vae_mnist
from minigen.experiments.vae_mnist import sample  # noqa: F401
from minigen.models.vae import VAE

NAME = "conv-vae"
DESCRIPTION = "a convolutional VAE with a plane as latent space on MNIST's digits"
PUBLISHED = "no number for this network. To compare with: vae-mnist, whose fully connected one has sixty times as many weights"
STEPS = 4_000  # held-out ELBO −164.5 nats


def build(data=None, device=None):
    """Images, model, Adam, batches."""
    return vae_mnist.Parts(data, device, network)


def network(shape):
    """The untrained model for images of this (height, width), which it remembers."""
    model = VAE.convolutional(shape, channels=(16, 32), latent_dim=2)
    model.image_shape = tuple(shape)
    return model


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the four figures, return the report."""
    return vae_mnist.fitted(run, build(data, device), STEPS if steps is None and budget is None else steps, budget, progress)


def load(run):
    """The trained model of a run."""
    model = network(run.config["options"]["image_shape"])
    run.load(model=model)
    return model
