"""Linear algebra: NumPy's and SciPy's values, first and second derivatives by numbers, PyTorch's conventions."""

import math

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

import minigen
from minigen import Tensor, linalg
from minigen.ops import decompositions, solving
from minigen.random import new_generator
from tests.checking import Row, check, few, seeds, values

batches = st.sampled_from([(), (2,), (1, 2)])
orders = st.integers(1, 3)


def regular(draw, batch, n):
    """Matrices well away from singular ones: their singular values are between ½ and 2, and far enough from each other."""
    u, _, vh = np.linalg.svd(values(draw(seeds), (*batch, n, n)))
    return (u * np.linspace(2, 0.5, n)) @ vh


def square(draw, **keywords):
    return [regular(draw, draw(batches), draw(orders))], keywords


def oblong(draw, **keywords):
    """Matrices of full rank with distinct singular values, tall, square or wide."""
    batch, m, n = draw(batches), draw(orders), draw(orders)
    x = regular(draw, batch, max(m, n))
    return [np.ascontiguousarray(x[..., :m, :n] + 0.1 * np.eye(m, n))], keywords


def system(draw, **keywords):
    batch, n, k = draw(batches), draw(orders), draw(orders)
    left = keywords.get("left", True)
    inner = draw(st.sampled_from([batch, (), batch]))
    b = values(draw(seeds), (*inner, n, k) if left else (*inner, k, n))
    return [regular(draw, batch, n), b], keywords


def vector_system(draw):
    batch, n = draw(batches), draw(orders)
    return [regular(draw, batch, n), values(draw(seeds), draw(st.sampled_from([(*batch, n), (n,)])))], {"left": draw(st.booleans())}


def triangular(draw):
    batch, n, k = draw(batches), draw(orders), draw(orders)
    left = draw(st.booleans())
    a = values(draw(seeds), (*batch, n, n)) + 3 * np.eye(n)
    b = values(draw(seeds), (*draw(st.sampled_from([batch, ()])), *((n, k) if left else (k, n))))
    return [a, b], {"upper": draw(st.booleans()), "left": left, "unitriangular": draw(st.booleans())}


def np_solve(a, b, left=True):
    vector = b.ndim == 1 or b.shape == a.shape[:-1]
    inverse = np.linalg.inv(a)
    if vector:
        return (inverse @ b[..., None])[..., 0] if left else (b[..., None, :] @ inverse)[..., 0, :]
    return inverse @ b if left else b @ inverse


def np_triangular(a, b, upper, left, unitriangular):
    a = np.triu(a) if upper else np.tril(a)
    if unitriangular:
        a = a * (1 - np.eye(a.shape[-1])) + np.eye(a.shape[-1])
    return np.linalg.inv(a) @ b if left else b @ np.linalg.inv(a)


def of_symmetric(f):
    """f of a + aᵀ: when one element of a is nudged, the matrix stays symmetric"""
    return lambda a, **keywords: f(a + a.mT, **keywords)


def of_positive(f):
    """f of a aᵀ + ½ I"""
    return lambda a, **keywords: f(a @ a.mT + 0.5 * solving.identity(a), **keywords)


def np_norm(a, ord, axis, keepdims):
    rows, columns = axis
    if ord in (1, -1, math.inf, -math.inf):
        down = rows if abs(ord) == 1 else columns
        sums = np.abs(a).sum(axis=down, keepdims=True)
        return (np.max if ord > 0 else np.min)(sums, axis=tuple(axis), keepdims=keepdims)
    s = np.linalg.svd(np.moveaxis(a, (rows, columns), (-2, -1)), compute_uv=False)
    y = {"fro": lambda: np.sqrt((s**2).sum(-1)), "nuc": lambda: s.sum(-1), 2: lambda: s.max(-1), -2: lambda: s.min(-1)}[ord]()
    return np.expand_dims(y, tuple(sorted(k % a.ndim for k in axis))) if keepdims else y


def with_norm(draw):
    x = oblong(draw)[0][0]
    axis = draw(st.sampled_from([(-2, -1), (-1, -2), (x.ndim - 2, -1)]))
    ord = draw(st.sampled_from(["fro", "nuc", 2, -2, 1, -1, math.inf, -math.inf]))
    return [x], {"ord": ord, "axis": axis, "keepdims": draw(st.booleans())}


def cofactor(a):
    return np.linalg.det(a)[..., None, None] * np.linalg.inv(a).mT


def lower_mask(a, offset):
    return np.tri(*a.shape[-2:], offset)


def unit(a):
    return np.eye(a.shape[-1])


def upper_factor(cholesky):
    return of_positive(lambda a: cholesky(a).mT)


def reduced(a):
    return np.linalg.svd(a, full_matrices=False)


def outer(u, v):
    """The products uₖ vₖᵀ of the columns of u and v: (…, M, K), (…, N, K) -> (…, K, M, N)"""
    return u.mT[..., :, None] * v.mT[..., None, :]


def signless_eigh(decompose):
    """eigh with vₖ vₖᵀ for the vectors vₖ, which are determined only up to their sign: LAPACK and cuSOLVER choose different ones"""

    def f(a):
        values, v = decompose(a)
        return values, outer(v, v)

    return of_symmetric(f)


def signless_svd(decompose):
    """svd with uₖ uₖᵀ and uₖ vₖᵀ for the vectors uₖ and vₖ, which are determined only up to a sign that they share"""

    def f(a):
        u, s, vh = decompose(a)
        return outer(u, u), s, outer(u, vh.mT)

    return f


of_svd = (decompositions.left_vectors, decompositions.right_vectors, decompositions.singular_values)
of_eigh = (decompositions.eigenvalues, decompositions.eigenvectors)
ROWS = [
    Row("identity", solving.identity, unit, square, order=0),
    Row("lower_ones", solving.lower_ones, lower_mask, lambda d: oblong(d, offset=d(st.integers(-2, 2))), order=0),
    Row("inv", linalg.inv, np.linalg.inv, square),
    Row("det", linalg.det, np.linalg.det, square),
    Row("cofactors", solving.cofactors, cofactor, square),
    Row("slogdet", linalg.slogdet, np.linalg.slogdet, square, covers=(solving.log_abs_det, solving.sign_of_det)),
    Row("log_abs_det_triangular", linalg.log_abs_det_triangular, lambda a: np.log(np.abs(np.einsum("...ii->...i", a))).sum(-1), square),
    Row("logdet", of_positive(linalg.logdet), of_positive(lambda a: np.linalg.slogdet(a)[1]), square),
    Row("solve", linalg.solve, np_solve, lambda d: system(d, left=d(st.booleans()))),
    Row("solve for vectors", linalg.solve, np_solve, vector_system),
    Row("solve_triangular", linalg.solve_triangular, np_triangular, triangular),
    Row("cholesky", of_positive(linalg.cholesky), of_positive(np.linalg.cholesky), square, covers=(linalg.cholesky,)),
    Row("cholesky upper", of_positive(lambda a: linalg.cholesky(a, upper=True)), upper_factor(np.linalg.cholesky), square),
    Row("qr", linalg.qr, np.linalg.qr, oblong, covers=(decompositions.orthonormal,)),
    Row("eigh", signless_eigh(linalg.eigh), signless_eigh(np.linalg.eigh), square, covers=of_eigh),
    Row("eigvalsh", of_symmetric(linalg.eigvalsh), of_symmetric(np.linalg.eigvalsh), square),
    Row("svd", signless_svd(lambda a: linalg.svd(a, full_matrices=False)), signless_svd(reduced), oblong, covers=of_svd),
    Row("svdvals", linalg.svdvals, lambda a: reduced(a)[1], oblong),
    Row("pinv", linalg.pinv, np.linalg.pinv, oblong),
    Row("matrix_power", linalg.matrix_power, np.linalg.matrix_power, lambda d: square(d, n=d(st.sampled_from([-3, -1, 1, 2, 5])))),
    Row("matrix_norm", linalg.matrix_norm, np_norm, with_norm),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@few
def test_row(row, data):
    check(row, data.draw)


CALLS = [
    lambda L, a, b: L.solve(a, b),
    lambda L, a, b: L.inv(a),
    lambda L, a, b: L.det(a),
    lambda L, a, b: L.slogdet(a)[1],
    lambda L, a, b: L.solve_triangular(a, b, upper=True, unitriangular=True),
    lambda L, a, b: L.cholesky(a @ a.mT),
    lambda L, a, b: abs(L.eigh(a @ a.mT)[1]),
    lambda L, a, b: abs(L.eigh(a)[1]),
    lambda L, a, b: L.eigvalsh(a),
    lambda L, a, b: abs(L.svd(a)[0]),
    lambda L, a, b: abs(L.qr(b)[0]),
    lambda L, a, b: L.pinv(b),
    lambda L, a, b: L.matrix_norm(b, "nuc"),
    lambda L, a, b: L.matrix_norm(a, -1),
    lambda L, a, b: L.vector_norm(b, 3, dim=0),
    lambda L, a, b: L.norm(a, 2),
    lambda L, a, b: L.matrix_power(a, -2),
]


@pytest.mark.parametrize("i", range(len(CALLS)))
def test_values_and_derivatives_are_pytorchs(i):
    torch = pytest.importorskip("torch")
    arrays = new_generator(5).standard_normal((3, 3)), new_generator(6).standard_normal((3, 2))
    ours, theirs = [Tensor(x, requires_grad=True) for x in arrays], [torch.tensor(x, requires_grad=True) for x in arrays]
    y, z = CALLS[i](linalg, *ours), CALLS[i](torch.linalg, *theirs)
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-9)
    weight = new_generator(7).standard_normal(y.shape)
    gy = minigen.grad((y * Tensor(weight)).sum(), ours, allow_unused=True, create_graph=True)
    gz = torch.autograd.grad((z * torch.tensor(weight)).sum(), theirs, allow_unused=True, create_graph=True)
    found = [(p, q) for p, q in zip(gy, gz) if q is not None]
    for p, q in found:
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-7, atol=1e-9)
    second = minigen.grad(sum((p**3).sum() for p, _ in found), ours, allow_unused=True)
    expected = torch.autograd.grad(sum((q**3).sum() for _, q in found), theirs, allow_unused=True)
    for p, q in zip(second, expected):
        np.testing.assert_allclose(0 if p is None else p.data, 0 if q is None else q.numpy(force=True), rtol=1e-6, atol=1e-7)


def test_log_det_by_five_decompositions_has_one_second_derivative():
    ways = [
        linalg.logdet,
        lambda s: 2 * linalg.cholesky(s).diagonal(axis1=-2, axis2=-1).log().sum(-1),
        lambda s: linalg.eigvalsh(s).log().sum(-1),
        lambda s: abs(linalg.qr(s).R.diagonal(axis1=-2, axis2=-1)).log().sum(-1),
        lambda s: linalg.svdvals(s).log().sum(-1),
    ]
    a = Tensor(new_generator(0).standard_normal((3, 3)), requires_grad=True)
    found = []
    for f in ways:
        [g] = minigen.grad(f(a @ a.mT), a, create_graph=True)
        found.append(minigen.grad((g * g).sum(), a)[0].data)
    for h in found[1:]:
        np.testing.assert_allclose(h, found[0], rtol=1e-7)


def test_scipy_agrees_on_triangles():
    a, b = new_generator(0).standard_normal((4, 4)) + 4 * np.eye(4), new_generator(1).standard_normal((4, 2))
    got = linalg.solve_triangular(Tensor(a), Tensor(b), upper=True).data
    np.testing.assert_allclose(got, scipy.linalg.solve_triangular(a, b), rtol=1e-12)
