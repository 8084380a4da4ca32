"""EMA: against the weighted sum that it is, and its swap."""

import numpy as np
import pytest

from minigen.optim import EMA, SGD
from minigen.random import new_generator
from minigen.tensor import Tensor


class Net:
    def __init__(self, seed=0):
        rng = new_generator(seed)
        self.w, self.b = (Tensor(rng.standard_normal(s).astype(np.float32), requires_grad=True) for s in ((3, 2), (2,)))

    def named_parameters(self):
        yield "w", self.w
        yield "b", self.b

    def parameters(self):
        return [self.w, self.b]


def walk(net, ema, steps, seed=1):
    """Random weights at each step; returns those of ``w``."""
    rng, seen = new_generator(seed), []
    for _ in range(steps):
        net.w.data[...] = rng.standard_normal((3, 2))
        seen.append(net.w.data.copy())
        ema.update()
    return seen


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.99])
@pytest.mark.parametrize("warmup", [False, True])
def test_it_is_a_weighted_sum(warmup, decay):
    net = Net()
    start = net.w.data.copy()
    ema = EMA(net, decay, warmup)
    seen = walk(net, ema, 12)
    weights = np.array([decay ** (12 - i) for i in range(1, 13)])
    expected = (np.stack(seen) * weights[:, None, None]).sum(0) * (1 - decay) + start * decay**12
    if warmup:
        expected = (np.stack(seen) * weights[:, None, None]).sum(0) / weights.sum()
    np.testing.assert_allclose(ema.average["w"], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(ema.average["b"], net.b.data, rtol=1e-6)  # what does not move is its own average
    assert ema.average["w"].dtype == np.float32


def test_swapped_and_back_even_after_an_error():
    net = Net()
    ema = EMA(net, 0.5)
    walk(net, ema, 3)
    own, average = net.w.data.copy(), ema.average["w"].copy()

    def evaluate():
        with ema.swapped():
            assert (net.w.data == average).all()
            with pytest.raises(RuntimeError, match="the model holds the average itself"):
                ema.update()
            with pytest.raises(RuntimeError, match="holds the averaged weights already"), ema.swapped():
                pass
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        evaluate()
    assert (net.w.data == own).all()
    assert (ema.average["w"] == average).all()
    ema.update()


def test_a_graph_from_before_the_swap_is_stale():
    net = Net()
    ema = EMA(net, 0.5)
    loss = (net.w * net.w).sum()
    with ema.swapped(), pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_beside_an_optimizer():
    net, twin = Net(), Net()
    ema = EMA(net, 0.9)
    for n, average in ((net, ema), (twin, None)):
        optimizer = SGD(n, lr=0.1, momentum=0.9)
        for _ in range(4):
            optimizer.zero_grad()
            (n.w * n.w).sum().backward()
            optimizer.step()
            if average:
                average.update()
                with average.swapped():
                    pass
    np.testing.assert_array_equal(net.w.data, twin.w.data)


def test_state_dict_continues():
    net, other = Net(), Net(5)
    ema, resumed = EMA(net, 0.8, warmup=True), EMA(other, 0.3)
    walk(net, ema, 3)
    resumed.load_state_dict(ema.state_dict())
    walk(net, ema, 3, seed=9)
    walk(other, resumed, 3, seed=9)
    np.testing.assert_array_equal(ema.average["w"], resumed.average["w"])
    assert resumed.state_dict()["updates"] == 6


def test_it_follows_a_model_that_changes_its_dtype():
    net = Net()
    ema = EMA(net.parameters(), 0.5)
    for p in net.parameters():
        p.data = p.data.astype(np.float64)
    ema.update()
    assert ema.average["0"].dtype == np.float64


WRONG = [
    (lambda: EMA(Net(), 1.0), ValueError, r"decay in \[0, 1\)"),
    (lambda: EMA([]), ValueError, "no parameters"),
    (lambda: EMA([1.0]), TypeError, "expected tensors, got float"),
    (lambda: EMA(Net()).load_state_dict({"decay": 1}), ValueError, "expected the keys"),
    (lambda: EMA([Net().b]).load_state_dict(EMA([Net().w]).state_dict()), ValueError, r"has shape \(2,\) here and \(3, 2\)"),
    (lambda: EMA(Net()).load_state_dict(EMA([Net().w]).state_dict()), ValueError, "parameter '0' has shape None here"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG, ids=[m for _, _, m in WRONG])
def test_wrong_use(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_parameter_of_another_shape_is_an_error():
    net = Net()
    ema = EMA(net)
    net.w.data = np.zeros(7, np.float32)
    with pytest.raises(ValueError, match=r"'w' had shape \(3, 2\) and now has \(7,\)"):
        ema.update()
