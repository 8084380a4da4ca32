"""What glow-mnist and glow-fashion share: training in bits per dimension, the full test set, outliers from the other set, morphs.

On the full test sets: Fashion-MNIST 3.214 bits/dim and MNIST under it 1.682 after 1,500 steps, four minutes of one core; MNIST 1.365 after
450 steps, 1.263 after 1,500, 1.195 after 4,000. A digit is found among clothes with an AUROC of 0.04 by its likelihood, of 0.89 by its
typicality, of 0.85 by the ratio to pixel histograms.
"""

import numpy as np

from minigen import optim, random
from minigen.autograd import no_grad
from minigen.bijections import health
from minigen.data import batches, fashion_mnist, mnist, write_gif
from minigen.device import to_numpy
from minigen.evaluate import atypicality, auroc, bits_per_dim, minus_log_ratio, morph, straight
from minigen.experiments.own_images import EVERY, load_images, remember_shape
from minigen.models.glow import Glow
from minigen.models.pixel_histogram import PixelHistograms
from minigen.tensor import Tensor
from minigen.train import fit

BATCH, WARMUP, LEARNING_RATE = 32, 50, 2e-2
LOOK = 100  # held-out images that are looked at during training
SETS = {"mnist": mnist, "fashion": fashion_mnist}


class Parts:
    """What training needs: images, of which the last tenth is held out, the model, Adamax with warm-up and decay, the batches."""

    def __init__(self, name, data=None, device=None, steps=None):
        self.name, self.own = name, data is not None
        images = load_images(data, SETS[name])
        self.images, self.unseen = images.split(max(1, len(images) // 10))
        height, width = (n // 4 * 4 for n in images.images.shape[1:])  # two levels: sides that are multiples of 4
        self.shape = height, width
        self.k = cut(self.images.images, self.shape)
        self.model = network(self.shape)
        if device is not None:
            self.model = self.model.to(device)
        self.optimizer, self.schedule = warmed_adamax(self.model, LEARNING_RATE, steps)
        self.data = batches(Tensor(self.k.astype(np.float32), device=device), BATCH)

    def loss(self, k):
        """Bits per dimension, averaged over the mini-batch."""
        return self.model.loss(k)


def warmed_adamax(model, rate, steps):
    """(Adamax, its schedule): the rate rises over WARMUP steps, then falls along half a cosine to a fiftieth at the end of ``steps``."""
    optimizer = optim.Adamax(model.parameters(), lr=rate)
    return optimizer, optim.LinearWarmupCosine(optimizer, WARMUP, max(steps or 0, WARMUP + 1), eta_min=rate / 50)


def network(shape):
    """The untrained Glow for images of this (height, width), which it remembers."""
    model = Glow((1, *shape), levels=2, steps=8, hidden=64, alpha=1e-6)
    model.image_shape = tuple(shape)
    return model


def cut(images, shape):
    """(N, H, W) -> (N, 1, *shape): the upper left, for images whose sides are no multiples of 4"""
    return images[:, None, : shape[0], : shape[1]]


def train(run, name, *, default_steps, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    if steps is None and budget is None:
        steps = default_steps
    parts = Parts(name, data, device, steps or default_steps)
    remember_shape(run, parts.images)
    if run.folder is not None:
        run.keep(schedule=parts.schedule)
    look = cut(parts.unseen.images[:LOOK], parts.shape)
    loop = fit(parts.loss, parts.data, parts.optimizer, steps=steps, budget=budget, run=run, model=parts.model, progress=progress)
    for step, _ in loop:
        parts.schedule.step()
        if step % EVERY == 0 or step == 1:
            with random.fork(0):  # looking draws no random number of the training
                found = health(parts.model.bijection.inv, parts.model.dequantization(Tensor(look[:8].astype(np.float32)))[0])
            numbers = {"round_trip": found.round_trip, "condition": found.condition, "log_scale": found.log_scale}
            run.log(step, held_out=bits_per_dim(parts.model, look).mean, **numbers)
    parts.model.eval()
    told, scores = judged(parts)
    if run.figures:
        draw(run, parts, scores)
    return told


def judged(parts):
    """(the report, {"here", "there", "background here", …: bits/dim of each image}) on the test sets, or on what was held out.

    The other set is only looked at if the data are MNIST or Fashion-MNIST.
    """
    here = parts.unseen if parts.own else images_to_judge(parts.name, parts.unseen)
    background = PixelHistograms(parts.k)
    model, k = parts.model, cut(here.images, parts.shape)
    found, seen = bits_per_dim(model, k), bits_per_dim(model, parts.k[:1000])
    scores = {"here": found.values, "background here": bits_per_dim(background, k).values}
    with no_grad(), random.fork(0):
        v, _ = model.dequantization(Tensor(k[:100].astype(np.float32)))
        back = model.decode(model.encode(v))
        error = float(np.linalg.norm(back.data - v.data) / np.linalg.norm(v.data))
    state = health(model.bijection.inv, v)
    told = {
        "data": f"{len(parts.images):,} images to learn from ({parts.images.source}); judged on {len(here):,} ({here.source})",
        "bits/dim": found.mean, "standard error": found.standard_error,
        "bits/dim of the training images (1,000 of them)": seen.mean,
        "bits/dim of independent pixel histograms": float(scores["background here"].mean()),
        "parameters": model.num_parameters(), "relative error of a round trip": error,
        "largest condition of a W": state.condition, "largest |log s|": state.log_scale,
    }  # fmt: skip
    if not parts.own:
        there = images_to_judge(next(n for n in SETS if n != parts.name), None)
        scores |= {"there": bits_per_dim(model, cut(there.images, parts.shape)).values}
        scores |= {"background there": bits_per_dim(background, there.images[:, None]).values}
        a, b = scores["here"], scores["there"]
        told |= {
            f"bits/dim of {there.name}, {len(there):,} images ({there.source})": float(b.mean()),
            f"AUROC of {there.name} as outliers: likelihood": auroc(a, b),
            f"AUROC of {there.name} as outliers: typicality": auroc(atypicality(a, seen.values), atypicality(b, seen.values)),
            f"AUROC of {there.name} as outliers: likelihood ratio to pixel histograms":
                auroc(minus_log_ratio(-a, -scores["background here"]), minus_log_ratio(-b, -scores["background there"])),
        }  # fmt: skip
    return told, scores


def images_to_judge(name, unseen):
    """The full test set where it is; else the ``unseen`` images, or, if they are None, the last 500 of the embedded subset."""
    try:
        return SETS[name]("test")
    except FileNotFoundError:
        return SETS[name](full=False)[-500:] if unseen is None else unseen


def draw(run, parts, scores):
    """Samples, samples over the temperature, morphs, the likelihoods of both sets and their ratio to the background, the curves."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    model = parts.model
    viz.save(
        viz.image_grid(sample(model, 64), title="samples at temperature 0.7"),
        run.figures / "samples.png", "64 images drawn from the flow at temperature 0.7.",
    )  # fmt: skip
    temperatures = [0, 0.25, 0.5, 0.7, 0.85, 1]
    with no_grad(), random.fork(1):
        z = model.base.sample((8, 1)) * Tensor(np.float32(temperatures)[:, None], device=model.device)
        rows = as_images(model.decode(z.reshape((-1, *model.base.event_shape))), parts.shape)
    viz.save(
        viz.image_grid(rows, len(temperatures), "the same z at T = " + ", ".join(map(str, temperatures)), inches=0.7),
        run.figures / "temperature.png", "Each row: one z, scaled by temperatures from 0 to 1.",
    )  # fmt: skip
    with random.fork(2):  # with noise: black that is exactly 0 is, as a logit, farther out than anything that was learned
        ends = model.dequantization(Tensor(cut(parts.unseen.images[:8], parts.shape).astype(np.float32)))[0]
    strips = [as_images(morph(model, ends[i], ends[i + 1], 9), parts.shape) for i in range(0, len(ends) - 1, 2)]
    if strips:
        viz.save(
            viz.image_grid(np.concatenate(strips), 9, "from one held-out image to another, on the sphere", inches=0.7),
            run.figures / "morph.png", "Rows of nine images, from one held-out image to another through latent space.",
        )  # fmt: skip
        write_gif(run.figures / "morph.gif", np.concatenate([s for strip in strips for s in (strip, strip[::-1])]), 0.12, enlarge=4)
        with no_grad():
            pixels = [as_images(straight(ends[i], ends[i + 1], np.linspace(0, 1, 9)), parts.shape) for i in range(0, len(ends) - 1, 2)]
        viz.save(
            viz.image_grid(np.concatenate(pixels), 9, "the same, mixing pixels", inches=0.7),
            run.figures / "morph-pixels.png", "The same rows as mixtures of pixels: both images shine through.",
        )  # fmt: skip
    if "there" in scores:
        sets = {"trained on, unseen": scores["here"], "the other set": scores["there"]}
        viz.save(
            viz.histogram(sets, title="which images does the flow find likely?", xlabel="bits/dim: likely to the left"),
            run.figures / "likelihood.png", "Bits per dimension of test images of both sets.",
        )  # fmt: skip
        ratios = {
            "trained on, unseen": scores["here"] - scores["background here"], "the other set": scores["there"] - scores["background there"],
        }  # fmt: skip
        viz.save(
            viz.histogram(ratios, title="beyond what pixel histograms know", xlabel="bits/dim, flow minus histograms"),
            run.figures / "ratio.png", "Bits per dimension minus those of independent pixel histograms, test images of both sets.",
        )  # fmt: skip
    steps, losses = run.metrics("loss")
    smooth = np.convolve(losses, np.ones(25) / 25, "valid") if len(losses) > 50 else np.asarray(losses)
    lines = {"mini-batches": (steps[len(steps) - len(smooth) :], smooth), "held out": run.metrics("held_out")}
    late = [v for _, y in lines.values() for v in np.asarray(y)[len(y) // 10 :]]
    viz.save(
        viz.curves(lines, "bits per dimension while learning", ylabel="bits/dim", limits=(min(late) - 0.1, max(late) + 0.1)),
        run.figures / "curves.png", "Bits per dimension over the training steps.",
    )  # fmt: skip


def as_images(x, shape):
    """(n, 1, H, W) tensor -> (n, H, W) NumPy array in [0, 1]"""
    return np.clip(to_numpy(x.detach().data), 0, 1).reshape(-1, *shape)


def sample(model, n):
    """n images (n, H, W) in [0, 1], drawn at temperature 0.7."""
    return as_images(model.sample(n, temperature=0.7), model.image_shape)


def load(run):
    """The trained model of a run."""
    height, width = run.config["options"]["image_shape"]
    model = network((height // 4 * 4, width // 4 * 4))
    run.load(model=model)
    return model.eval()
