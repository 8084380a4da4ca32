"""Linear maps: determinants against matrices written out, the sign of a permutation, D = 500, batch normalisation."""

import numpy as np
import pytest

import minigen as mg
from minigen.bijections import LU, BatchNorm, Householder, Permute, Triangular
from minigen.derivatives import jacobian
from minigen.tensor import Tensor


def stirred(bijection, seed=0, size=0.5):
    """The bijection in float64, its parameters moved away from where they start."""
    noise = mg.random.new_generator(seed)
    bijection.to(np.float64)
    for p in bijection.parameters():
        p.data[...] += size * noise.standard_normal(p.shape)
    return bijection


def matrix(bijection, n):
    """W of y = W x + b"""
    return jacobian(lambda x: bijection(x[None])[0][0], Tensor(np.zeros(n))).data


def test_a_permutation_has_a_determinant_of_plus_or_minus_one():
    assert np.linalg.det(matrix(Permute([1, 0]), 2)) == -1  # a swap
    assert np.linalg.det(matrix(Permute([1, 2, 0]), 3)) == 1
    mg.manual_seed(0)
    for n in range(1, 7):
        permute, x = Permute.random(n), Tensor(np.arange(2.0 * n).reshape(2, n))
        assert abs(np.linalg.det(matrix(permute, n))) == 1
        y, log_det = permute(x)
        np.testing.assert_array_equal(log_det.data, np.zeros(2))
        np.testing.assert_array_equal(permute.inverse(y)[0].data, x.data)
        np.testing.assert_array_equal(y.data, x.data[:, permute.permutation.data])
    np.testing.assert_array_equal(Permute.reverse(3)(mg.tensor([[1.0, 2.0, 3.0]]))[0].data, [[3, 2, 1]])
    image = Tensor(np.arange(12.0).reshape(1, 3, 2, 2))
    np.testing.assert_array_equal(Permute([2, 0, 1])(image)[0].data, image.data[:, [2, 0, 1]])


@pytest.mark.parametrize("kind", [Triangular, LU, Householder])
def test_a_matrix_is_what_its_factors_say(kind):
    mg.manual_seed(1)
    b = stirred(kind(6))
    w = matrix(b, 6)
    sign, log_det = np.linalg.slogdet(w)
    got = b(Tensor(np.ones((2, 6))))[1].data
    np.testing.assert_allclose(got, [log_det] * 2, atol=1e-13)
    back, down = b.inverse(Tensor(w.T.copy()) if b.bias is None else Tensor(w.T + b.bias.data))  # y = W x + b of the unit vectors
    np.testing.assert_allclose(back.data, np.eye(6), atol=1e-12)
    np.testing.assert_allclose(down.data, [-log_det] * 6, atol=1e-13)
    if kind is Householder:
        np.testing.assert_allclose(w @ w.T, np.eye(6), atol=1e-14)
        assert sign == 1  # six reflections
        assert np.linalg.det(matrix(Householder(3, reflections=1), 3)) == pytest.approx(-1)
        return
    np.testing.assert_allclose(w, b.matrix.data, atol=1e-14)
    if kind is Triangular:
        assert (w[np.triu_indices(6, 1)] == 0).all()
        assert (np.diag(w) > 0).all()
    else:
        lower, upper = (m.data for m in b.factors())
        np.testing.assert_allclose(w, (lower @ upper)[b.permutation.data], atol=1e-14)
        assert (np.diag(lower) == 1).all()
        assert (np.diag(upper) > 0).all()


def test_the_determinant_of_500_dimensions_neither_overflows_nor_vanishes():
    for kind in (Triangular, LU):
        mg.manual_seed(0)
        b = stirred(kind(500), size=0.01)
        x = Tensor(mg.random.new_generator(0).standard_normal((3, 500)))
        for shift in (-3.0, 3.0):  # det = e^±1500
            b.log_diagonal.data[...] = shift
            y, log_det = b(x)
            np.testing.assert_allclose(log_det.data, 500 * shift)
            assert np.linalg.slogdet(b.matrix.data)[1] == pytest.approx(500 * shift)
            np.testing.assert_allclose(b.inverse(y)[0].data, x.data, atol=1e-9)


# --- batch normalisation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3,), (3, 2, 4)])
def test_batch_norm_standardizes_in_training_and_is_a_bijection_in_evaluation(shape):
    noise = mg.random.new_generator(0)
    x = Tensor(3 + 2 * noise.standard_normal((50, *shape)))
    norm = BatchNorm(3, eps=1e-9, momentum=1.0).to(np.float64)
    axes = (0, *range(2, 1 + len(shape)))
    y, log_det = norm(x)
    np.testing.assert_allclose(y.data.mean(axes), np.zeros(3), atol=1e-12)
    np.testing.assert_allclose(y.data.std(axes), np.ones(3), rtol=1e-8)
    pixels = np.prod(shape[1:], dtype=int)
    np.testing.assert_allclose(log_det.data, np.full(50, -pixels * np.log(x.data.std(axes)).sum()), rtol=1e-8)
    stirred(norm).eval()
    again, log_det = norm(x)  # momentum 1: the running statistics are those of the batch
    np.testing.assert_allclose((again.data.std(axes)), np.exp(norm.log_gamma.data), rtol=1e-8)
    j = jacobian(lambda v: norm(v[None])[0][0], x[0]).data.reshape(x[0].numel(), -1)
    assert log_det.data[0] == pytest.approx(np.linalg.slogdet(j)[1])
    back, down = norm.inverse(again)
    np.testing.assert_allclose(back.data, x.data, atol=1e-12)
    np.testing.assert_allclose(down.data, -log_det.data)


def test_batch_norm_lets_gradients_through_the_statistics_and_follows_them():
    x = Tensor(mg.random.new_generator(0).standard_normal((20, 2)), requires_grad=True)
    norm = BatchNorm(2).to(np.float64)
    y, log_det = norm(x)
    (y.sum() + log_det.sum() * 0).backward()
    np.testing.assert_allclose(x.grad.data, np.zeros((20, 2)), atol=1e-12)  # the sum is 0 whatever x is
    np.testing.assert_allclose(norm.running_mean.data, 0.1 * x.data.mean(0))
    np.testing.assert_allclose(norm.running_var.data, 0.9 + 0.1 * x.data.var(0))


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (lambda: Permute([0, 0]), ValueError, r"expected 0 … 1 in some order, got \[0 0\]"),
        (lambda: Permute([1, 0])(mg.ones(2, 3)), ValueError, r"expected \(N, 2, …\), got \(2, 3\)"),
        (lambda: Triangular(0), ValueError, "a positive whole number, got 0"),
        (lambda: LU(3)(mg.ones(2, 4)), ValueError, r"LU\(3\): expected \(N, 3\), got \(2, 4\)"),
        (lambda: Triangular(3).inverse(mg.ones(2, 4)), ValueError, r"Triangular\(3\): expected \(N, 3\), got \(2, 4\)"),
        (lambda: Householder(3, reflections=0), ValueError, "at least one reflection"),
        (lambda: BatchNorm(3).inverse(mg.ones(2, 3)), RuntimeError, r"call eval\(\) before sampling"),
        (lambda: BatchNorm(3)(mg.ones(1, 3)), ValueError, "more than one value per channel"),
        (lambda: BatchNorm(3)(mg.ones(2, 4)), ValueError, r"BatchNorm\(3\): expected \(N, 3, …\), got \(2, 4\)"),
    ],
)
def test_errors_teach(wrong, error, words):
    with pytest.raises(error, match=words):
        wrong()
