"""The lecture's VAE with a plane as latent space on MNIST: three columns, the 20×20 canvas, the codes by class, the curves."""

import numpy as np

from minigen import optim, random, tensor
from minigen.autograd import no_grad
from minigen.data import batches, mnist
from minigen.device import to_numpy
from minigen.experiments.own_images import EVERY, as_images, averaged, held_out, late_limits, load_images, remember_shape
from minigen.models.vae import VAE
from minigen.nn import ReLU
from minigen.train import fit

NAME = "vae-mnist"
DESCRIPTION = "the lecture's VAE, 784-500-501-2 and back, on MNIST's digits"
PUBLISHED = "mean σ of q(z|x) 0.0325 after 200 epochs (vae_demo.ipynb, linked on the slide)"
STEPS = 4_000
BATCH = 128
LIMIT = 3.0  # the slide moves in [−3, 3]²


class Parts:
    """What training needs: images, of which the last tenth is held out, the model, Adam and the batches.

    ``new``: a function of the images' (height, width) that makes the model; ``network`` unless given.
    """

    def __init__(self, data=None, device=None, new=None):
        images = load_images(data, mnist)
        self.images, self.unseen = images.split(max(1, len(images) // 10))
        self.shape = images.images.shape[1:]
        self.x, self.unseen_x = tensor(self.images.x, device=device), tensor(self.unseen.x, device=device)
        self.model = (new or network)(self.shape).to(self.x.device)
        self.optimizer = optim.Adam(self.model.parameters(), lr=1e-3)
        self.data = batches(self.x, BATCH)

    def loss(self, x):
        """−ELBO in nats, averaged over the mini-batch."""
        return -self.model.elbo(x).mean()


build = Parts


def network(shape):
    """The untrained model for images of this (height, width), which it remembers."""
    model = VAE.fully_connected(shape[0] * shape[1], hidden=(500, 501), latent_dim=2, activation=ReLU)
    model.image_shape = tuple(shape)
    return model


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the four figures, return the report."""
    return fitted(run, build(data, device), STEPS if steps is None and budget is None else steps, budget, progress)


def fitted(run, parts, steps, budget, progress):
    """Descend −ELBO; then figures and report."""
    remember_shape(run, parts.images)
    loop = fit(parts.loss, parts.data, parts.optimizer, steps=steps, budget=budget, run=run, model=parts.model, progress=progress)
    for step, _ in loop:
        if step % EVERY == 0 or step == 1:
            run.log(step, **held_out(parts.model, parts.unseen_x[:1000]))
    if run.figures:
        draw(run, parts)
    return report(parts)


def report(parts):
    """The numbers: name with unit -> value."""
    model, unseen = parts.model, parts.unseen_x
    bound = held_out(model, unseen, n_samples=5)
    some = unseen[:500]
    with no_grad(), random.fork(0):
        log_p = model.importance_log_prob(some, 300).mean().item()
        sigma = model.q(unseen).stddev.mean().item()
    return {
        "data": f"{len(parts.images):,} images to learn from, {len(parts.unseen):,} held out ({parts.images.source})",
        "held-out ELBO [nats]": bound["elbo"],
        "held-out reconstruction E_q log p(x|z) [nats]": bound["reconstruction"],
        "held-out KL(q(z|x) ‖ p(z)) [nats]": bound["kl"],
        "training ELBO [nats]": held_out(model, parts.x[: len(unseen)], n_samples=5)["elbo"],
        f"held-out log p(x), 300 importance samples, {len(some)} images [nats]": log_p,
        f"held-out ELBO of these {len(some)} images [nats]": held_out(model, some, n_samples=5)["elbo"],
        "mean σ of q(z|x), held out": sigma,
    }


def draw(run, parts):
    """The figures of the slides "Results" and "Moving in latent space", the codes by class, the curves."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    model, images, shape = parts.model, parts.unseen, parts.shape
    with no_grad():
        q = model.q(parts.unseen_x)
        mu, sigma = to_numpy(q.mean.data), to_numpy(q.stddev.data)
        five = one_of_each(images.labels, 5) if images.labels is not None else np.arange(min(5, len(images)))
        decoded = as_images(model.decode(q.mean[five]), shape)
        grid = tensor(viz.latent_grid(20, LIMIT), device=parts.x.device)
        digits = as_images(model.decode(grid), shape)
    inputs = as_images(parts.unseen_x[five], shape)
    viz.save(
        viz.panel(inputs, mu[five], sigma[five], decoded, background=mu, title="q(z|x) of held-out images"),
        run.figures / "three-columns.png",
        "Held-out images, the ellipse of q(z|x) of each in the latent plane, and the decoded images.",
    )
    viz.save(
        viz.canvas(digits, LIMIT, "decoded from the latent plane"),
        run.figures / "canvas.png",
        "Images decoded from 20 by 20 points of the latent plane between -3 and 3.",
    )
    viz.save(
        viz.latent_scatter(mu, images.labels, images.classes or None, "codes of held-out images"),
        run.figures / "latent.png",
        "The codes of held-out images in the latent plane, marked by class.",
    )
    lines = {"training": averaged(*run.metrics("loss")), "held out": run.metrics("elbo")}
    viz.save(
        viz.curves(lines, "ELBO while learning", ylabel="nats", limits=late_limits(lines)),
        run.figures / "curves.png",
        "The bound on training and held-out images over the training steps.",
    )


def one_of_each(labels, n):
    """The indices of the first examples of n different classes, or of fewer if there are fewer, in the order of the classes."""
    classes, first = np.unique(labels, return_index=True)
    return first[np.linspace(0, len(classes) - 1, min(n, len(classes))).round().astype(int)]


def sample(model, n):
    """n images (n, H, W) in [0, 1]: the means E[x|z] for z drawn from the prior."""
    with no_grad():
        return as_images(model.decode(model.prior.sample((n,))), model.image_shape)


def load(run):
    """The trained model of a run."""
    model = network(run.config["options"]["image_shape"])
    run.load(model=model)
    return model
