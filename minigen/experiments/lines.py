"""What the experiments on one number share: the numbers of ``--data``, draws, the geyser's data, a density with its histogram."""

import numpy as np

from minigen.autograd import no_grad
from minigen.data import old_faithful
from minigen.device import to_numpy


def load_numbers(path):
    """The last column of a CSV file with a heading, as an array (N,). ValueError if it has no numbers."""
    return np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)[:, -1]


def waiting_times(path=None):
    """Minutes between eruptions of Old Faithful, (272,), or the numbers of ``path``."""
    return old_faithful()[:, 1] if path is None else load_numbers(path)


def numbers_of(model, n):
    """n draws of a density on the line, as an array (n,)."""
    return to_numpy(model.sample((n,)).data)


def density_of(model, x):
    """p(x) on an array x, as an array."""
    with no_grad():
        return np.exp(to_numpy(model.log_prob(np.asarray(x, np.float32)).data))
