"""Bijection: an invertible map that knows how much it stretches space. Inverse and Chain make new ones out of given ones.

A flow draws x = g(z) with z from a simple density. Mass is conserved, so at x = g(z)

    log p_x(x) = log p_z(z) − log|det ∂g/∂z|  =  log p_z(g⁻¹(x)) + log|det ∂g⁻¹/∂x|

Every bijection therefore returns two things in each direction, the image and the logarithm of the determinant *of the map that was just
applied*; along a chain of maps one only ever adds.
"""

import numpy as np

from minigen.nn.module import Module
from minigen.ops import where
from minigen.tensor import Tensor


class Bijection(Module):
    """An invertible map:  forward(x) -> (y, log|det ∂y/∂x|),   inverse(y) -> (x, log|det ∂x/∂y|).

    Axis 0 is the batch, all other axes are one event: x (N, …), log-determinants (N,); on a line x (N,). ``context``, (N, …), is what a
    conditional map depends on besides x; a map without one ignores it.

    Where an element lies outside of what the map is defined on, the log-determinant of its row is −∞ and the image some finite number:
    a density there is 0, and neither it nor its gradient is NaN. See ``inside``.
    """

    def forward(self, x, context=None):
        """(y, log|det ∂y/∂x|): (N, …) -> (N, …), (N,)"""
        raise NotImplementedError(f"{type(self).__name__} has no forward: write def forward(self, x, context=None) in it")

    def inverse(self, y, context=None):
        """(x, log|det ∂x/∂y|): (N, …) -> (N, …), (N,)"""
        raise NotImplementedError(f"{type(self).__name__} has no inverse: write def inverse(self, y, context=None) in it")

    def forward_shape(self, shape):
        """The shape of y for events x of this ``shape``, both without the batch; the same unless the map rearranges."""
        return tuple(shape)

    def inverse_shape(self, shape):
        """The shape of x for events y of this ``shape``."""
        return tuple(shape)

    @property
    def inv(self):
        """The inverse map as a bijection, which shares the parameters."""
        return Inverse(self)


class Inverse(Bijection):
    """A bijection the other way round: its forward is the inverse of ``bijection``."""

    def __init__(self, bijection):
        self.bijection = bijection

    def forward(self, x, context=None):
        return self.bijection.inverse(x, context)

    def inverse(self, y, context=None):
        return self.bijection.forward(y, context)

    def forward_shape(self, shape):
        return self.bijection.inverse_shape(shape)

    def inverse_shape(self, shape):
        return self.bijection.forward_shape(shape)

    @property
    def inv(self):
        return self.bijection


class Chain(Bijection):
    """y = fₙ(… f₂(f₁(x))), in the order in which they are given.

        log|det ∂y/∂x| = Σᵢ log|det ∂fᵢ|, each at the point that it was applied to         (the chain rule, and det AB = det A det B)

    ``chain[1]`` is a bijection, ``chain[1:]`` a Chain that shares its bijections.
    """

    def __init__(self, *bijections):
        for b in bijections:
            if not hasattr(b, "inverse"):
                hint = "unpack a list, as *bijections" if isinstance(b, (list, tuple)) else "it needs forward and inverse"
                raise TypeError(f"Chain: expected bijections, got {type(b).__name__}; {hint}")
        self.bijections = list(bijections)

    def forward(self, x, context=None):
        """(y, log|det ∂y/∂x|), f₁ first: (N, …) -> (N, …), (N,)"""
        return self._through(x, [b.forward for b in self.bijections], context)

    def inverse(self, y, context=None):
        """(x, log|det ∂x/∂y|), the way back through the chain: (N, …) -> (N, …), (N,)"""
        return self._through(y, [b.inverse for b in reversed(self.bijections)], context)

    def _through(self, x, maps, context):
        total = no_change(x) if not maps else None
        for apply in maps:
            x, log_det = apply(x, context)
            total = log_det if total is None else total + log_det
        return x, total

    def forward_shape(self, shape):
        for b in self.bijections:
            shape = b.forward_shape(shape)
        return tuple(shape)

    def inverse_shape(self, shape):
        for b in reversed(self.bijections):
            shape = b.inverse_shape(shape)
        return tuple(shape)

    def __getitem__(self, i):
        return Chain(*self.bijections[i]) if isinstance(i, slice) else self.bijections[i]

    def __len__(self):
        return len(self.bijections)

    def __iter__(self):
        return iter(self.bijections)


# --- what the maps need -------------------------------------------------------------------------------------------------------


def sum_except_batch(x):
    """Σ over all axes but the first: (N, …) -> (N,)"""
    return x.sum(axis=tuple(range(1, x.ndim))) if x.ndim > 1 else x


def no_change(x):
    """The log-determinant of a map that keeps volumes: zeros (N,)"""
    return Tensor(np.zeros_like(x.data, shape=x.shape[:1]))


def required(who, context, x):
    """``context``, which the map ``who`` cannot do without. ValueError if there is none, or not a row for each of x."""
    if context is None:
        raise ValueError(f"{who}: this map is conditional; give it a context, as in log_prob(x, context) or sample(n, context=context)")
    if len(context) != len(x):
        raise ValueError(f"{who}: {len(x)} rows need as many rows of context, got {len(context)}")
    return context


def inside(x, outside, safe):
    """(x with the number ``safe`` for elements that are ``outside`` of a map's domain, rows with any such element (N,) or None).

    ``outside``: a bool array of the shape of x. NaN is no place: written as ``x.data <= 0``, it stays NaN, and is seen.
    """
    if not outside.any():
        return x, None
    return where(outside, safe, x), outside.reshape(len(outside), -1).any(axis=1)


def impossible(log_det, rows):
    """``log_det`` (N,) with −∞ for the ``rows`` that ``inside`` found: the density is 0 there."""
    return log_det if rows is None else where(rows, -np.inf, log_det)
