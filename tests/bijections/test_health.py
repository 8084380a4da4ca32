"""A flow's health, the layer that is named when something is no number, and a soak at a learning rate that is far too high."""

import os
import re

import numpy as np
import pytest

import minigen as mg
from minigen import nn, optim
from minigen.bijections import ActNorm, AffineCoupling, Chain, InvertibleConv1x1, half_mask, health, watched
from minigen.data import batches
from minigen.distributions import Independent, Normal, TransformedDistribution
from minigen.models import Glow
from minigen.tensor import Tensor
from minigen.train import fit

STEPS = int(os.environ.get("MINIGEN_SOAK", "60"))  # 2000 is the whole soak


def flow():
    return Chain(ActNorm(2), InvertibleConv1x1(2), AffineCoupling(half_mask(2), nn.Conv2d(1, 2, 3, padding=1), bound=None))


def draw(*shape):
    return Tensor(mg.random.randn(shape))


def test_health_finds_the_worst_matrix_and_the_largest_scale():
    b, x = flow().eval(), draw(4, 2, 3, 3)
    with mg.no_grad():
        b[1].weight.copy_(np.diag([1.0, 1e-3]).astype(np.float32))
        b[0].log_s.copy_(np.array([-2.5, 1.0], np.float32))
    found = health(b, x)
    assert found.condition == pytest.approx(1000, rel=1e-3)
    assert found.log_scale >= 2.5
    assert found.worst["condition"] == "bijections.1"
    y, _ = b(x)
    assert found.round_trip == pytest.approx(np.abs(b.inverse(y)[0].data - x.data).max())
    with mg.no_grad():
        b[2].net.bias.copy_(np.array([-7.0, 0.0], np.float32))
    found = health(b, x)
    assert found.worst["log_scale"] == "bijections.2"
    assert found.log_scale > 5
    bounded = Chain(AffineCoupling(half_mask(2), nn.Linear(1, 2)))  # is computed in fewer nodes, which hide the scale
    with mg.no_grad():
        bounded[0].net.bias.copy_(np.array([9.0, 0.0], np.float32))
    assert health(bounded, draw(5, 2)).log_scale == pytest.approx(2, abs=1e-3)
    assert not {"forward", "inverse", "transform"} & {name for m in b.modules() for name in vars(m)}  # everything is as it was


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda b: b[0].log_s, r"layer bijections.0, ActNorm.forward, made NaN .* x from .* formula: y = s ⊙ x \+ b, the same"),
        (lambda b: b[1].weight, r"layer bijections.1, InvertibleConv1x1.forward, made NaN .* y\[:, i, j\] = W x\[:, i, j\]"),
        (lambda b: b[2].net.bias, r"layer bijections.2, AffineCoupling.forward, made NaN .* y = b ⊙ x"),
    ],
)
def test_the_layer_that_made_the_nan_is_named_with_its_formula(spoil, words):
    b, x = flow().eval(), draw(2, 2, 3, 3)
    with mg.no_grad():
        spoil(b).fill_(np.nan)
    with pytest.raises(FloatingPointError, match=words), watched(b):
        b(x)
    with np.errstate(all="ignore"):
        b(x)  # outside of the block nobody looks


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nan_is_the_worst_and_not_overlooked():
    b, x = flow().eval(), draw(4, 2, 3, 3)
    with mg.no_grad():
        b[0].log_s.copy_(np.array([np.nan, 1.0], np.float32))
        b[1].weight.fill_(np.nan)
    found = health(b, x)
    assert np.isnan(found[:3]).all()
    assert found.worst["log_scale"] in ("bijections.0", "bijections.2")
    assert found.worst["condition"] == "bijections.1"


def test_who_got_a_nan_is_not_told_to_learn_more_slowly():
    x = np.full((1, 2, 3, 3), np.nan, np.float32)
    b = flow().eval()
    with pytest.raises(FloatingPointError, match=r"x that was not finite already; .* Look at the data, or what made x$"), watched(b):
        b(Tensor(x))


def test_an_overflow_is_named_in_either_direction():
    b = flow().eval()
    with mg.no_grad():
        b[0].log_s.fill_(100.0)
    with watched(b):
        with pytest.raises(FloatingPointError, match=r"ActNorm\.forward"):
            b(draw(2, 2, 3, 3))
        with pytest.raises(FloatingPointError, match="x that was not finite already"):
            b.inverse(Tensor(np.full((2, 2, 3, 3), np.inf, np.float32)))


def glow():
    model = Glow((1, 8, 8), levels=2, steps=2, hidden=8)
    k = np.linspace(0, 255, 64).reshape(1, 1, 8, 8) * mg.random.rand((64, 1, 1, 1))
    return model, batches(np.floor(k).astype(np.float32), 16), model.loss


def realnvp(bound=2.0):
    nets = [nn.Sequential(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 2)) for _ in range(4)]
    chain = Chain(*(AffineCoupling(half_mask(2, flip=i % 2 == 1), net, bound=bound) for i, net in enumerate(nets)))
    model = TransformedDistribution(Independent(Normal(mg.zeros(2), 1.0), 1), chain)
    x = mg.random.randn((256, 2)) * np.float32([5, 0.01])
    return model, batches(x.astype(np.float32), 64), lambda x: -model.log_prob(x).mean()


def soak(model, data, loss, lr):
    """What training for STEPS steps ended with: None or a FloatingPointError; and the weights are finite in either case."""
    try:
        for _, value in fit(loss, data, optim.Adam(model.parameters(), lr), steps=STEPS, progress=False):
            assert np.isfinite(value)
    except FloatingPointError as error:
        return error
    finally:
        assert all(np.isfinite(p.data).all() for p in model.parameters())
    return None


@pytest.mark.parametrize("make", [glow, realnvp])
@pytest.mark.parametrize("lr", [0.03, 1.0])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_soak_stays_finite_or_ends_in_a_clear_message(make, lr):
    error = soak(*make(), lr)
    assert error is None or "Lower the learning rate" in str(error)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_without_a_bound_it_ends_in_a_message_and_the_layer_is_found():
    model, data, loss = realnvp(bound=None)
    error = soak(model, data, loss, 30.0)
    assert re.search(r"step \d+: the loss is .* the weights are those of step \d+\. Lower the learning rate", str(error))
    with pytest.raises(FloatingPointError, match=r"layer bijections.\d, AffineCoupling.* its formula: y = b"), watched(model.bijection):
        loss(data.arrays[0])
