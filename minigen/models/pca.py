"""On Lines and Planes of Closest Fit to Systems of Points in Space. K. Pearson, 1901. https://doi.org/10.1080/14786440109462720"""

import math

import numpy as np

from minigen.device import as_array
from minigen.nn import Buffer, Module
from minigen.ops import square
from minigen.tensor import Tensor


class PCA(Module):
    """The best linear encoder and decoder: z = (x − x̄) Vᵀ, x̂ = x̄ + z V, with Σ |x − x̂|² as small as K directions can make it.

    The rows of V (K, D), the ``components``, are orthonormal: the first K right singular vectors of the centred data.

    ``n_components``: K; or a fraction such as 0.95, for as many as explain that part of the variance; or None for all there are.
    After ``fit``: ``mean`` x̄ (D,), ``components`` (K, D), ``explained_variance`` (K,), the variance of each zₖ with divisor N − 1,
    and ``total_variance`` (). ValueError for an impossible n_components.
    """

    def __init__(self, n_components=None):
        n, whole = n_components, isinstance(n_components, (int, np.integer)) and not isinstance(n_components, bool)
        if not (n is None or (whole and n >= 1) or (isinstance(n, float) and 0 < n < 1)):
            raise ValueError(f"PCA: n_components must be a positive whole number, a fraction of the variance in (0, 1) or None, got {n!r}")
        self.n_components = n_components

    def fit(self, x):
        """Find the directions in the data ``x`` (N, D); return self. ValueError if it has fewer than 2 rows or too few directions."""
        x = as_array(x.data if isinstance(x, Tensor) else x)
        if x.ndim != 2 or len(x) < 2:
            raise ValueError(f"PCA: expected data (N, D) with at least 2 rows, got shape {x.shape}; flatten images to (N, H·W) first")
        if self.n_components is not None and self.n_components > min(x.shape):
            raise ValueError(f"PCA: {x.shape[0]} points in {x.shape[1]} dimensions have {min(x.shape)} directions, not {self.n_components}")
        mean = x.mean(axis=0)
        _, s, v = np.linalg.svd(x - mean, full_matrices=False)  # x − x̄ = U S V
        variance = s * s / (len(x) - 1)
        k = self._number(variance)
        self.mean, self.components, self.explained_variance = Buffer(mean), Buffer(v[:k] * _signs(v[:k])), Buffer(variance[:k])
        self.total_variance = Buffer(variance.sum())
        return self

    def _number(self, variance):
        """K for a data set whose directions have these variances."""
        if isinstance(self.n_components, float):
            reached = np.cumsum(variance) / variance.sum()
            return min(int((reached < self.n_components).sum()) + 1, len(variance))
        return len(variance) if self.n_components is None else self.n_components

    @property
    def explained_variance_ratio(self):
        """The part of the total variance that each component explains (K,)."""
        return self.explained_variance / self.total_variance

    def encode(self, x):
        """z = (x − x̄) Vᵀ: (N, D) -> (N, K)"""
        self._fitted()
        return (x - self.mean) @ self.components.mT

    def decode(self, z):
        """x̂ = x̄ + z V: (N, K) -> (N, D)"""
        self._fitted()
        return self.mean + z @ self.components

    def reconstruct(self, x):
        """x̂, the point of the plane that is nearest to x: (N, D) -> (N, D)"""
        return self.decode(self.encode(x))

    def reconstruction_error(self, x):
        """|x − x̂|² for each row: (N, D) -> (N,). On the fitted data it adds up to (N − 1) times the variance left unexplained."""
        return square(x - self.reconstruct(x)).sum(axis=1)

    def extra_repr(self):
        return f"n_components={self.n_components!r}"

    def _fitted(self):
        if not hasattr(self, "components"):
            raise RuntimeError("PCA: it has seen no data yet; call fit(x) first")


def _signs(v):
    """±1 for each row: a singular vector is defined up to its sign, and here its largest element becomes positive."""
    largest = np.take_along_axis(v, np.abs(v).argmax(axis=1)[:, None], axis=1)
    return np.sign(largest)


def subspace_angle(a, b):
    """The largest angle in radians between two subspaces, spanned by the rows of ``a`` and of ``b``, both (K, D).

    θ with sin θ = |A − A BᵀB|₂ for orthonormal rows A, B: 0 if and only if they are the same. [Björck, Golub 1973]
    """
    (a, _), (b, _) = (np.linalg.qr(as_array(m.detach().data if isinstance(m, Tensor) else m).T) for m in (a, b))  # columns: (D, K)
    sine = np.linalg.norm(a - b @ (b.T @ a), 2)
    return math.asin(min(1.0, float(sine)))
