"""What every test starts from: one BLAS thread, so that small matrices do not wait for each other, a fresh seed, the same drawn cases.

Left alone, Hypothesis draws other cases on every day, remembers the failures in a folder, and takes 200 ms for a failure, which are over
soon on a busy machine.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy is imported

import pytest
from hypothesis import HealthCheck, settings

import minigen

settings.register_profile("same", deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
settings.load_profile("same")


@pytest.fixture(autouse=True)
def _seeded():
    minigen.manual_seed(0)
