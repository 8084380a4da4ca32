"""Maps of one number: their formulas in NumPy, far out on the line, outside of their domains, and errors that teach."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import bijections as B
from minigen.bijections.sinh_arcsinh import log_cosh
from minigen.distributions import Bernoulli, Independent, Normal, Uniform
from minigen.nn import Buffer, Parameter
from minigen.ops import ones, zeros
from minigen.tensor import Tensor
from tests.checking import Row, check, few, one

X = np.array([0.1, 0.4, 0.7])


def sinh_arcsinh(x, s, t):
    return np.sinh((np.arcsinh(x) + s) * t) * 2 / np.sinh(np.arcsinh(2) * t)


ROWS = [Row("log_cosh", log_cosh, lambda x: np.logaddexp(x, -x) - math.log(2), one(-3, 3))]


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@few
def test_row(row, data):
    check(row, data.draw)


FORMULAS = [  # a map, the image of x, its derivative there
    (B.Affine(-2.0, 3.0), 3 - 2 * X, -2 + 0 * X),
    (B.Square(), X**2, 2 * X),
    (B.Power(3), X**3, 3 * X**2),
    (B.Power(-0.5), X**-0.5, -0.5 * X**-1.5),
    (B.Exp(), np.exp(X), np.exp(X)),
    (B.Log(), np.log(X), 1 / X),
    (B.Softplus(), np.log(1 + np.exp(X)), 1 / (1 + np.exp(-X))),
    (B.Sigmoid(), 1 / (1 + np.exp(-X)), np.exp(-X) / (1 + np.exp(-X)) ** 2),
    (B.Logit(), np.log(X / (1 - X)), 1 / X + 1 / (1 - X)),
    (B.Tanh(), np.tanh(X), 1 - np.tanh(X) ** 2),
    (B.LeakyReLU(0.1), X, 1 + 0 * X),
    (B.SinhArcsinh(0.0, 1.0), X, 1 + 0 * X),
    (B.SinhArcsinh(0.3, 1.4), sinh_arcsinh(X, 0.3, 1.4), (sinh_arcsinh(X + 1e-6, 0.3, 1.4) - sinh_arcsinh(X - 1e-6, 0.3, 1.4)) / 2e-6),
    (B.CDF(Uniform(-1.0, 3.0)), (X + 1) / 4, 0.25 + 0 * X),
    (B.Quantile(Uniform(-1.0, 3.0)), 4 * X - 1, 4 + 0 * X),
]  # fmt: skip


@pytest.mark.parametrize(("b", "y", "slope"), FORMULAS, ids=[type(b).__name__ for b, _, _ in FORMULAS])
def test_the_formula(b, y, slope):
    b.to("float64")
    got, log_det = b(Tensor(X))
    np.testing.assert_allclose(got.data, y, rtol=1e-6)
    np.testing.assert_allclose(log_det.data, np.log(np.abs(slope)), rtol=1e-6, atol=1e-8)
    pairs, log_det = b(Tensor(np.stack([X, X[::-1]], axis=1)))
    np.testing.assert_allclose(pairs.data, np.stack([y, y[::-1]], axis=1), rtol=1e-6)
    np.testing.assert_allclose(log_det.data, np.log(np.abs(slope * slope[::-1])), rtol=1e-6, atol=1e-8)


FAR = [  # a map, x far out, its image, the log-determinant
    (B.Softplus(), 1e4, 1e4, 0.0),
    (B.Softplus(), -1e4, 0.0, -1e4),
    (B.Softplus().inv, 1e4, 1e4, 0.0),
    (B.Softplus().inv, 1e-8, math.log(1e-8), -math.log(1e-8)),
    (B.Sigmoid(), 1e4, 1.0, -1e4),
    (B.Sigmoid(), -1e4, 0.0, -1e4),
    (B.Tanh(), 1e4, 1.0, 2 * math.log(2) - 2e4),
    (B.Tanh(), -1e4, -1.0, 2 * math.log(2) - 2e4),
    (B.Exp(), -1e4, 0.0, -1e4),
    (B.LeakyReLU(0.1), -1e4, -1e3, math.log(0.1)),
    (B.SinhArcsinh(), 1e4, 1e4, 0.0),
    (B.SinhArcsinh(0.5, 0.5), -1e4, sinh_arcsinh(-1e4, 0.5, 0.5),
     math.log(1 / math.sinh(0.5 * math.asinh(2)) * math.cosh(0.5 * (math.asinh(-1e4) + 0.5)) / math.hypot(1, 1e4))),
    (B.CDF(Normal(0.0, 1.0)), 100.0, 1.0, -5000 - 0.5 * math.log(2 * math.pi)),
    (B.Affine(1e-3, 0.0).inv, 1e4, 1e7, math.log(1e3)),
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("b", "x", "y", "log_slope"), FAR, ids=[f"{type(b).__name__}({x:g})" for b, x, _, _ in FAR])
def test_far_out_nothing_overflows(b, x, y, log_slope, dtype):
    b.to(dtype)
    leaf = Tensor(np.array([x], dtype), requires_grad=True)
    image, log_det = b(leaf)
    np.testing.assert_allclose(image.data, [y], rtol=1e-5)
    np.testing.assert_allclose(log_det.data, [log_slope], rtol=1e-5, atol=1e-6)
    (image + log_det).sum().backward()
    assert np.isfinite(leaf.grad.data).all()


OUTSIDE = [  # a map, values outside of its domain
    (B.Square(), [0.0, -1.0]),
    (B.Square().inv, [0.0, -1.0]),
    (B.Power(2.5), [0.0, -1.0]),
    (B.Log(), [0.0, -1e4]),
    (B.Softplus().inv, [0.0, -3.0]),
    (B.Logit(), [0.0, 1.0, -1e4, 1e4]),
    (B.Tanh().inv, [-1.0, 1.0, 5.0]),
    (B.CDF(Uniform(0.0, 2.0)), [-1.0, 3.0]),
    (B.Quantile(Normal(0.0, 1.0)), [0.0, 1.0, -2.0]),
]


@pytest.mark.parametrize(("b", "values"), OUTSIDE, ids=[type(b).__name__ for b, _ in OUTSIDE])
def test_outside_of_the_domain_the_density_is_zero_and_no_gradient_is_nan(b, values):
    inside = 0.25
    x = Tensor(np.array([[v, inside] for v in [*values, inside]]), requires_grad=True)
    y, log_det = b(x)
    assert list(np.isneginf(log_det.data)) == [True] * len(values) + [False]
    assert np.isfinite(y.data).all()
    log_det[-1].backward()
    assert np.isfinite(x.grad.data).all()
    assert np.isnan(b(Tensor([np.nan]))[1].data).all()  # what is no number is not outside: it is seen


def test_numbers_become_parameters_and_tensors_stay():
    assert [name for name, _ in B.Affine(2.0, 1).named_parameters()] == ["a", "b"]
    assert B.Affine(2.0, 1).b.dtype == np.float32
    fixed, shared = Buffer(ones(())), Parameter(zeros(()).data)
    b = B.Chain(B.Affine(fixed, shared), B.Affine(1.0, shared))
    assert [name for name, _ in b.named_parameters()] == ["bijections.0.b", "bijections.1.a"]
    assert [name for name, _ in b.named_buffers()] == ["bijections.0.a"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: B.Affine(0.0), "a = 0 maps everything to b"),
        (lambda: B.Affine(np.array([1.0, 0.0])), "a = 0 maps everything to b"),
        (lambda: B.SinhArcsinh(0.0, 0), "tailweight = 0 maps everything to one point"),
        (lambda: B.Power(0), "a finite number p that is not 0, got 0"),
        (lambda: B.LeakyReLU(-0.1), "must be a positive number for the map to be invertible, got -0.1"),
        (lambda: B.CDF(Bernoulli(0.3)), "expected a continuous distribution of numbers, got Bernoulli of whole numbers"),
        (lambda: B.CDF(Independent(Normal(zeros(2), ones(2)), 1)), r"got Independent of events \(2,\)"),
        (lambda: B.RationalQuadraticSpline(1), "at least 2 bins"),
        (lambda: B.SumOfSquares(np.ones(3)), r"shape \(K, r \+ 1\), got \(3,\)"),
    ],
)
def test_errors_teach(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
