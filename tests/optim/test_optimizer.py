"""What all optimizers share: groups, flat memory, missing gradients, saving and loading, and the errors."""

import json

import numpy as np
import pytest

from minigen import ops
from minigen.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from minigen.random import new_generator
from minigen.tensor import Tensor, raw, tick


def leaf(*shape, seed=0, dtype=np.float32):
    return Tensor(new_generator(seed).standard_normal(shape).astype(dtype), requires_grad=True)


def give(*params, seed=1):
    """Every parameter a gradient, the same for the same seed."""
    for i, p in enumerate(params):
        p.grad = raw(new_generator(seed + 100 * i).standard_normal(p.shape).astype(p.dtype))


def train(optimizer, params, steps, first=0):
    for t in range(first, first + steps):
        give(*params, seed=t)
        optimizer.step()


def twins(*shapes, dtype=np.float32):
    """The same parameters twice."""
    return [[leaf(*s, seed=i, dtype=dtype) for i, s in enumerate(shapes)] for _ in range(2)]


# --- groups -------------------------------------------------------------------------------------------------------------------


class Net:
    """Anything with ``parameters()`` is a module to an optimizer."""

    def __init__(self):
        self.w, self.b = leaf(3, 2), leaf(2)

    def parameters(self):
        yield self.w
        yield self.b


def test_what_params_may_be():
    net = Net()
    named = {"w": net.w, "b": net.b}
    for params in (net, net.parameters(), [net.w, net.b], (net.w, net.b), iter([{"params": net}]), named.values()):
        assert [id(p) for p in SGD(params, lr=1.0).param_groups[0]["params"]] == [id(net.w), id(net.b)]


def test_groups_have_their_own_settings():
    a, b, c = leaf(2), leaf(2), leaf(2)
    optimizer = SGD([{"params": [a]}, {"params": b, "lr": 0.5}], lr=0.1)
    optimizer.add_param_group({"params": [c], "lr": 0.0, "momentum": 0.9})
    start = [p.data.copy() for p in (a, b, c)]
    give(a, b, c)
    optimizer.step()
    for p, old, lr in zip((a, b, c), start, (0.1, 0.5, 0.0)):
        np.testing.assert_allclose(p.data, old - np.float32(lr) * p.grad.data, rtol=1e-6)
    optimizer.param_groups[1]["lr"] = 0.0  # a setting that changes between two steps
    old = b.data.copy()
    optimizer.step()
    assert (b.data == old).all()
    assert "group 2: 1 parameters, lr=0.0, momentum=0.9" in repr(optimizer)


def test_a_parameter_without_gradient_rests():
    ps, qs = twins((3,), (2, 2), (4,))
    with_rest, reference = Adam(ps), Adam(qs[1:2])
    for t in range(6):
        with_rest.zero_grad()
        reference.zero_grad()
        give(ps[0], seed=t)
        if t % 2:
            give(ps[1], qs[1], seed=50 + t)
            ps[1].grad = raw(qs[1].grad.data.copy())
        before = ps[1].data.copy(), ps[2].data.copy()
        with_rest.step()
        reference.step()
        assert t % 2 or (ps[1].data == before[0]).all()
        assert (ps[2].data == before[1]).all()
    assert (ps[1].data != qs[1].data).sum() == 0
    state = with_rest.state_dict()["state"]
    assert {i: s["step"] for i, s in state.items()} == {"0": 6, "1": 3}


def test_step_with_a_closure_returns_its_loss():
    p = Tensor([3.0], requires_grad=True)
    optimizer = SGD([p], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 9.0
    assert p.item() == pytest.approx(2.4)


def test_zero_grad():
    p, q = leaf(2), leaf(2)
    optimizer = SGD([p, q], lr=0.1)
    give(p)
    optimizer.zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0.0, 0.0]
    assert q.grad is None
    optimizer.zero_grad()
    assert p.grad is None


# --- flat memory --------------------------------------------------------------------------------------------------------------


def test_parameters_of_one_dtype_share_one_array():
    a, b, c, d = leaf(2, 3), leaf(4), leaf(5, dtype=np.float64), leaf(2)
    optimizer = Adam([a, b, c, d])
    give(a, b, c, d)
    optimizer.step()
    assert a.data.base is b.data.base is d.data.base
    assert c.data.base is not a.data.base
    assert [p.dtype for p in (a, b, c, d)] == [np.float32, np.float32, np.float64, np.float32]


@pytest.mark.parametrize("settings", [{"weight_decay": 0.1}, {"maximize": True}, {"weight_decay": 1, "maximize": True}], ids=str)
def test_the_gradients_are_only_read(settings):
    big, small = leaf(70_000), leaf(5)
    give(big, small)
    kept = big.grad.data.copy(), small.grad.data.copy()
    Adam([big, small], **settings).step()
    assert (big.grad.data == kept[0]).all()
    assert (small.grad.data == kept[1]).all()


@pytest.mark.parametrize("block", [2**16, 5])
def test_any_memory_order_of_parameter_and_gradient(block, monkeypatch):
    monkeypatch.setattr("minigen.optim.flat.BLOCK", block)
    x = new_generator(0).standard_normal((3, 4)).astype(np.float32)
    p, q = Tensor(np.asfortranarray(x), requires_grad=True), Tensor(x.copy(), requires_grad=True)
    for t in (p, q):
        optimizer = Adam([t], lr=0.1)
        g = new_generator(1).standard_normal((4, 3)).astype(np.float32).T
        t.grad = raw(g if t is p else np.ascontiguousarray(g))
        optimizer.step()
    np.testing.assert_array_equal(p.data, q.data)


def test_whoever_replaces_the_array_is_followed():
    ps, qs = twins((3,), (2, 2))
    ours, reference = Adam(ps, lr=0.1), Adam(qs, lr=0.1)
    train(ours, ps, 2)
    train(reference, qs, 2)
    ps[1].data = np.full((2, 2), 7.0, np.float32)
    qs[1].data[...] = 7.0
    train(ours, ps, 2, first=2)
    train(reference, qs, 2, first=2)
    for p, q in zip(ps, qs):
        np.testing.assert_array_equal(p.data, q.data)
    assert ps[0].data.base is ps[1].data.base


def test_two_optimizers_over_one_parameter():
    ps, qs = twins((3,), (2,))
    first, second = SGD(ps, lr=0.1), SGD([ps[1]], lr=0.01)
    for t in range(3):
        train(first, ps, 1, first=t)
        train(second, ps[1:], 1, first=t)
        for q, lr, seed in ((qs[0], 0.1, t), (qs[1], 0.1, t + 100), (qs[1], 0.01, t)):
            g = new_generator(seed).standard_normal(q.shape).astype(np.float32)
            q.data -= np.float32(lr) * g
    for p, q in zip(ps, qs):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-6)


def test_a_parameter_that_changes_its_dtype_keeps_its_state():
    ps, qs = twins((3,), (2, 2))
    for q in qs:
        q.data = q.data.astype(np.float64)
    ours, reference = Adam(ps, lr=0.1), Adam(qs, lr=0.1)
    train(ours, ps, 3)
    for t in range(3):
        give(*ps, seed=t)
        for p, q in zip(ps, qs):
            q.grad = raw(p.grad.data.astype(np.float64))
        reference.step()
    for p in ps:
        p.data = p.data.astype(np.float64)
        p.grad = None
    train(ours, ps, 3, first=3)
    train(reference, qs, 3, first=3)
    for p, q in zip(ps, qs):
        assert p.dtype == np.float64
        np.testing.assert_allclose(p.data, q.data, rtol=1e-5, atol=1e-6)


def test_a_gradient_of_another_dtype_is_converted():
    for shape in ((3,), (70_000,)):
        p = leaf(*shape)
        other = leaf(2)
        p.grad, other.grad = raw(np.ones(shape)), raw(np.ones(2))
        before = p.data.copy()
        SGD([p, other], lr=0.5).step()
        assert p.dtype == np.float32
        np.testing.assert_allclose(p.data, before - 0.5, rtol=1e-6)


def test_a_step_between_forward_and_backward_is_noticed():
    p = leaf(3)
    optimizer = SGD([p], lr=0.1)
    loss = (p * p).sum()
    loss.backward(retain_graph=True)
    optimizer.step()
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()
    assert p.written <= tick()


def test_it_learns():
    rng = new_generator(0)
    x, w = rng.standard_normal((64, 3)).astype(np.float32), np.array([[1.0], [-2.0], [0.5]], np.float32)
    net = [Tensor(np.zeros((3, 1), np.float32), requires_grad=True)]
    for rule, lr in ((SGD, 0.1), (Adam, 0.1), (RMSprop, 0.02), (Adagrad, 0.5)):
        net[0].data = np.zeros((3, 1), np.float32)
        optimizer = rule(net, lr=lr)
        for _ in range(200):
            error = ops.matmul(Tensor(x), net[0]) - x @ w
            loss = (error * error).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        np.testing.assert_allclose(net[0].data, w, atol=0.05)


# --- saving and loading -------------------------------------------------------------------------------------------------------

SAVED = [
    (SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.1}),
    (SGD, {"lr": 0.1}),
    (RMSprop, {"centered": True, "momentum": 0.5}),
    (Adagrad, {"initial_accumulator_value": 0.1, "lr_decay": 0.1}),
    (Adam, {"amsgrad": True, "betas": (0.5, 0.9)}),
    (AdamW, {}),
]


def through_json(state):
    """A state dict as a checkpoint keeps it: arrays aside, the rest as JSON text."""
    arrays = []

    def keep(x):
        assert isinstance(x, np.ndarray), f"{type(x).__name__} is neither an array nor plain"
        arrays.append(x)
        return {"array": len(arrays) - 1}

    def back(x):
        return arrays[x["array"]] if set(x) == {"array"} else x

    return json.loads(json.dumps(state, default=keep), object_hook=back)


@pytest.mark.parametrize(("rule", "settings"), SAVED, ids=[f"{r.__name__} {s}" for r, s in SAVED])
def test_loading_continues_bit_for_bit(rule, settings):
    ps, qs = twins((3,), (2, 2), (4,), (2,))  # the last one has no state when it is saved
    groups = [[{"params": x[:2], "lr": 0.05}, {"params": x[2:]}] for x in (ps, qs)]
    ours, fresh = rule(groups[0], **settings), rule(groups[1], **{**settings, "lr": 77.0})
    for t in range(3):
        ours.zero_grad()
        train(ours, ps[: 2 if t else 3], 1, first=t)  # unequal step counts
    ours.param_groups[0]["lr"] = 0.01
    state = through_json(ours.state_dict())
    assert [group["params"] for group in state["param_groups"]] == [[0, 1], [2, 3]]
    for p, q in zip(ps, qs):
        q.data[...] = p.data
    fresh.load_state_dict(state)
    assert fresh.param_groups[0]["lr"] == 0.01
    ours.zero_grad()
    train(ours, ps, 3, first=9)
    train(fresh, qs, 3, first=9)
    for p, q in zip(ps, qs):
        np.testing.assert_array_equal(p.data, q.data)


def test_a_state_dict_is_a_copy():
    p = leaf(3)
    optimizer = Adam([p])
    train(optimizer, [p], 1)
    state = optimizer.state_dict()
    kept = state["state"]["0"]["exp_avg"].copy()
    train(optimizer, [p], 1)
    assert (state["state"]["0"]["exp_avg"] == kept).all()
    optimizer.load_state_dict(state)
    train(optimizer, [p], 1)
    assert (state["state"]["0"]["exp_avg"] == kept).all()


def broken(change):
    """A good state dict of Adam over shapes (3,), (2, 2), spoilt by ``change``."""
    ps = [leaf(3), leaf(2, 2)]
    optimizer = Adam(ps)
    train(optimizer, ps, 1)
    state = optimizer.state_dict()
    change(state)
    return state


SPOILT = [
    (lambda s: s.pop("state"), 'expected a dictionary with "state" and "param_groups"'),
    (lambda s: s["param_groups"].pop(), r"expected groups of \[2\] parameters, got \[\]"),
    (lambda s: s["param_groups"][0].update(params=[0]), r"expected groups of \[2\] parameters, got \[1\]"),
    (lambda s: s["param_groups"][0].pop("eps"), r"missing: \['eps'\]"),
    (lambda s: s["param_groups"][0].update(momentum=0.9), r"unknown: \['momentum'\]"),
    (lambda s: s["param_groups"][0].update(lr=-1.0), "expected a non-negative lr"),
    (lambda s: s["state"].update({"7": {}}), "there is no parameter '7'"),
    (lambda s: s["state"]["0"].pop("exp_avg"), "expected the state"),
    (lambda s: s["state"]["0"].update(momentum_buffer=np.zeros(3)), "expected the state"),
    (lambda s: s["state"]["0"].update(step=0), "expected a step of 1 or more"),
    (lambda s: s["state"]["1"].update(exp_avg=np.zeros(4)), r"has shape \(2, 2\), but its exp_avg has \(4,\)"),
]


@pytest.mark.parametrize(("change", "message"), SPOILT, ids=[m for _, m in SPOILT])
def test_a_state_dict_that_does_not_fit_changes_nothing(change, message):
    ps = [leaf(3), leaf(2, 2)]
    optimizer = Adam(ps, lr=0.3)
    train(optimizer, ps, 2)
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(broken(change))
    np.testing.assert_equal(optimizer.state_dict(), before)


# --- errors -------------------------------------------------------------------------------------------------------------------

w = leaf(2)
WRONG = [
    (lambda: SGD([], lr=1.0), ValueError, "SGD: got an empty list of parameters"),
    (lambda: SGD([{"params": []}], lr=1.0), ValueError, "empty list"),
    (lambda: SGD(w, lr=1.0), TypeError, "got one tensor"),
    (lambda: SGD({w}, lr=1.0), TypeError, "a set has no order"),
    (lambda: SGD(3, lr=1.0), TypeError, "expected a Module or an iterable of tensors, got int"),
    (lambda: SGD([w.data], lr=1.0), TypeError, "expected tensors, got ndarray"),
    (lambda: SGD([Net(), Net()], lr=1.0), TypeError, "call .parameters"),
    (lambda: SGD([w * 2.0], lr=1.0), ValueError, "was computed by mul; only leaves"),
    (lambda: SGD([Tensor([1, 2])], lr=1.0), TypeError, "dtype int64; only floating-point"),
    (lambda: SGD([w, w], lr=1.0), ValueError, "appears twice"),
    (lambda: SGD([{"params": [w]}, {"params": [w]}], lr=1.0), ValueError, "appears twice"),
    (lambda: SGD([w], lr=-0.1), ValueError, "non-negative lr, got -0.1"),
    (lambda: SGD([w], lr=float("nan")), ValueError, "non-negative lr"),
    (lambda: SGD([w], lr="0.1"), ValueError, "non-negative lr"),
    (lambda: SGD([{"params": [w], "lr": -1}], lr=1.0), ValueError, "non-negative lr"),
    (lambda: SGD([w], lr=1.0, momentum=-0.5), ValueError, "non-negative momentum"),
    (lambda: SGD([w], lr=1.0, nesterov=True), ValueError, "nesterov needs a momentum above 0"),
    (lambda: SGD([w], lr=1.0, nesterov=True, momentum=0.5, dampening=0.1), ValueError, "nesterov needs"),
    (lambda: SGD([{"params": [w], "momentun": 0.9}], lr=1.0), TypeError, "unknown setting 'momentun'; it takes lr, momentum"),
    (lambda: SGD([{"weights": [w]}], lr=1.0), TypeError, 'a group is a dictionary with "params"'),
    (lambda: SGD([w], lr=1.0).add_param_group([w]), TypeError, 'a group is a dictionary with "params"'),
    (lambda: Adam([w], betas=(0.9, 1.0)), ValueError, r"expected two betas in \[0, 1\)"),
    (lambda: Adam([w], betas=(0.9,)), ValueError, "expected two betas"),
    (lambda: Adam([{"params": [w], "betas": 0.9}]), ValueError, "expected two betas"),
    (lambda: RMSprop([w], alpha=1.5), ValueError, "alpha is the share"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG, ids=[m for _, _, m in WRONG])
def test_wrong_use(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_errors_of_a_step_come_before_any_change():
    p, q = leaf(3), leaf(2)
    optimizer = Adam([p, q])
    train(optimizer, [p, q], 1)
    kept = p.data.copy()
    give(p, q)
    q.grad = raw(np.ones(5, np.float32))
    with pytest.raises(ValueError, match=r"shape \(2,\), but its gradient has shape \(5,\)"):
        optimizer.step()
    give(q)
    q.data = np.ones(5, np.float32)
    with pytest.raises(ValueError, match=r"had shape \(2,\) and now has \(5,\)"):
        optimizer.step()
    q.data = np.ones(2, np.float32)
    optimizer.param_groups[0]["params"] = (p,)
    with pytest.raises(RuntimeError, match="was replaced; use add_param_group"):
        optimizer.step()
    assert (p.data == kept).all()
