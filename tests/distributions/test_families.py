"""Every family: densities against SciPy and quadrature, moments, entropies, quantiles, first and second derivatives, draws."""

import numpy as np
import pytest
import scipy.stats as st
from hypothesis import given
from hypothesis import strategies as hs

from minigen import random
from minigen.distributions import beta, gamma, normal
from minigen.gradcheck import gradcheck, gradgradcheck
from minigen.tensor import Tensor
from tests.checking import Row, broadcastable, check, few, seeds
from tests.distributions.families import CONTINUOUS, DISCRETE, FAMILIES, expectation, integrate, log_p

every = pytest.mark.parametrize("family", FAMILIES, ids=str)
continuous = pytest.mark.parametrize("family", CONTINUOUS, ids=str)
discrete = pytest.mark.parametrize("family", DISCRETE, ids=str)
shapes = hs.sampled_from([((), ()), ((4,), ()), ((), (4,)), ((3, 1), (4,)), ((2, 1, 4), (3, 1))])

ROWS = [
    Row("gamma_icdf", gamma.gamma_icdf, lambda a, u: st.gamma.ppf(u, a), broadcastable(2, [0.5, 0.05], [4, 0.95])),
    Row("normal_log_prob", normal.normal_log_prob, st.norm.logpdf, broadcastable(3, [-2, -2, 0.3])),
    Row(
        "normal_kl", normal.normal_kl, lambda m, s, n, t: np.log(t / s) + (s**2 + (m - n) ** 2) / (2 * t**2) - 0.5,
        broadcastable(4, [-2, 0.3, -2, 0.3]),
    ),
    Row("beta_icdf", beta.beta_icdf, lambda a, b, u: st.beta.ppf(u, a, b), broadcastable(3, [0.6, 0.6, 0.05], [4, 4, 0.95])),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=hs.data())
@few
def test_row(row, data):
    check(row, data.draw)


def points_of(family, parameters, n=5):
    """Values all over the bulk of the distribution, (n, *batch): the quantiles of SciPy."""
    frozen = family.reference(**parameters)
    shape = np.broadcast_shapes(*[p.shape for p in parameters.values()])
    u = np.linspace(0.03, 0.97, n).reshape((n,) + (1,) * len(shape))
    return frozen.ppf(np.broadcast_to(u, (n, *shape)))


@pytest.mark.parametrize("shape", [(2,), (7,), (5, 3), (4, 2, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("wrap", [Tensor, np.asarray])
def test_the_most_likely_normal_distribution_is_scipys(shape, dtype, wrap):
    x = random.new_generator(3).uniform(-2, 2, shape).astype(dtype)
    p = normal.Normal.fit(wrap(x))
    assert p.batch_shape == shape[1:]
    assert p.loc.dtype == p.scale.dtype == dtype
    for index in np.ndindex(shape[1:]):
        loc, scale = st.norm.fit(x[(slice(None), *index)].astype(float))
        np.testing.assert_allclose([p.loc.data[index], p.scale.data[index]], [loc, scale], rtol=1e-5 if dtype == "float32" else 1e-12)
    np.testing.assert_allclose(-p.log_prob(wrap(x)).data.mean(axis=0), p.entropy().data, rtol=1e-5, err_msg="−E log p̂ = H(p̂)")


def test_data_that_do_not_vary_have_no_normal_distribution():
    with pytest.raises(ValueError, match="scale must be positive"):
        normal.Normal.fit(Tensor([[1.0, 2.0], [1.0, 3.0]]))


# --- values -------------------------------------------------------------------------------------------------------------------


@every
@given(seed=seeds, shapes=shapes)
@few
def test_log_prob_and_cdf_are_scipys(family, seed, shapes):
    p = family.draw(seed, shapes if not family.fixed else ((3, 4),))
    d, frozen, x = family.make(p), family.reference(**p), points_of(family, p)
    assert d.batch_shape == np.broadcast_shapes(*[a.shape for a in p.values()])
    log = frozen.logpmf if family in DISCRETE else frozen.logpdf
    for value in (x, x[0], x[:, None]):
        got = d.log_prob(Tensor(value))
        assert got.shape == np.broadcast_shapes(value.shape, d.batch_shape)
        np.testing.assert_allclose(got.data, log(value), rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(d.cdf(Tensor(x)).data, frozen.cdf(x), rtol=1e-9, atol=1e-11)
    outer = np.array([-1e3, -0.5, 0.5, 30.0]).reshape((-1,) + (1,) * len(d.batch_shape))
    np.testing.assert_allclose(d.cdf(Tensor(outer)).data, frozen.cdf(outer), rtol=1e-9, atol=1e-11)


@every
@given(seed=seeds)
@few
def test_the_density_integrates_to_1_and_its_moments_are_mean_variance_and_entropy(family, seed):
    p = family.draw(seed)
    d, points = family.make(p), None if family in DISCRETE else family.points(p)
    e = lambda g: expectation(d, g, points)  # noqa: E731
    np.testing.assert_allclose(e(np.ones_like), 1, rtol=1e-8)
    np.testing.assert_allclose(d.mean.data, e(lambda x: x), rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(d.variance.data, e(lambda x: (x - d.mean.data) ** 2), rtol=1e-6)
    np.testing.assert_allclose(d.stddev.data**2, d.variance.data, rtol=1e-12)
    np.testing.assert_allclose(d.entropy().data, e(lambda x: -log_p(d)(x)), rtol=1e-6, atol=1e-7)
    for y in (d.mean, d.variance, d.stddev, d.entropy()):
        assert y.shape == d.batch_shape


@continuous
@given(seed=seeds)
@few
def test_the_cdf_is_the_integral_of_the_density_and_icdf_its_inverse(family, seed):
    p = family.draw(seed)
    d, x = family.make(p), points_of(family, p, 4)
    low, middle, _ = family.points(p)
    for value in x:
        density = lambda t: np.exp(log_p(d)(t))  # noqa: E731
        f = integrate(density, [low, np.minimum(middle, value)]) + integrate(density, [middle, np.maximum(middle, value)])
        np.testing.assert_allclose(d.cdf(Tensor(value)).data, f, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(d.icdf(d.cdf(Tensor(x))).data, x, rtol=1e-8)
    u = np.array([[1e-6], [0.2], [0.5], [0.9], [1 - 1e-6]])
    np.testing.assert_allclose(d.cdf(d.icdf(Tensor(u))).data, np.broadcast_to(u, (5, 4)), rtol=1e-8)
    np.testing.assert_allclose(d.icdf(Tensor(u)).data, family.reference(**p).ppf(u), rtol=1e-7, atol=1e-10)
    ends = d.icdf(Tensor(np.array([[0.0], [1.0]]))).data
    np.testing.assert_allclose(ends, family.reference(**p).ppf([[0.0], [1.0]]), rtol=1e-9, atol=1e-12)
    assert np.isnan(d.icdf(Tensor(np.array([[-0.1], [1.1]]))).data).all()


@every
def test_the_mode_is_the_most_probable_value(family):
    p = family.draw(3)
    d = family.make(p)
    if family.kind.__name__ == "Uniform":
        with pytest.raises(NotImplementedError, match="Uniform has no mode"):
            d.mode  # noqa: B018
        return
    best, others = d.log_prob(d.mode).data, d.log_prob(Tensor(points_of(family, p, 40))).data
    assert (best >= others.max(axis=0) - 1e-12).all()


# --- derivatives --------------------------------------------------------------------------------------------------------------


@every
@given(seed=seeds)
@few
def test_first_and_second_derivatives(family, seed):
    p = family.draw(seed, ((2,), (2, 1)))
    p = {name: a[:2] if name in family.fixed else a for name, a in p.items()}
    free = [a for name, a in p.items() if name not in family.fixed]
    x = points_of(family, p, 3)[1]

    def make(arguments):
        return family.make({**p, **dict(zip(family.ranges, arguments))})

    def log_prob(value, *arguments):
        return make(arguments).log_prob(value)

    def entropy(*arguments):
        return make(arguments).entropy()

    def moments(*arguments):
        d = make(arguments)
        return d.mean, d.variance

    calls = [(entropy, free), (moments, free)]
    if family in DISCRETE:
        calls.append((lambda *arguments: log_prob(Tensor(x), *arguments), free))
    else:
        calls += [(log_prob, [x + 1e-3, *free])]  # off the kink of Laplace, which is its median
        calls += [(lambda value, *arguments: make(arguments).cdf(value), [x + 1e-3, *free])]
        calls += [(lambda u, *arguments: make(arguments).icdf(u), [family.reference(**p).cdf(x + 1e-3), *free])]
    for function, arguments in calls:
        gradcheck(function, arguments)
        gradgradcheck(function, arguments)


# --- draws --------------------------------------------------------------------------------------------------------------------

N = 20_000


def drawn(d, n=N, seed=11, differentiable=False):
    with random.fork(seed):
        return d.rsample((n,)) if differentiable else d.sample((n,))


@every
def test_draws_follow_the_distribution(family):
    p = family.draw(5)
    d, frozen = family.make(p), family.reference(**p)
    x = drawn(d)
    assert x.shape == (N, 4)
    assert x.dtype == np.float64
    assert not x.requires_grad
    assert d.support.check(x).all()
    x = x.data
    z = (x.mean(axis=0) - d.mean.data) / np.sqrt(d.variance.data / N)
    squares = (x - d.mean.data) ** 2
    w = (squares.mean(axis=0) - d.variance.data) / (squares.std(axis=0) / np.sqrt(N) + 1e-12)
    assert (np.abs(z) < 5.5).all()
    assert (np.abs(w) < 5.5).all()
    for j in range(4):
        if family in DISCRETE:
            k = np.arange(int(frozen.support()[1].max() if np.ndim(frozen.support()[1]) else frozen.support()[1]) + 1)
            one = {name: a[j] for name, a in p.items()}
            expected = family.reference(**one).pmf(k) * N
            counts = np.array([(x[:, j] == i).sum() for i in k])
            used = expected > 5
            rest = expected[~used].sum()
            assert counts[~used].sum() < rest + 6 * np.sqrt(rest) + 6
            scale = counts[used].sum() / expected[used].sum()
            assert used.sum() < 2 or st.chisquare(counts[used], expected[used] * scale).pvalue > 1e-7
        else:
            one = {name: a[j] for name, a in p.items()}
            assert st.kstest(x[:, j], family.reference(**one).cdf).pvalue > 1e-7


@continuous
def test_rsample_has_the_pathwise_gradient(family):
    """∂x/∂θ = −(∂F/∂θ) / p(x): moving θ must leave F(x(θ); θ) = u where it is."""
    p = family.draw(7)
    t = {name: Tensor(a, requires_grad=True) for name, a in p.items()}
    d = family.make(t)
    x = drawn(d, 40, differentiable=True)
    for name in p:
        for i in range(0, 40, 7):
            t[name].grad = None
            x[i].sum().backward(retain_graph=True)
            h = 1e-6
            moved = [family.reference(**{**p, name: p[name] + s * h}).cdf(x.data[i]) for s in (1, -1)]
            expected = -(moved[0] - moved[1]) / (2 * h) / family.reference(**p).pdf(x.data[i])
            np.testing.assert_allclose(t[name].grad.data, expected, rtol=1e-5, atol=1e-6)
    again = drawn(family.make(p), 40)
    np.testing.assert_array_equal(again.data, x.data)


@continuous
def test_the_gradient_of_an_expectation(family):
    """(1/n) Σ ∂f(xᵢ)/∂θ against ∂E[f(x)]/∂θ in closed form, for f = x² and E[x²] = mean² + variance."""
    p = family.draw(9)
    rows = {name: np.broadcast_to(a, (N, 4)).copy() for name, a in p.items()}  # a parameter of its own for every draw
    t = {name: Tensor(a, requires_grad=True) for name, a in rows.items()}
    with random.fork(13):
        x = family.make(t).rsample()
    (x * x).sum().backward()
    closed = {name: Tensor(a, requires_grad=True) for name, a in p.items()}
    d = family.make(closed)
    (d.mean * d.mean + d.variance).sum().backward()
    for name in p:
        g = t[name].grad.data
        z = (g.mean(axis=0) - closed[name].grad.data) / (g.std(axis=0) / np.sqrt(N))
        assert (np.abs(z) < 6).all(), name


@discrete
def test_discrete_draws_have_no_gradient(family):
    d = family.make(family.draw(1))
    assert not d.has_rsample
    with pytest.raises(NotImplementedError, match="whole numbers"):
        d.rsample()


# --- dtypes -------------------------------------------------------------------------------------------------------------------


@every
def test_float32_stays_float32(family):
    p = {name: a.astype(np.float32) for name, a in family.draw(2).items()}
    t = {name: Tensor(a, requires_grad=name not in family.fixed) for name, a in p.items()}
    d, wide = family.make(t), family.make({name: a.astype(float) for name, a in p.items()})
    x = d.sample((6,))
    assert x.dtype == np.float32
    results = [d.log_prob(x), d.cdf(x), d.entropy(), d.mean, d.variance, d.stddev]
    expected = [wide.log_prob(x), wide.cdf(x), wide.entropy(), wide.mean, wide.variance, wide.stddev]
    if family in CONTINUOUS:
        results += [d.rsample(), d.icdf(Tensor(np.full((4,), 0.3, np.float32)))]
        expected += [results[-2], wide.icdf(Tensor(np.full((4,), 0.3)))]
    for y, e in zip(results, expected):
        assert y.dtype == np.float32
        np.testing.assert_allclose(y.data, e.data, rtol=2e-4, atol=2e-5)
    (results[0].sum() + results[2].sum()).backward()
    assert all(a.grad.dtype == np.float32 and np.isfinite(a.grad.data).all() for a in t.values() if a.requires_grad)
