"""Drawn faces: the smile that can be seen is the one that was drawn, whatever else varies."""

import numpy as np
import pytest

from minigen import random
from minigen.data import drawn_faces, measured_smile


@pytest.mark.parametrize("size", [16, 20, 28])
def test_the_smile_that_is_measured_is_the_one_that_was_drawn(size):
    faces = drawn_faces(400, size)
    assert faces.images.shape == (400, size, size)
    assert faces.images.dtype == np.uint8
    found = measured_smile(faces.images)
    assert np.corrcoef(found, faces.smile)[0, 1] > 0.98
    np.testing.assert_allclose(np.polyfit(faces.smile, found, 1), [1, 0], atol=0.1)
    assert abs(np.corrcoef(found, faces.pose)[0, 1]) < 0.15
    np.testing.assert_allclose(measured_smile(faces.images / 255), found, atol=1e-9)


def test_equal_seeds_draw_equal_faces_and_disturb_no_other_stream():
    before = random.get_state()
    a, b, c = drawn_faces(3, seed=5), drawn_faces(3, seed=5), drawn_faces(3, seed=6)
    assert random.get_state() == before
    np.testing.assert_array_equal(a.images, b.images)
    assert (a.images != c.images).any()


def test_given_factors_are_drawn():
    faces = drawn_faces(2, smile=0.5, pose=[-1.0, 1.0])
    np.testing.assert_array_equal(faces.smile, 0.5)
    half = faces.images.astype(float)[:, 6:10]  # the rows of the eyes: dark further to the left, then to the right
    side = (half * np.linspace(-1, 1, 20)).sum(axis=(1, 2))
    assert side[0] > 0 > side[1]
