"""The waiting times of Old Faithful under polynomials that rise: the flow of sums of squares."""

from minigen.experiments import geyser_flow
from minigen.experiments.lines import numbers_of
from minigen.models.sos import SOSFlow

NAME = "geyser-sos"
DESCRIPTION = "two polynomials of degree 5 with sums of squares as slopes, on 272 waiting times of Old Faithful"
PUBLISHED = "no number of a flow; two equal normals with EM 3.80148 nats (mixtools, Benaglia et al. 2009), one normal 4.0268"
STEPS = 2_000


class Parts(geyser_flow.Parts):
    """As for the geyser flow, with another flow."""

    printed = None

    def flow(self):
        """The untrained flow."""
        return SOSFlow(layers=2, squares=2, degree=2, mean=float(self.x.mean().item()), std=float(self.x.data.std()))


build = Parts


def train(run, *, steps=None, budget=None, data=None, device=None, progress=True):
    """Train, draw the figures, return the report."""
    return geyser_flow.fitted(build(data, device), run, STEPS, steps, budget, progress)


sample = numbers_of


def load(run):
    """The trained flow of a run."""
    model = SOSFlow(layers=2, squares=2, degree=2)
    run.load(model=model)
    return model
