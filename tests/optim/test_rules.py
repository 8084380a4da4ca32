"""Every update rule, against itself written with one number at a time, and against PyTorch."""

import math

import numpy as np
import pytest

from minigen.optim import SGD, Adagrad, Adam, Adamax, AdamW, Optimizer, RMSprop
from minigen.optim import flat as flat_module
from minigen.random import new_generator
from minigen.tensor import Tensor, raw

# --- the rules, one number at a time: p, g and the state s of one element; t = 1, 2, … ---------------------------------------


def sgd(p, g, s, t, lr, momentum=0.0, dampening=0.0, nesterov=False):
    if momentum:
        s["b"] = g if t == 1 else momentum * s["b"] + (1 - dampening) * g
        g = g + momentum * s["b"] if nesterov else s["b"]
    return p - lr * g


def rmsprop(p, g, s, t, lr=0.01, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
    s["v"] = alpha * s.get("v", 0.0) + (1 - alpha) * g**2
    s["mean"] = alpha * s.get("mean", 0.0) + (1 - alpha) * g
    d = g / (math.sqrt(s["v"] - (s["mean"] ** 2 if centered else 0.0)) + eps)
    s["b"] = momentum * s.get("b", 0.0) + d
    return p - lr * s["b"]


def adagrad(p, g, s, t, lr=0.01, lr_decay=0.0, initial_accumulator_value=0.0, eps=1e-10):
    s["sum"] = s.get("sum", initial_accumulator_value) + g**2
    return p - lr / (1 + (t - 1) * lr_decay) * g / (math.sqrt(s["sum"]) + eps)


def adam(p, g, s, t, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, amsgrad=False):
    s["m"] = betas[0] * s.get("m", 0.0) + (1 - betas[0]) * g
    s["v"] = betas[1] * s.get("v", 0.0) + (1 - betas[1]) * g**2
    s["max"] = max(s.get("max", 0.0), s["v"])
    m, v = s["m"] / (1 - betas[0] ** t), s["max" if amsgrad else "v"] / (1 - betas[1] ** t)
    return p - lr * m / (math.sqrt(v) + eps)


def adamw(p, g, s, t, lr=1e-3, weight_decay=1e-2, **settings):
    return adam(p - lr * weight_decay * p, g, s, t, lr, **settings)


def adamax(p, g, s, t, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
    s["m"] = betas[0] * s.get("m", 0.0) + (1 - betas[0]) * g
    s["u"] = max(betas[1] * s.get("u", 0.0), abs(g) + eps)
    return p - lr / (1 - betas[0] ** t) * s["m"] / s["u"]


RULES = [  # rule, reference, settings
    (SGD, sgd, {"lr": 0.1}),
    (SGD, sgd, {"lr": 0.1, "weight_decay": 0.3}),
    (SGD, sgd, {"lr": 0.1, "momentum": 0.9}),
    (SGD, sgd, {"lr": 0.1, "momentum": 0.9, "dampening": 0.4, "weight_decay": 0.01}),
    (SGD, sgd, {"lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01}),
    (SGD, sgd, {"lr": 0.01, "momentum": 0.8, "maximize": True, "weight_decay": 0.2}),
    (RMSprop, rmsprop, {}),
    (RMSprop, rmsprop, {"lr": 0.03, "alpha": 0.8, "eps": 1e-3}),
    (RMSprop, rmsprop, {"momentum": 0.7, "weight_decay": 0.1}),
    (RMSprop, rmsprop, {"centered": True, "eps": 1e-2}),
    (RMSprop, rmsprop, {"centered": True, "eps": 1e-2, "momentum": 0.5, "maximize": True}),
    (Adagrad, adagrad, {}),
    (Adagrad, adagrad, {"lr": 0.1, "lr_decay": 0.05, "weight_decay": 0.1}),
    (Adagrad, adagrad, {"initial_accumulator_value": 0.5, "eps": 1e-2, "maximize": True}),
    (Adam, adam, {}),
    (Adam, adam, {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-3}),
    (Adam, adam, {"lr": 0.02, "weight_decay": 0.1, "maximize": True}),
    (Adam, adam, {"lr": 0.02, "amsgrad": True, "betas": (0.5, 0.7)}),
    (AdamW, adamw, {}),
    (AdamW, adamw, {"lr": 0.02, "weight_decay": 0.5, "amsgrad": True, "maximize": True}),
    (Adamax, adamax, {}),
    (Adamax, adamax, {"lr": 0.02, "betas": (0.5, 0.8), "eps": 1e-2, "weight_decay": 0.1, "maximize": True}),
]
ids = [f"{rule.__name__} {settings}" for rule, _, settings in RULES]

SHAPES = [(3, 2), (), (4,), (1, 1, 5), (0, 3), (2,)]


def draws(steps, dtype, seed=0, absent=True):
    """(initial values, gradients of every step; some of them None, as for a parameter that the loss did not use)"""
    rng = new_generator(seed)
    start = [rng.standard_normal(s).astype(dtype) for s in SHAPES]
    gradients = [[(rng.standard_normal(s) * rng.uniform(0, 2)).astype(dtype) for s in SHAPES] for _ in range(steps)]
    if absent:
        for t, row in enumerate(gradients):
            for i in range(len(row)):
                if (t + i) % 5 == 0 or (i == 1 and t < 4):
                    row[i] = None
    return start, gradients


def run(rule, settings, start, gradients):
    params = [Tensor(x.copy(), requires_grad=True) for x in start]
    optimizer = rule(params, **settings)
    for row in gradients:
        optimizer.zero_grad()
        for p, g in zip(params, row):
            p.grad = None if g is None else raw(g.copy())
        optimizer.step()
    return params


def by_hand(reference, settings, start, gradients):
    settings = dict(settings)
    sign = -1.0 if settings.pop("maximize", False) else 1.0
    decay = settings.pop("weight_decay", 0.0) if reference is not adamw else 0.0
    out = []
    for i, x in enumerate(start):
        flat = [float(v) for v in x.reshape(-1)]
        states, t = [{} for _ in flat], 0
        for row in gradients:
            if row[i] is None:
                continue
            t += 1
            g = row[i].reshape(-1)
            flat = [reference(p, sign * float(gk) + decay * p, s, t, **settings) for p, gk, s in zip(flat, g, states)]
        out.append(np.array(flat).reshape(x.shape))
    return out


@pytest.mark.parametrize("block", [2**16, 4])  # 4: several blocks per parameter and several runs per step
@pytest.mark.parametrize(("rule", "reference", "settings"), RULES, ids=ids)
def test_rule_by_hand(rule, reference, settings, block, monkeypatch):
    monkeypatch.setattr(flat_module, "BLOCK", block)
    start, gradients = draws(30, np.float64)
    for p, want in zip(run(rule, settings, start, gradients), by_hand(reference, settings, start, gradients)):
        np.testing.assert_allclose(p.data, want, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("dtype", "rtol", "atol"), [(np.float64, 1e-12, 1e-14), (np.float32, 1e-5, 2e-6)], ids=["f64", "f32"])
@pytest.mark.parametrize(("rule", "reference", "settings"), RULES, ids=ids)
def test_rule_as_pytorch(rule, reference, settings, dtype, rtol, atol):
    torch = pytest.importorskip("torch")
    start, gradients = draws(50, dtype, seed=1)
    theirs = [torch.tensor(x, requires_grad=True) for x in start]
    optimizer = getattr(torch.optim, rule.__name__)(theirs, **settings)
    for row in gradients:
        for p, g in zip(theirs, row):
            p.grad = None if g is None else torch.tensor(g)
        optimizer.step()
    for p, q in zip(run(rule, settings, start, gradients), theirs):
        assert p.dtype == dtype
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=rtol, atol=atol)


@pytest.mark.parametrize("rule", [SGD, RMSprop, Adagrad, Adam, AdamW, Adamax])
def test_defaults_as_pytorch(rule):
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.optim, rule.__name__)([torch.zeros(1)]).defaults
    ours = rule([Tensor(np.zeros(1))]).defaults
    assert ours == {key: theirs[key] for key in ours}


def test_rmsprop_survives_a_variance_that_rounding_makes_negative():
    p = Tensor(np.full(100, 0.1, np.float32), requires_grad=True)
    optimizer = RMSprop([p], lr=1e-9, centered=True, alpha=0.5)
    g = new_generator(0).standard_normal(100, dtype=np.float32)
    for _ in range(100):  # a constant gradient: v and the squared mean agree up to rounding
        p.grad = raw(g.copy())
        optimizer.step()
    assert np.isfinite(p.data).all()


def test_a_rule_of_ones_own():
    class SignSGD(Optimizer):
        """p ← p − lr sign(g)"""

        def __init__(self, params, lr):
            super().__init__(params, lr=lr)

        def update(self, p, g, state, work, t, *, lr, **_):
            p -= lr * np.sign(g)

    p = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    p.grad = raw(np.array([5.0, 0.0, -0.1], np.float32))
    SignSGD([p], lr=0.5).step()
    assert p.tolist() == [0.5, 2.0, 3.5]
    with pytest.raises(NotImplementedError, match="has no method update"):
        Optimizer([p], lr=1.0).step()
