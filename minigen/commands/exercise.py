"""minigen exercise: its arguments, which exercises are meant, list and show. The rest: exercise_work.py, exercise_runs.py."""

import argparse
import shutil

from minigen.commands import NOT_FOUND, OK, USAGE, Complaint, command, put_json, table

ACTIONS = {
    "list": "the exercises and how far you are", "next": "start the next one", "start": "write the files to work in",
    "check": "examine what you wrote", "watch": "check again whenever a file is saved", "hint": "open the next of four hints",
    "show": "the task, the formula, the place in the library", "run": "run a command with your functions in the library",
    "reset": "begin again; a copy is kept", "solution": "the library's own body, after passing or after the last hint",
    "milestone": "train the lecture's model on all that you have passed", "selftest": "examine the exercises themselves",
}  # fmt: skip


def arguments(p):
    """The arguments of ``minigen exercise``."""
    what = "\n".join(f"  {name:10} {words}" for name, words in ACTIONS.items())
    p.formatter_class = argparse.RawDescriptionHelpFormatter
    p.description = f"{p.description}\n\n{what}\n\nexample: minigen exercise run vae-kl -- minigen train vae-mnist --steps 200"
    p.add_argument("action", nargs="?", choices=tuple(ACTIONS), metavar="ACTION", help="one of those above")
    p.add_argument("ids", nargs="*", metavar="ID", help="exercises, such as vae-kl; for milestone hw1 … hw4")
    p.add_argument("--lecture", type=int, metavar="N", help="list, start, check: those of one lecture")
    p.add_argument("--assignment", metavar="NAME", help="list, start, check: those of hw1 … hw4, or core")
    p.add_argument("--next", action="store_true", help="start: the next one that you have not passed")
    p.add_argument("--all", action="store_true", help="check, reset: all that you have started")
    p.add_argument("--dir", metavar="DIR", help="the folder to work in (default: exercises, here or above)")
    p.add_argument("--notebook", action="store_true", help="start: write a notebook instead of a .py file")
    p.add_argument("--update", action="store_true", help="start: the stub of today's library, with your body in it; a copy is kept")
    p.add_argument("--seed", type=int, default=0, metavar="S", help="check: draw other cases")
    p.add_argument("--fast", action="store_true", help="check: do not look for the smallest failing case; milestone: fewer steps")
    p.add_argument("--level", type=int, choices=(1, 2, 3, 4), help="hint: one that was opened before")
    p.add_argument("--yes", action="store_true", help="reset --all, solution: yes, really")


def exercise(options):
    """Carry out one action; returns the exit code."""
    from minigen.commands import exercise_runs as runs
    from minigen.commands import exercise_work as work

    do = {
        "list": list_, "show": show, "next": work.next_, "start": work.start, "hint": work.hint, "reset": work.reset,
        "solution": work.solution,
        "check": runs.check, "watch": runs.watch, "run": runs.run, "milestone": runs.milestone,
        "selftest": runs.selftest,
    }  # fmt: skip
    return do[options.action or "list"](options)


# --- which --------------------------------------------------------------------------------------------------------------------


def named(id):
    """The Exercise of this id. Complaint with code 3 if there is none."""
    from minigen.exercises import catalog

    try:
        return catalog.get(id)
    except LookupError as error:
        raise Complaint(str(error), f"{command('exercise', 'list')} shows all of them", NOT_FOUND) from None


def chosen(options):
    """The exercises that the arguments name, or none."""
    from minigen.exercises import assignments, catalog

    found = [named(id) for id in options.ids]
    if options.assignment:
        try:
            found += [named(id) for id in assignments.members(options.assignment)]
        except LookupError as error:
            raise Complaint(str(error), f"{command('exercise', 'list')} shows the exercises", NOT_FOUND) from None
    if options.lecture is not None:
        found += [e for e in catalog.exercises() if int(e.lecture) == options.lecture]
        if not found:
            raise Complaint(f"no exercise belongs to lecture {options.lecture}", f"{command('exercise', 'list')} shows them", NOT_FOUND)
    return list(dict.fromkeys(found))


def one(options):
    """The single exercise that the arguments name, or the one being worked on."""
    if len(options.ids) > 1:
        raise Complaint(f"exercise {options.action}: one exercise, please", command("exercise", options.action, options.ids[0]), USAGE)
    if options.ids:
        return named(options.ids[0])
    current = started(folder_of(options))
    current = [e for e in current if folder_of(options).passed(e) != "yes"] or current
    if not current:
        raise Complaint("nothing is started yet", f"begin with {command('exercise', 'start', '--next')}", NOT_FOUND)
    return current[-1]


def folder_of(options):
    """The student's Folder; one that does not exist yet is exercises/ here."""
    from minigen.exercises.state import Folder

    return Folder(options.dir) if options.dir else Folder.find() or Folder("exercises")


def started(folder):
    """The exercises that there is a file of, in their order."""
    from minigen.exercises import catalog

    return [e for e in catalog.exercises() if folder.file(e).exists()]


def upcoming(folder):
    """The next exercise: the first that is not passed, those first that all needed ones are passed of. None after the last."""
    from minigen.exercises import catalog

    left = [e for e in catalog.exercises() if not folder.passed(e)]
    left_ids = {e.id for e in left}
    return next((e for e in left if not left_ids & set(e.needs)), left[0] if left else None)


def short(path):
    """A path below the working directory without what is above it."""
    from pathlib import Path

    try:
        return Path(path).resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


# --- looking ------------------------------------------------------------------------------------------------------------------


def list_(options):
    """The table of exercises with the student's state."""
    from minigen.exercises import catalog

    folder, state = folder_of(options), folder_of(options).load()
    found = chosen(options) or catalog.exercises()
    if options.json:
        put_json({"exercises": [
            {"id": e.id, "lecture": e.lecture, "title": e.title, "difficulty": e.difficulty, "points": e.points,
             "state": state_of(folder, e), "hints": state.get(e.id, {}).get("hints", 0), "target": e.target}
            for e in found
        ]})  # fmt: skip
        return OK
    rows, reached = [("", "id", "", "points", "lecture", "title", "hints")], 0.0
    marks = {"passed": "✓", "changed": "✓", "started": "·", "": " "}
    for e in found:
        where = state_of(folder, e)
        reached += e.points if where in ("passed", "changed") else 0
        hints = state.get(e.id, {}).get("hints", 0)
        rows.append((marks[where], e.id, "●" * e.difficulty, f"{e.points:g}", e.lecture, e.title, f"{hints} of 4" if hints else ""))
    print(table(rows))
    print(f"{reached:g} of {sum(e.points for e in found):g} points")
    nearest = upcoming(folder)
    if nearest is not None:
        print(f"next: {command('exercise', 'start', '--next')}   ({nearest.id}: {nearest.title})")
    return OK


def state_of(folder, exercise):
    """ "passed", "changed" since it passed, "started", or ""."""
    passed = folder.passed(exercise)
    return {"yes": "passed", "changed": "changed"}.get(passed) or ("started" if folder.file(exercise).exists() else "")


def show(options):
    """The task as in the file, and where the function is used."""
    from minigen.exercises import targets
    from minigen.exercises.stub import WIDTH, flowing

    e = one(options)
    if options.json:
        put_json({"id": e.id, "title": e.title, "task": e.task.strip(), "target": e.target, "place": targets.place(e.target),
                  "lecture": e.lecture, "section": e.section, "points": e.points, "needs": list(e.needs)})  # fmt: skip
        return OK
    width = min(WIDTH, shutil.get_terminal_size().columns)
    print(f'{e.id}: {e.title}\nlecture {e.lecture}, "{e.section}"   {"●" * e.difficulty}   {e.points:g} points')
    print(f"teaches: {e.teaches}\nfunction: {e.qualname}, {targets.place(e.target)}\n\n{flowing(e.task.strip(), width)}\n")
    for check in e.checks:
        print(f"  {check.points:<4g} {check.title or check.kind}")
    return OK
