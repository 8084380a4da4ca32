"""Linear algebra at its edges: factors that belong together, singular and degenerate matrices, errors that speak."""

import math

import numpy as np
import pytest

import minigen
from minigen import Tensor, gradcheck, gradgradcheck, linalg
from minigen.random import new_generator

# --- factors put together again -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 1, 3, 2)])
def test_factors_give_the_matrix_back(shape):
    a = new_generator(0).standard_normal(shape)
    q, r = linalg.qr(Tensor(a))
    u, s, vh = linalg.svd(Tensor(a))
    k = s.shape[-1]
    np.testing.assert_allclose((q @ r).data, a, atol=1e-12)
    np.testing.assert_allclose(((u[..., :k] * s[..., None, :]) @ vh[..., :k, :]).data, a, atol=1e-12)
    for rows in (q.mT, u, u.mT, vh, vh.mT):
        gram = (rows @ rows.mT).data
        np.testing.assert_allclose(gram, np.broadcast_to(np.eye(gram.shape[-1]), gram.shape), atol=1e-12)
    assert (np.tril(r.data, -1) == 0).all()


@pytest.mark.parametrize(
    ("make", "inputs"),
    [
        (lambda a: (lambda q, r: q @ r)(*linalg.qr(a)), (3, 2)),
        (lambda a: (lambda u, s, vh: u * s @ vh)(*linalg.svd(a, False)), (3, 2)),
        (lambda a: (lambda w, v: v * w @ v.mT)(*linalg.eigh(a @ a.mT)), (3, 3)),
        (lambda a: (lambda f: f @ f.mT)(linalg.cholesky(a @ a.mT)), (3, 3)),
    ],
    ids=["qr", "svd", "eigh", "cholesky"],
)
def test_the_rules_of_the_factors_cancel(make, inputs):
    """Put together, the factors are a again (or a aᵀ), and so must be their gradient."""
    a, g = (Tensor(new_generator(s).standard_normal(inputs), requires_grad=s == 1) for s in (1, 2))
    y = make(a)
    g = Tensor(new_generator(3).standard_normal(y.shape))
    got = minigen.grad((y * g).sum(), a)[0].data
    expected = g.data if y.shape == a.shape and np.allclose(y.data, a.data) else (g.data + g.data.T) @ a.data
    np.testing.assert_allclose(got, expected, atol=1e-10)


# --- where it gets singular ---------------------------------------------------------------------------------------------------

SINGULAR = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 1.0, 1.0]])


def test_det_of_a_singular_matrix_has_a_gradient():
    gradcheck(linalg.det, [SINGULAR])
    a = Tensor(np.stack([np.zeros((2, 2)), np.ones((2, 2)), np.eye(2)]), requires_grad=True)
    linalg.det(a).sum().backward()
    np.testing.assert_allclose(a.grad.data, [[[0, 0], [0, 0]], [[1, -1], [-1, 1]], [[1, 0], [0, 1]]], atol=1e-12)


def test_slogdet_of_a_singular_matrix():
    a = Tensor(np.stack([np.ones((2, 2)), 2 * np.eye(2)]), requires_grad=True)
    sign, logabsdet = linalg.slogdet(a)
    assert sign.tolist() == [0, 1]
    assert logabsdet.tolist() == [-math.inf, pytest.approx(math.log(4))]
    assert not sign.requires_grad
    logabsdet.sum().backward()
    assert np.isnan(a.grad.data[0]).all()
    np.testing.assert_allclose(a.grad.data[1], np.eye(2) / 2)


def test_logdet_of_a_negative_determinant_is_nan():
    assert np.isnan(linalg.logdet(Tensor([[0.0, 1.0], [1.0, 0.0]])).item())
    assert linalg.logdet(Tensor(np.ones((2, 2)))).item() == -math.inf


def test_equal_eigenvalues_still_have_a_gradient():
    a = Tensor(np.diag([1.0, 1.0, 3.0]), requires_grad=True)
    linalg.eigvalsh(a).sum().backward()
    np.testing.assert_allclose(a.grad.data, np.eye(3), atol=1e-12)
    a.grad = None
    linalg.eigh(a).eigenvectors[0, 0].backward()
    assert np.isnan(a.grad.data).any()


def test_equal_singular_values_still_have_a_gradient():
    a = Tensor(np.eye(3), requires_grad=True)
    linalg.matrix_norm(a, "nuc").backward()
    np.testing.assert_allclose(a.grad.data, np.eye(3), atol=1e-12)


def test_pinv_of_a_matrix_without_full_rank():
    np.testing.assert_allclose(linalg.pinv(Tensor(SINGULAR)).data, np.linalg.pinv(SINGULAR), atol=1e-12)


def test_triangles_that_are_not_read_may_hold_anything():
    a = Tensor(np.array([[2.0, math.nan], [1.0, 4.0]]), requires_grad=True)
    x = linalg.solve_triangular(a, Tensor([[2.0], [5.0]]), upper=False)
    assert x.tolist() == [[1.0], [1.0]]
    np.testing.assert_allclose(linalg.cholesky(Tensor([[4.0, math.nan], [2.0, 5.0]])).data, [[2, 0], [1, 2]])


def test_no_decomposition_leaves_float32():
    a = Tensor((new_generator(0).standard_normal((2, 3, 3)) + 3 * np.eye(3)).astype(np.float32), requires_grad=True)
    calls = [linalg.inv, linalg.det, linalg.slogdet, linalg.qr, linalg.svd, linalg.eigh, linalg.pinv, linalg.svdvals]
    calls += [lambda a: linalg.cholesky(a @ a.mT), lambda a: linalg.solve(a, a), lambda a: linalg.solve_triangular(a, a, upper=True)]
    for f in calls:
        y = f(a)
        for part in y if isinstance(y, tuple) else (y,):
            assert part.dtype == np.float32
            if part.requires_grad:
                assert minigen.grad(part.sum(), a, retain_graph=True)[0].dtype == np.float32


def test_names_and_results_are_pytorchs():
    a = Tensor(np.eye(2))
    assert linalg.slogdet(a)._fields == ("sign", "logabsdet")
    assert linalg.eigh(a)._fields == ("eigenvalues", "eigenvectors")
    assert linalg.svd(a)._fields == ("U", "S", "Vh")
    assert linalg.qr(a)._fields == ("Q", "R")
    assert linalg.qr(a, mode="r").Q.shape == (0, 0)
    assert linalg.svd(Tensor(np.ones((4, 2)))).U.shape == (4, 4)
    assert linalg.svd(Tensor(np.ones((2, 4)))).Vh.shape == (4, 4)


def test_norm_asks_for_vectors_or_matrices():
    x = new_generator(0).standard_normal((2, 3))
    for keywords in [{}, {"ord": 1}, {"ord": 3, "axis": 1}, {"axis": (0, 1)}, {"ord": "nuc", "axis": (1, 0)}, {"ord": 2, "keepdims": True}]:
        got, expected = linalg.norm(Tensor(x), **keywords).data, np.linalg.norm(x, **keywords)
        np.testing.assert_allclose(got, expected, err_msg=str(keywords))
    assert linalg.norm(Tensor(x), dim=1, keepdim=True).shape == (2, 1)


def test_long_determinants_do_not_overflow():
    a = Tensor(100 * np.eye(400), requires_grad=True)
    assert linalg.slogdet(a).logabsdet.item() == pytest.approx(400 * math.log(100))


def test_empty_and_single():
    assert linalg.matrix_power(Tensor(np.full((2, 2, 2), 3.0)), 0).tolist() == [[[1, 0], [0, 1]]] * 2
    assert linalg.det(Tensor(np.zeros((2, 0, 0)))).tolist() == [1, 1]
    gradgradcheck(linalg.det, [np.array([[3.0]])])
    gradgradcheck(lambda a: linalg.eigh(a)[0], [np.array([[3.0]])])


def m(*shape):
    return Tensor(np.ones(shape))


def one_bad(bad):
    """Five good matrices, the fourth replaced by ``bad``."""
    return Tensor(np.stack([bad if i == 3 else np.eye(len(bad)) for i in range(5)]))


ERRORS = {
    "inv: expected square matrices, got 2 rows and 3 columns in shape (2, 3)": lambda: linalg.inv(m(2, 3)),
    "inv: expected a matrix, got shape (3,)": lambda: linalg.inv(m(3)),
    "inv: the matrix is singular": lambda: linalg.inv(m(2, 2)),
    "inv: matrix 3 of the batch is singular": lambda: linalg.inv(one_bad(np.ones((2, 2)))),
    "inv: matrix (0, 3) of the batch is singular": lambda: linalg.inv(one_bad(np.ones((2, 2)))[None]),
    "solve: matrix 3 of the batch is singular": lambda: linalg.solve(one_bad(np.ones((2, 2))), m(2, 1)),
    "solve: the matrices (3, 3) have 3 rows and columns, which does not fit right sides of shape (4, 2)": lambda: (
        linalg.solve(m(3, 3), m(4, 2))
    ),
    "solve: the leading axes of (2, 3, 3) and (4, 3, 1) do not broadcast": lambda: (
        linalg.solve(Tensor(np.stack([np.eye(3)] * 2)), m(4, 3, 1))
    ),
    "solve: expected square matrices": lambda: linalg.solve(m(3, 2), m(3, 1)),
    "solve_triangular: matrix 3 of the batch is singular: its diagonal has a 0": lambda: linalg.solve_triangular(
        one_bad(np.diag([1.0, 0])), m(2, 1), upper=True
    ),
    "solve_triangular: the right sides must be the columns of a matrix, got shape (2,)": lambda: (
        linalg.solve_triangular(m(2, 2), m(2), upper=True)
    ),
    "det: expected square matrices": lambda: linalg.det(m(2, 3)),
    "slogdet: expected square matrices": lambda: linalg.slogdet(m(2, 3)),
    "log_abs_det_triangular: expected square matrices": lambda: linalg.log_abs_det_triangular(m(2, 3)),
    "logdet: expected a matrix, got shape (2,)": lambda: linalg.logdet(m(2)),
    "cholesky: a leading minor of the matrix is not positive definite; add a small multiple of the identity": lambda: (
        linalg.cholesky(-m(2, 2))
    ),
    "cholesky: a leading minor of matrix 3 of the batch is not positive definite": lambda: linalg.cholesky(one_bad(-np.eye(2))),
    "cholesky: expected square matrices": lambda: linalg.cholesky(m(2, 3)),
    "eigh: expected square matrices": lambda: linalg.eigh(m(2, 3)),
    "svd: expected a matrix, got shape (3,)": lambda: linalg.svd(m(3)),
    "svd: the matrix holds NaN or infinity": lambda: linalg.svd(Tensor(np.full((2, 2), math.nan))),
    "qr: expected the mode 'reduced' or 'r', got 'full'": lambda: linalg.qr(m(3, 2), mode="full"),
    "matrix_norm: expected 'fro', 'nuc', 2, -2, 1, -1, inf or -inf, got 3": lambda: linalg.matrix_norm(m(3, 2), 3),
    "matrix_norm: expected a matrix": lambda: linalg.matrix_norm(m(3)),
    "norm: ord=2 without axis needs a vector or a matrix, got shape (2, 2, 2)": lambda: linalg.norm(m(2, 2, 2), 2),
}


@pytest.mark.parametrize("message", ERRORS)
def test_errors_speak(message):
    with pytest.raises(ValueError) as caught:
        ERRORS[message]()
    assert message in str(caught.value)


# --- triangular matrices ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 4, 4), (2, 1, 3, 3)])
@pytest.mark.parametrize("part", [np.tril, np.triu])
def test_the_determinant_of_a_triangular_matrix_is_that_of_any_matrix(part, shape):
    a = part(new_generator(1).standard_normal(shape))
    y = linalg.log_abs_det_triangular(Tensor(a))
    np.testing.assert_allclose(y.data, np.linalg.slogdet(a)[1], rtol=1e-12)
    assert gradcheck(linalg.log_abs_det_triangular, [a])
    assert gradgradcheck(linalg.log_abs_det_triangular, [a])
    beside = a + np.tril(np.ones(shape), -1) * 5  # never looked at
    np.testing.assert_array_equal(linalg.log_abs_det_triangular(Tensor(beside)).data, y.data)


def test_the_determinant_of_a_large_triangular_matrix_is_not_zero():
    assert linalg.log_abs_det_triangular(Tensor(np.eye(500) * 1e-3)).item() == pytest.approx(500 * math.log(1e-3))


def test_the_determinant_of_a_singular_triangular_matrix():
    with np.errstate(divide="ignore"):
        assert linalg.log_abs_det_triangular(Tensor(np.diag([1.0, 0.0]))).item() == -math.inf


def test_a_covariance_whose_factor_has_a_negative_diagonal_has_a_density():
    l = np.array([[-2.0, 0.0], [1.0, 0.5]])
    normal = minigen.distributions.MultivariateNormal(Tensor(np.zeros(2)), scale_tril=Tensor(l), validate_args=False)
    same = minigen.distributions.MultivariateNormal(Tensor(np.zeros(2)), Tensor(l @ l.T))
    x = Tensor(np.array([[0.5, -1.0], [2.0, 0.25]]))
    np.testing.assert_allclose(normal.log_prob(x).data, same.log_prob(x).data, rtol=1e-12)
