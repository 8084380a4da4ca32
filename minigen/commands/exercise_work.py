"""minigen exercise: start, next, hint, reset, solution: what a student does between two checks."""

import sys
import textwrap
from inspect import cleandoc

from minigen.commands import NOT_FOUND, OK, USAGE, Complaint, command, paint, put_json
from minigen.commands.exercise import chosen, folder_of, one, short, started, upcoming

WELCOME = """
An exercise is a function of this library whose body is missing. You write the body, `check` compares it with mathematics
and with the library, and then a real model trains on it.

  1. open {path} in your editor: the task stands at its top
  2. replace the line `raise NotImplementedError(…)` by your lines, and save
  3. {check}
     right? it says so. Wrong? it shows the smallest input that proves it, and often the mistake
  4. stuck: {hint}   (four hints, from a question to all but one line)

`{watch}` checks whenever you save. Nothing you write is ever overwritten.
"""


def next_(options):
    """start --next"""
    options.next = True
    return start(options)


def start(options):
    """Write the stubs, and say what to do with them."""
    folder = folder_of(options)
    first_time = not folder.load()
    found = chosen(options)
    if options.next or not found:
        if not options.next:
            raise Complaint("start: which exercise?", f"the next one: {command('exercise', 'start', '--next')}", USAGE)
        nearest = upcoming(folder)
        if nearest is None:
            print("You have passed every exercise there is. Well done.")
            return OK
        found = [nearest]
    paths = []
    for e in found:
        if options.update:
            paths.append(renewed(folder, e, options))
            continue
        path, fresh = folder.start(e, options.notebook)
        paths.append(path)
        if not options.json:
            print(f"{e.id}: {e.title}   {'●' * e.difficulty}   {e.points:g} points\n{'wrote' if fresh else 'already there:'} {short(path)}")
    if options.json:
        put_json({"started": [{"id": e.id, "file": path} for e, path in zip(found, paths)]})
        return OK
    name = found[0].id
    words = {key: command("exercise", key, name) for key in ("check", "hint", "watch")}
    if first_time:
        print(WELCOME.format(path=short(paths[0]), **words))
    else:
        print(f"check it: {words['check']}      hint: {words['hint']}")
    return OK


def renewed(folder, exercise, options):
    """start --update of one exercise; returns the path."""
    from minigen.exercises.overlay import Unfit

    if not folder.file(exercise).exists():
        raise Complaint(f"{exercise.id} is not started", command("exercise", "start", exercise.id), NOT_FOUND)
    try:
        path, copy = folder.renew(exercise)
    except Unfit as error:
        raise Complaint(f"{exercise.id}: {error}", f"begin again, a copy is kept: {command('exercise', 'reset', exercise.id)}") from None
    if not options.json:
        print(f"{exercise.id}: {short(path)} is today's stub with your body; what you had is in {short(copy)}")
    return path


def hint(options):
    """The diagnosis of the last check, if there was one, and the next hint."""
    e, folder = one(options), folder_of(options)
    entry = folder.entry(e.id)
    opened = entry.get("hints", 0)
    level = options.level or min(opened + 1, 4)
    if level > opened + 1:
        raise Complaint(f"hint {level} comes after hint {opened + 1}", command("exercise", "hint", e.id), USAGE)
    if level > opened:
        folder.open_hint(e.id, level)
    left = 4 - max(level, opened)
    mistake = next((m for m in e.mutants if m.name == entry.get("last", {}).get("mistake")), None)
    if options.json:
        words = {"hint": cleandoc(e.hints[level - 1]), "likely_mistake": mistake and mistake.says}
        put_json({"id": e.id, "level": level, "left": left, **words})
        return OK
    if mistake is not None:
        print(f"Your last attempt: {mistake.says}\n")
    print(f"{paint(f'hint {level} of 4', 33, sys.stdout)}\n" + textwrap.indent(cleandoc(e.hints[level - 1]), "  "))
    print(f"{left} left" if left else f"that was the last one; the solution: {command('exercise', 'solution', e.id, '--yes')}")
    return OK


def reset(options):
    """The stub again, with a copy of what was there."""
    folder = folder_of(options)
    found = chosen(options)
    if options.all and not found:
        if not options.yes:
            raise Complaint("reset --all: all files you have started?", f"yes: {command('exercise', 'reset', '--all', '--yes')}", USAGE)
        found = started(folder)
    if not found:
        raise Complaint("reset: which exercise?", command("exercise", "reset", "vae-kl"), USAGE)
    done = [(e, *folder.reset(e)) for e in found]
    if options.json:
        put_json({"reset": [{"id": e.id, "file": path, "copy": copy} for e, path, copy in done]})
        return OK
    for e, path, copy in done:
        print(f"{e.id}: {short(path)} is the stub again" + (f"; what you had is in {short(copy)}" if copy else ""))
    return OK


def solution(options):
    """The library's own function, for who has passed, or has read all hints and says --yes."""
    from minigen.exercises import targets

    e, folder = one(options), folder_of(options)
    entry = folder.entry(e.id)
    if not entry.get("passed"):
        if entry.get("hints", 0) < 4:
            opened = entry.get("hints", 0)
            raise Complaint(f"the solution comes after passing, or after the hints ({opened} of 4 read)", command("exercise", "hint", e.id))
        if not options.yes:
            raise Complaint("really? It is yours to find", f"yes: {command('exercise', 'solution', e.id, '--yes')}")
        folder.update(e.id, lambda known: known.update(solution=True))
    found = targets.source(e.target)
    text = "".join(found.lines[min([found.node.lineno, *(d.lineno for d in found.node.decorator_list)]) - 1 : found.node.end_lineno])
    if options.json:
        put_json({"id": e.id, "solution": text, "place": targets.place(e.target)})
    else:
        print(f"# {targets.place(e.target)}\n{text.rstrip()}")
    return OK
