"""Grey clothes in the colour of their class, learnt from pairs; the colour of each is known, and so can be checked."""

import numpy as np

from minigen import random, tensor
from minigen.data import fashion_mnist, planes, tinted, tints
from minigen.experiments import pix2pix
from minigen.experiments.by_class import load_labelled
from minigen.experiments.pix2pix import DEPTH, WIDTH, Parts, draw, play, translated
from minigen.experiments.translation import as_pictures
from minigen.models.pix2pix import Pix2Pix

NAME = "pix2pix-colour"
DESCRIPTION = "grey clothes of Fashion-MNIST to the colour of their class: U-Net, PatchGAN, 100 · L1, and the same U-Net with L1 alone"
PUBLISHED = "no number for these pairs. Isola 2017, figure 7: L1 alone takes grey where it is unsure, with the GAN colours are bold"
STEPS = 1_500  # 21.1 dB and 83 % in the right colour; L1 alone 21.6 dB and 82 %, so that here a GAN is hardly needed


def build(data=None, device=None):
    """Pairs of grey and coloured clothes, or of the labelled images of ``data``."""
    images = load_labelled(data, fashion_mnist)
    parts = Parts(images, colour_pairs, device)
    parts.unseen_labels = images.labels[-len(parts.unseen_x) :]
    return parts


def colour_pairs(images):
    """(grey images, the same in the colour of their class) of Images: arrays (N, 1, H, W) and (N, 3, H, W) in [0, 1]"""
    x = planes(images.images)
    return x, tinted(x, images.labels)


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    parts = build(data, device)
    play(run, parts, STEPS if steps is None and budget is None else steps, budget, progress)
    draw(run, parts)
    return report(parts)


def report(parts):
    """The numbers: name with unit -> value, all on held-out pairs."""
    found = translated(parts)
    labels = parts.unseen_labels[: len(found["y"])]
    right = {name: 100 * float((class_of_colour(found[name]) == labels).mean()) for name in ("with a GAN", "L1 alone")}
    return {
        **pix2pix.report(parts),
        "in the colour of their class, with a GAN [%]": right["with a GAN"],
        "in the colour of their class, L1 alone [%]": right["L1 alone"],
    }


def class_of_colour(pictures):
    """The class whose tint is nearest to the mean colour of each picture, brightness apart: (n, H, W, 3) -> (n,)"""
    colour = pictures.sum(axis=(1, 2))
    colour = 1.5 * colour / np.maximum(colour.sum(axis=1, keepdims=True), 1e-6)  # as bright as the tints
    return np.square(colour[:, None] - tints()).sum(axis=2).argmin(axis=1)


def sample(model, n):
    """n grey clothes, drawn at random, in colour: (n, H, W, 3) in [0, 1]"""
    images = fashion_mnist(full=False)
    x = planes(images.images[random.randperm(len(images), device="cpu")[:n]])
    return as_pictures(model.translate(tensor(2 * x - 1)))


def load(run):
    """The trained model of a run."""
    model = Pix2Pix.of_size(1, 3, WIDTH, DEPTH)
    run.load(model=model)
    return model
