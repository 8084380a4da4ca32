"""A GAN of two small networks on 25 Gaussians in the plane: how many of them its samples reach, and how well."""

import numpy as np

from minigen import optim, random, tensor
from minigen.autograd import no_grad
from minigen.data import batches, twenty_five_gaussians
from minigen.device import to_numpy
from minigen.evaluate import count_modes, diversity
from minigen.experiments.two_players import finite
from minigen.models.autoencoder import fully_connected
from minigen.models.gan import GAN, gan_step

NAME = "gan-toy"
DESCRIPTION = "2-128-128-2 against 2-128-128-1 on 25 Gaussians in the plane: which modes do samples reach?"
PUBLISHED = "25 of 25 modes, 98.9 % of high quality: what true samples have, exactly 1 − exp(−9/2) (measure: Srivastava et al. 2017)"
STEPS = 8_000
BATCH = 256
EVERY = 500  # steps between two looks at the samples
TOY, SCALE = twenty_five_gaussians(), 4.0  # the networks see points of the grid divided by 4: within [−1, 1]


class Parts:
    """What training needs: 50,000 points, the model, an optimizer for each player, the batches. There are no other data to give it."""

    def __init__(self, data=None, device=None):
        if data is not None:
            raise ValueError(f"gan-toy draws its own points, whose modes are known, and cannot take {data}")
        self.x = tensor(TOY.sample(50_000, seed=0) / np.float32(SCALE), device=device)
        self.model = network().to(self.x.device)
        self.d_optimizer = optim.Adam(self.model.discriminator.parameters(), lr=2e-3, betas=(0.5, 0.999))  # ahead of G, or G collapses
        self.g_optimizer = optim.Adam(self.model.generator.parameters(), lr=5e-4, betas=(0.5, 0.999))
        self.data = batches(self.x, BATCH)


build = Parts


def network():
    """The untrained model."""
    return GAN(fully_connected(2, 128, 128, 2), fully_connected(2, 128, 128, 1), latent_dim=2)


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    parts = build(data, device)
    model, stream = parts.model, parts.data.forever()
    run.keep(model=model, d_optimizer=parts.d_optimizer, g_optimizer=parts.g_optimizer, data=parts.data)
    for step in run.steps(STEPS if steps is None and budget is None else steps, budget, progress=progress):
        players = model.generator, model.discriminator
        d_loss, g_loss = gan_step(*players, next(stream), model.noise, parts.d_optimizer, parts.g_optimizer)
        run.log(step, **finite(step, d_loss=d_loss, g_loss=g_loss))
        if step % EVERY == 0:
            found = looked_at(model)
            run.log(step, modes=found.reached, quality=100 * found.quality)
    if run.figures:
        draw(run, model)
    return report(model)


def looked_at(model, n=2000):
    """The modes that n samples reach, always from the same noise; the training's own random numbers are left alone."""
    with random.fork(0):
        return count_modes(sample(model, n), TOY)


def report(model):
    """The numbers: name with unit -> value."""
    found = looked_at(model, 10_000)
    with random.fork(0):
        variety = diversity(TOY.sample(500, seed=1), sample(model, 500))
    return {
        "modes reached by 10,000 samples, of 25": found.reached,
        "samples of high quality, within 3 σ of a mode [%], of true ones 98.9": 100 * found.quality,
        "different samples": str(variety),
    }


def draw(run, model):
    """The plane as D sees it, with data and samples on it; modes and quality over the steps."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    side = 1.15 * np.linspace(*TOY.box[0], 91, dtype=np.float32)
    plane = tensor(np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2) / np.float32(SCALE), device=model.prior.mean.device)
    with no_grad(), random.fork(0):
        d = to_numpy(model.discriminator(plane).sigmoid().data).reshape(91, 91)
        panels = {str(looked_at(model)): (d, TOY.sample(300, seed=2), sample(model, 1000))}
    viz.save(
        viz.discriminator_panels(side, side, panels, inches=5.0), run.figures / "plane.png",
        "Rings of data in 25 clusters, crosses of samples in and between them, on what the discriminator answers.",
    )  # fmt: skip
    lines = {"modes reached, of 25": run.metrics("modes"), "of high quality [%]": run.metrics("quality")}
    if run.metrics("modes")[0]:
        picture = viz.curves(lines, "samples while learning", limits=(0, 100))
        viz.save(picture, run.figures / "modes.png", "The number of modes, and the share of samples of high quality, over the steps.")


def sample(model, n):
    """n points (n, 2) as an array, in the units of the data."""
    return SCALE * to_numpy(model.sample(n).data)


def load(run):
    """The trained model of a run."""
    model = network()
    run.load(model=model)
    return model
