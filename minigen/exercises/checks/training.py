"""A check that trains: the model of the lecture, with the student's function in it; the weights are judged by the library."""

from dataclasses import dataclass

import numpy as np

from minigen.exercises.checks.base import Check, Finding, number
from minigen.exercises.session import Failure


@dataclass(frozen=True, eq=False, kw_only=True)
class Train(Check):
    """The probe trains a small model and returns its weights; ``loss(*weights)`` is computed by the library, and lower is better.

    It must not exceed the loss that the library's own function reaches by more than ``margin``. What the student's code says of its
    loss is never asked. ``seconds``: more time for this check. ``cases`` may be left out.
    """

    loss: object = None
    margin: float = 0.05
    seconds: float = 20.0
    kind = "training"
    after_values = True

    def __post_init__(self):
        if self.cases is None:
            object.__setattr__(self, "cases", [{}])

    def settings(self):
        """In float32, as a model is trained."""
        return {"dtype": "float32", "tensors": False, **self.options}

    def run(self, session):
        """With more time."""
        if hasattr(session, "grant"):
            session.grant(self.seconds)
        return super().run(session)

    def judge(self, case, mine, expected):
        """Two losses."""
        if [a.shape for a in mine] != [a.shape for a in expected]:
            return Finding(["the trained weights have other shapes than the library's"])
        got, right = (float(np.asarray(getattr(self.loss(*w), "data", self.loss(*w)))) for w in (mine, expected))
        if np.isfinite(got) and got <= right + self.margin:
            return None
        return Finding(
            [f"after training the loss is {number(got)}; with the library's function {number(right)}"], {"yours": got, "expected": right}
        )

    def recognise(self, session, answers, result):
        """No mistake is looked for by training all the known ones."""
        if any(isinstance(a, Failure) for a in answers):
            return
