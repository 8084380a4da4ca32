"""Masked autoregressive maps: each element moves by what comes before it. One pass of the network one way, D passes the other way."""

from minigen.bijections.bijection import Bijection, sum_except_batch
from minigen.bijections.coupling import bounded
from minigen.ops import chunk, exp


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

    def shift_and_scale(self, x, context=None):
        """(μ, α): (N, D) -> twice (N, D)"""
        n = len(self.net.position)
        if x.ndim != 2 or x.shape[1] != n:
            raise ValueError(f"MaskedAutoregressive: expected (N, {n}), got {tuple(x.shape)}")
        if self.conditional and context is None:
            raise ValueError("MaskedAutoregressive: this map is conditional; give it a context")
        mu, alpha = chunk(self.net(x, context) if self.conditional else self.net(x), 2, axis=1)
        return mu, bounded(alpha, self.bound)

    def forward(self, x, context=None):
        mu, alpha = self.shift_and_scale(x, context)
        return (x - mu) * exp(-alpha), -sum_except_batch(alpha)

    def inverse(self, y, context=None):
        position = self.net.position.data
        x = y * 0.0  # what is not known yet is 0, and nobody who asks may know it
        for i in range(1, len(position) + 1):
            mu, alpha = self.shift_and_scale(x, context)
            x = (y * exp(alpha) + mu) * (position <= i)
        return x, sum_except_batch(alpha)
