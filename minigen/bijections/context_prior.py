"""ContextPrior: what a conditional flow expects of its last latents before it has seen them."""

import math

from minigen.bijections.bijection import Bijection, required, sum_except_batch
from minigen.bijections.multiscale import WIDEST
from minigen.nn import Linear, init
from minigen.ops import chunk, exp, reshape, tanh


class ContextPrior(Bijection):
    """z = (x − μ(c)) / σ(c), as if x ~ N(μ(c), diag σ(c)²) for a given context c:  log|det ∂z/∂x| = −Σ log σ

    The counterpart of ``Split`` for what never leaves: x (N, *shape) of the last level, c (N, K). Standardised in this way, z ~ N(0, I)
    says the same as that prior. (log σ, μ) = net(c), a linear map that starts at 0, so that first μ = 0, σ = 1. |log σ| < 4.
    A class is a few bits in an image of a thousand; here they need not find their way through the couplings.
    [openai/glow, model.py: the prior with ycond]
    """

    def __init__(self, shape, context_features):
        self.shape = tuple(shape)
        self.net = Linear(context_features, 2 * math.prod(self.shape))
        init.zeros_(self.net.weight)
        init.zeros_(self.net.bias)

    def prior(self, context, x):
        """(μ, log σ) for the rows of x: (N, K) -> twice (N, *shape)"""
        theta = self.net(required("ContextPrior", context, x))
        log_sigma, mu = (reshape(part, (-1, *self.shape)) for part in chunk(theta, 2, axis=1))
        return mu, WIDEST * tanh(log_sigma / WIDEST)

    def forward(self, x, context=None):
        mu, log_sigma = self.prior(context, x)
        return (x - mu) * exp(-log_sigma), -sum_except_batch(log_sigma)

    def inverse(self, y, context=None):
        mu, log_sigma = self.prior(context, y)
        return mu + exp(log_sigma) * y, sum_except_batch(log_sigma)
