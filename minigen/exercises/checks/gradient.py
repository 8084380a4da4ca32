"""Checks of derivatives: every element of the gradient, to the last digits, to second order, and as the adjoint of a linear map."""

from dataclasses import dataclass, field

import numpy as np

from minigen.exercises.checks.base import Check, Finding, differing, number, told_apart
from minigen.exercises.session import Failure


@dataclass(frozen=True, eq=False, kw_only=True)
class Gradient(Check):
    """Every element of the gradient of the probe's results, with a random cotangent. ``wrt``: names; all arrays of floats otherwise."""

    wrt: tuple = ()
    rtol: float = 1e-6
    atol: float = 1e-8
    kind = "gradient"
    mode = "gradient"

    def settings(self):
        """With the names to differentiate by."""
        return {**self.options, **({"wrt": list(self.wrt)} if self.wrt else {})}

    def names(self, case):
        """What is differentiated by, in the order of the results."""
        return list(self.wrt) or [name for name, v in case.items() if isinstance(v, np.ndarray) and v.dtype.kind == "f"]

    def judge(self, case, mine, expected):
        """Compare element by element, and name the input."""
        for name, a, b in zip(self.names(case), mine, expected):
            found = differing([a], [b], self.rtol, self.atol)
            if found is not None and "index" in found.details:
                d = found.details
                at = f"element {tuple(d['index'])} of {b.shape}" if b.shape else "the only element"
                got, wanted = told_apart(d["yours"], d["expected"])
                lines = [f"d/d{name}, {at}: analytic {got}, right value {wanted}"]
                return Finding(lines, {"input": name, **d})
            if found is not None:
                return Finding([f"d/d{name}: {found.lines[0]}"], {"input": name})
        return None

    def diagnose(self, session, case, mine):
        """Whether the backward agrees with the solution's own forward, by central differences of that."""
        numeric = session.ask("numeric", self.probe, [case], **self.settings())[0]
        if isinstance(numeric, Failure) or isinstance(mine, Failure):
            return []
        for name, a, b in zip(self.names(case), mine, numeric):
            found = differing([a], [b], 1e-5, 1e-6)
            if found is not None and "index" not in found.details:
                return [f"your backward returns the gradient of another shape than {name} has"]
            if found is not None:
                d = found.details
                return [
                    "your backward disagrees with your own forward: "
                    f"d/d{name}, element {tuple(d['index'])}: analytic {number(d['yours'])}, "
                    f"numeric {number(d['expected'])}{ratio(a, b)}"
                ]
        return ["your backward agrees with your own forward: the formula is off, not the derivative"]


def ratio(analytic, numeric):
    """A constant factor between analytic and numeric values tells the mistake."""
    seen = np.abs(numeric) > 1e-6
    if seen.sum() < 2:
        return ""  # one number is always a multiple of another
    r = analytic[seen] / numeric[seen]
    if not r.any():
        return "; these elements receive no gradient"
    if np.ptp(r) < 1e-4 * abs(r[0]) and abs(r[0] - 1) > 1e-3:
        return "; the sign is flipped" if abs(r[0] + 1) < 1e-4 else f"; every element is {r[0]:.4g} times the right one"
    return ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Exact(Gradient):
    """The gradient to eleven digits: finite differences in place of a formula reach nine."""

    rtol: float = 1e-11
    atol: float = 1e-12
    kind = "exact gradient"
    after_values = True


@dataclass(frozen=True, eq=False, kw_only=True)
class Second(Gradient):
    """The gradient of the gradient: the backward must itself be made of differentiable operations."""

    kind = "second derivative"
    mode = "second"

    def diagnose(self, session, case, mine):
        """Nothing to add."""
        return []


@dataclass(frozen=True, eq=False, kw_only=True)
class Adjoint(Check):
    """⟨A x, y⟩ = ⟨x, Aᵀ y⟩. The probe of the case (x, y, …) returns (A x, Aᵀ y); ``pair`` names x and y."""

    pair: tuple = ("x", "y")
    rtol: float = 1e-10
    kind = "adjoint"
    compares = False
    options: dict = field(default_factory=dict)

    def judge(self, case, mine, expected):
        """Two inner products."""
        x, y = (case[name] for name in self.pair)
        ax, aty = mine
        if ax.shape != y.shape or aty.shape != x.shape:
            return Finding([f"A x has shape {ax.shape}, expected {y.shape}; Aᵀ y has shape {aty.shape}, expected {x.shape}"])
        left, right = float((ax * y).sum()), float((x * aty).sum())
        if abs(left - right) <= self.rtol * max(1.0, float((np.abs(ax) * np.abs(y)).sum())):
            return None
        return Finding([f"⟨A x, y⟩ = {number(left)}, but ⟨x, Aᵀ y⟩ = {number(right)}"], {"left": left, "right": right})
