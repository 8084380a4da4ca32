"""glow-mnist and glow-fashion: a few steps from the data to the figures, resumed, on images of the user's own; the outliers."""

import numpy as np
import pytest

from minigen import checkpoint, data, random
from minigen.data import mnist
from minigen.experiments import glow_fashion, glow_images, glow_mnist
from minigen.models import PixelHistograms
from minigen.run import Run


@pytest.fixture
def own(tmp_path):
    """An .npz file with 70 digits, of which 7 are held out."""
    path = tmp_path / "digits.npz"
    np.savez(path, images=mnist(full=False).images[:70])
    return path


def trained(module, tmp_path, **options):
    run = Run.create(module.NAME, 0, root=tmp_path / "runs")
    random.manual_seed(run.seed)
    report = module.train(run, progress=False, **options)
    run.finish(report)
    return run, report


def test_from_data_to_figures_and_samples(tmp_path, own):
    run, report = trained(glow_mnist, tmp_path, steps=3, data=own)
    names = ["curves.png", "morph-pixels.png", "morph.gif", "morph.png", "samples.png", "temperature.png"]
    assert sorted(p.name for p in run.figures.iterdir()) == names
    assert "judged on 7" in report["data"]
    assert 1.5 < report["bits/dim"] < 5
    assert report["relative error of a round trip"] < 1e-4
    steps, condition = run.metrics("condition")
    assert steps == [1]
    assert 1 <= condition[0] < 2
    model = glow_mnist.load(Run.open(run.folder))
    random.manual_seed(1)
    images = glow_mnist.sample(model, 3)
    assert images.shape == (3, 28, 28)
    assert 0 <= images.min() < images.max() <= 1


def test_a_resumed_run_ends_with_the_same_weights(tmp_path, own, monkeypatch):
    monkeypatch.setattr(glow_images, "draw", lambda *args: None)
    monkeypatch.setattr(glow_mnist, "STEPS", 4)
    whole, _ = trained(glow_mnist, tmp_path, budget=1e9, steps=4, data=own)
    part, _ = trained(glow_mnist, tmp_path, steps=4, budget=1e-9, data=own)
    assert part.step == 1
    again = Run.open(part.folder)
    random.manual_seed(again.seed)
    glow_mnist.train(again, steps=4, data=own, progress=False)
    a, b = (checkpoint.load(run.checkpoint)["states"] for run in (whole, again))
    for part in ("model", "schedule"):
        for name in a[part]:
            np.testing.assert_array_equal(a[part][name], b[part][name], err_msg=name)


def test_images_of_another_size_are_cut_to_multiples_of_four(tmp_path):
    path = tmp_path / "faces.npz"
    np.savez(path, images=data.faces().images[:20])
    parts = glow_fashion.build(path)
    assert parts.shape == (24, 24)
    assert parts.k.shape == (18, 1, 24, 24)
    np.testing.assert_array_equal(parts.k[0, 0], data.faces().images[0, :24, :24])


def test_outliers_come_from_the_other_set(monkeypatch):
    clothes, digits = data.fashion_mnist(full=False), mnist(full=False)

    def small(images):
        def load(split="train", **options):
            if split == "test":
                raise FileNotFoundError
            return images[:60]

        return load

    monkeypatch.setattr(glow_images, "SETS", {"mnist": small(digits), "fashion": small(clothes)})
    parts = glow_fashion.build()
    monkeypatch.setattr(parts, "model", PixelHistogramsAsFlow(parts.k))
    report, scores = glow_images.judged(parts)
    found = {k: v for k, v in report.items() if k.startswith("AUROC of MNIST")}
    assert len(found) == 3
    assert scores["there"].mean() < scores["here"].mean()  # the paradox
    assert found["AUROC of MNIST as outliers: likelihood"] < 0.3
    assert found["AUROC of MNIST as outliers: likelihood ratio to pixel histograms"] == 0.5  # the background itself
    assert [len(scores[k]) for k in ("here", "there")] == [6, 60]


class PixelHistogramsAsFlow(PixelHistograms):
    """In the place of a Glow, which could not be trained here: with pieces that the report asks for."""

    def __init__(self, k):
        super().__init__(k)
        flow = glow_images.network((28, 28))
        self.bijection, self.dequantization, self.encode, self.decode = flow.bijection, flow.dequantization, flow.encode, flow.decode
