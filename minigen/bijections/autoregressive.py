"""Masked autoregressive maps: each element moves by what comes before it. One pass of the network one way, D passes the other way."""

import numpy as np

from minigen.bijections.bijection import Bijection, required, sum_except_batch
from minigen.bijections.coupling import bounded
from minigen.nn.functional import logsigmoid
from minigen.ops import chunk, exp, sigmoid, where

OPEN = 1.5  # the gate of an untrained network: σ = 0.82, most of x stays [IAF, sec. 4: between 1 and 2]


class MaskedAutoregressive(Bijection):
    """yᵢ = (xᵢ − μᵢ) exp(−αᵢ),   μᵢ, αᵢ = netᵢ(x₁ … xᵢ₋₁)                                             [MAF, eq. 3–4]

    The Jacobian is triangular: log|det ∂y/∂x| = −Σ αᵢ. ``net``: a ``MADE`` with two outputs, (N, D) -> (N, 2D), first all μ, then all α.

    ``forward`` is one pass of the network. ``inverse`` finds xᵢ = yᵢ exp(αᵢ) + μᵢ one after the other: D passes. The two readings:

        MAF   TransformedDistribution(base, b.inv)   densities in one pass, samples in D passes       [Papamakarios et al. 2017]
        IAF   TransformedDistribution(base, b)       samples in one pass, densities in D passes       [Kingma et al. 2016]

    ``bound`` a: α = a · tanh(what the network says), so that no element is stretched by more than eᵃ; None for no bound.
    ``conditional``: the network gets the context (N, K), too.
    """

    def __init__(self, net, conditional=False, bound=3.0):
        if not hasattr(net, "position"):
            raise TypeError(f"MaskedAutoregressive: the network must keep an order, as MADE(D, outputs=2) does; got {type(net).__name__}")
        self.net, self.conditional, self.bound = net, conditional, bound

    def change(self, x, mu, alpha):
        """(y, log|∂yᵢ/∂xᵢ|) for the outputs μ, α of the network: (N, D) three times -> (N, D) twice"""
        alpha = bounded(alpha, self.bound)
        return (x - mu) * exp(-alpha), -alpha

    def restore(self, y, mu, alpha):
        """(x, log|∂xᵢ/∂yᵢ|): the inverse of ``change``."""
        alpha = bounded(alpha, self.bound)
        return within_reach(y * exp(alpha) + mu, alpha)

    def forward(self, x, context=None):
        """(y, log|det ∂y/∂x|) in one pass of the network: (N, D) -> (N, D), (N,)"""
        y, log_scale = self.change(x, *self.outputs(x, context))
        return y, sum_except_batch(log_scale)

    def inverse(self, y, context=None):
        """(x, log|det ∂x/∂y|), one element after the other, in D passes of the network: (N, D) -> (N, D), (N,)"""
        position = self.net.position.data
        x = y * 0.0  # what is not known yet is 0, and nobody who asks may know it
        for i in range(1, len(position) + 1):
            x, log_scale = self.restore(y, *self.outputs(x, context))
            x = x * (position <= i)
        return x, sum_except_batch(log_scale)

    def outputs(self, x, context=None):
        """The two outputs of the network for every element: (N, D) -> (N, D) twice"""
        n = len(self.net.position)
        if x.ndim != 2 or x.shape[1] != n:
            raise ValueError(f"{type(self).__name__}: expected (N, {n}), got {tuple(x.shape)}")
        return chunk(self.net(x, required(type(self).__name__, context, x)) if self.conditional else self.net(x), 2, axis=1)


class GatedAutoregressive(MaskedAutoregressive):
    """yᵢ = σᵢ xᵢ + (1 − σᵢ) mᵢ,   mᵢ, sᵢ = netᵢ(x₁ … xᵢ₋₁),   σᵢ = sigmoid(sᵢ + 1.5)                       [IAF, eq. 13–14]

    A gate as in an LSTM keeps most of x or puts m in its place, so that no y is larger than both. log|det ∂y/∂x| = Σ log σᵢ < 0.
    Two readings, context and number of passes as in ``MaskedAutoregressive``.
    """

    def __init__(self, net, conditional=False):
        super().__init__(net, conditional, bound=None)

    def change(self, x, mu, alpha):
        gate = sigmoid(alpha + OPEN)
        return gate * x + (1 - gate) * mu, logsigmoid(alpha + OPEN)

    def restore(self, y, mu, alpha):
        gate = sigmoid(alpha + OPEN)
        return within_reach((y - (1 - gate) * mu) / gate, -logsigmoid(alpha + OPEN))


def within_reach(x, log_scale):
    """The same, but 0 and −∞ where x is infinite: too far for the numbers of its dtype. The network of the next elements saw NaN."""
    endless = np.isinf(x.data)
    return (where(endless, 0.0, x), where(endless, -np.inf, log_scale)) if endless.any() else (x, log_scale)
