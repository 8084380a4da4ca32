"""Neural Spline Flows. C. Durkan, A. Bekasov, I. Murray, G. Papamakarios, 2019. https://arxiv.org/abs/1906.04032: of one number."""

from minigen.bijections import Chain, RationalQuadraticSpline
from minigen.distributions import Normal, TransformedDistribution
from minigen.models.sos import standardised


class SplineFlow(TransformedDistribution):
    """z = f((x − m)/s) ~ N(0, 1) with a monotone spline f: between its knots almost anything, beyond them the tails of a normal.

        log p(x) = log N(z; 0, 1) + log f′ − log s

    ``mean`` m and ``std`` s of the data put them between the knots. Both directions are formulas. ``bins`` K on [−B, B], B = ``bound``:
    see ``RationalQuadraticSpline``; 3K − 1 numbers are learned.
    """

    def __init__(self, bins=5, bound=3.0, mean=0.0, std=1.0):
        super().__init__(Normal(0.0, 1.0), Chain(standardised(mean, std), RationalQuadraticSpline(bins, bound)).inv)
