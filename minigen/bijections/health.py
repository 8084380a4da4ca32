"""Is a flow still well? Round trip, condition of its matrices, largest scale, during training; and which layer made the NaN."""

from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from minigen.autograd import no_grad
from minigen.bijections.actnorm import ActNorm
from minigen.bijections.bijection import Bijection
from minigen.bijections.coupling import AffineCoupling, Coupling
from minigen.device import to_numpy


class Health(NamedTuple):
    """What ``health`` found; ``worst`` names the layer of each of the last two.

    ``round_trip``: max |x − f⁻¹(f(x))|. ``condition``: the largest κ(W) of the matrices, by which an error in y grows in x = W⁻¹ y.
    ``log_scale``: the largest |log s| of couplings and actnorms; exp overflows at 88 in float32.
    """

    round_trip: float
    condition: float
    log_scale: float
    worst: dict


def health(bijection, x, context=None):
    """Send x (N, …) there and back through ``bijection`` and look at its layers on the way: a Health. Three passes, no gradient."""
    scales, conditions = {"": 0.0}, {"": 1.0}

    def note(name, layer, log_scale):
        scales[name] = max(scales.get(name, 0.0), float(np.abs(log_scale).max()), key=_badness)

    with no_grad(), _listening(bijection, note):
        y, _ = bijection.forward(x, context)
        back, _ = bijection.inverse(y, context)
    for name, m in bijection.named_modules():
        if hasattr(m, "condition"):
            conditions[name] = m.condition()
        if isinstance(m, ActNorm):
            note(name, m, to_numpy(m.log_s.data))
    x = to_numpy(x.data if hasattr(x, "requires_grad") else x)
    error = float(np.abs(to_numpy(back.data) - x).max())
    worst = {what: max(of, key=lambda k: _badness(of[k])) for what, of in (("condition", conditions), ("log_scale", scales))}
    return Health(error, conditions[worst["condition"]], scales[worst["log_scale"]], worst)


def _badness(number):
    """What sorts numbers, with NaN as the worst."""
    return (np.isnan(number), number)


@contextmanager
def watched(bijection):
    """``with watched(flow.bijection):`` the first layer that makes a NaN or an infinity is an error, which names it and its formula.

    FloatingPointError. A log-determinant of −∞ is let through: it says that x is outside of the domain. It costs a look at every result;
    ``minigen.anomaly`` finds the op inside of the layer.
    """
    layers = {}

    def wrap(name, m, direction):
        apply = getattr(m, direction)

        def call(x, context=None):
            y, log_det = apply(x, context)
            for what, array in (("its output", y.data), ("its log-determinant", np.where(np.isneginf(log_det.data), 0, log_det.data))):
                if not np.isfinite(array).all():
                    raise FloatingPointError(_told(name, m, direction, x, what, array))
            return y, log_det

        return call

    for name, m in bijection.named_modules():
        if isinstance(m, Bijection) and not any(isinstance(c, Bijection) for c in m.modules() if c is not m):
            layers[name] = m, {direction: wrap(name, m, direction) for direction in ("forward", "inverse")}
    with _replaced(layers.values()), np.errstate(all="ignore"):  # NumPy's own warnings would come first, and name no layer
        yield


def _told(name, m, direction, x, what, array):
    bad, found = int((~np.isfinite(array)).sum()), to_numpy(x.data if hasattr(x, "requires_grad") else x)
    formula = " ".join((type(m).__doc__ or "").strip().split("\n")[0].split("  ")[0].split()).rstrip(".,:")
    finite = np.isfinite(found).all()
    came = f"x from {found.min():.4g} to {found.max():.4g}" if finite else "x that was not finite already"
    advice = "A lower learning rate, clipped gradients or bounded scales keep it finite" if finite else "Look at the data, or what made x"
    return (
        f"layer {name or '(the whole)'}, {type(m).__name__}.{direction}, made NaN or infinity in {bad} of {array.size} numbers of {what}, "
        f"out of {came}; its formula: {formula}. {advice}"
    )


@contextmanager
def _listening(bijection, note):
    """Tell ``note`` the log-scales (N, k, …) of all couplings that x meets while the block runs."""

    def wrap(name, m, forward):
        def call(x, context=None):
            log_scale = _log_scale(m, x, context)
            if log_scale is not None:
                note(name, m, to_numpy(log_scale.data))
            return forward(x, context)

        return call

    couplings = [(name, m) for name, m in bijection.named_modules() if isinstance(m, Coupling)]
    with _replaced([(m, {"forward": wrap(name, m, m.forward)}) for name, m in couplings]):
        yield


def _log_scale(coupling, x, context):
    """log|∂yᵢ/∂xᵢ| of the elements that move, (N, k, …); None if the coupling moves without stretching."""
    passes, moves = coupling.parts(x)
    theta = coupling.theta(passes, context)
    return coupling.scale_and_shift(theta)[0] if isinstance(coupling, AffineCoupling) else coupling.transform(moves, theta)[1]


@contextmanager
def _replaced(pairs):
    """Methods of single objects exchanged for others, {name: function} for each, until the block ends."""
    pairs = list(pairs)
    try:
        for m, methods in pairs:
            vars(m).update(methods)
        yield
    finally:
        for m, methods in pairs:
            for name in methods:
                vars(m).pop(name, None)
