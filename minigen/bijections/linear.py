"""Linear maps y = W x + b with a determinant that is read off: Triangular, LU, Householder. Events are vectors (N, D)."""

import numpy as np

from minigen import random
from minigen.bijections.bijection import Bijection, no_change
from minigen.device import create, get_default_dtype
from minigen.linalg import solve_triangular
from minigen.nn import init
from minigen.nn.module import Buffer, Parameter
from minigen.ops import diag, exp, square, tril, triu
from minigen.tensor import Tensor


class _Affine(Bijection):
    """What they share: the shift b, and vectors as events."""

    def __init__(self, n, bias):
        if not isinstance(n, (int, np.integer)) or n < 1:
            raise ValueError(f"{type(self).__name__}: expected the number of features, a positive whole number, got {n!r}")
        self.n = int(n)
        self.bias = Parameter(new("zeros", n)) if bias else None

    def _check(self, x):
        if x.ndim != 2 or x.shape[1] != self.n:
            raise ValueError(f"{type(self).__name__}({self.n}): expected (N, {self.n}), got {tuple(x.shape)}")

    def _shifted(self, y):
        return y if self.bias is None else y + self.bias

    def _unshifted(self, y):
        self._check(y)
        return y if self.bias is None else y - self.bias

    def extra_repr(self):
        return f"{self.n}"


class Triangular(_Affine):
    """y = L x + b with a lower triangular L, Lᵢᵢ = exp(log_diagonalᵢ) > 0: (N, D) -> (N, D)

    det L is the product of the diagonal, log|det ∂y/∂x| = Σ log_diagonalᵢ: a sum of D numbers, which neither overflows nor vanishes
    for any D. The inverse substitutes from the first row down. L starts as the identity plus a little noise below the diagonal.
    """

    def __init__(self, n, bias=True):
        super().__init__(n, bias)
        self.log_diagonal = Parameter(new("zeros", n))
        self.weight = Parameter(noise(n))

    @property
    def matrix(self):
        """L: (D, D)"""
        return tril(self.weight, diagonal=-1) + diag(exp(self.log_diagonal))

    def forward(self, x, context=None):
        self._check(x)
        return self._shifted(x @ self.matrix.mT), constant(self.log_diagonal.sum(), x)

    def inverse(self, y, context=None):
        x = solve_triangular(self.matrix, self._unshifted(y).mT, upper=False).mT
        return x, constant(-self.log_diagonal.sum(), y)


class LU(_Affine):
    """y = P L U x + b: any matrix W, written so that log|det W| costs D additions and the inverse two substitutions.

    P is a fixed permutation matrix, drawn at random, L lower triangular with ones on its diagonal, U upper triangular with
    Uᵢᵢ = exp(log_diagonalᵢ) > 0, so that W is never singular: log|det ∂y/∂x| = Σ log_diagonalᵢ. [Glow, sec. 3.2, eq. 10–11]
    """

    def __init__(self, n, bias=True):
        super().__init__(n, bias)
        self.permutation = Buffer(random.randperm(n, "cpu"))
        self.lower, self.upper = Parameter(noise(n)), Parameter(noise(n))
        self.log_diagonal = Parameter(new("zeros", n))

    def factors(self):
        """(L, U), both (D, D)"""
        eye = Tensor(np.eye(self.n, dtype=self.lower.dtype), device=self.lower.device)
        return tril(self.lower, diagonal=-1) + eye, triu(self.upper, diagonal=1) + diag(exp(self.log_diagonal))

    @property
    def matrix(self):
        """W = P L U: (D, D)"""
        lower, upper = self.factors()
        return (lower @ upper)[self.permutation]

    def forward(self, x, context=None):
        self._check(x)
        lower, upper = self.factors()
        return self._shifted((x @ upper.mT @ lower.mT)[:, self.permutation]), constant(self.log_diagonal.sum(), x)

    def inverse(self, y, context=None):
        lower, upper = self.factors()
        y = self._unshifted(y)[:, self.permutation.data.argsort()]
        x = solve_triangular(upper, solve_triangular(lower, y.mT, upper=False, unitriangular=True), upper=True).mT
        return x, constant(-self.log_diagonal.sum(), y)


class Householder(_Affine):
    """y = H_k … H₁ x,   H = I − 2 v vᵀ / ‖v‖²: reflections, so an orthogonal matrix: (N, D) -> (N, D)

    Each H is its own inverse and has determinant −1: lengths and volumes stay, log|det ∂y/∂x| = 0. D reflections reach every orthogonal
    matrix. [Tomczak, Welling 2016, https://arxiv.org/abs/1611.09630]
    """

    def __init__(self, n, reflections=None):
        super().__init__(n, bias=False)
        k = n if reflections is None else reflections
        if k < 1:
            raise ValueError(f"Householder: expected at least one reflection, got {reflections!r}")
        self.v = Parameter(random.randn((k, n)))

    def forward(self, x, context=None):
        return self._reflected(x, range(len(self.v)))

    def inverse(self, y, context=None):
        return self._reflected(y, reversed(range(len(self.v))))

    def _reflected(self, x, order):
        self._check(x)
        for i in order:
            v = self.v[i]
            x = x - (x @ v)[:, None] * (2 * v / square(v).sum())
        return x, no_change(x)


def new(name, *shape):
    """A new array of the default dtype: ``name`` is "zeros", "ones", …"""
    return create(name, shape, dtype=get_default_dtype())


def noise(n):
    """Weights (D, D) of which the sum of a row stays small: uniform on ±0.1/√D."""
    weight = Tensor(new("zeros", n, n))
    init.uniform_(weight, -0.1 / n**0.5, 0.1 / n**0.5)
    return weight.data


def constant(log_det, x):
    """The log-determinant of a map that stretches alike everywhere: a number -> (N,)"""
    return log_det + no_change(x)
