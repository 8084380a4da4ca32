"""What the experiments on points of the plane share: a density over a grid, held-out numbers against the truth, draws."""

import numpy as np

from minigen import random
from minigen.autograd import no_grad
from minigen.device import to_numpy

HELD_OUT = 20_000  # new points on which a model is judged: ±0.01 nats


def load_points(path):
    """The first two columns of a CSV file with a heading: (N, 2)"""
    return np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)[:, :2].astype(np.float32)


def points_of(model, n):
    """n draws of a density of the plane, as an array (n, 2)."""
    return to_numpy(model.sample((n,)).data)


def log_density_of(model, points):
    """log p of points (n, 2) as an array (n,), block by block."""
    with no_grad():
        parts = [model.log_prob(np.asarray(points[i : i + 8192], np.float32)) for i in range(0, len(points), 8192)]
    return np.concatenate([to_numpy(part.data).astype(float) for part in parts])


def grid(box, side=200):
    """(x, y, points): the middles of ``side`` × ``side`` cells of a box ((x0, x1), (y0, y1)); points (side², 2), row by row from below."""
    x, y = (low + (high - low) * (np.arange(side) + 0.5) / side for low, high in box)
    return x, y, np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def density_map(log_density, box, side=200):
    """p on a grid: (side, side), for a function (n, 2) -> (n,)"""
    return np.exp(log_density(grid(box, side)[2])).reshape(side, side)


def against_truth(model, toy, seed=1234):
    """(NLL of the model, NLL of the truth, KL(truth ‖ model), its standard error) in nats, on new points that no training has seen.

    KL = E[log p − log p_model], the mean of differences on the same points, which varies far less than each of the two.
    """
    with random.fork(seed):
        x = toy.sample(HELD_OUT)
    truth, found = toy.log_prob(x), log_density_of(model, x)
    gap = truth - found
    return -found.mean(), -truth.mean(), gap.mean(), gap.std() / len(gap) ** 0.5
