"""Matrices as products of simpler ones: Cholesky, QR, eigenvalues, singular values. All of it batched: (…, M, N).

A primitive has one output, but a decomposition has two or three. So it is computed once, and each of its factors is an op of its
own that is handed the finished ``factors`` and has the rule of this factor alone. A rule that needs another factor asks for it in
the same way, which gives an array in ``backward`` and a tensor with a history under ``create_graph=True``.
"""

from collections import namedtuple
from math import nan

import numpy as np

from minigen.autograd import primitive
from minigen.ops.choose import where
from minigen.ops.joining import cat
from minigen.ops.solving import identity, lower_ones, matrices, not_square, solve_triangular, which

QRResult = namedtuple("QRResult", ["Q", "R"])
EighResult = namedtuple("EighResult", ["eigenvalues", "eigenvectors"])
SVDResult = namedtuple("SVDResult", ["U", "S", "Vh"])


# --- Cholesky -----------------------------------------------------------------------------------------------------------------


@primitive
def cholesky(a, *, upper=False):
    """y = the lower triangular L with a = L Lᵀ for symmetric, positive definite a, or Lᵀ with ``upper``: (…, N, N) -> (…, N, N).

    Only the lower triangle of a is read. LinAlgError if a is not positive definite. [torch.linalg.cholesky]
    """
    y = np.linalg.cholesky(a)
    return y.mT if upper else y


@cholesky.vjp
def cholesky_vjp(g, y, a, *, upper):
    """∂L/∂a = the symmetric part of y⁻ᵀ Φ(yᵀ g) y⁻¹, where Φ takes the lower triangle and half the diagonal.

    [I. Murray, Differentiation of the Cholesky decomposition, arXiv:1602.07527]
    """
    u, g = (y, g.mT) if upper else (y.mT, g)
    middle = u @ g
    middle = middle * (lower_ones(middle) - 0.5 * identity(middle))
    ga = solve_triangular(u, solve_triangular(u, middle, upper=True).mT, upper=True)
    return 0.5 * (ga + ga.mT)


@cholesky.explain
def cholesky_complaint(a, *, upper):
    if not_square(a):
        return not_square(a)
    bad = which(a, np.linalg.cholesky)
    return f"a leading minor of {bad} is not positive definite; add a small multiple of the identity to it, such as 1e-6"


# --- QR -----------------------------------------------------------------------------------------------------------------------


def qr(a, mode="reduced"):
    """(Q, R) with a = Q R, Q with orthonormal columns, R upper triangular: (…, M, N) -> (…, M, K), (…, K, N), K = min(M, N).

    The signs are LAPACK's: the diagonal of R may be negative. ``mode="r"``: Q is empty. A gradient exists if the first K columns are
    independent. [torch.linalg.qr]
    """
    if mode not in ("reduced", "r"):
        raise ValueError(f"qr: expected the mode 'reduced' or 'r', got {mode!r}")
    array = matrices("qr", a)
    k = min(array.shape[-2:])
    a = a if k == array.shape[-1] else a[..., :k], a
    q = orthonormal(a[0], factors=np.linalg.qr(array[..., :k]))
    r = q.mT @ a[1]
    return QRResult(q if mode == "reduced" else q[..., :0, :0], r * (1 - lower_ones(r, offset=-1)))


@primitive
def orthonormal(a, *, factors):
    """y = the Q of a = Q R for M ≥ N: (…, M, N) -> (…, M, N)"""
    return factors[0]


@orthonormal.vjp
def orthonormal_vjp(g, y, a, *, factors):
    """∂L/∂a = (y (T − yᵀ g) + g) R⁻ᵀ   with   R = yᵀ a   and   T the part below the diagonal of   yᵀ g − gᵀ y"""
    r, m = y.mT @ a, y.mT @ g
    below = lower_ones(m, offset=-1) * (m - m.mT)
    return solve_triangular(r.mT, y @ (below - m) + g, upper=False, left=False)


# --- eigenvalues of symmetric matrices ----------------------------------------------------------------------------------------


def eigh(a, UPLO="L"):
    """(eigenvalues, eigenvectors) of symmetric matrices, a = V diag(λ) Vᵀ, λ rising: (…, N, N) -> (…, N), (…, N, N).

    Only the lower triangle is read, with ``UPLO="U"`` the upper one. Where eigenvalues coincide, they still have a gradient, but
    their eigenvectors have none: it is NaN there. The sign of an eigenvector is arbitrary; on a GPU it may be another one.
    [torch.linalg.eigh]
    """
    factors = _decompose("eigh", np.linalg.eigh, matrices("eigh", a, square=True), UPLO)
    return EighResult(eigenvalues(a, factors=factors), eigenvectors(a, factors=factors))


def eigvalsh(a, UPLO="L"):
    """The eigenvalues of symmetric matrices, rising: (…, N, N) -> (…, N). [torch.linalg.eigvalsh]"""
    return eigh(a, UPLO).eigenvalues


@primitive
def eigenvalues(a, *, factors):
    """y = the λ of a = V diag(λ) Vᵀ: (…, N, N) -> (…, N)"""
    return factors[0]


@eigenvalues.vjp
def eigenvalues_vjp(g, y, a, *, factors):
    """∂L/∂a = V diag(g) Vᵀ"""
    v = eigenvectors(a, factors=factors)
    return (v * g[..., None, :]) @ v.mT


@primitive
def eigenvectors(a, *, factors):
    """y = the V of a = V diag(λ) Vᵀ: (…, N, N) -> (…, N, N)"""
    return factors[1]


@eigenvectors.vjp
def eigenvectors_vjp(g, y, a, *, factors):
    """∂L/∂a = ½ V (F ∘ (M − Mᵀ)) Vᵀ   with   M = Vᵀ g,   Fᵢⱼ = 1 / (λⱼ − λᵢ)"""
    m = y.mT @ g
    return 0.5 * y @ (inverse_gaps(eigenvalues(a, factors=factors)) * (m - m.mT)) @ y.mT


def inverse_gaps(x):
    """Fᵢⱼ = 1 / (xⱼ − xᵢ), 0 on the diagonal, NaN where two of the x coincide: (…, N) -> (…, N, N)"""
    gap = x[..., None, :] - x[..., :, None]
    eye = identity(gap)
    equal = gap + eye == 0
    return where(equal, nan, 1 / where(equal, 1.0, gap + eye)) - eye


def _decompose(who, decompose, array, *settings):
    try:
        return decompose(array, *settings)
    except np.linalg.LinAlgError as error:
        bad = which(array, lambda matrix: decompose(matrix, *settings))
        raise np.linalg.LinAlgError(f"{who}: {bad} holds NaN or infinity, or the iteration did not converge: {error}") from error


# --- singular values ----------------------------------------------------------------------------------------------------------


def svd(a, full_matrices=True):
    """(U, S, Vh) with a = U diag(S) Vh, S ≥ 0 and falling: (…, M, N) -> (…, M, M), (…, min(M, N)), (…, N, N).

    ``full_matrices=False`` leaves out the vectors that S does not reach: U (…, M, K), Vh (…, K, N), K = min(M, N). These extra
    vectors never have a gradient; where singular values coincide, their vectors have none: it is NaN there. The sign that a column of
    U shares with its row of Vh is arbitrary; on a GPU it may be another one. [torch.linalg.svd]
    """
    array = matrices("svd", a)
    u, s, vh = factors = _decompose("svd", np.linalg.svd, array, bool(full_matrices))
    k = s.shape[-1]
    factors = u[..., :k], s, vh[..., :k, :]
    left, right = left_vectors(a, factors=factors), right_vectors(a, factors=factors)
    if u.shape[-1] > k:
        left = cat(left, u[..., k:], axis=-1)
    if vh.shape[-2] > k:
        right = cat(right, vh[..., k:, :], axis=-2)
    return SVDResult(left, singular_values(a, factors=factors), right)


def svdvals(a):
    """The singular values, falling: (…, M, N) -> (…, min(M, N)). [torch.linalg.svdvals]"""
    return svd(a, full_matrices=False).S


@primitive
def singular_values(a, *, factors):
    """y = the S of a = U diag(S) Vh: (…, M, N) -> (…, K)"""
    return factors[1]


@singular_values.vjp
def singular_values_vjp(g, y, a, *, factors):
    """∂L/∂a = U diag(g) Vh"""
    return (left_vectors(a, factors=factors) * g[..., None, :]) @ right_vectors(a, factors=factors)


@primitive
def left_vectors(a, *, factors):
    """y = the U of a = U diag(S) Vh: (…, M, N) -> (…, M, K)"""
    return factors[0]


@left_vectors.vjp
def left_vectors_vjp(g, y, a, *, factors):
    """See ``vectors_vjp``."""
    return vectors_vjp(g, y, singular_values(a, factors=factors), right_vectors(a, factors=factors))


@primitive
def right_vectors(a, *, factors):
    """y = the Vh of a = U diag(S) Vh: (…, M, N) -> (…, K, N)"""
    return factors[2]


@right_vectors.vjp
def right_vectors_vjp(g, y, a, *, factors):
    """The rule of U for aᵀ = V diag(S) Uᵀ"""
    return vectors_vjp(g.mT, y.mT, singular_values(a, factors=factors), left_vectors(a, factors=factors).mT).mT


def vectors_vjp(g, u, s, vh):
    """∂L/∂a = U (F ∘ (M − Mᵀ)) S Vh + (I − U Uᵀ) g S⁻¹ Vh   with   M = Uᵀ g,   Fᵢⱼ = 1 / (sⱼ² − sᵢ²)   for the gradient g of U"""
    m, s = u.mT @ g, s[..., None, :]
    turned = u @ (inverse_gaps((s * s)[..., 0, :]) * (m - m.mT)) * s
    if u.shape[-2] > u.shape[-1]:  # else U spans everything
        turned = turned + (g - u @ m) / s
    return turned @ vh
