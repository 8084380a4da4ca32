"""What the commands share: exit codes, the one-line error, colours, did-you-mean, JSON."""

import difflib
import json
import os
import shlex
import sys

OK, FAILED, USAGE, NOT_FOUND, ENVIRONMENT, INTERRUPTED = 0, 1, 2, 3, 4, 130


class Complaint(Exception):
    """An error for the user: one line that says what is wrong, one that says what to do, and the exit code."""

    def __init__(self, message, hint, code=FAILED):
        super().__init__(message)
        self.hint, self.code = hint, code


def suggestion(word, known):
    """' (did you mean "vae-mnist"?)' if one of the ``known`` words looks like ``word``, else ''."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f' (did you mean "{close[0]}"?)' if close else ""


def paint(text, code, stream, wish="auto"):
    """``text`` in the terminal's colour ``code``; plain if the stream is no terminal, NO_COLOR is set, or ``wish`` is "never"."""
    on = wish == "always" or (wish == "auto" and stream.isatty() and not os.environ.get("NO_COLOR"))
    return f"\033[{code}m{text}\033[0m" if on else text


def command(*words):
    """A command line that can be copied into a shell."""
    return shlex.join(["minigen", *map(str, words)])


def put_json(value):
    """Print ``value`` as one JSON object, the only thing that a command with --json writes to standard output."""
    from minigen.run import plain

    sys.stdout.write(json.dumps(plain(value)) + "\n")
    sys.stdout.flush()


def table(rows):
    """Rows of texts as lines with aligned columns, indented by two."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows)]
    return "\n".join(("  " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths))).rstrip() for row in rows)


def experiment(name):
    """The module of the experiment ``name``. Complaint with code 3 if there is none."""
    from minigen import experiments

    if name not in experiments.MODULES:
        guess = suggestion(name, experiments.MODULES)
        raise Complaint(f"there is no experiment {name!r}{guess}", f"{command('list')} shows all of them", NOT_FOUND)
    return experiments.get(name)
