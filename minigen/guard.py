"""What a long loop asks of the system: that Ctrl-C waits for the end of a step, and that nobody else writes to the folder."""

import signal
import threading
from contextlib import contextmanager


@contextmanager
def interrupts():
    """A list that becomes non-empty at Ctrl-C, instead of an exception in the middle of a step; a second Ctrl-C stops at once."""
    came = []
    usual = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or usual in (signal.SIG_IGN, None):
        yield came  # only the main thread may set handlers; SIG_IGN is nohup's wish
        return

    def on_signal(number, frame):
        came.append(number)
        signal.signal(signal.SIGINT, usual)

    signal.signal(signal.SIGINT, on_signal)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, usual)


@contextmanager
def alone(descriptor, folder):
    """Hold the lock of an open file of ``folder``, or none if ``descriptor`` is None. RuntimeError if another process holds it.

    The lock ends with the process, even if it is killed. Without effect on Windows.
    """
    try:
        import fcntl
    except ImportError:
        fcntl = None
    if descriptor is None or fcntl is None:
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RuntimeError(f"{folder}: another process is training in this folder; wait for it, or stop it") from None
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
