"""Where numbers may lie: the supports of distributions and the allowed values of their parameters, under PyTorch's names."""

import math

import numpy as np

from minigen.device import as_array
from minigen.tensor import Tensor


class Constraint:
    """A set of numbers. ``outside(x)`` is True where the array ``x`` is not in it; NaN is neither inside nor outside.

    ``words`` completes the sentence "x must be …"; ``hint`` says how to get there. ``event_dim``: how many of the last axes of x make
    one element of the set (0 for numbers, 1 for vectors, 2 for matrices); ``outside`` has one answer for all of them.
    """

    def __init__(self, words, outside, event_dim=0, hint="", discrete=False):
        self.words, self.outside, self.event_dim, self.hint, self.is_discrete = words, outside, event_dim, hint, discrete

    def check(self, value):
        """True where ``value`` is in the set; NaN is not. [torch.distributions.constraints]"""
        x = value.data if isinstance(value, Tensor) else as_array(value)
        missing = np.isnan(x)
        if self.event_dim:
            missing = missing.any(axis=tuple(range(-self.event_dim, 0)))
        return ~(self.outside(x) | missing)

    def __repr__(self):
        return f"<{self.words}>"


def _fraction(x):
    """True where x is no whole number; not for NaN."""
    return np.floor(x) < x if x.dtype.kind == "f" else np.zeros_like(x, bool)


def _lower_cholesky(x):
    diagonal = np.diagonal(x, axis1=-2, axis2=-1)
    return (np.triu(x, 1) != 0).any(axis=(-2, -1)) | (diagonal <= 0).any(axis=-1) | np.isinf(x).any(axis=(-2, -1))


def _positive_definite(x):
    """Symmetric up to rounding, with positive eigenvalues."""
    size = np.sqrt((x * x).sum(axis=(-2, -1), keepdims=True))
    uneven = (np.abs(x - x.swapaxes(-1, -2)) > 1e3 * np.finfo(x.dtype).eps * size).any(axis=(-2, -1))
    return uneven | ~(np.linalg.eigvalsh(x) > 0).all(axis=-1)


real = Constraint("a finite number", np.isinf)
positive = Constraint(
    "positive", lambda x: (x <= 0) | (x == math.inf),
    hint="a network's output becomes positive by an exponential: let it predict log_var and pass scale = exp(0.5 * log_var)",
)  # fmt: skip
nonnegative = Constraint("zero or positive", lambda x: (x < 0) | (x == math.inf))
unit_interval = Constraint("in [0, 1]", lambda x: (x < 0) | (x > 1), hint="a network's outputs are logits: pass logits=")
boolean = Constraint("0 or 1", lambda x: (x != 0) & (x != 1) & (x == x), discrete=True)
nonnegative_integer = Constraint("a whole number, zero or positive", lambda x: (x < 0) | _fraction(x), discrete=True)
below_infinity = Constraint("a number or −inf", lambda x: x == math.inf)  # the logit −inf rules a category out
lower_cholesky = Constraint(
    "lower triangular with a positive diagonal", _lower_cholesky, 2, hint="from a covariance matrix: pass covariance_matrix=",
)  # fmt: skip
positive_definite = Constraint("symmetric and positive definite", _positive_definite, 2, hint="try adding 1e-6 to its diagonal")
simplex = Constraint(
    "zero or positive with sum 1",
    lambda x: (x < 0).any(axis=-1) | (np.abs(x.sum(axis=-1) - 1) > 1e-4), 1,
    hint="a network's outputs are logits: pass logits=",
)  # fmt: skip


def interval(low, high):
    """The numbers low ≤ x ≤ high; arrays broadcast."""
    return Constraint(f"in [{_told(low)}, {_told(high)}]", lambda x: (x < low) | (x > high))


def half_open_interval(low, high):
    """The numbers low ≤ x < high; arrays broadcast."""
    return Constraint(f"in [{_told(low)}, {_told(high)})", lambda x: (x < low) | (x >= high))


def integer_interval(low, high):
    """The whole numbers low … high; arrays broadcast."""
    words = f"a whole number from {_told(low)} to {_told(high)}"
    return Constraint(words, lambda x: (x < low) | (x > high) | _fraction(x), discrete=True)


def independent(base, n):
    """Arrays whose last ``n`` axes hold elements of ``base`` only: an event is outside if one of its elements is."""

    def outside(x):
        return base.outside(x).any(axis=tuple(range(-n, 0))) if n else base.outside(x)

    return Constraint(f"{base.words} in every element", outside, base.event_dim + n, base.hint, base.is_discrete)


real_vector = independent(real, 1)


def _told(bound):
    """A bound as a message names it: the number, or its range where it is an array."""
    if np.ndim(bound) == 0:
        return f"{float(bound):g}"
    return f"{float(bound.min()):g}…{float(bound.max()):g}" if bound.size else "nothing"
