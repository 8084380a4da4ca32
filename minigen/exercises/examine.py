"""All checks of an exercise on one solution: which are run, in which order, and what they add up to."""

import time
from pathlib import Path

from minigen.exercises.checks import Dtype, Pure, Result, Shape, Values
from minigen.exercises.notebook import code_of
from minigen.exercises.process import Worker
from minigen.exercises.report import Report
from minigen.exercises.session import OUTCOMES, Failure, Reference, Trusted
from minigen.exercises.state import digest

PATIENCE = 1.5  # seconds for the search of smallest failing cases, in all checks of an exercise together
LIMIT, NOTEBOOK = 256 << 10, 16 << 20  # bytes of a student's file; a notebook holds its outputs as well
FREE = {"shape": (Shape, "the shapes"), "dtype": (Dtype, "float32 stays float32"), "pure": (Pure, "inputs unchanged, repeatable")}


def examine(session, path=""):
    """The Report for the solution of a ``session`` (a Trusted or a Worker, entered)."""
    exercise, results, start = session.exercise, [], time.monotonic()
    for check in checks_of(exercise, session.reference):
        title = check.title or check.kind
        if session.failure is not None:
            results.append(Result(title, check.points, "skipped", lines=["not run"], outcome=session.failure.outcome))
        elif check.after_values and any(r.status == "failed" for r in results):
            results.append(Result(title, check.points, "skipped", lines=["not run before the checks above pass"], outcome="skipped"))
        else:
            results.append(check.run(session))
    session.settle()
    failure = session.failure
    report = Report(exercise, str(path), results, session.reference.seed, session.printed)
    report.remarks = session.remarks
    report.seconds = time.monotonic() - start
    if failure is not None:
        report.failure = failure
    return report


def checks_of(exercise, reference):
    """The exercise's checks, and the free ones that it does not have already."""
    first = next((c for c in exercise.checks if c.mode == "values" and isinstance(c, Values)), None)
    if first is None:
        return list(exercise.checks)
    there, cases = {type(c) for c in exercise.checks}, reference.few(first.cases)
    free = [FREE[name] for name in exercise.free if FREE[name][0] not in there]
    added = [kind(probe=first.probe, cases=cases, title=title, options=first.options) for kind, title in free]
    return [*exercise.checks, *added]


def check_text(exercise, text, seed=0, shrinks=False, reference=None):
    """The Report for a known solution, in this process. Only for the catalogue's own texts."""
    session = Trusted(reference or Reference(exercise, seed), text)
    session.patience = PATIENCE if shrinks else None
    with session:
        return examine(session)


def check_file(exercise, path, seed=0, shrinks=True):
    """The Report for a student's file, whose code runs in a process of its own. It never raises because of what is in the file."""
    path, reference = Path(path), Reference(exercise, seed)
    content = load(path)
    text = decoded(content, path)
    if isinstance(text, Failure):
        return refused(exercise, path, text, seed)
    session = Worker(reference, path, text)
    session.patience = PATIENCE if shrinks else None
    with session:
        report = examine(session, path)
    report.digest = digest(content)
    return report


def refused(exercise, path, failure, seed=0):
    """The Report for a file that nothing can be asked of."""
    results = [Result(c.title or c.kind, c.points, "skipped", lines=["not run"], outcome=failure.outcome) for c in exercise.checks]
    report = Report(exercise, str(path), results, seed)
    report.failure = failure
    return report


def read(path):
    """The text of a student's file, of a notebook the code cells; a Failure if it cannot be read."""
    return decoded(load(path), path)


def load(path):
    """The bytes of a student's file, or a Failure."""
    try:
        if not path.is_file():
            return Failure("nothing", OUTCOMES["nothing"] if not path.exists() else f"{path.name} is no ordinary file")
        with open(path, "rb") as file:
            return file.read(NOTEBOOK + 1)
    except OSError as error:
        return Failure("unreadable", f"{path.name}: {error.strerror or error}")


def decoded(content, path):
    """The bytes of the file ``path`` as text, of a notebook the code cells; a Failure if they are none, and what is one already."""
    if isinstance(content, Failure):
        return content
    limit, way_out = (NOTEBOOK, ": clear its outputs") if path.suffix == ".ipynb" else (LIMIT, "")
    if len(content) > limit:
        return Failure("unreadable", f"{path.name} has more than {limit >> 10} kB{way_out}")
    try:
        text = content.decode("utf-8-sig")
        return code_of(text) if path.suffix == ".ipynb" else text.replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        return Failure("unreadable", f"{path.name} is not UTF-8 (byte {error.start}): save it as UTF-8 in your editor")
    except ValueError as error:
        return Failure("unreadable", f"{path.name}: {error}")
