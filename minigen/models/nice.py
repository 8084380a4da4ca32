"""NICE: Non-linear Independent Components Estimation. L. Dinh, D. Krueger, Y. Bengio, 2014. https://arxiv.org/abs/1410.8516"""

from minigen import nn
from minigen.bijections import AdditiveCoupling, Bijection, Chain, alternating_mask
from minigen.bijections.bijection import no_change
from minigen.device import create, get_default_dtype
from minigen.distributions import Independent, Logistic
from minigen.distributions.transformed import TransformedDistribution, standard_normal
from minigen.nn.module import Buffer, Parameter
from minigen.ops import exp


class NICE(TransformedDistribution):
    """x = f⁻¹(h), for vectors (N, D); f is a chain of additive couplings and one layer that scales.

        log p(x) = Σᵢ [log p_H(fᵢ(x)) + s_i]                                                                           [sec. 3.3]

    The couplings keep volumes; only the scaling tells which directions matter, as the spectrum of PCA does. Each lets every other element
    pass, in turn the even and the odd ones. ``prior``: "logistic" or "gaussian", the same for all h_i. [sec. 3.4]
    """

    def __init__(self, n, hidden=(1000,) * 5, couplings=4, prior="logistic"):
        if prior not in ("logistic", "gaussian"):
            raise ValueError(f'NICE: prior must be "logistic" or "gaussian", got {prior!r}')
        layers = []
        for i in range(couplings):
            mask = alternating_mask(n, flip=i % 2 == 1)
            passes = int(mask.sum())
            layers.append(AdditiveCoupling(mask, nn.MLP(passes, *hidden, n - passes)))
        super().__init__(standard_logistic(n) if prior == "logistic" else standard_normal(n), Chain(*layers, Scaling(n)).inv)


class Scaling(Bijection):
    """y = exp(s) ⊙ x, one factor for each element: (N, D) -> (N, D);  log|det ∂y/∂x| = Σ s_i        [sec. 3.3]"""

    def __init__(self, n):
        self.s = Parameter(create("zeros", (n,), dtype=get_default_dtype()))

    def forward(self, x, context=None):
        return x * exp(self.s), self.s.sum() + no_change(x)

    def inverse(self, y, context=None):
        return y * exp(-self.s), -self.s.sum() + no_change(y)


def standard_logistic(n):
    """n independent logistic variables of scale 1 as one event: longer tails than N(0, I), so gentler gradients."""
    zeros, ones = (Buffer(create(name, (n,), dtype=get_default_dtype())) for name in ("zeros", "ones"))
    return Independent(Logistic(zeros, ones), 1)
