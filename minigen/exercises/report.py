"""What a student reads after a check: which checks passed, the smallest failing input, yours and expected, the likely mistake."""

import html
from pathlib import Path

from minigen.exercises.session import OUTCOMES

MARKS = {"passed": ("✓", 32), "failed": ("✗", 31), "skipped": ("–", 33)}


class Report:
    """The results of one exercise. ``points`` of ``of``; ``passed``; ``outcome``: "passed", "wrong", or a name of OUTCOMES.

    ``digest``: of the bytes that were examined, whatever is in the file now.
    """

    def __init__(self, exercise, path, results, seed=0, printed=""):
        self.exercise, self.path, self.results, self.seed, self.printed = exercise, path, results, seed, printed
        self.failure, self.seconds, self.remarks, self.digest = None, 0.0, [], ""

    @property
    def points(self):
        """The points reached; what fails without having points of its own still costs half a point."""
        if self.failure is not None and self.failure.outcome in ("garbled", "forbidden", "output"):
            return 0.0
        total = sum(r.points for r in self.results)
        return total if self.passed else max(0.0, min(total, self.of - 0.5))

    @property
    def of(self):
        """All points of the exercise."""
        return self.exercise.points

    @property
    def passed(self):
        """Whether every check passed."""
        return self.failure is None and all(r.status == "passed" for r in self.results)

    @property
    def outcome(self):
        """The name of what happened."""
        if self.failure is not None:
            return self.failure.outcome
        return "passed" if self.passed else next((r.outcome for r in self.results if r.status == "failed"), "wrong")

    @property
    def mistake(self):
        """The name of the recognised mistake, or ''."""
        return next((r.mistake for r in self.results if r.mistake), "")

    # --- as text --------------------------------------------------------------------------------------------------------------

    def text(self, paint=lambda text, code: text):
        """Lines for a terminal; ``paint(text, code)`` colours."""
        mark, code = MARKS["passed" if self.passed else "failed"]
        where = _short(self.path) + (f":{self.line}" if self.line else "")
        lines = [
            paint(f"{mark} {self.exercise.id}", code) + f"   {_points(self.points)} of {_points(self.of)} points" + f"   {where}".rstrip()
        ]
        if self.failure is not None:
            lines += self._failure(paint)
        told = set()
        for r in self.results:
            if self.failure is not None and r.status == "skipped":
                continue
            lines += self._result(r, paint, told)
        lines += [f"  {paint('remark', 33)}: {words}" for words in self.remarks]
        if self.printed.strip() and not self.passed:
            some = self.printed.strip().splitlines()[:5]
            lines += ["  your code printed"] + [f"      {''.join(c if c.isprintable() else ' ' for c in line)[:110]}" for line in some]
        return "\n".join(lines + self._next())

    @property
    def line(self):
        """The line of the student's file where it went wrong, if that is known."""
        if self.failure is not None:
            return self.failure.line
        return next((r.details["line"] for r in self.results if r.details.get("line")), None)

    def _failure(self, paint):
        found = self.failure
        lines = ["  " + paint(OUTCOMES.get(found.outcome, found.outcome), 31) + f": {found.message}"]
        if found.line and found.code:
            lines.append(f"      line {found.line}: {found.code}")
        return lines

    def _result(self, r, paint, told):
        mark, code = MARKS[r.status]
        points = _points(r.points) if r.status == "passed" else f"{_points(r.points)} of {_points(r.of)}"
        if r.status == "skipped":
            return [f"  {paint(mark, code)} {r.title}: {r.lines[0]}"]
        lines = [f"  {paint(mark, code)} {r.title:<58} {points if r.of else ''}".rstrip()]
        again = r.outcome == "error" and (r.details["message"], r.details["line"]) in told
        for line in ["the same exception"] if again else r.lines:
            if line.startswith("likely mistake") and line in told:
                continue
            told.add(line)
            lines.append("      " + (paint(line, 33) if line.startswith("likely mistake") else line))
        told.add((r.details.get("message"), r.details.get("line")))
        return lines

    def _next(self):
        name = self.exercise.id
        if self.passed:
            return []
        if self.outcome in ("nothing", "unchanged"):
            return [f"  task: minigen exercise show {name}       hint: minigen exercise hint {name}"]
        seed = f" --seed {self.seed}" if self.seed else ""
        return [f"  again: minigen exercise check {name}{seed}       hint: minigen exercise hint {name}"]

    # --- for programs and notebooks -------------------------------------------------------------------------------------------

    def as_json(self):
        """A dictionary of plain values."""
        return {
            "id": self.exercise.id, "passed": self.passed, "outcome": self.outcome, "points": self.points, "of": self.of,
            "mistake": self.mistake, "file": self.path, "line": self.line, "seed": self.seed, "seconds": round(self.seconds, 3),
            "message": self.failure.message if self.failure else "", "remarks": self.remarks,
            "checks": [
                {"title": r.title, "status": r.status, "points": r.points, "of": r.of, "outcome": r.outcome, "lines": r.lines,
                 "mistake": r.mistake, "details": _plain(r.details)}
                for r in self.results
            ],
        }  # fmt: skip

    def __str__(self):
        return self.text()

    def _repr_html_(self):
        colours = {31: "#b3261e", 32: "#1b7f3b", 33: "#8a6100"}
        painted = self.text(lambda text, code: f"\0{code}\1{text}\2")
        body = html.escape(painted)
        for code, colour in colours.items():
            body = body.replace(f"\0{code}\1", f'<b style="color:{colour}">')
        return f'<pre style="line-height:1.4">{body.replace(chr(2), "</b>")}</pre>'


def _points(x):
    return f"{x:g}"


def _short(path):
    try:
        return Path(path).relative_to(Path.cwd()).as_posix() if path else ""
    except ValueError:
        return str(path)


def _plain(v):
    if isinstance(v, dict):
        return {str(key): _plain(e) for key, e in v.items()}
    if isinstance(v, (list, tuple)):
        return [_plain(e) for e in v]
    return v.tolist() if hasattr(v, "tolist") else v
