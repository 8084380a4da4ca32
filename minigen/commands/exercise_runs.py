"""minigen exercise: check, watch, run, milestone, selftest."""

import sys
import time

from minigen.commands import ENVIRONMENT, FAILED, NOT_FOUND, OK, USAGE, Complaint, command, paint, put_json, table
from minigen.commands.exercise import chosen, folder_of, named, short, started, upcoming

CHECKER = 5  # a fault of the checker itself, which is never counted against a student


def check(options):
    """Examine the files of some exercises: those named, or those started and not passed, or with --all every one that was started."""
    folder, found = folder_of(options), chosen(options)
    if not found:
        there = started(folder)
        found = there if options.all else [e for e in there if folder.passed(e) != "yes"]
        if not there:
            raise Complaint("nothing is started yet", f"begin with {command('exercise', 'start', '--next')}", NOT_FOUND)
        if not found and not options.json:
            print(f"everything started is passed; {command('exercise', 'start', '--next')} goes on, check --all checks again")
            return OK
    reports = [examine(folder, e, options) for e in found]
    if options.json:
        put_json({"reports": [r.as_json() for r in reports], "passed": all(r.passed for r in reports)})
    return OK if all(r.passed for r in reports) else FAILED


def examine(folder, exercise, options):
    """The Report on one file, printed and remembered. Complaint with code 5 if the checker itself is at fault."""
    from minigen.exercises.examine import check_file

    path = folder.file(exercise)
    if not path.exists():
        raise Complaint(f"{exercise.id} is not started", command("exercise", "start", exercise.id), NOT_FOUND)
    try:
        report = check_file(exercise, path, options.seed, shrinks=not options.fast)
    except (ModuleNotFoundError, OSError):
        raise
    except Exception as error:
        if getattr(options, "debug", False):
            raise
        why = f"{exercise.id}: the checker failed ({type(error).__name__}: {error}); this does not count against you"
        raise Complaint(why, "--debug shows where; please report it", CHECKER) from error
    if not options.json:
        color = getattr(options, "color", "auto")
        print(report.text(lambda text, code: paint(text, code, sys.stdout, color)), flush=True)
    folder.checked(report)  # last: the report is seen even where nothing can be written
    if not options.json:
        if folder.outdated(exercise):
            print(f"  the library's function has changed since you began: {command('exercise', 'start', exercise.id, '--update')}")
        if report.passed:
            print(f"  you built it: {demonstration(exercise)}")
            nearest = upcoming(folder)
            if nearest is not None:
                print(f"  next: {command('exercise', 'start', '--next')}   ({nearest.id}: {nearest.title})")
        sys.stdout.flush()
    return report


def demonstration(exercise):
    """A command that trains something on the student's function."""
    from minigen.exercises.assignments import ASSIGNMENTS
    from minigen.exercises.milestones import MILESTONES

    if exercise.lecture == "05":
        return command("exercise", "run", exercise.id, "--", "minigen", "train", "vae-mnist", "--budget", "1m")
    homework = next((name for name in MILESTONES if exercise.id in ASSIGNMENTS[name].ids), "hw1")
    return command("exercise", "milestone", homework)


def watch(options):
    """Check again whenever a file is saved, until Ctrl-C or q; h opens a hint, n starts the next, l lists, r resets."""
    import copy

    from minigen.commands import exercise_work as actions
    from minigen.commands.exercise import list_
    from minigen.exercises.watch import watch as follow

    folder = folder_of(options)
    found = [named(id) for id in options.ids] or [e for e in started(folder) if folder.passed(e) != "yes"] or started(folder)
    missing = [e for e in found if not folder.file(e).exists()]
    if missing or not found:
        what = f"{missing[0].id} is not started" if missing else "nothing is started yet"
        raise Complaint(what, f"begin with {command('exercise', 'start', *[e.id for e in missing[:1]] or ['--next'])}", NOT_FOUND)
    print(f"watching {', '.join(short(folder.file(e)) for e in found)}: save to check; h hint, n next, l list, r reset, q quit", flush=True)

    def press(key, exercise):
        """Carry out what a key stands for."""
        if key == "q":
            return False
        action = {"h": actions.hint, "n": actions.next_, "l": list_, "r": actions.reset}.get(key)
        if action is not None:
            words = copy.copy(options)
            words.ids = [exercise.id] if key in "hr" else []
            action(words)
            if key == "n":
                found[:] = [e for e in started(folder) if folder.passed(e) != "yes"] or found
        return True

    def look(exercise):
        """A check that ends only itself: a file may be gone for a moment."""
        try:
            examine(folder, exercise, options)
        except Complaint as error:
            print(f"{error}\n{error.hint}", flush=True)

    follow(folder, found, look, press)
    return OK


def run(options):
    """A command with the student's functions inside the library."""
    from minigen.exercises import running

    if not options.ids or not options.rest:
        raise Complaint("run: which exercises, and which command?", "minigen exercise run vae-kl -- minigen train vae-mnist", USAGE)
    folder, found = folder_of(options), [named(id) for id in options.ids]
    for e in found:
        if not folder.file(e).exists():
            raise Complaint(f"{e.id} is not started", command("exercise", "start", e.id), NOT_FOUND)
    try:
        fills = running.fills(folder, found)
    except ValueError as error:
        raise Complaint(str(error), command("exercise", "check", found[0].id)) from None
    for e in found:
        print(f"with your {e.function_name} from {short(folder.file(e))}", file=sys.stderr, flush=True)
    try:
        return running.run(options.rest, fills).returncode
    except OSError as error:
        raise Complaint(f"{options.rest[0]}: {error.strerror}", "give a command after --, such as minigen train", ENVIRONMENT) from None


def selftest(options):
    """Examine the catalogue: complaints, and the time that each exercise takes."""
    from minigen.exercises import catalog
    from minigen.exercises.selftest import selftest as examined

    start, rows, bad, verdicts = time.monotonic(), [("id", "solutions", "seconds", "slowest", "")], 0, []
    for e in chosen(options) or catalog.exercises():
        v = examined(e)
        verdicts.append(v)
        bad += bool(v.complaints)
        rows.append(
            (v.id, str(v.solutions), f"{v.seconds:.2f}", f"{v.slowest:.2f}", "" if not v.complaints else f"{len(v.complaints)} complaints")
        )
        for complaint in v.complaints:
            print(f"{v.id}: {complaint}\n", file=sys.stderr)
    if options.json:
        put_json({"exercises": [vars(v) for v in verdicts], "complaints": bad})
    else:
        print(table(rows))
        print(f"{len(verdicts)} exercises, {bad} with complaints, {time.monotonic() - start:.1f} s")
    return FAILED if bad else OK


def milestone(options):
    """The lecture's model, trained on all the functions of a homework that were passed."""
    from minigen.exercises import milestones

    if len(options.ids) != 1 or options.ids[0] not in milestones.MILESTONES:
        raise Complaint(f"milestone: which one? {', '.join(milestones.MILESTONES)}", command("exercise", "milestone", "hw2"), USAGE)
    try:
        found = milestones.milestone(options.ids[0], folder_of(options), options.fast, None if options.json or options.quiet else print)
    except (RuntimeError, ValueError) as error:
        raise Complaint(str(error), f"check your functions: {command('exercise', 'check', '--all')}") from None
    if options.json:
        put_json(found)
    return OK if found["yours"] else NOT_FOUND
