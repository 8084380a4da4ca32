"""A solution under examination: in a process of its own if a student wrote it, in this one if it is known and harmless.

Both answer ``ask(mode, probe, cases)`` with a list: for each case the arrays that came out, or a ``Failure`` with a name.
"""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from minigen.exercises import evaluate, wire
from minigen.exercises.overlay import Unfit
from minigen.exercises.stub import stub
from minigen.exercises.swap import replaced
from minigen.exercises.worker import described

OUTPUT = 1 << 20  # bytes that a student's code may print in one check
PLACE = "<solution>"  # the file name of a known solution
ENOUGH = 3  # exceptions in one check, after which the other cases are not tried
SLACK = 4.0  # how many seconds may pass for each one of computing time: the machine may have other things to do
START = 60.0  # seconds that the process may take to import everything on a busy machine
SIGNALS = {"SIGXFSZ": "output", "SIGKILL": "memory"}  # by which a process was ended; any other one: it crashed


@dataclass(frozen=True)
class Failure:
    """Why there are no numbers. ``outcome`` is one of OUTCOMES; ``line`` and ``code``: where in the student's file.

    ``final``: nothing more can be asked, because the process is gone.
    """

    outcome: str
    message: str
    line: int | None = None
    code: str = ""
    final: bool = True


OUTCOMES = {
    "nothing": "there is no file yet", "unreadable": "the file cannot be read", "syntax": "Python cannot parse the file",
    "missing": "the function is missing", "signature": "the arguments were changed", "unchanged": "nothing written yet",
    "forbidden": "it uses the solution", "load": "the library cannot be imported with it", "error": "it raised an exception",
    "gradient": "no gradient flows", "timeout": "it took too long", "memory": "it needed too much memory", "crashed": "it crashed Python",
    "exited": "it ended the process", "output": "it printed too much", "garbled": "its answer is no message",
}  # fmt: skip


class Reference:
    """The library's own answers, each computed once."""

    def __init__(self, exercise, seed=0):
        self.exercise, self.seed, self._cases, self._answers = exercise, seed, {}, {}

    def cases(self, spec):
        """The cases of a Draws, or of a plain list."""
        if id(spec) not in self._cases:
            self._cases[id(spec)] = (spec, spec.cases(self.seed) if hasattr(spec, "cases") else list(spec))
        return self._cases[id(spec)][1]

    def few(self, spec):
        """Some of these cases, for checks that every exercise has."""
        return self._cases.setdefault(("few", id(spec)), self.cases(spec)[:4])

    def ask(self, mode, probe, cases, **options):
        """The arrays for each case."""
        key = (mode, probe.__name__, id(cases), repr(options))
        if key not in self._answers:
            self._answers[key] = cases, [evaluate.perform(mode, probe, case, options) for case in cases]
        return self._answers[key][1]

    def mistaken(self, mutant, mode, probe, cases, **options):
        """The answers of a Mutant, with a Failure where it raises."""
        key = (mutant.name, mode, probe.__name__, id(cases), repr(options))
        if key not in self._answers:
            self._answers[key] = cases, Trusted(self, self.exercise.text_of(mutant)).ask(mode, probe, cases, **options)
        return self._answers[key][1]


class Trusted:
    """A known solution, in this process."""

    def __init__(self, reference, text):
        self.reference, self.exercise, self.text, self.printed, self.failure = reference, reference.exercise, text, "", None
        self.remarks = []

    def ask(self, mode, probe, cases, **options):
        """The arrays for each case, or a Failure, in the words that a Worker has for it: mistakes are recognised by them."""
        found, failures = [], 0
        with replaced(self.exercise.target, self.text, PLACE):
            for case in cases:
                found.append(found[-1] if failures >= ENOUGH else self._one(mode, probe, case, options))
                failures += isinstance(found[-1], Failure)
        return found

    def _one(self, mode, probe, case, options):
        try:
            return evaluate.perform(mode, probe, case, options)
        except evaluate.NoGradient as error:
            return Failure("gradient", str(error), final=False)
        except Exception as error:
            return Failure("error", _clean(described(error, {PLACE})["message"], 600), final=False)

    def __enter__(self):
        try:
            with replaced(self.exercise.target, self.text):
                pass
        except Unfit as error:
            self.failure = Failure(error.outcome, str(error), error.line)
        if self.text == stub(self.exercise, bare=True):
            self.failure = Failure("unchanged", "the body is still the stub's")
        return self

    def __exit__(self, *ignored):
        pass


class Worker:
    """A student's solution, in a process with limits. ``failure`` says why it cannot be asked, if so."""

    def __init__(self, reference, path, text):
        self.reference, self.exercise, self.path, self.text = reference, reference.exercise, str(path), text
        self.failure, self.printed, self.remarks, self._answers = None, "", [], queue.Queue()

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="minigen-", ignore_cleanup_errors=True)
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
        home = self._folder.name
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-u", str(Path(__file__).with_name("worker.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=home, bufsize=0,
            env={**kept, **one_thread, "HOME": home, "TMPDIR": home, "MPLBACKEND": "Agg"}, start_new_session=os.name == "posix",
        )  # fmt: skip
        for listener in (self._listen, self._overhear):
            threading.Thread(target=listener, daemon=True).start()
        try:
            self._begin()
        except BaseException:  # Hypothesis is missing, say: the process must not stay behind
            self.__exit__()
            raise
        return self

    def _begin(self):
        """Hand over the student's text, and wait until the library is imported with it."""
        self._end = time.monotonic() + START
        budget, target = self.exercise.budget, self.exercise.target
        root = str(Path(evaluate.__file__).parents[2])
        start = {
            "sys_path": [root, *(p for p in sys.path if p and p != root)], "module": self.exercise.module,
            "memory_mb": budget.memory_mb, "seconds": budget.seconds + sum(getattr(c, "seconds", 0) for c in self.exercise.checks),
            "forbid": list(self.exercise.forbid),
            "fills": {target: (self.path, self.text)}, "stub": stub(self.exercise, bare=True),
        }  # fmt: skip
        self._send(start)
        for check in self.exercise.checks:  # drawn here while the library is imported there
            if check.cases is not None:
                self.reference.cases(check.cases)
        found = self._receive()
        if isinstance(found, Failure):
            self._give_up(found)
        elif found.get("outcome") != "ready":
            self._give_up(self._claimed(found))
        elif isinstance(found.get("remarks"), list):
            self.remarks = [_clean(words, 200) for words in found["remarks"][:5]]
        self._end = time.monotonic() + SLACK * budget.seconds

    def ask(self, mode, probe, cases, **options):
        """The arrays for each case, or a Failure; after one that is final, nothing but that."""
        found, failures = [], 0
        for case in cases:
            if failures == ENOUGH:
                found.append(found[-1])
            elif self.failure is None:
                answer = self._exchange({"mode": mode, "probe": probe.__name__, "case": case, "options": options})
                if isinstance(answer, dict):
                    arrays = answer.get("arrays")
                    answer = arrays if isinstance(arrays, list) and all(hasattr(a, "dtype") for a in arrays) else self._claimed(answer)
                if isinstance(answer, Failure):
                    failures += 1
                    if answer.final:
                        self._give_up(answer)
                found.append(answer)
            else:
                found.append(self.failure)
        return found

    def grant(self, seconds):
        """More time, for a check that trains a model."""
        self._end += SLACK * seconds

    def __exit__(self, *ignored):
        self._kill()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                stream.close()
        self._folder.cleanup()

    # --- the pipe -------------------------------------------------------------------------------------------------------------

    def _exchange(self, message):
        """Send a message and wait for the answer: a dict, or a Failure."""
        self._send(message)
        return self._receive()

    def _send(self, message):
        """Begin to write: whoever does not read must not make this side wait for ever."""
        threading.Thread(target=self._write, args=(wire.pack(message),), daemon=True).start()

    def _receive(self):
        """The next answer: a dict, or a Failure."""
        try:
            content = self._answers.get(timeout=max(0.01, self._end - time.monotonic()))
        except queue.Empty:
            return Failure("timeout", f"no answer within {SLACK * self.exercise.budget.seconds:g} s: does a loop never end?")
        if isinstance(content, Failure):
            return content
        try:
            found = wire.unpack(content)
            return found if isinstance(found, dict) else Failure("garbled", "the answer is no message")
        except ValueError as error:
            return Failure("garbled", str(error))

    def _write(self, content):
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(content)

    def _listen(self):
        """Collect the answers of the process until it ends."""
        try:
            while (content := wire.read(self._process.stdout)) is not None:
                self._answers.put(content)
        except (ValueError, OSError):
            self._answers.put(Failure("garbled", "the answer is no message"))
            return
        self._answers.put(self._ended())

    def _overhear(self):
        """Keep some of what is printed; too much of it ends the process."""
        total = 0
        with contextlib.suppress(ValueError, OSError):
            while more := self._process.stderr.read(1 << 16):
                total += len(more)
                if len(self.printed) < 4000:
                    self.printed += more[:4000].decode("utf-8", "replace")
                if total > OUTPUT:
                    self._answers.put(Failure("output", f"more than {OUTPUT >> 20} MB were printed"))
                    self._kill()
                    return

    def _ended(self):
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return Failure("exited", "the process stopped answering")
        if code >= 0:
            return Failure("exited", f"the process ended by itself with status {code}, before it had answered")
        name = signal.Signals(-code).name if -code in signal.valid_signals() else str(code)
        if name == "SIGXCPU":
            return Failure("timeout", f"more than {self.exercise.budget.seconds:g} s of computing time: does a loop never end?")
        return Failure(SIGNALS.get(name, "crashed"), f"the process was ended by {name}")

    def _claimed(self, found):
        """A Failure from what the process says about itself; nothing in it is trusted to be of a certain kind."""
        outcome, line = found.get("outcome"), found.get("line")
        if outcome not in OUTCOMES:
            return Failure("garbled", "the answer is no message")
        message, code = (_clean(found.get(key, ""), size) for key, size in (("message", 600), ("code", 200)))
        if message.startswith("NoGradient: "):
            outcome, message = "gradient", message.removeprefix("NoGradient: ")
        alive = outcome in ("error", "exited", "gradient")
        return Failure(outcome, message, line if isinstance(line, int) else None, code, final=not alive)

    def _give_up(self, failure):
        self.failure = failure
        self._kill()

    def _kill(self):
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)


def _clean(text, size):
    """Text from the other side, on one line, without control characters."""
    return "".join(c if c.isprintable() else " " for c in str(text))[:size]
