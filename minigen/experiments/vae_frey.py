"""A VAE with a plane as latent space and a Gaussian decoder on Frey's face: the slide "Generating Data (trained on faces)"."""

import math

from minigen import nn, optim, random, tensor
from minigen.autograd import no_grad
from minigen.data import batches, frey_faces
from minigen.device import to_numpy
from minigen.experiments.own_images import EVERY, as_images, averaged, held_out, late_limits, load_images, remember_shape
from minigen.models.vae import GaussianVAE
from minigen.train import fit

NAME = "vae-frey"
DESCRIPTION = "a VAE with a Gaussian decoder and 2 latent numbers on Frey's face (or 100 embedded faces)"
PUBLISHED = "Kingma, Welling 2014, figure 4a: a picture, no number"
STEPS = 6_000
BATCH = 100  # as in the paper, and so is one hidden layer of 200
HIDDEN = (200,)
FEW = 0.2  # σ of p(x|z) for fewer than 1,000 images: learned, it would shrink until it fits each of them and nothing else
LIMIT = 3.0  # of the plane that is drawn


class Parts:
    """What training needs: images, of which a tenth, drawn at random, is held out, the model, Adam and the batches."""

    def __init__(self, data=None, device=None):
        images = load_images(data, frey_faces)
        images = images[random.new_generator(0).permutation(len(images))]  # the film's neighbouring frames are almost alike
        self.images, self.unseen = images.split(max(1, len(images) // 10))
        self.shape = images.images.shape[1:]
        self.x, self.unseen_x = tensor(self.images.x, device=device), tensor(self.unseen.x, device=device)
        self.model = network(self.shape, "learned" if len(self.images) >= 1000 else FEW).to(self.x.device)
        self.optimizer = optim.Adam(self.model.parameters(), lr=1e-3)
        self.data = batches(self.x, min(BATCH, len(self.x)))

    def loss(self, x):
        """−ELBO in nats, averaged over the mini-batch."""
        return -self.model.elbo(x).mean()


build = Parts


def network(shape, sigma="learned"):
    """The untrained model for images of this (height, width), which it remembers.

    A sigmoid keeps the decoder's means in (0, 1). σ of p(x|z) is learned from 0.1 on: from 1, where a face is lost in the noise, the
    codes would be given up at first.
    """
    model = GaussianVAE.fully_connected(shape[0] * shape[1], hidden=HIDDEN, latent_dim=2, activation=nn.Tanh, sigma=sigma)
    model.decoder.append(nn.Sigmoid())
    if sigma == "learned":
        nn.init.constant_(model.log_sigma, math.log(0.1))
    model.image_shape = tuple(shape)
    return model


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    parts = build(data, device)
    remember_shape(run, parts.images)
    if steps is None and budget is None:
        steps = STEPS
    loop = fit(parts.loss, parts.data, parts.optimizer, steps=steps, budget=budget, run=run, model=parts.model, progress=progress)
    for step, _ in loop:
        if step % EVERY == 0 or step == 1:
            run.log(step, **held_out(parts.model, parts.unseen_x))
    if run.figures:
        draw(run, parts)
    return report(parts)


def report(parts):
    """The numbers: name with unit -> value. A density of grey values in [0, 1] can exceed 1, so its logarithm can be positive."""
    model, unseen = parts.model, parts.unseen_x
    bound = held_out(model, unseen, n_samples=10)
    with no_grad(), random.fork(0):
        log_p = model.importance_log_prob(unseen, 300).mean().item()
        sigma = model.q(unseen).stddev.mean().item()
    note = "" if len(parts.images) >= 1000 else "; so few are learned by heart, as the gap to the held-out bound says"
    return {
        "data": f"{len(parts.images):,} images to learn from, {len(parts.unseen):,} held out ({parts.images.source}){note}",
        "held-out ELBO [nats]": bound["elbo"],
        "held-out reconstruction E_q log p(x|z) [nats]": bound["reconstruction"],
        "held-out KL(q(z|x) ‖ p(z)) [nats]": bound["kl"],
        "training ELBO [nats]": held_out(model, parts.x[: len(unseen)], n_samples=10)["elbo"],
        "held-out log p(x), 300 importance samples [nats]": log_p,
        "σ of p(x|z), grey values in [0, 1]": float(model.log_sigma.exp().item()),
        "mean σ of q(z|x), held out": sigma,
    }


def draw(run, parts):
    """The manifold, reconstructions of held-out faces, their codes, the curves."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    model, shape = parts.model, parts.shape
    n = min(5, len(parts.unseen))
    with no_grad():
        q, codes = model.q(parts.unseen_x), model.encode(parts.x)
        mu, sigma = to_numpy(q.mean.data), to_numpy(q.stddev.data)
        decoded = as_images(model.decode(q.mean[:n]), shape)
        manifold = as_images(model.decode(tensor(viz.latent_grid(15, LIMIT), device=parts.x.device)), shape)
    viz.save(
        viz.canvas(manifold, LIMIT, f"{parts.images.name}: the learned manifold"),
        run.figures / "manifold.png",
        "Faces decoded from 15 by 15 points of the latent plane between -3 and 3.",
    )
    viz.save(
        viz.panel(as_images(parts.unseen_x[:n], shape), mu[:n], sigma[:n], decoded, to_numpy(codes.data), "q(z|x) of held-out faces"),
        run.figures / "three-columns.png",
        "Held-out faces, the ellipse of q(z|x) of each in the latent plane, and the decoded faces.",
    )
    lines = {"training": averaged(*run.metrics("loss")), "held out": run.metrics("elbo")}
    viz.save(
        viz.curves(lines, "ELBO while learning", ylabel="nats", limits=late_limits(lines)),
        run.figures / "curves.png",
        "The bound on training and held-out faces over the training steps.",
    )


def sample(model, n):
    """n images (n, H, W) in [0, 1]: the means E[x|z] for z drawn from the prior."""
    with no_grad():
        return as_images(model.decode(model.prior.sample((n,))), model.image_shape)


def load(run):
    """The trained model of a run."""
    model = network(run.config["options"]["image_shape"])
    run.load(model=model)
    return model
