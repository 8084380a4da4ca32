"""A solution under examination: in this process if it is known and harmless; a student's has one of its own, see process.py.

Both answer ``ask(mode, probe, cases)`` with a list: for each case the arrays that came out, or a ``Failure`` with a name.
"""

import time
from dataclasses import dataclass

from minigen.exercises import evaluate
from minigen.exercises.overlay import Unfit
from minigen.exercises.stub import stub
from minigen.exercises.swap import replaced
from minigen.exercises.worker import described

PLACE = "<solution>"  # the file name of a known solution
ENOUGH = 3  # exceptions in one check, after which the other cases are not tried


@dataclass(frozen=True)
class Failure:
    """Why there are no numbers. ``outcome`` is one of OUTCOMES; ``line`` and ``code``: where in the student's file.

    ``final``: nothing more can be asked, because the process is gone.
    """

    outcome: str
    message: str
    line: int | None = None
    code: str = ""
    final: bool = True


OUTCOMES = {
    "nothing": "there is no file yet", "unreadable": "the file cannot be read", "syntax": "Python cannot parse the file",
    "missing": "the function is missing", "signature": "the arguments were changed", "unchanged": "nothing written yet",
    "forbidden": "it uses the solution", "load": "the library cannot be imported with it", "error": "it raised an exception",
    "gradient": "no gradient flows", "timeout": "it took too long", "memory": "it needed too much memory", "crashed": "it crashed Python",
    "exited": "it ended the process", "output": "it printed too much", "garbled": "its answer is no message",
}  # fmt: skip


class Reference:
    """The library's own answers, each computed once."""

    def __init__(self, exercise, seed=0):
        self.exercise, self.seed, self._cases, self._answers = exercise, seed, {}, {}

    def cases(self, spec):
        """The cases of a Draws, or of a plain list."""
        if id(spec) not in self._cases:
            self._cases[id(spec)] = (spec, spec.cases(self.seed) if hasattr(spec, "cases") else list(spec))
        return self._cases[id(spec)][1]

    def few(self, spec):
        """Some of these cases, for checks that every exercise has."""
        return self._cases.setdefault(("few", id(spec)), self.cases(spec)[:4])

    def ask(self, mode, probe, cases, **options):
        """The arrays for each case."""
        key = (mode, probe.__name__, id(cases), repr(options))
        if key not in self._answers:
            self._answers[key] = cases, [evaluate.perform(mode, probe, case, options) for case in cases]
        return self._answers[key][1]

    def mistaken(self, mutant, mode, probe, cases, **options):
        """The answers of a Mutant, with a Failure where it raises."""
        key = (mutant.name, mode, probe.__name__, id(cases), repr(options))
        if key not in self._answers:
            self._answers[key] = cases, Trusted(self, self.exercise.text_of(mutant)).ask(mode, probe, cases, **options)
        return self._answers[key][1]


class Trusted:
    """A known solution, in this process."""

    def __init__(self, reference, text):
        self.reference, self.exercise, self.text, self.printed, self.failure = reference, reference.exercise, text, "", None
        self.remarks, self.ruled_out, self.clock = [], set(), time.process_time

    def ask(self, mode, probe, cases, **options):
        """The arrays for each case, or a Failure, in the words that a Worker has for it: mistakes are recognised by them."""
        found, failures = [], 0
        with replaced(self.exercise.target, self.text, PLACE):
            for case in cases:
                found.append(found[-1] if failures >= ENOUGH else self._one(mode, probe, case, options))
                failures += isinstance(found[-1], Failure)
        return found

    def _one(self, mode, probe, case, options):
        try:
            return evaluate.perform(mode, probe, case, options)
        except evaluate.NoGradient as error:
            return Failure("gradient", str(error), final=False)
        except Exception as error:
            return Failure("error", clean(described(error, {PLACE})["message"], 600), final=False)

    def __enter__(self):
        try:
            with replaced(self.exercise.target, self.text):
                pass
        except Unfit as error:
            self.failure = Failure(error.outcome, str(error), error.line)
        if self.text == stub(self.exercise, bare=True):
            self.failure = Failure("unchanged", "the body is still the stub's")
        return self

    def settle(self):
        """Nothing to wait for."""

    def __exit__(self, *ignored):
        pass


def clean(text, size):
    """Text from the other side, on one line, without control characters."""
    return "".join(c if c.isprintable() else " " for c in str(text))[:size]
