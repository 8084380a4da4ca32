"""minigen exercise, as a student meets it: the first contact, a wrong answer, hints, the right answer, the library on it."""

import json
import sys
from pathlib import Path

import pytest

from minigen.exercises import catalog, examine, milestones
from minigen.exercises.notebook import code_of
from minigen.exercises.state import Folder
from minigen.exercises.stub import stub
from minigen.exercises.watch import EVERY, watch

FILE = Path("exercises/ag_mul.py")


def write(body, path=FILE):
    """Replace the stub's last line, as a student does."""
    text = path.read_text("utf-8")
    start = text.index("    raise NotImplementedError")
    end = text.index("\n", start)
    path.write_text(text[:start] + body + text[end:], "utf-8")


@pytest.fixture
def begun(call):
    """A folder with the stub of ag-mul."""
    call("exercise start ag-mul")
    return call


def test_the_first_contact_says_everything(call):
    code, out, err = call("exercise start --next")
    assert (code, err) == (0, "")
    for words in ("ag-mul", f"wrote {FILE.as_posix()}", "open exercises/ag_mul.py", "minigen exercise check ag-mul",
                  "minigen exercise hint ag-mul", "minigen exercise watch ag-mul", "Nothing you write is ever overwritten"):  # fmt: skip
        assert words in out
    text = FILE.read_text("utf-8")
    assert '@mul.vjp\ndef mul_vjp_a(g, y, a, b):\n    """' in text
    assert "∂y/∂a = b" not in text, "the docstring would give it away"
    code, out, _ = call("exercise next")
    assert code == 0
    assert "already there" in out
    assert "open" not in out, "once is enough"


def test_from_a_wrong_answer_to_the_right_one(begun):
    call = begun
    assert call("exercise check")[0] == 1
    write("    return g * a")
    code, out, _ = call("exercise check ag-mul")
    assert code == 1
    for words in ("✗ ag-mul   0 of 2 points", "smallest failing case   ", "element", "the derivative of a · b by a is the other factor",
                  "your backward disagrees with your own forward"):  # fmt: skip
        assert words in out
    code, out, _ = call("exercise hint")
    assert code == 0
    assert "Your last attempt: you multiplied by a" in out
    assert "hint 1 of 4" in out
    assert "3 left" in out
    assert call("exercise hint ag-mul --level 3")[0] == 2
    assert call("exercise solution ag-mul")[0] == 1
    for n in (2, 3, 4):
        assert f"hint {n} of 4" in call("exercise hint ag-mul")[1]
    assert "hint 2 of 4" in call("exercise hint ag-mul --level 2")[1]
    assert call("exercise solution ag-mul")[0] == 1
    code, out, _ = call("exercise solution ag-mul --yes")
    assert (code, out.splitlines()[-1]) == (0, "    return g * b")
    write_over("    return g * a", "    return g * b")
    code, out, _ = call("exercise check")
    assert code == 0
    assert "✓ ag-mul   2 of 2 points" in out
    assert "next: minigen exercise start --next" in out
    found = json.loads(call("exercise list --json")[1])["exercises"]
    mine = next(e for e in found if e["id"] == "ag-mul")
    assert (mine["state"], mine["hints"]) == ("passed", 4)
    assert "everything started is passed" in call("exercise check")[1]
    assert "ag-unbroadcast" in call("exercise next")[1], "on to the one after it"


def write_over(old, new, path=FILE):
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


def test_json_and_nothing_else(begun):
    call = begun
    write("    return -g * b")
    for line, key in (
        ("list", "exercises"), ("show ag-mul", "task"), ("check ag-mul", "reports"), ("hint ag-mul", "hint"), ("reset ag-mul", "reset"),
        ("start ag-mul", "started"), ("selftest ag-mul", "exercises"),
    ):  # fmt: skip
        _, out, _ = call(f"exercise {line} --json")
        assert key in json.loads(out), line
    write("    return -g * b")
    report = json.loads(call("exercise check ag-mul --json --fast")[1])["reports"][0]
    assert (report["passed"], report["outcome"], report["mistake"]) == (False, "wrong", "sign")
    assert any("the sign is flipped" in line for c in report["checks"] for line in c["lines"])


@pytest.mark.parametrize(
    "line", ["check ag-mul vae-kl --fast", "check --fast ag-mul vae-kl", "--fast check ag-mul vae-kl", "check ag-mul --seed 3 vae-kl"]
)
def test_options_stand_anywhere(call, line):
    call("exercise start ag-mul vae-kl")
    code, out, err = call(f"exercise {line} --json")
    assert (code, err) == (1, "")
    assert [r["id"] for r in json.loads(out)["reports"]] == ["ag-mul", "vae-kl"]


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("--json jump", 2, "there is no action 'jump'"), ("check --fast vae-kll", 3, 'did you mean "vae-kl"'),
        ("check", 3, "nothing is started yet"), ("hint", 3, "nothing is started"), ("watch", 3, "nothing is started"),
        ("watch vae-kl", 3, "vae-kl is not started"), ("check vae-kl", 3, "not started"), ("check vae-kll", 3, 'did you mean "vae-kl"'),
        ("start", 2, "which exercise"), ("reset", 2, "which exercise"), ("reset --all", 2, "all files"),
        ("show ag-mul vae-kl", 2, "one exercise"),
        ("run", 2, "which command"), ("run vae-kl", 2, "which command"), ("run vae-kl -- minigen list", 3, "not started"),
        ("start --lecture 77", 3, "lecture 77"), ("start --assignment hw9", 3, "there are hw1"),
        ("milestone hw9", 2, "hw1"), ("jump", 2, "there is no"),
        ("check --sed 3", 2, 'did you mean "--seed"'),
    ],
)  # fmt: skip
def test_what_is_wrong_has_a_code_and_a_way_out(call, line, code, words):
    found, _, err = call(f"exercise {line}")
    assert found == code
    assert words in err
    assert len(err.splitlines()) == 2


def test_a_fault_of_the_checker_does_not_count(begun, monkeypatch):
    def broken(*ignored, **more):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(examine, "check_file", broken)
    code, _, err = begun("exercise check ag-mul")
    assert code == 5
    assert "does not count against you" in err
    assert "attempts" not in Folder("exercises").entry("ag-mul")


def test_without_hypothesis(begun, monkeypatch):
    write("    return g * b")
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    code, _, err = begun("exercise check ag-mul")
    assert code == 4
    assert "pip install hypothesis" in err


def test_many_at_once_and_reset(call):
    assert call("exercise start --lecture 2")[0] == 0
    there = {p.name for p in Path("exercises").glob("*.py")}
    assert {"ag_mul.py", "ag_unbroadcast.py", "ag_logsumexp.py"} <= there
    write("    return 5")
    code, out, _ = call("exercise reset --all --yes")
    assert code == 0
    assert "what you had is in exercises/.backup/ag_mul.1.py" in out
    assert "    return 5" in Path("exercises/.backup/ag_mul.1.py").read_text("utf-8")
    assert "NotImplementedError" in FILE.read_text("utf-8")


def test_a_notebook_is_checked_like_a_file(call):
    assert call("exercise start ag-mul --notebook")[0] == 0
    path = FILE.with_suffix(".ipynb")
    notebook = json.loads(path.read_text("utf-8"))
    cell = next(c for c in notebook["cells"] if "mul_vjp_a" in "".join(c["source"]) and c["cell_type"] == "code")
    cell["source"] = "%matplotlib inline\n" + "".join(cell["source"]).replace(
        'raise NotImplementedError("ag-mul: write the body")', "return g * b"
    )  # fmt: skip
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "✓ ag-mul 2 of 2 points"}]
    path.write_text(json.dumps(notebook), "utf-8")
    assert "%matplotlib" not in code_of(path.read_text("utf-8"))
    assert call("exercise check ag-mul")[0] == 0
    path.write_text("{}", "utf-8")
    code, out, _ = call("exercise check ag-mul")
    assert code == 1
    assert "it is no notebook" in out


def test_run_puts_the_function_into_any_command(begun):
    call = begun
    write("    return 100 * g * b")
    code = "import minigen as mg; x = mg.ones(1).requires_grad_(); (x * 5.0).sum().backward(); open('out', 'w').write(str(x.grad.item()))"
    assert call(["exercise", "run", "ag-mul", "--", "python", "-c", code])[0] == 0
    assert Path("out").read_text() == "500.0"
    assert call(["exercise", "run", "ag-mul", "--", "python", "-c", "raise SystemExit(7)"])[0] == 7
    assert call(["exercise", "run", "ag-mul", "--", "no-such-program"])[0] == 4


def test_a_milestone_trains_on_what_was_passed(begun):
    call = begun
    code, out, _ = call("exercise milestone hw1 --fast")
    assert code == 3
    assert "none of its" in out
    used = Path("used").absolute()
    write(f"    __import__('pathlib').Path({str(used)!r}).touch()\n    return g * b")
    assert call("exercise check ag-mul")[0] == 0
    used.unlink()
    found = json.loads(call("exercise milestone hw1 --fast --json")[1])
    assert found["yours"] == ["ag-mul"]
    assert used.exists(), "it was really trained on"
    assert found["called"] == ["ag-mul"]
    assert found["identical"], "the same function gives the same losses"
    assert len(found["losses"]) == found["steps"] == milestones.FAST
    assert found["losses"][-1] < found["losses"][0]
    assert Path(found["figure"]).read_bytes()[:4] == b"\x89PNG"
    write_over("    return g * b", "    return g * b  # later")
    assert json.loads(call("exercise milestone hw1 --fast --json")[1])["yours"] == [], "only the text that passed"


@pytest.mark.parametrize("name", milestones.MILESTONES)
def test_every_milestone_learns(name, tmp_path):
    milestones.main(name, 6, tmp_path / "losses.json")
    losses = json.loads((tmp_path / "losses.json").read_text())["losses"]
    assert len(losses) == 6
    assert losses[-1] < losses[0]
    assert len(milestones.spark(losses)) == 6


def test_watch_sees_a_save_within_a_second(tmp_path, monkeypatch):
    """The looks are counted, so that a busy machine changes nothing; a second has as many as 1 / EVERY says."""
    folder, exercise = Folder(tmp_path / "exercises"), catalog.get("ag-mul")
    path, _ = folder.start(exercise)
    texts, seen, looks = {2: "def mul", 3: "def mul_vjp_a(g, y, a, b):\n", 4: "def mul_vjp_a(g, y, a, b):\n    return g\n"}, [], 0

    def pause(seconds):
        nonlocal looks
        looks += 1
        if looks in texts:  # an editor that writes for as long as two looks
            path.write_text(texts[looks], "utf-8")

    monkeypatch.setattr("minigen.exercises.watch.time.sleep", pause)
    watch(folder, [exercise], lambda e: seen.append((looks, path.read_text("utf-8"))), lambda *key: True, rounds=10)
    assert [text for _, text in seen] == [stub(exercise), texts[4]], "once at the beginning, once after the save, nothing half-way"
    assert (seen[1][0] - 4) * EVERY < 1
    path.unlink()
    watch(folder, [exercise], lambda e: seen.append(0), lambda *key: True, rounds=3)
    assert len(seen) == 2, "a file that is gone is no change"


def test_a_changed_library_is_said_and_the_body_moves_over(begun):
    call = begun
    write("    return g * b")
    Folder("exercises").update("ag-mul", lambda e: e.update(stub="an older one"))
    assert "minigen exercise start ag-mul --update" in call("exercise check ag-mul")[1]
    code, out, _ = call("exercise start ag-mul --update")
    assert code == 0
    assert "today's stub with your body; what you had is in exercises/.backup/ag_mul.1.py" in out
    code, out, _ = call("exercise check ag-mul --fast")
    assert code == 0
    assert "--update" not in out
    FILE.write_text("", "utf-8")
    code, _, err = call("exercise start ag-mul --update")
    assert code == 1
    assert "no function mul_vjp_a" in err
    assert call("exercise start vae-kl --update")[0] == 3
