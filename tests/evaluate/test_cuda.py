"""Samples on a GPU are judged as on the CPU. NO GPU CODE IS RUN, unless there is a GPU: see tests/test_cupy.py."""

import numpy as np
import pytest

from minigen import data, device, evaluate, tensor
from minigen.evaluate.features import DATA, train_feature_net
from minigen.models.dirac_gan import GAMES
from minigen.models.games import alternating, orbit
from minigen.random import new_generator
from tests.test_cupy import cupy  # noqa: F401  (device "cuda" for this file: a real one, or the stand-in)

g = new_generator(0)
X, Y = g.standard_normal((2, 60, 2))
IMAGES = data.mnist(full=False).x[:70]
JUDGES = {
    "fid": lambda x, y: evaluate.fid(x, y),
    "kid": lambda x, y: evaluate.kid(x, y),
    "precision_recall": lambda x, y: evaluate.precision_recall(x, y),
    "mmd_test": lambda x, y: evaluate.mmd_test(x, y, 20),
    "c2st": lambda x, y: evaluate.c2st(x, y, steps=5),
    "energy_distance": lambda x, y: evaluate.energy_distance(x, y),
    "wasserstein_1d": lambda x, y: evaluate.wasserstein_1d(x[:, 0], y[:, 0]),
    "parzen": lambda x, y: evaluate.parzen_log_likelihood(x, y, y, [0.5, 1.0]),
    "diversity": lambda x, y: evaluate.diversity(x, y),
    "count_modes": lambda x, y: evaluate.count_modes(x, data.gaussians("two", [(0, 0), (9, 9)], 0.5)),
}


@pytest.fixture
def on_cuda():
    before = device.get_default_device()
    device.set_default_device("cuda")
    yield
    device.set_default_device(before)


@pytest.mark.parametrize("name", JUDGES)
def test_points_on_the_gpu(name, on_cuda):
    expected = JUDGES[name](X, Y)
    assert JUDGES[name](tensor(X, device="cuda"), tensor(Y, device="cuda")) == pytest.approx(expected)


def test_images_on_the_gpu(on_cuda):
    net = evaluate.feature_net("mnist")
    np.testing.assert_allclose(net.features(tensor(IMAGES, device="cuda")), net.features(IMAGES))
    assert evaluate.sample_quality(tensor(IMAGES[:35], device="cuda"), IMAGES[35:])


def test_the_recipe_of_the_features_where_cuda_is_the_default(on_cuda, monkeypatch):
    few = data.mnist(full=False)[:200]
    monkeypatch.setitem(DATA, "mnist", lambda full: few)
    net, _ = train_feature_net("mnist", steps=1)
    assert {p.device for p in net.parameters()} == {"cuda:0"}


def test_games_where_cuda_is_the_default(on_cuda):
    w = tensor(np.array([0.3, 0.2]), device="cuda")
    expected = orbit(GAMES["minimax"], alternating, tensor(np.array([0.3, 0.2]), device="cpu"), 0.1, 3)
    np.testing.assert_allclose(orbit(GAMES["minimax"], alternating, w, 0.1, 3), expected)
