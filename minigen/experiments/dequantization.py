"""What learned noise gains: the same small Glow with uniform and with variational dequantisation, on digits of four grey values."""

import math

import numpy as np

from minigen import nn, random
from minigen.autograd import no_grad
from minigen.bijections import UniformDequantization, VariationalDequantization
from minigen.data import batches, mnist
from minigen.device import to_numpy
from minigen.evaluate import bits_per_dim
from minigen.experiments.glow_images import warmed_adamax
from minigen.experiments.own_images import EVERY, load_images, remember_shape
from minigen.models.glow import Glow
from minigen.tensor import Tensor
from minigen.train import fit

NAME = "dequantization"
DESCRIPTION = "uniform and variational dequantisation side by side: two small Glows on 14×14 digits of 4 grey values"
PUBLISHED = "3.292 and 3.165 bits/dim on CIFAR-10 with 256 grey values (Flow++, Ho et al. 2019, ablation)"
STEPS = 800
LEVELS, BATCH, LEARNING_RATE = 4, 32, 1e-2
LOOK, JUDGED, DRAWS = 200, 2_000, 4  # held-out images looked at while training, judged at the end, and draws of noise for each


class Pair(nn.Module):
    """The two flows, which share nothing but what they are shown."""

    def __init__(self, shape):
        noises = {"uniform": UniformDequantization(LEVELS), "variational": VariationalDequantization.of_images((1, *shape), levels=LEVELS)}
        self.flows = {
            name: Glow((1, *shape), levels=1, steps=3, hidden=16, alpha=0.05, dequantization=noise) for name, noise in noises.items()
        }
        self.image_shape = tuple(shape)


network = Pair


class Parts:
    """What training needs: small images of few grey values, of which the last tenth is held out, the two flows, Adamax, the batches."""

    def __init__(self, data=None, device=None, steps=None):
        images = load_images(data, mnist)
        self.images, self.unseen = images.split(max(1, len(images) // 10))
        self.k, self.unseen_k = coarse(self.images.images), coarse(self.unseen.images)
        self.model = network(self.k.shape[2:])
        if device is not None:
            self.model = self.model.to(device)
        self.optimizer, self.schedule = warmed_adamax(self.model, LEARNING_RATE, steps or STEPS)
        self.data = batches(Tensor(self.k.astype(np.float32), device=device), BATCH)

    def loss(self, k):
        """The sum of both bounds in bits per dimension, averaged over the mini-batch."""
        return sum(flow.loss(k) for flow in self.model.flows.values())


build = Parts


def coarse(images):
    """Means of 2×2 pixels in LEVELS grey values: uint8 (N, H, W) -> (N, 1, H/2, W/2), sides cut to multiples of 4"""
    n, h, w = images.shape[0], images.shape[1] // 4 * 2, images.shape[2] // 4 * 2
    means = images[:, : 2 * h, : 2 * w].reshape(n, h, 2, w, 2).mean(axis=(2, 4))
    return (means * LEVELS / 256).astype(np.uint8)[:, None]


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    if steps is None and budget is None:
        steps = STEPS
    parts = build(data, device, steps)
    remember_shape(run, parts.images)
    if run.folder is not None:
        run.keep(schedule=parts.schedule)
    loop = fit(parts.loss, parts.data, parts.optimizer, steps=steps, budget=budget, run=run, model=parts.model, progress=progress)
    for step, _ in loop:
        parts.schedule.step()
        if step % EVERY == 0:
            run.log(step, **{name: bits_per_dim(flow, parts.unseen_k[:LOOK]).mean for name, flow in parts.model.flows.items()})
    parts.model.eval()
    told = report(parts)
    if run.figures:
        draw(run, parts)
    return told


def report(parts):
    """The numbers: name with unit -> value."""
    k = parts.unseen_k[:JUDGED]
    told = {"data": f"{len(parts.images):,} images to learn from, {len(k):,} judged ({parts.images.source})"}
    found = {name: bits_per_dim(flow, k, draws=DRAWS) for name, flow in parts.model.flows.items()}
    for name, bits in found.items():
        told[f"{name}: held-out bits/dim of {LEVELS} grey values"] = bits.mean
        told[f"{name}: numbers learned"] = parts.model.flows[name].num_parameters()
    gain = found["uniform"].values - found["variational"].values
    told["what learned noise gains [bits/dim], published 0.127"] = gain.mean()
    told["its standard error"] = gain.std() / math.sqrt(len(gain))
    return told


def learned_noise(flow, k):
    """u = g(u₀; k), where in their bins the grey values k (N, 1, H, W) are placed: NumPy, in [0, 1]."""
    with no_grad(), random.fork(0):
        v, _ = flow.dequantization(Tensor(k.astype(np.float32), device=flow.device))
    return to_numpy(v.data) * LEVELS - k


def draw(run, parts):
    """Where the learned noise falls, the bounds over the steps, digits."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    k = parts.unseen_k[:LOOK]
    u = learned_noise(parts.model.flows["variational"], k)
    viz.save(
        viz.histogram({"black, k = 0": u[k == 0], "all others": u[k > 0]}, title="where in its bin a grey value is placed", xlabel="u"),
        run.figures / "noise.png", "Histograms of the learned noise u for black pixels and for all others.",
    )  # fmt: skip
    lines = {name: run.metrics(name) for name in parts.model.flows}
    late = [v for _, y in lines.values() for v in y[len(y) // 4 :]] or [1.0]
    viz.save(
        viz.curves(lines, "bits per dimension of held-out images", ylabel="bits/dim", limits=(min(late) - 0.05, max(late) + 0.05)),
        run.figures / "curves.png", "The bounds with both kinds of noise over the training steps.",
    )  # fmt: skip
    with random.fork(0):
        images = sample(parts.model, 48)
    viz.save(viz.image_grid(images), run.figures / "samples.png", "Digits drawn from the flow with learned noise.")


def sample(model, n):
    """n images (n, H, W) of the flow with learned noise, in LEVELS grey values from 0 to 1."""
    flow = model.flows["variational"]
    with no_grad():
        x = flow.sample(n)
    return to_numpy(flow.dequantization.quantize(x))[:, 0] / (LEVELS - 1)


def load(run):
    """The trained flows of a run."""
    height, width = run.config["options"]["image_shape"]
    model = network((height // 4 * 2, width // 4 * 2))
    run.load(model=model)
    return model.eval()
