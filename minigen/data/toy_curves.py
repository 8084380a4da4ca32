"""Toy densities bent around a centre: rings, pinwheel, moons, spirals, each defined so that its density can be computed."""

import math

import numpy as np

from minigen.data.toy import Toy, choice, log_mixture, log_normal, normal, uniform


def polar(radius, angle):
    """(r cos φ, r sin φ): (n,), (n,) -> (n, 2)."""
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def square_box(reach):
    """The square around 0 that reaches ``reach`` to each side."""
    return ((-reach, reach), (-reach, reach))


def rings(radii=(0.75, 1.5, 2.25, 3.0), noise=0.08):
    """Concentric rings: φ ~ U(0, 2π), r ~ N(rₖ, noise²) with k uniform, x = (r cos φ, r sin φ).

    The area element is |r| dr dφ, and r and −r are the same circle: p(x) = 1/K Σₖ [N(r; rₖ) + N(−r; rₖ)] / (2π r) with r = |x|.
    """
    radii = np.asarray(radii, np.float64)

    def draw(n):
        return polar(radii[choice(len(radii), n)] + noise * normal(n), 2 * math.pi * uniform(n))

    def log_density(x):
        r = np.maximum(np.hypot(*x.T), 1e-300)  # log 0 is not needed, even at the centre
        terms = log_normal(np.stack([r, -r])[:, :, None], radii, noise)  # (2, n, K)
        return np.logaddexp.reduce(np.logaddexp.reduce(terms, axis=0), axis=1) - np.log(len(radii) * 2 * math.pi * r)

    return Toy("rings", draw, log_density, square_box(radii.max() + 6 * noise))


def pinwheel(arms=5, radial=0.3, tangential=0.1, swirl=0.25):
    """Long Gaussians around a centre, swirled: x = 2 R(2πk/arms + swirl·exp|f|) f with f ~ N((1, 0), diag(radial², tangential²)).

    The arm k is uniform. A rotation R by an angle that depends on |f| alone turns each circle as a whole and keeps areas, so that
    p(x) = 1/arms Σₖ N(R(−2πk/arms − swirl·exp|x/2|) x/2) / 4. Source of the picture: M. Johnson et al. 2016,
    https://arxiv.org/abs/1603.06277, where the angle depends on f₁, and there is no such formula.
    """

    def draw(n):
        f1, f2 = 1 + radial * normal(n), tangential * normal(n)
        r = np.hypot(f1, f2)
        return 2 * polar(r, np.arctan2(f2, f1) + 2 * math.pi * choice(arms, n) / arms + swirl * np.exp(r))

    def log_density(x):
        r = np.hypot(*x.T) / 2
        angle = np.arctan2(x[:, 1], x[:, 0]) - swirl * np.exp(r)
        angle = angle[:, None] - 2 * math.pi * np.arange(arms) / arms  # (n, arms)
        f1, f2 = r[:, None] * np.cos(angle), r[:, None] * np.sin(angle)
        terms = log_normal(f1, 1, radial) + log_normal(f2, 0, tangential)
        return np.logaddexp.reduce(terms, axis=1) - math.log(4 * arms)

    return Toy("pinwheel", draw, log_density, square_box(2 * (1 + 5 * radial)))


# --- noise around a curve -----------------------------------------------------------------------------------------------------


def nodes(low, high, panels):
    """Points and weights with ∫ f ≈ Σ wᵢ f(tᵢ) over [low, high]: Gauss–Legendre with 8 points in each of ``panels`` pieces."""
    point, weight = np.polynomial.legendre.leggauss(8)
    half = (high - low) / (2 * panels)
    middle = low + half * (2 * np.arange(panels) + 1)
    return (middle[:, None] + half * point).ravel(), np.tile(half * weight, panels)


def moons(noise=0.1):
    """Two half circles that reach into each other, c(t) = (cos t, sin t) and (1 − cos t, ½ − sin t), t ~ U(0, π), plus noise.

    p(x) = ½ Σ ∫₀^π N(x; c(t), noise² I) dt/π. The integral has no closed form; it is computed piece by piece, one noise long
    with 8 nodes each, and log p is right to 10⁻⁶ nats where it is above −50. Source: scikit-learn's make_moons.
    """

    def curve(t, lower):
        return np.stack([np.where(lower, 1 - np.cos(t), np.cos(t)), np.where(lower, 0.5 - np.sin(t), np.sin(t))], axis=1)

    t, weight = nodes(0, math.pi, math.ceil(math.pi / noise))
    centers = np.concatenate([curve(t, False), curve(t, True)])
    weights = np.concatenate([weight, weight]) / (2 * math.pi)

    def draw(n):
        return curve(math.pi * uniform(n), choice(2, n) == 1) + noise * normal(n, 2)

    reach = 6 * noise
    box = ((-1 - reach, 2 + reach), (-0.5 - reach, 1 + reach))
    return Toy("moons", draw, lambda x: log_mixture(x, centers, weights, noise), box)


def spirals(noise=0.1):
    """Two spiral arms ± t/3 (−cos t, sin t), t = 3π √u with u ~ U(0, 1), plus N(0, noise² I).

    dt has density 2t / 9π² on [0, 3π], and the integral along the arms is computed as in ``moons``.
    Source of the picture: W. Grathwohl et al. 2019 (FFJORD), https://arxiv.org/abs/1810.01367
    """
    end = 3 * math.pi

    def arm(t):
        return polar(t / 3, math.pi - t)

    t, weight = nodes(0, end, math.ceil(math.hypot(1, end) / 3 * end / noise))  # one noise long where the arm is fastest
    centers = np.concatenate([arm(t), -arm(t)])
    weights = np.tile(weight * t / end**2, 2)

    def draw(n):
        return (2 * choice(2, n) - 1)[:, None] * arm(end * np.sqrt(uniform(n))) + noise * normal(n, 2)

    return Toy("spirals", draw, lambda x: log_mixture(x, centers, weights, noise), square_box(math.pi + 6 * noise))
