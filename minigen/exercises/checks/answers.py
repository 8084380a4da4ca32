"""Checks of what a student answers in the file itself: which element is wrong, and why. The answers are read, never run."""

import ast
import re
from dataclasses import dataclass

import numpy as np

from minigen.exercises.checks.base import Check, Result


@dataclass(frozen=True, eq=False, kw_only=True)
class Answer(Check):
    """A line ``NAME = …`` of the file has the right value, ``answer``. ``ask``: the question, for the stub; ``options``: ("a", words), …"""

    name: str = "CAUSE"
    answer: object = None
    ask: str = ""
    options: tuple = ()
    kind = "answer"
    mode = "answer"

    @property
    def line(self):
        """What the stub holds."""
        return f"{self.name} = None  # {self.ask}\n" + "".join(f"#   {letter!r}: {words}\n" for letter, words in dict(self.options).items())

    def run(self, session):
        """Read the answer."""
        result = Result(self.title or self.kind, self.points, "failed", outcome="wrong")
        given = re.findall(rf"^{self.name}[ \t]*=[ \t]*([^\n]{{1,200}})$", session.text, re.MULTILINE)
        try:
            value = ast.literal_eval(given[-1].strip()) if given else None
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            result.lines = [f"{self.name} must be a plain value, such as {self.answer_form}"]
            return result
        if value is None:
            result.lines = [f"{self.name} is not answered yet"]
        elif self.right(session, value):
            return Result(result.title, self.points, points=self.points)
        else:
            result.lines = [f"{self.name} = {value!r} is not it"]
        return result

    @property
    def answer_form(self):
        """An example of an answer's form."""
        return repr("a")

    def right(self, session, value):
        """Whether this is the answer."""
        return value == self.answer


@dataclass(frozen=True, eq=False, kw_only=True)
class Located(Answer):
    """``WRONG = (input, element)``, as gradcheck prints them: any element whose gradient the planted bug makes wrong.

    ``probe`` takes the one case of ``cases``, whose arrays of floats are gradcheck's inputs in their order.
    """

    name: str = "WRONG"
    kind = "location"

    @property
    def answer_form(self):
        """An example of an answer's form."""
        return "(0, (0, 1))"

    def right(self, session, value):
        """Look whether the planted bug changes the gradient there."""
        reference = session.reference
        cases = reference.cases(self.cases)
        planted = next(m for m in session.exercise.mutants if m.name == session.exercise.planted)
        wrong = reference.mistaken(planted, "gradient", self.probe, cases)[0]
        good = reference.ask("gradient", self.probe, cases)[0]
        try:
            which, index = value
            index = (index,) if isinstance(index, int) else tuple(index)
            a, b = wrong[which][index], good[which][index]
        except (TypeError, ValueError, IndexError):
            return False
        return np.ndim(a) == 0 and which >= 0 and not np.isclose(a, b, rtol=1e-6, atol=1e-8)
