"""The benchmark compares like with like: the same workloads, layers of the same shapes and weights, steps that train."""

import math

import numpy as np
import pytest

from minigen import bench, nn, tensor
from minigen.bench import minigen_steps
from minigen.bench.layers import LAYERS, build

STEPS = [name for name in bench.WORKLOADS if name != "W4b"]  # W4b is W4a with a larger batch


def test_every_workload_and_layer_has_a_step():
    assert set(minigen_steps.WORKLOADS) == {*bench.WORKLOADS, *LAYERS}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_trains(name):
    step = minigen_steps.WORKLOADS[name]()
    losses = [step() for _ in range(2 if name == "W3" else 4)]
    assert all(math.isfinite(loss) for loss in losses)
    assert len(set(losses)) == len(losses)  # the weights have moved


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_pytorchs_with_the_same_numbers_going_in_and_out(name):
    torch = pytest.importorskip("torch")
    (ours, shape), (theirs, _) = build(name, nn), build(name, torch.nn)
    small = (2, shape[1], 8, 8)
    assert {k: v.shape for k, v in ours.state_dict().items()} == {k: tuple(v.shape) for k, v in theirs.state_dict().items()}
    theirs.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in ours.state_dict().items()})
    x = np.linspace(-1, 1, math.prod(small), dtype=np.float32).reshape(small) ** 3
    np.testing.assert_allclose(ours(tensor(x)).detach().numpy(), theirs(torch.from_numpy(x)).detach().numpy(), rtol=1e-3, atol=1e-4)


def test_pytorch_is_timed_on_the_same_names():
    pytest.importorskip("torch")
    from minigen.bench import torch_steps

    assert set(torch_steps.WORKLOADS) == set(minigen_steps.WORKLOADS)


def test_layers_is_a_group_and_unknown_names_are_told(monkeypatch, capsys):
    row = {"minigen ms": 1.0, "minigen mb": 50, "torch ms": 2.0, "torch mb": 300, "ratio": 0.5}
    asked = []
    monkeypatch.setattr(bench, "compare", lambda name, *settings: asked.append(name) or row)
    bench.main(["W3", "layers"])
    assert asked == ["W3", *LAYERS]
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2 + len(LAYERS)
    assert "1.7" in printed[1]
    assert "MaxPool2d(2) on (64, 32, 28, 28)" in "\n".join(printed)
    asked.clear()
    bench.main()
    assert asked == list(bench.WORKLOADS)
    with pytest.raises(ValueError, match=r"unknown workload 'W9': expected some of W1, .*layers"):
        bench.main(["W9"])
