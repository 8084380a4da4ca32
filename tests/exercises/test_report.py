"""What a student reads: a real file, in a process of its own, from the first mark to the last hint."""

import time
from dataclasses import replace

import pytest

from minigen import exercises
from minigen.exercises import Mutant, catalog
from minigen.exercises.examine import check_file, check_text
from minigen.exercises.stub import stub
from minigen.exercises.targets import source


def file(tmp_path, id, body):
    """The student's file with this body."""
    e = catalog.get(id)
    path = tmp_path / e.file_name
    if body is None:
        path.write_text(e.text_with(source(e.target).body), "utf-8")
    else:
        path.write_text(e.text_with(body), "utf-8")
    return path


@pytest.mark.parametrize("id", ["ag-unbroadcast", "vae-elbo", "gc-find-3"])
def test_the_librarys_own_body_passes_in_a_process_too(tmp_path, id):
    report = exercises.check(id, file(tmp_path, id, None))
    assert report.passed, report
    assert report.points == catalog.get(id).points
    assert not report.remarks


def test_a_wrong_answer_is_explained(tmp_path):
    body = "r, t = scale_p / scale_q, (loc_p - loc_q) / scale_q\nreturn 0.5 * (r + t * t - 1) - np.log(r)"
    path = file(tmp_path, "vae-kl", body)
    report = check_file(catalog.get("vae-kl"), path)
    lines = str(report).splitlines()
    assert lines[0].startswith("✗ vae-kl   1 of 4 points   ")
    values = next(i for i, line in enumerate(lines) if line.startswith("  ✗ values"))
    assert lines[values].endswith("0 of 1.5")
    assert lines[values + 1].startswith("      smallest failing case   loc_p = [[0., 0.]]")
    assert "yours" in lines[values + 2]
    made = next(m for m in catalog.get("vae-kl").mutants if m.name == "variance-for-scale")
    assert lines[values + 3] == f"      likely mistake: {made.says}"
    assert "not run before the checks above pass" in str(report)
    assert "remark" not in str(report)
    assert lines[-1] == "  again: minigen exercise check vae-kl       hint: minigen exercise hint vae-kl"
    assert str(report).count("likely mistake") == 1, "said once"
    assert report.as_json()["mistake"] == "variance-for-scale"
    case = report.as_json()["checks"][1]["details"]["case"]
    assert case["loc_p"] == [[0.0, 0.0]]
    assert '<b style="color:#b3261e">' in report._repr_html_()


def test_a_mistake_that_raises_is_recognised_from_the_other_process(tmp_path):
    """Not only in one case, and not only where the engine leaves the exception as it was."""
    report = check_file(catalog.get("ag-matmul"), file(tmp_path, "ag-matmul", "return a.T @ g"))
    assert report.results[0].outcome == "error"
    assert report.results[0].mistake == "all-axes-reversed"
    body = "y[...] = 0\nfor a, b in np.ndindex(*grid.kernel):\n    y += x @ w[:, :, a, b]"
    mutant = Mutant("not-transposed", "(N, C) @ (O, C)", body=body)
    exercise = replace(catalog.get("nn-conv2d"), mutants=(mutant,))
    report = check_file(exercise, file(tmp_path, "nn-conv2d", body))
    assert report.results[0].mistake == "not-transposed"


def test_another_seed_is_said(tmp_path):
    report = check_file(catalog.get("ag-mul"), file(tmp_path, "ag-mul", "return g * a"), seed=7, shrinks=False)
    assert "exercise check ag-mul --seed 7" in str(report)


def test_an_exception_names_the_line_once(tmp_path):
    path = file(tmp_path, "ag-mul", "c = b + 1\nreturn g * d")
    report = check_file(catalog.get("ag-mul"), path)
    text = str(report)
    assert f"ag_mul.py:{path.read_text('utf-8').splitlines().index('    return g * d') + 1}" in text
    assert "NameError: name 'd' is not defined" in text
    assert "      line 3: return g * d" in text
    assert text.count("NameError") == 1
    assert text.count("the same exception") == sum(r.status == "failed" for r in report.results) - 1


def test_an_exception_is_told_in_the_students_words(tmp_path):
    """The engine repeats what a forward raises in words of its own; here the original counts."""
    text = str(check_file(catalog.get("vae-kl"), file(tmp_path, "vae-kl", "return loc_p + nowhere"), shrinks=False))
    assert "NameError: name 'nowhere' is not defined" in text
    assert "ValueError" not in text


def test_what_the_student_prints_is_shown_when_it_fails(tmp_path):
    path = file(tmp_path, "ag-mul", 'print("shape", g.shape, "\\x1b[31m")\nreturn g * a')
    text = str(check_file(catalog.get("ag-mul"), path, shrinks=False))
    assert "your code printed\n      shape (" in text
    assert "\x1b" not in text
    path.write_text(path.read_text("utf-8").replace("g * a", "g * b"), "utf-8")
    assert "printed" not in str(check_file(catalog.get("ag-mul"), path))


@pytest.mark.parametrize(
    ("id", "body", "words", "there"),
    [
        ("vae-kl", "for i in range(3):\n    loc_p = 0 * loc_p\nreturn loc_p", "a loop; the library needs none", True),
        ("ag-unbroadcast", "for _ in shape:\n    g = g.sum(axis=0)\nreturn g", "a loop", False),  # the library has one, too
        ("vae-kl", "return 0 * loc_p", "not used, other than in the library: scale_p, loc_q, scale_q", True),
        ("ag-mul", "import numpy as np\nreturn g * b * np.random.rand()", "NumPy's global generator", True),
        ("ag-mul", "g * b", "no `return` with a value", True),
        ("nn-adam", "p -= g", "`return`", False),  # nothing is to be returned
        ("nn-adam", "p -= g", "amsgrad", False),  # a right solution without is known
        ("nn-adam", "p -= g", "not used, other than in the library: betas, eps, lr", False),
        ("ag-unbroadcast", "return g + 0 * len(shape)", "rule", False),  # it is there for the words of an error
        ("nn-batchnorm", "axes = tuple(i for i in range(input.ndim) if i != 1)\nreturn input.mean(axis=axes)", "a loop", False),
        ("nn-batchnorm", "return sum(row for row in input)", "a loop", True),
    ],
)
def test_remarks(tmp_path, id, body, words, there):
    report = check_file(catalog.get(id), file(tmp_path, id, body), shrinks=False)
    assert any(words in r for r in report.remarks) == there
    assert all(f"remark: {r}" in str(report) for r in report.remarks)
    if id == "ag-mul" and "return" not in body:
        assert "got NoneType: is a `return` missing?" in str(report)


@pytest.mark.parametrize("id", catalog.ids())
def test_a_stub_is_python_and_gives_nothing_away(id):
    e = catalog.get(id)
    text = stub(e)
    compile(text, id, "exec")
    found = source(e.target)
    assert f"def {e.function_name}(" in text
    signature = "".join(found.lines[found.node.lineno - 1 : found.node.body[0].lineno - 1]).strip()
    if found.node.lineno < found.node.body[0].lineno:
        assert signature.splitlines()[0].strip() in text, "byte for byte"
    if not e.planted:
        assert found.body.strip() not in text
        assert f'raise NotImplementedError("{id}: write the body")' in text
    for line in text.splitlines():
        assert len(line) <= 150


def test_a_check_is_quick(tmp_path):
    """Two seconds are the aim on an idle machine; computing time does not depend on who else is at work."""
    path = file(tmp_path, "vae-kl", None)
    start = time.process_time()
    report = check_text(catalog.get("vae-kl"), path.read_text("utf-8"))
    assert report.passed
    assert time.process_time() - start < 2
