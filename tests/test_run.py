"""Run: its folder, which is never overwritten, its configuration, checkpoint, metrics and report."""

import json
import os

import numpy as np
import pytest

from minigen import checkpoint
from minigen.checkpoint import CheckpointError
from minigen.nn import Linear
from minigen.run import Run, plain
from tests import tiny_experiment as tiny
from tests.running import start


def test_no_run_is_overwritten(tmp_path):
    names = [Run.create("vae", 7, {"steps": 3}, tmp_path).folder.name for _ in range(3)]
    assert names == ["vae-7", "vae-7-2", "vae-7-3"]
    config = json.loads((tmp_path / "vae-7-2" / "config.json").read_text())
    assert config["experiment"] == "vae"
    assert (config["seed"], config["options"]) == (7, {"steps": 3})
    assert {"minigen", "numpy", "python"} <= config["versions"].keys()
    assert sorted(p.name for p in tmp_path.iterdir()) == names
    (tmp_path / "mine-0").mkdir()
    assert Run.create("mine", 0, root=tmp_path).folder.name == "mine-0-2"
    with pytest.raises(ValueError, match="letters"):
        Run.create("../evil", 0, root=tmp_path)


def test_a_name_that_another_process_takes_first(tmp_path, monkeypatch):
    real = os.rename

    def late(source, target):
        if not target.exists():
            target.mkdir()
            (target / "config.json").write_text("theirs")
        real(source, target)

    def broken(source, target):
        raise OSError("the disk")

    with monkeypatch.context() as m:
        m.setattr(os, "rename", broken)
        with pytest.raises(OSError, match="the disk"):
            Run.create("vae", 0, root=tmp_path)
    assert not list(tmp_path.iterdir()), "nothing is left of a run that could not be made"
    calls = []

    def taken_once(source, target):
        calls.append(target)
        (late if len(calls) == 1 else real)(source, target)

    monkeypatch.setattr(os, "rename", taken_once)
    assert Run.create("vae", 0, root=tmp_path).folder.name == "vae-0-2"
    assert (tmp_path / "vae-0" / "config.json").read_text() == "theirs"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"experiment": 3, "seed": 0, "options": {}}', "\x00"])
def test_folders_that_are_no_runs(tmp_path, content):
    with pytest.raises(FileNotFoundError, match="no config"):
        Run.open(tmp_path)
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ValueError, match="not the configuration of a run"):
        Run.open(tmp_path)


def test_checkpoints_that_belong_elsewhere(tmp_path):
    run = start(tmp_path)
    tiny.train(run, steps=3, progress=False)
    run.config["experiment"] = "vae"
    with pytest.raises(CheckpointError, match="another experiment: 'tiny', not 'vae'"):
        run.load(model=tiny.build().model)
    run.config["experiment"] = "tiny"
    with pytest.raises(CheckpointError, match="its model is a Sequential, but this one is a Linear"):
        run.load(model=Linear(6, 3))
    with pytest.raises(CheckpointError, match=r"checkpoint\.npz: the checkpoint has no critic"):
        run.load(critic=Linear(6, 3))
    checkpoint.save(run.checkpoint, model={})
    with pytest.raises(CheckpointError, match=r"not that of a run"):
        run.load(model=Linear(6, 3))
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        start(tmp_path).load(model=Linear(6, 3))


def test_metrics_that_were_cut_are_noticed(tmp_path):
    run = start(tmp_path)
    tiny.train(run, steps=3, progress=False)
    (run.folder / "metrics.jsonl").write_text('{"step": 1}\n')
    with pytest.raises(CheckpointError, match=r"metrics\.jsonl has 12 bytes, but had \d+ at the checkpoint"):
        tiny.train(Run.open(run.folder), steps=5, progress=False)


@pytest.mark.skipif(os.name != "posix", reason="no flock")
def test_two_cannot_train_in_one_folder(tmp_path):
    run = start(tmp_path)
    for _ in run.steps(1, progress=False):
        with pytest.raises(RuntimeError, match="another process is training"):
            next(iter(Run.open(run.folder).steps(1, progress=False)))
    assert list(Run.open(run.folder).steps(2, progress=False)) == [2]


@pytest.mark.parametrize("folder", [True, False])
def test_metrics(tmp_path, folder):
    run = start(tmp_path) if folder else Run()
    run.log(1, loss=np.float32(0.5), accuracy=1)
    run.log(2, loss=float("nan"))
    run.log(2, accuracy=Linear(1, 1).bias.sum() * 0)
    first, second, third = run.metrics()
    assert first == {"step": 1, "loss": 0.5, "accuracy": 1}
    assert (second, third) == ({"step": 2, "loss": None}, {"step": 2, "accuracy": 0.0})
    steps, losses = run.metrics("loss")
    assert steps == [1, 2]
    np.testing.assert_array_equal(losses, [0.5, np.nan])
    assert run.metrics("none") == ([], [])
    with pytest.raises(TypeError, match="expected a number as name, got str"):
        run.log(3, name="x")
    assert start(tmp_path).metrics() == []


def test_the_report_is_plain_json(tmp_path):
    run = start(tmp_path)
    run.finish({"elbo [nats]": np.float32(-1.5), "figure": tmp_path / "a.png", "bad": float("inf"), "list": (1, None)})
    report = json.loads((run.folder / "report.json").read_text())
    assert report.pop("figure") == str(tmp_path / "a.png")
    assert report == {"elbo [nats]": -1.5, "bad": None, "list": [1, None], "step": 0, "training time [s]": 0.0}
    assert plain({1: np.array([2])}) == {"1": 2}
    Run().finish({})
    assert Run().figures is None
