"""The library on device "cuda". NO GPU CODE IS RUN here unless the machine has a GPU and CuPy: tests/fake_cupy.py takes CuPy's place.

The stand-in computes with NumPy under CuPy's names, signatures and refusals. So these tests see what mixes devices, makes arrays in the
wrong place, or calls what CuPy does not have; they see nothing of kernels, of a GPU's rounding, of its memory or its speed.
"""

import importlib
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import minigen
from minigen import checkpoint, device, random
from minigen.tensor import Tensor
from tests import fake_cupy
from tests.checking import Row

HERE = Path(__file__).parent
thrice = settings(max_examples=3, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


def has_gpu():
    try:
        return importlib.import_module("cupy").cuda.is_available()
    except ImportError:
        return False


WHERE = "GPU" if has_gpu() else "stand-in"


@pytest.fixture(autouse=True, scope="module", params=[WHERE])
def cupy(request):
    """Device "cuda" for this file: a real one, or the stand-in, which is gone afterwards."""
    said = f"{Path(__file__).name}: device cuda is " + ("a GPU" if WHERE == "GPU" else "the stand-in fake_cupy.py; no GPU code is run")
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    if reporter:
        reporter.write_line(said)
    caches = device.cupy, device._module
    with nullcontext() if WHERE == "GPU" else fake_cupy.installed():
        for cached in caches:
            cached.cache_clear()
        yield device.cupy()
    for cached in caches:
        cached.cache_clear()
    random.manual_seed(0)


# --- the tables of the operations ---------------------------------------------------------------------------------------------


def rows():
    for path in sorted(HERE.glob("ops/test_*.py")) + sorted(HERE.glob("nn/test_*.py")):
        module = importlib.import_module(".".join(path.relative_to(HERE.parent).with_suffix("").parts))
        yield from (row for row in getattr(module, "ROWS", ()) if isinstance(row, Row))


def moved(value, to):
    """Arrays and tensors in an argument as tensors on another device."""
    if isinstance(value, (np.ndarray, Tensor)):
        t = Tensor(value).to(to)
        return t.requires_grad_() if t.is_floating_point() and isinstance(value, np.ndarray) else t
    return type(value)(moved(v, to) for v in value) if type(value) in (list, tuple) else value


def results(row, arrays, keywords, where):
    """(the results of a row of a table, the gradients of its inputs), with all that goes in on device ``where``."""
    inputs = moved(arrays, where)
    y = row.function(*inputs, **{name: moved(v, where) if isinstance(v, Tensor) else v for name, v in keywords.items()})
    y = list(y) if isinstance(y, (tuple, list)) else [y]
    made = [t for t in y if t.requires_grad]
    if row.order and made:
        minigen.stack([t.sum() for t in made]).sum().backward()
    return y, [x.grad for x in inputs if x.requires_grad]


@pytest.mark.parametrize("row", list(rows()), ids=str)
@thrice
@given(st.data())
def test_operations_give_on_the_gpu_what_they_give_on_the_cpu(row, data):
    arrays, keywords = row.draw(data.draw)
    for expected, got in zip(results(row, arrays, keywords, "cpu"), results(row, arrays, keywords, "cuda")):
        for e, g in zip(expected, got, strict=True):
            assert (e is None) == (g is None)
            if e is not None:
                assert g.device == "cuda:0"
                assert g.dtype == e.dtype
                np.testing.assert_allclose(g.cpu().detach().numpy(), e.detach().numpy(), rtol=1e-9, atol=1e-11)
