"""Glow on Fashion-MNIST: bits per dimension of the full test set, samples over the temperature, morphs, and what it makes of digits."""

from minigen.experiments import glow_images

NAME = "glow-fashion"
DESCRIPTION = "a small Glow (2 levels of 8 steps, 64 channels) on Fashion-MNIST, in bits per dimension"
PUBLISHED = "2.958 bits/dim, and 1.833 for MNIST under it: digits look likelier than clothes (Nalisnick et al. 2019)"
STEPS = 1_500
load, sample = glow_images.load, glow_images.sample


def build(data=None, device=None):
    """What training needs; see glow_images.Parts."""
    return glow_images.Parts("fashion", data, device, STEPS)


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    return glow_images.train(run, "fashion", default_steps=STEPS, steps=steps, budget=budget, data=data, device=device, progress=progress)
