"""∫ p(y) dy over a line or a plane, cell by cell, and refined where it matters: does a flow's density contain all the mass?"""

from itertools import product

import numpy as np

NODES = {1: 8, 2: 4}  # Gauss–Legendre nodes for each axis of a cell
LEVELS = 14  # how often a cell may be halved


def cell_masses(density, lines, tolerance=1e-8):
    """∫ p over each cell of a grid: ``lines`` holds one rising array for each axis, of m + 1 places; the result has shape (m₁, m₂, …).

    ``density``: (M, D) -> (M,), arrays. A cell whose integral changes by more than ``tolerance`` when it is cut into 2ᴰ is replaced by
    its parts, so a peak or a singular edge costs points only where it is.
    """
    shape = tuple(len(line) - 1 for line in lines)
    low = _corners([line[:-1] for line in lines])
    high = _corners([line[1:] for line in lines])
    cell, found = np.arange(len(low)), np.zeros(len(low))
    whole = _integrals(density, low, high)
    halves = np.array(list(product((0.0, 0.5), repeat=len(lines))))  # where the 2ᴰ parts begin, in units of the cell
    for level in range(LEVELS):
        size = high - low
        part_low = (low[:, None] + halves * size[:, None]).reshape(-1, len(lines))
        part_high = part_low + np.repeat(size / 2, len(halves), axis=0)
        parts = _integrals(density, part_low, part_high)
        sums = parts.reshape(-1, len(halves)).sum(axis=1)
        again = np.abs(sums - whole) > tolerance
        if level == LEVELS - 1:
            again[:] = False
        np.add.at(found, cell[~again], sums[~again])
        if not again.any():
            break
        keep = np.repeat(again, len(halves))
        low, high, whole, cell = part_low[keep], part_high[keep], parts[keep], np.repeat(cell[again], len(halves))
    return found.reshape(shape)


def _corners(lines):
    """The points of a grid, (number of points, D)"""
    return np.stack([a.ravel() for a in np.meshgrid(*lines, indexing="ij")], axis=1)


def _integrals(density, low, high):
    """∫ p over the boxes between ``low`` and ``high``, (K, D) each: (K,)"""
    d = low.shape[1]
    nodes, weights = np.polynomial.legendre.leggauss(NODES[d])
    at = _corners([(nodes + 1) / 2] * d)  # in units of the box: (n, D)
    weight = _corners([weights / 2] * d).prod(axis=1)
    points = low[:, None] + at * (high - low)[:, None]  # (K, n, D)
    return (density(points.reshape(-1, d)).reshape(len(low), -1) * weight).sum(axis=1) * (high - low).prod(axis=1)
