"""Vectors, independent axes, mixtures, categories: shapes, values, draws."""

import math

import numpy as np
import pytest
import scipy.stats as st
from hypothesis import given

from minigen import distributions as D
from minigen import random
from minigen.gradcheck import gradcheck, gradgradcheck
from minigen.tensor import Tensor
from tests.checking import few, seeds
from tests.distributions.families import expectation, integrate, log_p

T = lambda a: Tensor(np.asarray(a, float))  # noqa: E731


# --- categorical --------------------------------------------------------------------------------------------------------------


@given(seed=seeds)
@few
def test_categorical_values_and_derivatives(seed):
    rng = random.new_generator(seed)
    l = rng.normal(size=(3, 4, 5))
    p = np.exp(l) / np.exp(l).sum(-1, keepdims=True)
    d = D.Categorical(logits=T(l))
    assert d.batch_shape == (3, 4)
    np.testing.assert_allclose(d.probs.data, p, rtol=1e-12)
    np.testing.assert_allclose(d.entropy().data, -(p * np.log(p)).sum(-1), rtol=1e-12)
    np.testing.assert_array_equal(d.mode.data, p.argmax(-1))
    for shape in [(3, 4), (2, 3, 4), (1, 4), ()]:
        k = rng.integers(0, 5, shape)
        got = d.log_prob(Tensor(k))
        full = np.broadcast_to(k, np.broadcast_shapes(shape, (3, 4)))
        np.testing.assert_allclose(got.data, np.log(np.take_along_axis(np.broadcast_to(p, (*full.shape, 5)), full[..., None], -1)[..., 0]))
        np.testing.assert_allclose(d.cdf(Tensor(k)).data, (p * (np.arange(5) <= full[..., None])).sum(-1))
    np.testing.assert_allclose(np.exp(d.log_prob(d.enumerate_support()).data).sum(0), 1, rtol=1e-12)
    assert D.Categorical(logits=T(l[0, 0])).log_prob(Tensor(np.array([4, 0]))).shape == (2,)
    for make in (lambda x: D.Categorical(logits=x).log_prob(Tensor(k)), lambda x: D.Categorical(logits=x).entropy()):
        gradcheck(make, [l[0]])
        gradgradcheck(make, [l[0]])
    np.testing.assert_allclose(D.Categorical(probs=T(p)).log_prob(Tensor(k)).data, d.log_prob(Tensor(k)).data, rtol=1e-12)


def test_categorical_draws():
    l = np.array([[0.0, 1.0, -2.0], [5.0, -math.inf, 4.0]])
    d = D.Categorical(logits=T(l))
    with random.fork(3):
        k = d.sample((20_000,))
    assert k.shape == (20_000, 2)
    assert k.dtype == np.int64
    for j in range(2):
        counts, expected = np.bincount(k.data[:, j], minlength=3), d.probs.data[j] * 20_000
        assert (counts[expected == 0] == 0).all()
        assert st.chisquare(counts[expected > 0], expected[expected > 0]).pvalue > 1e-7
    with pytest.raises(NotImplementedError, match="names, not numbers"):
        d.mean  # noqa: B018


def test_categories_that_are_ruled_out():
    x = Tensor(np.array([0.5, -math.inf, 1.0]), requires_grad=True)
    d = D.Categorical(logits=x)
    p = 1 / (1 + math.exp(0.5))
    np.testing.assert_allclose(d.entropy().item(), -p * math.log(p) - (1 - p) * math.log(1 - p), rtol=1e-12)
    values = d.log_prob(Tensor(np.array([0, 1, 2])))
    np.testing.assert_allclose(values.data, [math.log(p), -math.inf, math.log(1 - p)], rtol=1e-12)
    (d.entropy() + values[0]).backward()
    assert np.isfinite(x.grad.data).all()
    values = d.log_prob(T([-1, 3, 0.5, math.inf, -math.inf, math.nan, 2]))
    np.testing.assert_array_equal(values.data[:6], [-math.inf] * 5 + [math.nan])
    assert d.log_prob(T(2)).item() == values.data[6]


# --- multivariate normal ------------------------------------------------------------------------------------------------------


@given(seed=seeds)
@few
def test_multivariate_normal_values_and_derivatives(seed):
    rng = random.new_generator(seed)
    m, l = rng.normal(size=3), np.tril(0.5 * rng.normal(size=(3, 3)), -1) + np.diag(rng.uniform(0.5, 2, 3))
    cov, x = l @ l.T, rng.normal(size=(4, 2, 3))
    frozen = st.multivariate_normal(m, cov)
    for given_ in ({"scale_tril": T(l)}, {"covariance_matrix": T(cov)}, {"precision_matrix": T(np.linalg.inv(cov))}):
        d = D.MultivariateNormal(T(m), **given_)
        assert (d.batch_shape, d.event_shape) == ((), (3,))
        got = d.log_prob(T(x))
        assert got.shape == (4, 2)
        np.testing.assert_allclose(got.data, frozen.logpdf(x), rtol=1e-9)
        np.testing.assert_allclose(d.entropy().item(), frozen.entropy(), rtol=1e-9)
        np.testing.assert_allclose(d.variance.data, np.diag(cov), rtol=1e-9)
        np.testing.assert_allclose(d.covariance_matrix.data, cov, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(d.precision_matrix.data, np.linalg.inv(cov), rtol=1e-8, atol=1e-10)
        np.testing.assert_array_equal(d.mean.data, m)

    def log_prob(x, m, l):
        return D.MultivariateNormal(m, scale_tril=l.tril()).log_prob(x)

    def entropy(l):
        return D.MultivariateNormal(T(m), scale_tril=l.tril()).entropy()

    def of_covariance(x, m, c):
        return D.MultivariateNormal(m, covariance_matrix=c @ c.mT).log_prob(x)

    for function, arguments in [(log_prob, [x[:2], m, l]), (entropy, [l]), (of_covariance, [x[0], m, l])]:
        gradcheck(function, arguments)
        gradgradcheck(function, arguments)


def test_multivariate_normal_batches_and_draws():
    rng = random.new_generator(1)
    m, l = rng.normal(size=(2, 1, 2)), np.tril(0.5 * rng.normal(size=(3, 2, 2)), -1) + rng.uniform(0.5, 2, (3, 1, 1)) * np.eye(2)
    t = Tensor(l, requires_grad=True)
    d = D.MultivariateNormal(T(m), scale_tril=t)
    assert (d.batch_shape, d.event_shape) == ((2, 3), (2,))
    x = rng.normal(size=(5, 2, 3, 2))
    got = d.log_prob(T(x)).data
    for i in range(2):
        for j in range(3):
            np.testing.assert_allclose(got[:, i, j], st.multivariate_normal(m[i, 0], l[j] @ l[j].T).logpdf(x[:, i, j]), rtol=1e-9)
    assert d.entropy().shape == (2, 3)
    assert d.mean.shape == d.variance.shape == (2, 3, 2)
    with random.fork(2):
        draws = d.rsample((20_000,))
    assert draws.shape == (20_000, 2, 3, 2)
    z = np.linalg.solve(l, (draws.data - m)[..., None])[..., 0]
    for v in (z[:, 0, 0, 0], z[:, 1, 2, 1], z[:, 0, 1].sum(-1) / math.sqrt(2)):
        assert st.kstest(v, "norm").pvalue > 1e-7
    draws.sum().backward()  # ∂ Σ L ε / ∂L = Σ ε
    np.testing.assert_allclose(t.grad.data[:, 0, 0], z[..., 0].sum(axis=(0, 1)), rtol=1e-8)
    np.testing.assert_allclose(t.grad.data[:, 1, 0], z[..., 0].sum(axis=(0, 1)), rtol=1e-8)


def test_multivariate_normal_in_one_dimension_integrates_to_1():
    d = D.MultivariateNormal(T([0.3]), covariance_matrix=T([[0.5]]))
    total = integrate(lambda x: np.exp(log_p(d)(x[..., None])), [T(-math.inf).data, T(0.3).data, T(math.inf).data])
    np.testing.assert_allclose(total, 1, rtol=1e-10)


# --- independent --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_independent_moves_axes_from_the_batch_to_the_event(n):
    rng = random.new_generator(0)
    base = D.Normal(T(rng.normal(size=(4, 3, 2))), T(rng.uniform(0.5, 2, (3, 2))))
    d = D.Independent(base, n)
    assert (d.batch_shape, d.event_shape) == ((4, 3, 2)[: 3 - n], (4, 3, 2)[3 - n :])
    x = T(rng.normal(size=(5, 4, 3, 2)))
    axes = tuple(range(4 - n, 4))
    np.testing.assert_allclose(d.log_prob(x).data, base.log_prob(x).data.sum(axis=axes), rtol=1e-13)
    np.testing.assert_allclose(d.entropy().data, base.entropy().data.sum(axis=tuple(range(3 - n, 3))), rtol=1e-13)
    for name in ("mean", "variance", "stddev", "mode"):
        np.testing.assert_array_equal(getattr(d, name).data, getattr(base, name).data)
    assert d.sample((7,)).shape == d.rsample((7,)).shape == (7, 4, 3, 2)
    assert d.support.check(x).shape == (5, 4, 3, 2)[: 4 - n]
    assert d.has_rsample
    if n < 3:
        assert d.expand((6, *d.batch_shape)).log_prob(x[0]).shape == (6, *d.batch_shape)


def test_independent_refuses_other_events():
    d = D.Independent(D.Normal(T(np.zeros((128, 2))), T(1)), 1)
    with pytest.raises(ValueError, match=r"value of shape \(128, 1\) does not fit batch_shape \(128,\) and event_shape \(2,\)"):
        d.log_prob(T(np.zeros((128, 1))))
    with pytest.raises(ValueError, match=r"\(2, 128\)"):
        d.log_prob(T(np.zeros((2, 128))))
    with pytest.raises(ValueError, match=r"between 0 and 2"):
        D.Independent(d.base_dist, 3)


def test_independent_bernoulli_is_minus_the_cross_entropy():
    rng = random.new_generator(0)
    l, x = rng.normal(size=(6, 9)) * 3, rng.uniform(size=(6, 9))  # grey values
    logits = Tensor(l, requires_grad=True)
    y = D.Independent(D.Bernoulli(logits=logits), 1).log_prob(T(x))
    p = 1 / (1 + np.exp(-l))
    np.testing.assert_allclose(y.data, (x * np.log(p) + (1 - x) * np.log(1 - p)).sum(-1), rtol=1e-10)
    y.sum().backward()
    np.testing.assert_allclose(logits.grad.data, x - p, rtol=1e-9, atol=1e-12)
    assert D.Independent(D.Bernoulli(logits=logits), 1).log_prob(T(np.zeros((4, 6, 9)))).shape == (4, 6)  # L draws of a code


# --- mixtures -----------------------------------------------------------------------------------------------------------------


def mixture(seed=0, batch=(3,), k=4):
    rng = random.new_generator(seed)
    l, m, s = rng.normal(size=(*batch, k)), 2 * rng.normal(size=(*batch, k)), rng.uniform(0.3, 1, (*batch, k))
    return l, m, s, D.MixtureSameFamily(D.Categorical(logits=T(l)), D.Normal(T(m), T(s)))


@given(seed=seeds)
@few
def test_mixture_against_the_explicit_sum(seed):
    l, m, s, d = mixture(seed)
    w = np.exp(l) / np.exp(l).sum(-1, keepdims=True)
    x = random.new_generator(seed).normal(size=(5, 3)) * 2
    np.testing.assert_allclose(d.log_prob(T(x)).data, np.log((w * st.norm(m, s).pdf(x[..., None])).sum(-1)), rtol=1e-10)
    np.testing.assert_allclose(d.cdf(T(x)).data, (w * st.norm(m, s).cdf(x[..., None])).sum(-1), rtol=1e-10)
    g = d.responsibilities(T(x)).data
    np.testing.assert_allclose(g.sum(-1), 1, rtol=1e-12)
    np.testing.assert_allclose(g, w * st.norm(m, s).pdf(x[..., None]) / np.exp(d.log_prob(T(x)).data)[..., None], rtol=1e-9)
    far = np.full(3, math.inf)
    pieces = [-far, *np.sort(m, axis=-1).T, far]
    np.testing.assert_allclose(expectation(d, np.ones_like, pieces), 1, rtol=1e-8)
    np.testing.assert_allclose(expectation(d, lambda x: x, pieces), d.mean.data, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(expectation(d, lambda x: (x - d.mean.data) ** 2, pieces), d.variance.data, rtol=1e-7)

    def log_prob(x, l, m, s):
        return D.MixtureSameFamily(D.Categorical(logits=l), D.Normal(m, s)).log_prob(x)

    gradcheck(log_prob, [x[0], l, m, s])
    gradgradcheck(log_prob, [x[0], l, m, s])


def test_mixture_draws():
    l, m, s, d = mixture(1)
    w = np.exp(l) / np.exp(l).sum(-1, keepdims=True)
    with random.fork(4):
        x = d.sample((20_000,)).data
    assert x.shape == (20_000, 3)
    for j in range(3):
        assert st.kstest(x[:, j], lambda v, j=j: (w[j] * st.norm(m[j], s[j]).cdf(v[:, None])).sum(-1)).pvalue > 1e-7
    with pytest.raises(NotImplementedError, match="pathwise"):
        d.rsample()


def test_mixture_of_vectors():
    rng = random.new_generator(3)
    l, m, s = rng.normal(size=(2, 3)), rng.normal(size=(2, 3, 4)), rng.uniform(0.5, 1, (2, 3, 4))
    d = D.MixtureSameFamily(D.Categorical(logits=T(l)), D.Independent(D.Normal(T(m), T(s)), 1))
    assert (d.batch_shape, d.event_shape) == ((2,), (4,))
    w = np.exp(l) / np.exp(l).sum(-1, keepdims=True)
    x = rng.normal(size=(5, 2, 4))
    each = st.norm(m, s).pdf(x[..., None, :]).prod(-1)
    np.testing.assert_allclose(d.log_prob(T(x)).data, np.log((w * each).sum(-1)), rtol=1e-10)
    with random.fork(6):
        draws = d.sample((20_000,)).data
    assert draws.shape == (20_000, 2, 4)
    assert (np.abs(draws.mean(0) - d.mean.data) < 6 * np.sqrt(d.variance.data / 20_000)).all()
    np.testing.assert_allclose(draws.var(0), d.variance.data, rtol=0.1)
    assert d.expand((5, 2)).log_prob(T(x)).shape == (5, 2)
    assert d.mean.shape == (2, 4)


def test_a_value_that_no_component_allows():
    low = Tensor(np.array([0.0, 1.0]), requires_grad=True)
    d = D.MixtureSameFamily(D.Categorical(logits=T([0, 0])), D.Uniform(low, T([1, 2])))
    y = d.log_prob(T([-1.0, 0.5, 1.5, 9.0]))
    np.testing.assert_allclose(y.data, [-math.inf, -math.log(2), -math.log(2), -math.inf])
    y[1:3].sum().backward()
    assert np.isfinite(low.grad.data).all()
