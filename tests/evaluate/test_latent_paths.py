"""Paths between latents: ends, lengths, angles; directions; morphs of a flow that can be done by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen as mg
from minigen.bijections import Bijection
from minigen.bijections.bijection import sum_except_batch
from minigen.distributions import Independent, Normal, TransformedDistribution
from minigen.evaluate import direction, morph, spherical, straight
from minigen.tensor import Tensor
from tests.checking import few, seeds, values

T = np.linspace(0, 1, 5)


@few
@given(seeds, st.integers(2, 6))
def test_paths_begin_and_end_where_they_should(seed, d):
    a, b = values(seed, (d,)), values(seed + 1, (d,))
    for path in (straight, spherical):
        z = path(a, b, T).data
        assert z.shape == (5, d)
        np.testing.assert_allclose(z[[0, -1]], [a, b], atol=1e-9)
    np.testing.assert_allclose(straight(a, b, [0.25]).data[0], 0.75 * a + 0.25 * b)


@few
@given(seeds, st.integers(2, 6))
def test_on_the_sphere_length_stays_and_the_angle_grows_evenly(seed, d):
    a, b = (z / np.linalg.norm(z) for z in (values(seed, (d,)), values(seed + 1, (d,))))
    z = spherical(3 * a, 3 * b, T).data
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), 3, rtol=1e-9)
    angles = np.arccos(np.clip((z[1:] * z[:-1]).sum(axis=1) / 9, -1, 1))
    np.testing.assert_allclose(angles, angles.mean(), atol=1e-6)
    assert np.linalg.norm(straight(3 * a, 3 * b, [0.5]).data) <= 3 + 1e-9


def test_in_many_dimensions_the_straight_middle_is_too_short():
    a, b = mg.random.randn((2, 10_000))
    middle, outside = (np.linalg.norm(path(a, b, [0.5]).data) for path in (straight, spherical))
    assert middle == pytest.approx(100 / np.sqrt(2), rel=0.03)
    assert outside == pytest.approx(100, rel=0.03)


def test_parallel_and_opposite():
    a = np.array([1.0, 2.0])
    np.testing.assert_allclose(spherical(a, 3 * a, [0.5]).data[0], 2 * a)
    with pytest.raises(ValueError, match="opposite directions"):
        spherical(a, -a, T)
    with pytest.raises(ValueError, match="of the same shape"):
        straight(a, np.zeros(3), T)


def test_a_direction_is_a_difference_of_means():
    z = mg.tensor([[1.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    np.testing.assert_allclose(direction(z, [True, True, False]).data, [2, -4])
    for has in ([True] * 3, [False] * 3):
        with pytest.raises(ValueError, match="some of the 3 examples must have the attribute"):
            direction(z, has)


class Cube(Bijection):
    def forward(self, x, context=None):
        return x**3, sum_except_batch(mg.log(3 * x**2))

    def inverse(self, y, context=None):
        x = mg.sign(y) * mg.abs(y) ** (1 / 3)
        return x, -sum_except_batch(mg.log(3 * x**2))


def test_a_morph_is_a_path_of_the_latents():
    flow = TransformedDistribution(Independent(Normal(mg.zeros(2), 1.0), 1), Cube())
    x = morph(flow, Tensor([1.0, 8.0]), Tensor([27.0, 64.0]), n=3, path=straight)
    np.testing.assert_allclose(x.data, [[1, 8], [8, 27], [27, 64]], rtol=1e-5)  # cubes of (1, 2), (2, 3), (3, 4)
    assert morph(flow, [1.0, 8.0], [27.0, 64.0]).shape == (9, 2)
