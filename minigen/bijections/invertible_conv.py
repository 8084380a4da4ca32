"""Invertible 1×1 convolutions: a permutation of the channels that is learned, and need not be one."""

import numpy as np

from minigen import linalg
from minigen.bijections.bijection import Bijection, no_change
from minigen.device import create, get_default_dtype, to_numpy
from minigen.nn import functional as F
from minigen.nn.module import Buffer, Parameter
from minigen.ops import astype, diag, exp, tril, triu
from minigen.random import randn


class InvertibleConv1x1(Bijection):
    """y[:, i, j] = W x[:, i, j]: every pixel's channels are mixed by the same matrix W (C, C).                    [Glow, table 1]

        log|det ∂y/∂x| = h · w · log|det W|                                                                           [eq. 9]

    The whole Jacobian is block diagonal with h · w times W in it. W starts as a random rotation, so log|det W| = 0. Inverse and
    determinant are computed in float64: the error of a round trip is then that of the float32 numbers themselves, times the condition
    number of W. x: (N, C, H, W).
    """

    def __init__(self, channels):
        self.channels = channels
        self._hold(rotation(channels))

    def _hold(self, w):
        self.weight = Parameter(create("asarray", w, dtype=get_default_dtype()))

    def matrix(self):
        """W (C, C)"""
        return self.weight

    def log_abs_det(self):
        """log|det W|"""
        return linalg.slogdet(astype(self.weight, np.float64)).logabsdet

    def condition(self):
        """κ(W), the ratio of its largest and smallest singular value: by so much the inverse can enlarge a relative error."""
        w = to_numpy(self.matrix().data)
        return float(np.linalg.cond(w)) if np.isfinite(w).all() else float("nan")

    def forward(self, x, context=None):
        """(y, log|det ∂y/∂x|), W applied to the channels of every pixel: (N, C, H, W) -> (N, C, H, W), (N,)"""
        self._check(x)
        return F.conv2d(x, self.matrix()[:, :, None, None]), self._log_det(x)

    def inverse(self, y, context=None):
        self._check(y)
        w_inv = linalg.inv(astype(self.matrix(), np.float64))
        return astype(F.conv2d(astype(y, np.float64), w_inv[:, :, None, None]), y.dtype), -self._log_det(y)

    def _log_det(self, x):
        return no_change(x) + astype(x.shape[2] * x.shape[3] * self.log_abs_det(), x.dtype)

    def _check(self, x):
        if x.ndim != 4 or x.shape[1] != self.channels:
            raise ValueError(f"{type(self).__name__}({self.channels}): expected (N, {self.channels}, H, W), got {tuple(x.shape)}")


class LUConv1x1(InvertibleConv1x1):
    """The same with W = P L (U + diag(s)), which cannot become singular.                                           [Glow, eq. 10]

        log|det W| = Σ log s                                                                                         [eq. 11]

    P is a fixed permutation, L lower triangular with ones on the diagonal, U strictly upper triangular, s = exp(log s) positive. W starts
    as a random rotation, of which these are the factors.
    """

    def _hold(self, w):
        p, lower, upper = plu(w)
        flip = np.sign(np.diag(upper))  # F = diag(flip): F L F keeps its ones, F U gets positive pivots, P F L U is as much a rotation as w
        new = lambda a: create("asarray", a, dtype=get_default_dtype())  # noqa: E731
        self.p = Buffer(new(p))
        self.lower = Parameter(new(np.tril(flip[:, None] * lower * flip, -1)))
        self.upper = Parameter(new(np.triu(flip[:, None] * upper, 1)))
        self.log_s = Parameter(new(np.log(np.abs(np.diag(upper)))))
        self.ones = Buffer(new(np.eye(len(w))))

    def matrix(self):
        """W = P L (U + diag(s))"""
        lower = tril(self.lower, diagonal=-1) + self.ones
        return self.p @ (lower @ (triu(self.upper, diagonal=1) + diag(exp(self.log_s))))

    def log_abs_det(self):
        """Σ log s"""
        return self.log_s.sum()


def rotation(n):
    """A random rotation or reflection: (n, n) float64, a NumPy array."""
    return np.linalg.qr(randn((n, n), np.float64, "cpu"))[0]


def plu(a):
    """(P, L, U) with a = P L U: Gaussian elimination with the largest pivot of each column; NumPy arrays (n, n)."""
    n, u = len(a), np.array(a, np.float64)
    rows, lower = np.arange(n), np.eye(n)
    for k in range(n):
        top = k + int(np.abs(u[k:, k]).argmax())
        u[[k, top]], rows[[k, top]] = u[[top, k]], rows[[top, k]]
        lower[[k, top], :k] = lower[[top, k], :k]
        lower[k + 1 :, k] = u[k + 1 :, k] / u[k, k]
        u[k + 1 :] -= lower[k + 1 :, k : k + 1] * u[k]
    return np.eye(n)[rows].T, lower, np.triu(u)
