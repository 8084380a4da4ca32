"""Sums of squares: the polynomial against NumPy's, an inverse by bisection, and its gradient by the implicit function theorem."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import Polynomial

from minigen import random
from minigen.bijections import SumOfSquares
from minigen.bijections.bisection import implicit, solve_increasing
from minigen.gradcheck import gradcheck
from minigen.ops import tanh
from minigen.random import new_generator
from minigen.tensor import Tensor
from tests.checking import few, seeds


@few
@given(seed=seeds, squares=st.integers(1, 3), degree=st.integers(0, 3))
def test_it_is_the_integral_of_a_sum_of_squares(seed, squares, degree):
    rng = new_generator(seed)
    a, c, x = rng.normal(size=(squares, degree + 1)), rng.normal(), rng.uniform(-2, 2, 7)
    slope = sum(Polynomial(row) ** 2 for row in a)
    y, log_det = SumOfSquares(a, Tensor(np.array(c)))(Tensor(x))
    np.testing.assert_allclose(y.data, c + slope.integ()(x), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(log_det.data, np.log(slope(x)), rtol=1e-9, atol=1e-9)


def test_the_inverse_of_a_cube_is_the_cubic_root_with_its_gradients():
    b = SumOfSquares(np.array([[0.0, np.sqrt(3.0)]]))  # slope 3x², so y = x³
    y = Tensor(np.array([-1e6, -8.0, 0.001, 27.0]), requires_grad=True)
    x, log_det = b.inverse(y)
    np.testing.assert_allclose(x.data, np.cbrt(y.data), rtol=1e-14)
    np.testing.assert_allclose(log_det.data, -np.log(3 * x.data**2), rtol=1e-12)
    x.sum().backward(retain_graph=True)
    np.testing.assert_allclose(y.grad.data, 1 / (3 * np.cbrt(y.data) ** 2), rtol=1e-12)
    y.grad = None
    log_det.sum().backward()
    np.testing.assert_allclose(y.grad.data, -2 / (3 * y.data), rtol=1e-10)  # log|∂x/∂y| = −log 3 − ⅔ log|y|


@few
@given(seed=seeds)
def test_the_gradient_of_the_inverse_is_that_of_finite_differences(seed):
    rng = new_generator(seed)
    a = rng.normal(size=(2, 3)) + np.array([[1.0, 0, 0], [0, 0, 0]])

    def inverse(y, a, c):
        return SumOfSquares(a, c).inverse(y)

    gradcheck(inverse, [rng.normal(size=5), a, np.array(0.3)])


def test_it_starts_near_the_identity_in_float32():
    with random.fork(0):
        b = SumOfSquares.random(squares=2, degree=2, scale=0.01)
    x = Tensor(np.linspace(-1, 1, 9, dtype=np.float32))
    y, _ = b(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.data, x.data, atol=0.05)
    back, down = b.inverse(y)
    assert back.dtype == down.dtype == np.float32
    np.testing.assert_allclose(back.data, x.data, atol=1e-6)


SOLVED = [  # an increasing function, y, the x with f(x) = y
    (lambda x: x**3, [-1e30, 0.0, 8.0], [-1e10, 0.0, 2.0]),
    (lambda x: 1e-3 * x - 5, [0.0, 1e5], [5000.0, 100_005_000.0]),
    (lambda x: x + 0.5 * tanh(x), [0.0], [0.0]),
    (tanh, [0.5, 2.0, np.nan], [np.arctanh(0.5), np.nan, np.nan]),  # 2 is out of reach
]


@pytest.mark.parametrize(("f", "y", "x"), SOLVED, ids=range(len(SOLVED)))
def test_bisection_finds_the_place_to_the_last_digits(f, y, x):
    np.testing.assert_allclose(solve_increasing(f, np.array(y)), x, rtol=1e-14, atol=1e-14)


def test_the_implicit_function_theorem():
    def solved(y, t):
        f = lambda x: x + t * tanh(x)  # noqa: E731
        x = solve_increasing(f, y.data)
        slope = 1 + t.data * (1 - np.tanh(x) ** 2)
        return implicit(f, slope, x, y)

    gradcheck(solved, [np.array([-3.0, 0.2, 5.0]), np.array(0.7)])
