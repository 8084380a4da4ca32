"""Sum-of-Squares Polynomial Flow. P. Jaini, K. A. Selby, Y. Yu, 2019. https://arxiv.org/abs/1905.02325"""

import numpy as np

from minigen import random
from minigen.bijections.bijection import Bijection, impossible, inside, sum_except_batch
from minigen.bijections.bisection import implicit, solve_increasing
from minigen.bijections.elementwise import learnable
from minigen.nn.module import Parameter
from minigen.ops import log
from minigen.tensor import Tensor


class SumOfSquares(Bijection):
    """y = c + ∫₀ˣ Σₖ (Σₗ aₖₗ uˡ)² du,   k = 1 … K,  l = 0 … r: a polynomial of degree 2r + 1 that cannot fall            [eq. 9]

    Its slope p(x) = Σₖ (Σₗ aₖₗ xˡ)² is a sum of squares, whatever the coefficients are, and log|∂y/∂x| = log p(x). Every polynomial that
    rises is of this form with K = 2. The inverse has no formula: bisection finds it in float64, and the implicit function theorem its
    gradient. ``a`` (K, r + 1) starts near y = x; ``SumOfSquares.random(K, r)`` draws it. One curve for all elements. An x whose powers
    overflow is taken for outside of the domain.
    """

    def __init__(self, a, c=0.0):
        self.a, self.c = learnable(a), learnable(c)
        if self.a.ndim != 2:
            raise ValueError(f"SumOfSquares: expected coefficients a of shape (K, r + 1), got {self.a.shape}")

    @classmethod
    def random(cls, squares=2, degree=2, scale=0.05):
        """K = ``squares`` polynomials of degree r = ``degree``: a₁₀ = 1, all others N(0, scale²), so nearly y = x."""
        a = scale * random.randn((squares, degree + 1))
        a[0, 0] = 1
        return cls(Parameter(a))

    def slope(self, x):
        """p(x) = Σₖ (Σₗ aₖₗ xˡ)²: (…) -> (…)"""
        return sum_of(polynomial(list(self.a[k]), x) ** 2 for k in range(len(self.a)))

    def coefficients(self):
        """Those of the curve, a list: c, and of x^{m+1} the sum of the products aₖᵢ aₖⱼ with i + j = m, over m + 1."""
        r = self.a.shape[1] - 1
        products = self.a.mT @ self.a  # Σₖ aₖᵢ aₖⱼ: (r + 1, r + 1)
        pairs = [[(i, m - i) for i in range(max(0, m - r), min(m, r) + 1)] for m in range(2 * r + 1)]
        return [self.c, *(sum_of(products[i, j] for i, j in those) / (m + 1) for m, those in enumerate(pairs))]

    def forward(self, x, context=None):
        y, slope = self._curve(x)
        x, rows = inside(x, (np.isinf(y.data) | np.isinf(slope.data)) & np.isfinite(x.data), 0.0)
        if rows is not None:
            y, slope = self._curve(x)
        return y, impossible(sum_except_batch(log(slope)), rows)

    def _curve(self, x):
        """(y, its slope): (…) -> (…), (…)"""
        return polynomial(self.coefficients(), x), self.slope(x)

    def inverse(self, y, context=None):
        coefficients = self.coefficients()
        curve = lambda x: polynomial(coefficients, x)  # noqa: E731
        found = solve_increasing(curve, y.data).astype(y.dtype)
        x = implicit(curve, self.slope(Tensor(found)).data, found, y)
        return x, -sum_except_batch(log(self.slope(x)))


def polynomial(coefficients, x):
    """Σₗ aₗ xˡ for a list of numbers a₀ … , by Horner's rule: (…) -> (…)"""
    y = coefficients[-1] + 0 * x
    for a in reversed(coefficients[:-1]):
        y = y * x + a
    return y


def sum_of(terms):
    """Σ of tensors"""
    first, *rest = terms
    for t in rest:
        first = first + t
    return first
