"""What a bent posterior gains: a VAE with a diagonal Gaussian and one with inverse autoregressive flow, side by side on binary digits."""

from minigen import nn, optim, random, tensor
from minigen.autograd import no_grad
from minigen.data import batches, binarize, mnist
from minigen.experiments.own_images import EVERY, as_images, late_limits, load_images, remember_shape
from minigen.models.iaf import IAFVAE
from minigen.train import fit

NAME = "iaf-vae"
DESCRIPTION = "VAE with and without inverse autoregressive flow as q(z|x), 784-256-256-32, binarised MNIST"
PUBLISHED = "log p(x) -97.10 with a diagonal Gaussian, -95.33 with IAF; ELBO -103.31 and -101.64 (J. Altosaar, variational-autoencoder)"
STEPS = 7_000
BATCH, LEARNING_RATE, LATENT = 128, 1e-3, 32
KINDS = {"diagonal": 0, "IAF": 2}  # name -> blocks of the flow
LOOK, JUDGED, SAMPLES = 500, 1_000, 200  # images looked at while training, images judged at the end, importance samples


class Pair(nn.Module):
    """The two VAEs, which share nothing but what they are shown."""

    def __init__(self, pixels):
        self.vaes = {}
        for name, blocks in KINDS.items():
            settings = {"blocks": blocks, "flow_hidden": (256,), "context_features": 64 if blocks else 0}
            self.vaes[name] = IAFVAE.fully_connected(pixels, (256, 256), LATENT, **settings)


class Parts:
    """What training needs: images, of which the last tenth is held out, the two models, Adam, the batches."""

    def __init__(self, data=None, device=None):
        images = load_images(data, mnist)
        self.images, self.unseen = images.split(max(1, len(images) // 10))
        self.shape = images.images.shape[1:]
        self.x = tensor(self.images.x, device=device)
        self.unseen_x = tensor(binarize(self.unseen.x, seed=0), device=device)
        self.model = network(self.shape).to(self.x.device)
        self.optimizer = optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        self.data = batches(self.x, BATCH)

    def loss(self, x):
        """The sum of both −ELBOs in nats, averaged over the mini-batch, whose pixels are drawn anew: b ~ Bernoulli(x)."""
        b = tensor(binarize(x.cpu().numpy()), device=x.device)
        return sum(-vae.elbo(b).mean() for vae in self.model.vaes.values())


build = Parts


def network(shape):
    """The untrained models for images of this (height, width), which they remember."""
    model = Pair(shape[0] * shape[1])
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
            run.log(step, **{name: bound(vae, parts.unseen_x[:LOOK]) for name, vae in parts.model.vaes.items()})
    if run.figures:
        draw(run, parts)
    return report(parts)


def bound(vae, x, n_samples=1):
    """The mean ELBO in nats over the rows of x, always with the same noise."""
    with no_grad(), random.fork(0):
        return vae.elbo(x, n_samples).mean().item()


def report(parts):
    """The numbers: name with unit -> value."""
    x = parts.unseen_x[:JUDGED]
    found = {"data": f"{len(parts.images):,} images to learn from, {len(x):,} of {len(parts.unseen):,} judged ({parts.images.source})"}
    log_p = {}
    for name, vae in parts.model.vaes.items():
        with no_grad(), random.fork(0):
            log_p[name] = vae.importance_log_prob(x, SAMPLES).mean().item()
        found[f"{name}: held-out log p(x), {SAMPLES} importance samples [nats]"] = log_p[name]
        found[f"{name}: held-out ELBO, 20 draws [nats]"] = bound(vae, x, 20)
        found[f"{name}: numbers learned"] = vae.num_parameters()
    found["what IAF gains in log p(x) [nats], published 1.77"] = log_p["IAF"] - log_p["diagonal"]
    return found


def draw(run, parts):
    """The bounds over the steps; digits of the VAE with IAF."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    lines = {name: run.metrics(name) for name in KINDS}
    viz.save(
        viz.curves(lines, "held-out ELBO while learning", ylabel="nats", limits=late_limits(lines)), run.figures / "curves.png",
        "The bounds of the two models on held-out images over the training steps.",
    )  # fmt: skip
    with random.fork(0):
        images = sample(parts.model, 48)
    viz.save(viz.image_grid(images), run.figures / "samples.png", "Digits drawn from the VAE with IAF.")


def sample(model, n):
    """n images (n, H, W) in [0, 1] of the VAE with IAF: the means E[x|z] for z drawn from the prior."""
    vae = model.vaes["IAF"]
    with no_grad():
        return as_images(vae.decode(vae.prior.sample((n,))), model.image_shape)


def load(run):
    """The trained models of a run."""
    model = network(run.config["options"]["image_shape"])
    run.load(model=model)
    return model
