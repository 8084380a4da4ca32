"""Hostile and helpless submissions: each file of attacks/ ends in the outcome that its first line names, and only the right ones pass."""

import re
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from minigen.exercises import Budget, catalog
from minigen.exercises.examine import check_file
from minigen.exercises.session import OUTCOMES
from minigen.exercises.worker import guard

ATTACKS = sorted(Path(__file__).with_name("attacks").glob("*.txt"))


def small():
    """vae-kl with the checks that share their cases, little time and little memory."""
    e = catalog.get("vae-kl")
    checks = tuple(c for c in e.checks if c.cases is e.checks[0].cases)
    return replace(e, checks=checks, points=sum(c.points for c in checks), budget=Budget(seconds=1.0, memory_mb=300))


def expected(path):
    """The outcomes that a file's first line allows: where two processes race, more than one."""
    text = path.read_bytes()
    text = text.decode("utf-16" if text[:2] == b"\xff\xfe" else "utf-8-sig", "replace")
    return re.match(r"\W*outcome: (.*)", text)[1].split()


@pytest.mark.parametrize("path", ATTACKS, ids=lambda p: p.stem)
def test_a_submission_ends_in_a_named_outcome(path):
    report = check_file(small(), path, shrinks=False)
    allowed = expected(path)
    assert report.outcome in allowed, report
    assert set(allowed) <= {"passed", "wrong", *OUTCOMES}
    assert report.passed == (allowed == ["passed"])
    assert (report.points == report.of) == report.passed
    for text in (str(report), report._repr_html_()):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<script" not in report._repr_html_()
    assert report.as_json()["passed"] == report.passed


@pytest.mark.parametrize(
    ("event", "argument", "refused"),
    [
        ("open", "lib/normal.py", True), ("open", b"lib/normal.py", True), ("open", "lib/../lib/normal.py", True), ("open", "link", True),
        ("open", "lib/__pycache__/normal.cpython-311.pyc", True), ("open", "catalog/vae_kl.py", True), ("open", "catalog", True),
        ("open", "lib/normal_mixture.py", False), ("open", "lib/lognormal.py", False), ("open", "vae_kl.py", False), ("open", 3, False),
        ("import", "lib/normal.py", False), ("os.fork", None, True), ("os.kill", 1, True), ("resource.setrlimit", 1, True),
    ],
)  # fmt: skip
def test_what_a_solution_may_not_do(tmp_path, monkeypatch, event, argument, refused):
    monkeypatch.chdir(tmp_path)
    Path("lib").mkdir()
    Path("link").symlink_to("lib/normal.py")
    watching = guard([str(tmp_path / "lib" / "normal.py")], str(tmp_path / "catalog" / "vae_kl.py"))
    with pytest.raises(PermissionError, match="a solution") if refused else nullcontext():
        watching(event, (argument, "r", 0))
