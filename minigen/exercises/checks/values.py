"""Checks of the numbers themselves: values, shape, dtype, purity, extreme inputs, properties, injected noise."""

from dataclasses import dataclass

import numpy as np

from minigen.exercises.checks.base import Check, Finding, differing, number
from minigen.exercises.session import Failure


@dataclass(frozen=True, eq=False, kw_only=True)
class Values(Check):
    """The same numbers as the library's function, in float64."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Shape(Check):
    """The shapes of the library's function. ``says``: them in words, "(N, D), (N, D) -> (N,)"."""

    says: str = ""
    kind = "shape"

    def __post_init__(self):
        object.__setattr__(self, "title", self.title or f"shape {self.says}".strip())

    def judge(self, case, mine, expected):
        """The shapes and their number."""
        got, wanted = [a.shape for a in mine], [a.shape for a in expected]
        if got == wanted:
            return None
        return Finding([f"shape {', '.join(map(str, got))}, expected {', '.join(map(str, wanted))}"], {"yours": got, "expected": wanted})


@dataclass(frozen=True, eq=False, kw_only=True)
class Dtype(Check):
    """float32 in, float32 out."""

    kind = "dtype"

    def settings(self):
        """With float32."""
        return {**self.options, "dtype": "float32"}

    def judge(self, case, mine, expected):
        """The dtypes of all results."""
        got, wanted = [str(a.dtype) for a in mine], [str(a.dtype) for a in expected]
        if got == wanted:
            return None
        hint = "NumPy makes float64 unless told otherwise: np.zeros(shape, x.dtype), math.sqrt(2) instead of np.sqrt(2)"
        hint = hint if "float64" in got else ""
        return Finding([f"from float32 inputs: {', '.join(got)}, expected {', '.join(wanted)}", *([hint] if hint else [])])


@dataclass(frozen=True, eq=False, kw_only=True)
class Pure(Check):
    """Inputs stay as they are, the same call gives the same bytes, and NumPy's global generator is left alone."""

    kind = "pure"
    mode = "pure"
    compares = False

    def judge(self, case, mine, expected):
        """Compare the bytes."""
        inputs = [(name, v) for name, v in case.items() if isinstance(v, np.ndarray)]
        n = (len(mine) - 1 - len(inputs)) // 2
        for (name, before), after in zip(inputs, mine[2 * n :]):
            if before.tobytes() != after.tobytes():
                return Finding([f"the input {name} was changed: work on a copy"])
        if any(a.tobytes() != b.tobytes() for a, b in zip(mine[:n], mine[n : 2 * n])):
            return Finding(["the same call gave other numbers the second time"])
        return None if mine[-1] else Finding(["it draws from NumPy's global generator; random numbers come from minigen.random"])


@dataclass(frozen=True, eq=False, kw_only=True)
class Stable(Check):
    """Right and finite for extreme inputs. ``expected``: a function of the case, in longer arithmetic; else the library's answer counts."""

    right: object = None
    kind = "stable"
    rtol: float = 1e-7

    def expected(self, session, cases):
        """The exact numbers."""
        if self.right is None:
            return super().expected(session, cases)
        found = [self.right(**case) for case in cases]
        return [[np.asarray(a) for a in (f if isinstance(f, (tuple, list)) else [f])] for f in found]

    def judge(self, case, mine, expected):
        """As for Values, with a word for what is not finite."""
        found = differing(mine, expected, self.rtol, self.atol)
        for a, b in zip(mine, expected):
            if found and a.shape == b.shape and (np.isfinite(b) & ~np.isfinite(a)).any():
                found.lines.append("an intermediate result left the range of floating-point numbers")
                break
        return found


@dataclass(frozen=True, eq=False, kw_only=True)
class Property(Check):
    """A law: ``holds(*results, **case)`` is true, a bool or an array of bools. ``title`` states it: "KL ≥ 0"."""

    holds: object = None
    kind = "property"
    compares = False

    def judge(self, case, mine, expected):
        """Ask the law."""
        ok = np.asarray(self.holds(*mine, **case))
        if ok.all():
            return None
        index = tuple(int(i) for i in np.argwhere(~ok)[0]) if ok.ndim else ()
        got = mine[0]
        shown = number(got[index]) if got.shape == ok.shape else ", ".join(number(v) for v in got.ravel()[:6])
        at = f" at element {index}" if index else ""
        return Finding([f"violated{at}: {shown}"], {"index": list(index)})


@dataclass(frozen=True, eq=False, kw_only=True)
class Refused(Check):
    """What makes no sense is refused with a ValueError; the ``title`` says what that is."""

    kind = "refusal"
    compares = False

    def look(self, case, mine, right):
        """Any other exception is the student's own affair."""
        if isinstance(mine, Failure):
            return None if not mine.final and mine.message.startswith("ValueError") else mine
        return Finding(["no ValueError was raised"])


@dataclass(frozen=True, eq=False, kw_only=True)
class Noise(Check):
    """With the checker's noise in the place of random numbers the result is the library's: noise comes from minigen.random, once."""

    kind = "noise"
    mode = "injected"

    def judge(self, case, mine, expected):
        """The counts of the draws first, then the values."""
        draws, wanted = mine[-1], expected[-1]
        if draws.sum() == 0 < wanted.sum():
            return Finding(["no random number was drawn from minigen.random"])
        if (draws[0] == 0) != (wanted[0] == 0):
            return Finding(
                ["uniform noise where normal noise is expected" if wanted[0] else "normal noise where uniform noise is expected"]
            )
        return differing(mine[:-1], expected[:-1], self.rtol, self.atol)
