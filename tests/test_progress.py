"""Progress: a line in a log, a bar on a terminal, nothing when quiet; and times as people write them."""

import io
import sys

import pytest

from minigen import progress
from minigen.progress import Progress, in_seconds

BUDGETS = [("90s", 90), ("1m", 60), ("2h", 7200), ("1.5m", 90), (30, 30), (0.5, 0.5), ("1e3", 1000)]
IMPOSSIBLE = ["", "0", 0, -1, "-5s", "1d", "m", "1.2.3", "nan", "inf", float("nan"), float("inf"), None, "1e999"]


@pytest.mark.parametrize(("text", "seconds"), BUDGETS)
def test_budgets(text, seconds):
    assert in_seconds(text) == seconds


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_impossible_budgets(text):
    with pytest.raises(ValueError, match="budget: expected a positive time"):
        in_seconds(text)


class Stream(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


def loop_with(monkeypatch, terminal, seconds_a_step, n, **limits):
    """Run ``n`` steps on a clock of our own, and return what was written."""
    now, stream = [0.0], Stream(terminal)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress(**limits) as shown:
        for step in range(1, n + 1):
            now[0] += seconds_a_step
            shown.update(step, now[0], {"loss": 1 / step, "bad": None})
    return stream.getvalue()


def test_a_line_every_few_seconds_in_a_log(monkeypatch):
    lines = loop_with(monkeypatch, False, 1 / 128, 2560, steps=2560).splitlines()
    assert len(lines) in (20 / progress.LINES_EVERY, 20 / progress.LINES_EVERY + 1)
    assert lines[0] == "step 640 of 2,560  loss 0.001563  128 steps/s  0:15 left"
    assert lines[-1].startswith("step 2,560 of 2,560")
    lines = loop_with(monkeypatch, False, 1.0, 60, budget=7200.0).splitlines()
    assert lines[0] == "step 5  loss 0.2  1 steps/s  1:59:55 left"


def test_a_bar_on_a_terminal_at_most_ten_times_a_second(monkeypatch):
    text = loop_with(monkeypatch, True, 0.001, 3000, steps=3000)
    assert "loss=0.000333" in text
    assert "3000/3000" in text
    assert 20 <= text.count("\r") <= 3 / progress.BARS_EVERY + 5
    assert "60/60" in loop_with(monkeypatch, True, 1.0, 62, budget=60.0)


def test_nothing_when_quiet(monkeypatch):
    assert loop_with(monkeypatch, True, 1.0, 100, steps=100, shown=False) == ""
    assert loop_with(monkeypatch, False, 1.0, 100, steps=100, shown=False) == ""
    assert loop_with(monkeypatch, False, 1.0, 0, steps=100) == ""
