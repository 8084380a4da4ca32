"""Paths through latent space: interpolation straight and on the sphere, mixing, attribute directions, morphs.

In D dimensions N(0, I) has nearly all of its mass near the sphere of radius √D. The middle of a straight line between two draws is
shorter by √2, which the density likes and the typical image does not know; the spherical path stays outside.
"""

import math

import numpy as np

from minigen.autograd import no_grad
from minigen.device import to_numpy
from minigen.ops import stack
from minigen.tensor import Tensor


def straight(z1, z2, t):
    """(1 − t) z₁ + t z₂ for every t: (D,), (D,), (T,) -> (T, D). Also: mixing, ``straight(z1, z2, [0.25])`` is 75 % z₁ and 25 % z₂."""
    z1, z2 = _pair(z1, z2)
    return stack([(1 - u) * z1 + u * z2 for u in _numbers(t)])


def spherical(z1, z2, t):
    """(sin((1 − t) ω) z₁ + sin(t ω) z₂) / sin ω, ω the angle between z₁ and z₂: (D,), (D,), (T,) -> (T, D)

    On the great circle if both lengths are the same; else the length changes smoothly. For z₁ ∥ z₂ the straight line; ValueError for
    opposite directions, between which there are many great circles. [Shoemake 1985; White 2016, https://arxiv.org/abs/1609.04468]
    """
    z1, z2 = _pair(z1, z2)
    a, b = (to_numpy(z.data).ravel().astype(np.float64) for z in (z1, z2))
    length = np.linalg.norm(a) * np.linalg.norm(b)
    cosine = float(a @ b / length) if length else 1.0
    omega = math.acos(max(-1.0, min(1.0, cosine)))
    if math.sin(omega) < 1e-6:
        if cosine < 0:
            raise ValueError("spherical: the two points lie in opposite directions, and every great circle through them is as good")
        return straight(z1, z2, t)
    return stack([(math.sin((1 - u) * omega) * z1 + math.sin(u * omega) * z2) / math.sin(omega) for u in _numbers(t)])


def direction(z, has):
    """mean(z of those that have it) − mean(z of those that do not): (N, D), (N,) bools -> (D,). z + c · direction adds the attribute.

    ValueError if all have it, or none. [Glow, section 5: "we used the difference of the average latents"]
    """
    has = np.asarray(has, bool)
    if has.all() or not has.any():
        raise ValueError(f"direction: some of the {len(has)} examples must have the attribute and some not, but {int(has.sum())} have it")
    return z[np.flatnonzero(has)].mean(axis=0) - z[np.flatnonzero(~has)].mean(axis=0)


def morph(flow, x1, x2, n=9, path=spherical, context=None):
    """n images from x₁ to x₂ (…), the ends included, decoded from a ``path`` between their latents: (n, …).

    ``flow`` has ``encode`` and ``decode``. The ends come back as they were, up to the rounding of a round trip.
    """
    with no_grad():
        pair = stack([Tensor(x) if not isinstance(x, Tensor) else x for x in (x1, x2)])
        given = () if context is None else (context,)
        z = flow.encode(pair, *given)
        return flow.decode(path(z[0], z[1], np.linspace(0, 1, n)), *given)


def _pair(z1, z2):
    z1, z2 = (z if isinstance(z, Tensor) else Tensor(z) for z in (z1, z2))
    if z1.shape != z2.shape:
        raise ValueError(f"a path leads from one point to another of the same shape, got {tuple(z1.shape)} and {tuple(z2.shape)}")
    return z1, z2


def _numbers(t):
    return [float(u) for u in np.ravel(np.asarray(t, np.float64))]
