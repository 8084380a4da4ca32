"""Has the generator collapsed? Modes of a mixture that samples reach, and how many different samples there are among n."""

import math
from typing import NamedTuple

import numpy as np

from minigen.evaluate.points import points, squared_distances

FEW = 0.4  # of the data's number. In our classifier's features one class of ten has 0.09 to 0.36 of it, noisy or blurred data 0.43 to 0.72


class Modes(NamedTuple):
    """``reached`` of ``total`` modes were hit by a sample of high quality; ``quality`` is the share of such samples."""

    reached: int
    total: int
    quality: float

    def __str__(self):
        return f"{self.reached} of {self.total} modes, {100 * self.quality:.1f} % of high quality"


def count_modes(samples, toy, deviations=3):
    """How many Gaussians of a mixture ``toy``, such as ``data.eight_gaussians()``, the samples (N, 2) reach.

    A sample is of high quality if the nearest centre is at most ``deviations`` standard deviations away; of true samples
    1 − exp(−3²/2) = 98.9 % are. A mode is reached if one such sample is nearest to it. ValueError for a toy that is no such mixture.
    Source: A. Srivastava et al. 2017, https://arxiv.org/abs/1705.07761
    """
    if toy.centers is None:
        raise ValueError(f"count_modes: {toy.name} has no modes; take data.eight_gaussians() or data.gaussians(name, centers, std)")
    samples, centers = points("count_modes", samples, toy.centers)
    distance = squared_distances(samples, centers)
    good = distance.min(axis=1) <= (deviations * toy.std) ** 2
    return Modes(len(np.unique(distance.argmin(axis=1)[good])), len(centers), float(good.mean()))


def effective_number(x, width):
    """How many different points there are among x (N, D): between 1, if all are equal, and N, if all are far apart.

        exp(−Σ λ log λ) of the eigenvalues λ of K/N,  Kᵢⱼ = exp(−|xᵢ − xⱼ|² / 2 width²)

    K equal points far from each other count K, whatever N is; a tight cluster counts one.
    Source: D. Friedman, A. B. Dieng 2023, the Vendi score, https://arxiv.org/abs/2210.02410
    """
    (x,) = points("effective_number", x)
    values = np.linalg.eigvalsh(np.exp(-squared_distances(x, x) / (2 * width**2)) / len(x))
    values = values[values > 0]
    return float(np.exp(-(values * np.log(values)).sum()))


class Diversity(NamedTuple):
    """The effective numbers of different points among as many samples and data; ``collapsed`` if the samples have less than ``FEW``."""

    samples: float
    data: float

    @property
    def collapsed(self):
        """Whether the samples repeat themselves: less than ``FEW`` of the data's effective number."""
        return self.samples < FEW * self.data

    def __str__(self):
        ratio = f"{self.samples:.1f} different samples for {self.data:.1f} different data"
        return f"MODE COLLAPSE: {ratio}" if self.collapsed else f"diversity: {ratio}"


def diversity(real, fake):
    """Whether a generator repeats itself: ``fake`` (M, D) compared with data ``real`` (N, D); print it, it is one line.

    Points may be features of images (``feature_net("mnist").features``), pixels, or points in the plane. Two points count as different
    if they are farther apart than the width, half of the median distance in the data. Of both sets the first min(N, M) points count:
    200 to 500 are enough, and more cost time. It does not see whether the samples are any good, only whether they differ.
    """
    real, fake = points("diversity", real, fake)
    n = min(len(real), len(fake))
    distances = squared_distances(real[:n], real[:n])[np.triu_indices(n, 1)]
    width = 0.5 * math.sqrt(np.median(distances))
    if not width:
        raise ValueError("diversity: most data are equal, so the samples cannot be too equal")
    return Diversity(effective_number(fake[:n], width), effective_number(real[:n], width))
