"""Images: conversion, parts, splits, refusals; binarisation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import random
from minigen.data import Images, binarize


def make(n, labelled=True, shape=(2, 3)):
    pixels = np.arange(n * shape[0] * shape[1]).reshape(n, *shape) % 256
    return Images(pixels.astype(np.uint8), np.arange(n, dtype=np.uint8) if labelled else None, "numbers", "made for a test")


def test_x_is_float32_rows_from_0_to_1():
    images = Images(np.array([[[0, 51], [102, 255]]], np.uint8), None, "one", "test")
    assert images.x.dtype == np.float32
    assert images.x.tolist() == [[0, np.float32(0.2), np.float32(0.4), 1]]


@given(n=st.integers(2, 40), data=st.data(), labelled=st.booleans())
def test_split_keeps_order_and_puts_the_last_aside(n, data, labelled):
    validation = data.draw(st.integers(1, n - 1))
    images = make(n, labelled)
    first, last = images.split(validation)
    assert (len(first), len(last)) == (n - validation, validation)
    np.testing.assert_array_equal(np.concatenate([first.images, last.images]), images.images)
    if labelled:
        np.testing.assert_array_equal(np.concatenate([first.labels, last.labels]), images.labels)
    assert (first.labels is None) == (last.labels is None) == (not labelled)


@pytest.mark.parametrize("index", [slice(1, 4), slice(None, None, -2), [3, 0], np.array([3, 0]), np.arange(6) % 2 == 0])
def test_a_part_takes_images_and_labels_alike(index):
    images = make(6)
    part = images[index]
    np.testing.assert_array_equal(part.images, images.images[index])
    np.testing.assert_array_equal(part.labels, images.labels[index])
    assert (part.name, part.source) == (images.name, images.source)
    assert part.labels.dtype == np.int64


REFUSED = {
    "floats": (lambda: Images(np.zeros((2, 3, 3)), None, "a", "b"), ValueError, "uint8"),
    "rows": (lambda: Images(np.zeros((2, 9), np.uint8), None, "a", "b"), ValueError, r"\(2, 9\)"),
    "a list": (lambda: Images([[[1]]], None, "a", "b"), ValueError, "list"),
    "labels: number": (lambda: Images(np.zeros((2, 3, 3), np.uint8), np.arange(3), "a", "b"), ValueError, "2 whole-number"),
    "labels: floats": (lambda: Images(np.zeros((2, 3, 3), np.uint8), np.zeros(2), "a", "b"), ValueError, "float64"),
    "one image": (lambda: make(3)[0], TypeError, r"\.images\[i\]"),
    "no training set": (lambda: make(3).split(3), ValueError, "between 1 and 2, got 3"),
    "no validation set": (lambda: make(3).split(0), ValueError, "got 0"),
    "binarize: grey values": (lambda: binarize(np.array([0, 255])), ValueError, "255"),
    "binarize: negative": (lambda: binarize(np.array([-0.1, 0.5])), ValueError, "-0.1"),
    "binarize: nan": (lambda: binarize(np.array([np.nan, 0.5])), ValueError, "nan"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_refusals_say_what_came(row):
    act, error, message = REFUSED[row]
    with pytest.raises(error, match=message):
        act()


@pytest.mark.parametrize(("labelled", "labels"), [(True, ", labelled"), (False, "")])
def test_repr(labelled, labels):
    assert repr(make(1000, labelled)) == f"Images(numbers: 1,000 of 2×3{labels}; made for a test)"


def test_binarize_draws_each_pixel_with_its_probability():
    x = np.repeat(np.array([0, 0.1, 0.5, 1], np.float32), 20_000)
    b = binarize(x, seed=1)
    assert b.dtype == np.float32
    assert set(np.unique(b)) == {0, 1}
    share = b.reshape(4, -1).mean(axis=1)
    assert (share[0], share[3]) == (0, 1)
    np.testing.assert_allclose(share, [0, 0.1, 0.5, 1], atol=5 * 0.5 / np.sqrt(20_000))


def test_binarize_seeds():
    x = np.full((4, 50), 0.5)
    assert (binarize(x, 3) == binarize(x, 3)).all()
    assert (binarize(x, 3) != binarize(x, 4)).any()
    random.manual_seed(5)
    first, second = binarize(x), binarize(x)
    random.manual_seed(5)
    assert (binarize(x) == first).all()
    assert (first != second).any()
