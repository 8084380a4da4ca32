"""An increasing function turned round: bisection in float64 finds the place, the implicit function theorem gives its gradient."""

import numpy as np

from minigen.autograd import no_grad
from minigen.device import as_array
from minigen.tensor import Tensor

HALVINGS = 110  # from any bracket to neighbouring float64 numbers: 53 bits of it and 57 for its size


def solve_increasing(f, y, low=-1.0, high=1.0):
    """x with f(x) = y for an increasing f on the line, as a float64 array: (…) -> (…)

    ``f``: tensors (…) -> (…), element by element. The bracket [low, high] is widened until f(low) ≤ y ≤ f(high), then halved until
    nothing lies in between. NaN where y is NaN or f never gets there.
    """
    y = as_array(y, np.float64)
    with no_grad(), np.errstate(over="ignore", invalid="ignore"):  # a bracket of ±∞ is one that was not found
        g = lambda x: f(Tensor(x)).data.astype(np.float64)  # noqa: E731
        low, high = np.full_like(y, low), np.full_like(y, high)
        for _ in range(1100):  # beyond that the step is larger than any float64
            above, below = g(low) > y, g(high) < y
            if not (above.any() or below.any()):
                break
            width = high - low
            low, high = np.where(above, low - width, low), np.where(below, high + width, high)
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            if ((middle == low) | (middle == high) | np.isnan(y)).all():
                break
            above = g(middle) > y
            low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.where(np.isnan(y), np.nan, np.where(np.isfinite(low + high), 0.5 * (low + high), np.nan))


def implicit(f, slope, x, y):
    """``x``, an array with f(x) = y, as a tensor that has the gradient of the inverse function, of y and of all that f depends on.

        F(x, y, θ) = f(x; θ) − y = 0   ⇒   ∂x/∂y = 1 / f′(x),   ∂x/∂θ = −(∂f/∂θ) / f′(x)         (implicit function theorem)

    That is one Newton step from x with the slope f′(x), an array, held constant; its value stays at x to the last digits.
    """
    x = Tensor(x)
    return x - (f(x) - y) / Tensor(slope)
