"""What nice-mnist and realnvp-mnist share: a flow of digits trained in bits per dimension, judged on unseen images; its samples."""

import math

import numpy as np

from minigen import random
from minigen.autograd import no_grad
from minigen.bijections import UniformDequantization, health
from minigen.data import batches, mnist
from minigen.device import to_numpy
from minigen.evaluate import bits_per_dim
from minigen.evaluate.bits_per_dim import bits
from minigen.experiments.own_images import EVERY, load_images, remember_shape
from minigen.nn.module import evaluating
from minigen.tensor import Tensor
from minigen.train import fit

LOOK, JUDGED = 100, 2_000  # held-out images that are looked at while training, and judged at the end


class Parts:
    """What training needs: grey values (N, *event), of which the last tenth is held out, the flow, how it is optimized, the batches.

    ``optimizing(model)`` gives the optimizer, and its schedule or None.
    """

    def __init__(self, network, optimizing, batch_size, data=None, device=None):
        images = load_images(data, mnist)
        self.images, self.unseen = images.split(max(1, len(images) // 10))
        self.shape = images.images.shape[1:]
        self.model = network(self.shape)
        if device is not None:
            self.model = self.model.to(device)
        self.optimizer, self.schedule = optimizing(self.model)
        self.k = self.images.images.reshape(-1, *self.model.event_shape)
        self.data = batches(Tensor(self.k.astype(np.float32), device=device), batch_size)
        self.dequantization = UniformDequantization()

    def loss(self, k):
        """Bits per dimension, averaged over the mini-batch, with one draw of noise."""
        v, log_q = self.dequantization(k)
        return bits(self.model.log_prob(v), log_q, math.prod(self.model.event_shape)).mean()


def fitted(parts, run, default, steps, budget, progress):
    """Train ``parts`` for ``default`` steps unless told otherwise, draw the figures, return the report."""
    remember_shape(run, parts.images)
    if steps is None and budget is None:
        steps = default
    if parts.schedule and run.folder is not None:
        run.keep(schedule=parts.schedule)
    loop = fit(parts.loss, parts.data, parts.optimizer, steps=steps, budget=budget, run=run, model=parts.model, progress=progress)
    for step, _ in loop:
        if parts.schedule:
            parts.schedule.step()
        if step % EVERY == 0:
            found = watch(parts)
            held_out = bits_per_dim(parts.model, parts.unseen.images[:LOOK]).mean
            run.log(step, held_out=held_out, round_trip=found.round_trip, log_scale=found.log_scale)
    parts.model.eval()
    if run.figures:
        draw(run, parts)
    return report(parts)


def watch(parts):
    """The Health of the flow on eight training images, as it would be used, with the same noise every time."""
    with random.fork(0), evaluating(parts.model):
        v, _ = parts.dequantization(Tensor(parts.k[:8].astype(np.float32), device=parts.model.device))
        return health(parts.model.bijection.inv, v)


def report(parts):
    """The numbers: name with unit -> value."""
    unseen = parts.unseen.images[:JUDGED]
    found = bits_per_dim(parts.model, unseen)
    with no_grad():
        v, _ = parts.dequantization(Tensor(parts.k[:100].astype(np.float32)))
        back = parts.model.decode(parts.model.encode(v))
    nats = found.dims * (math.log(256) - found.mean * math.log(2))
    return {
        "data": f"{len(parts.images):,} images to learn from, {len(unseen):,} judged ({parts.images.source})",
        "held-out bits/dim": found.mean,
        "standard error": found.standard_error,
        "held-out log p(v) of v in [0, 1] [nats]": nats,
        "bits/dim of 1,000 training images": bits_per_dim(parts.model, parts.images.images[:1000]).mean,
        "relative error of a round trip": float(np.linalg.norm(back.data - v.data) / np.linalg.norm(v.data)),
        "largest |log s| of a coupling": watch(parts).log_scale,
        "numbers learned": parts.model.num_parameters(),
    }


def draw(run, parts):
    """Digits at three temperatures, bits/dim over the steps."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    rows = [images_of(parts.model, 12, parts.shape, temperature=t) for t in (0.5, 0.8, 1.0)]
    viz.save(
        viz.image_grid(np.concatenate(rows), columns=12, title="temperature 0.5, 0.8, 1"), run.figures / "samples.png",
        "Three rows of digits, drawn at rising temperatures.",
    )  # fmt: skip
    lines = {"training": run.metrics("loss"), "held out": run.metrics("held_out")}
    viz.save(
        viz.curves({n: line for n, line in lines.items() if len(line[0])}, "bits per dimension", ylabel="bits/dim", limits=(1, 5)),
        run.figures / "curves.png", "Bits per dimension of training and held-out digits over the steps.",
    )  # fmt: skip


def images_of(model, n, shape, temperature=1.0):
    """n images (n, H, W) in [0, 1]."""
    with no_grad():
        x = model.sample((n,), temperature=temperature)
    return np.clip(to_numpy(x.data).reshape(-1, *shape), 0, 1)
