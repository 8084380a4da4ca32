"""Checks of invertible maps: the Jacobian's determinant and its pattern of zeros, and the way back."""

from dataclasses import dataclass

import numpy as np

from minigen.exercises.checks.base import Check, Finding, differing, number


@dataclass(frozen=True, eq=False, kw_only=True)
class Jacobian(Check):
    """log|det ∂y/∂x| from finite differences is the reported one. The probe of one x returns (y, log_det, …) with as many y as x.

    ``pattern(**case)``: a bool array (y's elements, x's elements), False where the Jacobian must be 0. ``log_det=False`` leaves the
    determinant alone: the probe returns y only.
    """

    pattern: object = None
    log_det: bool = True
    rtol: float = 1e-6
    atol: float = 1e-6
    kind = "Jacobian"
    mode = "jacobian"
    compares = False

    def judge(self, case, mine, expected):
        """The pattern first, then the determinant."""
        y, J = mine[0], mine[-1]
        if self.pattern is not None:
            allowed = np.asarray(self.pattern(**case), bool)
            bad = (np.abs(J) > 1e-6) & ~allowed
            if bad.any():
                i, j = (int(k) for k in np.argwhere(bad)[0])
                return Finding([f"y[{i}] depends on x[{j}], and must not: ∂y/∂x there is {number(J[i, j])}"], {"index": [i, j]})
        if not self.log_det:
            return None
        if J.shape[0] != J.shape[1]:
            return Finding([f"{y.size} results y for {J.shape[1]} numbers x: no determinant"])
        reported, right = float(np.sum(mine[1])), float(np.linalg.slogdet(J)[1])
        if np.isclose(reported, right, rtol=self.rtol, atol=self.atol):
            return None
        sign = ": that of the inverse map, the sign is flipped" if np.isclose(reported, -right, rtol=1e-4) and abs(right) > 1e-6 else ""
        return Finding(
            [f"log|det|: yours {number(reported)}, from finite differences of your own map {number(right)}{sign}"],
            {"yours": reported, "expected": right},
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Inverse(Check):
    """There and back: the probe of x returns f⁻¹(f(x)), or (f⁻¹(f(x)), log_det there, log_det back), which must cancel."""

    x: str = "x"
    rtol: float = 1e-8
    atol: float = 1e-9
    kind = "inverse"
    compares = False

    def judge(self, case, mine, expected):
        """x again, and 0."""
        found = differing(mine[:1], [case[self.x]], self.rtol, self.atol)
        if found is not None:
            return Finding([f"f⁻¹(f(x)) is not x: {found.lines[0]}"], found.details)
        if len(mine) == 3 and not np.allclose(mine[1], -mine[2], rtol=self.rtol, atol=1e-8):
            there, back = (float(np.sum(m)) for m in mine[1:])
            return Finding([f"the log-determinants do not cancel: {number(there)} there, {number(back)} back"])
        return None
