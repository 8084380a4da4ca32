"""White digits to striped ones and back, learnt without a single pair; which digit belongs to which is known, and so can be checked."""

from functools import partial

import numpy as np

from minigen import optim, random, tensor
from minigen.data import batches, mnist, planes, zebra
from minigen.device import to_numpy
from minigen.experiments.own_images import load_images
from minigen.experiments.translation import as_pictures, psnr
from minigen.experiments.two_players import averaged, finite
from minigen.models.cyclegan import CycleGAN, ImagePool

NAME = "cyclegan"
DESCRIPTION = "digits to zebra-striped digits and back, learnt without pairs; the true map is known"
PUBLISHED = "no number for these images (Zhu 2017: horses and zebras, judged by eye); wanted: most digits become their own zebra"
STEPS = 1_200  # all 500 zebras nearest to their own digit's, 26.3 dB; back 22.2 dB
BATCH = 8
WIDTH = 8
BLOCKS = 1
UNSEEN = 500  # at most so many held-out images are compared


class Parts:
    """What training needs: a heap of digits, a heap of zebras, held-out digits with their zebras, the model, two optimizers, two pools.

    A tenth of the images is held out. The first half of the others are the digits, the zebras are made of the second half.
    """

    def __init__(self, data=None, device=None):
        images = load_images(data, mnist)
        self.images, self.unseen = images.split(max(1, len(images) // 10))
        grey, half = planes(self.images.images), len(self.images) // 2
        as_tensor = lambda x: tensor(2 * x - 1, device=device)  # noqa: E731
        self.x, self.y = as_tensor(grey[:half]), as_tensor(zebra(grey[half:]))
        unseen = planes(self.unseen.images[:UNSEEN])
        self.unseen_x, self.unseen_y = as_tensor(unseen), as_tensor(zebra(unseen))
        self.model = network().to(self.x.device)
        adam = partial(optim.Adam, lr=1e-3, betas=(0.5, 0.999))
        self.d_optimizer, self.g_optimizer = adam(self.model.discriminators.parameters()), adam(self.model.generators.parameters())
        self.xs, self.ys = (batches(heap, min(BATCH, len(heap)), drop_last=True) for heap in (self.x, self.y))
        self.old_x, self.old_y = ImagePool(), ImagePool()

    def state(self):
        """What ``run.keep(**…)`` saves."""
        return {name: getattr(self, name) for name in "model d_optimizer g_optimizer xs ys old_x old_y".split()}


build = Parts


def network():
    """The untrained model: grey images to coloured ones and back."""
    return CycleGAN.of_size(1, 3, WIDTH, BLOCKS)


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    parts = build(data, device)
    model, xs, ys = parts.model, parts.xs.forever(), parts.ys.forever()
    run.keep(**parts.state())
    for step in run.steps(STEPS if steps is None and budget is None else steps, budget, progress=progress):
        x, y = next(xs), next(ys)  # they have nothing to do with each other
        fake_x, fake_y = model.fakes(x, y)
        d_loss = model.discriminator_loss(x, y, (parts.old_x(fake_x), parts.old_y(fake_y)))
        parts.d_optimizer.zero_grad()
        d_loss.backward()
        parts.d_optimizer.step()

        g_loss, cycle, _ = model.generator_terms(x, y)
        parts.g_optimizer.zero_grad()
        (g_loss + model.weight * cycle).backward()
        parts.g_optimizer.step()
        run.log(step, **finite(step, d_loss=d_loss, g_loss=g_loss, cycle=cycle))
    draw(run, parts)
    return report(parts)


def report(parts):
    """The numbers: name with unit -> value, all on held-out images, whose true partners the model has never seen."""
    model, x, y = parts.model, parts.unseen_x, parts.unseen_y
    there, back = model.to_y(x), model.to_x(y)
    n, grey = len(x), as_pictures(x)
    distance = lambda a, b: float(np.abs(as_pictures(a) - b).mean())  # noqa: E731
    return {
        "data": f"{len(parts.x):,} digits, {len(parts.y):,} zebras of other digits; {n} digits held out ({parts.images.source})",
        f"zebras nearest to their own digit's, among {n} [%]": 100 * nearest(there, y),
        f"digits nearest to their own zebra's, among {n} [%]": 100 * nearest(back, x),
        "PSNR of G(x), the true zebra known [dB]": psnr(as_pictures(there), as_pictures(y)),
        "PSNR of F(y), the true digit known [dB]": psnr(as_pictures(back), grey),
        "PSNR of the mean zebra, to compare with [dB]": psnr(as_pictures(parts.y).mean(axis=0), as_pictures(y)),
        "there and back, mean |F(G(x)) − x|": distance(model.to_x(there), grey),
        "back from the true zebra, mean |F(y) − x|": distance(back, grey),
    }


def nearest(found, true):
    """The share of rows of ``found`` that are nearer to the same row of ``true`` than to any other: 1 / N by chance."""
    a, b = (to_numpy(t.data).reshape(len(t), -1).astype(np.float64) for t in (found, true))
    square = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1) - 2 * a @ b.T
    return float((square.argmin(axis=1) == np.arange(len(a))).mean())


def draw(run, parts):
    """x, G(x), F(G(x)) and the truth, the same from y; the curves."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    if not run.figures:
        return
    model, x, y = parts.model, parts.unseen_x[:12], parts.unseen_y[:12]
    there, back = model.to_y(x), model.to_x(y)
    strips = {
        "there": {"x": x, "G(x)": there, "its zebra": y, "F(G(x))": model.to_x(there)},
        "back": {"y": y, "F(y)": back, "its digit": x, "G(F(y))": model.to_y(back)},
    }
    for name, rows in strips.items():
        viz.save(
            viz.image_rows({label: as_pictures(row) for label, row in rows.items()}, "held-out images, there and back"),
            run.figures / f"{name}.png",
            f"Held-out images, their translations, the true partners that the model never saw, and the way back: {name}.",
        )
    lines = {"discriminators": averaged(run, "d_loss"), "generators": averaged(run, "g_loss"), "cycle": averaged(run, "cycle")}
    viz.save(
        viz.curves(lines, "losses, means of 100 steps"),
        run.figures / "losses.png",
        "The discriminators' and the generators' least squares and the cycle loss over the training steps.",
    )


def sample(model, n):
    """n digits, drawn at random, as zebras: (n, H, W, 3) in [0, 1]"""
    images = mnist(full=False)
    x = planes(images.images[random.randperm(len(images), device="cpu")[:n]])
    return as_pictures(model.to_y(tensor(2 * x - 1)))


def load(run):
    """The trained model of a run."""
    model = network()
    run.load(model=model)
    return model
