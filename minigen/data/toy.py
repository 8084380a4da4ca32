"""Toy densities with exact log-densities: a model trained on them is held to the truth, not to another model."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minigen import random


@dataclass(frozen=True, repr=False, eq=False)
class Toy:
    """A distribution that is easy to look at and exactly known.

    ``draw``: n -> (n, 2) and ``log_density``: (n, 2) -> (n,) in float64; on a line (n,) -> (n,). ``box``, a (low, high) for each
    axis, holds all but 10⁻⁶ of the mass: the frame of a picture. ``entropy`` is −E log p in nats, or None where no closed form
    is known; minus the mean ``log_prob`` of many samples then estimates it. A mixture of equal round Gaussians also tells their
    ``centers`` (K, 2) and ``std``, others None.
    """

    name: str
    draw: Callable
    log_density: Callable
    box: tuple
    entropy: float | None = None
    centers: np.ndarray | None = None
    std: float | None = None

    @property
    def event_shape(self):
        """The shape of one point: (2,) in the plane, () on the line."""
        return (2,) if len(self.box) == 2 else ()

    def sample(self, n, seed=None):
        """``n`` points: (n, 2) float32, or (n,) on the line. With a ``seed`` always the same, else from minigen's own stream."""
        if not isinstance(n, (int, np.integer)) or n < 0:
            raise ValueError(f"sample: expected a number of points, 0 or more, got {n!r}")
        if seed is None:
            return self.draw(n).astype(np.float32)
        with random.fork(seed):
            return self.draw(n).astype(np.float32)

    def log_prob(self, x):
        """log p(x) in nats, −inf off the support: (n, 2), or (n,) on the line -> (n,) float64. ValueError for other shapes."""
        x = np.asarray(x, np.float64)
        if x.ndim == 0 or x.shape[1:] != self.event_shape:
            raise ValueError(f"{self.name}.log_prob: expected shape {'(n, 2)' if self.event_shape else '(n,)'}, got {x.shape}")
        return self.log_density(x)

    def __repr__(self):
        return f"Toy({self.name}" + ("" if self.entropy is None else f", entropy={self.entropy:.7f} nats") + ")"


# --- what the densities are made of -------------------------------------------------------------------------------------------


def uniform(*shape):
    """U[0, 1) in float64 on the CPU, from minigen's stream."""
    return random.rand(shape, np.float64, "cpu")


def normal(*shape):
    """N(0, 1) in float64 on the CPU, from minigen's stream."""
    return random.randn(shape, np.float64, "cpu")


def choice(k, n):
    """``n`` draws from 0 … k−1."""
    return random.randint(0, k, (n,), "cpu")


def log_normal(x, mean, std):
    """log N(x; mean, std²) in nats."""
    return -0.5 * ((x - mean) / std) ** 2 - math.log(std) - 0.5 * math.log(2 * math.pi)


def log_mixture(x, centers, weights, std):
    """log Σₖ wₖ N(x; cₖ, std² I) in nats: x (N, 2), centers (K, 2), weights (K,) -> (N,)."""
    constant = np.log(weights) - math.log(2 * math.pi * std**2)
    result = np.empty(len(x))
    for start in range(0, len(x), 128):  # (128, K) at a time, to stay in the cache: a curve comes with K ≈ 5,000
        part = x[start : start + 128]
        square = (part[:, :1] - centers[:, 0]) ** 2 + (part[:, 1:] - centers[:, 1]) ** 2
        terms = constant - square / (2 * std**2)
        highest = terms.max(axis=1)
        result[start : start + 128] = highest + np.log(np.exp(terms - highest[:, None]).sum(axis=1))
    return result


# --- densities ----------------------------------------------------------------------------------------------------------------


def parabola(scale=40.0):
    """The lecture's bent Gaussian: x₂ ~ N(0, 4²), x₁ ~ N(x₂²/4, 1²), both divided by ``scale``.

    Bending (x₁, x₂) -> (x₁ + x₂²/4, x₂) has determinant 1, so the entropy is that of the two normals minus 2 log scale:
    log 4 + log 2πe − 2 log 40 = −3.1535875 nats. Source: O. Dürr, B. Sick, E. Murina, Probabilistic Deep Learning, 2020, ch. 6,
    after the RealNVP example of TensorFlow Probability.
    """

    def draw(n):
        x2 = 4 * normal(n)
        return np.stack([0.25 * x2**2 + normal(n), x2], axis=1) / scale

    def log_density(x):
        x1, x2 = scale * x.T
        return log_normal(x2, 0, 4) + log_normal(x1, 0.25 * x2**2, 1) + 2 * math.log(scale)

    entropy = math.log(4) + math.log(2 * math.pi * math.e) - 2 * math.log(scale)
    return Toy("parabola", draw, log_density, ((-6 / scale, 106 / scale), (-20 / scale, 20 / scale)), entropy)


def gaussians(name, centers, std):
    """K equal round Gaussians: p(x) = 1/K Σₖ N(x; cₖ, std² I), centers (K, 2). Entropy log K + log 2πe std² if they lie apart."""
    centers = np.asarray(centers, np.float64)
    k, reach = len(centers), np.abs(centers).max() + 6 * std
    distances = np.linalg.norm(centers[:, None] - centers, axis=2)[~np.eye(k, dtype=bool)]
    apart = k == 1 or distances.min() > 16 * std  # the overlap is then below exp(−16²/8), the rounding of float64
    return Toy(
        name,
        lambda n: centers[choice(k, n)] + std * normal(n, 2),
        lambda x: log_mixture(x, centers, np.full(k, 1 / k), std),
        ((-reach, reach), (-reach, reach)),
        math.log(k) + math.log(2 * math.pi * math.e * std**2) if apart else None,
        centers,
        std,
    )


def eight_gaussians(radius=2.0, std=0.02):
    """Eight Gaussians on a circle: a GAN that drops modes is caught here. Source: L. Metz et al. 2017, https://arxiv.org/abs/1611.02163"""
    angle = np.arange(8) * math.pi / 4
    return gaussians("eight_gaussians", radius * np.stack([np.cos(angle), np.sin(angle)], axis=1), std)


def twenty_five_gaussians(spacing=2.0, std=0.05):
    """25 Gaussians on a 5×5 grid around 0. Source: A. Srivastava et al. 2017, https://arxiv.org/abs/1705.07761"""
    steps = spacing * np.arange(-2, 3)
    return gaussians("twenty_five_gaussians", [(a, b) for a in steps for b in steps], std)


def checkerboard():
    """Uniform on the eight squares of side 2 in [−4, 4)² where ⌊x₁/2⌋ + ⌊x₂/2⌋ is even: p = 1/32, entropy log 32.

    Source: W. Grathwohl et al. 2019 (FFJORD), https://arxiv.org/abs/1810.01367
    """

    def draw(n):
        column = choice(4, n) - 2
        row = 2 * (choice(2, n) - 1) + column % 2
        inside = np.minimum(uniform(n, 2), 1 - 2**-20)  # rounding to float32 must not push a point into the next square
        return 2 * (np.stack([column, row], axis=1) + inside)

    def log_density(x):
        column, row = np.floor(x / 2).T
        on = ((column + row) % 2 == 0) & ((x >= -4) & (x < 4)).all(axis=1)
        return np.where(on, -math.log(32), -math.inf)

    return Toy("checkerboard", draw, log_density, ((-4, 4), (-4, 4)), math.log(32))


def uniform_squared():
    """The lecture's first flow, on the line: x = z², z ~ U(0, 2). p(x) = 1 / (4 √x) on (0, 4], entropy 3 log 2 − 1 nats."""

    def log_density(x):
        inside = (x > 0) & (x <= 4)
        return np.where(inside, -math.log(4) - 0.5 * np.log(np.where(inside, x, 1)), -math.inf)

    # 2 − 2u is in (0, 2]: z = 0 would have an infinite density
    return Toy("uniform_squared", lambda n: (2 - 2 * uniform(n)) ** 2, log_density, ((0, 4),), 3 * math.log(2) - 1)
