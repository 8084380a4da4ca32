"""Maps of one number, applied to every element: straight lines, powers, exponentials, bent lines."""

import math

import numpy as np

from minigen.bijections.bijection import Bijection, Inverse, impossible, inside, sum_except_batch
from minigen.device import as_array, get_default_dtype
from minigen.nn.module import Parameter
from minigen.ops import abs, broadcast_to, exp, log, where
from minigen.tensor import Tensor


def learnable(p):
    """A number or an array as a Parameter, which training changes; a tensor as it is: a Buffer stays constant, a Parameter is shared."""
    if isinstance(p, Tensor):
        return p
    array = as_array(p)
    return Parameter(array if array.dtype.kind == "f" else array.astype(get_default_dtype()))


class Affine(Bijection):
    """y = a x + b, element by element;  log|∂y/∂x| = log|a|,  a ≠ 0.

    ``a``, ``b``: numbers for all elements, or arrays that broadcast to an event. They become Parameters; give a Buffer or a Parameter to
    hold them constant or to share them.
    """

    def __init__(self, a=1.0, b=0.0):
        self.a, self.b = learnable(a), learnable(b)
        if not (self.a.data != 0).all():
            raise ValueError("Affine: a = 0 maps everything to b; it must not be zero")

    def forward(self, x, context=None):
        return self.a * x + self.b, sum_except_batch(broadcast_to(log(abs(self.a)), x.shape))

    def inverse(self, y, context=None):
        return (y - self.b) / self.a, -sum_except_batch(broadcast_to(log(abs(self.a)), y.shape))


class Square(Bijection):
    """y = x² for x > 0;  log|∂y/∂x| = log 2x.          [the slides' first example]"""

    def forward(self, x, context=None):
        root, rows = inside(x, x.data <= 0, 1.0)
        return x * x, impossible(sum_except_batch(log(2 * root)), rows)

    def inverse(self, y, context=None):
        y, rows = inside(y, y.data <= 0, 1.0)
        x = y**0.5
        return x, impossible(-sum_except_batch(log(2 * x)), rows)


class Power(Bijection):
    """y = xᵖ for x > 0;  log|∂y/∂x| = log|p| + (p − 1) log x.  ``p`` ≠ 0 is a fixed number."""

    def __init__(self, p):
        if not (isinstance(p, (int, float)) and math.isfinite(p) and p != 0):
            raise ValueError(f"Power: expected a finite number p that is not 0, got {p!r}")
        self.p = float(p)

    def forward(self, x, context=None):
        return self._power(x, self.p)

    def inverse(self, y, context=None):
        return self._power(y, 1 / self.p)

    def _power(self, x, p):
        x, rows = inside(x, x.data <= 0, 1.0)
        return x**p, impossible(sum_except_batch((p - 1) * log(x) + math.log(math.fabs(p))), rows)


class Exp(Bijection):
    """y = eˣ;  log|∂y/∂x| = x."""

    def forward(self, x, context=None):
        return exp(x), sum_except_batch(x)

    def inverse(self, y, context=None):
        y, rows = inside(y, y.data <= 0, 1.0)
        x = log(y)
        return x, impossible(-sum_except_batch(x), rows)


class Log(Inverse):
    """y = log x for x > 0;  log|∂y/∂x| = −log x."""

    def __init__(self):
        super().__init__(Exp())


class LeakyReLU(Bijection):
    """y = x for x ≥ 0 and c x below;  log|∂y/∂x| is 0 or log c.  ``negative_slope`` c > 0 is a fixed number."""

    def __init__(self, negative_slope=0.01):
        if not (isinstance(negative_slope, (int, float)) and 0 < negative_slope < math.inf):
            raise ValueError(f"LeakyReLU: negative_slope must be a positive number for the map to be invertible, got {negative_slope!r}")
        self.negative_slope = float(negative_slope)

    def forward(self, x, context=None):
        return self._bent(x, self.negative_slope)

    def inverse(self, y, context=None):
        return self._bent(y, 1 / self.negative_slope)

    def _bent(self, x, slope):
        negative = x.data < 0
        log_slope = negative.astype(x.dtype) * math.log(slope)
        return where(negative, slope * x, x), sum_except_batch(Tensor(np.where(np.isnan(x.data), x.data, log_slope)))
