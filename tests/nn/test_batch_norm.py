"""Batch and instance normalization: values and derivatives, running statistics, evaluation, and a penalty on a critic's gradient."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigen import nn, ops
from minigen.autograd import enable_grad, grad, no_grad
from minigen.gradcheck import gradcheck
from minigen.nn import batch_norm
from minigen.nn import functional as F
from minigen.tensor import Tensor
from tests.checking import Row, check, few, seeds, values


def standardized(x, axes, eps=1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def column(v, x):
    return v.reshape((-1,) + (1,) * (x.ndim - 2))


def batches(draw):
    shape = draw(st.sampled_from([(3, 2), (4, 1), (2, 2, 3), (2, 3, 2, 2), (1, 2, 2, 2)]))
    x = values(draw(seeds), shape, -1, 1) + 0.7 * np.arange(np.prod(shape)).reshape(shape) % 2.9
    return [x, values(draw(seeds), shape[1:2]), values(draw(seeds), shape[1:2])], {}


def statistics(draw):
    (x, w, b), _ = batches(draw)
    return [x, values(draw(seeds), w.shape), values(draw(seeds), w.shape, 0.3, 2), w, b], {}


def images(draw):
    while True:
        arrays, _ = batches(draw)
        if arrays[0].ndim > 2:
            return arrays, {}




ROWS = [
    Row(
        "batch_norm", lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True, eps=0.01),
        lambda x, w, b: standardized(x, (0, *range(2, x.ndim)), 0.01) * column(w, x) + column(b, x), batches,
        covers=(batch_norm.batch_standardize,),
    ),
    Row(
        "batch_norm, evaluation", lambda x, m, v, w, b: F.batch_norm(x, m, v, w, b),
        lambda x, m, v, w, b: (x - column(m, x)) / np.sqrt(column(v, x) + 1e-5) * column(w, x) + column(b, x), statistics,
    ),
    Row(
        "instance_norm", lambda x, w, b: F.instance_norm(x, None, None, w, b, eps=0.01),
        lambda x, w, b: standardized(x, tuple(range(2, x.ndim)), 0.01) * column(w, x) + column(b, x), images,
    ),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@settings(few, max_examples=25)
def test_values_and_derivatives(row, data):
    check(row, data.draw)


@pytest.mark.parametrize("each", [False, True])
@pytest.mark.parametrize("memory", ["channels innermost", "channels outside"])
def test_large_batches_in_any_layout(memory, each):
    x = values(0, (7, 3, 70, 50))
    x = x if memory == "channels outside" else np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    w, b, g = values(1, (3,)), values(2, (3,)), values(3, x.shape)
    leaves = [Tensor(a, requires_grad=True) for a in (x, w, b)]
    norm = F.instance_norm if each else lambda *arguments: F.batch_norm(*arguments, training=True)
    y = norm(leaves[0], None, None, leaves[1], leaves[2])
    np.testing.assert_allclose(y.data, standardized(x, (2, 3) if each else (0, 2, 3)) * column(w, x) + column(b, x), atol=1e-12)
    assert y.data.transpose(0, 2, 3, 1).flags.c_contiguous
    fast = grad(y, leaves, Tensor(g), retain_graph=True)
    slow = grad(y, leaves, Tensor(g), create_graph=True)  # the rules composed of other ops
    for got, want in zip(fast, slow):
        np.testing.assert_allclose(got.data, want.data, atol=1e-9)


def test_float32_with_a_mean_far_from_zero():
    x = (values(0, (64, 3, 8, 8)) + 100).astype(np.float32)
    y = F.batch_norm(Tensor(x), None, None, training=True)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.data, standardized(x.astype(np.float64), (0, 2, 3)), atol=2e-4)


# --- running statistics ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("momentum", [0.1, 0.5, None])
@pytest.mark.parametrize(("layer", "shape"), [(nn.BatchNorm1d, (5, 3)), (nn.BatchNorm1d, (4, 3, 2)), (nn.BatchNorm2d, (2, 3, 2, 4))])
def test_running_statistics_follow_the_batches(layer, shape, momentum):
    norm = layer(3, momentum=momentum, dtype=np.float64)
    mean, var, axes = np.zeros(3), np.ones(3), (0, *range(2, len(shape)))
    for k in range(1, 6):
        x = values(k, shape) * k + k
        norm(Tensor(x))
        a = 1 / k if momentum is None else momentum
        mean = (1 - a) * mean + a * x.mean(axes)
        var = (1 - a) * var + a * x.var(axes, ddof=1)  # unbiased, although the batch itself is divided by its biased one
    np.testing.assert_allclose(norm.running_mean.data, mean)
    np.testing.assert_allclose(norm.running_var.data, var)
    assert norm.num_batches_tracked.item() == 5
    norm.eval()
    x = values(9, shape)
    before = norm.state_dict()
    y = norm(Tensor(x))
    np.testing.assert_allclose(y.data, (x - column(mean, x)) / np.sqrt(column(var, x) + norm.eps))
    np.testing.assert_allclose(norm(Tensor(x[:1])).data, y.data[:1])  # an example's result does not depend on the others
    assert all(np.array_equal(before[name], value) for name, value in norm.state_dict().items()), "evaluation must not change the state"


def test_a_frozen_graph_of_another_batch_is_not_spoilt():
    """Two batches through one layer, then one backward: what the second writes into the running statistics, the first does not need."""
    norm, x = nn.BatchNorm1d(2, dtype=np.float64), Tensor(values(0, (4, 2)), requires_grad=True)
    y = norm(x) * Tensor(values(2, (4, 2)))
    (alone,) = grad(y.sum(), x, retain_graph=True)
    z = norm(Tensor(values(1, (4, 2))))
    np.testing.assert_array_equal(grad(y.sum() + z.sum(), x)[0].data, alone.data)


def test_two_norms_do_not_share_statistics():
    first, second = nn.BatchNorm2d(2), nn.BatchNorm2d(2)
    first(Tensor(values(0, (2, 2, 3, 3)).astype(np.float32) + 5))
    assert first.running_mean.data.min() > 0.3
    np.testing.assert_array_equal(second.running_mean.data, 0)
    np.testing.assert_array_equal(second.running_var.data, 1)


def test_without_running_statistics_evaluation_uses_the_batch():
    norm, x = nn.BatchNorm1d(2, track_running_stats=False).eval(), Tensor(values(0, (5, 2)).astype(np.float32))
    np.testing.assert_allclose(norm(x).data, standardized(x.data, 0), rtol=1e-5)
    assert list(norm.state_dict()) == ["weight", "bias"]


def test_reset():
    norm = nn.BatchNorm1d(2)
    norm(Tensor(np.eye(2, dtype=np.float32) * 9))
    with no_grad():
        norm.weight.fill_(3)
    norm.reset_parameters()
    assert (norm.running_mean.data == 0).all()
    assert (norm.running_var.data == 1).all()
    assert norm.num_batches_tracked.item() == 0
    assert (norm.weight.data == 1).all()


def test_an_empty_batch_of_instances_stays_empty():
    x = Tensor(np.ones((0, 2, 3, 3)), requires_grad=True)
    y = F.instance_norm(x)
    assert y.shape == grad(y.sum(), x)[0].shape == (0, 2, 3, 3)


def test_instance_norm_follows_the_mean_of_its_instances():
    x = values(0, (3, 2, 4, 5))
    norm = nn.InstanceNorm2d(2, affine=True, track_running_stats=True, dtype=np.float64)
    np.testing.assert_allclose(norm(Tensor(x)).data, standardized(x, (2, 3)), rtol=1e-9)
    np.testing.assert_allclose(norm.running_mean.data, 0.1 * x.mean((2, 3)).mean(0))
    np.testing.assert_allclose(norm.running_var.data, 0.9 + 0.1 * x.var((2, 3), ddof=1).mean(0))
    norm.eval()
    expected = (x - column(norm.running_mean.data, x)) / np.sqrt(column(norm.running_var.data, x) + 1e-5)
    np.testing.assert_allclose(norm(Tensor(x)).data, expected)
    plain = nn.InstanceNorm1d(2)
    assert not list(plain.state_dict())
    np.testing.assert_allclose(plain.eval()(Tensor(x[0, :, 0])).data, standardized(x[0, :, 0], 1), rtol=1e-5)  # (C, L)


# --- gradients of gradients ------------------------------------------------------------------------------------------------------------

NORMS = {
    "batch": lambda: nn.BatchNorm2d(3, dtype=np.float64),
    "instance": lambda: nn.InstanceNorm2d(3, affine=True, dtype=np.float64),
    "layer": lambda: nn.LayerNorm((3, 3, 3), dtype=np.float64),
    "spectral": lambda: nn.Identity(),
    "weight": lambda: nn.Identity(),
}


@pytest.mark.parametrize("norm", NORMS)
def test_a_gradient_penalty_through_a_convolutional_critic(norm):
    """∂/∂θ (‖∂D/∂x‖ − 1)² against finite differences, for every parameter of the critic and for x."""
    first = nn.Conv2d(2, 3, 3, stride=2, padding=1, dtype=np.float64)
    first = {"spectral": nn.spectral_norm, "weight": nn.weight_norm}.get(norm, lambda layer: layer)(first)
    critic = nn.Sequential(first, NORMS[norm](), nn.Tanh(), nn.Conv2d(3, 2, 2, dtype=np.float64), nn.Softplus(), nn.Flatten(),
                           nn.Linear(8, 1, dtype=np.float64))  # fmt: skip
    if norm == "spectral":
        critic.eval()
    parameters = list(critic.parameters())

    def penalty(x, *arrays):
        for p, a in zip(parameters, arrays):
            p.data, p.op, p.requires_grad = a.data, None, True
        (g,) = grad(critic(x).sum(), x, create_graph=True)
        loss = ((ops.sqrt((g * g).sum((1, 2, 3))) - 1) ** 2).mean()
        gradients = grad(loss, [x, *parameters], allow_unused=True)
        total = sum((u.data * d).sum() for u, d in zip([x, *arrays], [0 if t is None else t.data for t in gradients]))
        return loss, gradients, total

    x = values(0, (3, 2, 6, 6))
    arrays = [p.data.copy() for p in parameters]
    _, gradients, _ = penalty(Tensor(x, requires_grad=True), *[Tensor(a) for a in arrays])
    for k, g in enumerate(gradients):
        g = np.zeros_like([x, *arrays][k]) if g is None else g.data
        direction, h = values(k, g.shape), 1e-6
        moved = [[a + sign * h * direction if i == k else a for i, a in enumerate([x, *arrays])] for sign in (1, -1)]
        up, down = (penalty(Tensor(m[0], requires_grad=True), *[Tensor(a) for a in m[1:]])[0].item() for m in moved)
        np.testing.assert_allclose((g * direction).sum(), (up - down) / (2 * h), rtol=1e-5, atol=1e-8)


def test_the_saved_statistics_are_no_constants_for_second_derivatives():
    x = values(0, (3, 2, 2, 2))

    def squared_gradient(x):
        with enable_grad():
            (g,) = grad((F.batch_norm(x, None, None, training=True, eps=0.1) ** 3).sum(), x, create_graph=True)
            return (g * g).sum()

    gradcheck(squared_gradient, [x])


# --- what callers are told ------------------------------------------------------------------------------------------------------------

X = Tensor(np.ones((2, 3, 4, 4), np.float32))
WRONG = [
    (lambda: nn.BatchNorm2d(4)(X), r"BatchNorm2d\(4\): expected \(N, 4, H, W\), got \(2, 3, 4, 4\)"),
    (lambda: nn.BatchNorm1d(3)(X), r"expected \(N, 3\) or \(N, 3, L\)"),
    (lambda: nn.BatchNorm2d(3)(X[:1, :, :1, :1]), r"more than one value per channel in training, got shape \(1, 3, 1, 1\)"),
    (lambda: nn.InstanceNorm2d(3)(X[:, :, :1, :1]), "more than one value per channel of an image"),
    (lambda: nn.InstanceNorm2d(4)(X[0]), r"InstanceNorm2d\(4\): expected \(N, 4, H, W\) or \(4, H, W\)"),
    (lambda: nn.BatchNorm2d(0), "num_features is the number of channels"),
    (lambda: F.batch_norm(X, None, None), "evaluation needs running_mean and running_var"),
    (lambda: F.batch_norm(X, None, None, Tensor(np.ones(2)), training=True), r"weight must be \(3,\).* got \(2,\)"),
    (lambda: F.instance_norm(X[0, 0]), r"expected \(N, C, …\), got shape \(4, 4\)"),
    (lambda: F.instance_norm(X, use_input_stats=False), "use_input_stats=False needs"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_wrong_use_is_told(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
