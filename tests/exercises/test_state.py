"""The student's folder: nothing is ever lost, not even when the process is killed at any line."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from minigen.exercises import catalog, state
from minigen.exercises.examine import check_file
from minigen.exercises.notebook import code_of
from minigen.exercises.overlay import Unfit
from minigen.exercises.state import Folder, put_new
from minigen.exercises.stub import stub

EXERCISE = catalog.get("ag-mul")
MINE = "def mul_vjp_a(g, y, a, b):\n    return g * b  # two hours of work\n"


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "exercises")


def everything(folder):
    """The contents of all of the student's files, copies included."""
    return {p.read_text("utf-8") for p in folder.path.rglob("*.py")}


def test_start_writes_the_stub_once(folder):
    path, fresh = folder.start(EXERCISE)
    assert fresh
    assert path.read_text("utf-8") == stub(EXERCISE)
    path.write_text(MINE, "utf-8")
    assert folder.start(EXERCISE) == (path, False)
    assert path.read_text("utf-8") == MINE


def test_start_as_notebook_keeps_to_it(folder):
    path, fresh = folder.start(EXERCISE, as_notebook=True)
    assert fresh
    assert path.suffix == ".ipynb"
    code = code_of(path.read_text("utf-8"))
    assert "@mul.vjp\ndef mul_vjp_a(g, y, a, b):" in code
    assert "chain" not in code, "the task is a Markdown cell"
    assert folder.start(EXERCISE) == (path, False)
    assert folder.file(EXERCISE) == path


def test_reset_keeps_a_copy_each_time(folder):
    path, _ = folder.start(EXERCISE)
    texts = [MINE + f"# {i}\n" for i in range(3)]
    for i, text in enumerate(texts):
        path.write_text(text, "utf-8")
        _, copy = folder.reset(EXERCISE)
        assert copy.name == f"ag_mul.{i + 1}.py"
        assert path.read_text("utf-8") == stub(EXERCISE)
    assert everything(folder) == {stub(EXERCISE), *texts}
    path.write_text(texts[1], "utf-8")
    assert folder.reset(EXERCISE)[1].name == "ag_mul.2.py", "the same text is kept once"
    path.unlink()
    assert folder.reset(EXERCISE) == (path, None)
    assert path.exists()


def test_the_body_moves_over_when_the_library_changes(folder, monkeypatch):
    path, _ = folder.start(EXERCISE)
    assert not folder.outdated(EXERCISE)
    empty = '    raise NotImplementedError("ag-mul: write the body")'
    mine = path.read_text("utf-8").replace(empty, "    # why\n    return twice(g) * b / TWO")
    path.write_text(mine.replace("@mul.vjp", "TWO = 2\n\n\ndef twice(x):\n    return TWO * x\n\n\n@mul.vjp"), "utf-8")
    later = replace(EXERCISE, stub_docstring="Other words.")
    assert folder.outdated(later)
    _, copy = folder.renew(later)
    assert copy.read_text("utf-8").count("∂L/∂a of y") == 1
    text = path.read_text("utf-8")
    assert '"""Other words."""\n    # why\n    return twice(g) * b / TWO\n' in text
    assert text.count("def twice") == text.count("TWO = 2") == text.count("import mul\n") == text.count("def mul_vjp_a") == 1
    assert check_file(later, path, shrinks=False).passed
    assert not folder.outdated(later)
    path.write_text("nothing = 1\n", "utf-8")
    with pytest.raises(Unfit, match="no function mul_vjp_a"):
        folder.renew(later)
    assert path.read_text("utf-8") == "nothing = 1\n"


def test_put_new_never_replaces(tmp_path):
    path = tmp_path / "a" / "b.txt"
    assert put_new(path, "one")
    assert not put_new(path, "two")
    assert path.read_text() == "one"
    assert [p.name for p in path.parent.iterdir()] == ["b.txt"]


def test_put_new_loses_a_race_without_harm(tmp_path, monkeypatch):
    path = tmp_path / "b.txt"
    path.write_text("of the other process")
    monkeypatch.setattr(Path, "exists", lambda self: False)  # it came a moment after the look
    assert not put_new(path, "mine")
    assert path.read_text() == "of the other process"
    assert [p.name for p in tmp_path.iterdir()] == ["b.txt"]


def test_put_new_without_hard_links(tmp_path, monkeypatch):
    def link(*ignored):
        raise OSError("no hard links here")

    monkeypatch.setattr(os, "link", link)
    assert put_new(tmp_path / "b.txt", "one")
    assert not put_new(tmp_path / "b.txt", "two")
    assert [p.name for p in tmp_path.iterdir()] == ["b.txt"]


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"exercises": 3}', '{"exercises": {"ag-mul": 5}}', "\0\0"])
def test_a_broken_state_is_put_aside(folder, broken):
    path, _ = folder.start(EXERCISE)
    path.write_text(MINE, "utf-8")
    (folder.path / state.STATE).write_text(broken)
    assert folder.load() == {}
    folder.open_hint("ag-mul", 2)
    assert folder.entry("ag-mul") == {"hints": 2}
    assert path.read_text("utf-8") == MINE
    kept = [p.read_text() for p in (folder.path / ".backup").iterdir()]
    assert broken in kept


def test_what_has_passed_is_that_text_only(folder):
    class Report:
        exercise, points, outcome, mistake, passed, digest = EXERCISE, 2.0, "passed", "", True, state.digest(MINE)

    path, _ = folder.start(EXERCISE)
    assert folder.passed(EXERCISE) == ""
    folder.checked(Report)
    assert folder.passed(EXERCISE) == "changed", "saved again while it was examined: not the text that has passed"
    path.write_text(MINE, "utf-8")
    assert check_file(EXERCISE, path, shrinks=False).digest == Report.digest
    assert folder.passed(EXERCISE) == "yes"
    path.write_text(MINE + "\n", "utf-8")
    assert folder.passed(EXERCISE) == "changed"
    Report.passed, Report.points, Report.outcome = False, 0.5, "wrong"
    folder.checked(Report)
    entry = folder.entry("ag-mul")
    assert (entry["attempts"], entry["points"], entry["last"]["outcome"]) == (2, 2.0, "wrong")
    assert json.loads((folder.path / state.STATE).read_text())["version"] == 1


def test_it_is_found_from_below(folder, tmp_path, monkeypatch):
    assert Folder.find(tmp_path) is None
    folder.start(EXERCISE)
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    for start in (tmp_path, deep, folder.path, folder.path / ".backup"):
        monkeypatch.chdir(deep)
        assert Folder.find(start).path == folder.path.resolve()


# --- killed at every line -----------------------------------------------------------------------------------------------------


FILES = ("state.py", "checkpoint.py", "notebook.py")


def killed_at(line, work):
    """Run ``work`` in a child process that dies at the n-th line executed in the FILES that write; returns whether it came so far.

    The lines of pathlib's ``write_text`` count as well: it empties a file before it fills it.
    """
    child = os.fork()
    if child == 0:
        left = line

        def trace(frame, event, argument):
            nonlocal left
            code = frame.f_code
            if Path(code.co_filename).name not in FILES and code.co_name not in ("write_text", "write_bytes"):
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    os._exit(9)
            return trace

        sys.settrace(trace)
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


WHOLE = {MINE, stub(EXERCISE), state.taken_over(EXERCISE, MINE, "mine.py")}
WORK = {
    "reset": lambda folder: folder.reset(EXERCISE),
    "start": lambda folder: folder.start(EXERCISE),
    "hint": lambda folder: folder.open_hint("ag-mul", 3),
    "renew": lambda folder: folder.renew(EXERCISE),
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process cannot be forked here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork beside threads, from Python 3.12 on
@pytest.mark.parametrize("name", WORK)
def test_killed_at_every_line_nothing_is_lost(tmp_path, name):
    line, reached = 0, True
    while reached:
        line += 1
        folder = Folder(tmp_path / str(line))
        path, _ = folder.start(EXERCISE)
        folder.open_hint("ag-mul", 1)
        path.write_text(MINE, "utf-8")
        reached = killed_at(line, lambda: WORK[name](folder))  # noqa: B023
        assert MINE in everything(folder), f"line {line}"
        assert all(text in WHOLE for text in everything(folder)), f"line {line}: half a copy"
        assert path.read_text("utf-8") in WHOLE, f"line {line}: half a file"
        assert folder.entry("ag-mul")["hints"] in (1, 3), f"line {line}: half a state"
        assert not list(folder.path.glob(".backup/.minigen*")), "the state was whole"
        folder.reset(EXERCISE)  # and work goes on
        assert path.read_text("utf-8") == stub(EXERCISE)
        assert MINE in everything(folder)
    assert line > 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process cannot be forked here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_two_processes_lose_no_update(folder):
    folder.start(EXERCISE)

    def count(id):
        for _ in range(20):
            folder.update(id, lambda e: e.update(n=e.get("n", 0) + 1))

    children = []
    for id in ("a", "b", "b"):
        child = os.fork()
        if child == 0:
            try:
                count(id)
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    assert folder.entry("a")["n"] == 20
    assert folder.entry("b")["n"] == 40
