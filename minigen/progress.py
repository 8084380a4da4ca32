"""Progress of a loop: a bar on a terminal or in a notebook, a line every few seconds in a log, or nothing."""

import importlib.util
import math
import re
import sys
import time

LINES_EVERY = 5.0  # seconds between the lines in a log
BARS_EVERY = 0.1  # seconds between two drawings of the bar


class Progress:
    """Shows how far a loop is: ``with Progress(steps=1000) as progress: … progress.update(step, seconds, {"loss": 0.3})``.

    ``steps``: how many there will be, or None; ``budget``: how many seconds it may take, or None; ``step`` and ``seconds``: where
    it starts. It writes to standard error; ``shown=False`` writes nothing.
    """

    def __init__(self, steps=None, budget=None, step=0, seconds=0.0, shown=True):
        self.steps, self.budget, self.first, self.start = steps, budget, step, seconds
        self.stream, self.bar, self.last = sys.stderr, None, (step, seconds, {})
        make = _bar_class(self.stream) if shown else None
        if make:
            total, at, unit = (steps, step, "step") if steps else (max(1, round(budget)), round(seconds), "s")
            self.bar = make(total=total, initial=at, unit=unit, file=self.stream, dynamic_ncols=True, mininterval=0, miniters=1)
        self.every = BARS_EVERY if make else LINES_EVERY
        self.next = time.monotonic() + self.every if shown else float("inf")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.next < float("inf"):
            self._show()
            if self.bar is not None:
                self.bar.close()

    def update(self, step, seconds, numbers):
        """Say that ``step`` is done after ``seconds`` of training, and what the ``numbers`` (name -> value) are."""
        self.last = step, seconds, numbers
        if time.monotonic() >= self.next:
            self._show()
            self.next = time.monotonic() + self.every

    def _show(self):
        step, seconds, numbers = self.last
        numbers = {name: f"{value:.4g}" for name, value in numbers.items() if value is not None}
        if self.bar is not None:
            self.bar.set_postfix_str(", ".join(f"{name}={value}" for name, value in numbers.items()), refresh=False)
            self.bar.update((step if self.steps else min(round(seconds), self.bar.total)) - self.bar.n)
            return
        if step == self.first:
            return
        rate = (step - self.first) / max(seconds - self.start, 1e-9)
        left = min(((self.steps or math.inf) - step) / rate, (self.budget or math.inf) - seconds)
        words = [f"step {step:,} of {self.steps:,}" if self.steps else f"step {step:,}"]
        words += [f"{name} {value}" for name, value in numbers.items()]
        words += [f"{rate:.3g} steps/s", f"{clock(left)} left"]
        print("  ".join(words), file=self.stream, flush=True)


def clock(seconds):
    """Seconds as h:mm:ss or m:ss: 75 -> "1:15"."""
    minutes, seconds = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def in_seconds(budget):
    """A time in seconds: "90s" -> 90.0, "1m" -> 60.0, "1.5h" -> 5400.0, 30 -> 30.0. ValueError if it is not positive."""
    found = re.fullmatch(r"\s*([\d.]+(?:e[+-]?\d+)?)\s*([smh]?)\s*", str(budget))
    try:
        seconds = float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]]
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise ValueError(f'budget: expected a positive time such as "90s", "1m", "2h" or a number of seconds, got {budget!r}')
    return seconds


def _bar_class(stream):
    """tqdm's class for this place, or None where lines are better."""
    if stream.isatty():
        from tqdm import tqdm
    elif "ipykernel" in sys.modules and importlib.util.find_spec("ipywidgets"):
        from tqdm.notebook import tqdm
    else:
        return None
    return type("Bar", (tqdm,), {"monitor_interval": 0})  # no thread that watches the bar
