"""Sets of points, (N, D): what all comparisons of samples with data take; and the distances between them."""

import numpy as np

from minigen.device import to_numpy
from minigen.tensor import Tensor

BLOCK = 512  # rows of a matrix of distances at a time


def points(who, *sets):
    """Each set (array or tensor) as (N, D) float64; plain numbers (N,) are N points on a line.

    ValueError, in the name of ``who``, if they differ in D, if one has fewer than two points, or a number is not finite.
    """
    sets = [np.asarray(to_numpy(x.data if isinstance(x, Tensor) else x), np.float64) for x in sets]
    sets = [x[:, None] if x.ndim == 1 else x for x in sets]
    if any(x.ndim != 2 or len(x) < 2 or x.shape[1] != sets[0].shape[1] for x in sets):
        shapes = " and ".join(str(x.shape) for x in sets)
        raise ValueError(f"{who}: expected points (N, D) and (M, D), N and M at least 2, got {shapes}; flatten images first")
    if not all(np.isfinite(x).all() for x in sets):
        raise ValueError(f"{who}: the numbers must be finite, and some are NaN or infinite")
    return sets


def squared_distances(a, b):
    """|aᵢ − bⱼ|²: (N, D), (M, D) -> (N, M)"""
    from scipy.spatial.distance import cdist  # half a second and 40 MB, which a training that compares nothing should not cost

    return cdist(a, b, "sqeuclidean")


def blocks(a, b):
    """``squared_distances`` of the next ``BLOCK`` rows of ``a`` to all of ``b``, until all were there: 10,000² would be 800 MB."""
    return (squared_distances(a[i : i + BLOCK], b) for i in range(0, len(a), BLOCK))
