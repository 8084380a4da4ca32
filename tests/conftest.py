"""What every test starts from: one BLAS thread, so that small matrices do not wait for each other, and a fresh seed."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy is imported

import pytest

import minigen


@pytest.fixture(autouse=True)
def _seeded():
    minigen.manual_seed(0)
