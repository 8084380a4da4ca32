"""A convolutional autoencoder on MNIST beside PCA with as many numbers a code: what the curved manifold is worth."""

from minigen import eye, linalg, optim, random, tensor, zeros
from minigen.autograd import no_grad
from minigen.data import batches, mnist
from minigen.distributions import MultivariateNormal
from minigen.experiments.own_images import EVERY, as_images, averaged, load_images, remember_shape
from minigen.models.conv_autoencoder import ConvAutoencoder
from minigen.models.pca import PCA
from minigen.nn import Buffer
from minigen.train import fit

NAME = "conv-ae"
DESCRIPTION = "a convolutional autoencoder with 16 latent numbers on MNIST, beside PCA with 16"
PUBLISHED = "no number: a figure of CS231n (lecture 11, 2019). To be beaten: PCA's held-out error, in the report"
STEPS = 3_000  # 0.0132, PCA 0.0279
BATCH = 128
LATENT = 16


class Parts:
    """What training needs: images, of which the last tenth is held out, PCA fitted to the others, the model, Adam, the batches."""

    def __init__(self, data=None, device=None):
        images = load_images(data, mnist)
        self.images, self.unseen = images.split(max(1, len(images) // 10))
        self.shape = images.images.shape[1:]
        self.x, self.unseen_x = tensor(self.images.x, device=device), tensor(self.unseen.x, device=device)
        self.pca = PCA(min(LATENT, len(self.images))).fit(self.x)
        self.model = network(self.shape).to(self.x.device)
        self.optimizer = optim.Adam(self.model.parameters(), lr=1e-3)
        self.data = batches(self.x, BATCH)

    def loss(self, x):
        """|x − x̂|², averaged over the mini-batch."""
        return self.model.loss(x).mean()


build = Parts


def network(shape):
    """The untrained model for images of this (height, width), which it remembers, with the Gaussian that codes will be drawn from."""
    model = ConvAutoencoder(shape, LATENT)
    model.image_shape = tuple(shape)
    model.codes = MultivariateNormal(Buffer(zeros(LATENT).data), scale_tril=Buffer(eye(LATENT).data))
    return model


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the two figures, return the report."""
    parts = build(data, device)
    remember_shape(run, parts.images)
    if steps is None and budget is None:
        steps = STEPS
    loop = fit(parts.loss, parts.data, parts.optimizer, steps=steps, budget=budget, run=run, model=parts.model, progress=progress)
    for step, _ in loop:
        if step % EVERY == 0 or step == 1:
            run.log(step, held_out=squared_error(parts.model, parts.unseen_x[:1000]))
    fit_codes(parts.model, parts.x)
    run.save()
    if run.figures:
        draw(run, parts)
    return report(parts)


def fit_codes(model, x):
    """Set ``model.codes`` to the mean and the covariance of the codes of ``x``: an autoencoder itself does not say which are likely."""
    with no_grad():
        z = model.encode(x)
        model.codes.loc.copy_(z.mean(axis=0))
        d = z - model.codes.loc
        covariance = d.mT @ d / len(z) + 1e-6 * eye(LATENT, device=x.device)
        model.codes.scale_tril.copy_(linalg.cholesky(covariance))


def squared_error(model, x):
    """(1/D) |x − x̂|², averaged over the rows of ``x``, a thousand at a time: the mean squared error of a pixel."""
    with no_grad():
        sums = [((b - model.reconstruct(b)) ** 2).sum().item() for b in (x[i : i + 1000] for i in range(0, len(x), 1000))]
    return sum(sums) / x.numel()


def report(parts):
    """The numbers: name with unit -> value. Errors are per pixel, grey values in [0, 1]."""
    ours, pca = (squared_error(model, parts.unseen_x) for model in (parts.model, parts.pca))
    return {
        "data": f"{len(parts.images):,} images to learn from, {len(parts.unseen):,} held out ({parts.images.source})",
        "latent numbers": LATENT,
        "held-out squared error of a pixel": ours,
        "training squared error of a pixel": squared_error(parts.model, parts.x[: len(parts.unseen)]),
        "held-out squared error of a pixel, PCA": pca,
        "held-out error, ours / PCA's": ours / pca,
    }


def draw(run, parts):
    """Held-out images with both reconstructions, images decoded from random codes, the curves."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    x, shape = parts.unseen_x[:10], parts.shape
    with no_grad():
        rows = {"held out": x, f"{LATENT} numbers": parts.model.reconstruct(x), f"PCA, {LATENT}": parts.pca.reconstruct(x)}
        with random.fork(0):
            drawn = sample(parts.model, 40)
    viz.save(
        viz.image_rows({name: as_images(row, shape) for name, row in rows.items()}, "an image, and what its code restores"),
        run.figures / "reconstructions.png",
        "Held-out images, their reconstructions by the autoencoder, and by PCA with as many numbers.",
    )
    viz.save(
        viz.image_grid(drawn, 10, "decoded from random codes"),
        run.figures / "samples.png",
        "Images decoded from codes of a Gaussian with the mean and covariance of the training images' codes.",
    )
    steps, losses = run.metrics("loss")
    places, means = averaged(steps, losses)
    lines = {"training": (places, -means / parts.x.shape[1]), "held out": run.metrics("held_out")}
    marks = {f"PCA, {LATENT} numbers": squared_error(parts.pca, parts.unseen_x)}
    viz.save(
        viz.curves(lines, "error while learning", ylabel="squared error of a pixel", marks=marks, limits=(0, 2 * max(marks.values()))),
        run.figures / "curves.png",
        "The squared error on training and held-out images over the training steps, with that of PCA as a line.",
    )


def sample(model, n):
    """n images (n, H, W) in [0, 1], decoded from codes of a Gaussian that has the mean and covariance of the training images' codes."""
    with no_grad():
        return as_images(model.decode(model.codes.sample((n,))), model.image_shape)


def load(run):
    """The trained model of a run."""
    model = network(run.config["options"]["image_shape"])
    run.load(model=model)
    return model
