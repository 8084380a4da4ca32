"""fit: the loop that one would write by hand, what it refuses, and its budget."""

import itertools

import numpy as np
import pytest

from minigen import random
from minigen.nn import Linear
from minigen.optim import SGD
from minigen.run import Run
from minigen.train import fit
from tests import tiny_experiment as tiny
from tests.running import start

X = np.arange(12, dtype=np.float32).reshape(4, 3)


def test_fit_is_the_loop_that_one_would_write_by_hand():
    random.manual_seed(3)
    parts = tiny.build()
    expected = []
    for x in itertools.islice(parts.data.forever(), 20):
        loss = parts.loss(x)
        parts.optimizer.zero_grad()
        loss.backward()
        parts.optimizer.step()
        expected.append(loss.item())
    by_hand = parts.model.state_dict()
    random.manual_seed(3)
    parts, run = tiny.build(), Run()
    got = list(fit(parts.loss, parts.data, parts.optimizer, steps=20, run=run, progress=False))
    assert got == list(zip(range(1, 21), expected))
    assert run.metrics("loss") == (list(range(1, 21)), expected)
    assert all(np.array_equal(a, b) for a, b in zip(by_hand.values(), parts.model.state_dict().values()))


def test_fit_begins_a_list_of_batches_again_and_refuses_a_generator():
    layer, batches_ = Linear(3, 1), [X[:2], X[2:]]
    seen = []
    loss = lambda x: (seen.append(x), layer(x).square().mean())[1]  # noqa: E731
    list(fit(loss, batches_, SGD(layer.parameters(), lr=1e-3), steps=5, progress=False))
    assert [x is batches_[i % 2] for i, x in enumerate(seen)] == [True] * 5
    with pytest.raises(ValueError, match="used up"):
        list(fit(loss, iter(batches_), SGD(layer.parameters(), lr=1e-3), steps=5, progress=False))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_not_finite_stops_at_its_step_with_the_weights_before_it(bad):
    layer = Linear(3, 1)
    optimizer, weights = SGD(layer.parameters(), lr=0.1), []
    loop = fit(lambda x: layer(x).mean() * (bad if len(weights) == 3 else 1.0), [X], optimizer, steps=9, progress=False)
    with pytest.raises(FloatingPointError, match=r"step 4: the loss is -?(nan|inf); the weights are those of step 3\."):  # noqa: PT012
        for _ in loop:
            weights.append(layer.state_dict()["weight"])
    assert np.array_equal(layer.state_dict()["weight"], weights[-1])
    assert len(weights) == 3


WRONG = [
    ({}, ValueError, "say when to stop"),
    ({"steps": 0}, ValueError, "positive whole number, got 0"),
    ({"steps": 2.5}, ValueError, "positive whole number"),
    ({"steps": True}, ValueError, "positive whole number"),
    ({"budget": "-1m"}, ValueError, "positive time"),
    ({"budget": "soon"}, ValueError, "positive time"),
    ({"steps": 1, "loss": lambda x: 3.0}, TypeError, "scalar tensor, got float"),
    ({"steps": 1, "loss": lambda x: Linear(3, 1)(x)}, ValueError, r"scalar tensor, got shape \(4, 1\)"),
    ({"steps": 1, "data": []}, ValueError, "used up"),
]


@pytest.mark.parametrize(("wrong", "error", "said"), WRONG, ids=lambda value: getattr(value, "__name__", None))
def test_wrong_uses_of_fit(wrong, error, said):
    layer = Linear(3, 1)
    given = {"loss": lambda x: layer(x).mean(), "data": [X], **wrong}
    with pytest.raises(error, match=said):
        list(fit(given.pop("loss"), given.pop("data"), SGD(layer.parameters(), lr=0.1), progress=False, **given))


def test_a_run_with_a_folder_needs_what_it_can_save(tmp_path):
    layer = Linear(3, 1)
    optimizer = SGD(layer.parameters(), lr=0.1)
    with pytest.raises(TypeError, match="pass fit"):
        next(fit(lambda x: layer(x).mean(), tiny.build().data, optimizer, steps=1, run=start(tmp_path), progress=False))
    with pytest.raises(TypeError, match=r"data is a list, whose state cannot be saved.*batches"):
        next(fit(lambda x: layer(x).mean(), [X], optimizer, steps=1, model=layer, run=start(tmp_path), progress=False))


def test_a_budget_ends_the_loop_and_counts_all_sessions(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def train(run, budget):
        random.manual_seed(0)
        parts = tiny.build()
        for _ in fit(parts.loss, parts.data, parts.optimizer, budget=budget, run=run, model=parts.model, progress=False):
            now[0] += 1.0
        return run.step

    run = start(tmp_path)
    assert train(run, "10s") == 10
    now[0] += 1000.0  # the night between the sessions does not count
    assert train(Run.open(run.folder), "15s") == 15
    assert train(Run.open(run.folder), "15s") == 15
