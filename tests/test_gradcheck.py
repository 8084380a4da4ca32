"""The checker is checked: it finds wrong rules and says which element, it knows kinks, and right rules pass."""

import numpy as np
import pytest

from minigen import ops
from minigen.autograd import primitive, primitives
from minigen.gradcheck import GradientError, gradcheck, gradgradcheck
from minigen.tensor import Tensor

X = np.array([[0.7, -1.3], [2.1, 0.4]])


@pytest.fixture(autouse=True)
def _registry():
    before = list(primitives)
    yield
    primitives[:] = before


def cube_with(rule):
    @primitive
    def cube(x):
        return x * x * x

    def cube_vjp(g, y, x):
        return rule(g, y, x)

    cube.vjp(cube_vjp)
    return cube


WRONG = [  # a rule for y = x³, what the report says
    (lambda g, y, x: 2 * g * x * x, "every element is 0.6667 times the right value"),
    (lambda g, y, x: -3 * g * x * x, "the sign is flipped"),
    (lambda g, y, x: 0 * g, "these elements receive no gradient"),
    (lambda g, y, x: 3 * g * x * x + (x > 2) * g, r"input 0, element \(1, 0\)"),
    (lambda g, y, x: np.where(x > 2, np.nan, 3 * g * x * x), r"element \(1, 0\): analytic nan"),
]


@pytest.mark.parametrize(("rule", "message"), WRONG, ids=[m for _, m in WRONG])
def test_a_wrong_rule_is_named(rule, message):
    with pytest.raises(GradientError, match=message):
        gradcheck(cube_with(rule), [X])
    report = gradcheck(cube_with(rule), [X], raise_exception=False)
    assert not report
    assert "the backward disagrees with its own forward" in str(report)


def test_a_right_rule_passes_and_everything_is_counted():
    report = gradcheck(cube_with(lambda g, y, x: 3 * g * x * x), [X])
    assert report
    assert (report.checked, report.kinks) == (4, 0)


def test_a_wrong_second_derivative_is_found():
    frozen = cube_with(lambda g, y, x: 3 * g * Tensor(x.data * x.data) if isinstance(x, Tensor) else 3 * g * x * x)
    gradcheck(frozen, [X])  # the first derivative is right,
    with pytest.raises(GradientError, match="gradient of cube"):
        gradgradcheck(frozen, [X])  # the second treats x² as a constant


ONE_WAY = [  # rules for y = x³, called on tensors and on arrays: one of the two is wrong, and still agrees with its own derivative
    (lambda g, y, x: 6 * g * x * x, lambda g, y, x: 3 * g * x * x, "with create_graph=True"),
    (lambda g, y, x: 3 * g * x * x, lambda g, y, x: 3 * g * x, "by backward()"),
    (lambda g, y, x: 3 * g * x * x, lambda g, y, x: 3 * g * x * x * (1 + 1e-7), "by backward()"),
    (lambda g, y, x: g * np.nan, lambda g, y, x: 3 * g * x * x, "nan with create_graph=True"),
]


@pytest.mark.parametrize(("on_tensors", "on_arrays", "message"), ONE_WAY)
def test_a_rule_that_tells_tensors_from_arrays_is_found(on_tensors, on_arrays, message):
    two_faced = cube_with(lambda *given: (on_tensors if isinstance(given[0], Tensor) else on_arrays)(*given))
    report = gradgradcheck(two_faced, [X], raise_exception=False)
    assert not report
    assert not report.wrong, "its own derivative it agrees with"
    assert message in report.recorded
    with pytest.raises(GradientError, match=r"gradient of input 0, element \(0, 0\): .*\n.*one thing on bare arrays"):
        gradgradcheck(two_faced, [X])


def test_the_recorded_gradient_may_differ_by_rounding():
    def rounded(g, y, x):
        return 3 * g * x * x if isinstance(g, Tensor) else 3 * (x * g * x)

    assert gradgradcheck(cube_with(rounded), [X])


def test_kinks_are_skipped_and_counted():
    report = gradcheck(ops.abs, [np.array([0.0, 1.0, -2.0])])
    assert (report.checked, report.kinks) == (2, 1)


def test_a_wrong_formula_is_told_from_a_wrong_derivative():
    def wrong(x):
        return ops.exp(x) + 1.0

    report = gradcheck(wrong, [X], reference=np.exp, raise_exception=False)
    assert "the backward agrees with its own forward: the formula is off, not the derivative" in str(report)
    assert "element (0, 0): yours 3.01375, expected 2.01375" in str(report)
    assert gradcheck(ops.exp, [X], reference=np.exp)
    shape = gradcheck(ops.exp, [X], reference=lambda x: np.exp(x).sum(), raise_exception=False)
    assert "output 0 has shape (2, 2), expected ()" in str(shape)


def test_several_inputs_and_outputs_integers_and_unused_inputs():
    def both(x, k, w, unused):
        return ops.exp(x) * k, x @ w

    assert gradcheck(both, [X, np.array([1, 2]), X.T, X]).checked == 12
    assert gradgradcheck(both, [X, np.array([1, 2]), X.T, X])


def test_float32_inputs_are_checked_in_float64_and_left_alone():
    x = Tensor(X.astype(np.float32))
    before = x.data.copy()
    assert gradcheck(ops.tanh, [x])
    np.testing.assert_array_equal(x.data, before)
