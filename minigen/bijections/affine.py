"""An affine coupling's arithmetic as two primitives: RealNVP in the plane spends its time on the number of nodes, not on numbers.

Without its network, forward and backward of (256, 2): 72 µs, composed of slices, tanh, exp, products and cat 105 µs; a whole training
step of five couplings 0.90 instead of 1.14 ms. (8192, 2): 126 and 159 µs.
"""

import numpy as np

from minigen.autograd import primitive
from minigen.ops import cat, exp, tanh
from minigen.ops.indexing import put_at
from minigen.ops.picking import set_at


@primitive
def scale_and_add(x, theta, bound, *, active, back=False):
    """y = x, but at the indices ``active`` of axis 1: y = x ⊙ exp(s) + t,   or with ``back`` (x − t) ⊙ exp(−s).

    s = a tanh(θ₁), t = θ₂, θ₁ and θ₂ the halves of ``theta`` (N, 2k, …), a = ``bound``. x (N, D, …) -> (N, D, …)
    """
    k = theta.shape[1] // 2
    h, t = np.tanh(theta[:, :k]), theta[:, k:]
    e = np.exp((-bound if back else bound) * h)
    y = x.astype(np.result_type(x, theta))
    y[:, active] = (x[:, active] - t) * e if back else x[:, active] * e + t
    return y, (h, e)


@scale_and_add.vjp_common
def scale_and_add_common(g, y, x, theta, bound, *, active, back, saved):
    """(g, ∂L/∂x, ∂L/∂s, ∂L/∂t at the active places, tanh θ₁)"""
    k = theta.shape[1] // 2
    h = tanh(theta[:, :k]) if saved is None else saved[0]
    e = exp((-bound if back else bound) * h) if saved is None else saved[1]
    ga = g[:, active]
    gx = ga * e
    return (g, gx, -ga * y[:, active], -gx, h) if back else (g, gx, gx * x[:, active], ga, h)


@scale_and_add.vjp
def scale_and_add_vjp_x(g, y, x, theta, bound, *, active, back, saved):
    """∂y/∂x = 1, and exp(±s) where it moves"""
    g, gx, *_ = g
    return direct(set_at, g)(g, gx, index=(slice(None), active))


@scale_and_add.vjp
def scale_and_add_vjp_theta(g, y, x, theta, bound, *, active, back, saved):
    """∂s/∂θ₁ = a (1 − tanh²), ∂t/∂θ₂ = 1"""
    _, _, gs, gt, h = g
    return direct(cat, gs)(gs * (bound - bound * h * h), gt, axis=1)


@scale_and_add.vjp
def scale_and_add_vjp_bound(g, y, x, theta, bound, *, active, back, saved):
    """∂s/∂a = tanh θ₁"""
    _, _, gs, _, h = g
    return (gs * h).sum()


@primitive
def sum_of_scales(theta, bound):
    """y = Σ a tanh(θ₁) over all elements that move, the log-determinant: (N, 2k, …), a number -> (N,)"""
    h = np.tanh(theta[:, : theta.shape[1] // 2])
    return bound * (h.sum(axis=tuple(range(1, h.ndim))) if h.size != len(h) else h.reshape(len(h))), h


@sum_of_scales.vjp_common
def sum_of_scales_common(g, y, theta, bound, *, saved):
    """(g for each element, tanh θ₁)"""
    h = tanh(theta[:, : theta.shape[1] // 2]) if saved is None else saved
    return g.reshape((-1,) + (1,) * (theta.ndim - 1)), h


@sum_of_scales.vjp
def sum_of_scales_vjp_theta(g, y, theta, bound, *, saved):
    """∂y/∂θ₁ = a (1 − tanh²), ∂y/∂θ₂ = 0"""
    g, h = g
    return direct(put_at, g)(g * (bound - bound * h * h), index=(slice(None), slice(h.shape[1])), shape=theta.shape)


@sum_of_scales.vjp
def sum_of_scales_vjp_bound(g, y, theta, bound, *, saved):
    """∂y/∂a = Σ tanh θ₁"""
    g, h = g
    return (g * h).sum()


def direct(op, g):
    """The function inside of ``op`` where g is a bare array: the engine's door would cost as much as the room."""
    return op.__wrapped__ if type(g) is np.ndarray else op
