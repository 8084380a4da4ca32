"""Outlier detection with a density, its famous failure, and two repairs: typicality and the likelihood ratio.

A density is not a probability of belonging: a Glow trained on clothes finds digits more likely than clothes.
[Nalisnick et al. 2019, https://arxiv.org/abs/1810.09136]
"""

import numpy as np


def auroc(inliers, outliers):
    """The probability that an outlier has the larger score than an inlier, ties counting half: (N,), (M,) -> a number; ½ is guessing.

    It is the area under the curve of detected outliers over false alarms. A score is large for what looks like an outlier: −log p(x).
    ValueError for NaN, which has no rank.
    """
    a, b = np.asarray(inliers, float), np.asarray(outliers, float)
    if np.isnan(a).any() or np.isnan(b).any() or not (len(a) and len(b)):
        raise ValueError(f"auroc: expected two sets of scores without NaN, got {len(a)} and {len(b)}")
    a = np.sort(a)
    below, up_to = np.searchsorted(a, b, "left"), np.searchsorted(a, b, "right")  # inliers with a smaller score, and with no larger one
    return float((below + up_to).mean() / (2 * len(a)))


def atypicality(log_p, log_p_training):
    """|log p(x) − mean log p of training data|: what is much too likely is suspicious too. (N,), (M,) -> (N,), a score.

    The test of [Nalisnick et al. 2019, https://arxiv.org/abs/1906.02994] for single images.
    """
    return np.abs(np.asarray(log_p, float) - np.mean(log_p_training))


def minus_log_ratio(log_p, log_background):
    """−(log p(x) − log p₀(x)), a score: how little the model p knows more than a ``background`` p₀, such as ``PixelHistograms``. (N,)

    Both find an image with much black likely; what only p has learned, how clothes look, is left. [Ren et al. 2019,
    https://arxiv.org/abs/1906.02845]
    """
    return np.asarray(log_background, float) - np.asarray(log_p, float)
