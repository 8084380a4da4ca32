"""Planar and radial flows: invertible for all parameters, log-determinants against the Jacobian, roots and their derivatives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

import minigen as mg
from minigen.bijections import Planar, Radial
from minigen.bijections.planar import planar_root
from minigen.derivatives import jacobian
from minigen.tensor import Tensor
from tests.checking import Row, check, few, seeds, values


def root_inputs(draw):
    seed = draw(seeds)
    return [values(seed, (draw(st.integers(1, 4)),)), values(seed + 1, (), -0.9, 3.0), values(seed + 2, ())], {}


def root_reference(beta, c, b):
    def excess(y, v):
        return y + c * np.tanh(y + b) - v

    return np.array([brentq(excess, v - abs(c) - 1, v + abs(c) + 1, args=(v,), xtol=1e-14) for v in beta])


ROWS = [Row("planar_root", planar_root, root_reference, root_inputs)]


@few
@given(st.data())
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_primitives(row, data):
    check(row, data.draw)


@few
@given(seeds, st.integers(1, 5), st.floats(0.1, 30.0))
@pytest.mark.parametrize("kind", [Planar, Radial])
def test_whatever_the_parameters_it_is_invertible_and_its_log_det_that_of_the_jacobian(kind, seed, n, size):
    mg.manual_seed(seed)
    b = kind(n).to(np.float64)
    noise = mg.random.new_generator(seed)
    for p in b.parameters():
        p.data[...] += size * noise.standard_normal(p.shape)
    x = Tensor(2 * noise.standard_normal((4, n)))
    y, log_det = b(x)
    back, down = b.inverse(y)
    assert log_det.shape == down.shape == (4,)
    condition = np.exp(np.abs(log_det.data).max())
    np.testing.assert_allclose(back.data, x.data, atol=1e-13 * (1 + size) * condition)
    np.testing.assert_allclose(down.data, -log_det.data, atol=1e-11 * (1 + size) * condition)
    j = jacobian(lambda v: b(v[None])[0][0], x[0]).data
    sign, expected = np.linalg.slogdet(j)
    assert sign == 1
    assert log_det.data[0] == pytest.approx(expected, abs=1e-11 * (1 + size) ** 2 * condition)


def test_planar_is_the_papers_formula_where_no_correction_is_needed():
    flow = Planar(2).to(np.float64)
    flow.w.data[...], flow.u.data[...], flow.b.data[...] = [1.0, 0.0], [0.0, 2.0], 0.5
    u, wu = flow.direction()
    assert wu.item() == pytest.approx(np.log(2) - 1)  # m(0)
    np.testing.assert_allclose(u.data, [np.log(2) - 1, 2.0])
    y = flow(Tensor([[0.3, -1.0]], dtype=np.float64))[0].data
    np.testing.assert_allclose(y, [[0.3 + (np.log(2) - 1) * np.tanh(0.8), -1 + 2 * np.tanh(0.8)]])


def test_a_point_in_the_centre_of_a_radial_flow_stays_and_has_a_gradient():
    flow = Radial(3).to(np.float64)
    x = Tensor(flow.x0.data[None].copy(), requires_grad=True)
    for direction in (flow, flow.inv):
        y, log_det = direction(x)
        np.testing.assert_array_equal(y.data, x.data)
        (y.sum() + log_det.sum()).backward()
        assert np.isfinite(x.grad.data).all()
