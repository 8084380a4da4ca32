"""The experiments: a few steps of each, from the data to the figures; resumed runs; the user's own images."""

import gzip
import json

import numpy as np
import pytest

from minigen import checkpoint, data, random
from minigen.data import write_idx, write_png
from minigen.experiments import conv_vae, vae_frey, vae_mnist
from minigen.experiments.own_images import EVERY, averaged, held_out, late_limits, load_images
from minigen.random import new_generator
from minigen.run import Run

SMALL = data.mnist(full=False)[:220]


@pytest.fixture
def own(tmp_path):
    """An .npz file with 220 digits: the experiments' data where speed counts."""
    path = tmp_path / "digits.npz"
    np.savez(path, images=SMALL.images, labels=SMALL.labels)
    return path


def trained(module, tmp_path, **options):
    run = Run.create(module.NAME, 0, root=tmp_path / "runs")
    random.manual_seed(run.seed)
    report = module.train(run, progress=False, **options)
    run.finish(report)
    return run, report


@pytest.mark.parametrize("module", [vae_mnist, conv_vae], ids=lambda module: module.NAME)
def test_a_vae_from_data_to_figures(module, tmp_path, own):
    run, report = trained(module, tmp_path, steps=EVERY + 2, data=own)
    assert sorted(p.name for p in run.figures.iterdir()) == ["canvas.png", "curves.png", "latent.png", "three-columns.png"]
    elbo, reconstruction, kl = (report[k] for k in list(report)[1:4])
    assert elbo == pytest.approx(reconstruction - kl)
    assert -260 < elbo < -150
    bound, log_p = (next(v for k, v in report.items() if k.startswith(start)) for start in ("held-out ELBO of", "held-out log p"))
    assert log_p > bound
    assert 0 < report["mean σ of q(z|x), held out"] < 1.2
    assert run.metrics("elbo")[0] == [1, EVERY]
    assert len(run.metrics("loss")[0]) == EVERY + 2
    written = json.loads((run.folder / "report.json").read_text("utf-8"))
    assert written["step"] == EVERY + 2
    model = module.load(Run.open(run.folder))
    random.manual_seed(1)
    images = module.sample(model, 3)
    assert images.shape == (3, 28, 28)
    assert 0 <= images.min() < 0.2
    assert 0.3 < images.max() <= 1


def test_a_resumed_run_ends_with_the_same_weights(tmp_path, own):
    whole, _ = trained(vae_mnist, tmp_path, steps=12, data=own)
    part, _ = trained(vae_mnist, tmp_path, steps=5, data=own)
    again = Run.open(part.folder)
    random.manual_seed(again.seed)
    vae_mnist.train(again, steps=12, data=own, progress=False)
    a, b = (checkpoint.load(run.checkpoint)["states"]["model"] for run in (whole, again))
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)
    assert (whole.folder / "metrics.jsonl").read_bytes() == (again.folder / "metrics.jsonl").read_bytes()


def test_vae_frey_on_the_embedded_faces(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("MINIGEN_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("minigen.data.places._said", set())
    run, report = trained(vae_frey, tmp_path, steps=30)
    assert "100 embedded faces stand in" in capsys.readouterr().err
    assert "90 images to learn from, 10 held out" in report["data"]
    assert report["σ of p(x|z), grey values in [0, 1]"] == pytest.approx(vae_frey.FEW)
    assert sorted(p.name for p in run.figures.iterdir()) == ["curves.png", "manifold.png", "three-columns.png"]
    assert vae_frey.sample(vae_frey.load(Run.open(run.folder)), 2).shape == (2, 25, 25)


def test_vae_frey_on_a_file_of_many_faces(tmp_path):
    path = tmp_path / "freyfaces.npz"
    np.savez(path, images=(255 * new_generator(0).random((1200, 7, 5))).astype(np.uint8))
    parts = vae_frey.build(path)
    assert (len(parts.images), len(parts.unseen), parts.shape) == (1080, 120, (7, 5))
    assert "log_sigma" in dict(parts.model.named_parameters())


def test_without_a_folder_nothing_is_drawn(own):
    random.manual_seed(0)
    report = vae_mnist.train(Run(), steps=2, data=own, progress=False)
    assert "held-out ELBO [nats]" in report


def test_a_budget_ends_the_training(own):
    random.manual_seed(0)
    run = Run()
    vae_mnist.train(run, budget=0.05, data=own, progress=False)
    assert 1 <= run.step < 2000


def test_folders_of_images_and_of_idx_files(tmp_path):
    (tmp_path / "idx" / "mnist").mkdir(parents=True)
    for name, array in (("train-images-idx3-ubyte", SMALL.images), ("train-labels-idx1-ubyte", SMALL.labels.astype(np.uint8))):
        write_idx(tmp_path / name, array)
        (tmp_path / "idx" / "mnist" / f"{name}.gz").write_bytes(gzip.compress((tmp_path / name).read_bytes()))
    (tmp_path / "pictures").mkdir()
    for i, image in enumerate(SMALL.images[:4]):
        write_png(tmp_path / "pictures" / f"{i}.png", image)
    np.savez(tmp_path / "plain.npz", images=SMALL.images[:4])
    for path, n, labelled in (("idx", 220, True), ("idx/mnist", 220, True), ("pictures", 4, False), ("plain.npz", 4, False)):
        images = load_images(tmp_path / path, None)
        np.testing.assert_array_equal(images.images, SMALL.images[:n], err_msg=path)
        assert (images.labels is not None) == labelled
    parts = vae_mnist.build(str(tmp_path / "pictures"))
    assert (len(parts.images), len(parts.unseen)) == (3, 1)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_images(tmp_path / "nowhere.npz", None)


def test_five_digits_of_five_classes():
    found = SMALL.labels[vae_mnist.one_of_each(SMALL.labels, 5)]
    assert len(set(found)) == 5
    assert len(vae_mnist.one_of_each(np.zeros(3, int), 5)) == 1


def test_looking_at_held_out_images_draws_no_random_number_of_the_training(own):
    random.manual_seed(0)
    parts = vae_mnist.build(own)
    before = random.get_state()
    first = held_out(parts.model, parts.unseen_x, 2)
    assert random.get_state() == before
    assert held_out(parts.model, parts.unseen_x, 2) == first


def test_curves_of_short_and_long_runs():
    places, means = averaged(list(range(1, 2 * EVERY + 31)), [1.0] * EVERY + [3.0] * EVERY + [9.0] * 30)
    np.testing.assert_array_equal(means, [-1, -3])
    np.testing.assert_array_equal(places, [1 + EVERY / 2, 1 + 1.5 * EVERY])
    assert len(averaged([1, 2], [1.0, 2.0])[0]) == 0
    assert late_limits({"a": ([1], [1.0])}) is None
    low, high = late_limits({"a": (range(20), [-1000.0] * 2 + [-100.0] * 18)})
    assert (low, high) == (-102.0, -98.0)
