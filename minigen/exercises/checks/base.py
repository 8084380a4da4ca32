"""Check: one question about a solution, worth some points; how it is asked, judged, shrunk and explained."""

from dataclasses import dataclass, field

import numpy as np

from minigen.exercises.evaluate import defaults
from minigen.exercises.session import Failure


@dataclass
class Finding:
    """One thing that is wrong: ``lines`` for people, ``details`` for JSON."""

    lines: list
    details: dict = field(default_factory=dict)


@dataclass
class Result:
    """What a check found. ``status``: "passed", "failed" or "skipped"; ``mistake``: the name of the Mutant whose numbers these are."""

    title: str
    of: float
    status: str = "passed"
    points: float = 0.0
    lines: list = field(default_factory=list)
    details: dict = field(default_factory=dict)
    outcome: str = "passed"
    mistake: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Check:
    """The common part. A kind of check overrides ``judge``, and says in ``mode`` and ``settings`` what is to be computed.

    ``probe``: a function of the catalogue's file; ``cases``: Draws, or a list of dictionaries; ``points``; ``title``: a few words.
    ``rtol``, ``atol``: how near is near enough. ``after_values``: not run once values are wrong, where it would only repeat that.
    """

    probe: object = None
    cases: object = None
    points: float = 0.0
    title: str = ""
    rtol: float = 1e-9
    atol: float = 1e-11
    options: dict = field(default_factory=dict)

    mode = "values"
    kind = "values"
    compares = True  # with the library's own answer
    after_values = False

    def settings(self):
        """Further words for ``evaluate.perform``."""
        return self.options

    def judge(self, case, mine, expected):
        """A Finding, or None if ``mine``, a list of arrays, is right for this ``case``; ``expected`` is None unless ``compares``."""
        return differing(mine, expected, self.rtol, self.atol)

    # --- carrying it out ------------------------------------------------------------------------------------------------------

    def run(self, session):
        """The Result for the solution of a ``session``."""
        cases = session.reference.cases(self.cases)
        answers = session.ask(self.mode, self.probe, cases, **self.settings())
        expected = self.expected(session, cases)
        for case, mine, right in zip(cases, answers, expected):
            found = self.look(case, mine, right)
            if found is not None:
                return self.explain(session, case, mine, found, answers)
        return Result(self.title or self.kind, self.points, points=self.points)

    def expected(self, session, cases):
        """What the library answers, where that is asked for."""
        if not self.compares:
            return [None] * len(cases)
        return session.reference.ask(self.mode, self.probe, cases, **self.settings())

    def look(self, case, mine, right):
        """``judge``, for answers that may be missing or of the wrong shape."""
        if isinstance(mine, Failure):
            return mine
        try:
            with defaults(np.dtype(np.float64)), np.errstate(all="ignore"):  # what was asked about may hold anything
                return self.judge(case, mine, right)
        except (ValueError, IndexError, TypeError) as error:  # shapes that the judge could not put together
            return Finding([f"the results do not fit together: {error}"])

    def explain(self, session, case, mine, found, answers):
        """The Result of a failure: the smallest case that shows it, and the likely mistake."""
        result = Result(self.title or self.kind, self.points, "failed", outcome="wrong")
        if isinstance(found, Failure) and found.final:
            return failed(result, found)
        smaller = self.shrink(session)
        if smaller is not None:
            case, mine, found = smaller
        result.details["case"] = case
        if isinstance(found, Failure):
            failed(result, found)
        else:
            result.lines += found.lines
            result.details.update(found.details)
        result.lines.insert(0, f"smallest failing case   {described(case)}")
        if not isinstance(found, Failure):
            result.lines += self.diagnose(session, case, mine)
        self.recognise(session, answers, result)
        return result

    def shrink(self, session):
        """(case, answer, what is wrong) that is as small as can be found quickly, or None."""
        if not hasattr(self.cases, "smallest") or session.patience is None:
            return None

        def attempt(case):
            mine = session.ask(self.mode, self.probe, [case], **self.settings())[0]
            right = self.expected(session, [case])[0]
            return mine, self.look(case, mine, right)

        def fails(case):
            found = attempt(case)[1]
            return found is not None and not (isinstance(found, Failure) and found.final)

        begun = session.clock()
        smallest = self.cases.smallest(fails, session.reference.seed, max(0.25, session.patience), session.clock)
        session.patience -= session.clock() - begun
        if smallest is None:
            return None
        mine, found = attempt(smallest)
        return None if found is None or (isinstance(found, Failure) and found.final) else (smallest, mine, found)

    def diagnose(self, session, case, mine):
        """More lines about a wrong answer."""
        return []

    def recognise(self, session, answers, result):
        """Name the Mutant that gives the same wrong numbers as ``answers`` on all cases, if there is one; right here, it is no match.

        One whose numbers are others in any check is no longer looked for: what is left of it in a derivative may be the same by chance.
        """
        cases = session.reference.cases(self.cases)
        expected = self.expected(session, cases)
        for mutant in session.exercise.mutants:
            if mutant.name in session.ruled_out:
                continue
            theirs = session.reference.mistaken(mutant, self.mode, self.probe, cases, **self.settings())
            other = [(a, b) for a, b in zip(answers, theirs) if not same(a, b)]
            if any(not isinstance(a, Failure) and not isinstance(b, Failure) for a, b in other):
                session.ruled_out.add(mutant.name)
            if other:
                continue
            if any(self.look(case, a, right) is not None for case, a, right in zip(cases, theirs, expected)):
                result.mistake = mutant.name
                result.lines.append(f"likely mistake: {mutant.says}")
                return


# --- comparing ----------------------------------------------------------------------------------------------------------------


def failed(result, failure):
    """``result`` with the lines of a Failure."""
    result.status, result.outcome = "failed", failure.outcome
    where = f"line {failure.line}: {failure.code}" if failure.line else ""
    result.lines += [line for line in (failure.message, where) if line]
    result.details.update({"outcome": failure.outcome, "message": failure.message, "line": failure.line})
    return result


def differing(mine, expected, rtol, atol):
    """A Finding that names the worst element, or None if all arrays agree."""
    if len(mine) != len(expected):
        return Finding([f"{len(mine)} results, expected {len(expected)}"])
    for k, (a, b) in enumerate(zip(mine, expected)):
        which = f"result {k}, " if len(expected) > 1 else ""
        if a.shape != b.shape:
            return Finding([f"{which}shape {a.shape}, expected {b.shape}"], {"yours": list(a.shape), "expected": list(b.shape)})
        bad = ~np.isclose(a.astype(float), b.astype(float), rtol=rtol, atol=atol * scale(b), equal_nan=True)
        if bad.any():
            index = worst(a, b, bad)
            at = f"element {index}: " if b.shape else ""
            got, wanted = told_apart(a[index], b[index])
            return Finding(
                [f"{which}{at}yours {got}, expected {wanted}"],
                {"result": k, "index": list(index), "yours": float(a[index]), "expected": float(b[index])},
            )
    return None


def scale(expected):
    """How large the numbers are, at least 1: what "absolute" means for them."""
    finite = np.abs(expected[np.isfinite(expected)].astype(float))
    return max(1.0, float(finite.max(initial=0.0)))


def worst(a, b, bad):
    """The index of the element that is furthest off; one that is not a number comes first."""
    with np.errstate(invalid="ignore"):  # ∞ − ∞, where both are right
        off = np.where(bad, np.abs(np.asarray(a, float) - np.asarray(b, float)), -1.0)
    return tuple(int(i) for i in np.unravel_index(np.argmax(np.where(np.isnan(off), np.inf, off)), bad.shape))


def same(a, b):
    """Whether two answers are the same numbers, or both are failures of the same name."""
    if isinstance(a, Failure) or isinstance(b, Failure):
        return isinstance(a, Failure) and isinstance(b, Failure) and (a.outcome, a.message) == (b.outcome, b.message)
    return len(a) == len(b) and all(x.shape == y.shape and np.allclose(x, y, rtol=1e-6, atol=1e-8, equal_nan=True) for x, y in zip(a, b))


def number(x):
    """A number in few digits."""
    return f"{float(x):.6g}"


def told_apart(a, b):
    """Two numbers in as few digits as show that they differ, but six."""
    for digits in range(6, 18):
        found = f"{float(a):.{digits}g}", f"{float(b):.{digits}g}"
        if found[0] != found[1]:
            break
    return found


def described(case):
    """A case on one line: "mu = [[0., 1.]]   axis = 1". Of many numbers only the shapes."""
    words, few = [], sum(np.size(v) for v in case.values() if isinstance(v, np.ndarray)) <= 24
    for name, v in case.items():
        if isinstance(v, np.ndarray):
            v = np.array2string(v, separator=", ", precision=4, threshold=24) if few else f"an array of shape {v.shape}"
        words.append(f"{name} = {' '.join(str(v).split())}")
    return "   ".join(words)
