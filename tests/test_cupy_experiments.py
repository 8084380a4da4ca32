"""Every experiment on device "cuda", from the data to the report, a few steps of each. NO GPU CODE IS RUN, unless there is a GPU."""

import json

import numpy as np
import pytest

from minigen import data, device, experiments, random
from minigen.run import Run
from tests.test_cupy import cupy  # noqa: F401  (device "cuda" for this file: a real one, or the stand-in)

STEPS = 2
POINTS = set("affine-flow flow-2d gan-toy geyser-flow geyser-sos geyser-spline maf-parabola realnvp-parabola".split())  # no images
SMALL = {"mnist": data.mnist(full=False)[:220], "fashion-mnist": data.fashion_mnist(full=False)[:220]}


@pytest.fixture
def own(tmp_path):
    """An .npz file with 220 digits: the experiments' data where speed counts."""
    path = tmp_path / "digits.npz"
    np.savez(path, images=SMALL["mnist"].images, labels=SMALL["mnist"].labels)
    return path


@pytest.mark.parametrize("name", experiments.MODULES)
def test_an_experiment_trains_on_the_gpu(name, tmp_path, own):
    module = experiments.get(name)
    run = Run.create(name, 0, root=tmp_path / "runs")
    before = device.get_default_device()
    device.set_default_device("cuda")
    try:
        random.manual_seed(run.seed)
        report = module.train(run, steps=STEPS, data=None if name in POINTS else own, device="cuda", progress=False)
        run.finish(report)
        images = None if name in POINTS else module.sample(module.load(Run.open(run.folder)), 2)
    finally:
        device.set_default_device(before)
    assert run.step == STEPS
    assert json.loads((run.folder / "report.json").read_text("utf-8"))["step"] == STEPS
    assert images is None or type(images) is np.ndarray
