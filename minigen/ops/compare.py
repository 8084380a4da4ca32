"""Comparisons and logic, element by element: bool tensors, which have no derivative."""

import numpy as np

from minigen.autograd import without_gradient


@without_gradient
def eq(a, b):
    """y = (a = b); NaN equals nothing."""
    return a == b


@without_gradient
def ne(a, b):
    """y = (a ≠ b)"""
    return a != b


@without_gradient
def lt(a, b):
    """y = (a < b)"""
    return a < b


@without_gradient
def le(a, b):
    """y = (a ≤ b)"""
    return a <= b


@without_gradient
def gt(a, b):
    """y = (a > b)"""
    return a > b


@without_gradient
def ge(a, b):
    """y = (a ≥ b)"""
    return a >= b


@without_gradient
def isnan(x):
    """y = (x is NaN)"""
    return np.isnan(x)


@without_gradient
def isfinite(x):
    """y = (x is neither NaN nor ±∞)"""
    return np.isfinite(x)


@without_gradient
def isinf(x):
    """y = (x is ±∞)"""
    return np.isinf(x)


@without_gradient
def isclose(a, b, *, rtol=1e-5, atol=1e-8, equal_nan=False):
    """y = (|a − b| ≤ atol + rtol |b|)"""
    return np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)


def allclose(a, b, *, rtol=1e-5, atol=1e-8, equal_nan=False):
    """True if |a − b| ≤ atol + rtol |b| for all elements; a Python bool."""
    return bool(isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan).all())


@without_gradient
def bitwise_and(a, b):
    """y = a ∧ b, bit by bit: for bools the logical and, for whole numbers that of their binary digits."""
    return a & b


@without_gradient
def bitwise_or(a, b):
    """y = a ∨ b, bit by bit"""
    return a | b


@without_gradient
def bitwise_xor(a, b):
    """y = a ⊕ b, bit by bit: true where exactly one is"""
    return a ^ b


@without_gradient
def bitwise_not(x):
    """y = ¬x, bit by bit: for bools the logical not, for whole numbers −x − 1"""
    return np.invert(x)


@without_gradient
def logical_and(a, b):
    """y = a ∧ b, where every number but 0 counts as true"""
    return np.logical_and(a, b)


@without_gradient
def logical_or(a, b):
    """y = a ∨ b, where every number but 0 counts as true"""
    return np.logical_or(a, b)


@without_gradient
def logical_xor(a, b):
    """y = a ⊕ b, where every number but 0 counts as true"""
    return np.logical_xor(a, b)


@without_gradient
def logical_not(x):
    """y = ¬x, where every number but 0 counts as true"""
    return np.logical_not(x)


not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge
