"""Initialisation: means, variances, bounds, orthogonality, the layers' defaults; all seeded."""

import math

import numpy as np
import pytest

from minigen import nn, random
from minigen.nn import init
from minigen.nn.module import Parameter

SHAPES = [(60, 90), (30, 10, 3, 3)]  # fan_in 90 and 90, fan_out 60 and 270


def fresh(shape):
    return Parameter(np.full(shape, np.nan, np.float32))


SPREADS = [  # function, its standard deviation from (fan_in, fan_out), whether it is bounded by √3 std
    (lambda t: init.uniform_(t, -1, 3), lambda i, o: 4 / math.sqrt(12), None),
    (lambda t: init.normal_(t, 0, 2), lambda i, o: 2, None),
    (init.xavier_uniform_, lambda i, o: math.sqrt(2 / (i + o)), True),
    (lambda t: init.xavier_normal_(t, gain=2), lambda i, o: 2 * math.sqrt(2 / (i + o)), None),
    (init.kaiming_uniform_, lambda i, o: math.sqrt(2 / i), True),
    (lambda t: init.kaiming_uniform_(t, a=math.sqrt(5)), lambda i, o: 1 / math.sqrt(3 * i), True),
    (lambda t: init.kaiming_normal_(t, mode="fan_out", nonlinearity="relu"), lambda i, o: math.sqrt(2 / o), None),
    (lambda t: init.kaiming_normal_(t, nonlinearity="tanh"), lambda i, o: 5 / 3 / math.sqrt(i), None),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("function", "std", "bounded"), SPREADS)
def test_spread(function, std, bounded, shape):
    random.manual_seed(0)
    t = fresh(shape)
    assert function(t) is t
    assert t.dtype == np.float32
    assert t.requires_grad
    expected = std(shape[1] * math.prod(shape[2:]), shape[0] * math.prod(shape[2:]))
    n = t.numel()
    assert abs(t.data.std() / expected - 1) < 4 / math.sqrt(n)
    mean = 1.0 if abs(t.data).max() > 2.99 and expected == 4 / math.sqrt(12) else 0.0
    assert abs(t.data.mean() - mean) < 4 * expected / math.sqrt(n)
    if bounded:
        assert abs(t.data).max() <= expected * math.sqrt(3) * (1 + 1e-6)
        assert abs(t.data).max() > 0.99 * expected * math.sqrt(3)


def test_constants():
    t = fresh((2, 3))
    assert np.all(init.constant_(t, 0.3).data == np.float32(0.3))
    assert np.all(init.ones_(t).data == 1)
    assert np.all(init.zeros_(t).data == 0)


@pytest.mark.parametrize(("mean", "std", "a", "b"), [(0, 1, -2, 2), (1, 0.5, 0, 1.2), (0, 1, 3, 4)])
def test_truncated_normal(mean, std, a, b):
    from scipy.stats import kstest, truncnorm

    random.manual_seed(0)
    t = init.trunc_normal_(fresh((50, 80)), mean, std, a, b)
    assert a <= t.data.min() <= t.data.max() <= b
    assert kstest(t.data.ravel(), truncnorm((a - mean) / std, (b - mean) / std, mean, std).cdf).pvalue > 0.01


@pytest.mark.parametrize("shape", [(5, 5), (8, 3), (3, 8), (4, 2, 3, 3)])
def test_orthogonal(shape):
    random.manual_seed(0)
    m = init.orthogonal_(Parameter(np.empty(shape)), gain=2).data.reshape(shape[0], -1)
    gram = m @ m.T if m.shape[0] <= m.shape[1] else m.T @ m
    np.testing.assert_allclose(gram, 4 * np.eye(len(gram)), atol=1e-12)


def test_orthogonal_matrices_have_no_preferred_sign():
    random.manual_seed(0)
    corners = [init.orthogonal_(Parameter(np.empty((2, 2)))).data[0, 0] for _ in range(200)]
    assert 60 < np.sum(np.array(corners) > 0) < 140


def test_gains():
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("conv_transpose2d") == 1
    assert init.calculate_gain("leaky_relu", 0.2) == math.sqrt(2 / 1.04)
    assert init.calculate_gain("leaky_relu") == math.sqrt(2 / 1.0001)


def test_layers_begin_as_in_pytorch():
    random.manual_seed(0)
    layer, table = nn.Linear(400, 300), nn.Embedding(100, 50, padding_idx=3)
    for t in (layer.weight, layer.bias):
        assert 0.97 / 20 < abs(t.data).max() <= 1 / 20
    assert abs(table.weight.data.std() - 1) < 0.05
    assert np.all(table.weight.data[3] == 0)


def test_drawing_is_seeded():
    draws = []
    for _ in range(2):
        random.manual_seed(5)
        draws.append(nn.Linear(3, 2).weight.data)
    np.testing.assert_array_equal(*draws)


VECTOR = Parameter(np.ones(3))
WRONG = [
    (lambda: init.xavier_normal_(VECTOR), r"need a weight \(out, in, …\), got shape \(3,\)"),
    (lambda: init.kaiming_normal_(Parameter(np.ones((2, 2))), mode="fan_avg"), "fan_in.*fan_out"),
    (lambda: init.calculate_gain("swish"), "unknown nonlinearity 'swish'; known are linear"),
    (lambda: init.orthogonal_(VECTOR), "at least two axes"),
    (lambda: init.trunc_normal_(VECTOR, a=2, b=-2), "a < b"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_wrong_use_is_told(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
