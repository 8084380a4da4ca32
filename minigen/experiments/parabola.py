"""What realnvp-parabola and maf-parabola share: 1,500 points of a bent Gaussian, the fit, held-out numbers, three pictures."""

from minigen import data as toys
from minigen import optim, tensor
from minigen.autograd import no_grad
from minigen.data import batches
from minigen.device import to_numpy
from minigen.experiments.planes import against_truth, density_map, grid, load_points, log_density_of
from minigen.train import fit

POINTS, LEARNING_RATE, EVERY = 1_500, 1e-3, 50
BOX = ((-0.1, 0.9), (-0.35, 0.35))  # what the pictures show


class Parts:
    """What training needs: 1,500 points (N, 2) as one batch, the flow, Adam. ``toy`` is the truth, None for points of one's own."""

    def __init__(self, flow, data=None, device=None):
        self.toy = toys.parabola() if data is None else None
        points = self.toy.sample(POINTS, seed=0) if data is None else load_points(data)
        self.x = tensor(points, dtype="float32", device=device)
        self.model = flow().to(self.x.device)
        self.optimizer = optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        self.data = batches(self.x, len(self.x), shuffle=False)

    def loss(self, x):
        """The negative log-likelihood (NLL) in nats, averaged over the points."""
        return -self.model.log_prob(x).mean()


def fitted(parts, run, printed, default, steps, budget, progress):
    """Train ``parts`` for ``default`` steps unless told otherwise, draw the figures, return the report."""
    if steps is None and budget is None:
        steps = default
    loop = fit(parts.loss, parts.data, parts.optimizer, steps=steps, budget=budget, run=run, model=parts.model, progress=progress)
    for step, _ in loop:
        if parts.toy is not None and (step % EVERY == 0 or step == 1):
            run.log(step, held_out=against_truth(parts.model, parts.toy)[0])
    if run.figures:
        draw(run, parts, printed)
    return report(run, parts, printed)


def report(run, parts, printed):
    """The numbers: name with unit -> value.

    No model's NLL on new points is, on average, below the entropy: it is entropy + KL(truth ‖ model). A training NLL that is lower than
    that of the true density on the same points says that the flow has begun to learn their noise.
    """
    with no_grad():
        nll = parts.loss(parts.x).item()
    found = {"NLL of the points it learned from [nats]": nll}
    if parts.toy is not None:
        held_out, _, kl, error = against_truth(parts.model, parts.toy)
        found |= {
            "NLL of the true density on the same points [nats]": -parts.toy.log_prob(to_numpy(parts.x.data)).mean(),
            "entropy of the true density, exactly [nats]": parts.toy.entropy,
            "NLL of 20,000 new points [nats]": held_out,
            "KL(truth ‖ flow) on new points [nats]": kl,
            "standard error of the KL [nats]": error,
            "least NLL of new points during training [nats]": min(run.metrics("held_out")[1], default=held_out),
        }
    losses = dict(zip(*run.metrics("loss")))
    for step, value in printed.items():
        if parts.toy is not None and step in losses:
            found[f"NLL at step {step:,} [nats], in the book {value:g}"] = losses[step]
    found["numbers learned"] = parts.model.num_parameters()
    return found


def draw(run, parts, printed):
    """The density over the points, what becomes of the four quadrants of z, the NLL over the steps."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    model, points = parts.model, to_numpy(parts.x.data)
    low, high = points.min(axis=0), points.max(axis=0)
    box = BOX if parts.toy is not None else tuple(zip(low, high))
    x, y, _ = grid(box)
    densities = {} if parts.toy is None else {"truth": density_map(parts.toy.log_prob, box)}
    densities["flow"] = density_map(lambda at: log_density_of(model, at), box)
    viz.save(
        viz.density_contours(x, y, densities, points[:300], "a bent Gaussian", labels=("$x_1$", "$x_2$")), run.figures / "density.png",
        "Contours of the true density, in greys, and of the flow over it: two arms that open to the right.",
    )  # fmt: skip
    with no_grad():
        z = model.base.sample((2_000,))
        image = to_numpy(model.decode(z).data)
    z = to_numpy(z.data)
    quadrant = 2 * (z[:, 0] > 0) + (z[:, 1] > 0)
    viz.save(
        viz.scattered({"z ~ N(0, I)": z, "x = g(z)": image}, quadrant, {"x = g(z)": box}, "where the quadrants go"),
        run.figures / "quadrants.png", "Draws of z in four colours, one for each quadrant, and the same draws bent to a parabola.",
    )  # fmt: skip
    lines = {"points it learned from": run.metrics("loss"), "new points": run.metrics("held_out")}
    known = parts.toy is not None
    marks = {"entropy of the truth": parts.toy.entropy} if known else {}
    points = {"printed in the book": (list(printed), list(printed.values()))} if known else {}
    shown = {name: line for name, line in lines.items() if len(line[0])}
    viz.save(
        viz.curves(shown, "negative log-likelihood", ylabel="nats", marks=marks, points=points, limits=(-3.4, -1.5) if known else None),
        run.figures / "curve.png", "The NLL of the training points sinks below the entropy, that of new points stays above it.",
    )  # fmt: skip
