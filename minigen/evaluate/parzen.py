"""Parzen-window log-likelihood, with which the first GANs were compared: here to be recomputed, and to be warned of."""

import math
from typing import NamedTuple

import numpy as np

from minigen.evaluate.points import blocks, points
from minigen.ops import logsumexp


class Parzen(NamedTuple):
    """The mean log-density of the test points in nats, its standard error, and the σ that was chosen."""

    log_likelihood: float
    standard_error: float
    sigma: float


def parzen_log_prob(x, samples, sigma):
    """log 1/M Σⱼ N(x; sⱼ, σ² I) in nats: points (N, D) under a Gaussian around each of the ``samples`` (M, D) -> (N,)

    For several σ at once, (S,), it is (S, N): the distances cost most, and are the same.
    """
    x, samples = points("parzen_log_prob", x, samples)
    variance = np.square(np.asarray(sigma, np.float64))[..., None]  # (…, 1)
    exponents = [np.stack([logsumexp(-d / (2 * v), axis=1) for v in variance.ravel()]) for d in blocks(x, samples)]
    constant = math.log(len(samples)) + 0.5 * x.shape[1] * np.log(2 * math.pi * variance)
    return np.concatenate(exponents, axis=1).reshape(*np.shape(sigma), len(x)) - constant


def parzen_log_likelihood(samples, validation, test, sigmas=None):
    """Mean log-density of ``test`` (N, D) under Gaussians around the ``samples`` (M, D) of a model, in nats.

    σ is the one of ``sigmas`` (ten from 0.1 to 1 unless given) with the highest mean on ``validation``.

    Warning: this is no log-likelihood of the model, and does not even rank models. With 10,000 samples in 784 dimensions a window is
    nowhere near the density. 10,000 true images of MNIST get 243 nats [Theis et al., table 1] and a GAN 225 [Goodfellow et al., table 1],
    while centres of k-means, which nobody would call a model of digits, get more than the true images.
    Source: L. Theis, A. van den Oord, M. Bethge 2016, https://arxiv.org/abs/1511.01844
    """
    sigmas = np.geomspace(0.1, 1, 10) if sigmas is None else np.atleast_1d(sigmas)
    sigma = sigmas[parzen_log_prob(validation, samples, sigmas).mean(axis=1).argmax()]
    log_prob = parzen_log_prob(test, samples, sigma)
    return Parzen(float(log_prob.mean()), float(log_prob.std(ddof=1) / math.sqrt(len(log_prob))), float(sigma))
