"""Outside of its domain, at ±∞ and where numbers end, a flow has density 0: −∞, never NaN, and the other rows do not notice."""

import copy
import math

import numpy as np
import pytest

import minigen as mg
from minigen import distributions as D
from minigen import models, nn
from minigen.bijections import GatedAutoregressive
from minigen.distributions.transformed import standard_normal
from minigen.random import new_generator
from minigen.tensor import Tensor
from tests.bijections.families import BALL, FAMILIES, POSITIVE, UNIT

BASES = {  # interval -> what lives there, as (the distribution's class, its two parameters)
    POSITIVE: (D.Gamma, 2.0, 1.0),
    UNIT: (D.Uniform, 0.0, 1.0),
    BALL: (D.Uniform, -1.0, 1.0),
}
FLOWS = [(f, turned) for f in FAMILIES for turned in (False, True)]


def flow_of(family, turned, dtype):
    """A flow with the bijection of this family, its base on the interval that it comes from, and the shape of its events."""
    shape, made = family.shapes[0], family.make(new_generator(3), family.shapes[0]).to(dtype)
    image = made.forward_shape(shape)
    b, start, event = (made.inv, image, shape) if turned else (made, shape, image)
    kind, first, second = BASES.get(family.image if turned else family.domain, (D.Normal, 0.0, 1.0))
    base = kind(np.full(start, first, dtype), np.full(start, second, dtype))
    return D.TransformedDistribution(D.Independent(base, len(start)) if start else base, b), event


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of what overflows on its way to density 0
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("family", "turned"), FLOWS, ids=[f"{f}{', inverse' * t}" for f, t in FLOWS])
def test_no_density_is_nan(family, turned, dtype):
    flow, event = flow_of(family, turned, dtype)
    far = (1, 30, 88, 104, 710, 1e4, 1e10, 1e19, 1e30)
    values = [0.0, -0.0, 0.5, 1e-30, 1 - np.finfo(dtype).eps, *far, *(-v for v in far), math.inf, -math.inf, 0.3]
    everywhere = np.full((len(values), *event), 0.3, dtype)
    everywhere.reshape(len(values), -1)[:] = np.array(values, dtype)[:, None]
    last = np.full((len(values), *event), 0.3, dtype)
    last.reshape(len(values), -1)[:, -1] = values
    for x in (everywhere, last):
        context = np.ones((len(x), family.context), dtype) if family.context else None
        log_p = flow.log_prob(Tensor(x), context).data
        assert log_p.dtype == dtype
        assert not np.isnan(log_p).any()
        assert (log_p[-3:-1] == -math.inf).all()  # at ±∞
        assert log_p[-1] == pytest.approx(flow.log_prob(Tensor(x[-1:]), None if context is None else context[-1:]).item(), rel=1e-5)
        x[:] = math.nan
        assert np.isnan(flow.log_prob(Tensor(x), context).data).all()  # NaN is no place: it is seen


@pytest.mark.parametrize("make", [models.RealNVP, models.MAF, models.IAF])
def test_a_row_at_infinity_leaves_the_gradients_of_the_others_alone(make):
    mg.manual_seed(0)
    flow, x = make(2, hidden=(8,)), np.float32([[0.3, -1.0], [0.5, 0.2]])
    wild = np.concatenate([x, np.float32([[math.inf, 0.0], [1.0, -math.inf]])])
    flow.log_prob(Tensor(x)).sum().backward()
    alone = [p.grad.data.copy() for p in flow.parameters()]
    flow.zero_grad()
    log_p = flow.log_prob(Tensor(wild))
    log_p[:2].sum().backward()
    for p, g in zip(flow.parameters(), alone):
        np.testing.assert_allclose(p.grad.data, g, rtol=1e-4, atol=1e-6)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("x", [1e3, -1e4, 1e10])
def test_far_away_a_flow_of_polynomials_has_density_0(x):
    mg.manual_seed(0)
    log_p = models.SOSFlow().log_prob(np.float32([x, 0.1])).data  # x²⁵ does not fit in float32
    assert log_p[0] == -math.inf
    assert np.isfinite(log_p[1])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_far_away_an_autoregressive_flow_has_density_0():
    mg.manual_seed(0)
    gates = GatedAutoregressive(nn.MADE(6, hidden=(16, 16), outputs=2))
    for p in gates.parameters():
        p.data = p.data + np.float32(0.5) * mg.random.randn(p.shape)
    size = 10.0 ** np.linspace(0, 30, 200)[:, None]
    x = (new_generator(0).standard_normal((200, 6)) * size).astype(np.float32)
    log_p = D.TransformedDistribution(standard_normal(6), gates).log_prob(x).data
    assert not np.isnan(log_p).any()  # an element that overflowed would be NaN in the network of the next one
    assert (log_p[(size[:, 0] > 1e3)] < -1e4).all()
    z, log_det = gates.inverse(Tensor(x))
    exact, in_float64 = copy.deepcopy(gates).to(np.float64).inverse(Tensor(x.astype(np.float64)))
    too_far = (np.abs(exact.data) > np.finfo(np.float32).max).any(axis=1) | np.isneginf(in_float64.data)
    assert 20 < too_far.sum() < 180
    assert np.isneginf(log_det.data[too_far]).all()
    assert np.isfinite(z.data).all()
