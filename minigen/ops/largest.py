"""The largest element of each window along an axis, and the way of its gradient: what max pooling is made of.

Windows are told as ``taps``: for each tap of the windows, pairs (windows, elements) of slices, so that y[windows] and x[elements] are
views that lie on each other; see ``slices``. All windows are worked on at once, tap after tap.
"""

import math

import numpy as np

from minigen.autograd import primitive, without_gradient


@primitive
def largest(x, *, axis, taps):
    """y[…, i, …] = the largest x of window i along ``axis``.

    Forward and backward of max pooling, 2×2 on (64, 32, 28, 28): 10 ms; picked by arrays of indices 48 ms (one thread).
    """
    lowest = -math.inf if x.dtype.kind == "f" else False if x.dtype.kind == "b" else np.iinfo(x.dtype).min
    y = np.full_like(x, lowest, shape=_resized(x, axis, max(windows.stop for pairs in taps for windows, _ in pairs)))
    for _, windows, elements in _each(axis, taps):
        here = y[windows]
        np.maximum(here, x[elements], out=here)  # NaN is larger than any number, as in PyTorch
    return y


@largest.vjp
def largest_vjp(g, y, x, *, axis, taps):
    """Each window's gradient goes to its largest element, to the first where several are."""
    return put_under(g, tap_of(x, y, axis=axis, taps=taps), axis=axis, taps=taps, size=x.shape[axis])


@without_gradient
def tap_of(x, y, *, axis, taps):
    """t[…, i, …] = the number of the first tap of window i that lies on its largest element, y[…, i, …]."""
    t = np.zeros_like(y, np.min_scalar_type(len(taps)))
    nan = y.dtype.kind == "f" and bool(np.isnan(y).any())
    for number, windows, elements in reversed(list(_each(axis, taps))):
        here, seen = t[windows], x[elements]
        hit = seen == y[windows]
        step = here - number  # t = number where hit, in whole numbers of one byte: writing through a mask takes four times as long
        step *= (hit | (seen != seen)) if nan else hit
        here -= step
    return t


@primitive
def put_under(v, tap, *, axis, taps, size):
    """y[…, e, …] += v[…, i, …], e being the element under tap t = tap[…, i, …] of window i."""
    y = np.zeros_like(tap, v.dtype, shape=_resized(v, axis, size))  # in the order of x in memory, as tap is
    for number, windows, elements in _each(axis, taps):
        here = y[elements]
        here += v[windows] * (tap[windows] == number)
    return y


@put_under.vjp
def put_under_vjp(g, y, v, tap, *, axis, taps, size):
    """The adjoint: what lies under the taps is taken from there."""
    return take_under(g, tap, axis=axis, taps=taps)


put_under.vjp(None)


@primitive
def take_under(v, tap, *, axis, taps):
    """y[…, i, …] = v[…, e, …], e being the element under tap t = tap[…, i, …] of window i."""
    y = np.zeros_like(tap, v.dtype)
    for number, windows, elements in _each(axis, taps):
        here = y[windows]
        here += v[elements] * (tap[windows] == number)
    return y


@take_under.vjp
def take_under_vjp(g, y, v, tap, *, axis, taps):
    """The adjoint of the adjoint."""
    return put_under(g, tap, axis=axis, taps=taps, size=v.shape[axis])


take_under.vjp(None)


def _resized(x, axis, n):
    return (*x.shape[:axis], n, *x.shape[axis + 1 :])


def _each(axis, taps):
    """(number of the tap, index of windows, index of the elements that they see through it) of all taps, in reading order."""
    ahead = (slice(None),) * axis
    return ((number, (*ahead, i), (*ahead, t)) for number, pairs in enumerate(taps) for i, t in pairs)


# --- windows as slices ------------------------------------------------------------------------------------------------------------


def slices(table, size):
    """The ``taps`` of a table (n, k) of the elements, 0 … size − 1, under each tap of each window; what lies elsewhere is left out.

    One pair for a tap if the windows stand at equal distances, as they nearly always do.
    """
    return tuple(tuple(_runs(column, size)) for column in table.T.tolist())


def _runs(t, size):
    """(windows, elements) for every part of t that rises evenly."""
    i = 0
    while i < len(t):
        j, step = i + 1, max(1, t[i + 1] - t[i]) if i + 1 < len(t) else 1
        if 0 <= t[i] < size:
            while j < len(t) and t[j] == t[j - 1] + step and t[j] < size:
                j += 1
            yield slice(i, j), slice(t[i], t[j - 1] + 1, step)
        i = j
