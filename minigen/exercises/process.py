"""A student's solution under examination, in a process of its own: one direction of trust, and limits of time, memory and output."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from minigen.exercises import evaluate, wire
from minigen.exercises.session import ENOUGH, OUTCOMES, Failure, clean
from minigen.exercises.stub import stub

OUTPUT = 1 << 20  # bytes that a student's code may print in one check
SLACK = 4.0  # how many seconds may pass for each one of computing time: reading a file takes time without computing
START = 60.0  # seconds that the process may take to import everything
END = 5.0  # and to end, after the last question
LOOK = 0.1  # how often it is looked whether the process could have answered
SIGNALS = {"SIGXFSZ": "output", "SIGKILL": "memory"}  # by which a process was ended; any other one: it crashed


class Worker:
    """A solution in a process with limits. ``failure`` says why it cannot be asked, if so."""

    def __init__(self, reference, path, text):
        self.reference, self.exercise, self.path, self.text = reference, reference.exercise, str(path), text
        self.failure, self.printed, self.remarks, self.ruled_out = None, "", [], set()
        self._questions, self._answers, self._flood = queue.SimpleQueue(), queue.Queue(), None
        self._left, self._waited = START, 0.0

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
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._speak, self._listen, self._overhear)]
        for thread in self._threads:
            thread.start()
        try:
            self._begin()
        except BaseException:  # Hypothesis is missing, say: the process must not stay behind
            self.__exit__()
            raise
        return self

    def _begin(self):
        """Hand over the student's text, and wait until the library is imported with it."""
        budget, target = self.exercise.budget, self.exercise.target
        root = str(Path(evaluate.__file__).parents[2])
        start = {
            "sys_path": [root, *(p for p in sys.path if p and p != root)], "module": self.exercise.module,
            "memory_mb": budget.memory_mb, "seconds": budget.seconds + sum(getattr(c, "seconds", 0) for c in self.exercise.checks),
            "forbid": list(self.exercise.forbid),
            "fills": {target: (self.path, self.text)}, "stub": stub(self.exercise, bare=True), "optional": self.exercise.optional,
        }  # fmt: skip
        self._questions.put(wire.pack(start))
        for check in self.exercise.checks:  # drawn here while the library is imported there
            if check.cases is not None:
                self.reference.cases(check.cases)
        found = self._receive()
        if isinstance(found, Failure):
            self._give_up(found)
        elif found.get("outcome") != "ready":
            self._give_up(self._claimed(found))
        elif isinstance(found.get("remarks"), list):
            self.remarks = [clean(words, 200) for words in found["remarks"][:5]]
        self._left = SLACK * budget.seconds

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
        self._left += SLACK * seconds

    def clock(self):
        """Seconds of computing time, here and there; of any time, where the system does not tell."""
        ran = spent(self._process.pid)[0]
        return time.monotonic() if ran is None else time.process_time() + ran

    def settle(self):
        """Let the process end, and hear what it has printed to the last word: too much of it is a failure even now."""
        self._questions.put(None)
        left = END
        while left > 0 and self._threads[-1].is_alive():
            self._threads[-1].join(LOOK)
            left -= self._usable()
        self.failure = self.failure or self._flood

    def __exit__(self, *ignored):
        self._kill()
        self._questions.put(None)
        for stream in (self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                stream.close()
        self._folder.cleanup()

    # --- the pipe -------------------------------------------------------------------------------------------------------------

    def _exchange(self, message):
        """Send a message and wait for the answer: a dict, or a Failure."""
        self._questions.put(wire.pack(message))
        return self._receive()

    def _receive(self):
        """The next answer: a dict, or a Failure. Time counts that passes in vain while the process could have used it."""
        while True:
            try:
                content = self._answers.get(timeout=LOOK)
                break
            except queue.Empty:
                self._left -= self._usable()
            if self._left <= 0:
                return Failure("timeout", f"no answer within {SLACK * self.exercise.budget.seconds:g} s: does it wait for something?")
        if isinstance(content, Failure):
            return content
        try:
            found = wire.unpack(content)
            return found if isinstance(found, dict) else Failure("garbled", "the answer is no message")
        except ValueError as error:
            return Failure("garbled", str(error))

    def _usable(self):
        """How much of one LOOK the process could have used, and did not wait for a processor."""
        before, self._waited = self._waited, max(self._waited, spent(self._process.pid)[1])
        return max(0.0, LOOK - (self._waited - before))

    def _speak(self):
        """Write the messages, one after the other: who does not read must not make the other side wait for ever."""
        with contextlib.suppress(OSError, ValueError):
            while (content := self._questions.get()) is not None:
                self._process.stdin.write(content)
        with contextlib.suppress(OSError):
            self._process.stdin.close()

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
                    self._flood = Failure("output", f"more than {OUTPUT >> 20} MB were printed")
                    self._answers.put(self._flood)
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
        message, code = (clean(found.get(key, ""), size) for key, size in (("message", 600), ("code", 200)))
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


def spent(pid):
    """Seconds that a process was at work, and that it waited for a processor; (None, 0) where the system does not tell."""
    try:
        ran, waited, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
        return int(ran) / 1e9, int(waited) / 1e9
    except (OSError, ValueError):
        return None, 0.0
