"""A chain of five straight lines and five bends, fitted to the waiting times of Old Faithful: the slide "Practical example"."""

import numpy as np

from minigen import optim, tensor
from minigen.autograd import no_grad
from minigen.bijections import Affine, Chain, SinhArcsinh
from minigen.data import batches
from minigen.device import to_numpy
from minigen.distributions import Normal, TransformedDistribution
from minigen.experiments.affine_flow import most_likely
from minigen.experiments.lines import density_of, numbers_of, waiting_times
from minigen.train import fit

NAME = "geyser-flow"
DESCRIPTION = "5 × (sinh-arcsinh, a z + b) on 272 waiting times of Old Faithful, full batch"
PUBLISHED = "NLL 4.387 nats after 2,000 steps, 3.8010 after 18,000 (Dürr, Sick, Murina 2020, nb_ch06_03); one a z + b alone: 4.0268"
STEPS = 18_000
PRINTED = {2000: 4.387, 18_000: 3.8010}  # step -> NLL in the book's notebook
PAIRS = 5


class Parts:
    """What training needs: the waiting times in minutes (272,), the flow, Adam, all data as one batch. It starts as x = z."""

    printed = PRINTED  # to be compared with

    def __init__(self, data=None, device=None):
        self.x = tensor(waiting_times(data), dtype="float32", device=device)
        self.model = self.flow().to(self.x.device)
        self.optimizer = optim.Adam(self.model.parameters(), lr=0.01)
        self.data = batches(self.x, len(self.x), shuffle=False)

    def flow(self):
        """The untrained flow."""
        return chained_flow()

    def loss(self, x):
        """The negative log-likelihood (NLL) in nats, averaged over the data."""
        return -self.model.log_prob(x).mean()


build = Parts


def chained_flow(pairs=PAIRS):
    """x = g(z), z ~ N(0, 1), g a chain of ``pairs`` pairs: a bend, then a straight line. Without bends all lines would be one line."""
    return TransformedDistribution(Normal(0.0, 1.0), Chain(*(b for _ in range(pairs) for b in (SinhArcsinh(), Affine()))))


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    return fitted(build(data, device), run, STEPS, steps, budget, progress)


def fitted(parts, run, default, steps, budget, progress):
    """Train ``parts`` for ``default`` steps unless told otherwise, draw the figures, return the report."""
    if steps is None and budget is None:
        steps = default
    loop = fit(parts.loss, parts.data, parts.optimizer, steps=steps, budget=budget, run=run, model=parts.model, progress=progress)
    for _ in loop:
        pass
    if run.figures:
        draw(run, parts)
    return report(parts, run)


def report(parts, run):
    """The numbers: name with unit -> value."""
    with no_grad():
        nll = parts.loss(parts.x).item()
    x = to_numpy(parts.x.data).astype(float)
    found = {"NLL [nats]": nll, "of one a z + b, exactly [nats]": most_likely(x), "numbers learned": parts.model.num_parameters()}
    losses = dict(zip(*run.metrics("loss")))
    for step, printed in (parts.printed or {}).items():
        if step in losses:
            found[f"NLL at step {step:,} [nats], in the book {printed:g}"] = losses[step]
    return found


def draw(run, parts):
    """The data with the fitted density, the learned map, the NLL over the steps beside the printed values."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    x = to_numpy(parts.x.data).astype(float)
    at = np.linspace(x.min() - 10, x.max() + 10, 400)
    densities = {"flow": (at, density_of(parts.model, at)), "one a z + b": (at, normal_density(at, x.mean(), x.std()))}
    viz.save(
        viz.histogram(x, densities, 24, "Old Faithful", "minutes between two eruptions"), run.figures / "density.png",
        "Waiting times in two humps, the density of the flow over them, and one normal density, which misses both.",
    )  # fmt: skip
    z = np.linspace(-3, 3, 601)
    with no_grad():
        image = to_numpy(parts.model.decode(np.asarray(z, np.float32)).data).astype(float)
    places = (-2, -1, 0, 1, 2)
    viz.save(
        viz.mass_map(z, image, normal_density(z, 0, 1), density_of(parts.model, image), places, x, "the learned map"),
        run.figures / "map.png", "A rising curve from z to minutes, steep between the humps, where there is little mass to share.",
    )  # fmt: skip
    steps, losses = run.metrics("loss")
    printed = {"printed in the book": (list(parts.printed), list(parts.printed.values()))} if parts.printed else {}
    lines, marks = {"NLL": (steps, losses)}, {"one a z + b": most_likely(x)}
    viz.save(
        viz.curves(lines, "negative log-likelihood", ylabel="nats", marks=marks, points=printed, limits=(3.7, 4.7)),
        run.figures / "curve.png", "The NLL falls below that of one straight line, and on to 3.80.",
    )  # fmt: skip


def normal_density(x, mean, std):
    """N(x; mean, std²) of arrays."""
    return np.exp(-0.5 * ((x - mean) / std) ** 2) / (std * np.sqrt(2 * np.pi))


sample = numbers_of


def load(run):
    """The trained flow of a run."""
    model = chained_flow()
    run.load(model=model)
    return model
