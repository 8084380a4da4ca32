"""What is left of processes: nothing. And ``watch`` on a real terminal, with its keys."""

import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from minigen.exercises import Budget, catalog, examine, session
from minigen.exercises.state import Folder

posix = pytest.mark.skipif(os.name != "posix", reason="process groups and terminals of POSIX")


@pytest.fixture
def started(monkeypatch):
    """The processes that were started for students' code."""
    found, popen = [], subprocess.Popen

    def remember(*args, **keywords):
        found.append(popen(*args, **keywords))
        return found[-1]

    monkeypatch.setattr(session.subprocess, "Popen", remember)
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
    "loop": "while True:\n    pass", "exit": "import os\nos._exit(3)",
}  # fmt: skip


@posix
@pytest.mark.parametrize("name", BODIES)
def test_no_process_is_left(tmp_path, started, name):
    e = replace(catalog.get("ag-mul"), budget=Budget(seconds=1.0))
    path = tmp_path / "ag_mul.py"
    path.write_text(e.text_with(BODIES[name]), "utf-8")
    report = examine.check_file(e, path, shrinks=False)
    assert report.passed == (name == "right")
    assert len(started) == 1
    assert started[0].returncode is not None
    end = time.monotonic() + 5
    while members(started[0].pid) and time.monotonic() < end:
        time.sleep(0.05)  # until the system has buried them
    assert not members(started[0].pid)


@posix
def test_no_process_is_left_where_the_check_cannot_begin(tmp_path, started, monkeypatch):
    path = tmp_path / "ag_mul.py"
    path.write_text(catalog.get("ag-mul").text_with("return g * b"), "utf-8")
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(ModuleNotFoundError):
        examine.check_file(catalog.get("ag-mul"), path)
    assert started[0].wait(5) is not None


@posix
def test_a_worker_ends_with_its_parent(tmp_path):
    """The parent is killed while the student's loop runs: the limit of computing time ends the child."""
    code = f"""
import sys
from dataclasses import replace
from minigen.exercises import Budget, catalog, session
from minigen.exercises.examine import check_file
begin = session.Worker._begin
def tell(self):
    begin(self)
    print(self._process.pid, flush=True)
session.Worker._begin = tell
check_file(replace(catalog.get("ag-mul"), budget=Budget(seconds=1)), {str(tmp_path / "a.py")!r})
"""
    (tmp_path / "a.py").write_text(catalog.get("ag-mul").text_with("while True:\n    pass"), "utf-8")
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 30
    while members(child) and time.monotonic() < end:
        time.sleep(0.1)
    assert not members(child)


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
        assert watcher.wait(20) == 0
    os.close(ours)
    os.close(theirs)
    assert folder.entry("ag-mul")["hints"] == 1
