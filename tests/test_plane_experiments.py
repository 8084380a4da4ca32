"""The experiments on points of the plane: a few steps of each, from the points to the figures; judged against the truth."""

import numpy as np
import pytest

from minigen import data, random
from minigen.distributions import Independent, Normal
from minigen.experiments import flow_2d, maf_parabola, planes, realnvp_parabola
from minigen.run import Run
from tests.test_experiments import trained


@pytest.fixture
def own(tmp_path):
    """A CSV file with 60 points of the plane."""
    path = tmp_path / "points.csv"
    np.savetxt(path, data.moons().sample(60, seed=0), delimiter=",", header="x,y", comments="")
    return path


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(planes, "HELD_OUT", 500)
    monkeypatch.setattr(maf_parabola, "SIZES", (2, 5))
    monkeypatch.setattr(flow_2d, "BATCH", 32)
    monkeypatch.setattr(flow_2d, "TOYS", {name: flow_2d.TOYS[name] for name in ("moons", "checkerboard")})


@pytest.mark.parametrize(("module", "more"), [(realnvp_parabola, []), (maf_parabola, ["passes.png"])])
def test_parabolas_from_points_to_figures(module, more, tmp_path):
    run, report = trained(module, tmp_path, steps=51)
    assert sorted(p.name for p in run.figures.iterdir()) == sorted(["curve.png", "density.png", "quadrants.png", *more])
    assert report["entropy of the true density, exactly [nats]"] == pytest.approx(-3.1535875, abs=1e-7)
    assert report["NLL of the true density on the same points [nats]"] == pytest.approx(-3.15, abs=0.1)
    assert -3.3 < report["NLL of the points it learned from [nats]"] < 0
    assert report["KL(truth ‖ flow) on new points [nats]"] > 0
    assert run.metrics("held_out")[0] == [1, 50]
    model = module.load(Run.open(run.folder))
    assert module.sample(model, 7).shape == (7, 2)


def test_the_passes_are_timed():
    times = maf_parabola.timed(n=50, repeats=7)
    assert list(times) == ["MAF, density", "MAF, draws", "IAF, density", "IAF, draws"]
    assert all(len(line) == 2 and min(line) > 0 for line in times.values())
    assert times["MAF, draws"][1] > times["MAF, density"][1]


def test_flows_of_several_densities_side_by_side(tmp_path):
    run, report = trained(flow_2d, tmp_path, steps=3)
    assert [p.name for p in run.figures.iterdir()] == ["densities.png"]
    assert len(report) == 2 * 2 * 2 + 1
    model = flow_2d.load(Run.open(run.folder))
    assert flow_2d.sample(model, 5).shape == (5, 2)


def test_each_flow_learns_as_if_alone():
    random.manual_seed(0)
    parts = flow_2d.build(steps=10)
    x = next(parts.data.forever())
    assert x.shape == (2, 32, 2)
    parts.loss(x).backward()
    for name, flow in parts.model.flows.items():
        together = [p.grad.data.copy() for p in flow.parameters()]
        flow.zero_grad()
        (-flow.log_prob(x[int(name.startswith("checkerboard"))]).mean()).backward()
        for a, p in zip(together, flow.parameters()):
            np.testing.assert_allclose(a, p.grad.data, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("module", [realnvp_parabola, maf_parabola, flow_2d])
def test_points_of_ones_own(module, own):
    random.manual_seed(0)
    report = module.train(Run(), steps=2, data=own, progress=False)
    assert not any("entropy" in name or "KL" in name for name in report)


def test_kl_against_the_truth_is_that_of_the_formula():
    toy = data.gaussians("one", [[0.0, 0.0]], 1.0)
    model = Independent(Normal(np.zeros(2), 2 * np.ones(2)), 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planes, "HELD_OUT", 20_000)
        nll, entropy, kl, error = planes.against_truth(model, toy)
    exact = 2 * (np.log(2) + 1 / 8 - 1 / 2)
    assert abs(kl - exact) < 4 * error < 0.05
    assert nll - entropy == pytest.approx(kl)
    assert abs(entropy - toy.entropy) < 0.05


def test_a_density_map_has_its_first_row_at_the_lowest_y():
    p = planes.density_map(lambda at: at[:, 0] + 10 * at[:, 1], ((0, 2), (5, 9)), side=2)
    np.testing.assert_allclose(np.log(p), [[0.5 + 60, 1.5 + 60], [0.5 + 80, 1.5 + 80]])
