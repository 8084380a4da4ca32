"""Our own classifier: good enough to judge by, made by its recipe, for images in every usual form; and its report says whose it is."""

import numpy as np
import pytest

from minigen import data, random, set_default_dtype, tensor
from minigen.data.places import EMBEDDED
from minigen.evaluate import feature_net, fid, precision_recall, sample_quality
from minigen.evaluate.features import scale_features, shifted, train_feature_net, untrained, weights_file
from minigen.random import new_generator

SETS = {"mnist": data.mnist(full=False), "fashion-mnist": data.fashion_mnist(full=False)}
ACCURACY = {"mnist": (0.98, 0.6), "fashion-mnist": (0.88, 0.6)}  # on held-out images: of the weights that ship, of a short training


def held_out(name):
    return SETS[name].split(len(SETS[name]) // 10)[1]


@pytest.mark.parametrize("name", SETS)
def test_it_knows_images_that_it_was_not_trained_on(name):
    unseen = held_out(name)
    assert (feature_net(name).classify(unseen.images) == unseen.labels).mean() >= ACCURACY[name][0]


@pytest.mark.parametrize("name", SETS)
def test_the_recipe_leads_to_the_weights_that_ship(name):
    """60 instead of 2,000 steps of the recipe: on the way there, and what it thinks of failures has the same order."""
    net, accuracy = train_feature_net(name, steps=60)
    assert ACCURACY[name][1] < accuracy < ACCURACY[name][0]
    assert np.square(net.features(SETS[name].images[:1000])).mean() == pytest.approx(1, rel=0.05)
    x = SETS[name].images[:600] / 255
    failures = [x[300:], np.clip(x[300:] + new_generator(0).normal(0, 0.3, (300, 28, 28)), 0, 1), x[300:303][np.arange(300) % 3]]
    for judge in (net, feature_net(name)):
        near, noisy, three = (fid(judge.features(x[:300]), judge.features(fake)) for fake in failures)
        assert 2 * near < noisy < three


@pytest.mark.parametrize("name", SETS)
def test_features_have_a_unit_and_files_are_small(name):
    features = feature_net(name).features(SETS[name].images[:2000])
    assert features.shape == (2000, 64)
    assert features.dtype == np.float64
    assert np.square(features).mean() == pytest.approx(1, rel=0.05)
    assert weights_file(name).stat().st_size <= 200_000
    assert weights_file(name).parent == EMBEDDED


def test_the_unit_does_not_change_the_logits():
    net, x = untrained(), SETS["mnist"].images[:50]
    before, logits = net.features(x), net(tensor(x[:, None] / np.float32(255))).detach().numpy()
    scale_features(net, x)
    np.testing.assert_allclose(net(tensor(x[:, None] / np.float32(255))).detach().numpy(), logits, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(net.features(x), before / np.sqrt(np.square(before).mean()), rtol=1e-3, atol=1e-5)


def test_images_in_every_usual_form_have_the_same_features():
    net, images = feature_net(), SETS["mnist"].images[:7]
    expected = net.features(images)
    x = images / np.float32(255)
    for form in (x, x[:, None], x.reshape(7, -1), tensor(x.reshape(7, -1)), x.astype(np.float64)):
        np.testing.assert_allclose(net.features(form), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(net.classify(x), net.classify(images))


def test_neither_the_default_dtype_nor_the_random_stream_matters():
    feature_net.cache_clear()
    random.manual_seed(3)
    expected = random.randn((3,))
    random.manual_seed(3)
    set_default_dtype(np.float64)
    try:
        net = feature_net()
        assert {p.dtype for p in net.parameters()} == {np.dtype(np.float32)}
        found = net.features(SETS["mnist"].images[:3])
    finally:
        set_default_dtype(np.float32)
    np.testing.assert_array_equal(random.randn((3,)), expected)
    feature_net.cache_clear()
    np.testing.assert_array_equal(feature_net().features(SETS["mnist"].images[:3]), found)
    assert not any(p.requires_grad for p in net.parameters())


def test_blocks_do_not_show(monkeypatch):
    x = SETS["mnist"].images[:45]
    whole = feature_net().features(x)
    monkeypatch.setattr("minigen.evaluate.features.ROWS", 10)
    np.testing.assert_allclose(feature_net().features(x), whole, rtol=1e-4, atol=1e-5)


def test_an_image_is_moved_by_a_pixel_and_others_by_another():
    x = np.zeros((200, 1, 5, 6), np.float32)
    x[:, 0, 2, 3] = 1
    moved = shifted(tensor(x)).numpy()
    assert moved.shape == x.shape
    assert (moved.sum(axis=(1, 2, 3)) == 1).all()
    places = {(i, j) for i, j in zip(*np.nonzero(moved)[2:])}
    assert places == {(i, j) for i in (1, 2, 3) for j in (2, 3, 4)}


# --- the report of an experiment ----------------------------------------------------------------------------------------------


def test_a_report_says_whose_features_they_are_and_tells_good_from_bad():
    images = SETS["mnist"].images
    good, bad = sample_quality(images[-1000:-500], images[:500]), sample_quality(images[-1000:-500], np.roll(images[:500], 9, axis=1))
    assert list(good) == list(bad)
    assert all("our own classifier's features" in name for name in good)
    fid_name = next(name for name in good if name.startswith("FID of 500 samples"))
    assert "not Inception's" in fid_name
    assert good[fid_name] < 0.6 < 3 < bad[fid_name]
    net = feature_net()
    assert tuple(good.values())[2:] == precision_recall(net.features(images[-1000:-500]), net.features(images[:500]))


@pytest.mark.parametrize(
    ("wrong", "complaint", "error"),
    [
        (lambda: feature_net().features(np.zeros((2, 25, 25))), r"expected images \(N, 28, 28\).*got \(2, 25, 25\)", ValueError),
        (lambda: feature_net().features(np.zeros((0, 28, 28))), "with N > 0", ValueError),
        (lambda: feature_net().features(np.zeros(784)), "expected images", ValueError),
        (lambda: feature_net().classify(np.full((2, 784), -1.0)), r"in \[0, 1\], got -1 to -1; .* \(x \+ 1\) / 2", ValueError),
        (lambda: feature_net().classify(np.full((2, 784), np.nan)), r"in \[0, 1\]", ValueError),
        (lambda: feature_net("cifar"), "no classifier for 'cifar'; there are mnist, fashion-mnist", KeyError),
    ],
)  # fmt: skip
def test_wrong_uses(wrong, complaint, error):
    with pytest.raises(error, match=complaint):
        wrong()
