"""What every distribution refuses, what it says then, the edges of supports, extreme logits, and that it is a module."""

import math

import numpy as np
import pytest

from minigen import distributions as D
from minigen import nn, random
from minigen.distributions import constraints
from minigen.nn.module import Buffer, Parameter
from minigen.tensor import Tensor
from tests.distributions.families import CONTINUOUS, DISCRETE, FAMILIES, of

T = lambda a: Tensor(np.asarray(a, float))  # noqa: E731
inf = math.inf

REFUSED = [
    (lambda: D.Normal(0.0, T([1, -0.3])), r"Normal: scale must be positive, but scale\[1\] is -0.3; .*exp\(0.5 \* log_var\)"),
    (lambda: D.Normal(0.0, 0.0), "scale must be positive"),
    (lambda: D.Normal(math.nan, 1.0), "loc must be a finite number, but loc is nan"),
    (lambda: D.Normal(0.0, inf), "scale must be positive"),
    (lambda: D.Normal(T([0, 0, 0]), T([1, 1])), r"do not broadcast: loc \(3,\) and scale \(2,\)"),
    (lambda: D.Laplace(0.0, -1.0), "Laplace: scale must be positive"),
    (lambda: D.Gamma(-1.0, 1.0), "Gamma: concentration must be positive"),
    (lambda: D.Uniform(1.0, 0.0), "low must be below high"),
    (lambda: D.Uniform(1.0, 1.0), "low must be below high"),
    (lambda: D.Bernoulli(probs=T([0.2, 1.2])), r"probs must be in \[0, 1\], but probs\[1\] is 1.2; .*logits="),
    (lambda: D.Bernoulli(probs=0.5, logits=0.0), "not both"),
    (lambda: D.Bernoulli(), "not neither"),
    (lambda: D.Binomial(3), "not neither"),
    (lambda: D.Binomial(2.5, probs=0.5), "total_count must be a whole number"),
    (lambda: D.Binomial(-1, probs=0.5), "total_count must be a whole number"),
    (lambda: D.Categorical(probs=T([0.2, 0.2])), "sum 1"),
    (lambda: D.Categorical(probs=T([1.2, -0.2])), "sum 1"),
    (lambda: D.Categorical(logits=T(1)), "at least 1 axes"),
    (lambda: D.Categorical(logits=T(np.zeros((3, 0)))), "at least one category"),
    (lambda: D.Categorical(logits=T([0, inf])), "number or −inf"),
    (lambda: D.MultivariateNormal(T([0, 0])), "exactly one of"),
    (lambda: D.MultivariateNormal(T([0, 0]), covariance_matrix=T(np.eye(2)), scale_tril=T(np.eye(2))), "exactly one of"),
    (lambda: D.MultivariateNormal(T([0, 0]), scale_tril=T(np.eye(3))), r"shape \(…, 2, 2\), got \(3, 3\)"),
    (lambda: D.MultivariateNormal(T([0, 0]), scale_tril=T([[1, 1], [0, 1]])), "lower triangular.*covariance_matrix="),
    (lambda: D.MultivariateNormal(T([0, 0]), scale_tril=T([[1, 0], [0, -1]])), "positive diagonal"),
    (lambda: D.MultivariateNormal(T([0, 0]), covariance_matrix=T([[1, 2], [2, 1]])), "positive definite"),
    (lambda: D.MultivariateNormal(T([0, 0]), covariance_matrix=T([[1, 0.5], [0.2, 1]])), "symmetric"),
    (lambda: D.MixtureSameFamily(D.Normal(0.0, 1.0), D.Normal(0.0, 1.0)), "Categorical"),
    (lambda: D.MixtureSameFamily(D.Categorical(logits=T([0, 0])), D.Normal(T([0, 0, 0]), 1.0)), r"need batch_shape \(2,\).*got \(3,\)"),
    (lambda: D.Normal(T([0, 0]), 1.0).log_prob(T([1, 2, 3])), r"value of shape \(3,\) does not fit batch_shape \(2,\)"),
    (lambda: D.MultivariateNormal(T([0, 0]), scale_tril=T(np.eye(2))).log_prob(T([1, 2, 3])), r"event_shape \(2,\)"),
    (lambda: D.Normal(T(np.zeros(2000)), T(-np.ones(2000)), validate_args=True), "scale must be positive"),
    (lambda: D.Gamma(1.0, 1.0, validate_args=True).log_prob(T([1, -2])), r"the value must be zero or positive, but value\[1\] is -2"),
    (lambda: D.Bernoulli(logits=T(np.zeros(3)), validate_args=True).log_prob(T([0, 1, 255])), r"in \[0, 1\], but value\[2\] is 255"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=lambda v: v if isinstance(v, str) else "")
def test_what_is_refused(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_validation_is_for_small_arrays_unless_asked_for():
    D.Normal(T(np.zeros(2000)), T(-np.ones(2000)))
    D.Normal(0.0, -1.0, validate_args=False)
    off = D.Gamma(1.0, 1.0, validate_args=False)
    assert off.log_prob(T([3.0, -1.0])).tolist() == [-3, -inf]
    assert D.Gamma(1.0, 1.0).expand((2,)).log_prob(T([3.0, -1.0])).tolist() == [-3, -inf]


# --- edges --------------------------------------------------------------------------------------------------------------------

OUTSIDE = {
    "LogNormal": [-1, 0, -inf, inf], "Gamma": [-1, -inf, inf], "Beta": [-0.1, 1.1, -inf, inf], "Weibull": [-1, 0, -inf, inf],
    "Uniform": [-5, 5, -inf, inf], "Bernoulli": [-1, 2, -inf, inf], "Binomial": [-1, 0.5, 13, 400, -inf, inf],
    "Normal": [-inf, inf], "Laplace": [-inf, inf], "Logistic": [-inf, inf],
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_outside_the_support_log_prob_is_minus_infinity_without_nan(family):
    p = {name: Tensor(a, requires_grad=name not in family.fixed) for name, a in family.draw(4).items()}
    for value in OUTSIDE[str(family)]:
        x = Tensor(np.full(4, float(value)), requires_grad=True)
        y = family.make(p).log_prob(x)
        assert (y.data == -inf).all(), value
        inside = family.make(p).log_prob(Tensor(np.array([value, *[1.0 if family in DISCRETE else 0.4] * 3], float)))
        assert np.isfinite(inside.data[1:]).all()
        assert inside.data[0] == -inf
        if family.ends == (-inf, inf) and not family.discrete and str(family) != "Uniform":
            continue  # an infinite value has an infinite gradient
        (y.sum() + inside.sum()).backward()
        for t in (x, *p.values()):
            assert t.grad is None or np.isfinite(t.grad.data).all(), value
            t.grad = None
    nan = family.make(p).log_prob(T(np.full(4, math.nan)))
    assert np.isnan(nan.data).all()


def test_the_ends_of_the_support():
    x = T([0.0])
    assert [D.Gamma(T(a), T(2.0)).log_prob(x).item() for a in (0.5, 1.0, 2.0)] == [inf, math.log(2), -inf]
    assert [D.Beta(T(a), T(1.0)).log_prob(x).item() for a in (0.5, 1.0, 2.0)] == [inf, 0, -inf]
    assert [D.Beta(T(1.0), T(b)).log_prob(1 - x).item() for b in (0.5, 1.0, 2.0)] == [inf, 0, -inf]
    assert D.Uniform(T(0.0), T(2.0)).log_prob(T([0.0, 2.0])).tolist() == [-math.log(2), -inf]
    a = Tensor(np.array(1.0), requires_grad=True)
    D.Gamma(T(1.0), a).log_prob(T(0.0)).backward()
    assert a.grad.item() == 1


def test_certain_coins():
    p = Tensor(np.array([0.0, 1.0, 0.0, 1.0]), requires_grad=True)
    y = D.Bernoulli(probs=p).log_prob(T([0, 1, 1, 0]))
    assert y.tolist() == [0, 0, -inf, -inf]
    y[:2].sum().backward()
    assert np.isfinite(p.grad.data).all()
    assert D.Bernoulli(probs=p).entropy().tolist() == [0, 0, 0, 0]
    assert D.Binomial(3, probs=p).log_prob(T([0, 3, 1, 2])).tolist() == [0, 0, -inf, -inf]
    assert D.Bernoulli(probs=p).mode.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("kind", [D.Bernoulli, lambda **k: D.Binomial(1, **k)])
def test_probs_are_the_other_way_to_say_logits(kind):
    p = np.array([0.1, 0.5, 0.8])
    a, b = kind(probs=T(p)), kind(logits=T(np.log(p / (1 - p))))
    x = T([1, 0, 1])
    for f in (lambda d: d.log_prob(x), lambda d: d.entropy()):
        np.testing.assert_allclose(f(a).data, f(b).data, rtol=1e-10, atol=1e-14)
    for f in (lambda d: d.mean, lambda d: d.variance, lambda d: d.logits, lambda d: d.probs):
        np.testing.assert_allclose(f(a).data, f(b).data, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_logits(dtype):
    l = Tensor(np.array([1e4, -1e4, 1e4, -1e4], dtype), requires_grad=True)
    x = Tensor(np.array([1, 0, 0, 1], dtype))
    for d, n in [(D.Bernoulli(logits=l), 1), (D.Binomial(Tensor(np.array(1, dtype)), logits=l), 1)]:
        y = d.log_prob(x)
        assert y.dtype == dtype
        assert y.tolist() == [0, 0, -1e4, -1e4]
        h = d.entropy()
        np.testing.assert_allclose(h.data, 0, atol=1e-30)
        l.grad = None
        (y.sum() + h.sum()).backward()
        np.testing.assert_allclose(l.grad.data, [0, 0, -n, n], atol=1e-6)
    two = Tensor(np.array([[1e4, -1e4], [-1e4, 1e4]], dtype), requires_grad=True)
    d = D.Categorical(logits=two)
    assert d.log_prob(Tensor(np.array([0, 0]))).tolist() == [0, -2e4]
    np.testing.assert_allclose(d.entropy().data, 0, atol=1e-30)
    d.entropy().sum().backward()
    assert np.isfinite(two.grad.data).all()


def test_extreme_parameters_give_no_nan():
    for family in CONTINUOUS:
        for size in {D.LogNormal: (1e-3, 1), D.Weibull: (0.1, 1e3)}.get(family.kind, (1e-3, 1e3)):  # exp(1000 ε) is ∞ indeed
            p = {name: Tensor(np.array(float(size * (1 + i))), requires_grad=True) for i, name in enumerate(family.ranges)}
            d = family.make(p)
            with random.fork(0):
                x = d.rsample((200,))
            assert np.isfinite(x.data).all(), str(family)
            assert np.isfinite(d.log_prob(x.detach()).data).all(), str(family)
            x.sum().backward()
            assert all(np.isfinite(t.grad.data).all() for t in p.values()), str(family)
    with random.fork(0):
        x = D.Beta(Tensor(np.full(2000, 0.01, np.float32)), Tensor(np.full(2000, 0.01, np.float32))).sample()
    assert np.isfinite(D.Beta(0.01, 0.01).log_prob(x).data).all()
    assert abs(x.data.mean() - 0.5) < 0.06


# --- shapes, modules ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_shapes_of_draws(family):
    d = family.make(family.draw(0))
    for shape, expected in [((), (4,)), ((3,), (3, 4)), (3, (3, 4)), ((2, 3), (2, 3, 4)), ([2], (2, 4)), ((0,), (0, 4))]:
        assert d.sample(shape).shape == expected
    with random.fork(1):
        a = d.sample((3,))
    with random.fork(1):
        b = d.sample((3,))
    np.testing.assert_array_equal(a.data, b.data)
    assert family.kind.__name__ in repr(d)
    assert "batch_shape=(4,)" in repr(d)
    wide = d.expand((2, 4))
    assert wide.batch_shape == (2, 4)
    np.testing.assert_allclose(wide.log_prob(a[:2]).data, d.log_prob(a[:2]).data)


def test_numbers_arrays_and_tensors_as_parameters():
    d = D.Normal(0.0, 1.0)
    assert d.sample((3,)).dtype == np.float32
    assert isinstance(d.loc, Buffer)
    assert d.log_prob(0.5).shape == ()
    assert D.Normal(np.zeros(2), 1.0).log_prob([0.1, 0.2]).data[0] == D.Normal(np.zeros(2), 1.0).log_prob(T([0.1, 0.2])).data[0]
    np.testing.assert_allclose(d.log_prob([0.0, 1.0]).data, [-0.9189385, -1.4189385], rtol=1e-6)
    assert D.Normal(np.zeros(2), 1.0).sample().dtype == np.float64
    assert D.Normal(Tensor(np.zeros(2, np.int64)), 1).sample().dtype == np.float32
    loc = Tensor(np.zeros((128, 2), np.float32), requires_grad=True)
    assert D.Normal(loc, 1.0).loc is loc
    assert D.Normal(loc, 1.0).scale.dtype == np.float32


def test_a_distribution_is_a_module():
    class Model(nn.Module):
        def __init__(self):
            self.prior = D.Independent(D.Normal(Buffer(np.zeros(2, np.float32)), Buffer(np.ones(2, np.float32))), 1)
            self.mixture = D.MixtureSameFamily(
                D.Categorical(logits=Parameter(np.zeros(3, np.float32))),
                D.Normal(Parameter(np.zeros(3, np.float32)), Parameter(np.ones(3, np.float32))),
            )

    model = Model()
    assert [name for name, _ in model.named_parameters()] == [
        "mixture.mixture_distribution.logits", "mixture.component_distribution.loc", "mixture.component_distribution.scale",
    ]  # fmt: skip
    assert set(dict(model.named_buffers())) == {"prior.base_dist.loc", "prior.base_dist.scale"}
    model.mixture.log_prob(Tensor(np.array([0.3, 2.0], np.float32))).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    state = model.state_dict()
    state["mixture.component_distribution.loc"][:] = 7
    model.load_state_dict(state)
    assert model.mixture.mean.item() == pytest.approx(7)
    covariance = Parameter(np.eye(2))
    d = D.MultivariateNormal(T([0, 0]), covariance_matrix=covariance)
    before = d.log_prob(T([1, 1])).item()
    covariance.data[:] = 4 * np.eye(2)  # what an optimizer does
    assert d.log_prob(T([1, 1])).item() != before


def test_constraints():
    assert constraints.positive.check([1.0, 0.0, -1.0, math.nan]).tolist() == [True, False, False, False]
    assert constraints.interval(np.array(0.0), np.array(1.0)).check(T([0, 1, 2])).tolist() == [True, True, False]
    assert constraints.independent(constraints.unit_interval, 1).check(T([[0, 1], [0, 2]])).tolist() == [True, False]
    assert constraints.boolean.check(np.array([True, False])).all()
    assert constraints.nonnegative_integer.check(np.array([0, 3, -1])).tolist() == [True, True, False]
    assert "in [0, 1]" in repr(constraints.unit_interval)
    assert of(D.Uniform).make({"low": 0.0, "high": 2.0}).support.check(T([0, 1, 2])).tolist() == [True, True, False]


def test_the_numbers_of_torch():
    torch = pytest.importorskip("torch")
    for family in FAMILIES:
        p = family.draw(8)
        theirs = getattr(torch.distributions, str(family), None)
        if theirs is None:
            continue
        theirs = theirs(**{name: torch.tensor(a) for name, a in p.items()})
        ours, x = family.make(p), family.make(p).sample((5,)).data
        np.testing.assert_allclose(ours.log_prob(T(x)).data, theirs.log_prob(torch.tensor(x)).numpy(), rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(ours.mean.data, theirs.mean.numpy(), rtol=1e-9)
        np.testing.assert_allclose(ours.variance.data, theirs.variance.numpy(), rtol=1e-7)
