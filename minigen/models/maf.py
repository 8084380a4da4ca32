"""Masked Autoregressive Flow for Density Estimation. G. Papamakarios, T. Pavlakou, I. Murray, 2017. https://arxiv.org/abs/1705.07057"""

from minigen import nn
from minigen.bijections import BatchNorm, Chain, MaskedAutoregressive
from minigen.distributions.transformed import TransformedDistribution, standard_normal


class MAF(TransformedDistribution):
    """x = f⁻¹(u), u ~ N(0, I), for vectors (N, D); f is a chain of ``blocks`` masked autoregressive maps, each a MADE.

        u_i = (x_i − μ_i) exp(−α_i),   μ_i, α_i = f_i(x_{1:i−1}),   log p(x) = log N(u; 0, I) − Σ over all maps of α_i      [eq. 2–5]

    Densities cost one pass of the networks, samples D. From map to map the order of the elements turns round [sec. 3.3]. ``hidden``: the
    widths of a MADE's layers; ``batch_norm`` puts a BatchNorm behind each map [sec. 3.4]; ``context_features`` K: p(x|c), c (N, K).
    """

    def __init__(self, n=2, hidden=(32, 32), blocks=3, context_features=0, batch_norm=False, bound=3.0):
        layers = []
        for i in range(blocks):
            net = nn.MADE(n, hidden, outputs=2, order=range(n)[:: -1 if i % 2 else 1], context_features=context_features)
            layers.append(MaskedAutoregressive(net, conditional=context_features > 0, bound=bound))
            if batch_norm:
                layers.append(BatchNorm(n))
        super().__init__(standard_normal(n), Chain(*layers).inv)
