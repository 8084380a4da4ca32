"""RealNVP on MNIST: checkerboards, squeeze, channel masks, three scales."""

from minigen.experiments import digit_flows
from minigen.models.realnvp import ImageRealNVP

NAME = "realnvp-mnist"
DESCRIPTION = "multi-scale RealNVP, 32 channels, 1 residual block a coupling, on MNIST's digits"
PUBLISHED = "1.06 bits/dim, as for Glow 1.05 (FFJORD, Grathwohl et al. 2019, table 2)"
STEPS = 600


def network(shape):
    """The untrained flow for images of this (height, width), which it remembers."""
    model = ImageRealNVP((1, *shape), scales=2, hidden=32, residual=1)
    model.image_shape = tuple(shape)
    return model


def build(data=None, device=None):
    """What training needs."""
    return digit_flows.Parts(network, 32, data, device)


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    return digit_flows.fitted(build(data, device), run, STEPS, steps, budget, progress)


def sample(model, n):
    """n images (n, H, W) in [0, 1]."""
    return digit_flows.images_of(model, n, model.image_shape)


def load(run):
    """The trained flow of a run."""
    model = network(run.config["options"]["image_shape"])
    run.load(model=model)
    return model.eval()
