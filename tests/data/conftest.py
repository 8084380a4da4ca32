"""No test of this folder sees the data of the machine it runs on, and a line that is said once is new to each test."""

import pytest

from minigen import random
from minigen.data import places


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    monkeypatch.delenv("MINIGEN_DATA", raising=False)
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):  # Linux, Windows, macOS
        monkeypatch.setenv(variable, str(tmp_path / "user"))
    monkeypatch.setattr(places, "_said", set())
    with random.fork(0):
        yield
