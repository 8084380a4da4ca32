"""Checks of what is random: closed forms against averages, moments of samples, bounds against exact values."""

import math
from dataclasses import dataclass

import numpy as np

from minigen.exercises.checks.base import Check, Finding, number
from minigen.random import fork

SIGMAS = 6.0  # a false alarm in 500 million


@dataclass(frozen=True, eq=False, kw_only=True)
class MonteCarlo(Check):
    """A closed form within six standard errors of an average. ``estimate(**case)`` returns (average, standard error), by the library."""

    estimate: object = None
    kind = "Monte Carlo"
    compares = False
    after_values = True

    def judge(self, case, mine, expected):
        """How many standard errors lie between."""
        with fork(0):
            mean, error = (np.asarray(getattr(v, "data", v)) for v in self.estimate(**case))
        if mine[0].shape != mean.shape:
            return Finding([f"shape {mine[0].shape}, expected {mean.shape}"])
        away = np.abs(mine[0] - mean) > SIGMAS * error + 1e-9
        if not away.any():
            return None
        index = tuple(int(i) for i in np.argwhere(away)[0])
        return Finding(
            [f"yours {number(mine[0][index])}, the average of many draws {number(mean[index])} ± {number(error[index])}"],
            {"index": list(index), "yours": float(mine[0][index]), "estimate": float(mean[index]), "error": float(error[index])},
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Moments(Check):
    """Samples (n, …) have the right mean and standard deviation. ``expected_moments(**case)`` returns (mean, std), which broadcast.

    ``cdf(x, **case)``, if given: the distribution function, for a Kolmogorov-Smirnov test of all samples together.
    """

    expected_moments: object = None
    cdf: object = None
    kind = "moments"
    compares = False

    def judge(self, case, mine, expected):
        """Mean, spread, shape."""
        samples = mine[0].astype(float)
        n = len(samples)
        mean, std = (np.broadcast_to(v, samples.shape[1:]) for v in self.expected_moments(**case))
        centred = samples - samples.mean(axis=0)
        spread, fourth = (centred**2).mean(axis=0), (centred**4).mean(axis=0)
        error = np.sqrt(np.maximum(fourth - spread**2, 1e-12) / n)  # standard error of the variance
        for what, got, right, e in (
            ("mean", samples.mean(axis=0), mean, np.maximum(std, np.sqrt(spread)) / math.sqrt(n)),
            ("variance", spread, std**2, error),
        ):
            away = ~(np.abs(got - right) <= SIGMAS * e + 1e-9)
            if away.any():
                index = tuple(int(i) for i in np.argwhere(away)[0])
                at = f", element {index}" if index else ""
                return Finding([f"{what} of {n} draws{at}: yours {number(got[index])}, expected {number(right[index])}"])
        if self.cdf is not None:
            u = np.sort(np.asarray(self.cdf(samples, **case), float).ravel())
            steps = np.arange(u.size + 1) / u.size
            distance = max(float((u - steps[:-1]).max()), float((steps[1:] - u).max()))
            if distance * math.sqrt(u.size) > 2.69:  # level 1e-6
                return Finding([f"mean and variance fit, but the draws have another distribution: they are {distance:.3g} away from it"])
        return None


@dataclass(frozen=True, eq=False, kw_only=True)
class Bound(Check):
    """What is claimed never exceeds what is true: the probe's result ≤ ``exact(**case)``, and equals it where ``tight(**case)``."""

    exact: object = None
    tight: object = None
    slack: float = 1e-8
    kind = "bound"
    compares = False

    def judge(self, case, mine, expected):
        """Above, or not reached."""
        right = np.asarray(getattr(self.exact(**case), "data", self.exact(**case)))
        if mine[0].shape != right.shape:
            return Finding([f"shape {mine[0].shape}, expected {right.shape}"])
        above = ~(mine[0] <= right + self.slack)
        if above.any():
            index = tuple(int(i) for i in np.argwhere(above)[0])
            return Finding(
                [f"yours {number(mine[0][index])} exceeds the exact value {number(right[index])}, which it should bound from below"]
            )
        if self.tight is not None and self.tight(**case) and not np.allclose(mine[0], right, rtol=1e-7, atol=self.slack):
            index = tuple(int(i) for i in np.argwhere(~np.isclose(mine[0], right, rtol=1e-7, atol=self.slack))[0])
            return Finding([f"yours {number(mine[0][index])} must reach the exact value {number(right[index])} here"])
        return None
