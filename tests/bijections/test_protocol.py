"""The protocol: directions, chains, domains, and what a TransformedDistribution makes of them, with two maps small enough to do by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen as mg
from minigen.bijections import Bijection, Chain
from minigen.bijections.bijection import impossible, inside
from minigen.distributions import Independent, Normal, TransformedDistribution, Uniform
from minigen.ops import abs, log, sqrt
from minigen.tensor import Tensor
from tests.checking import few


class Square(Bijection):
    """y = x² on x ≥ 0, the slides' example."""

    def forward(self, x, context=None):
        x, rows = inside(x, x.data < 0, 1.0)
        return x**2, impossible(log(2 * x), rows)

    def inverse(self, y, context=None):
        y, rows = inside(y, y.data <= 0, 1.0)
        return sqrt(y), impossible(-log(2 * sqrt(y)), rows)


class Scale(Bijection):
    """y = a x on a line, a a number or the context."""

    def __init__(self, a):
        self.a = a

    def forward(self, x, context=None):
        a = self.a if context is None else context
        return a * x, log(abs(a + 0 * x))

    def inverse(self, y, context=None):
        a = self.a if context is None else context
        return y / a, -log(abs(a + 0 * y))


class Fold(Bijection):
    """(4,) -> (2, 2): changes nothing but the shape."""

    def forward(self, x, context=None):
        return x.reshape((-1, 2, 2)), Tensor(np.zeros(len(x)))

    def inverse(self, y, context=None):
        return y.reshape((-1, 4)), Tensor(np.zeros(len(y)))

    def forward_shape(self, shape):
        return (2, 2)

    def inverse_shape(self, shape):
        return (4,)


def test_the_slides_numbers():
    assert Square()(Tensor([2.0]))[0].item() == 4.0
    assert Square().inverse(Tensor([4.0]))[0].item() == 2.0
    twice = Chain(Square(), Square())
    assert twice(Tensor([2.0]))[0].item() == 16.0
    assert twice.inverse(Tensor([32.0]))[0].item() == pytest.approx(2.378414, abs=1e-6)
    x = TransformedDistribution(Uniform(0.0, 2.0), Square())
    assert math.exp(x.log_prob(Tensor([3.0])).item()) == pytest.approx(0.14433756, abs=1e-8)


@few
@given(st.lists(st.sampled_from([0.5, -3.0, 1.7, "square"]), max_size=4), st.lists(st.booleans(), min_size=4, max_size=4))
def test_a_chain_adds_what_its_maps_return_at_the_points_they_meet(maps, turned):
    maps = [Square() if m == "square" else Scale(m) for m in maps]
    chain = Chain(*[m.inv if t else m for m, t in zip(maps, turned)])
    x = y = Tensor(np.array([0.3, 1.1, 2.5]))
    total = np.zeros(3)
    for m, t in zip(maps, turned):
        y, log_det = m.inverse(y) if t else m.forward(y)
        total = total + log_det.data
    got, log_det = chain(x)
    np.testing.assert_array_equal(got.data, y.data)
    np.testing.assert_allclose(log_det.data, total, rtol=0, atol=0)
    assert log_det.shape == (3,)


def test_there_and_back_and_half_way():
    chain = Chain(Square(), Scale(3.0), Square())
    x = Tensor(np.array([0.5, 2.0]))
    y, up = chain(x)
    back, down = chain.inv(y)
    np.testing.assert_allclose(back.data, x.data, rtol=1e-14)
    np.testing.assert_allclose(down.data, -up.data, rtol=1e-14)
    assert chain.inv.inv is chain
    half = chain[:2](x)[0]
    np.testing.assert_allclose(chain[2](half)[0].data, y.data)
    assert [type(b) for b in chain] == [Square, Scale, Square]


def test_outside_of_the_domain_the_density_is_zero_and_nothing_is_nan():
    a = mg.tensor(np.array(1.5), requires_grad=True)
    flow = TransformedDistribution(Uniform(0.0, 2.0), Chain(Square(), Scale(a)))
    x = Tensor(np.array([-1.0, 0.0, 3.0, 7.0]), requires_grad=True)  # 7 is beyond 1.5 · 2²
    log_p = flow.log_prob(x)
    assert list(np.isneginf(log_p.data)) == [True, True, False, True]
    assert log_p.data[2] == pytest.approx(math.log(0.5 / (2 * math.sqrt(2)) / 1.5))
    log_p[2].backward()
    assert np.isfinite(x.grad.data).all()
    assert a.grad.item() == pytest.approx(-1 / 3)  # p ∝ a^(−1/2) for fixed x
    assert np.isnan(flow.log_prob(Tensor([np.nan])).data)  # what is no number has no density
    with pytest.raises(ValueError, match="lie outside of what the Square is defined on"):
        TransformedDistribution(Normal(0.0, 1.0), Square()).sample(100)


def test_a_transformed_distribution_has_shapes_temperature_and_context():
    mg.manual_seed(0)
    base = Independent(Normal(mg.ones(4), 2 * mg.ones(4)), 1)
    flow = TransformedDistribution(base, Fold())
    assert flow.event_shape == (2, 2)
    assert flow.sample().shape == (2, 2)
    assert flow.sample((3, 5)).shape == (3, 5, 2, 2)
    assert flow.log_prob(flow.sample((3, 5))).shape == (3, 5)
    np.testing.assert_array_equal(flow.sample(2, temperature=0).data, np.ones((2, 2, 2)))
    for wrong in (-0.5, math.nan):
        with pytest.raises(ValueError, match="a temperature scales a standard deviation and is at least 0, got"):
            flow.sample(2, temperature=wrong)
    x = flow.sample(20_000, temperature=0.5)
    assert x.data.mean() == pytest.approx(1, abs=0.02)
    assert x.data.std() == pytest.approx(1, abs=0.02)  # half of 2: T scales the standard deviation
    line = TransformedDistribution(Normal(0.0, 1.0), Scale(2.0))
    assert line.event_shape == ()
    assert line.log_prob(Tensor([0.0])).item() == pytest.approx(-0.5 * math.log(2 * math.pi) - math.log(2))
    c = Tensor([1.0, 10.0])
    np.testing.assert_allclose(line.log_prob(Tensor([0.0, 0.0]), c).data, -0.5 * math.log(2 * math.pi) - np.log(c.data), rtol=1e-6)
    mg.manual_seed(1)
    z = line.base.sample((2,))
    mg.manual_seed(1)
    np.testing.assert_array_equal(line.sample(2, context=c).data, (c * z).data)
    np.testing.assert_array_equal(line.decode(line.encode(z)).data, z.data)


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (lambda: Chain([Square()]), TypeError, "unpack a list"),
        (lambda: Chain(Square(), mg.exp), TypeError, "needs forward and inverse"),
        (lambda: Bijection()(mg.ones(1)), NotImplementedError, "Bijection has no forward"),
        (lambda: Bijection().inverse(mg.ones(1)), NotImplementedError, "Bijection has no inverse"),
        (lambda: TransformedDistribution(Normal(mg.zeros(2), mg.ones(2)), Square()), ValueError, r"batch of \(2,\); Independent"),
        (lambda: TransformedDistribution(Normal(0.0, 1.0), Fold()).log_prob(mg.ones(3)), ValueError, "does not fit"),
    ],
)
def test_errors_teach(wrong, error, words):
    with pytest.raises(error, match=words):
        wrong()
