"""The elementwise functions beside PyTorch's, where it is installed: values and gradients at all corners of the number line."""

import math

import numpy as np
import pytest

import minigen
from minigen import Tensor, ops, special

torch = pytest.importorskip("torch")

X = np.array([-math.inf, -2.5, -2, -1, -0.5, -0.0, 0, 1e-8, 0.3, 0.5, 1, 1.5, 2, 3, 50, math.inf, math.nan])
A, B = (grid.ravel() for grid in np.meshgrid(X, X))
ODD = {  # where PyTorch is less exact, or answers a question that has no answer in its own way
    "acosh": [-1],  # outside
    "logit": [0, -2.5, -2, -1, -0.5, 1.5, 2, 3, 50, -math.inf, math.inf],  # outside
    "lgamma": [-math.inf], "digamma": [-math.inf, -2, -1], "log_ndtr": [-math.inf],
}  # fmt: skip


def both(mine, theirs, arrays, dtype):
    """(value, gradients) here and there"""
    ours = [Tensor(a.astype(dtype), requires_grad=True) for a in arrays]
    y = mine(*ours)
    gradients = minigen.grad(y, ours, Tensor(np.ones(y.shape, dtype)))
    others = [torch.tensor(a.astype(dtype), requires_grad=True) for a in arrays]
    z = theirs(*others)
    return [y.data, *[g.data for g in gradients]], [t.detach().numpy() for t in (z, *torch.autograd.grad(z.sum(), others))]


def close(dtype):
    """PyTorch's trigamma is right to 10⁻⁹ only."""
    return {"rtol": 5e-6, "atol": 1e-7} if dtype == np.float32 else {"rtol": 2e-9, "atol": 1e-12}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "name",
    [
        "neg", "abs", "sign", "square", "sqrt", "rsqrt", "reciprocal", "exp", "expm1", "log", "log1p", "log2", "log10", "sigmoid",
        "floor", "ceil", "trunc", "round", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
        "asinh", "acosh", "atanh", "erf", "erfc", "erfinv", "lgamma", "digamma", "logit", "expit", "ndtr", "ndtri", "log_ndtr",
    ],
)  # fmt: skip
def test_of_one(name, dtype):
    x = X[~np.isin(X, ODD.get(name, []))]
    mine = getattr(ops, name, None) or getattr(special, name)
    ours, others = both(mine, getattr(torch, name, None) or getattr(torch.special, name), [x], dtype)
    for a, b in zip(ours, others, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, **close(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "name", ["div", "pow", "maximum", "minimum", "remainder", "atan2", "logaddexp", "xlogy", "clamp_min", "clamp_max", "where"]
)
def test_of_two(name, dtype):
    a, b = A, B
    if name == "pow":
        a, b = a[~(np.isnan(a) & (b == 0))], b[~(np.isnan(a) & (b == 0))]  # NaN⁰ = 1, whose derivative is 0 there and NaN here
    if name == "xlogy":
        a, b = a[(a != 0) | (b != 0)], b[(a != 0) | (b != 0)]  # the derivative of 0 ln 0 in b is NaN there and 0 here
    if name == "where":
        mine, theirs = (lambda p, q: ops.where(p < q, p, q)), (lambda p, q: torch.where(p < q, p, q))
    else:
        mine, theirs = getattr(ops, name), getattr(torch, name)
    ours, others = both(mine, theirs, [a, b], dtype)
    for u, v in zip(ours, others, strict=True):
        np.testing.assert_allclose(u, v, **close(dtype))


@pytest.mark.parametrize("n", [-2, -1, 0, 1, 2, 3, 1.5, 2.5])
def test_powers_by_numbers(n):
    for mine in (lambda x: x**n, lambda x: pow(n, x)):
        for a, b in zip(*both(mine, mine, [X], np.float64), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (None, 0.5), (0.5, None), (1, -1)])
def test_clamp(low, high):
    for a, b in zip(*both(lambda x: x.clamp(low, high), lambda x: x.clamp(low, high), [X], np.float64), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_polygamma(n):
    x = X[(X > 0.1) & np.isfinite(X)]
    for a, b in zip(
        *both(lambda x: special.polygamma(n, x), lambda x: torch.special.polygamma(n, x), [x], np.float64), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-8)


KINDS = [np.bool_, np.uint8, np.int8, np.int32, np.int64, np.float32, np.float64]


@pytest.mark.parametrize(
    "name", ["add", "mul", "div", "pow", "maximum", "remainder", "floor_divide", "logaddexp", "eq", "lt", "logical_and"]
)
def test_dtypes_of_results(name):
    for p in KINDS:
        for q in KINDS:
            try:
                want = getattr(torch, name)(torch.ones(3, dtype=_torch(p)), torch.ones(3, dtype=_torch(q))).numpy().dtype
            except RuntimeError:
                continue
            got = getattr(ops, name)(Tensor(np.ones(3, p)), Tensor(np.ones(3, q))).dtype
            assert got == want, (name, p.__name__, q.__name__)


def _torch(dtype):
    return torch.tensor(np.ones(1, dtype)).dtype
