"""check_bijection: whether a map keeps the promises of a Bijection; if not, which element is wrong and what mistake that looks like."""

import copy
from dataclasses import dataclass, field

import numpy as np

from minigen import random
from minigen.autograd import no_grad
from minigen.bijections.checking import maps, modules
from minigen.bijections.checking.case import Broken, Case, two_of
from minigen.device import as_array, to_numpy
from minigen.tensor import Tensor

PROMISES = {
    "shapes": maps.shapes,
    "round trip": maps.round_trips,
    "log-determinant": maps.log_dets,
    "rows": maps.rows,
    "composition": maps.composition,
    "mass": maps.mass,
    "gradients": modules.gradients,
    "context": modules.context,
    "domain": modules.domain,
    "float32": modules.float32,
    "saving": modules.saving,
}


FOLLOWS = {"composition": {"round trip", "log-determinant"}}  # what says nothing new where one of these has failed


class BijectionError(AssertionError):
    """A bijection that breaks a promise; the message names the promise, the worst element and the likely mistake."""


@dataclass
class Report:
    """What ``check_bijection`` found. ``errors``: check -> the largest deviation; ``wrong``: the pairs (check, what is wrong)."""

    name: str
    rows: int = 0
    errors: dict = field(default_factory=dict)
    wrong: list = field(default_factory=list)

    def __bool__(self):
        return not self.wrong

    def __str__(self):
        lines = [f"{self.name}: {len(self.errors) + len(self.wrong)} checks of {self.rows} rows, {len(self.wrong)} wrong"]
        lines += [f"  {check}: {words}" for check, words in self.wrong]
        if self.errors:
            lines.append(f"  in order, with the largest deviation: {', '.join(f'{c} {e:.1g}' for c, e in self.errors.items())}")
        return "\n".join(lines)


def check_bijection(bijection, x=None, *, shape=(), context=None, jitter=0.1, seed=0, only=None, again=None, raise_exception=True):
    """Hold a bijection to every promise that it makes, and return the ``Report``.

    shapes            images have forward_shape and inverse_shape, log-determinants (N,)
    round trip        inverse(forward(x)) = x, and forward(inverse(y)) = y at other y
    log-determinant   of both directions: log|det| of autograd's Jacobian, which is that of finite differences
    rows              no row depends on the others
    composition       along b⁻¹ ∘ A ∘ b log-determinants add (the cocycle rule); nothing is kept from call to call; left out where the
                      round trip or the log-determinant is wrong already
    mass              ∫ p = 1 for the density of b(z), z ~ N(0, I), and draws follow it: for one or two numbers, by quadrature
    gradients         reach every parameter, in both directions, and are those of finite differences
    context           matters in both directions, if one is given
    domain            no NaN outside of it, nor in a gradient
    float32           stays float32, and agrees with float64
    saving            a copy that loads the state_dict does the same; no bare arrays

    ``x``: points (N, …) to check; without it 2D + 2 of them, for events of ``shape`` with D numbers, are drawn from N(0, I) until they
    lie in the domain. ``context``: N rows. A copy is checked, on the CPU and in evaluation mode, after one forward in its own mode (which
    initialises what is initialised by data). Its parameters are moved by ``jitter`` · N(0, I), since a map that starts as the identity
    would hide its mistakes. ``only``: the names of some checks. ``again()`` builds the bijection anew, ``lambda: MyFlow(5)``, as a program
    that loads it does: only so is seen that what ``__init__`` draws, such as a permutation in a list, is not saved.

    BijectionError if something is wrong, unless ``raise_exception=False``.
    """
    if isinstance(bijection, type) or not (hasattr(bijection, "forward") and hasattr(bijection, "inverse")):
        told = f"the class itself (make one: {bijection.__name__}(…))" if isinstance(bijection, type) else type(bijection).__name__
        raise TypeError(f"check_bijection: expected a bijection, with forward and inverse, got {told}; of a flow pass flow.bijection")
    unknown = set(only or ()) - set(PROMISES)
    if unknown:
        raise ValueError(f"check_bijection: there is no check {sorted(unknown)}; there are {', '.join(PROMISES)}")
    report = Report(type(bijection).__name__)
    with np.errstate(all="ignore"):  # what is not finite is found by looking
        try:
            case = _case(bijection, again, x, tuple(shape), context, jitter, random.new_generator(seed))
        except Broken as broken:  # it cannot even be called
            report.wrong.append(("shapes", str(broken)))
        else:
            report.rows = case.n
            _examine(case, report, only)
    if report.wrong and raise_exception:
        raise BijectionError(str(report))
    return report


def _examine(case, report, only):
    """Check one promise after the other, and write what is found into the report."""
    for name, promise in PROMISES.items():
        if (only and name not in only) or FOLLOWS.get(name, set()) & {failed for failed, _ in report.wrong}:
            continue
        try:
            error = promise(case)
            if error is not None:  # None: there was nothing to check
                report.errors[name] = error
        except Broken as broken:
            report.wrong.append((name, str(broken)))
            if name == "shapes":  # nothing else can be compared then
                break


def _case(bijection, again, x, shape, context, jitter, rng):
    """Copies of the map, points in its domain, and what it returns there."""
    fresh = copy.deepcopy(bijection)
    again = again or (lambda: copy.deepcopy(fresh))
    narrow = copy.deepcopy(bijection).to("cpu", "float32")
    context = None if context is None else _float(context)
    given = None if x is None else _float(x)
    n = len(given) if given is not None else len(context) if context is not None else max(8, 2 * int(np.prod(shape)) + 2)
    if context is not None and len(context) != n:
        raise ValueError(f"check_bijection: {n} points need as many rows of context, got {len(context)}")
    start = given if given is not None else rng.standard_normal((n, *shape))
    try:
        _forward(narrow, start.astype(np.float32), context)
    except ValueError as error:
        error.add_note(f"check_bijection: that was forward for points {start.shape}; of events of another shape pass shape=(D, …), or x")
        raise
    narrow.eval()
    for p in narrow.parameters():
        p.data = np.asarray(p.data + jitter * rng.standard_normal(p.shape), np.float32)
    wide = copy.deepcopy(narrow).to("float64")
    x = start.astype(np.float32).astype(np.float64)  # float32 sees the same points
    for _ in range(60):
        log_det = _forward(wide, x, context)
        outside = np.zeros(n, bool) if np.shape(log_det) != (n,) else np.isneginf(log_det)
        if not outside.any():
            return Case(wide, narrow, again, x, context, rng)
        if given is not None:
            raise ValueError(f"check_bijection: {outside.sum()} of {n} points x lie outside of the domain, row {outside.argmax()} first")
        x[outside] = rng.standard_normal((int(outside.sum()), *shape)).astype(np.float32)
    raise ValueError(f"check_bijection: draws of N(0, I) do not get into the domain of this {type(bijection).__name__}, its "
                     "log-determinant is −∞: pass points x, unless it has a matrix that is singular")  # fmt: skip


def _forward(b, x, context):
    """The log-determinants, as an array."""
    with no_grad():
        context = None if context is None else Tensor(context.astype(x.dtype))
        return to_numpy(two_of(b.forward, Tensor(x), context)[1].data)


def _float(values):
    return to_numpy(values.data if isinstance(values, Tensor) else as_array(values)).astype(np.float64)
