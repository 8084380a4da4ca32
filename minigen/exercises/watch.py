"""Checking whenever a file is saved: looks at the files four times a second, and listens to single keys on a terminal."""

import contextlib
import os
import sys
import time

EVERY = 0.25  # seconds


def watch(folder, exercises, examine, press, rounds=None):
    """Call ``examine(exercise)`` when its file has changed, ``press(key, exercise)`` for a key until that returns False.

    A file is examined once it looks the same twice: an editor may still be writing. Returns when ``press`` said so, after Ctrl-C, or
    after ``rounds`` looks.
    """
    before, seen, current = {}, {}, exercises[0]
    with keys() as key, contextlib.suppress(KeyboardInterrupt):
        while rounds is None or rounds > 0:
            rounds = None if rounds is None else rounds - 1
            for e in exercises:
                stamp = mark(folder.file(e))
                settled, before[e.id] = stamp == before.get(e.id), stamp
                if settled and stamp is not None and stamp != seen.get(e.id):
                    seen[e.id], current = stamp, e
                    examine(e)
            pressed = key()
            if pressed and press(pressed, current) is False:
                return
            time.sleep(EVERY)


def mark(path):
    """What changes whenever a file is saved; None while an editor is replacing it."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


@contextlib.contextmanager
def keys():
    """A function that returns the key pressed since it was asked last, or "". Without a terminal there are none."""
    try:
        import select
        import termios
        import tty

        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
    except (ImportError, OSError, ValueError, AttributeError):  # Windows, a pipe, a test; termios.error is an OSError's cousin
        yield lambda: ""
        return
    except termios.error:
        yield lambda: ""
        return
    tty.setcbreak(terminal)
    try:
        yield lambda: os.read(terminal, 1).decode("ascii", "ignore") if select.select([terminal], [], [], 0)[0] else ""
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
