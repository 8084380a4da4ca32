"""The experiments on one number: from the data to the figures, draws of a trained run, numbers of one's own."""

import numpy as np
import pytest

from minigen import random
from minigen.cli import main
from minigen.experiments import affine_flow, geyser_flow, geyser_sos, geyser_spline
from minigen.run import Run


def trained(module, tmp_path, **options):
    run = Run.create(module.NAME, 0, root=tmp_path)
    random.manual_seed(run.seed)
    return run, module.train(run, progress=False, **options)


def test_the_geyser_flow_from_data_to_figures(tmp_path, monkeypatch):
    monkeypatch.setitem(geyser_flow.PRINTED, 100, 14.5)  # as if the book had printed a step that a test can wait for
    run, report = trained(geyser_flow, tmp_path, steps=101)
    assert sorted(p.name for p in run.figures.iterdir()) == ["curve.png", "density.png", "map.png"]
    assert report["of one a z + b, exactly [nats]"] == pytest.approx(4.0267971, abs=1e-6)
    assert report["NLL at step 100 [nats], in the book 14.5"] == run.metrics("loss")[1][99] == pytest.approx(14.59, abs=0.01)
    assert report["numbers learned"] == 20
    model = geyser_flow.load(Run.open(run.folder))
    random.manual_seed(1)
    assert geyser_flow.sample(model, 7).shape == (7,)


@pytest.mark.parametrize(("module", "nll"), [(geyser_sos, 3.9), (geyser_spline, 3.85)], ids=["sos", "spline"])
def test_polynomials_and_splines_beat_a_normal_soon(module, nll, tmp_path):
    run, report = trained(module, tmp_path, steps=150)
    assert report["NLL [nats]"] < nll < report["of one a z + b, exactly [nats]"]
    assert not any("book" in key for key in report)
    model = module.load(Run.open(run.folder))
    x = module.sample(model, 400)
    assert 20 < x.min() < 55
    assert 80 < x.max() < 130


def test_numbers_of_ones_own(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("a,b\n1,3.0\n2,5.0\n3,7.0\n")
    np.testing.assert_array_equal(affine_flow.build(path).x.data, [3, 5, 7])
    np.testing.assert_array_equal(geyser_flow.build(path).x.data, [3, 5, 7])


def test_draws_of_numbers_become_a_histogram(tmp_path, capsys):
    run, _ = trained(affine_flow, tmp_path, steps=3)
    assert main(["sample", str(run.folder), "-n", "20", "--out", str(tmp_path / "a.png")]) == 0
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
