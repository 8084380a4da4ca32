"""Every fused op against the composition of plain ops that it stands for: values, gradients, gradients of gradients."""

import numpy as np
import pytest

from minigen import ops
from minigen.autograd import grad
from minigen.nn import cross_entropy as ce
from minigen.nn import functional as F
from minigen.nn.normalization import standardize
from minigen.tensor import Tensor
from tests.checking import values


def standardized(x):
    d = x - x.mean(axis=1, keepdims=True)
    return d / ops.sqrt((d * d).mean(axis=1, keepdims=True) + 0.1)


def bce(p, t):
    p = ops.sigmoid(p)
    return -(t * ops.log(p) + (1 - t) * ops.log(1 - p))


PAIRS = {  # name: (fused, composite, shapes of the inputs)
    "linear": (F.linear, lambda x, w, b: x @ w.T + b, [(5, 4), (3, 4), (3,)]),
    "linear 3-d": (F.linear, lambda x, w, b: x @ w.T + b, [(2, 5, 4), (3, 4), (3,)]),
    "relu": (F.relu, lambda x: ops.maximum(x, 0.0), [(3, 4)]),
    "leaky_relu": (F.leaky_relu, lambda x: ops.maximum(x, 0.01 * x), [(3, 4)]),
    "hardtanh": (F.hardtanh, lambda x: ops.clamp(x, -1.0, 1.0), [(3, 4)]),
    "elu": (F.elu, lambda x: ops.where(x > 0, x, ops.exp(x) - 1), [(3, 4)]),
    "softplus": (F.softplus, lambda x: ops.log(1 + ops.exp(x)), [(3, 4)]),
    "logsigmoid": (F.logsigmoid, lambda x: ops.log(ops.sigmoid(x)), [(3, 4)]),
    "standardize": (lambda x: standardize(x, axis=(1,), eps=0.1), standardized, [(3, 4)]),
    "bce_with_logits": (lambda z, t: ce.bce_with_logits(z, t, reduction="none"), bce, [(3, 4), (3, 4)]),
    "bce, mean": (lambda z, t: ce.bce_with_logits(z, t, reduction="mean"), lambda z, t: bce(z, t).mean(), [(3, 4)] * 2),
    "bce": (lambda z, t: ce.bce(ops.sigmoid(z), t), bce, [(3, 4), (3, 4)]),
}


@pytest.mark.parametrize("name", PAIRS)
def test_fused_and_composed_agree(name):
    fused, composed, shapes = PAIRS[name]
    found = []
    for function in (fused, composed):
        xs = [Tensor(values(i, shape, avoid=[0, 1, -1]), requires_grad=True) for i, shape in enumerate(shapes)]
        y = function(*xs)
        first = grad((y * y).sum(), xs, create_graph=True)
        second = grad(sum((g * g).sum() for g in first), xs)
        (plain,) = grad((function(*xs) ** 2).sum(), xs[0])  # the rules on bare arrays
        found.append([y, *first, *second, plain])
    for a, b in zip(*found):
        np.testing.assert_allclose(a.detach().data, b.detach().data, rtol=1e-9, atol=1e-12)
