"""What is left of processes: nothing. And ``watch`` on a real terminal, with its keys."""

import os
import queue
import subprocess
import sys
import threading
import time
import types
from dataclasses import replace

import pytest

from minigen.exercises import Budget, catalog, examine, process, session
from minigen.exercises.state import Folder

posix = pytest.mark.skipif(os.name != "posix", reason="process groups and terminals of POSIX")


@pytest.fixture
def started(monkeypatch):
    """The processes that were started for students' code."""
    found, popen = [], subprocess.Popen

    def remember(*args, **keywords):
        found.append(popen(*args, **keywords))
        return found[-1]

    monkeypatch.setattr(process.subprocess, "Popen", remember)
    return found


def members(group):
    """Whether any process of a group is alive."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


BODIES = {
    "right": "return g * b", "fork": "import os\nos.fork()\nreturn g",
    "child": "import subprocess\nsubprocess.Popen(['sleep', '60'])\nreturn g",
    "unseen": "import ctypes\nctypes.CDLL(None).fork()\nreturn g",
    "loop": "while True:\n    pass", "exit": "import os\nos._exit(3)",
    "no end": "import atexit, os, time\nos._exit = print\natexit.register(time.sleep, 1e6)\nreturn g",
}  # fmt: skip


@posix
@pytest.mark.parametrize("name", BODIES)
def test_no_process_is_left(tmp_path, started, name):
    e = replace(catalog.get("ag-mul"), budget=Budget(seconds=1.0))
    path = tmp_path / "ag_mul.py"
    path.write_text(e.text_with(BODIES[name]), "utf-8")
    report = examine.check_file(e, path, shrinks=False)
    assert report.passed == (name == "right")
    if name == "loop":
        assert "of computing time" in report.failure.message, "which is the same on a busy machine"
    assert len(started) == 1
    assert started[0].returncode is not None
    gone(started[0].pid)


def gone(group):
    """Wait until the system has buried a group of killed processes: how long that takes is its affair, but not minutes."""
    for _ in range(2400):
        if not members(group):
            return
        time.sleep(0.05)
    raise AssertionError("a process is left")


@posix
def test_no_process_is_left_where_the_check_cannot_begin(tmp_path, started, monkeypatch):
    path = tmp_path / "ag_mul.py"
    path.write_text(catalog.get("ag-mul").text_with("return g * b"), "utf-8")
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(ModuleNotFoundError):
        examine.check_file(catalog.get("ag-mul"), path)
    gone(started[0].pid)


@posix
@pytest.mark.parametrize("body", ["while True:\n    pass", "import time\ntime.sleep(1e6)"])
def test_a_worker_ends_with_its_parent(tmp_path, body):
    """The parent is killed while the student's code runs, or waits: on Linux the child goes with it."""
    code = f"""
from minigen.exercises import catalog, process
from minigen.exercises.examine import check_file
begin = process.Worker._begin
def tell(self):
    begin(self)
    print(self._process.pid, flush=True)
process.Worker._begin = tell
check_file(catalog.get("ag-mul"), {str(tmp_path / "a.py")!r})
"""
    if sys.platform != "linux" and "sleep" in body:
        pytest.skip("only Linux tells a process that its parent is gone")
    (tmp_path / "a.py").write_text(catalog.get("ag-mul").text_with(body), "utf-8")
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    gone(child)


class Silence:
    """The answers of a process that gives none."""

    def __init__(self):
        self.looks = 0

    def get(self, timeout):
        self.looks += 1
        assert self.looks < 1000, "it is waited for ever"
        raise queue.Empty


@pytest.mark.parametrize(("starved", "looks"), [(0, 20), (15, 35)])
def test_waiting_has_a_limit_and_time_that_others_took_does_not_count(monkeypatch, starved, looks):
    """Counted in looks, not in seconds: during the first ``starved`` ones the process waited for a processor."""
    waits = iter([min(i, starved) * process.LOOK for i in range(1000)])
    monkeypatch.setattr(process, "spent", lambda pid: (0.0, next(waits)))
    worker = process.Worker(session.Reference(catalog.get("ag-mul")), "mine.py", "")
    worker._process, worker._answers, worker._left = types.SimpleNamespace(pid=0), Silence(), 20 * process.LOOK - 1e-6
    assert worker._receive().outcome == "timeout"
    assert worker._answers.looks == looks


@posix
@pytest.mark.parametrize(("limit", "outcome"), [(process.OUTPUT, "wrong"), (100, "output")])
def test_what_is_printed_is_heard_to_the_last_word(tmp_path, monkeypatch, limit, outcome):
    """Even if the ears are slow: here they open after the last answer only."""
    ears, overhear, settle = threading.Event(), process.Worker._overhear, process.Worker.settle
    monkeypatch.setattr(process, "OUTPUT", limit)
    monkeypatch.setattr(process.Worker, "_overhear", lambda self: (ears.wait(), overhear(self)))
    monkeypatch.setattr(process.Worker, "settle", lambda self: (ears.set(), settle(self)))
    path = tmp_path / "ag_mul.py"
    path.write_text(catalog.get("ag-mul").text_with("print('a word', g.shape)\nreturn g * a"), "utf-8")
    report = examine.check_file(catalog.get("ag-mul"), path, shrinks=False)
    assert report.outcome == outcome
    assert "a word (" in str(report)


@posix
def test_watch_listens_to_keys(tmp_path):
    import pty

    folder = Folder(tmp_path / "exercises")
    folder.start(catalog.get("ag-mul"))
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "minigen", "exercise", "watch"], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        cwd=tmp_path, text=True, encoding="utf-8", env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as watcher:  # fmt: skip
        seen = ""
        for key, words in ((b"h", "nothing written yet"), (b"l", "hint 1 of 4"), (b"q", "points  lecture")):
            while words not in seen:
                line = watcher.stdout.readline()
                assert line, seen
                seen += line
            os.write(ours, key)
        assert watcher.wait() == 0
    os.close(ours)
    os.close(theirs)
    assert folder.entry("ag-mul")["hints"] == 1
