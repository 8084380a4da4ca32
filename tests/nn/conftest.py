"""Every test of layers draws its weights from the same seed."""

import pytest

from minigen import random


@pytest.fixture(autouse=True)
def _seeded():
    with random.fork(0):
        yield
