"""The quadrature of check_bijection: masses of cells, where a density has a peak or a singular edge."""

import math

import numpy as np
import pytest

from minigen.bijections.checking.quadrature import cell_masses


def test_the_quadrature_finds_peaks_and_singular_edges():
    edge = cell_masses(lambda y: 0.25 / np.sqrt(y[:, 0]), [np.array([0.0, 1.0, 4.0])], 1e-10)  # z², z ~ U(0, 2)
    np.testing.assert_allclose(edge, [0.5, 0.5], atol=1e-3)
    peak = lambda y: np.exp(-0.5 * (((y - 0.3) / 0.01) ** 2).sum(axis=1)) / (2 * math.pi * 1e-4)  # noqa: E731
    cells = cell_masses(peak, [np.linspace(-1, 1, 9)] * 2, 1e-9)
    assert cells.shape == (8, 8)
    assert cells.sum() == pytest.approx(1, abs=1e-6)
