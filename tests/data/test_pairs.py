"""Pairs of images: each rule by hand, what it keeps, what it loses, what it refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.data import edges, mnist, planes, tinted, tints, unzebra, zebra
from minigen.data.pairs import INKS, PAPER
from minigen.random import new_generator


def grey(seed, n=3, height=6, width=5):
    return new_generator(seed).random((n, 1, height, width), np.float32)


def test_planes_are_images_with_a_channel():
    images = mnist(full=False)[:4]
    x = planes(images.images)
    assert (x.shape, x.dtype) == ((4, 1, 28, 28), np.float32)
    np.testing.assert_array_equal(x.reshape(4, -1), images.x)


def test_edges_stand_where_neighbours_differ():
    x = np.zeros((1, 1, 4, 5), np.float32)
    x[0, 0, 1:3, 1:4] = [[1, 1, 0.9], [1, 1, 1]]
    expected = [[0, 1, 1, 1, 0], [1, 0, 0, 1, 0], [1, 1, 1, 1, 0], [0, 0, 0, 0, 0]]
    np.testing.assert_array_equal(edges(x)[0, 0], expected)
    assert edges(x).dtype == np.float32
    assert edges(x, 0.05)[0, 0, 1, 2] == 1


@given(seed=st.integers(0, 2**31), shift=st.floats(0, 0.4))
def test_edges_do_not_see_how_bright_an_image_is(seed, shift):
    x = np.round(grey(seed).astype(np.float64) * 4) / 8  # steps of 1/8, never as near to the threshold as rounding errors are
    np.testing.assert_array_equal(edges(x, 0.3), edges(x + shift, 0.3))
    assert set(np.unique(edges(x))) <= {0, 1}


def test_tints_are_colours_of_one_brightness_far_from_each_other():
    colours = tints(10)
    assert colours.shape == (10, 3)
    assert 0 <= colours.min() < colours.max() <= 1
    np.testing.assert_allclose(colours.sum(axis=1), 1.5)
    np.testing.assert_allclose(colours[0], [1, 0.25, 0.25])  # red
    distances = np.linalg.norm(colours[:, None] - colours, axis=2) + np.eye(10)
    assert distances.min() > 0.35


@given(seed=st.integers(0, 2**31), classes=st.integers(1, 12))
def test_tinted_is_the_image_times_its_colour(seed, classes):
    x, labels = grey(seed), new_generator(seed).integers(0, classes, 3)
    y = tinted(x, labels, classes)
    assert (y.shape, y.dtype) == ((3, 3, 6, 5), np.float32)
    for i, label in enumerate(labels):
        for c in range(3):
            np.testing.assert_allclose(y[i, c], x[i, 0] * tints(classes)[label, c], rtol=1e-6)


@given(seed=st.integers(0, 2**31), height=st.integers(1, 9), dtype=st.sampled_from([np.float32, np.float64]))
def test_zebra_is_a_bijection(seed, height, dtype):
    x = grey(seed, height=height).astype(dtype)
    y = zebra(x)
    assert (y.shape, y.dtype) == ((3, 3, height, 5), dtype)
    assert 0 <= y.min() <= y.max() <= 1
    np.testing.assert_allclose(unzebra(y), x, atol=2e-6)
    assert unzebra(y).dtype == dtype


def test_zebra_has_paper_where_nothing_was_and_two_rows_of_each_ink():
    y = zebra(np.array([[0.0, 1.0]] * 6)[None, None])
    np.testing.assert_allclose(y[0, :, :, 0].T, [PAPER] * 6)
    np.testing.assert_allclose(y[0, :, :, 1].T, [INKS[0], INKS[0], INKS[1], INKS[1], INKS[0], INKS[0]])


def test_unzebra_gives_the_nearest_grey():
    y = zebra(np.full((1, 1, 1, 1), 0.4)) + np.array([0.02, -0.01, 0.03]).reshape(1, 3, 1, 1)
    x = unzebra(y).item()
    distance = [np.square(y - zebra(np.full((1, 1, 1, 1), x + d))).sum() for d in (-1e-3, 0, 1e-3)]
    assert distance[1] == min(distance)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: planes(np.zeros((2, 3, 4))), "uint8, got \\(2, 3, 4\\) of float64"),
        (lambda: edges(np.zeros((2, 3, 4))), "edges: expected numbers \\(N, 1, H, W\\)"),
        (lambda: zebra(np.zeros((2, 1, 4, 4), np.uint8)), "zebra: .* of uint8"),
        (lambda: unzebra(np.zeros((2, 1, 4, 4))), "unzebra: expected numbers \\(N, 3, H, W\\)"),
        (lambda: tinted(grey(0), [0, 1, 10]), "labels from 0 to 9"),
        (lambda: tinted(grey(0), [0, 1]), "expected 3 whole-number labels"),
        (lambda: tinted(grey(0), [0.0, 1.0, 2.0]), "of float64"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(ValueError, match=words):
        call()
