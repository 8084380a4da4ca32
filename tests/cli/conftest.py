"""The command line in this process, with a registry of one small experiment."""

import pytest

from minigen import device, experiments
from minigen.cli import main


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """A registry with one experiment, and a working directory of our own."""
    monkeypatch.setattr(experiments, "MODULES", {"tiny": "tests.tiny_experiment"})
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    device.set_default_device("cpu")


@pytest.fixture
def call(tiny, capsys):
    """call("train tiny") -> (exit code, standard output, standard error)."""

    def run(line):
        code = main(line.split() if isinstance(line, str) else line)
        out, err = capsys.readouterr()
        return code, out, err

    return run
