"""The folder of a student: files to work in, what was passed, which hints were opened. Nothing a student wrote is ever lost.

    exercises/   vae_kl.py   …   .minigen-exercises.json   .backup/vae_kl.1.py   …

A file is made only where none is; it is replaced only after a copy of it is safe in .backup. The state is written whole or not at all,
so that a process killed at any moment leaves either the old state or the new one.
"""

import ast
import contextlib
import hashlib
import json
import os
import textwrap
import time
from pathlib import Path

from minigen.checkpoint import write_file
from minigen.exercises import notebook
from minigen.exercises.overlay import Unfit, students, without_docstring
from minigen.exercises.stub import stub

STATE = ".minigen-exercises.json"


class Folder:
    """The folder ``path`` with its state. ``Folder.find()`` finds that of the working directory."""

    def __init__(self, path):
        self.path = Path(path)

    @classmethod
    def find(cls, start="."):
        """The folder here or above, itself or as exercises/; None if nothing was ever started."""
        start = Path(start).resolve()
        for place in (start, *start.parents):
            for folder in (place / "exercises", place):
                if (folder / STATE).is_file():
                    return cls(folder)
        return None

    # --- state ----------------------------------------------------------------------------------------------------------------

    def load(self):
        """The state: {id: {"attempts", "hints", "passed", "points", "stub", …}}. One that cannot be read is put aside."""
        try:
            found = json.loads((self.path / STATE).read_text("utf-8"))["exercises"]
            return {id: dict(entry) for id, entry in found.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError, AttributeError):
            self.backup(self.path / STATE)
            return {}

    def entry(self, id):
        """What is known of one exercise."""
        return self.load().get(id, {})

    def update(self, id, change):
        """Let ``change(entry)`` alter what is known of an exercise, and write it. Two processes take turns."""
        with self._alone():
            state = self.load()
            change(state.setdefault(id, {}))
            text = json.dumps({"version": 1, "exercises": state}, indent=1, sort_keys=True) + "\n"
            write_file(self.path / STATE, lambda file: file.write(text.encode()))

    @contextlib.contextmanager
    def _alone(self):
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            import fcntl
        except ImportError:
            fcntl = None
        with open(self.path / ".lock", "w") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    # --- files ----------------------------------------------------------------------------------------------------------------

    def file(self, exercise):
        """The student's file: the notebook if there is one and no .py."""
        plain = self.path / exercise.file_name
        other = plain.with_suffix(".ipynb")
        return other if other.exists() and not plain.exists() else plain

    def start(self, exercise, as_notebook=False):
        """Write the stub, unless a file is there already. Returns (path, whether it is new)."""
        path = self.file(exercise)
        if as_notebook and not path.exists():
            path = path.with_suffix(".ipynb")
        text = stub(exercise)
        fresh = put_new(path, notebook.from_percent(text) if path.suffix == ".ipynb" else text)
        self.update(exercise.id, lambda e: e.update(stub=e.get("stub") or form(exercise), started=e.get("started") or now()))
        return path, fresh

    def outdated(self, exercise):
        """Whether the library's function has another form than when the exercise was started."""
        return self.entry(exercise.id).get("stub", form(exercise)) != form(exercise)

    def renew(self, exercise):
        """The stub of today with the body of the student's .py file in it. Returns (path, path of the copy). Unfit without a function."""
        path = self.file(exercise)
        if path.suffix != ".py":
            raise Unfit("unreadable", "a notebook is taken over by hand: start another, and copy the cell")
        copy = self.backup(path)
        content = taken_over(exercise, path.read_text("utf-8"), str(path))
        write_file(path, lambda file: file.write(content.encode()))
        self.update(exercise.id, lambda e: e.update(stub=form(exercise)))
        return path, copy

    def reset(self, exercise):
        """The stub again; what was there is kept. Returns (path, path of the copy or None)."""
        path, text, copy = self.file(exercise), stub(exercise), None
        content = notebook.from_percent(text) if path.suffix == ".ipynb" else text
        while path.exists():
            before = path.read_bytes()
            copy = self.backup(path)
            if path.read_bytes() == before:  # nobody has saved it in the meantime
                break
        if copy is None:
            put_new(path, content)
        else:
            write_file(path, lambda file: file.write(content.encode()))
        self.update(exercise.id, lambda e: e.update(stub=form(exercise)))
        return path, copy

    def backup(self, path):
        """Copy a file to .backup/name.N.suffix, N the first free number; returns the copy's path."""
        content, n = path.read_bytes(), 1
        while True:
            copy = self.path / ".backup" / f"{path.stem}.{n}{path.suffix}"
            if (copy.exists() and copy.read_bytes() == content) or put_new(copy, content):
                return copy
            n += 1

    # --- events ---------------------------------------------------------------------------------------------------------------

    def checked(self, report):
        """Remember a report: attempts, best points, and which text has passed."""

        def change(e):
            e["attempts"] = e.get("attempts", 0) + 1
            e["points"] = max(e.get("points", 0.0), report.points)
            e["last"] = {"outcome": report.outcome, "points": report.points, "mistake": report.mistake, "when": now()}
            if report.passed:
                e["passed"] = {"sha256": report.digest, "when": now()}

        self.update(report.exercise.id, change)

    def passed(self, exercise):
        """ "yes"; "changed" if the file is no longer the one that passed; "" if none has passed."""
        found, path = self.entry(exercise.id).get("passed"), self.file(exercise)
        if not found:
            return ""
        return "yes" if path.is_file() and digest(path.read_bytes()) == found.get("sha256") else "changed"

    def open_hint(self, id, level):
        """Remember that hints up to ``level`` were read."""
        self.update(id, lambda e: e.update(hints=max(e.get("hints", 0), level)))


def form(exercise):
    """A fingerprint of what the student starts from: signature, docstring, decorators."""
    return digest(stub(exercise, bare=True))


def taken_over(exercise, text, path):
    """The stub with the body of the function in ``text``, and the helpers that it needs. Unfit if there is none."""
    mine, helpers = students(text, path, exercise.qualname)
    lines, body = text.splitlines(), without_docstring(mine.body)
    first = body[0].lineno - 1 if body else mine.end_lineno
    while lines[first - 1].lstrip().startswith("#"):  # what stands above the first statement belongs to it
        first -= 1
    own = textwrap.dedent("\n".join(lines[first : mine.end_lineno])) or "pass"
    new, bare = stub(exercise), stub(exercise, bare=True)
    empty = bare.rstrip().rpartition("\n")[2]
    filled = bare.replace(empty, textwrap.indent(own, empty[: len(empty) - len(empty.lstrip())]))
    module = exercise.target.partition(":")[0]
    kept = [ast.get_source_segment(text, h) for h in helpers if not isinstance(h, ast.ImportFrom) or h.module != module]
    return new.replace(bare, "".join(f"{part}\n\n\n" for part in kept) + filled)


def put_new(path, content):
    """Write a file whole, unless there is one of this name already; returns whether it was written."""
    content = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return False
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    with open(temporary, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)  # fails if somebody else was first; a rename would replace the other's file
    except FileExistsError:
        return False
    except OSError:  # no hard links here
        if path.exists():
            return False
        os.rename(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    return True


def digest(content):
    """A fingerprint of a text or of bytes."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def now():
    """The time, to the second, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
