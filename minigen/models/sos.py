"""Sum-of-Squares Polynomial Flow. P. Jaini, K. A. Selby, Y. Yu, 2019. https://arxiv.org/abs/1905.02325: of one number."""

from minigen.bijections import Affine, Chain, SumOfSquares
from minigen.distributions import Normal, TransformedDistribution
from minigen.nn import Buffer


class SOSFlow(TransformedDistribution):
    """z = f_L(… f₁((x − m)/s)) ~ N(0, 1), each f a polynomial whose slope is a sum of squares: any density on the line, in the limit.

        log p(x) = log N(z; 0, 1) + Σₗ log fₗ′ − log s                                                               [eq. 5]

    ``mean`` m and ``std`` s of the data make them fit for polynomials; they stay as they are. A density costs a polynomial, a draw a
    bisection. ``squares`` K and ``degree`` r: see ``SumOfSquares``; L = ``layers``.
    """

    def __init__(self, layers=2, squares=2, degree=2, mean=0.0, std=1.0):
        polynomials = [SumOfSquares.random(squares, degree) for _ in range(layers)]
        super().__init__(Normal(0.0, 1.0), Chain(standardised(mean, std), *polynomials).inv)


def standardised(mean, std):
    """y = (x − m)/s with fixed numbers m and s."""
    scale = Affine(1 / std, -mean / std)
    scale.a, scale.b = Buffer(scale.a.data), Buffer(scale.b.data)
    return scale
