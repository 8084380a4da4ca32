"""Every registered divergence against quadrature and Monte Carlo, its derivatives, and who is asked for which pair."""

import math

import numpy as np
import pytest
from hypothesis import given

from minigen import distributions as D
from minigen import random
from minigen.distributions import kl
from minigen.gradcheck import gradcheck, gradgradcheck
from minigen.tensor import Tensor
from tests.checking import few, seeds
from tests.distributions.families import expectation, log_p, of

FINITE = [  # p, q, and narrower ranges for the parameters where the divergence would be infinite or its Monte Carlo estimate wild
    (D.Normal, D.Normal, {}, {}),
    (D.LogNormal, D.LogNormal, {}, {}),
    (D.Laplace, D.Laplace, {}, {}),
    (D.Uniform, D.Uniform, {"low": (-1, 0), "high": (0.5, 1)}, {"low": (-2, -1), "high": (1, 3)}),
    (D.Gamma, D.Gamma, {}, {}),
    (D.Beta, D.Beta, {}, {}),
    (D.Weibull, D.Weibull, {"concentration": (1.5, 4)}, {"concentration": (0.8, 2.5)}),
    (D.Bernoulli, D.Bernoulli, {}, {}),
    (D.Binomial, D.Binomial, {}, {}),
    (D.Uniform, D.Normal, {}, {}),
    (D.Laplace, D.Normal, {}, {}),
    (D.Logistic, D.Normal, {}, {}),
    (D.LogNormal, D.Normal, {"scale": (0.2, 0.5)}, {}),
    (D.Gamma, D.Normal, {}, {}),
    (D.Beta, D.Normal, {}, {}),
    (D.Weibull, D.Normal, {"concentration": (1.2, 4)}, {}),
    (D.Normal, D.Laplace, {}, {}),
    (D.Uniform, D.Beta, {"low": (0, 0.4), "high": (0.5, 1)}, {}),
    (D.Uniform, D.Gamma, {"low": (0, 0.4), "high": (0.5, 3)}, {}),
    (D.Beta, D.Uniform, {}, {"low": (-1, 0), "high": (1, 3)}),
    (D.Beta, D.Gamma, {}, {}),
    (D.LogNormal, D.Gamma, {"scale": (0.2, 0.8)}, {}),
    (D.Weibull, D.Gamma, {"concentration": (1.2, 4)}, {}),
    (D.Gamma, D.Weibull, {}, {"concentration": (0.8, 2)}),
    (D.Gamma, D.LogNormal, {}, {}),
]
LINE, HALF = [D.Normal, D.Laplace, D.Logistic], [D.LogNormal, D.Gamma, D.Weibull]
INFINITE = [(p, q) for p in LINE for q in [*HALF, D.Beta, D.Uniform]] + [(p, q) for p in HALF for q in [D.Beta, D.Uniform]]
OTHERS = [  # tested one by one below
    (D.Categorical, D.Categorical), (D.MultivariateNormal, D.MultivariateNormal), (D.Independent, D.Independent),
    (D.Independent, D.MultivariateNormal), (D.MultivariateNormal, D.Independent),
]  # fmt: skip

name = lambda row: f"{row[0].__name__}-{row[1].__name__}"  # noqa: E731
finite = pytest.mark.parametrize("row", FINITE, ids=name)
T = lambda a: Tensor(np.asarray(a, float))  # noqa: E731


def drawn(kind, ranges, seed, shape):
    """(family, parameters of ``shape``) with the parameters in ``ranges`` drawn from there."""
    family = of(kind)
    p = family.draw(seed, (shape,) * 2)
    rng = random.new_generator(seed + 1)
    p |= {key: rng.uniform(*bounds, shape) for key, bounds in ranges.items()}
    return family, {key: np.full((), 5.0) if key in family.fixed else a for key, a in p.items()}


def test_every_registered_pair_is_in_a_table():
    assert {(p, q) for p, q, *_ in FINITE} | set(INFINITE) | set(OTHERS) == set(kl._registry)


@finite
@given(seed=seeds)
@few
def test_a_closed_form_is_the_integral_and_the_average(row, seed):
    P, Q, narrow_p, narrow_q = row
    (of_p, a), (of_q, b) = drawn(P, narrow_p, seed, (3, 1)), drawn(Q, narrow_q, seed + 2, (2,))
    p, q = of_p.make(a), of_q.make(b)
    got = D.kl_divergence(p, q)
    assert got.shape == (3, 2)
    assert (got.data > 0).all()
    wide = p.expand((3, 2))
    points = None if P in (D.Bernoulli, D.Binomial) else of_p.points({key: np.broadcast_to(v, (3, 2)) for key, v in a.items()})
    if Q is D.Laplace:  # its kink
        points = [points[0], np.minimum(points[1], b["loc"]), np.maximum(points[1], b["loc"]), points[2]]
    np.testing.assert_allclose(got.data, expectation(wide, lambda x: log_p(wide)(x) - log_p(q)(x), points), rtol=1e-6, atol=1e-8)
    with random.fork(seed % 1000):
        estimate, error = D.kl_monte_carlo(wide, q, 4000)
    assert (np.abs(estimate.data - got.data) <= 6 * error.data + 1e-10).all()


@finite
@given(seed=seeds)
@few
def test_first_and_second_derivatives(row, seed):
    P, Q, narrow_p, narrow_q = row
    (of_p, a), (of_q, b) = drawn(P, narrow_p, seed, (2,)), drawn(Q, narrow_q, seed + 2, (2, 1))

    def divergence(*arguments):
        n = len(of_p.ranges)
        return D.kl_divergence(of_p.make({**a, **dict(zip(of_p.ranges, arguments[:n]))}),
                               of_q.make({**b, **dict(zip(of_q.ranges, arguments[n:]))}))  # fmt: skip

    arguments = [a[key] for key in of_p.ranges] + [b[key] for key in of_q.ranges]
    gradcheck(divergence, arguments)
    gradgradcheck(divergence, arguments)


@pytest.mark.parametrize("row", [r for r in FINITE if r[0] is r[1]], ids=name)
@given(seed=seeds)
@few
def test_it_is_0_for_equal_distributions_only(row, seed):
    family, a = drawn(row[0], row[2], seed, (3,))
    p = family.make(a)
    np.testing.assert_allclose(D.kl_divergence(p, family.make(a)).data, 0, atol=1e-13)
    for key in family.ranges:
        moved = {**a, key: a[key] + 0.01}
        other = family.make(moved)
        if row[0] is not D.Uniform:
            assert (D.kl_divergence(p, other).data > 1e-9).all()
            assert (D.kl_divergence(other, p).data > 1e-9).all()


@pytest.mark.parametrize("pair", INFINITE, ids=name)
def test_it_is_infinite_where_q_is_narrower(pair):
    p, q = (of(kind).make(of(kind).draw(i)) for i, kind in enumerate(pair))
    got = D.kl_divergence(p, q)
    assert got.shape == (4,)
    assert (got.data == math.inf).all()


def test_uniform_pairs_are_infinite_outside_and_have_no_nan():
    low = Tensor(np.array([0.1, -0.5, 0.1]), requires_grad=True)
    high = Tensor(np.array([0.9, 0.9, 1.5]), requires_grad=True)
    one = T(1.5)
    p = D.Uniform(low, high)
    for q, expected in [(D.Uniform(T(0.0), T(1.0)), [0, 1, 1]), (D.Beta(one, one), [0, 1, 1]), (D.Gamma(one, one), [0, 1, 0])]:
        got = D.kl_divergence(p, q)
        np.testing.assert_array_equal(np.isinf(got.data), np.array(expected, bool))
        low.grad = high.grad = None
        got.sum().backward()
        assert np.isfinite(low.grad.data).all()
        assert np.isfinite(high.grad.data).all()
    assert D.kl_divergence(D.Beta(one, one), D.Uniform(T(0.1), T(2.0))).item() == math.inf


# --- discrete -----------------------------------------------------------------------------------------------------------------


@given(seed=seeds)
@few
def test_categorical(seed):
    rng = random.new_generator(seed)
    a, b = rng.normal(size=(3, 1, 5)), rng.normal(size=(2, 5))
    p, q = D.Categorical(logits=T(a)), D.Categorical(logits=T(b))
    pa, pb = np.exp(a) / np.exp(a).sum(-1, keepdims=True), np.exp(b) / np.exp(b).sum(-1, keepdims=True)
    np.testing.assert_allclose(D.kl_divergence(p, q).data, (pa * np.log(pa / pb)).sum(-1), rtol=1e-10)
    with random.fork(seed % 1000):
        estimate, error = D.kl_monte_carlo(p, q, 4000)
    assert (np.abs(estimate.data - D.kl_divergence(p, q).data) < 6 * error.data).all()
    divergence = lambda x, y: D.kl_divergence(D.Categorical(logits=x), D.Categorical(logits=y))  # noqa: E731
    gradcheck(divergence, [a, b])
    gradgradcheck(divergence, [a, b])
    np.testing.assert_allclose(D.kl_divergence(p, p).data, 0, atol=1e-14)


def test_impossible_categories_and_certain_coins():
    x = Tensor(np.array([0.0, -math.inf, 1.0]), requires_grad=True)
    y = Tensor(np.array([0.3, 0.2, 0.1]), requires_grad=True)
    p, q = D.Categorical(logits=x), D.Categorical(logits=y)
    got = D.kl_divergence(p, q)
    pk, qk = p.probs.data, q.probs.data
    np.testing.assert_allclose(got.item(), (pk[[0, 2]] * np.log(pk[[0, 2]] / qk[[0, 2]])).sum(), rtol=1e-12)
    got.backward()
    assert np.isfinite(x.grad.data).all()
    assert np.isfinite(y.grad.data).all()
    assert D.kl_divergence(q, p).item() == math.inf
    assert D.kl_divergence(p, p).item() == 0

    coin = lambda v: D.Bernoulli(probs=T(v))  # noqa: E731
    assert D.kl_divergence(coin([0, 1]), coin([0, 1])).tolist() == [0, 0]
    np.testing.assert_allclose(D.kl_divergence(coin([0, 1, 0]), coin([0.5, 0.5, 0.25])).data, [math.log(2), math.log(2), -math.log(0.75)])
    assert D.kl_divergence(coin([0.5, 0.5]), coin([0, 1])).tolist() == [math.inf, math.inf]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_logits(dtype):
    a, b = np.array([1e4, -1e4, 1e4, 0], dtype), np.array([1e4, 1e4, -1e4, 1e4], dtype)
    for n, kind in [(1, D.Bernoulli), (3, lambda logits: D.Binomial(3, logits=logits))]:
        x, y = Tensor(a, requires_grad=True), Tensor(b, requires_grad=True)
        got = D.kl_divergence(kind(logits=x), kind(logits=y))
        assert got.dtype == dtype
        np.testing.assert_allclose(got.data, n * np.array([0, 1e4, 1e4, 5e3 - math.log(2)]), rtol=1e-6)
        got.sum().backward()
        assert np.isfinite(x.grad.data).all()
        assert np.isfinite(y.grad.data).all()


def test_binomial_with_different_counts():
    few_, many = D.Binomial(T(3), logits=T([0.2, 0.3])), D.Binomial(T(5), logits=T([0.2, 0.1]))
    assert D.kl_divergence(many, few_).tolist() == [math.inf, math.inf]
    with pytest.raises(NotImplementedError, match="equal total_count"):
        D.kl_divergence(few_, many)


# --- vectors ------------------------------------------------------------------------------------------------------------------


def normal(seed, batch=(), d=2):
    """Random loc and Cholesky factor."""
    rng = random.new_generator(seed)
    loc, below = rng.normal(size=(*batch, d)), np.tril(0.4 * rng.normal(size=(*batch, d, d)), -1)
    return loc, below + rng.uniform(0.5, 1.5, (*batch, d, 1)) * np.eye(d)


def plane(d, f):
    """E[f(x)] for a distribution d of vectors (2,), by the trapezoidal rule, which is exponentially exact for a Gaussian bulk."""
    grids = [np.linspace(m - 12 * s, m + 12 * s, 301) for m, s in zip(d.mean.data, d.stddev.data)]
    x = np.stack(np.meshgrid(*grids, indexing="ij"), axis=-1)
    cell = math.prod(g[1] - g[0] for g in grids)
    return float((np.exp(log_p(d)(x)) * f(x)).sum() * cell)


@given(seed=seeds)
@few
def test_multivariate_normal(seed):
    (m, l), (n, k) = normal(seed), normal(seed + 1)
    rng = random.new_generator(seed)
    loc, scale = rng.normal(size=2), rng.uniform(0.5, 1.5, 2)
    full, other = D.MultivariateNormal(T(m), scale_tril=T(l)), D.MultivariateNormal(T(n), scale_tril=T(k))
    diagonal = D.Independent(D.Normal(T(loc), T(scale)), 1)
    for p, q in [(full, other), (full, diagonal), (diagonal, full), (diagonal, D.Independent(D.Normal(T(n), T([1.0, 0.7])), 1))]:
        got = D.kl_divergence(p, q)
        assert got.shape == ()
        np.testing.assert_allclose(got.item(), plane(p, lambda x, p=p, q=q: log_p(p)(x) - log_p(q)(x)), rtol=1e-8, atol=1e-10)
        with random.fork(seed % 1000):
            estimate, error = D.kl_monte_carlo(p, q, 4000)
        assert abs(estimate.item() - got.item()) < 6 * error.item()
    assert abs(D.kl_divergence(full, full).item()) < 1e-13

    def divergence(m, l, n, k):
        return D.kl_divergence(D.MultivariateNormal(m, scale_tril=l.tril()), D.MultivariateNormal(n, scale_tril=k.tril()))

    gradcheck(divergence, [m, l, n, k])
    gradgradcheck(divergence, [m, l, n, k])


def test_multivariate_normal_batches():
    (m, l), (n, k) = normal(0, (3, 1), 4), normal(1, (2,), 4)
    got = D.kl_divergence(D.MultivariateNormal(T(m), scale_tril=T(l)), D.MultivariateNormal(T(n), scale_tril=T(k))).data
    assert got.shape == (3, 2)
    for i in range(3):
        for j in range(2):
            p, q = D.MultivariateNormal(T(m[i, 0]), scale_tril=T(l[i, 0])), D.MultivariateNormal(T(n[j]), scale_tril=T(k[j]))
            np.testing.assert_allclose(got[i, j], D.kl_divergence(p, q).item(), rtol=1e-12)
    assert D.kl_divergence(D.MultivariateNormal(T(m), scale_tril=T(l)), D.MultivariateNormal(T(n[0]), scale_tril=T(k[0]))).shape == (3, 1)


def test_independent_sums_over_the_event_only():
    rng = random.new_generator(0)
    p, q = (D.Normal(T(rng.normal(size=(5, 3, 2))), T(rng.uniform(0.5, 2, (5, 3, 2)))) for _ in range(2))
    each = D.kl_divergence(p, q).data
    for n in range(4):
        got = D.kl_divergence(D.Independent(p, n), D.Independent(q, n))
        np.testing.assert_allclose(got.data, each.sum(axis=tuple(range(3 - n, 3))), rtol=1e-13)
    standard = D.Independent(D.Normal(T([0, 0]), T([1, 1])), 1)  # the VAE's prior
    got = D.kl_divergence(D.Independent(p, 1), standard).data
    mu, var = p.loc.data, p.scale.data**2
    np.testing.assert_allclose(got, -0.5 * (1 + np.log(var) - mu**2 - var).sum(-1), rtol=1e-12)
    with pytest.raises(NotImplementedError, match="same number of axes"):
        D.kl_divergence(D.Independent(D.Independent(p, 1), 1), D.Independent(q, 2))
    with pytest.raises(ValueError, match="cannot be compared"):
        D.kl_divergence(D.Independent(p, 1), D.Independent(D.Normal(T([0, 0, 0]), T(1)), 1))
