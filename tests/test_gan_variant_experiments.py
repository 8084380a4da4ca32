"""The experiments with conditions, pairs and cycles, and the convolutional autoencoder: a few steps of each, and exact resume."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from minigen import checkpoint, data, random, tensor
from minigen.experiments import conv_ae
from minigen.run import Run

SMALL = data.mnist(full=False)[:220]


class Row(NamedTuple):
    """An experiment: its module, the figures it leaves, whether its samples are coloured, and what its report must say after 3 steps."""

    module: object
    figures: list
    says: Callable = lambda report: True
    colours: tuple = ()


ROWS = {
    "conv-ae": Row(
        conv_ae,
        ["curves.png", "reconstructions.png", "samples.png"],
        lambda r: 0.02 < r["held-out squared error of a pixel, PCA"] < 0.04 and r["latent numbers"] == 16,
    ),
}


@pytest.fixture(params=ROWS)
def row(request, monkeypatch):
    monkeypatch.delenv("MINIGEN_DATA", raising=False)
    return ROWS[request.param]


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
    assert a["about"].pop("seconds") != b["about"].pop("seconds")
    assert repr(a) == repr(b)
    for name in a["states"]["model"]:
        np.testing.assert_array_equal(a["states"]["model"][name], b["states"]["model"][name], err_msg=name)
    assert (whole.folder / "metrics.jsonl").read_bytes() == (again.folder / "metrics.jsonl").read_bytes()
    assert first == second


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
