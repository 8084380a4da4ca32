"""NICE on MNIST: four additive couplings and a scaling, the first flow of digits."""

import math

from minigen import optim
from minigen.experiments import digit_flows
from minigen.models.nice import NICE

NAME = "nice-mnist"
DESCRIPTION = "NICE, 4 additive couplings with 3 hidden layers of 500, logistic prior, on MNIST's digits"
PUBLISHED = "log p 1980.50 nats, with 5 hidden layers of 1000 and 1,500 epochs (NICE, table 4); of v in [0, 1] that is 4.36 bits/dim"
STEPS = 2_200


def network(shape):
    """The untrained flow for images of this (height, width), which it remembers."""
    model = NICE(math.prod(shape), hidden=(500,) * 3)
    model.image_shape = tuple(shape)
    return model


def optimizing(model):
    """Adam. The scaling learns ten times as fast: s must come from 0 to about 5, and Adam moves by its rate a step."""
    scale = model.bijection.inv[-1].s
    rest = [p for p in model.parameters() if p is not scale]
    return optim.Adam([{"params": rest}, {"params": [scale], "lr": 1e-2}], lr=1e-3), None


def build(data=None, device=None):
    """What training needs."""
    return digit_flows.Parts(network, optimizing, 200, data, device)


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
