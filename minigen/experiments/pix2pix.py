"""Clothes from their edges, learnt from pairs: a U-Net with a PatchGAN, beside the same U-Net with the L1 term alone."""

from functools import partial

from minigen import optim, random, tensor
from minigen.autograd import no_grad
from minigen.data import batches, edges, fashion_mnist, planes
from minigen.experiments.own_images import load_images
from minigen.experiments.translation import as_pictures, psnr, sharpness
from minigen.experiments.two_players import averaged, finite
from minigen.models.pix2pix import Pix2Pix
from minigen.nn import evaluating
from minigen.nn.functional import l1_loss

NAME = "pix2pix"
DESCRIPTION = "clothes of Fashion-MNIST from their edges: U-Net, PatchGAN, 100 · L1, and the same U-Net with L1 alone"
PUBLISHED = "no number for these pairs. Isola 2017, figure 4 and table 1: L1 alone is blurred, with the GAN the images are sharp"
STEPS = 2_500  # 17.1 dB and 1.02 of the true gradient energy; L1 alone 17.9 dB and 0.73
BATCH = 16
WIDTH = 16
DEPTH = 4  # 28 → 14 → 7 → 3 → 1


class Parts:
    """What training needs: pairs (x, y), of which the last tenth is held out, the model, the U-Net without a GAN, Adam for each, batches.

    ``make_pairs``: a function of Images that gives x and y in [0, 1].
    """

    def __init__(self, images, make_pairs, device=None):
        x, y = (tensor(2 * part - 1, device=device) for part in make_pairs(images))
        n = max(1, len(images) // 10)
        self.about = f"{len(images) - n:,} pairs to learn from, {n:,} held out ({images.name}, {images.source})"
        self.x, self.y, self.unseen_x, self.unseen_y = x[:-n], y[:-n], x[-n:], y[-n:]
        new = partial(Pix2Pix.of_size, x.shape[1], y.shape[1], WIDTH, DEPTH)
        self.model, self.alone = new().to(x.device), new().generator.to(x.device)
        adam = partial(optim.Adam, lr=1e-3, betas=(0.5, 0.999))
        self.d_optimizer, self.g_optimizer = adam(self.model.discriminator.parameters()), adam(self.model.generator.parameters())
        self.alone_optimizer = adam(self.alone.parameters())
        self.data = batches(self.x, self.y, min(BATCH, len(self.x)), drop_last=True)

    def state(self):
        """What ``run.keep(**…)`` saves."""
        return {name: getattr(self, name) for name in "model alone d_optimizer g_optimizer alone_optimizer data".split()}


def build(data=None, device=None):
    """Pairs of edges and clothes, or of the edges and the images of ``data``."""
    return Parts(load_images(data, fashion_mnist), edge_pairs, device)


def edge_pairs(images):
    """(edges, images) of Images: two arrays (N, 1, H, W) in [0, 1]"""
    y = planes(images.images)
    return edges(y), y


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    parts = build(data, device)
    play(run, parts, STEPS if steps is None and budget is None else steps, budget, progress)
    draw(run, parts)
    return report(parts)


def play(run, parts, steps, budget, progress):
    """The two players, and the U-Net alone beside them."""
    model, alone, stream = parts.model, parts.alone, parts.data.forever()
    run.keep(**parts.state())
    for step in run.steps(steps, budget, progress=progress):
        x, y = next(stream)
        d_loss = model.discriminator_loss(x, y)  # pairs (x, y) against (x, G(x))
        parts.d_optimizer.zero_grad()
        d_loss.backward()
        parts.d_optimizer.step()

        g_loss, l1 = model.generator_terms(x, y)
        parts.g_optimizer.zero_grad()
        (g_loss + model.weight * l1).backward()
        parts.g_optimizer.step()

        alone_l1 = l1_loss(alone(x), y)  # the same U-Net, and nobody who complains of blur
        parts.alone_optimizer.zero_grad()
        alone_l1.backward()
        parts.alone_optimizer.step()
        run.log(step, **finite(step, d_loss=d_loss, g_loss=g_loss, l1=l1, alone_l1=alone_l1))


def translated(parts, n=500):
    """Pictures of up to n held-out pairs: {"x", "y", "with a GAN", "L1 alone"}"""
    x, y = parts.unseen_x[:n], parts.unseen_y[:n]
    with no_grad(), evaluating(parts.alone):
        rows = {"x": x, "with a GAN": parts.model.translate(x), "L1 alone": parts.alone(x), "y": y}
    return {name: as_pictures(row) for name, row in rows.items()}


def report(parts):
    """The numbers: name with unit -> value, all on held-out pairs."""
    found = translated(parts)
    y = found["y"]
    return {
        "data": parts.about,
        "PSNR with a GAN [dB]": psnr(found["with a GAN"], y),
        "PSNR, L1 alone [dB]": psnr(found["L1 alone"], y),
        "gradient energy with a GAN, part of the truth's": sharpness(found["with a GAN"]) / sharpness(y),
        "gradient energy, L1 alone, part of the truth's": sharpness(found["L1 alone"]) / sharpness(y),
    }


def draw(run, parts):
    """Input, both outputs, truth; the curves."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    if not run.figures:
        return
    viz.save(
        viz.image_rows(translated(parts, 12), "held-out pairs, and what was made of x"),
        run.figures / "translations.png",
        "Held-out inputs, their translations by the network with a GAN and by that with L1 alone, and the true images.",
    )
    lines = {"L1, with a GAN": averaged(run, "l1"), "L1 alone": averaged(run, "alone_l1")}
    viz.save(
        viz.curves(lines, "distance from y, means of 100 steps", ylabel="mean |y − G(x)| of a pixel"),
        run.figures / "l1.png",
        "The L1 distance of both networks over the training steps.",
    )
    lines = {"discriminator": averaged(run, "d_loss"), "generator": averaged(run, "g_loss")}
    viz.save(
        viz.curves(lines, "losses, means of 100 steps", ylabel="nats"),
        run.figures / "losses.png",
        "What the two players pay over the training steps, the generator without its L1 term.",
    )


def sample(model, n):
    """What the model makes of the edges of n clothes, drawn at random: (n, H, W) in [0, 1]"""
    images = fashion_mnist(full=False)
    x, _ = edge_pairs(images[random.randperm(len(images), device="cpu")[:n]])
    return as_pictures(model.translate(tensor(2 * x - 1)))


def load(run):
    """The trained model of a run."""
    model = Pix2Pix.of_size(1, 1, WIDTH, DEPTH)
    run.load(model=model)
    return model
