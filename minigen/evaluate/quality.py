"""FID, KID, precision and recall: how far samples are from the data in a space of features, here those of our own classifier.

Features are points (N, D). Take them from ``feature_net("mnist").features(images)``, and then call the result "FID in our own
classifier's features": it cannot be compared with a FID in Inception's, which is what papers print. All three need as many samples of one
model as of the other: with few samples FID is larger, for every model, data against data included.
"""

from typing import NamedTuple

import numpy as np

from minigen.evaluate.features import feature_net
from minigen.evaluate.points import BLOCK, blocks, points


def frechet_distance(mean1, cov1, mean2, cov2):
    """W₂² between N(μ₁, C₁) and N(μ₂, C₂):  |μ₁ − μ₂|² + tr(C₁ + C₂ − 2 (C₁ C₂)^½)                        [Dowson, Landau 1982]

    tr (C₁ C₂)^½ is the sum of the singular values of C₁^½ C₂^½: no square root of a matrix that is not symmetric is needed.
    """
    cross = np.linalg.svd(_root(cov1) @ _root(cov2), compute_uv=False).sum()
    return float(np.square(mean1 - mean2).sum() + np.trace(cov1) + np.trace(cov2) - 2 * cross)


def _root(cov):
    """C^½ of a symmetric C whose negative eigenvalues are rounding"""
    values, vectors = np.linalg.eigh(cov)
    return vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T


def fid(real, fake):
    """The Fréchet distance between the normal distributions with the means and covariances of two sets of features, (N, D), (M, D).

    It sees first and second moments only, and is biased upward like 1/N.
    Source: M. Heusel et al. 2017, https://arxiv.org/abs/1706.08500
    """
    real, fake = points("fid", real, fake)
    return frechet_distance(*(moment for x in (real, fake) for moment in (x.mean(axis=0), np.atleast_2d(np.cov(x.T)))))


def kid(real, fake):
    """MMD² of two sets of features, (N, D), (M, D), under k(a, b) = (aᵀb / D + 1)³. Unbiased, so it may be negative.

    Source: M. Bińkowski et al. 2018, https://arxiv.org/abs/1801.01401
    """
    real, fake = points("kid", real, fake)
    (n, d), m = real.shape, len(fake)

    def total(a, b):
        """Σ k(aᵢ, bⱼ) over all pairs"""
        return sum(((a[i : i + BLOCK] @ b.T / d + 1) ** 3).sum() for i in range(0, len(a), BLOCK))

    def others(a):
        """Σ k(aᵢ, aⱼ) over i ≠ j: a sample is not paired with itself"""
        return total(a, a) - ((np.square(a).sum(axis=1) / d + 1) ** 3).sum()

    return float(others(real) / (n * (n - 1)) + others(fake) / (m * (m - 1)) - 2 * total(real, fake) / (n * m))


class PrecisionRecall(NamedTuple):
    """``precision``: the share of the samples that could be data; ``recall``: the share of the data that could be samples."""

    precision: float
    recall: float


def precision_recall(real, fake, k=3):
    """Precision and recall of samples ``fake`` (M, D) of the data ``real`` (N, D), both in [0, 1].

    Where a set could lie is guessed: in the balls around its points that reach to their k-th nearest neighbours. Precision is the share
    of ``fake`` in the balls of ``real``; recall is the share of ``real`` in the balls of ``fake``. A generator that knows one good image
    only has precision 1 and recall 0; one that gives noise around all data, the reverse. ValueError unless 0 < k < N and k < M.
    Source: T. Kynkäänniemi et al. 2019, https://arxiv.org/abs/1904.06991
    """
    real, fake = points("precision_recall", real, fake)
    if not 0 < k < min(len(real), len(fake)):
        raise ValueError(f"precision_recall: expected 0 < k < {min(len(real), len(fake))}, the number of points, got {k}")
    return PrecisionRecall(_share_inside(fake, real, k), _share_inside(real, fake, k))


def _share_inside(x, centers, k):
    """The share of the points ``x`` that lie in one of the balls of ``centers``."""
    radius = np.concatenate([np.partition(d, k, axis=1)[:, k] for d in blocks(centers, centers)])  # d has the point itself, too, at 0
    return float(np.concatenate([(d <= radius).any(axis=1) for d in blocks(x, centers)]).mean())


def sample_quality(real, fake, data="mnist"):
    """What an experiment prints of its samples: {name: number}. ``real`` and ``fake``: as many images each, as ``feature_net`` takes them.

    ``real`` should be images that the model was not trained on. ``data``: whose classifier, "mnist" or "fashion-mnist".
    """
    net = feature_net(data)
    real, fake = net.features(real), net.features(fake)
    precision, recall = precision_recall(real, fake)
    return {
        f"FID of {len(fake):,} samples in our own classifier's features, not Inception's": fid(real, fake),
        "KID in our own classifier's features": kid(real, fake),
        "precision in our own classifier's features": precision,
        "recall in our own classifier's features": recall,
    }
