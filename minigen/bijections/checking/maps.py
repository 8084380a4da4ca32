"""The promises of an invertible map, one function each: it returns how far the map is from keeping its promise, or raises Broken."""

import math

import numpy as np

from minigen.bijections.bijection import Bijection, Chain
from minigen.bijections.checking import mistakes
from minigen.bijections.checking.case import Broken, at, least, worst
from minigen.bijections.checking.quadrature import cell_masses
from minigen.nn.module import Buffer
from minigen.tensor import Tensor


def shapes(case):
    """y is (N, *forward_shape), back to (N, *inverse_shape); log-determinants are (N,)."""
    b, n = case.b, case.n
    for name, image, told in (
        ("forward", case.y, b.forward_shape(case.event)),
        ("inverse", case.back, b.inverse_shape(case.y.shape[1:])),
    ):
        if image.shape != (n, *told):
            raise Broken(f"{name} returns shape {image.shape}, but {name}_shape promises {(n, *told)}")
    for name, log_det, event in (("forward", case.up, case.event), ("inverse", case.down, case.y.shape[1:])):
        if log_det.shape != (n,):
            likely = mistakes.of_shape(log_det, n, event)
            raise Broken(f"the log-determinant of {name} has shape {log_det.shape} in place of ({n},): {likely}")
    return 0.0


def round_trips(case):
    """inverse(forward(x)) = x and forward(inverse(y)) = y, there at new points y."""
    error = _round_trip("inverse(forward(x))", case, case.b.forward, case.b.inverse, case.x)
    new = case.rng.standard_normal(case.y.shape)
    inside = np.isfinite(case.apply(case.b.inverse, new)[1])
    y = np.where(inside.reshape(-1, *[1] * len(case.y.shape[1:])), new, case.y)  # where y cannot arrive, an image will do
    return max(error, _round_trip("forward(inverse(y))", case, case.b.inverse, case.b.forward, y))


def _round_trip(name, case, there, back, x):
    y, _ = case.apply(there, x)
    got, _ = case.apply(back, y)
    error, i = worst(got, x)
    slack = (1 + np.abs(y[i[0]]).max(initial=0)) / least(case.jacobian(there, x))[i[0]]  # what rounding y does to x
    if not error <= 1e-8 + 1e-13 * slack:
        likely = mistakes.of_image(got, x, case.apply(there, y)[0] if y.shape == x.shape else None)
        if not np.array_equal(case.apply(there, x)[0], y):
            likely = "a second call gives another image: is something drawn at random?"
        index = f", element {tuple(int(k) for k in i[1:])}" if len(i) > 1 else ""
        raise Broken(f"{name} is not the identity: {at(i[0], x)}{index} comes back as {got[i]:.6g}{likely and ': ' + likely}")
    return error


def log_dets(case):
    """Both log-determinants against slogdet of the Jacobian, which autograd and finite differences give alike."""
    error, broken = 0.0, {}
    there, back = case.b.forward, case.b.inverse
    for name, direction, opposite, x, got in (("forward", there, back, case.x, case.up), ("inverse", back, there, case.y, case.down)):
        exact = case.jacobian(direction, x)
        right = np.linalg.slogdet(exact)[1]
        _compare_with_differences(case, name, direction, x, exact)
        gap, (i,) = worst(got, right)
        error = max(error, gap)
        if not gap <= 1e-6:
            elsewhere = _elsewhere(case, direction, opposite, x)
            likely = mistakes.of_log_det(got, right, exact, x.shape[1:], elsewhere, dict(case.b.named_parameters()))
            broken[name] = f"{name} returns {got[i]:.6g} in {at(i, x)}, its Jacobian has log|det| {right[i]:.6g}: {likely}"
    if len(broken) == 2 and mistakes.same(case.up, -case.down):
        raise Broken(broken["forward"] + "; the inverse makes the same mistake, and a round trip cancels the two")
    if broken:
        raise Broken("; ".join(broken.values()))
    return error


def _compare_with_differences(case, name, direction, x, exact):
    """Broken where log|det| of the Jacobians ``exact`` by autograd is not that of finite differences, where these can be trusted."""
    right = np.linalg.slogdet(exact)[1]
    wide, narrow = (np.linalg.slogdet(case.differences(direction, x, h))[1] for h in (6e-6, 1e-6))
    gap = np.abs(right - narrow) / (1 + np.abs(narrow))
    smooth = np.abs(wide - narrow) <= 1e-5 * (1 + np.abs(narrow))  # else there is a kink near by
    size = 1 + np.abs(case.apply(direction, x)[0]).reshape(case.n, -1).max(axis=1)
    sharp = 2e-16 / 1e-6 * size < 1e-5 * least(exact)  # else rounding in y hides how little it moves
    wrong = (gap > 1e-4) & smooth & sharp
    if wrong.any():
        i = int(np.where(wrong, gap, 0).argmax())
        raise Broken(
            f"{name}: its Jacobian by autograd has log|det| {right[i]:.6g} in {at(i, x)}, by finite differences {narrow[i]:.6g}: "
            "a part of the map has no gradient, or a wrong one; gradcheck finds it"
        )


def _elsewhere(case, direction, opposite, x):
    """log|det| where a formula that confuses x and y would take it: of this direction at the image, of the opposite one at x itself."""
    y = case.apply(direction, x)[0]
    if y.shape != x.shape or not np.isfinite(y).all():
        return []
    return [np.linalg.slogdet(case.differences(d, at_, 6e-6))[1] for d, at_ in ((direction, y), (opposite, x))]


def rows(case):
    """A row's result does not depend on the other rows of the batch."""
    error = 0.0
    for name, direction, x in (("forward", case.b.forward, case.x), ("inverse", case.b.inverse, case.y)):
        together = case.apply(direction, x)
        for i in range(min(case.n, 4)):
            alone = case.apply(direction, x[i : i + 1], slice(i, i + 1))
            for what, one, all_ in zip(("image", "log-determinant"), alone, together):
                gap = 0.0 if np.array_equal(one, all_[i : i + 1]) else worst(one, all_[i : i + 1])[0]
                error = max(error, gap)
                if not gap <= 1e-9:
                    raise Broken(f"{name}: the {what} of {at(i, x)} is another one when the row comes alone: it depends on the other rows")
    return error


class _Shrink(Bijection):
    """y = m + 0.9 (x − m), m in the middle of the points: it stays within every interval that holds them."""

    def __init__(self, points):
        self.middle = Buffer(points.mean(axis=0))

    def forward(self, x, context=None):
        return self.middle + 0.9 * (x - self.middle), Tensor(np.full(len(x), max(1, self.middle.numel()) * math.log(0.9)))


def composition(case):
    """log|det| of b⁻¹ ∘ A ∘ b is the sum of the three, each at the point where its map is applied (the cocycle rule)."""
    chain = Chain(case.b, _Shrink(case.y), case.b.inv)
    got = case.apply(chain.forward, case.x)[1]
    possible = np.isfinite(got)
    if not possible.any():
        return None
    right = np.linalg.slogdet(case.jacobian(chain.forward, case.x))[1]
    gap, (i,) = worst(got[possible], right[possible])
    if not gap <= 1e-6:
        i = np.flatnonzero(possible)[i]
        raise Broken(
            f"b⁻¹ ∘ A ∘ b has log|det| {right[i]:.6g} in {at(i, case.x)}, the sum of the three log-determinants is {got[i]:.6g}: "
            "is one taken at another point than the one its map was applied to, or kept from an earlier call?"
        )
    again = case.apply(case.b.forward, case.x)[1]
    if not np.array_equal(again, case.up):
        raise Broken("the same x gives another log-determinant after other calls: something is kept from call to call")
    return gap


def mass(case):
    """∫ p(y) dy = 1 for y = b(z), z ~ N(0, I), and the draws follow p: for events of one or two numbers."""
    d = max(1, math.prod(case.event))
    if d > 2 or math.prod(case.y.shape[1:]) != math.prod(case.event):
        return None
    side = np.linspace(-6, 6, 4001) if d == 1 else np.linspace(-5, 5, 81)
    z = np.stack([a.ravel() for a in np.meshgrid(*[side] * d, indexing="ij")], axis=1)
    y, log_det = case.repeated(case.b.forward, z.reshape(-1, *case.event))
    inside = np.isfinite(log_det) & np.isfinite(y.reshape(len(z), -1)).all(axis=1)
    if not inside.any():
        raise Broken("b(z) is nowhere defined for z ~ N(0, I)")
    weight = np.exp(-0.5 * (z * z).sum(axis=1))
    expected = weight[inside].sum() / weight.sum()
    y = y.reshape(len(z), -1)[inside]
    lines = [np.unique(np.quantile(y[:, j], np.linspace(0, 1, 129 if d == 1 else 17))) for j in range(d)]

    def density(points):
        z, log_det = case.repeated(case.b.inverse, points.reshape(-1, *case.y.shape[1:]))
        log_p = log_det - 0.5 * (z.reshape(len(z), -1) ** 2).sum(axis=1) - 0.5 * d * math.log(2 * math.pi)
        return np.exp(np.where(np.isnan(log_p), np.inf, log_p))

    cells = cell_masses(density, lines, 1e-8 if d == 1 else 1e-6)
    total, slack = cells.sum(), 1e-3 if inside.all() else 2e-2
    if not abs(total - expected) <= slack:
        raise Broken(f"the density of b(z), z ~ N(0, I), integrates to {total:.4g} in place of {expected:.4g}")
    _draws(case, cells, lines, d)
    return abs(total - expected)


def _draws(case, cells, lines, d):
    """The Kolmogorov–Smirnov distance of draws b(z) from the density, along each axis. [1 − α = 0.9993]"""
    z = case.rng.standard_normal((4000, *case.event))
    y, log_det = case.repeated(case.b.forward, z)
    y = y.reshape(len(z), -1)[np.isfinite(log_det)]
    distance = 0.0
    for j in range(d):
        share = cells.sum(axis=1 - j) if d == 2 else cells
        cdf = np.concatenate([[0.0], np.cumsum(share)]) / share.sum()
        drawn = np.searchsorted(np.sort(y[:, j]), lines[j], side="right") / len(y)
        distance = max(distance, float(np.abs(cdf - drawn).max()))
    if not distance <= 2 / math.sqrt(len(y)):
        raise Broken(f"draws b(z) do not follow the density that the inverse gives: Kolmogorov–Smirnov distance {distance:.3g}")
