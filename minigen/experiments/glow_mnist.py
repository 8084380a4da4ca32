"""Glow on MNIST: bits per dimension of the full test set, samples over the temperature, morphs, and what it makes of clothes."""

from minigen.experiments import glow_images

NAME = "glow-mnist"
DESCRIPTION = "a small Glow (2 levels of 8 steps, 64 channels) on MNIST, in bits per dimension"
PUBLISHED = "1.05 bits/dim (Glow), 1.06 (RealNVP), as quoted in fashion-mnist#144; hours on GPUs"
STEPS = 4_000
load, sample = glow_images.load, glow_images.sample


def build(data=None, device=None):
    """What training needs; see glow_images.Parts."""
    return glow_images.Parts("mnist", data, device, STEPS)


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    return glow_images.train(run, "mnist", default_steps=STEPS, steps=steps, budget=budget, data=data, device=device, progress=progress)
