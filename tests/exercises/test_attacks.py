"""Hostile and helpless submissions: each file of attacks/ ends in the outcome that its first line names, and only the right ones pass."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from minigen.exercises import Budget, catalog
from minigen.exercises.examine import check_file
from minigen.exercises.session import OUTCOMES

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
