"""Generative Adversarial Nets, section 4: what the losses are where D is at its best. https://arxiv.org/abs/1406.2661

For a density p of the data and q of the generator that are known, by their values on a grid of points ``dx`` apart: arrays or tensors (G,).
An integral is then a sum over the grid, as precise as one likes for smooth densities on a line. Logarithms of densities must be finite.
"""

import math

from minigen.nn.functional import logsigmoid
from minigen.ops import exp, logaddexp, square, where


def optimal_discriminator(p, q):
    """D*(x) = p(x) / (p(x) + q(x)), the discriminator that no other beats, from the densities at x: (G,), (G,) -> (G,)  [proposition 1]

    Where neither has mass every answer is as good: ½.
    """
    nowhere = p + q == 0
    return where(nowhere, 0.5, p / where(nowhere, 1.0, p + q))


def optimal_logit(log_p, log_q):
    """log p(x) − log q(x), the logit of D*: the best discriminator is the likelihood ratio."""
    return log_p - log_q


def minimax_value(logit, log_p, log_q, dx):
    """V(D, G) = ∫ p log D + q log (1 − D) dx in nats, for D = σ(``logit``): (G,), (G,), (G,) -> a number                     [eq. 3]

    For D = ½ it is −log 4, and at D* it is −log 4 + 2 JSD(p, q): between −log 4 and 0.                                [theorem 1]
    """
    return (exp(log_p) * logsigmoid(logit) + exp(log_q) * logsigmoid(-logit)).sum() * dx


def kl_on_grid(log_p, log_q, dx):
    """KL(p ‖ q) = ∫ p log (p/q) dx in nats: (G,), (G,) -> a number"""
    return (exp(log_p) * (log_p - log_q)).sum() * dx


def jensen_shannon(log_p, log_q, dx):
    """JSD(p, q) = ½ KL(p ‖ m) + ½ KL(q ‖ m) in nats with m = ½(p + q): 0 for p = q, log 2 for p and q that do not overlap."""
    log_m = logaddexp(log_p, log_q) - math.log(2)
    return 0.5 * kl_on_grid(log_p, log_m, dx) + 0.5 * kl_on_grid(log_q, log_m, dx)


# --- least squares [X. Mao et al. 2017, https://arxiv.org/abs/1611.04076] ---------------------------------------------------------------


def least_squares_discriminator(p, q, fake=0.0, real=1.0):
    """(real · p + fake · q) / (p + q), the D that minimises ½ E_p (D − real)² + ½ E_q (D − fake)²: D* between other labels.

    Densities (G,), (G,) -> (G,).                                                                                     [LSGAN, eq. 5]
    """
    return fake + (real - fake) * optimal_discriminator(p, q)


def least_squares_value(d, p, q, dx, target):
    """½ E_p (D − target)² + ½ E_q (D − target)²: what LSGAN's generator descends, and a first term that it cannot change.

    At the best D, with real − target = 1 and real − fake = 2, it is ½ χ²(2q ‖ p + q).                          [LSGAN, section 3.2]
    """
    return 0.5 * ((p + q) * square(d - target)).sum() * dx


def pearson_chi2(p, q, dx):
    """χ²(p ‖ q) = ∫ (p − q)² / q dx, over the points where q has mass: (G,), (G,) -> a number"""
    nowhere = q == 0
    return where(nowhere, 0.0, square(p - q) / where(nowhere, 1.0, q)).sum() * dx
