"""Schedules: against their formulas, against PyTorch over 100 steps, and their errors."""

import json
import math

import pytest

from minigen.optim import (
    SGD,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LinearWarmup,
    LinearWarmupCosine,
    MultiStepLR,
    ReduceLROnPlateau,
    Schedule,
    SequentialLR,
    StepLR,
)
from minigen.random import new_generator
from minigen.tensor import Tensor


def optimizer():
    return SGD([{"params": [Tensor([1.0])], "lr": 0.5}, {"params": [Tensor([1.0])]}], lr=2.0)


def sequential(o):
    return SequentialLR(o, [LinearLR(o, 0.1, total_iters=10), CosineAnnealingLR(o, 40, 0.01), StepLR(o, 7)], [10, 45])


SCHEDULES = [  # name, ours, its formula for the rate that starts at b, PyTorch's (None: it has none)
    ("step", lambda o: StepLR(o, 30), lambda t, b: b * 0.1 ** (t // 30), lambda o, L: L.StepLR(o, 30)),
    (
        "multistep",
        lambda o: MultiStepLR(o, [50, 10, 10], 0.5),
        lambda t, b: b * 0.5 ** (2 * (t >= 10) + (t >= 50)),
        lambda o, L: L.MultiStepLR(o, [10, 10, 50], 0.5),
    ),
    ("exponential", lambda o: ExponentialLR(o, 0.97), lambda t, b: b * 0.97**t, lambda o, L: L.ExponentialLR(o, 0.97)),
    (
        "cosine",
        lambda o: CosineAnnealingLR(o, 30, 0.01),
        lambda t, b: 0.01 + (b - 0.01) * math.cos(math.pi * t / 60) ** 2,
        lambda o, L: L.CosineAnnealingLR(o, 30, 0.01),
    ),
    (
        "linear",
        lambda o: LinearLR(o, 0.2, 0.9, 20),
        lambda t, b: b * min(0.2 + 0.035 * t, 0.9),
        lambda o, L: L.LinearLR(o, 0.2, 0.9, 20),
    ),
    (
        "lambda",
        lambda o: LambdaLR(o, [lambda t: 1 / (1 + t), lambda t: 0.5**t]),
        lambda t, b: b / (1 + t) if b == 0.5 else b * 0.5**t,
        lambda o, L: L.LambdaLR(o, [lambda t: 1 / (1 + t), lambda t: 0.5**t]),
    ),
    (
        "warm-up",
        lambda o: LinearWarmup(o, 8),
        lambda t, b: b if t >= 8 else b * (t + 1) / 8,
        lambda o, L: L.LinearLR(o, 1 / 8, 1, 7),
    ),
    (
        "warm-up, cosine",
        lambda o: LinearWarmupCosine(o, 5, 100),
        lambda t, b: b * (t + 1) / 5 if t < 5 else b * math.cos(math.pi * (t - 5) / 190) ** 2,
        lambda o, L: L.SequentialLR(o, [L.LinearLR(o, 1 / 5, 1, 4), L.CosineAnnealingLR(o, 95)], [5]),
    ),
    (
        "sequence",
        sequential,
        lambda t, b: (
            b * (0.1 + 0.09 * t)
            if t < 10
            else 0.01 + (b - 0.01) * math.cos(math.pi * (t - 10) / 80) ** 2
            if t < 45
            else b * 0.1 ** ((t - 45) // 7)
        ),
        None,  # see test_sequence_as_pytorch
    ),
]
ids = [row[0] for row in SCHEDULES]


@pytest.mark.parametrize(("name", "ours", "formula", "theirs"), SCHEDULES, ids=ids)
def test_formula_and_resuming(name, ours, formula, theirs):
    o, other = optimizer(), optimizer()
    schedule, resumed = ours(o), ours(other)
    for t in range(101):
        rates = [g["lr"] for g in o.param_groups]
        assert rates == pytest.approx([formula(t, 0.5), formula(t, 2.0)], rel=1e-12, abs=1e-15)
        assert schedule.get_last_lr() == rates
        if t == 42:
            other.load_state_dict(o.state_dict())
            resumed.load_state_dict(json.loads(json.dumps(schedule.state_dict())))
        if t >= 42:
            assert [g["lr"] for g in other.param_groups] == rates
            resumed.step()
        schedule.step()


@pytest.mark.parametrize(("name", "ours", "formula", "theirs"), [r for r in SCHEDULES if r[3]], ids=ids[:-1])
@pytest.mark.filterwarnings("ignore")  # PyTorch's own deprecations
def test_as_pytorch(name, ours, formula, theirs):
    torch = pytest.importorskip("torch")
    o = optimizer()
    schedule = ours(o)
    p = torch.optim.SGD([{"params": [torch.zeros(1)], "lr": 0.5}, {"params": [torch.zeros(1)]}], lr=2.0)
    reference = theirs(p, torch.optim.lr_scheduler)
    for _ in range(100):
        assert [g["lr"] for g in o.param_groups] == pytest.approx([g["lr"] for g in p.param_groups], rel=1e-9, abs=1e-12)
        p.step()
        reference.step()
        schedule.step()


@pytest.mark.filterwarnings("ignore")
def test_sequence_as_pytorch():
    torch = pytest.importorskip("torch")
    L = torch.optim.lr_scheduler
    o = optimizer()
    p = torch.optim.SGD([{"params": [torch.zeros(1)], "lr": 0.5}, {"params": [torch.zeros(1)]}], lr=2.0)
    schedule = sequential(o)
    parts = [L.LinearLR(p, 0.1, total_iters=10), L.CosineAnnealingLR(p, 40, 0.01), L.StepLR(p, 7)]
    reference = L.SequentialLR(p, parts, [10, 45])
    for _ in range(100):
        assert [g["lr"] for g in o.param_groups] == pytest.approx([g["lr"] for g in p.param_groups], rel=1e-9, abs=1e-12)
        p.step()
        reference.step()
        schedule.step()


def test_a_rate_that_something_else_changed_is_no_secret():
    o = optimizer()
    schedule = StepLR(o, 3)
    schedule.step()
    o.param_groups[1]["lr"] = 0.125
    with pytest.raises(RuntimeError, match=r"the learning rate is 0.125, but this schedule had set 2.0; join schedules"):
        schedule.step()
    with pytest.raises(NotImplementedError, match="has no method rate"):
        Schedule(optimizer())


WRONG = [
    (lambda o: StepLR([1], 3), TypeError, "expected an optimizer, got list"),
    (lambda o: StepLR(o, 0), ValueError, "positive whole number for step_size, got 0"),
    (lambda o: CosineAnnealingLR(o, 2.5), ValueError, "positive whole number for T_max"),
    (lambda o: LinearLR(o, 0.0), ValueError, "0 < start_factor"),
    (lambda o: LambdaLR(o, [abs]), ValueError, "expected one function or 2"),
    (lambda o: LinearWarmupCosine(o, 10, 10), ValueError, "must be larger than warmup_steps"),
    (lambda o: SequentialLR(o, [StepLR(o, 1)], [3]), ValueError, "1 schedules need rising milestones, one fewer"),
    (lambda o: SequentialLR(o, [StepLR(o, 1), StepLR(optimizer(), 1)], [3]), ValueError, "must be one of this optimizer"),
    (lambda o: StepLR(o, 1).load_state_dict({}), ValueError, "expected the keys"),
    (lambda o: StepLR(o, 1).load_state_dict({"last_epoch": 1, "base_lrs": [1.0]}), ValueError, "expected 2 groups, got 1"),
    (lambda o: ReduceLROnPlateau([1]), TypeError, "expected an optimizer"),
    (lambda o: ReduceLROnPlateau(o, mode="up"), ValueError, 'mode is "min" or "max"'),
    (lambda o: ReduceLROnPlateau(o, factor=1.0), ValueError, r"factor in \[0, 1\)"),
    (lambda o: ReduceLROnPlateau(o, min_lr=[1.0]), ValueError, "one min_lr or 2"),
    (lambda o: ReduceLROnPlateau(o).load_state_dict({}), ValueError, "expected the keys"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG, ids=[m for _, _, m in WRONG])
def test_wrong_use(call, error, message):
    with pytest.raises(error, match=message):
        call(optimizer())


# --- plateau ------------------------------------------------------------------------------------------------------------------


def test_plateau_by_hand():
    o = optimizer()
    schedule = ReduceLROnPlateau(o, factor=0.5, patience=1, cooldown=2, min_lr=[0.2, 0.0])
    seen = []
    for metric in [3.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0, float("nan"), 1.0]:
        schedule.step(Tensor(metric))
        seen.append(tuple(g["lr"] for g in o.param_groups))
    once, twice, thrice = (0.25, 1.0), (0.2, 0.5), (0.2, 0.25)
    # improves twice; the second bad step reduces; two steps cool down; two bad ones reduce again; cooling, then bad again
    assert seen == [(0.5, 2.0)] * 3 + [once] * 4 + [twice] * 4 + [thrice]


def test_plateau_in_mode_max():
    o = optimizer()
    schedule = ReduceLROnPlateau(o, mode="max", factor=0.5, patience=0, threshold=0.1, eps=0.3)
    seen = []
    for metric in [1.0, 1.2, 1.3, 1.4, 0.0]:  # 1.3 is no improvement by 10 %, 1.4 is one
        schedule.step(metric)
        seen.append(tuple(g["lr"] for g in o.param_groups))
    assert seen == [(0.5, 2.0), (0.5, 2.0), (0.5, 1.0), (0.5, 1.0), (0.5, 0.5)]  # a change below eps is not made


PLATEAUS = [
    {},
    {"mode": "max", "patience": 3, "factor": 0.3},
    {"threshold_mode": "abs", "threshold": 0.05, "patience": 2, "cooldown": 3},
    {"mode": "max", "threshold_mode": "abs", "threshold": 0.1, "patience": 1, "min_lr": 0.01},
    {"mode": "max", "threshold": 0.2, "patience": 2, "eps": 0.02},
]


@pytest.mark.parametrize("settings", PLATEAUS, ids=str)
@pytest.mark.parametrize("sign", [1, -1])
def test_plateau_as_pytorch(settings, sign):
    torch = pytest.importorskip("torch")
    o = optimizer()
    p = torch.optim.SGD([{"params": [torch.zeros(1)], "lr": 0.5}, {"params": [torch.zeros(1)]}], lr=2.0)
    schedule, reference = ReduceLROnPlateau(o, **settings), torch.optim.lr_scheduler.ReduceLROnPlateau(p, **settings)
    rng = new_generator(0)
    for t in range(100):
        metric = sign * (1 / (1 + 0.1 * t) + 0.05 * rng.standard_normal())
        schedule.step(metric)
        reference.step(metric)
        assert schedule.get_last_lr() == pytest.approx([g["lr"] for g in p.param_groups], rel=1e-12)
        if t == 50:
            state = json.loads(json.dumps(schedule.state_dict()))
            schedule = ReduceLROnPlateau(o, **settings)
            schedule.load_state_dict(state)
