"""The experiments with conditions, pairs and cycles, and the convolutional autoencoder: a few steps of each, and exact resume."""

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from minigen import checkpoint, data, random, tensor
from minigen.autograd import no_grad
from minigen.data import edges, planes, tinted, zebra
from minigen.experiments import acgan, cgan_mnist, conv_ae, cyclegan, pix2pix, pix2pix_colour, sgan_mnist
from minigen.experiments.by_class import agreement, of_each_class
from minigen.experiments.translation import as_pictures, psnr, sharpness
from minigen.experiments.two_players import scaled
from minigen.models.cyclegan import ImagePool
from minigen.random import new_generator
from minigen.run import Run

SMALL = data.mnist(full=False)[:220]


class Row(NamedTuple):
    """An experiment: its module, the figures it leaves, whether its samples are coloured, and what its report must say after 3 steps."""

    module: object
    figures: list
    says: Callable = lambda report: True
    colours: tuple = ()


BY_CLASS = ["classes.png", "images.png", "losses.png", "percent.png", "samples.png"]
ROWS = {
    "conv-ae": Row(
        conv_ae,
        ["curves.png", "reconstructions.png", "samples.png"],
        lambda r: 0.02 < r["held-out squared error of a pixel, PCA"] < 0.04 and r["latent numbers"] == 16,
    ),
    "sgan-mnist": Row(
        sgan_mnist,
        ["accuracy.png", "losses.png", "samples.png"],
        lambda r: "100 of them with labels" in r["data"] and 0 <= r["test images right, discriminator of the GAN [%]"] <= 100,
    ),
    "cgan-mnist": Row(cgan_mnist, BY_CLASS, lambda r: 0 <= r["samples that our own classifier reads as their label [%]"] <= 100),
    "acgan": Row(acgan, BY_CLASS, lambda r: 0 <= r["samples that our own classifier reads as their label [%]"] <= 100),
    "pix2pix": Row(
        pix2pix,
        ["l1.png", "losses.png", "translations.png"],
        lambda r: 0 < r["PSNR, L1 alone [dB]"] < 20 and 0 < r["gradient energy with a GAN, part of the truth's"] < 3,
    ),
    "pix2pix-colour": Row(
        pix2pix_colour,
        ["l1.png", "losses.png", "translations.png"],
        lambda r: 0 < r["PSNR, L1 alone [dB]"] < 25 and 0 <= r["in the colour of their class, L1 alone [%]"] <= 100,
        (3,),
    ),
    "cyclegan": Row(
        cyclegan,
        ["back.png", "losses.png", "there.png"],
        lambda r: 8 < r["PSNR of the mean zebra, to compare with [dB]"] < 20,
        (3,),
    ),
}


@pytest.fixture(params=ROWS)
def row(request):
    return ROWS[request.param]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("minigen.experiments.by_class.EACH", 3)
    monkeypatch.setattr("minigen.experiments.two_players.MANY", 20)
    monkeypatch.setattr("minigen.experiments.two_players.FEW", 12)
    monkeypatch.setattr("minigen.experiments.cyclegan.ImagePool", partial(ImagePool, 9))  # full after two steps


@pytest.fixture
def own(tmp_path):
    """An .npz file with 220 digits."""
    path = tmp_path / "digits.npz"
    np.savez(path, images=SMALL.images, labels=SMALL.labels)
    return path


def trained(row, tmp_path, steps, own, run=None):
    run = Run.create(row.module.NAME, 0, root=tmp_path / "runs") if run is None else Run.open(run.folder)
    random.manual_seed(run.seed)
    report = row.module.train(run, progress=False, steps=steps, data=own)
    run.finish(report)
    return run, report


def test_from_data_to_figures(row, tmp_path, own):
    run, report = trained(row, tmp_path, 3, own)
    assert sorted(p.name for p in run.figures.iterdir()) == row.figures
    assert row.says(report), report
    assert "data" in report
    model = row.module.load(Run.open(run.folder))
    random.manual_seed(1)
    images = row.module.sample(model, 5)
    assert images.shape == (5, 28, 28, *row.colours)
    assert images.dtype == np.float32
    assert 0 <= images.min() < images.max() <= 1


def test_a_resumed_run_ends_like_one_that_was_left_alone(row, tmp_path, own):
    whole, first = trained(row, tmp_path, 4, own)
    part, _ = trained(row, tmp_path, 2, own)
    again, second = trained(row, tmp_path, 4, own, part)
    a, b = (checkpoint.load(run.checkpoint) for run in (whole, again))
    for found in (a, b):
        found["about"].pop("seconds")
    assert repr(a) == repr(b)
    for name in a["states"]["model"]:
        np.testing.assert_array_equal(a["states"]["model"][name], b["states"]["model"][name], err_msg=name)
    assert (whole.folder / "metrics.jsonl").read_bytes() == (again.folder / "metrics.jsonl").read_bytes()
    assert first == second


TURNS = {  # experiment -> what its players descend in a step, the discriminator first, each when its turn comes
    "cgan-mnist": lambda m, parts, x, y: (lambda: m.discriminator_loss(x, y), lambda: m.generator_loss(len(x))),
    "acgan": lambda m, parts, x, y: (lambda: m.discriminator_loss(x, y), lambda: m.generator_loss(len(x))),
    "pix2pix": lambda m, parts, x, y: (lambda: m.discriminator_loss(x, y), lambda: m.generator_loss(x, y)),
    "cyclegan": lambda m, parts, x, y: (
        lambda: m.discriminator_loss(x, y, [pool(f) for pool, f in zip((parts.old_x, parts.old_y), m.fakes(x, y))]),
        lambda: m.generator_loss(x, y),
    ),
}


@pytest.mark.parametrize("name", TURNS)
def test_the_loop_is_the_two_steps_of_its_model(name, tmp_path, own):
    """What is written out in the experiment, term by term: the losses that the model's methods return, with their weights."""
    run, _ = trained(ROWS[name], tmp_path, 3, own)
    random.manual_seed(run.seed)
    parts = ROWS[name].module.build(own)
    stream = zip(parts.xs.forever(), parts.ys.forever()) if name == "cyclegan" else parts.data.forever()
    for _ in range(3):
        turns = TURNS[name](parts.model, parts, *next(stream))
        for loss, optimizer in zip(turns, (parts.d_optimizer, parts.g_optimizer)):
            value = loss()
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
    trained_model, own_model = ROWS[name].module.load(run).state_dict(), parts.model.state_dict()
    for key, array in trained_model.items():
        np.testing.assert_allclose(array, own_model[key], rtol=1e-4, atol=1e-5, err_msg=key)


def test_it_is_listed_and_says_what_it_is_held_to(row):
    from minigen import experiments

    entry = experiments.describe(row.module.NAME)
    assert experiments.get(row.module.NAME) is row.module
    assert entry == (row.module.NAME, row.module.DESCRIPTION, row.module.PUBLISHED, row.module.STEPS)


def test_without_a_folder_nothing_is_drawn(row, own):
    report = row.module.train(Run(), steps=1, data=own, progress=False)
    assert "data" in report


def test_random_codes_of_the_autoencoder_have_the_moments_of_the_training_codes(tmp_path, own):
    run, _ = trained(ROWS["conv-ae"], tmp_path, 2, own)
    model = conv_ae.load(Run.open(run.folder))
    z = model.encode(tensor(SMALL[:198].x)).data
    np.testing.assert_allclose(model.codes.loc.data, z.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(model.codes.covariance_matrix.data, np.cov(z.T, bias=True), atol=2e-6)


# --- how the numbers of the reports are made ----------------------------------------------------------------------------------


def test_pictures_of_grey_and_coloured_images():
    x = new_generator(0).uniform(-1.2, 1.2, (4, 3, 5, 6)).astype(np.float32)
    coloured, grey = as_pictures(tensor(x)), as_pictures(tensor(x[:, :1]))
    assert (coloured.shape, grey.shape) == ((4, 5, 6, 3), (4, 5, 6))
    np.testing.assert_array_equal(coloured[..., 0], grey)
    np.testing.assert_allclose(coloured[1, 2, 3], np.clip(x[1, :, 2, 3] / 2 + 0.5, 0, 1), rtol=1e-6)


def test_psnr_and_sharpness_of_known_pictures():
    x = np.zeros((2, 4, 4), np.float32)
    assert psnr(x, x + np.float32(0.1)) == pytest.approx(20, abs=1e-4)
    assert psnr(x, x) == 100
    ramp = np.broadcast_to(np.arange(4, dtype=np.float32) / 3, (2, 4, 4))
    assert sharpness(ramp) == pytest.approx(1 / 9)
    assert sharpness(np.swapaxes(ramp, 1, 2)) == pytest.approx(1 / 9)
    assert sharpness(np.stack([ramp] * 3, axis=3)) == pytest.approx(1 / 9)
    noise = new_generator(0).random((2, 9, 9))
    assert sharpness((noise[:, 1:] + noise[:, :-1]) / 2) < 0.8 * sharpness(noise)


def test_nearest_counts_who_finds_himself():
    true = tensor(np.eye(4, dtype=np.float32).reshape(4, 1, 2, 2))
    assert cyclegan.nearest(true * 0.6, true) == 1
    assert cyclegan.nearest(true.flip(0), true) == 0
    assert cyclegan.nearest(tensor(true.data[[0, 1, 3, 2]]), true) == 0.5


def test_a_coloured_picture_tells_its_class():
    labels = np.arange(10)
    y = np.moveaxis(tinted(planes(SMALL.images[:10]), labels), 1, 3)
    np.testing.assert_array_equal(pix2pix_colour.class_of_colour(y), labels)
    np.testing.assert_array_equal(pix2pix_colour.class_of_colour(0.3 * y), labels)
    assert pix2pix_colour.class_of_colour(np.zeros((2, 5, 5, 3))).shape == (2,)


def test_agreement_reads_the_digits_of_each_class():
    """A model that draws MNIST's own digits agrees with its labels; one that draws the next digit does not."""

    class Copyist:
        classes, image_shape, shift = 10, (28, 28), 0
        prior = SimpleNamespace(mean=SimpleNamespace(device="cpu"))

        def sample(self, n, labels):
            rows = [SMALL.images[SMALL.labels == (y + self.shift) % 10][:n] for y in labels.data[:1]]
            return tensor(scaled(rows[0])[:, None])

    model = Copyist()
    assert agreement(model, "mnist").mean() > 90
    model.shift = 1
    assert agreement(model, "mnist").mean() < 10
    assert of_each_class(model, 2).shape == (10, 2, 28, 28)


def test_the_same_noise_for_every_class(own):
    parts = cgan_mnist.build(own)
    with no_grad():
        parts.model.generator.embedding.weight[1:] = parts.model.generator.embedding.weight[0].data  # G no longer knows the class
    before = random.get_state()
    rows = of_each_class(parts.model, 4)
    assert random.get_state() == before
    for row in rows[1:]:
        np.testing.assert_array_equal(row, rows[0])
    assert np.abs(rows[0][0] - rows[0][1]).max() > 0


def test_batches_keep_images_and_labels_together(own):
    parts = cgan_mnist.build(own)
    x, y = next(iter(parts.data))
    for image, label in zip(x.data, y.data):
        (i,) = np.nonzero((parts.x.data == image).all(axis=(1, 2, 3)))[0][:1]
        assert SMALL.labels[i] == label


def test_only_the_first_hundred_labels_are_used(own, monkeypatch):
    parts = sgan_mnist.build(own)
    np.testing.assert_array_equal(parts.known_y.data, SMALL.labels[:100])
    assert (len(parts.images), len(parts.test)) == (198, 22)
    seen = []
    monkeypatch.setattr("minigen.models.sgan.SGAN.discriminator_loss", lambda self, x, y, known: seen.append((y, known)) or spent(self))
    sgan_mnist.train(Run(), steps=2, data=own, progress=False)
    for y, known in seen:
        assert (y.data[~known.data] == -1).all()
        assert known.data.sum() == sgan_mnist.BATCH == (~known.data).sum()


def spent(model):
    return sum(p.sum() for p in model.discriminator.parameters()) * 0


def test_the_test_images_are_mnists_own_where_they_are(monkeypatch, tmp_path):
    monkeypatch.delenv("MINIGEN_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    images, test = sgan_mnist.test_images(SMALL)
    assert (len(images), len(test)) == (198, 22)
    monkeypatch.setattr(sgan_mnist, "mnist", lambda split: SMALL[:7] if split == "test" else SMALL)
    images, test = sgan_mnist.test_images(SMALL)
    assert (len(images), len(test)) == (220, 7)


def test_edges_and_zebras_belong_to_their_images(own):
    parts = pix2pix.build(own)
    images = planes(SMALL.images)
    np.testing.assert_allclose(parts.y.data, 2 * images[:198] - 1, atol=1e-6)
    np.testing.assert_allclose(parts.unseen_x.data, 2 * edges(images[198:]) - 1)
    parts = pix2pix_colour.build(own)
    np.testing.assert_allclose(parts.x.data, 2 * images[:198] - 1, atol=1e-6)
    np.testing.assert_allclose(parts.unseen_y.data, 2 * tinted(images[198:], parts.unseen_labels) - 1, atol=1e-6)
    np.testing.assert_array_equal(parts.unseen_labels, SMALL.labels[198:])
    parts = cyclegan.build(own)
    np.testing.assert_allclose(parts.x.data, 2 * images[:99] - 1, atol=1e-6)
    np.testing.assert_allclose(parts.y.data, 2 * zebra(images[99:198]) - 1, atol=1e-6)
    np.testing.assert_allclose(parts.unseen_y.data, 2 * zebra(images[198:]) - 1, atol=1e-6)


def test_images_without_labels_are_refused_where_labels_are_needed(tmp_path):
    np.savez(tmp_path / "plain.npz", images=SMALL.images[:9])
    for module in (sgan_mnist, cgan_mnist, acgan, pix2pix_colour):
        with pytest.raises(ValueError, match=r"plain.npz: these images have no labels"):
            module.build(tmp_path / "plain.npz")
