"""The lecture's numbers that are exact: x = z², a z + b fitted to N(5, 0.2²), the entropy of the parabola, polynomials and splines."""

import math

import numpy as np
import pytest

from minigen import data, random
from minigen.bijections import Affine, Bijection, Chain, Square, check_bijection
from minigen.distributions import Independent, Normal, TransformedDistribution, Uniform
from minigen.experiments import affine_flow
from minigen.models import SOSFlow, SplineFlow
from minigen.nn import Buffer
from minigen.ops import cat
from minigen.run import Run
from minigen.tensor import Tensor


def test_the_first_bijector_and_the_listing_with_it():
    g = Square()
    assert g.forward(Tensor([2.0]))[0].item() == 4
    assert g.inverse(Tensor([4.0]))[0].item() == 2
    assert Chain(g, g).forward(Tensor([2.0]))[0].item() == 16
    assert Chain(g, g).inverse(Tensor([32.0]))[0].item() == pytest.approx(2.378414, abs=1e-6)
    flow = TransformedDistribution(Uniform(Tensor(np.array(0.0)), Tensor(np.array(2.0))), g)
    xs = np.linspace(0.001, 5, 1000)
    p = np.exp(flow.log_prob(Tensor(xs)).data)
    np.testing.assert_allclose(p[xs <= 4], 1 / (4 * np.sqrt(xs[xs <= 4])), rtol=1e-12)
    assert (p[xs > 4] == 0).all()
    assert math.exp(flow.log_prob(Tensor(np.array([3.0]))).item()) == pytest.approx(0.1443375673, abs=1e-10)


def test_the_affine_flow_arrives_at_the_most_likely_line():
    random.manual_seed(0)
    run = Run()
    report = affine_flow.train(run, progress=False)
    nll, least, a, sigma, b, mean = report.values()
    assert nll == pytest.approx(-0.18727, abs=5e-6)
    assert nll == pytest.approx(least, abs=1e-6)
    assert (a, b) == (pytest.approx(0.20065, abs=5e-6), pytest.approx(4.99778, abs=5e-6))
    assert (a, b) == (pytest.approx(sigma, rel=1e-5), pytest.approx(mean, rel=1e-6))
    assert run.metrics("loss")[1][0] == pytest.approx(13.428, abs=5e-4)


class Bend(Bijection):
    """(x₁, x₂) -> (x₁ + x₂²/4, x₂)"""

    def forward(self, x, context=None):
        return cat([x[:, :1] + 0.25 * x[:, 1:] ** 2, x[:, 1:]], axis=1), 0 * x[:, 0]

    def inverse(self, y, context=None):
        return cat([y[:, :1] - 0.25 * y[:, 1:] ** 2, y[:, 1:]], axis=1), 0 * y[:, 0]


def test_the_entropy_of_the_parabola():
    scale = Affine(Buffer(np.array(1 / 40)), Buffer(np.array(0.0)))
    base = Independent(Normal(Tensor(np.zeros(2)), Tensor(np.array([1.0, 4.0]))), 1)
    flow = TransformedDistribution(base, Chain(Bend(), scale))
    check_bijection(flow.bijection, shape=(2,))
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)  # log p is a polynomial in z: the quadrature of its mean is exact
    z = np.stack(np.meshgrid(nodes, 4 * nodes), axis=-1).reshape(-1, 2)
    w = np.outer(weights, weights).ravel() / (2 * math.pi)
    entropy = -(w * flow.log_prob(flow.decode(Tensor(z))).data).sum()
    assert entropy == pytest.approx(-3.1535875, abs=5e-8)
    assert entropy == pytest.approx(data.toy.parabola().entropy, abs=1e-12)
    x = flow.sample((50,)).data
    np.testing.assert_allclose(flow.log_prob(Tensor(x)).data, data.toy.parabola().log_density(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("flow", [SOSFlow, SplineFlow], ids=lambda f: f.__name__)
def test_a_flow_on_a_line_keeps_mass_and_starts_near_the_normal(flow):
    with random.fork(3):
        d = flow(mean=70.0, std=13.5)
    check_bijection(d.bijection, jitter=0.05, only=["mass", "round trip", "log-determinant", "gradients", "saving"])
    assert [p.shape for p in d.parameters()] == [q.shape for q in flow().parameters()]
    x = d.sample((2000,)).data
    assert x.mean() == pytest.approx(70, abs=4)
    assert x.std() == pytest.approx(13.5, abs=6)
