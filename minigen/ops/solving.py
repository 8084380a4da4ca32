"""Square matrices: systems of equations, inverses, determinants. All of it batched: (…, N, N)."""

from collections import namedtuple
from math import inf, nan

import numpy as np

from minigen import device
from minigen.autograd import primitive, without_gradient
from minigen.ops.choose import where
from minigen.ops.cumulative import others
from minigen.tensor import Tensor

# --- constant matrices, where their argument lives ----------------------------------------------------------------------------


@without_gradient
def identity(x):
    """y = I, in the size and dtype of the square matrices x."""
    return device.create("eye", x.shape[-1], dtype=x.dtype, device=device.device_of(x))


@without_gradient
def lower_ones(x, *, offset=0):
    """yᵢⱼ = 1 where j ≤ i + ``offset``, else 0, in the size and dtype of the matrices x: y · x keeps the lower triangle of x."""
    return np.tri(x.shape[-2], x.shape[-1], offset, dtype=x.dtype, like=x)


def not_square(a):
    """A sentence for an error if the matrices ``a`` are not square, else None."""
    shape = np.shape(a)
    if len(shape) < 2:
        return f"expected a matrix, got shape {shape}"
    rows, columns = shape[-2:]
    return None if rows == columns else f"expected square matrices, got {rows} rows and {columns} columns in shape {shape}"


def matrices(who, a, square=False):
    """The array of ``a``, tensor or array, if it holds matrices. ValueError or LinAlgError if not; ``who`` is asking."""
    array = a.data if isinstance(a, Tensor) else a
    if array.ndim < 2:
        raise ValueError(f"{who}: expected a matrix, got shape {array.shape}")
    if square and not_square(array):
        raise np.linalg.LinAlgError(f"{who}: {not_square(array)}")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def which(a, fails):
    """The first of the matrices ``a`` for which ``fails`` raises LinAlgError, in words: the matrix, or matrix 3 of the batch."""
    a = device.to_numpy(a)
    for index in np.ndindex(*a.shape[:-2]):
        try:
            fails(a[index])
        except np.linalg.LinAlgError:
            return f"matrix {index[0] if len(index) == 1 else index} of the batch" if index else "the matrix"
    return "the matrix"


# --- inverse and equations ----------------------------------------------------------------------------------------------------


@primitive
def inv(a):
    """y = a⁻¹: (…, N, N) -> (…, N, N). LinAlgError if a matrix is singular."""
    return np.linalg.inv(a)


@inv.vjp
def inv_vjp(g, y, a):
    """∂L/∂a = −a⁻ᵀ g a⁻ᵀ"""
    return -(y.mT @ g @ y.mT)


@inv.explain
def inv_complaint(a):
    return not_square(a) or f"{which(a, np.linalg.inv)} is singular"


inverse = inv


@primitive
def solve(a, b, *, left=True):
    """y with a y = b, or y a = b with ``left=False``: (…, N, N), (…, N, K) -> (…, N, K), or a vector (…, N) -> (…, N).

    b is a vector if it has one axis, or the shape of a without its last one. LinAlgError if a matrix is singular.
    [torch.linalg.solve]
    """
    if b.ndim == 1 or b.shape == a.shape[:-1]:
        return device.solve(a if left else a.mT, b[..., None])[..., 0]
    return device.solve(a, b) if left else device.solve(a.mT, b.mT).mT


@solve.vjp_common
def solve_common(g, y, a, b, *, left):
    """a⁻ᵀ g, which both rules need"""
    return solve(a.mT, g, left=left)


@solve.vjp
def solve_vjp_a(g, y, a, b, *, left):
    """∂L/∂a = −a⁻ᵀ g yᵀ, or −yᵀ g a⁻ᵀ"""
    if y.ndim < a.ndim:  # vectors
        return -(g[..., :, None] * y[..., None, :] if left else y[..., :, None] * g[..., None, :])
    return -(g @ y.mT if left else y.mT @ g)


@solve.vjp
def solve_vjp_b(g, y, a, b, *, left):
    """∂L/∂b = a⁻ᵀ g, or g a⁻ᵀ"""
    return g


@solve.explain
def solve_complaint(a, b, *, left):
    told = not_square(a)
    if told:
        return told
    n, (shape, sides) = np.shape(a)[-1], (np.shape(a), np.shape(b))
    vector = len(sides) == 1 or sides == shape[:-1]
    if sides[-1 if vector or not left else -2] != n:
        return f"the matrices {shape} have {n} rows and columns, which does not fit right sides of shape {sides}"
    try:
        np.broadcast_shapes(shape[:-2], sides[: -1 if vector else -2])
    except ValueError:
        return f"the leading axes of {shape} and {sides} do not broadcast"
    return f"{which(a, np.linalg.inv)} is singular"


@primitive
def solve_triangular(a, b, *, upper, left=True, unitriangular=False):
    """y with a y = b for a triangular a, by substitution: (…, N, N), (…, N, K) -> (…, N, K). The other triangle is unread.

    ``left=False``: y a = b. ``unitriangular``: the diagonal is unread too and counts as 1. LinAlgError for a 0 on the diagonal.
    [torch.linalg.solve_triangular]
    """
    if b.ndim < 2:
        raise ValueError
    if unitriangular:
        a = np.where(identity(a) == 1, 1, a).astype(a.dtype)
    if left:
        return device.solve_triangular(a, b, lower=not upper)
    return device.solve_triangular(a.mT, b.mT, lower=upper).mT


@solve_triangular.vjp_common
def solve_triangular_common(g, y, a, b, *, upper, left, unitriangular):
    """a⁻ᵀ g, which both rules need"""
    return solve_triangular(a.mT, g, upper=not upper, left=left, unitriangular=unitriangular)


@solve_triangular.vjp
def solve_triangular_vjp_a(g, y, a, b, *, upper, left, unitriangular):
    """∂L/∂a = −a⁻ᵀ g yᵀ, or −yᵀ g a⁻ᵀ, in the triangle that is read"""
    ga = -(g @ y.mT if left else y.mT @ g)
    strict = int(unitriangular)
    return ga * (1 - lower_ones(ga, offset=strict - 1) if upper else lower_ones(ga, offset=-strict))


@solve_triangular.vjp
def solve_triangular_vjp_b(g, y, a, b, *, upper, left, unitriangular):
    """∂L/∂b = a⁻ᵀ g, or g a⁻ᵀ"""
    return g


@solve_triangular.explain
def solve_triangular_complaint(a, b, *, upper, left, unitriangular):
    if np.ndim(b) < 2:
        return f"the right sides must be the columns of a matrix, got shape {np.shape(b)}; b[:, None] makes one of a vector"
    told = solve_complaint(a, b, left=left)
    return told.replace("is singular", "is singular: its diagonal has a 0")


# --- determinants -------------------------------------------------------------------------------------------------------------


@primitive
def det(a):
    """y = det a, the volume into which a maps the unit cube, with its orientation: (…, N, N) -> (…)"""
    return np.linalg.det(a)


@det.vjp
def det_vjp(g, y, a):
    """∂y/∂a = the cofactors of a, which exist for singular matrices too"""
    return g[..., None, None] * cofactors(a)


@primitive
def cofactors(a):
    """y = det(a) a⁻ᵀ, also for singular matrices: with a = u s vᵀ, y = det(u) det(v) u s' vᵀ, s'ᵢ the product of the other sⱼ."""
    u, s, vh = np.linalg.svd(a)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return (u * (others(s) * sign[..., None])[..., None, :]) @ vh


@cofactors.vjp
def cofactors_vjp(g, y, a):
    """∂L/∂a = a⁻ᵀ Σ g·y − y gᵀ a⁻ᵀ, for regular matrices; LinAlgError for singular ones"""
    t = inv(a).mT
    return t * (g * y).sum(axis=(-2, -1), keepdims=True) - y @ g.mT @ t


SlogdetResult = namedtuple("SlogdetResult", ["sign", "logabsdet"])


def slogdet(a):
    """(sign, logabsdet) with det a = sign · exp(logabsdet), without overflow: (…, N, N) -> (…), (…).

    A singular matrix has sign 0 and logabsdet −∞, with NaN for its gradient. The sign has no gradient. [torch.linalg.slogdet]
    """
    factors = np.linalg.slogdet(matrices("slogdet", a, square=True))
    return SlogdetResult(sign_of_det(a, factors=factors), log_abs_det(a, factors=factors))


@without_gradient
def sign_of_det(a, *, factors):
    """y = the sign of det a: −1, 0 or 1. ``factors`` is what NumPy's slogdet found for a."""
    return factors[0]


@primitive
def log_abs_det(a, *, factors):
    """y = log |det a|: (…, N, N) -> (…). ``factors`` is what NumPy's slogdet found for a."""
    return factors[1]


@log_abs_det.vjp
def log_abs_det_vjp(g, y, a, *, factors):
    """∂y/∂a = a⁻ᵀ; NaN where a is singular"""
    singular = (y == -inf)[..., None, None]
    return g[..., None, None] * where(singular, nan, inv(where(singular, identity(a), a)).mT)


def logdet(a):
    """y = log det a; −∞ if det a = 0, NaN if det a < 0: (…, N, N) -> (…)"""
    matrices("logdet", a, square=True)
    sign, logabsdet = slogdet(a)
    return where(sign < 0, nan, logabsdet)


@det.explain
def det_complaint(a):
    return not_square(a)
