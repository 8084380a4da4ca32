"""Drawn faces: grey pictures made from two known numbers, smile and pose, so that what a model finds can be measured."""

from typing import NamedTuple

import numpy as np

from minigen import random

MOUTH = 0.40, 0.34  # its height below the middle, half of its width; the picture reaches from −1 to 1, downwards
BEND = 0.30  # by how much the corners of the widest smile lie above its middle
TURN = 0.15  # how far eyes and mouth move to the side in a head that is turned as far as can be


class DrawnFaces(NamedTuple):
    """``images`` (N, H, H) uint8; ``smile`` (N,): −1 sad … 1 laughing; ``pose`` (N,): −1 turned to the left … 1 to the right."""

    images: np.ndarray
    smile: np.ndarray
    pose: np.ndarray


def drawn_faces(n, size=20, seed=0, smile=None, pose=None):
    """n faces of size × size pixels, whose smile and pose are uniform on [−1, 1] unless given: DrawnFaces.

    The width of the head, its grey and the background vary too, a little. ``seed`` decides all, apart from minigen's own stream.
    """
    rng = random.new_generator(seed)
    factors = [rng.uniform(-1, 1, n) if f is None else np.broadcast_to(np.asarray(f, float), (n,)) for f in (smile, pose)]
    smile, pose = factors
    width, skin, back = rng.uniform(0.66, 0.74, n), rng.uniform(0.75, 0.9, n), rng.uniform(0.1, 0.2, n)
    at = (np.arange(size) + 0.5) * 2 / size - 1
    y, x = at[:, None], at[None, :]
    column = lambda v: np.reshape(v, (n, 1, 1))  # noqa: E731
    smile, pose, width, skin, back = map(column, (smile, pose, width, skin, back))

    def covered(distance):  # of a pixel, by what has this signed distance from its middle: a soft edge, one pixel wide
        return np.clip(0.5 - distance * size / 2, 0, 1)

    head = covered((np.sqrt((x / width) ** 2 + (y / 0.9) ** 2) - 1) * width)
    u = x - TURN * pose
    eyes = covered(np.hypot(np.abs(u) - 0.28, y + 0.2) - 0.1)
    middle, half = MOUTH
    curve = middle + BEND * smile * (0.5 - (u / half) ** 2)
    mouth = covered(np.abs(y - curve) - 0.07) * covered(np.abs(u) - half)
    picture = back + head * (skin - back) * (1 - 0.85 * eyes) * (1 - 0.8 * mouth)
    return DrawnFaces((255 * picture).round().astype(np.uint8), *factors)


def measured_smile(images):
    """The smile that can be seen in faces, drawn or generated: (N, H, H) of numbers in [0, 1] or uint8 -> (N,), about −1 … 1.

    What is dark between eyes and chin is the mouth; a parabola is laid through it by least squares, weighted with the darkness.
    """
    x = np.asarray(images, float) / (255 if np.asarray(images).dtype == np.uint8 else 1)
    at = (np.arange(x.shape[1]) + 0.5) * 2 / x.shape[1] - 1
    y, u = (a.ravel() for a in np.meshgrid(at, at, indexing="ij"))
    region = (y > 0.08) & ((u / 0.6) ** 2 + (y / 0.8) ** 2 < 1)
    part, y, u = x.reshape(len(x), -1)[:, region], y[region], u[region]
    dark = np.clip(0.8 * np.quantile(part, 0.8, axis=1, keepdims=True) - part, 1e-6, None)
    u = u - (dark * u).sum(axis=1, keepdims=True) / dark.sum(axis=1, keepdims=True)  # from the middle of the mouth
    basis = np.stack([np.ones_like(u), u, u**2], axis=-1)  # (N, pixels, 3)
    gram = np.einsum("np,npi,npj->nij", dark, basis, basis) + 1e-6 * np.eye(3)
    bend = np.linalg.solve(gram, np.einsum("np,npi,p->ni", dark, basis, y)[..., None])[:, 2, 0]
    return -bend * MOUTH[1] ** 2 / BEND
