"""NICE, RealNVP and the VAE with IAF on small digits: a few steps of each, from the data to the figures."""

import math

import numpy as np
import pytest

from minigen import checkpoint, data, random
from minigen.experiments import digit_flows, iaf_vae, nice_mnist, realnvp_mnist
from minigen.models import NICE
from minigen.run import Run
from tests.test_experiments import trained


@pytest.fixture
def own(tmp_path):
    """An .npz file with 60 digits of 8×8 pixels."""
    path = tmp_path / "digits.npz"
    np.savez(path, images=data.mnist(full=False)[:60].images[:, 4:20:2, 4:20:2])
    return path


@pytest.mark.parametrize("module", [nice_mnist, realnvp_mnist])
def test_flows_of_digits_from_data_to_figures(module, tmp_path, own):
    run, report = trained(module, tmp_path, steps=3, data=own)
    assert sorted(p.name for p in run.figures.iterdir()) == ["curves.png", "samples.png"]
    bits, nats = report["held-out bits/dim"], report["held-out log p(v) of v in [0, 1] [nats]"]
    assert 2 < bits < 15
    assert nats == pytest.approx(64 * math.log(2) * (8 - bits))
    assert report["relative error of a round trip"] < 1e-4
    model = module.load(Run.open(run.folder))
    assert not model.training
    random.manual_seed(0)
    images = module.sample(model, 3)
    assert images.shape == (3, 8, 8)
    assert 0 <= images.min() < images.max() <= 1


def test_a_resumed_realnvp_goes_on_where_its_schedule_was(tmp_path, own):
    whole, _ = trained(realnvp_mnist, tmp_path, steps=4, budget=1e9, data=own)
    part, _ = trained(realnvp_mnist, tmp_path, steps=4, budget=1e-9, data=own)
    assert part.step == 1
    again = Run.open(part.folder)
    random.manual_seed(again.seed)
    realnvp_mnist.train(again, steps=4, data=own, progress=False)
    a, b = (checkpoint.load(run.checkpoint)["states"] for run in (whole, again))
    assert b["schedule"]["last_epoch"] == 4
    for name in ("model", "schedule"):
        for key in a[name]:
            np.testing.assert_array_equal(a[name][key], b[name][key], err_msg=key)


def test_the_loss_is_in_bits_per_dimension(own, monkeypatch):
    random.manual_seed(0)
    parts = nice_mnist.build(own)
    k = next(parts.data.forever())
    with random.fork(0):
        loss = parts.loss(k).item()
    with random.fork(0):
        v, log_q = parts.dequantization(k)
    assert log_q.data[0] == pytest.approx(64 * math.log(256), rel=1e-6)
    assert loss == pytest.approx((64 * math.log(256) - parts.model.log_prob(v).data.mean()) / 64 / math.log(2), rel=1e-5)
    assert isinstance(parts.model, NICE)


def test_the_flow_is_watched_while_it_learns(tmp_path, own, monkeypatch):
    monkeypatch.setattr(digit_flows, "EVERY", 2)
    monkeypatch.setattr(digit_flows, "draw", lambda *args: None)
    run, report = trained(realnvp_mnist, tmp_path, steps=4, data=own)
    for name, most in (("round_trip", 1e-4), ("log_scale", 1.0)):
        steps, values = run.metrics(name)
        assert steps == [2, 4]
        assert 0 < max(values) < most
    assert report["largest |log s| of a coupling"] == pytest.approx(values[-1])


def test_the_scaling_of_nice_learns_faster(own):
    random.manual_seed(0)
    parts = nice_mnist.build(own)
    before = {name: p.data.copy() for name, p in parts.model.named_parameters()}
    parts.loss(next(parts.data.forever())).backward()
    parts.optimizer.step()
    moved = {name: np.abs(p.data - before[name]).max() for name, p in parts.model.named_parameters()}
    (scale,) = (moved.pop(name) for name in list(moved) if name.endswith(".s"))
    assert scale == pytest.approx(1e-2, rel=1e-3)  # Adam's first step
    assert max(moved.values()) == pytest.approx(1e-3, rel=1e-2)


def test_the_published_nats_of_nice_as_bits():
    assert (784 * math.log(256) - 1980.50) / (784 * math.log(2)) == pytest.approx(4.36, abs=0.005)
    assert "4.36 bits/dim" in nice_mnist.PUBLISHED


def test_iaf_vae_from_data_to_figures(tmp_path, own, monkeypatch):
    monkeypatch.setattr(iaf_vae, "SAMPLES", 20)
    run, report = trained(iaf_vae, tmp_path, steps=3, data=own)
    assert sorted(p.name for p in run.figures.iterdir()) == ["curves.png", "samples.png"]
    log_p = {kind: next(v for name, v in report.items() if name.startswith(f"{kind}: held-out log p")) for kind in iaf_vae.KINDS}
    for kind, value in log_p.items():
        assert report[f"{kind}: held-out ELBO, 20 draws [nats]"] < value < 0
    assert report["what IAF gains in log p(x) [nats], published 1.77"] == pytest.approx(log_p["IAF"] - log_p["diagonal"])
    model = iaf_vae.load(Run.open(run.folder))
    assert iaf_vae.sample(model, 3).shape == (3, 8, 8)


def test_the_pair_differs_in_the_flow_alone():
    random.manual_seed(0)
    diagonal, iaf = iaf_vae.network((4, 4)).vaes.values()
    assert len(diagonal.flow) == 0
    assert len(iaf.flow) == 2
    assert [p.shape for p in diagonal.decoder.parameters()] == [p.shape for p in iaf.decoder.parameters()]
