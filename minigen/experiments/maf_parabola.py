"""Masked autoregressive flow on points of a parabola, and what its two readings cost: one pass of the networks, or D."""

import time

from minigen import random
from minigen.autograd import no_grad
from minigen.experiments import parabola
from minigen.experiments.planes import points_of
from minigen.models import IAF, MAF

NAME = "maf-parabola"
DESCRIPTION = "MAF of 3 MADEs, hidden 32-32, on 1,500 points of a bent Gaussian; passes of MAF and IAF timed"
PUBLISHED = "NLL -3.151 at step 1,000 (Dürr, Sick, Murina 2020, nb_ch06_04); entropy -3.1535875, exactly"
STEPS = 1_000
PRINTED = {1_000: -3.151}
SIZES = (2, 4, 8, 16, 32, 64)  # D for the timing


def flow():
    """The untrained flow."""
    return MAF(2, hidden=(32, 32), blocks=3)


def build(data=None, device=None):
    """What training needs."""
    return parabola.Parts(flow, data, device)


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, time the passes, draw the figures, return the report."""
    found = parabola.fitted(build(data, device), run, PRINTED, STEPS, steps, budget, progress)
    times = timed()
    if run.figures:
        draw(run, times)
    return found | {f"{name}, D = {SIZES[-1]}, 1,000 points [ms]": line[-1] for name, line in times.items()}


def timed(n=1_000, repeats=5):
    """Milliseconds for n densities and n draws of MAF and of IAF with 3 MADEs, the least of some: {what: a number for each D in SIZES}"""
    times = {}
    for size in SIZES:
        with no_grad(), random.fork(0):
            for name, model in (("MAF", MAF(size, (64,), 3)), ("IAF", IAF(size, (64,), 3))):
                x = model.sample((n,))
                for what, action in (("density", lambda: model.log_prob(x)), ("draws", lambda: model.sample((n,)))):  # noqa: B023
                    times.setdefault(f"{name}, {what}", []).append(min(clocked(action) for _ in range(repeats)))
    return times


def clocked(action):
    """How long it takes, in milliseconds."""
    start = time.perf_counter()
    action()
    return 1e3 * (time.perf_counter() - start)


def draw(run, times):
    """Time over D: two lines rise with D, two stay."""
    from minigen import viz  # matplotlib takes a second, which --help and a wrong option should not cost

    lines = {name: (SIZES, line) for name, line in times.items()}
    viz.save(
        viz.power_law(lines, title="one pass or D", xlabel="D", ylabel="ms for 1,000 points"),
        run.figures / "passes.png", "Drawing from MAF and densities of IAF take D passes, the other two one.",
    )  # fmt: skip


sample = points_of


def load(run):
    """The trained flow of a run."""
    model = flow()
    run.load(model=model)
    return model
