"""Neural Spline Flows. C. Durkan, A. Bekasov, I. Murray, G. Papamakarios, 2019. https://arxiv.org/abs/1906.04032"""

import math

import numpy as np

from minigen.bijections.bijection import Bijection, sum_except_batch
from minigen.bijections.elementwise import learnable
from minigen.device import create, get_default_dtype
from minigen.ops import broadcast_to, cat, cumsum, log, logaddexp, softmax, sqrt, take_along_dim, where
from minigen.tensor import Tensor

LEAST = 1e-3  # of a bin's share of the width or height, and of a slope: no bin closes, no slope vanishes [the paper's own value]


class RationalQuadraticSpline(Bijection):
    """Element by element y = x outside of [−B, B], and inside a monotone curve of K pieces, each a ratio of two parabolas.

    With ``shape`` (), one curve for all elements; with the shape of an event, one for each. It starts as y = x.
    ``widths``, ``heights`` (*shape, K) and ``slopes`` (*shape, K − 1) are free numbers: see ``rational_quadratic_spline``.
    """

    def __init__(self, bins=8, bound=3.0, shape=()):
        if bins < 2 or not bound > 0:
            raise ValueError(f"RationalQuadraticSpline: expected at least 2 bins and a positive bound, got {bins} and {bound}")
        zeros = lambda k: create("zeros", (*shape, k), dtype=get_default_dtype())  # noqa: E731
        self.bound = float(bound)
        self.widths, self.heights, self.slopes = learnable(zeros(bins)), learnable(zeros(bins)), learnable(zeros(bins - 1))

    def forward(self, x, context=None):
        return self._apply(x, inverse=False)

    def inverse(self, y, context=None):
        return self._apply(y, inverse=True)

    def _apply(self, x, inverse):
        y, log_slope = rational_quadratic_spline(x, self.widths, self.heights, self.slopes, self.bound, inverse)
        return y, sum_except_batch(log_slope)


def rational_quadratic_spline(x, widths, heights, slopes, bound=3.0, inverse=False):
    """(y, log ∂y/∂x) of the curve, element by element: (…) -> (…), (…). With ``inverse`` the other way: (x, log ∂x/∂y) of y.

    ``widths``, ``heights`` (…, K): free numbers, of which a softmax makes the sizes of K bins that fill [−B, B], B = ``bound``.
    ``slopes`` (…, K − 1): free numbers too; at the inner knots the slope is δ = 10⁻³ + softplus(c + slopes), where c makes 0 slope 1, and
    at ±B it is 1, so that the straight lines outside go on smoothly. All leading axes broadcast against x.

        y = y_k + h [s ξ² + δ_k ξ(1 − ξ)] / [s + (δ_{k+1} + δ_k − 2s) ξ(1 − ξ)],    ξ = (x − x_k)/w,  s = h/w               [eq. 4]
    """
    outside = np.abs(x.data) >= bound
    inner = where(outside, 0.0, x)
    x_k, w, y_k, h, d_0, d_1 = _bin(inner, widths, heights, slopes, bound, inverse)
    s = h / w
    bend = d_1 + d_0 - 2 * s
    if inverse:  # a ξ² + b ξ + c = 0, the root in [0, 1] in the form that does not cancel [eq. 6–8]
        v = inner - y_k
        a, b, c = h * (s - d_0) + v * bend, h * d_0 - v * bend, -s * v
        xi = 2 * c / (-b - sqrt(b * b - 4 * a * c))
    else:
        xi = (inner - x_k) / w
    mixed = xi * (1 - xi)
    low = s + bend * mixed
    log_slope = 2 * log(s) + log(d_1 * xi * xi + 2 * s * mixed + d_0 * (1 - xi) * (1 - xi)) - 2 * log(low)  # [eq. 5]
    y = x_k + w * xi if inverse else y_k + h * (s * xi * xi + d_0 * mixed) / low
    return where(outside, x, y), where(outside, 0.0, -log_slope if inverse else log_slope)


def _bin(x, widths, heights, slopes, bound, inverse):
    """Of the bin in which each x lies: its left edge and width, lower edge and height, and the slopes at both ends, all (…)."""
    x_knots, y_knots = _knots(widths, bound), _knots(heights, bound)
    edge = 1 + slopes[..., :1] * 0
    inner = LEAST + logaddexp(slopes + math.log(math.expm1(1 - LEAST)), 0.0)
    d = cat([edge, inner, edge], axis=-1)
    knots = (y_knots if inverse else x_knots).data
    k = (x.data[..., None] >= knots[..., 1:-1]).sum(axis=-1)[..., None]  # how many inner knots lie to the left: (…, 1)
    pick = lambda table, k: take_along_dim(broadcast_to(table, k.shape[:-1] + table.shape[-1:]), Tensor(k), axis=-1)[..., 0]  # noqa: E731
    x_k, y_k = pick(x_knots, k), pick(y_knots, k)
    return x_k, pick(x_knots, k + 1) - x_k, y_k, pick(y_knots, k + 1) - y_k, pick(d, k), pick(d, k + 1)


def _knots(sizes, bound):
    """K + 1 places from −B to B, whose distances are at least LEAST of the whole: (…, K) -> (…, K + 1)"""
    k = sizes.shape[-1]
    share = LEAST + (1 - LEAST * k) * softmax(sizes, axis=-1)
    inner = cumsum(share, axis=-1)[..., :-1]
    first = inner[..., :1] * 0
    return bound * (2 * cat([first, inner, first + 1], axis=-1) - 1)
