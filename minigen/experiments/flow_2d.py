"""Flows of the plane against five densities that are known exactly: moons, rings, eight Gaussians, a checkerboard, spirals."""

import numpy as np

from minigen import data as toys
from minigen import nn, optim, random, tensor
from minigen.autograd import no_grad
from minigen.bijections import Affine, AffineCoupling, Chain, SplineCoupling, half_mask
from minigen.device import to_numpy
from minigen.distributions import TransformedDistribution
from minigen.distributions.transformed import standard_normal
from minigen.experiments.planes import against_truth, density_map, load_points, log_density_of, points_of
from minigen.nn.module import Buffer
from minigen.train import fit

NAME = "flow-2d"
DESCRIPTION = "spline couplings and affine couplings on moons, rings, eight Gaussians, a checkerboard and spirals"
PUBLISHED = "NLL = the entropy of each density (KL = 0), known exactly or to 0.01 nats; no flow can be below it on new points"
STEPS = 2_000
BATCH, LEARNING_RATE = 512, 2e-3
TOYS = {
    "moons": toys.moons, "rings": toys.rings, "eight Gaussians": lambda: toys.eight_gaussians(2.0, 0.2),
    "checkerboard": toys.checkerboard, "spirals": toys.spirals,
}  # fmt: skip
KINDS = ("spline", "affine")


class Flows(nn.Module):
    """One flow for each pair of a density and a kind of coupling, trained side by side: {"moons, spline": …}"""

    def __init__(self, boxes):
        self.flows = {f"{name}, {kind}": flow(kind, box) for name, box in boxes.items() for kind in KINDS}


def flow(kind, box, hidden=64):
    """Six couplings that take turns, of one kind, on a box that is first moved to about [−2.5, 2.5]²."""
    (x0, x1), (y0, y1) = box
    half = np.array([x1 - x0, y1 - y0]) / 5
    centre = np.array([x0 + x1, y0 + y1]) / 2
    couplings = []
    for i in range(6):
        mask = half_mask(2, flip=i % 2 == 1)
        if kind == "spline":
            couplings.append(SplineCoupling(mask, nn.MLP(1, hidden, hidden, 3 * 12 - 1), bins=12))
        else:
            couplings.append(AffineCoupling(mask, nn.MLP(1, hidden, hidden, 2)))
    frame = Affine(*(Buffer(v.astype(np.float32)) for v in (1 / half, -centre / half)))
    return TransformedDistribution(standard_normal(2), Chain(frame, *couplings).inv)


class Draws:
    """New points of every density at each step, a tensor (densities, BATCH, 2). They come from minigen's own stream: no other state."""

    def __init__(self, sources, device=None):
        self.sources, self.device = sources, device

    def forever(self):
        while True:
            yield tensor(np.stack([source(BATCH) for source in self.sources]), device=self.device)

    def state(self):
        return {}

    def load_state(self, state):
        pass


class Parts:
    """What training needs: the densities, two flows for each, Adam with a falling rate, new points without end.

    Of points of one's own (a CSV file) there is no truth, and the points are drawn with replacement.
    """

    def __init__(self, data=None, device=None, steps=None):
        if data is None:
            self.toys = {name: make() for name, make in TOYS.items()}
            self.boxes = {name: toy.box for name, toy in self.toys.items()}
            sources = [toy.sample for toy in self.toys.values()]
        else:
            points = load_points(data)
            self.toys, self.boxes = {}, {"points": tuple(zip(points.min(axis=0), points.max(axis=0)))}
            sources = [lambda n: points[random.randint(0, len(points), (n,), "cpu")]]
        self.model = Flows(self.boxes)
        if device is not None:
            self.model = self.model.to(device)
        self.optimizer = optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        self.schedule = optim.CosineAnnealingLR(self.optimizer, steps or STEPS)
        self.data = Draws(sources, device)

    def loss(self, x):
        """The sum over all flows of their mean NLL, in nats: no two share a weight, so each is trained by itself."""
        flows, rows = self.model.flows.values(), np.repeat(np.arange(len(x)), len(KINDS))
        return sum(-flow.log_prob(x[int(i)]).mean() for flow, i in zip(flows, rows))


build = Parts


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the densities, return the report."""
    if steps is None and budget is None:
        steps = STEPS
    parts = build(data, device, steps)
    if run.folder is not None:
        run.keep(schedule=parts.schedule)
        run.set_options(boxes={name: [[float(v) for v in side] for side in box] for name, box in parts.boxes.items()})
    loop = fit(parts.loss, parts.data, parts.optimizer, steps=steps, budget=budget, run=run, model=parts.model, progress=progress)
    for _ in loop:
        parts.schedule.step()
    if run.figures:
        draw(run, parts)
    return report(parts)


def report(parts):
    """The numbers: name with unit -> value; NLL, entropy and KL from the same 20,000 new points of each density."""
    found = {}
    for name, toy in parts.toys.items():
        for kind in KINDS:
            nll, entropy, kl, error = against_truth(parts.model.flows[f"{name}, {kind}"], toy)
            found[f"{name}, {kind}: KL(truth ‖ flow) [nats]"] = f"{kl:.4f} ± {error:.4f}"
            found[f"{name}, {kind}: NLL of new points [nats], the truth has {entropy:.4f}"] = nll
    found["numbers learned"] = parts.model.num_parameters()
    return found


def draw(run, parts):
    """For each density: the truth, both flows, draws of the spline flow."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    columns, rows = {}, [*(["truth"] if parts.toys else []), *(f"{kind} couplings" for kind in KINDS), "drawn, spline"]
    for name, box in parts.boxes.items():
        flows = [parts.model.flows[f"{name}, {kind}"] for kind in KINDS]
        cells = [density_map(lambda at, f=f: log_density_of(f, at), box) for f in flows]
        truth = [density_map(parts.toys[name].log_prob, box)] if parts.toys else []
        with no_grad():
            columns[name] = [*truth, *cells, to_numpy(flows[0].sample((2_000,)).data)]
    viz.save(
        viz.density_maps(columns, rows, parts.boxes), run.figures / "densities.png",
        "Densities of the plane in a table: the truth, what two kinds of flows made of it, and points drawn.",
    )  # fmt: skip


def sample(model, n):
    """n points of the first spline flow: (n, 2)"""
    return points_of(next(iter(model.flows.values())), n)


def load(run):
    """The trained flows of a run."""
    model = Flows(run.config["options"]["boxes"])
    run.load(model=model)
    return model
