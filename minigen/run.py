"""A run: the folder where one training leaves its configuration, metrics, checkpoint and figures, and the loop that can resume.

    runs/vae-mnist-0/   config.json   metrics.jsonl   checkpoint.npz   figures/   report.json

``Run()`` without a folder is the same loop, and leaves no trace.
"""

import json
import math
import os
import platform
import re
import shutil
import time
import weakref
from importlib import metadata
from pathlib import Path

from minigen import checkpoint, random
from minigen.checkpoint import CheckpointError
from minigen.guard import alone, interrupts
from minigen.progress import Progress, in_seconds


class Run:
    """One training, which may be interrupted and continued, by hand or under ``fit``:

        run = Run.create("gan", seed=0)
        run.keep(generator=g, discriminator=d, g_optimizer=…, d_optimizer=…, data=data)      # what makes up its state
        for step in run.steps(10_000, budget="10m"):                                         # 1, 2, …, or on from the checkpoint
            …two players…
            run.log(step, d_loss=…, g_loss=…)

    ``step`` is the one being worked on, or the last one done, ``saved`` the step of the checkpoint; ``seconds`` is the training
    time from the beginning; ``config`` is what config.json holds: experiment, seed, options, versions.
    """

    def __init__(self, folder=None, config=None):
        self.folder, self.config = None if folder is None else Path(folder), config or {}
        self.kept, self.step, self.saved, self.seconds = {}, 0, 0, 0.0
        self._lines, self._shown, self._fresh, self._metrics = [], {}, True, None

    # --- the folder -----------------------------------------------------------------------------------------------------------

    @classmethod
    def create(cls, experiment, seed=0, options=None, root="runs"):
        """A new folder root/experiment-seed, or …-2, …-3 if that exists: no run is ever overwritten."""
        if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", experiment):
            raise ValueError(f"Run: expected a name of letters, digits, '-', '_' and '.', got {experiment!r}")
        root = Path(root)
        root.mkdir(parents=True, exist_ok=True)
        config = {"experiment": experiment, "seed": seed, "options": options or {}, "versions": versions()}
        new = root / f".{experiment}-{seed}.{os.getpid()}.new"  # with its config inside it takes its name in one step
        new.mkdir(exist_ok=True)
        write_json(new / "config.json", config)
        n = 1
        while True:
            folder = root / (f"{experiment}-{seed}" if n == 1 else f"{experiment}-{seed}-{n}")
            try:
                if not folder.exists():
                    os.rename(new, folder)
                    return cls(folder, config)
            except OSError:
                if not folder.exists():  # so it was not another process that took the name
                    shutil.rmtree(new, ignore_errors=True)
                    raise
            n += 1

    @classmethod
    def open(cls, folder):
        """An existing run, to be continued or looked at. FileNotFoundError or ValueError if the folder is no run's."""
        path = Path(folder) / "config.json"
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
            for key, kind in (("experiment", str), ("seed", int), ("options", dict)):
                if not isinstance(config[key], kind):
                    raise TypeError(f"{key} is {config[key]!r}")
        except FileNotFoundError:
            raise FileNotFoundError(f"{folder} is not the folder of a run: it has no config.json") from None
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{path}: not the configuration of a run ({type(error).__name__}: {error})") from None
        return cls(folder, config)

    @property
    def seed(self):
        """The seed it was started with."""
        return self.config.get("seed", 0)

    @property
    def experiment(self):
        """The name of its experiment."""
        return self.config.get("experiment", "")

    @property
    def checkpoint(self):
        """The path of its checkpoint, None without a folder."""
        return self.folder and self.folder / "checkpoint.npz"

    @property
    def figures(self):
        """The folder for its figures, made at first use; None without a folder."""
        if self.folder is not None:
            (self.folder / "figures").mkdir(exist_ok=True)
        return self.folder and self.folder / "figures"

    def set_options(self, **options):
        """Change options in config.json, such as ``steps`` when a run is prolonged."""
        self.config["options"].update(options)
        write_json(self.folder / "config.json", self.config)

    def finish(self, report):
        """Write report.json: ``report`` (name -> number or text) with the step and the training time."""
        if self.folder is not None:
            write_json(self.folder / "report.json", {**report, "step": self.step, "training time [s]": round(self.seconds, 3)})

    # --- the loop -------------------------------------------------------------------------------------------------------------

    def keep(self, **parts):
        """Name the objects that make up the state: they have ``state_dict``/``load_state_dict`` or ``state``/``load_state``."""
        for name, part in parts.items():
            if not (hasattr(part, "load_state_dict") or hasattr(part, "load_state")):
                raise TypeError(
                    f"keep: {name} is a {type(part).__name__}, whose state cannot be saved: it needs state_dict() and "
                    "load_state_dict(), or state() and load_state(), as models, optimizers and batches(…) have"
                )
        self.kept.update(parts)

    def steps(self, steps=None, budget=None, *, progress=True, save_every=60):
        """Yield step numbers up to ``steps`` or until ``budget`` is used up, both counted from the beginning of the run.

        A run that has a checkpoint goes on from it, so ``keep`` its parts first. It is saved every ``save_every`` seconds, at the
        end, and on Ctrl-C, which lets the step end first. ValueError without any limit, or for an impossible one.
        """
        if steps is None and budget is None:
            raise ValueError("steps: say when to stop: steps=1000, or budget=\"1m\"")
        if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int) or steps < 1):
            raise ValueError(f"steps: expected a positive whole number, got {steps!r}")
        return self._loop(steps, None if budget is None else in_seconds(budget), progress, save_every)

    def _loop(self, steps, budget, progress, save_every):
        with alone(None if self.folder is None else self._file(), self.folder):
            if self._fresh:
                self._restore()
            start = time.monotonic() - self.seconds
            saved = time.monotonic()
            unsaved = False
            with Progress(steps, budget, self.step, self.seconds, progress) as bar, interrupts() as pressed:
                while (steps is None or self.step < steps) and (budget is None or self.seconds < budget):
                    self.step, unsaved = self.step + 1, True
                    yield self.step
                    now = time.monotonic()
                    self.seconds = now - start
                    bar.update(self.step, self.seconds, self._shown)
                    if pressed or now - saved >= save_every:
                        self.save()
                        saved, unsaved = time.monotonic(), False
                    if pressed:
                        raise KeyboardInterrupt(f"after step {self.step}")
            if unsaved:
                self.save()

    def save(self):
        """Write the checkpoint: everything kept, the random state, the step, the time, how far metrics.jsonl goes."""
        if self.folder is None:
            return
        states = {name: checkpoint.state_of(part) for name, part in self.kept.items()}
        about = {
            "experiment": self.experiment, "step": self.step, "seconds": self.seconds, "metrics": self._flushed(),
            "classes": {name: type(part).__name__ for name, part in self.kept.items()},
        }  # fmt: skip
        checkpoint.save(self.checkpoint, about=about, random=random.get_state(), states=states)
        self.saved = self.step

    def load(self, **parts):
        """Give the named objects their state from the checkpoint, ``run.load(model=model)``. FileNotFoundError without one."""
        if self.checkpoint is None or not self.checkpoint.exists():
            raise FileNotFoundError(f"{self.folder}: no checkpoint.npz yet; train it first, or resume it")
        self._put_back(checkpoint.load(self.checkpoint), parts)

    def _put_back(self, found, parts):
        try:
            about, states = found["about"], found["states"]
            theirs, classes = about["experiment"], about["classes"]
        except (KeyError, TypeError):
            raise CheckpointError(f"{self.checkpoint}: a checkpoint, but not that of a run") from None
        if theirs != self.experiment:
            raise CheckpointError(f"{self.checkpoint}: a checkpoint of another experiment: {theirs!r}, not {self.experiment!r}")
        for name, part in parts.items():
            kind = type(part).__name__
            if classes.get(name, kind) != kind:
                raise CheckpointError(f"{self.checkpoint}: its {name} is a {classes[name]}, but this one is a {kind}")
        try:
            checkpoint.put_back(states, parts)
        except CheckpointError as error:
            raise CheckpointError(f"{self.checkpoint}: {error}") from error.__cause__
        return about

    def _restore(self):
        """Take everything kept, and the metrics, back to the last checkpoint; to the beginning if there is none."""
        end, self._fresh = 0, False
        if self.folder is not None and self.checkpoint.exists():
            found = checkpoint.load(self.checkpoint)
            about = self._put_back(found, self.kept)
            random.set_state(found["random"])
            self.step = self.saved = about["step"]
            self.seconds, end = about["seconds"], about["metrics"]
        if self.folder is not None:
            length = os.lseek(self._file(), 0, os.SEEK_END)
            if length < end:
                raise CheckpointError(
                    f"{self.folder / 'metrics.jsonl'} has {length} bytes, but had {end} at the checkpoint: "
                    "it was cut or replaced; put the old file back, or train again"
                )
            os.ftruncate(self._file(), end)  # one system call: killed before it or after it, the next resume does the same

    # --- metrics --------------------------------------------------------------------------------------------------------------

    def log(self, step, **numbers):
        """Add a line {"step": …, name: number, …} to metrics.jsonl. NaN and infinity become null. TypeError if it is no number.

        No time belongs here: the file is the same, byte for byte, whenever the run is repeated.
        """
        line = {"step": step}
        for name, value in numbers.items():
            value = value.item() if hasattr(value, "item") else value
            if not isinstance(value, (int, float)):
                raise TypeError(f"log: expected a number as {name}, got {type(value).__name__}")
            line[name] = value if math.isfinite(value) else None
        self._shown = {**self._shown, **{name: line[name] for name in numbers}}
        if self.folder is None:
            self._lines.append(line)
        else:
            os.write(self._file(), json.dumps(line).encode() + b"\n")

    def metrics(self, name=None):
        """The lines of metrics.jsonl as dictionaries; with a ``name``, the lists (steps, values) of that number."""
        path = self.folder and self.folder / "metrics.jsonl"
        if path is None:
            lines = self._lines
        else:
            lines = [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
        if name is None:
            return lines
        lines = [line for line in lines if name in line]
        return [line["step"] for line in lines], [math.nan if line[name] is None else line[name] for line in lines]

    def _file(self):
        if self._metrics is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._metrics = os.open(self.folder / "metrics.jsonl", flags, 0o666)
            weakref.finalize(self, os.close, self._metrics)
        return self._metrics

    def _flushed(self):
        """The length of metrics.jsonl in bytes, all of which are on the disk."""
        os.fsync(self._file())
        return os.lseek(self._file(), 0, os.SEEK_END)


def versions():
    """The versions that a run's numbers depend on."""
    found = {"python": platform.python_version()}
    for package in ("minigen", "numpy", "scipy"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def plain(value):
    """``value`` in JSON's words: arrays of one element become numbers, paths text, NaN and infinity null."""
    if isinstance(value, dict):
        return {str(key): plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def write_json(path, value):
    """``value`` as indented JSON at ``path``, whole or not at all."""
    text = json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n"
    checkpoint.write_file(path, lambda file: file.write(text.encode()))
