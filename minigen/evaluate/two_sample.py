"""Do two sets of points come from one distribution? MMD, a classifier that tries to tell them apart, energy distance, W₁ on the line."""

import math
from typing import NamedTuple

import numpy as np

from minigen import nn, optim, random, tensor
from minigen.autograd import no_grad
from minigen.data import batches
from minigen.device import special, to_numpy
from minigen.evaluate.points import blocks, points, squared_distances
from minigen.nn import functional as F


class Permutation(NamedTuple):
    """A ``statistic`` and its ``p_value``: how often the same points, divided at random, give one at least as large."""

    statistic: float
    p_value: float


# --- maximum mean discrepancy -------------------------------------------------------------------------------------------------


def median_width(*sets):
    """The median heuristic: the median distance between different points of all ``sets`` together. ValueError if it is zero."""
    pooled = np.concatenate(points("median_width", *sets))
    width = math.sqrt(np.median(squared_distances(pooled, pooled)[np.triu_indices(len(pooled), 1)]))
    if not width:
        raise ValueError("median_width: most points are equal; give the width of the kernel yourself")
    return width


def gaussian_kernel(a, b, width):
    """k(a, b) = exp(−|a − b|² / 2 width²): (N, D), (M, D) -> (N, M)"""
    return np.exp(-squared_distances(a, b) / (2 * width**2))


def mmd2(x, y, width=None):
    """MMD² of two sets (N, D), (M, D) under the Gaussian kernel, unbiased: it is around 0, also below, if the distributions are one.

        1/(N(N−1)) Σᵢ≠ⱼ k(xᵢ, xⱼ) + 1/(M(M−1)) Σᵢ≠ⱼ k(yᵢ, yⱼ) − 2/(NM) Σᵢⱼ k(xᵢ, yⱼ)                                [eq. 3]

    ``width`` of the kernel: ``median_width(x, y)`` unless given. Memory grows like (N + M)².
    Source: A. Gretton et al. 2012, https://jmlr.org/papers/v13/gretton12a.html
    """
    x, y = points("mmd2", x, y)
    both = np.concatenate([x, y])
    k = gaussian_kernel(both, both, median_width(x, y) if width is None else width)
    return float(_mmd2(k, (np.arange(len(both)) < len(x))[:, None])[0])


def _mmd2(k, first):
    """MMD² from the kernel of all points (N + M, N + M), for P ways to say which are the ``first`` N: (N + M, P) of bools -> (P,)"""
    first = first.astype(np.float64)
    n, m, from_first = first[:, 0].sum(), len(k) - first[:, 0].sum(), k @ first
    xx = (first * from_first).sum(axis=0)
    xy = from_first.sum(axis=0) - xx
    yy = k.sum() - xx - 2 * xy
    x_itself = np.diagonal(k) @ first
    y_itself = np.trace(k) - x_itself
    return (xx - x_itself) / (n * (n - 1)) + (yy - y_itself) / (m * (m - 1)) - 2 * xy / (n * m)


def mmd_test(x, y, permutations=200, width=None, seed=0):
    """MMD² and its p-value: the rank of MMD² among those of the same points divided at random, exact for every N.

    The smallest p-value is 1/(permutations + 1).
    """
    x, y = points("mmd_test", x, y)
    both = np.concatenate([x, y])
    k = gaussian_kernel(both, both, median_width(x, y) if width is None else width)
    draw, first = random.new_generator(seed), np.arange(len(both)) < len(x)
    divided = np.stack([first, *(draw.permutation(first) for _ in range(permutations))], axis=1)
    found, *others = _mmd2(k, divided)
    return Permutation(float(found), (1 + np.sum(np.array(others) >= found)) / (1 + permutations))


# --- a classifier -------------------------------------------------------------------------------------------------------------


class C2ST(NamedTuple):
    """The share of held-out points that a classifier puts into the right set, its standard error, and the p-value."""

    accuracy: float
    standard_error: float
    p_value: float


def c2st(x, y, hidden=32, steps=300, seed=0):
    """Classifier two-sample test: train a network on half of both sets, (N, D) and (M, D), to tell them apart; test it on the rest.

    Of two equal distributions it cannot learn more than chance: the accuracy is then normal around ½ with standard error ½/√n for n
    points to test, of which the p-value is the upper tail. The larger set is cut to the smaller one's size.
    Source: D. Lopez-Paz, M. Oquab 2017, https://arxiv.org/abs/1610.06545
    """
    x, y = points("c2st", x, y)
    n = min(len(x), len(y))
    if n < 20:
        raise ValueError(f"c2st: expected at least 20 points in each set, got {len(x)} and {len(y)}")
    with random.fork(seed):
        x, y = (s[random.randperm(len(s), "cpu")[:n]] for s in (x, y))
        sets = [np.concatenate([x[part], y[part]]) for part in (slice(n // 2), slice(n // 2, None))]
        sets = [((s - sets[0].mean(axis=0)) / (sets[0].std(axis=0) + 1e-12)).astype(np.float32) for s in sets]
        learn, test = ((s, np.repeat(np.array([1, 0], np.float32), len(s) // 2)) for s in sets)
        layers = [nn.Linear(x.shape[1], hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)]
        net = nn.Sequential(*layers).to(np.float32)
        optimizer, stream = optim.Adam(net.parameters(), lr=3e-3, weight_decay=1e-3), batches(*learn, min(128, n)).forever()
        for _ in range(steps):
            z, label = next(stream)
            loss = F.binary_cross_entropy_with_logits(net(z)[:, 0], label)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with no_grad():
            right = (to_numpy(net(tensor(test[0])).data)[:, 0] > 0) == (test[1] == 1)
    error = 0.5 / math.sqrt(len(right))
    return C2ST(float(right.mean()), error, float(special("ndtr", (0.5 - right.mean()) / error)))


# --- distances ----------------------------------------------------------------------------------------------------------------


def energy_distance(x, y):
    """2 E|X − Y| − E|X − X'| − E|Y − Y'| between two sets (N, D), (M, D), each taken as a distribution on its points: ≥ 0.

    Zero only if the sets are one. On the line it is 2 ∫ (F − G)². Source: G. Székely, M. Rizzo 2013,
    https://doi.org/10.1016/j.jspi.2013.03.018
    """
    x, y = points("energy_distance", x, y)

    def mean_distance(a, b):
        return sum(np.sqrt(d).sum() for d in blocks(a, b)) / (len(a) * len(b))

    return float(2 * mean_distance(x, y) - mean_distance(x, x) - mean_distance(y, y))


def wasserstein_1d(x, y):
    """W₁ between two sets of numbers (N,), (M,), exactly, by sorting: the area between their distribution functions.

        W₁ = ∫ |F(t) − G(t)| dt,  for N = M the mean of |x₍ᵢ₎ − y₍ᵢ₎|: the i-th smallest of one is carried to the i-th smallest of the other

    ValueError for points that are not on a line. Source: G. Peyré, M. Cuturi 2019, remark 2.28, https://arxiv.org/abs/1803.00567
    """
    x, y = points("wasserstein_1d", x, y)
    if x.shape[1] != 1:
        raise ValueError(f"wasserstein_1d: expected numbers (N,), which can be sorted, got points with {x.shape[1]} coordinates")
    x, y = np.sort(x[:, 0]), np.sort(y[:, 0])
    if len(x) == len(y):
        return float(np.abs(x - y).mean())
    t = np.sort(np.concatenate([x, y]))
    below_x, below_y = (np.searchsorted(s, t[:-1], side="right") / len(s) for s in (x, y))  # F and G from each point to the next
    return float((np.abs(below_x - below_y) * np.diff(t)).sum())
