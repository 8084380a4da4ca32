"""Losses: values against NumPy and SciPy, derivatives of first and second order for inputs and targets, every reduction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from minigen import ops
from minigen.nn import cross_entropy as ce
from minigen.nn import functional as F
from minigen.random import new_generator
from minigen.tensor import Tensor
from tests.checking import Row, check, few, seeds, shapes, values

reductions = st.sampled_from(["none", "mean", "sum"])


def reduced(loss, reduction):
    return {"none": lambda x: x, "mean": np.mean, "sum": np.sum}[reduction](loss)


def apart(draw, kinks=(0,), **keywords):
    """An input and a target of one shape whose differences avoid the kinks."""
    seed, shape = draw(seeds), draw(shapes)
    target = values(seed, shape)
    return [target + values(seed + 1, shape, avoid=kinks), target], {"reduction": draw(reductions), **keywords}


def huber(d, delta):
    return np.where(abs(d) < delta, d * d / 2, delta * (abs(d) - delta / 2))


def predictions(draw):
    seed, shape = draw(seeds), draw(st.sampled_from([(3,), (2, 3)]))
    var_shape = draw(st.sampled_from([shape, shape[:-1] + (1,)] + [shape[:-1]] * (len(shape) > 1)))
    keywords = {"full": draw(st.booleans()), "reduction": draw(reductions)}
    return [values(seed, shape), values(seed + 1, shape), values(seed + 2, var_shape, 0.3, 2)], keywords


def gaussian_nll(x, t, var, full, reduction):
    v = var if var.ndim == x.ndim else var[..., None]
    loss = -stats.norm(x, np.sqrt(v)).logpdf(t) - (0 if full else 0.5 * np.log(2 * np.pi))
    return reduced(loss, reduction)


def logits_and_targets(draw):
    seed, shape = draw(seeds), draw(shapes)
    return [values(seed, shape, -4, 4), values(seed + 1, shape, 0, 1)], {"reduction": draw(reductions)}


def weighted_logits(draw):
    seed = draw(seeds)
    weights = [values(seed + 2, (3,), 0.5, 2), values(seed + 3, (3,), 0.5, 2)]
    return [values(seed, (2, 3), -4, 4), values(seed + 1, (2, 3), 0, 1), *weights], {"reduction": draw(reductions)}


def bce(p, t):
    return -special.xlogy(t, p) - special.xlog1py(1 - t, -p)


def probabilities(draw):
    seed, shape = draw(seeds), draw(shapes)
    return [values(seed, shape, 0.1, 0.9), values(seed + 1, shape, 0.1, 0.9)], {"reduction": draw(reductions)}


def distributions(draw):
    arrays, keywords = probabilities(draw)
    return [np.log(arrays[0]), arrays[1]], keywords | {"reduction": draw(st.sampled_from(["none", "mean", "sum"]))}


SHAPES = [((4,), ()), ((3, 4), (3,)), ((2, 4, 3), (2, 3)), ((1, 4, 2, 2), (1, 2, 2))]


def classes(draw):
    """Logits, class weights and options; the targets are an option, as they are no input to differentiate."""
    seed, (shape, target_shape) = draw(seeds), draw(st.sampled_from(SHAPES))
    target = np.array(new_generator(seed).integers(0, 4, target_shape))
    if target.size > 1 and draw(st.booleans()):
        target.flat[0] = -100
    keywords = {"target": target, "reduction": draw(reductions)}
    return [values(seed, shape)], keywords


def smoothed(draw):
    arrays, keywords = classes(draw)
    weight = draw(st.sampled_from([None, np.array([0.5, 1.0, 2.0, 1.5], np.float32)]))
    return arrays, keywords | {"weight": weight, "label_smoothing": draw(st.sampled_from([0.0, 0.1, 1.0]))}


def cross_entropy(z, target, reduction, weight=None, label_smoothing=0.0):
    """One example and position after the other, by the definition."""
    axis = min(1, z.ndim - 1)
    log_p = np.moveaxis(z - special.logsumexp(z, axis=axis, keepdims=True), axis, -1)
    weight = np.ones(4) if weight is None else weight
    loss, total = np.zeros(target.shape), 0.0
    for i in np.ndindex(target.shape):
        if target[i] != -100:
            one_hot = np.eye(4)[target[i]]
            loss[i] = -np.sum(weight * ((1 - label_smoothing) * one_hot + label_smoothing / 4) * log_p[i])
            total += weight[target[i]]
    return loss.sum() / total if reduction == "mean" else reduced(loss, reduction)


def soft_targets(draw):
    seed, (shape, _) = draw(seeds), draw(st.sampled_from(SHAPES))
    axis = min(1, len(shape) - 1)
    weight = draw(st.sampled_from([None, np.array([0.5, 1.0, 2.0, 1.5], np.float32)]))
    keywords = {"weight": weight, "label_smoothing": draw(st.sampled_from([0.0, 0.3])), "reduction": draw(reductions)}
    return [values(seed, shape), special.softmax(values(seed + 1, shape), axis)], keywords


def soft_cross_entropy(z, t, weight, label_smoothing, reduction):
    axis = min(1, z.ndim - 1)
    w = np.ones(1) if weight is None else weight.reshape((-1,) + (1,) * (z.ndim - axis - 1))
    t = (1 - label_smoothing) * t + label_smoothing / 4
    return reduced(-(w * t * special.log_softmax(z, axis)).sum(axis), reduction)


def with_arrays(function):
    """Pass the options that are arrays as tensors."""
    wrap = lambda v: Tensor(v) if isinstance(v, np.ndarray) else v  # noqa: E731
    return lambda *inputs, **keywords: function(*inputs, **{k: wrap(v) for k, v in keywords.items()})


ROWS = [
    Row("mse_loss", F.mse_loss, lambda x, t, reduction: reduced((x - t) ** 2, reduction), apart),
    Row("l1_loss", F.l1_loss, lambda x, t, reduction: reduced(abs(x - t), reduction), apart),
    Row(
        "smooth_l1_loss", F.smooth_l1_loss, lambda x, t, reduction, beta: reduced(huber(x - t, beta) / beta, reduction),
        lambda draw: apart(draw, kinks=[-0.6, 0.6], beta=0.6),
    ),
    Row(
        "smooth_l1_loss, β = 0", F.smooth_l1_loss, lambda x, t, reduction, beta: reduced(abs(x - t), reduction),
        lambda draw: apart(draw, beta=0),
    ),
    Row(
        "huber_loss", F.huber_loss, lambda x, t, reduction, delta: reduced(huber(x - t, delta), reduction),
        lambda draw: apart(draw, kinks=[-0.6, 0.6], delta=0.6),
    ),
    Row("gaussian_nll_loss", F.gaussian_nll_loss, gaussian_nll, predictions),
    Row(
        "bce_with_logits", ce.bce_with_logits, lambda z, t, reduction: reduced(bce(special.expit(z), t), reduction),
        logits_and_targets,
    ),
    Row(
        "bce_with_logits, weights", lambda z, t, w, p, reduction: F.binary_cross_entropy_with_logits(z, t, w, reduction, p),
        lambda z, t, w, p, reduction: reduced(-w * (p * t * special.log_expit(z) + (1 - t) * special.log_expit(-z)), reduction),
        weighted_logits,
    ),
    Row(
        "bce_with_logits, weight", lambda z, t, w, p, reduction: F.binary_cross_entropy_with_logits(z, t, w, reduction),
        lambda z, t, w, p, reduction: reduced(-w * (t * special.log_expit(z) + (1 - t) * special.log_expit(-z)), reduction),
        weighted_logits, order=0,
    ),
    Row(
        "binary_cross_entropy", F.binary_cross_entropy, lambda p, t, reduction: reduced(bce(p, t), reduction),
        probabilities, covers=(ce.bce,),
    ),
    Row(
        "clamped_log", lambda p, t, reduction: ce.clamped_log(p), lambda p, t, reduction: np.log(p),
        probabilities, covers=(ce.clamped_log,),
    ),
    Row("kl_div", F.kl_div, lambda q, p, reduction: reduced(p * (np.log(p) - q), reduction), distributions),
    Row(
        "kl_div, log_target", lambda q, p, reduction: F.kl_div(q, p, reduction, log_target=True),
        lambda q, p, reduction: reduced(np.exp(p) * (p - q), reduction), distributions,
    ),
    Row(
        "nll_loss", with_arrays(lambda z, **k: F.nll_loss(ops.log_softmax(z, axis=min(1, z.ndim - 1)), **k)),
        cross_entropy, classes,
    ),
    Row("cross_entropy", with_arrays(F.cross_entropy), cross_entropy, smoothed),
    Row("cross_entropy of probabilities", with_arrays(F.cross_entropy), soft_cross_entropy, soft_targets),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
@few
def test_values_and_derivatives(row, data):
    check(row, data.draw)


# --- stability ----------------------------------------------------------------------------------------------------------------


def test_huge_logits_are_neither_infinite_nor_clipped():
    z = Tensor(np.array([-1e4, 1e4, -1e4, 1e4], np.float32), requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(z, Tensor(np.array([0, 1, 1, 0], np.float32)), reduction="none")
    np.testing.assert_array_equal(loss.data, [0, 0, 1e4, 1e4])
    loss.sum().backward()
    np.testing.assert_array_equal(z.grad.data, [0, 0, -1, 1])


def test_a_small_loss_keeps_its_digits():
    loss = F.binary_cross_entropy_with_logits(Tensor(np.array([50.0])), Tensor(np.array([1.0])))
    np.testing.assert_allclose(loss.item(), np.exp(-50), rtol=1e-12)


def test_certain_probabilities_end_at_100_nats():
    p = Tensor(np.array([0.0, 1.0, 0.0, 1.0], np.float32), requires_grad=True)
    loss = F.binary_cross_entropy(p, Tensor(np.array([0, 1, 1, 0], np.float32)), reduction="none")
    np.testing.assert_array_equal(loss.data, [0, 0, 100, 100])
    loss.sum().backward()
    np.testing.assert_allclose(p.grad.data, [0, 0, -1e12, 1e12])


def test_an_impossible_class_does_not_spoil_the_others():
    z = Tensor(np.array([[0.0, 0.0, -np.inf]]), requires_grad=True)
    loss = F.cross_entropy(z, Tensor(np.array([1])))
    loss.backward()
    assert loss.item() == pytest.approx(np.log(2))
    np.testing.assert_allclose(z.grad.data, [[0.5, -0.5, 0]])


def test_kl_div_of_a_distribution_with_zeros():
    target = Tensor(np.array([[0.0, 1.0]]), requires_grad=True)
    assert F.kl_div(Tensor(np.log([[0.5, 0.5]])), target, reduction="batchmean").item() == pytest.approx(np.log(2))


def test_batchmean_divides_by_the_batch_only():
    q, p = Tensor(np.log(np.full((2, 4), 0.25))), Tensor(np.tile([0.7, 0.1, 0.1, 0.1], (2, 1)))
    assert F.kl_div(q, p, reduction="batchmean").item() == pytest.approx(stats.entropy([0.7, 0.1, 0.1, 0.1], [0.25] * 4))


def test_a_variance_below_eps_counts_as_eps_but_still_learns():
    var = Tensor(np.array([0.0]), requires_grad=True)
    loss = F.gaussian_nll_loss(Tensor(np.array([1.0])), Tensor(np.array([0.0])), var, eps=0.25)
    loss.backward()
    assert loss.item() == pytest.approx(0.5 * (np.log(0.25) + 4))
    assert var.grad.item() == pytest.approx(0.5 * (4 - 16))


def test_a_variance_may_be_a_number():
    x, t = Tensor(np.array([1.0, 2.0])), Tensor(np.array([0.0, 0.0]))
    assert F.gaussian_nll_loss(x, t, 2.0, full=True).item() == pytest.approx(-stats.norm(0, 2**0.5).logpdf([1, 2]).mean())


# --- wrong use ----------------------------------------------------------------------------------------------------------------

A, B, COLUMN = (Tensor(np.full(shape, 0.5)) for shape in [(4, 3), (3, 4), (4, 1)])
I = Tensor(np.array([0, 1, 2, 0]))
SHAPED = [
    F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss, F.binary_cross_entropy, F.binary_cross_entropy_with_logits, F.kl_div,
    lambda x, t, **k: F.gaussian_nll_loss(x, t, 1.0, **k),
]  # fmt: skip


@pytest.mark.parametrize("loss", SHAPED)
def test_shapes_that_would_broadcast_are_refused(loss):
    with pytest.raises(ValueError, match=r"input \(4, 1\) and target \(4, 3\) must have the same shape"):
        loss(COLUMN, A)
    with pytest.raises(ValueError, match=r"target.reshape\(4, 3\) would fit"):
        loss(A, B)


@pytest.mark.parametrize("loss", [*SHAPED, lambda x, t, **k: F.cross_entropy(x, I, **k), lambda x, t, **k: F.nll_loss(x, I, **k)])
def test_an_unknown_reduction_is_refused(loss):
    with pytest.raises(ValueError, match=r"reduction must be 'none', 'mean',? (or )?'sum'.*got 'avg'"):
        loss(A, A, reduction="avg")


WRONG = [
    (lambda: F.cross_entropy(A, Tensor(np.array([0, 1, 3, 0]))), IndexError, "target 3 is no class: .* 3 classes, 0 … 2"),
    (lambda: F.cross_entropy(A, Tensor(np.array([0, -1, 2, 0]))), IndexError, "target -1 is no class"),
    (lambda: F.cross_entropy(A, Tensor(np.array([0, 1]))), ValueError, r"target's shape must be \(4,\), got \(2,\)"),
    (lambda: F.cross_entropy(A, Tensor(np.array([0.0, 1.0, 2.0, 0.0]))), ValueError, "class indices must be whole numbers"),
    (lambda: F.nll_loss(A, Tensor(np.array([0.0, 1.0, 2.0, 0.0]))), TypeError, "whole numbers, got float64"),
    (lambda: F.cross_entropy(A, I, weight=Tensor(np.ones(4))), ValueError, r"one entry per class, \(3,\), got \(4,\)"),
    (lambda: F.cross_entropy(A, I, label_smoothing=1.5), ValueError, "label_smoothing must lie in"),
    (lambda: F.cross_entropy(A, Tensor(np.full(4, -100))), ValueError, "mean is over nothing"),
    (lambda: F.cross_entropy(Tensor(1.0), I), ValueError, "got a number"),
    (lambda: F.binary_cross_entropy(A * 4, A), ValueError, "for logits use binary_cross_entropy_with_logits"),
    (lambda: F.binary_cross_entropy(A, A, weight=Tensor(np.ones(4))), ValueError, r"weight \(4,\) does not broadcast"),
    (lambda: F.binary_cross_entropy_with_logits(A, A, pos_weight=Tensor(np.ones((2, 4, 3)))), ValueError, "pos_weight"),
    (lambda: F.gaussian_nll_loss(A, A, Tensor(np.ones(3))), ValueError, "var must be"),
    (lambda: F.gaussian_nll_loss(A, A, -1.0), ValueError, "negative"),
    (lambda: F.huber_loss(A, A, delta=0), ValueError, "delta must be positive"),
    (lambda: F.smooth_l1_loss(A, A, beta=-1), ValueError, "beta must not be negative"),
    (lambda: F.kl_div(A, A, reduction="average"), ValueError, "'batchmean'"),
]


@pytest.mark.parametrize(("wrong", "error", "message"), WRONG)
def test_wrong_use_is_told(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()
