"""Learning to flow, the smallest case: x = a z + b with z ~ N(0, 1) is fitted to draws of N(5, 0.2²). It takes a second."""

from minigen import optim, random, tensor
from minigen.autograd import no_grad
from minigen.bijections import Affine
from minigen.data import batches
from minigen.device import to_numpy
from minigen.distributions import Normal, TransformedDistribution
from minigen.experiments.lines import load_numbers, numbers_of
from minigen.train import fit

NAME = "affine-flow"
DESCRIPTION = "a z + b, fitted to 1,000 draws of N(5, 0.2²): the slide \"Learning to flow\""
PUBLISHED = "NLL from 13.428 to -0.18727 nats, a = 0.20065, b = 4.99778 (Dürr, Sick, Murina 2020, nb_ch06_03)"
STEPS = 1_000


class Parts:
    """What training needs: the numbers x (N,), the flow, Adam, all data as one batch. It starts as x = z."""

    def __init__(self, data=None, device=None):
        self.x = tensor(the_books_draws() if data is None else load_numbers(data), dtype="float32", device=device)
        self.model = TransformedDistribution(Normal(0.0, 1.0), Affine(1.0, 0.0)).to(self.x.device)
        self.optimizer = optim.Adam(self.model.parameters(), lr=0.05)
        self.data = batches(self.x, len(self.x), shuffle=False)

    def loss(self, x):
        """The negative log-likelihood (NLL) in nats, averaged over the data."""
        return -self.model.log_prob(x).mean()


build = Parts


def the_books_draws(n=1000):
    """n draws of N(5, 0.2²), shifted and scaled to the mean and the standard deviation of the draws in the book's notebook.

    The NLL of a normal density depends on these two numbers only, so its printed values must come out, whatever the generator.
    """
    z = random.new_generator(42).standard_normal(n)
    return 4.99778 + 0.200647 * (z - z.mean()) / z.std()


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw a, b and the NLL over the steps, return the report."""
    parts = build(data, device)
    affine = parts.model.bijection
    if steps is None and budget is None:
        steps = STEPS
    for step, _ in fit(parts.loss, parts.data, parts.optimizer, steps=steps, budget=budget, run=run, model=parts.model, progress=progress):
        run.log(step, a=affine.a.item(), b=affine.b.item())
    if run.figures:
        draw(run)
    return report(parts)


def report(parts):
    """The numbers: name with unit -> value."""
    with no_grad():
        nll = parts.loss(parts.x).item()
    x, affine = to_numpy(parts.x.data).astype(float), parts.model.bijection
    return {
        "NLL [nats]": nll,
        "least possible NLL, log σ̂ + ½ log 2πe of these data [nats]": most_likely(x),
        "a (its most likely value is σ̂)": affine.a.item(),
        "σ̂, with divisor N": float(x.std()),
        "b (its most likely value is the mean)": affine.b.item(),
        "mean of the data": float(x.mean()),
    }


def most_likely(x):
    """The NLL of the best a z + b, in nats, b the mean and a the standard deviation σ̂: the entropy of that normal distribution."""
    return Normal.fit(x).entropy().item()


def draw(run):
    """a and b, and the NLL, over the steps."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    lines = {name: run.metrics(name) for name in ("a", "b")}
    viz.save(viz.curves(lines, "a z + b learns N(5, 0.2²)"), run.figures / "parameters.png", "a falls to 0.2 and b rises to 5.")
    viz.save(
        viz.curves({"NLL": run.metrics("loss")}, "negative log-likelihood", ylabel="nats"),
        run.figures / "curve.png", "The negative log-likelihood falls steeply, and levels off below 0.",
    )  # fmt: skip


sample = numbers_of


def load(run):
    """The trained flow of a run."""
    model = build().model
    run.load(model=model)
    return model
