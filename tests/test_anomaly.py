"""anomaly: planted faults, forward and backward, and what it must let through."""

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from minigen import autograd, ops
from minigen.anomaly import AnomalyError, anomaly, describe
from minigen.autograd import grad, no_grad
from minigen.tensor import Tensor


def leaf(*values):
    return Tensor(np.array(values, np.float32), requires_grad=True)


FORWARD = [  # name, op that is to blame, computation, what the message says
    ("log(0)", "log", lambda: ops.log(leaf(0.0, 1.0, 2.0)) * 2.0, "made an infinity in 1 of 3 elements"),
    ("0/0", "div", lambda: (leaf(0.0, 1.0) / leaf(0.0, 2.0)).sum(), "made NaN in 1 of 2 elements"),
    ("exp overflows", "exp", lambda: ops.log(1.0 + ops.exp(leaf(100.0, 1.0))), "from 1 to 100"),
    ("inf - inf", "sub", lambda: leaf(np.inf) - leaf(np.inf), "made NaN in 1 of 1 elements"),
    ("log(-1)", "log", lambda: ops.log(leaf(-1.0)), "made NaN"),
    ("a NaN among the data", "mul", lambda: leaf(1.0, np.nan) * 3.0, r"passed on NaN in 1 of 2 elements\n  input a: .*, 1 NaN"),
]


@pytest.mark.parametrize("quiet", [False, True], ids=["recorded", "no_grad"])
@pytest.mark.parametrize(("name", "op", "compute", "message"), FORWARD, ids=[r[0] for r in FORWARD])
def test_forward(name, op, compute, message, quiet):
    with pytest.raises(AnomalyError, match=message) as caught, anomaly(), no_grad() if quiet else nullcontext():
        compute()
    assert caught.value.op == op
    assert str(caught.value).startswith(op)
    file, line = caught.value.line.rsplit(":", 1)
    assert file == __file__
    assert f'("{name}", ' in Path(file).read_text("utf-8").splitlines()[int(line) - 1]
    assert not autograd.watchers
    assert not autograd.rule_watchers


def test_backward_only():
    """√x at 0 is finite, its slope is not; the error names √, its input, and the line of the forward."""
    x = leaf(4.0, 0.0)

    def compute():
        y = ops.sqrt(x)
        y.sum().backward()

    with pytest.raises(AnomalyError, match=r"the backward of sqrt made an infinity in 1 of 2 elements") as caught, anomaly():
        compute()
    assert caught.value.line == f"{__file__}:{compute.__code__.co_firstlineno + 1}"
    assert "gradient with respect to x" in str(caught.value)
    assert "input x: float32 (2,), from 0 to 4" in str(caught.value)
    assert "output: float32 (2,), from 0 to 2" in str(caught.value)
    assert "y = ops.sqrt(x)" in str(caught.value)


def test_backward_of_zero_times_infinity():
    x = leaf(4.0, 0.0)
    with pytest.raises(AnomalyError, match=r"the backward of sqrt made NaN in 1 of 2 elements"), anomaly():
        (ops.sqrt(x) * Tensor([1.0, 0.0])).sum().backward()


def test_backward_of_a_graph_from_before():
    y = ops.sqrt(leaf(0.0))
    with pytest.raises(AnomalyError, match="called before this block began"), anomaly():
        y.backward()


def test_backward_with_create_graph():
    x = leaf(4.0, 0.0)
    with pytest.raises(AnomalyError) as caught, anomaly():
        grad(ops.sqrt(x).sum(), x, create_graph=True)
    assert caught.value.line.startswith(__file__)


def test_the_library_line_is_named_too():
    with pytest.raises(AnomalyError, match=r"inside .*picking\.py:\d+\n  called at ") as caught, anomaly():
        ops.masked_fill(leaf(1.0), Tensor(True), np.nan)
    assert caught.value.op == "where"
    assert caught.value.line.startswith(__file__)


FIRST = Tensor(np.array([True, False]))
PASS = [
    ("finite", lambda: (ops.exp(leaf(1.0)) / 3.0).sum().backward()),
    ("a mask of -inf", lambda: ops.softmax(ops.where(FIRST, leaf(1.0, 2.0), -np.inf), axis=0).sum().backward()),
    ("an infinity that came in", lambda: leaf(np.inf, 1.0) + 1.0),
    ("a NaN that is not chosen", lambda: ops.where(FIRST, leaf(1.0, 2.0), leaf(np.nan, 1.0))),
    ("whole numbers", lambda: Tensor([1, 2]) + Tensor([3, 4])),
]


@pytest.mark.parametrize(("name", "compute"), PASS, ids=[r[0] for r in PASS])
def test_what_is_let_through(name, compute):
    with anomaly():
        compute()


def test_nan_only():
    with anomaly(inf=False):
        y = ops.log(leaf(0.0))
    assert y.item() == -np.inf
    with pytest.raises(AnomalyError, match="mul made NaN"), anomaly(inf=False):
        y * 0.0


def test_outside_nothing_is_watched():
    with anomaly():
        pass
    with np.errstate(all="ignore"):
        ops.log(leaf(0.0)).backward()


def test_describe():
    assert describe(2.5) == "2.5"
    assert describe(np.array([True])) == "bool (1,)"
    assert describe(np.zeros((0, 2))) == "float64 (0, 2)"
    assert describe(np.array([np.nan, -np.inf, np.inf])) == "float64 (3,), 1 NaN, 2 infinite"
    assert describe(np.array([1, 5])) == "int64 (2,), from 1 to 5"
