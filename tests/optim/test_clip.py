"""Clipping, against its definition and against PyTorch."""

import math

import numpy as np
import pytest

from minigen.optim import clip_grad_norm_, clip_grad_value_, clip_weights_
from minigen.random import new_generator
from minigen.tensor import Tensor, raw

SHAPES = [(3, 2), (), (4,), (2,)]


def params(scale=1.0):
    rng = new_generator(0)
    found = [Tensor(np.zeros(s), requires_grad=True) for s in SHAPES]
    for p in found[:-1]:  # the last one has no gradient
        p.grad = raw(np.array(scale * rng.standard_normal(p.shape)))
    return found


def gradients(found):
    return np.concatenate([p.grad.data.reshape(-1) for p in found if p.grad is not None])


@pytest.mark.parametrize("max_norm", [0.1, 1e3, 0.0])
@pytest.mark.parametrize("norm_type", [2, 1, 3.5, math.inf])
def test_norm(norm_type, max_norm):
    found = params()
    before = gradients(found)
    expected = np.abs(before).max() if norm_type == math.inf else (np.abs(before) ** norm_type).sum() ** (1 / norm_type)
    norm = clip_grad_norm_(found, max_norm, norm_type)
    assert norm.item() == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradients(found), before * min(1, max_norm / (expected + 1e-6)), rtol=1e-12)


@pytest.mark.parametrize("scale", [0.01, 10.0, math.inf, math.nan])
@pytest.mark.parametrize("norm_type", [2, 1, math.inf])
def test_norm_as_pytorch(norm_type, scale):
    torch = pytest.importorskip("torch")
    found = params()
    found[0].grad.data[1, 1] *= scale
    theirs = [torch.zeros(s, dtype=torch.float64, requires_grad=True) for s in SHAPES]
    for p, q in zip(found, theirs):
        q.grad = None if p.grad is None else torch.tensor(p.grad.data)
    norm, reference = clip_grad_norm_(found, 0.7, norm_type), torch.nn.utils.clip_grad_norm_(theirs, 0.7, norm_type)
    np.testing.assert_allclose(norm.data, reference.numpy(), rtol=1e-12)
    for p, q in zip(found[:-1], theirs):
        np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=1e-12)


def test_norm_of_what_is_not_finite():
    found = params()
    found[0].grad.data[0, 0] = math.nan
    with pytest.raises(RuntimeError, match="norm of the gradients is nan"):
        clip_grad_norm_(found, 1.0, error_if_nonfinite=True)


def test_float32_stays():
    p = Tensor(np.zeros(3, np.float32), requires_grad=True)
    p.grad = raw(np.full(3, 4.0, np.float32))
    assert clip_grad_norm_(p, 1.0).dtype == np.float32
    assert p.grad.dtype == np.float32
    assert clip_grad_norm_([Tensor([1.0])], 1.0).item() == 0.0


def test_value_and_weights():
    found = params()
    before = gradients(found)
    clip_grad_value_(found, 0.3)
    np.testing.assert_array_equal(gradients(found), np.clip(before, -0.3, 0.3))
    w = Tensor([-0.5, 0.005, 0.02], requires_grad=True)
    loss = (w * w).sum()
    clip_weights_([w], 0.01)
    np.testing.assert_allclose(w.data, [-0.01, 0.005, 0.01], rtol=1e-6)
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


WRONG = [
    (lambda: clip_grad_norm_(params(), -1.0), ValueError, "expected max_norm ≥ 0"),
    (lambda: clip_grad_norm_(params(), 1.0, 0), ValueError, "norm_type > 0"),
    (lambda: clip_grad_norm_([3.0], 1.0), TypeError, "expected tensors, got float"),
    (lambda: clip_grad_value_(params(), math.nan), ValueError, "expected clip_value ≥ 0"),
    (lambda: clip_weights_(params(), 0.0), ValueError, "expected a bound above 0"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG, ids=[m for _, _, m in WRONG])
def test_wrong_use(call, error, message):
    with pytest.raises(error, match=message):
        call()
