"""Whether ops are recorded here and now, for each thread: no_grad, enable_grad."""

import threading
from contextlib import contextmanager


class _Recording(threading.local):
    enabled = True


recording = _Recording()


@contextmanager
def recorded(enabled):
    """Inside the block ops are recorded, or not; afterwards as before."""
    before, recording.enabled = recording.enabled, enabled
    try:
        yield
    finally:
        recording.enabled = before


def no_grad():
    """``with no_grad():`` nothing is recorded in the block; ``@no_grad()`` does the same for a function."""
    return recorded(False)


def enable_grad():
    """``with enable_grad():`` records again inside a ``no_grad`` block."""
    return recorded(True)


def is_grad_enabled():
    """Whether ops are being recorded here and now."""
    return recording.enabled
