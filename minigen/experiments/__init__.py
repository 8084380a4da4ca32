"""The experiments: one file each, one published number each. ``minigen train NAME`` runs them; here is the list and the contract.

An experiment is a module of this folder with these names, which ``tests/cli`` checks:

    NAME = "vae-mnist"              as on the command line
    DESCRIPTION = "…"               one line
    PUBLISHED = "…"                 the number it is held to, with its source
    STEPS = 20_000                  how many training steps unless told otherwise
    def build(data=None, device=None):
        # everything that training needs, from the present random state: an object with .model, .optimizer, .data (Batches), …
        # data: None (what this machine has) or the path of a folder or file; device: None (the default), "cpu" or "cuda"
    def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
        # returns the report, a dict: name with its unit -> number or text; figures are saved in the folder run.figures
        # steps and budget (seconds of training, such as 60) both None means STEPS
        parts = build(data, device)
        for step, loss in fit(…, model=parts.model, steps=steps, budget=budget, run=run, progress=progress):
            …
    def sample(model, n):           # n images (n, H, W) or, in colour, (n, H, W, 3), a NumPy array in [0, 1]
    def load(run):                  # the trained model: build it, then run.load(model=model)

``train`` works alike for a new run and for one that goes on: ``fit`` (or ``run.steps``) restores what was kept. Who calls it
seeds first, so that ``build`` gives the same both times: ``run = Run.create("vae-mnist", 0); manual_seed(run.seed); train(run)``.
The constants are literals: ``describe`` reads them without importing the module, which keeps ``minigen list`` quick.
"""

import ast
import importlib
import importlib.util
from typing import NamedTuple

MODULES = {  # name -> module, in the order of the lecture
    "conv-ae": "minigen.experiments.conv_ae",
    "vae-mnist": "minigen.experiments.vae_mnist",
    "conv-vae": "minigen.experiments.conv_vae",
    "vae-frey": "minigen.experiments.vae_frey",
    "gan-toy": "minigen.experiments.gan_toy",
    "gan-mnist": "minigen.experiments.gan_mnist",
    "dcgan-mnist": "minigen.experiments.dcgan_mnist",
    "dcgan-fashion": "minigen.experiments.dcgan_fashion",
    "lsgan": "minigen.experiments.lsgan",
    "wgan-mnist": "minigen.experiments.wgan_mnist",
    "wgan-gp-mnist": "minigen.experiments.wgan_gp_mnist",
    "sngan-mnist": "minigen.experiments.sngan_mnist",
    "sgan-mnist": "minigen.experiments.sgan_mnist",
    "cgan-mnist": "minigen.experiments.cgan_mnist",
    "acgan": "minigen.experiments.acgan",
    "pix2pix": "minigen.experiments.pix2pix",
    "pix2pix-colour": "minigen.experiments.pix2pix_colour",
    "cyclegan": "minigen.experiments.cyclegan",
    "glow-mnist": "minigen.experiments.glow_mnist",
    "glow-fashion": "minigen.experiments.glow_fashion",
    "cglow-mnist": "minigen.experiments.cglow_mnist",
    "dequantization": "minigen.experiments.dequantization",
    "affine-flow": "minigen.experiments.affine_flow",
    "geyser-flow": "minigen.experiments.geyser_flow",
    "geyser-sos": "minigen.experiments.geyser_sos",
    "geyser-spline": "minigen.experiments.geyser_spline",
    "realnvp-parabola": "minigen.experiments.realnvp_parabola",
    "maf-parabola": "minigen.experiments.maf_parabola",
    "flow-2d": "minigen.experiments.flow_2d",
    "iaf-vae": "minigen.experiments.iaf_vae",
    "nice-mnist": "minigen.experiments.nice_mnist",
    "realnvp-mnist": "minigen.experiments.realnvp_mnist",
}


class Entry(NamedTuple):
    """What an experiment says about itself."""

    name: str
    description: str
    published: str
    steps: int


def get(name):
    """The module of the experiment ``name``. KeyError if there is none."""
    return importlib.import_module(MODULES[name])


def describe(name):
    """The Entry of the experiment ``name``, read off its source text: nothing is imported. KeyError if there is none."""
    source = importlib.util.find_spec(MODULES[name]).loader.get_source(MODULES[name])
    found = {}
    for line in ast.parse(source).body:
        if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") in ("NAME", "DESCRIPTION", "PUBLISHED", "STEPS"):
            found[line.targets[0].id] = ast.literal_eval(line.value)
    return Entry(found["NAME"], found["DESCRIPTION"], found["PUBLISHED"], found["STEPS"])
