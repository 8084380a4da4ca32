"""The exercises examined themselves: the library's function scores full, the stub nothing, every mistake is found and named."""

import time
import traceback
from dataclasses import dataclass, field

from minigen.exercises import targets
from minigen.exercises.examine import check_text
from minigen.exercises.overlay import Unfit
from minigen.exercises.session import Reference
from minigen.exercises.stub import stub


@dataclass
class Verdict:
    """``complaints`` about one exercise: empty if it is as it should be."""

    id: str
    complaints: list = field(default_factory=list)
    seconds: float = 0.0  # of computing time
    slowest: float = 0.0  # of one solution
    solutions: int = 0


def selftest(exercise):
    """The Verdict on an Exercise. Everything runs in this process: nothing here was written by a student."""
    verdict, start, reference = Verdict(exercise.id), time.process_time(), Reference(exercise)
    verdict.complaints += list(form(exercise))

    def examined(text):
        began = time.process_time()
        report = check_text(exercise, text, reference=reference)
        verdict.slowest, verdict.solutions = max(verdict.slowest, time.process_time() - began), verdict.solutions + 1
        return report

    def expect(condition, complaint, report):
        if not condition:
            verdict.complaints.append(f"{complaint}\n{report}")

    try:
        own = examined(exercise.text_with(targets.source(exercise.target).body))
        expect(own.passed and own.points == exercise.points, "the library's own function does not pass", own)
        empty = examined(stub(exercise, bare=True))
        expect(empty.points == 0 and not empty.passed, "the stub gets points", empty)
        for mutant in exercise.mutants:
            report = examined(exercise.text_of(mutant))
            expect(report.points < exercise.points and not report.passed, f"mutant {mutant.name}: loses no points", report)
            expect(mutant.says in str(report), f"mutant {mutant.name}: the report does not say what is wrong", report)
        for variant in exercise.variants:
            report = examined(exercise.text_of(variant))
            expect(report.passed and report.points == exercise.points, f"variant {variant.name}: does not pass", report)
    except (Unfit, LookupError) as error:
        verdict.complaints.append(str(error))
    except Exception:  # the library's own function cannot do what a probe asks of it
        verdict.complaints.append(traceback.format_exc())
    verdict.seconds = time.process_time() - start
    if verdict.slowest > exercise.budget.seconds:
        verdict.complaints.append(f"{verdict.slowest:.1f} s for one solution, more than its budget of {exercise.budget.seconds:g} s")
    return verdict


def form(exercise):
    """What is missing in the form of an exercise."""
    e, total = exercise, sum(c.points for c in exercise.checks)
    rules = {
        f"the checks' points add up to {total:g}, not {e.points:g}": abs(total - e.points) < 1e-9,
        f"four hints are needed, there are {len(e.hints)}": len(e.hints) == 4 and all(h.strip() for h in e.hints),
        f"at least four mutants are needed, there are {len(e.mutants)}": len(e.mutants) >= 4,
        "at least one correct variant is needed": len(e.variants) >= 1,
        "every mutant explains itself, each in other words": all(m.says for m in e.mutants)
        and len({m.says for m in e.mutants}) == len(e.mutants),
        "task, teaches, section and title say something": all(t.strip() for t in (e.task, e.teaches, e.section, e.title)),
        f"difficulty is 1, 2, 3 or 4, not {e.difficulty}": e.difficulty in (1, 2, 3, 4),
        "a check with mode values comes first among them, for shape and dtype": bool(e.planted)
        or any(c.mode == "values" for c in e.checks),
        f"{e.target} has no docstring": bool(e.stub_docstring or targets.function(e.target).__doc__),
    }
    yield from (complaint for complaint, kept in rules.items() if not kept)
    for check in e.checks:
        if check.probe is None and hasattr(check, "answer"):
            continue
        name = check.probe.__name__
        if check.probe.__module__ != e.module or "<" in name:
            yield f"the probe {name} must be a function of {e.module}, so that the other process finds it"
