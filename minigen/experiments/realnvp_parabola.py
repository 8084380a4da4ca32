"""The slide's listing: RealNVP of five couplings, fitted to points of a parabola. A training NLL below the entropy is overfitting."""

from minigen.experiments import parabola
from minigen.experiments.planes import points_of
from minigen.models.realnvp import RealNVP

NAME = "realnvp-parabola"
DESCRIPTION = "listing 6.realnvp: 5 couplings, hidden 32-32, on 1,500 points of a bent Gaussian, full batch"
PUBLISHED = "NLL -2.371 at step 100, -3.126 at 200, -3.171 at 1,000 (Dürr, Sick, Murina 2020, nb_ch06_04); entropy -3.1535875, exactly"
STEPS = 1_000
PRINTED = {100: -2.371, 200: -3.126, 1_000: -3.171}  # step -> NLL in the book's notebook


def flow():
    """The untrained flow."""
    return RealNVP(2, hidden=(32, 32), blocks=5, bound=3.0)


def build(data=None, device=None):
    """What training needs."""
    return parabola.Parts(flow, data, device)


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    return parabola.fitted(build(data, device), run, PRINTED, STEPS, steps, budget, progress)


sample = points_of


def load(run):
    """The trained flow of a run."""
    model = flow()
    run.load(model=model)
    return model
