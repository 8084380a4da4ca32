"""Density estimation using Real NVP. L. Dinh, J. Sohl-Dickstein, S. Bengio, 2017. https://arxiv.org/abs/1605.08803"""

from minigen import nn
from minigen.bijections import AffineCoupling, Chain, half_mask
from minigen.distributions.transformed import TransformedDistribution, standard_normal


class RealNVP(TransformedDistribution):
    """x = f⁻¹(z), z ~ N(0, I), for vectors (N, D); f is a chain of affine couplings, which take turns in what passes.

        log p(x) = log N(f(x); 0, I) + Σ over all couplings and elements that move of s                          [eq. 2–6]

    The slide's listing: five couplings of the plane, networks with two hidden layers of 32. There a permutation stands between two
    couplings; here the mask changes sides, which is the same. ``bound``: see ``AffineCoupling``. ``context_features`` K: p(x|c) for a
    context c (N, K), which all networks see.
    """

    def __init__(self, n=2, hidden=(32, 32), blocks=5, bound=2.0, context_features=0):
        couplings = []
        for i in range(blocks):
            mask = half_mask(n, flip=i % 2 == 1)
            passes = int(mask.sum())
            net = nn.MLP(passes + context_features, *hidden, 2 * (n - passes))
            couplings.append(AffineCoupling(mask, net, conditional=context_features > 0, bound=bound))
        super().__init__(standard_normal(n), Chain(*couplings).inv)
