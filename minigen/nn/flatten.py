"""Flatten and Unflatten: from images to rows and back, as layers."""

import math

from minigen.nn.module import Module
from minigen.nn.spelling import accepts_dim
from minigen.ops.arguments import axis_of


class Flatten(Module):
    """Axes ``start_axis`` … ``end_axis`` become one: (N, C, H, W) -> (N, C · H · W)"""

    @accepts_dim
    def __init__(self, start_axis=1, end_axis=-1):
        self.start_axis, self.end_axis = start_axis, end_axis

    def forward(self, x):
        first, last = (axis_of("Flatten", x.shape, axis) for axis in (self.start_axis, self.end_axis))
        if first > last:
            raise ValueError(f"Flatten: axis {self.start_axis} of {tuple(x.shape)} comes after axis {self.end_axis}")
        return x.reshape(x.shape[:first] + (math.prod(x.shape[first : last + 1]),) + x.shape[last + 1 :])


class Unflatten(Module):
    """Axis ``axis`` becomes axes of the sizes ``unflattened_size``, one of which may be −1: (N, C · H · W) -> (N, C, H, W)"""

    @accepts_dim
    def __init__(self, axis, unflattened_size):
        self.axis, self.unflattened_size = axis, tuple(unflattened_size)

    def forward(self, x):
        axis = axis_of("Unflatten", x.shape, self.axis)
        n, sizes = x.shape[axis], self.unflattened_size
        known = math.prod(s for s in sizes if s != -1)
        if sizes.count(-1) > 1 or (n % known if -1 in sizes and known else n != known):
            raise ValueError(f"Unflatten: axis {self.axis} of {tuple(x.shape)} has {n} elements, which do not fill {sizes}")
        return x.reshape(x.shape[:axis] + sizes + x.shape[axis + 1 :])
