"""Coupling layers: a part of x passes unchanged and decides, through any network, how the rest moves. NICE and RealNVP are made of them.

The Jacobian is triangular, so its determinant costs nothing, and the inverse needs the network only as it is:

    ∂y/∂x = ⎡  I         0      ⎤   the network's own derivatives stand below the diagonal, and no determinant asks for them
            ⎣  …   diag ∂yᵢ/∂xᵢ ⎦
"""

import numpy as np

from minigen.bijections.affine import scale_and_add, sum_of_scales
from minigen.bijections.bijection import Bijection, no_change, required, sum_except_batch
from minigen.device import create, get_default_dtype
from minigen.nn.module import Buffer, Parameter
from minigen.ops import broadcast_to, cat, exp, reshape, tanh


class Coupling(Bijection):
    """What all couplings share: which elements pass, what the network sees, how log-determinants are summed.

    ``mask``: True for what passes. With one axis, (D,) features or (C,) channels, x (N, D, …) is split: ``net`` sees the d that pass and
    gives ``per_element`` numbers for each of the others, (N, d, …) -> (N, per_element · (D − d), …), all of one kind, then all of the
    next. With more axes, such as a checkerboard (1, H, W), nothing is split: ``net`` sees b ⊙ x, with zeros where b = 0, and gives
    (N, per_element · C, H, W). ``conditional``: ``net`` sees the context as well, joined along axis 1; (N, K) is repeated for all pixels.

    A subclass writes ``transform`` and ``restore``, or both directions from the four steps that they are made of: ``parts``, ``theta``, its
    own arithmetic, ``joined``. Parameters of 0 must change nothing.
    """

    per_element = 1

    def __init__(self, mask, net, conditional=False):
        b = np.asarray(mask)
        if not b.ndim or not np.isin(b, (0, 1)).all() or b.all() or not b.any():
            what = f"shape {b.shape}, {int((b == 1).sum())} ones" if b.ndim else f"{mask!r}"
            raise ValueError(
                f"{type(self).__name__}: the mask holds 1 where x passes and 0 where it moves, and both must occur; got {what}; "
                "half_mask(D) and checkerboard_mask(H, W) make one"
            )
        b = b.astype(bool)
        self.net, self.conditional = net, conditional
        self.passive, self.active = (places(b), places(~b)) if b.ndim == 1 else (None, None)
        self.d = int(b.sum())
        self.order = np.argsort(np.concatenate([np.flatnonzero(b), np.flatnonzero(~b)])) if b.ndim == 1 else None
        self.halves = b.ndim == 1 and (b[1:] != b[:-1]).sum() == 1  # one piece passes, the other moves
        self.mask = Buffer(b.astype(get_default_dtype())) if b.ndim > 1 else None

    def transform(self, x, theta):
        """(y, log|∂yᵢ/∂xᵢ|) of the elements that move, given their parameters: (N, k, …), (N, per_element, k, …) -> twice (N, k, …)"""
        raise NotImplementedError(f"{type(self).__name__} has no transform: write def transform(self, x, theta) in it")

    def restore(self, y, theta):
        """(x, log|∂xᵢ/∂yᵢ|): the inverse of ``transform``."""
        raise NotImplementedError(f"{type(self).__name__} has no restore: write def restore(self, y, theta) in it")

    def forward(self, x, context=None):
        passes, moves = self.parts(x)
        y, log_scale = self.transform(moves, self.theta(passes, context))
        return self.joined(passes, y), no_change(x) if log_scale is None else sum_except_batch(log_scale)

    def inverse(self, y, context=None):
        passes, moves = self.parts(y)
        x, log_scale = self.restore(moves, self.theta(passes, context))
        return self.joined(passes, x), no_change(y) if log_scale is None else sum_except_batch(log_scale)

    def parts(self, x):
        """(what passes, what moves): (N, D, …) -> (N, d, …), (N, D − d, …); of a mask with more axes b ⊙ x and x as a whole."""
        if self.mask is not None:
            return self.mask * x, x
        self._check(x)
        return x[:, self.passive], x[:, self.active]

    def joined(self, passes, y):
        """The two parts in their places again: what passes, and what has moved."""
        if self.mask is not None:
            return y  # where b = 1 the parameters are 0 and nothing has moved
        if self.halves:
            return cat([passes, y] if self.passive.start == 0 else [y, passes], axis=1)
        return cat([passes, y], axis=1)[:, self.order]

    def theta(self, passes, context=None):
        """What the network says of the elements that move, given those that pass: (N, d, …) -> (N, per_element, k, …)"""
        theta = self._net(passes, context)
        theta = reshape(theta, (len(passes), self.per_element, -1, *passes.shape[2:]))
        return theta if self.mask is None else theta * (1 - self.mask)

    def _net(self, passes, context):
        """The network's output: (N, d, …) -> (N, per_element · k, …). ValueError for another shape."""
        theta = self.net(with_context(type(self).__name__, passes, context) if self.conditional else passes)
        k = len(self.order) - self.d if self.mask is None else passes.shape[1]
        expected = (len(passes), self.per_element * k, *passes.shape[2:])
        if theta.shape != expected:
            raise ValueError(f"{type(self).__name__}: net must give {expected} for {tuple(passes.shape)}, got {tuple(theta.shape)}")
        return theta

    def _check(self, x):
        if x.shape[1:2] != self.order.shape:
            raise ValueError(f"{type(self).__name__}: expected (N, {len(self.order)}, …), as the mask has it, got {tuple(x.shape)}")


class AdditiveCoupling(Coupling):
    """y = b ⊙ x + (1 − b) ⊙ (x + t),   t = net(b ⊙ x)                                              [NICE, sec. 3.2]

    Volumes are kept, log|det ∂y/∂x| = 0. ``mask`` and ``net``: see ``Coupling``; ``net`` gives one number for each element that moves.
    """

    def transform(self, x, theta):
        return x + theta[:, 0], None

    def restore(self, y, theta):
        return y - theta[:, 0], None


class AffineCoupling(Coupling):
    """y = b ⊙ x + (1 − b) ⊙ (x ⊙ exp(s) + t)   with   s, t = net(b ⊙ x)                             [RealNVP, eq. 9]

    b is the ``mask``: where b = 1, x passes unchanged and decides how the rest moves. log|det ∂y/∂x| = Σ (1 − b) ⊙ s.
    ``net`` gives two numbers for each element that moves, first all s, then all t; what it sees: see ``Coupling``.

    The network's own s goes through a · tanh, so that no element is stretched by more than eᵃ: ``bound`` is a, a number, or "learned"
    for a parameter that starts at 1, or None for no bound. [RealNVP, sec. 4.1]
    """

    per_element = 2

    def __init__(self, mask, net, conditional=False, bound=2.0):
        super().__init__(mask, net, conditional)
        number = isinstance(bound, (int, float)) and not isinstance(bound, bool)
        if not (bound is None or bound == "learned" or (number and bound > 0)):
            raise ValueError(f'AffineCoupling: bound must be a positive number, "learned" or None, got {bound!r}')
        self.bound = Parameter(create("ones", (), dtype=get_default_dtype())) if bound == "learned" else bound

    def scale_and_shift(self, theta):
        """(s, t): (N, 2, k, …) -> twice (N, k, …). A subclass may have other scales."""
        return bounded(theta[:, 0], self.bound), theta[:, 1]

    def forward(self, x, context=None):
        """(y, log|det ∂y/∂x|) of y₁ = x₁,  y₂ = x₂ ⊙ exp(s) + t;  s, t = net(x₁): (N, D, …) -> (N, D, …), (N,)

        x₁ is what passes, x₂ what moves.
        """
        if self._short:
            return self._in_two_nodes(x, context, back=False)
        passes, moves = self.parts(x)
        s, t = self.scale_and_shift(self.theta(passes, context))
        return self.joined(passes, moves * exp(s) + t), sum_except_batch(s)

    def inverse(self, y, context=None):
        """(x, log|det ∂x/∂y|), the way back, for which the network need not be inverted: (N, D, …) -> (N, D, …), (N,)

        The network has seen what passes, which is in y as it was in x: it says the same s and t again.
        """
        if self._short:
            return self._in_two_nodes(y, context, back=True)
        passes, moves = self.parts(y)
        s, t = self.scale_and_shift(self.theta(passes, context))
        return self.joined(passes, (moves - t) * exp(-s)), -sum_except_batch(s)

    @property
    def _short(self):
        """Whether a number bounds the scale and a slice says what moves."""
        bounded_scale = type(self).scale_and_shift is AffineCoupling.scale_and_shift  # not one that a subclass has
        return bounded_scale and self.bound is not None and isinstance(self.active, slice)

    def _in_two_nodes(self, x, context, back):
        """The same in two nodes instead of ten."""
        self._check(x)
        theta = self._net(x[:, self.passive], context)
        log_det = sum_of_scales(theta, self.bound)
        return scale_and_add(x, theta, self.bound, active=self.active, back=back), -log_det if back else log_det


def bounded(s, bound):
    """a · tanh(s) for the bound a, which lies between −a and a; s for None."""
    return s if bound is None else bound * tanh(s)


def places(mask):
    """The indices where a mask (D,) holds, as a slice, which makes a view, if they are evenly spaced."""
    found = np.flatnonzero(mask)
    steps = np.diff(found)
    return slice(int(found[0]), int(found[-1]) + 1, int(steps[0]) if len(steps) else 1) if len(set(steps)) < 2 else found


def with_context(who, x, context):
    """x and the context joined along axis 1: (N, d, …), (N, K) or (N, K, …) -> (N, d + K, …)"""
    context = required(who, context, x)
    if context.ndim < x.ndim:
        context = reshape(context, (*context.shape, *(1,) * (x.ndim - context.ndim)))
        context = broadcast_to(context, (*context.shape[:2], *x.shape[2:]))
    return cat([x, context], axis=1)
