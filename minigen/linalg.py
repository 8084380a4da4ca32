"""minigen.linalg: linear algebra under PyTorch's names, and the norms, powers and pseudo-inverses made of it."""

from math import inf

import numpy as np

from minigen.autograd import primitive
from minigen.ops.arguments import accepts_dim, axes_of
from minigen.ops.decompositions import cholesky, eigh, eigvalsh, qr, svd, svdvals
from minigen.ops.diagonals import diag_embed, diagonal
from minigen.ops.norms import vector_norm
from minigen.ops.reduce import amax, amin, sum
from minigen.ops.shape import broadcast_to, movedim
from minigen.ops.solving import det, identity, inv, logdet, slogdet, solve, solve_triangular

__all__ = [
    "cholesky", "det", "eigh", "eigvalsh", "inv", "log_abs_det_triangular", "logdet", "matrix_norm", "matrix_power", "norm", "pinv",
    "qr", "slogdet", "solve", "solve_triangular", "svd", "svdvals", "vector_norm",
]  # fmt: skip


@accepts_dim
def norm(a, ord=None, axis=None, keepdims=False):
    """The length of vectors or the norm of matrices, as ``axis`` (an int, or two) and the shape of a say. [torch.linalg.norm]

    Without ``ord``: √Σ a² along ``axis``, or over all. With ``ord`` and without ``axis`` a must be a vector or a matrix.
    """
    if axis is None and ord is not None and a.ndim > 2:
        raise ValueError(f"norm: ord={ord!r} without axis needs a vector or a matrix, got shape {tuple(a.shape)}; say axis=…")
    two = a.ndim == 2 if axis is None else isinstance(axis, (tuple, list)) and len(axis) == 2
    if ord is None or not two:
        return vector_norm(a, ord=2 if ord is None else ord, axis=axis, keepdims=keepdims)
    return matrix_norm(a, ord, (-2, -1) if axis is None else axis, keepdims)


@accepts_dim
def matrix_norm(a, ord="fro", axis=(-2, -1), keepdims=False):
    """The norm of matrices in the two axes ``axis``: (…, M, N) -> (…). [torch.linalg.matrix_norm]

    "fro": √Σ a², "nuc": Σ of the singular values, 2 / −2: the largest / smallest of them, 1 / −1: the largest / smallest sum of
    |a| down a column, inf / −inf: along a row.
    """
    if ord not in ("fro", "nuc", 2, -2, 1, -1, inf, -inf):
        raise ValueError(f"matrix_norm: expected 'fro', 'nuc', 2, -2, 1, -1, inf or -inf, got {ord!r}")
    if a.ndim < 2 or len(axis) != 2:
        raise ValueError(f"matrix_norm: expected a matrix and two axes, got shape {tuple(a.shape)} and axis={axis!r}")
    rows, columns = axes_of("matrix_norm", a.shape, axis)
    if ord == "fro":
        return vector_norm(a, axis=(rows, columns), keepdims=keepdims)
    a = movedim(a, (rows, columns), (-2, -1))
    largest = amax if ord in (2, 1, inf) else amin
    if ord in ("nuc", 2, -2):
        s = svdvals(a)
        y = sum(s, axis=-1) if ord == "nuc" else largest(s, axis=-1)
    else:
        y = largest(sum(abs(a), axis=-2 if ord in (1, -1) else -1), axis=-1)
    if keepdims:
        y = movedim(y[..., None, None], (-2, -1), (rows, columns))
    return y


def matrix_power(a, n):
    """aⁿ = a a … a for a whole number n, (a⁻¹)⁻ⁿ for a negative one: (…, N, N) -> (…, N, N), in about log₂ n products."""
    if n < 0:
        return matrix_power(inv(a), -n)
    power = None
    while n:
        if n % 2:
            power = a if power is None else power @ a
        n //= 2
        a = a @ a if n else a
    return broadcast_to(identity(a), a.shape) if power is None else power


@primitive
def pinv(a):
    """y = a⁺, the pseudo-inverse: x = a⁺ b is the shortest x that minimizes ‖a x − b‖: (…, M, N) -> (…, N, M).

    Singular values below max(M, N) ε times the largest count as 0. [torch.linalg.pinv]
    """
    return np.linalg.pinv(a, rcond=max(a.shape[-2:]) * np.finfo(a.dtype).eps)


@pinv.vjp
def pinv_vjp(g, y, a):
    """∂L/∂a = −yᵀ g yᵀ + (I − a y) gᵀ y yᵀ + yᵀ y gᵀ (I − y a), while the rank stays the same. [G. Golub, V. Pereyra, 1973]"""
    gt = g.mT
    first = gt @ y @ y.mT
    second = y.mT @ y @ gt
    return first - a @ (y @ first) + second - (second @ y) @ a - y.mT @ g @ y.mT


@primitive  # a density of (256, 8) with its gradient: 254 µs, composed of diagonal, abs, log and sum 273 µs
def log_abs_det_triangular(a):
    """log|det A| of triangular matrices, lower or upper: (…, D, D) -> (…), −∞ for a singular one.

    The determinant of a triangular matrix is the product of its diagonal, so log|det A| = Σᵢ log|Aᵢᵢ|: D logarithms where any other
    matrix takes about D³/3 products, and a sum that neither overflows nor vanishes. What stands off the diagonal is never looked at.
    ValueError if the matrices are not square.
    """
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError(f"log_abs_det_triangular: expected square matrices (…, D, D), got shape {tuple(a.shape)}")
    return np.log(np.abs(np.diagonal(a, 0, -2, -1))).sum(axis=-1)


@log_abs_det_triangular.vjp
def log_abs_det_triangular_vjp(g, y, a):
    """∂y/∂a = 1/Aᵢᵢ on the diagonal and 0 beside it"""
    return diag_embed(g[..., None] / diagonal(a, 0, -2, -1))
