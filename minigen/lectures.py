"""The lectures: what their cells call (begin, claim, figure), and how they are found, run as scripts and opened as notebooks."""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minigen import random
from minigen.checkpoint import write_file
from minigen.device import to_numpy
from minigen.run import versions
from minigen.tensor import Tensor

FIGURES = Path("_build/figures")  # below the folder in which the lecture runs
SECONDS = 60  # of CPU time: what a fast run may take

# --- what the cells call ------------------------------------------------------------------------------------------------------


class ClaimError(AssertionError):
    """A lecture's claim is false."""


def begin(number, seed=0):
    """Start a lecture: seed all random numbers, print what its numbers depend on. Returns True in fast mode, MINIGEN_FAST=1."""
    fast = os.environ.get("MINIGEN_FAST", "") not in ("", "0")
    random.manual_seed(seed)
    told = ", ".join(f"{name} {version}" for name, version in versions().items())
    print(f"lecture {number}, {'fast' if fast else 'full'}, seed {seed}, {told}")
    return fast


def claim(words, condition):
    """State in ``words`` what the cell has shown, and hold it to the ``condition``: a bool, or an array of them that must all be true.

    ClaimError if it is false. TypeError for a number, which Python would call true even if it is NaN; ValueError for no bools at all.
    """
    found = to_numpy(condition.data) if isinstance(condition, Tensor) else np.asarray(condition)
    if found.dtype != bool:
        raise TypeError(f"claim: {words!r} needs a comparison, which is True or False, got {condition!r}")
    if not found.size:
        raise ValueError(f"claim: {words!r} was asked of an empty array")
    if not found.all():
        where = "" if found.size == 1 else f" (false for {found.size - found.sum()} of {found.size})"
        raise ClaimError(f"{words}{where}")
    print(f"✓ {words}")


def figure(name, picture, description):
    """Save a picture of ``minigen.viz`` as _build/figures/NAME.svg and show it in a notebook. Returns the path.

    ``name``: two digits of the lecture, then words with hyphens. ``description``: one line for those who cannot see the picture; it is
    printed, and kept in the file. ValueError if either is not so.
    """
    from minigen import viz

    if not re.fullmatch(r"\d\d(-[a-z0-9]+)+", name):
        raise ValueError(f'figure: expected a name such as "05-two-steps", got {name!r}')
    if len(description) < 20 or "\n" in description:
        raise ValueError(f"figure: {name} needs one line that tells what is to be seen, got {description!r}")
    shell = sys.modules.get("IPython")
    if shell is not None and shell.get_ipython() is not None:
        shell.display.display(picture)
    path = FIGURES / f"{name}.svg"
    path.parent.mkdir(parents=True, exist_ok=True)
    viz.save(picture, path, description)
    print(f"figure {path.as_posix()}: {description}")
    return path


# --- finding and running ------------------------------------------------------------------------------------------------------


def lectures_folder():
    """Where the lectures are: beside the package in a checkout, else where the wheel put them. FileNotFoundError if nowhere."""
    above = Path(__file__).resolve().parent.parent
    if (above / "pyproject.toml").exists() and (above / "lectures").is_dir():
        return above / "lectures"
    try:
        files = metadata.files("minigen") or ()
    except metadata.PackageNotFoundError:
        files = ()
    installed = [Path(file.locate()) for file in files if file.parts[-4:-1] == ("share", "minigen", "lectures")]
    for folder in (above / "share" / "minigen" / "lectures", *(file.resolve().parent for file in installed)):  # the first: pip --target
        if folder.is_dir():
            return folder
    raise FileNotFoundError("this installation of minigen came without its lectures; clone the repository and run minigen there")


def list_lectures():
    """[(number, title), …] in their order; the title is the heading in the file's first cell."""
    found = []
    for path in sorted(lectures_folder().glob("[0-9][0-9]_*.py")):
        heading = re.search(rf"^# # {path.name[:2]} (.+)$", path.read_text("utf-8"), re.MULTILINE)
        found.append((int(path.name[:2]), heading[1] if heading else path.stem[3:].replace("_", " ")))
    return found


def lecture_path(number):
    """The file of a lecture. LookupError that names those there are if it does not exist."""
    paths = sorted(lectures_folder().glob(f"{int(number):02d}_*.py"))
    if not paths:
        known = ", ".join(f"{n:02d}" for n, _ in list_lectures())
        raise LookupError(f"there is no lecture {number}; there are {known}")
    return paths[0]


# What a lecture runs under: warnings are errors if the project's own files cause them. Python's -W cannot say "and all below minigen".
SCRIPT = """
import runpy, sys, warnings
warnings.filterwarnings("error", module=r"(minigen|__main__)\\b")
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def run(number="all", fast=False):
    """Run a lecture, or "all", each as a plain script in a process of its own, and pass on what it prints.

    Returns a list of {"lecture", "claims", "figures", "seconds", "cpu_seconds"}. RuntimeError if a lecture fails: a claim was false, say.
    """
    numbers = [n for n, _ in list_lectures()] if number == "all" else [number]
    return [_run(lecture_path(n), fast) for n in numbers]


def _run(path, fast):
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"} if fast else {}  # on a busy machine two would wait for each other
    environment = {**one_thread, **os.environ, "MINIGEN_FAST": "1" if fast else "0", "MPLBACKEND": "Agg", "PYTHONUTF8": "1"}
    clock, cpu = time.monotonic(), sum(os.times()[2:4])
    claims, figures, last = 0, [], ""
    with subprocess.Popen(
        [sys.executable, "-u", "-c", SCRIPT, str(path)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, encoding="utf-8", errors="replace",
    ) as child:  # fmt: skip
        for line in child.stdout:
            print(line, end="", flush=True)
            last = line.strip() or last
            claims += line.startswith("✓ ")
            figures += [line.split()[1].rstrip(":")] if line.startswith("figure ") else []
    if child.returncode:
        raise RuntimeError(f"{path.name} ended with code {child.returncode}: {last}")
    seconds, cpu = time.monotonic() - clock, sum(os.times()[2:4]) - cpu
    late = f", more than the {SECONDS} s that a fast run may take" if fast and cpu > SECONDS else ""
    print(f"{path.name}: {claims} claims hold, {len(figures)} figures, {seconds:.0f} s, {cpu:.0f} s of CPU time{late}", flush=True)
    number = int(path.name[:2])
    return {"lecture": number, "claims": claims, "figures": figures, "seconds": round(seconds, 1), "cpu_seconds": round(cpu, 1)}


# --- as a notebook ------------------------------------------------------------------------------------------------------------


class Cell(NamedTuple):
    """A cell of a lecture: ``kind`` "markdown" or "code", its text, its tags."""

    kind: str
    source: str
    tags: tuple = ()


HEADER = re.compile(r"# %%(?P<markdown> \[markdown\])?(?: tags=(?P<tags>\[[^\]]*\]))?")


def read_cells(text):
    """The cells of a py:percent text: ``# %%`` begins a code cell, ``# %% [markdown]`` one whose lines all begin with ``#``.

    ValueError that names the line if the text is not of that form.
    """
    cells, kind, lines, tags = [], None, [], ()
    for i, line in enumerate([*text.splitlines(), "# %%"], 1):
        if line.startswith("# %%"):
            header = HEADER.fullmatch(line)
            if header is None:
                raise ValueError(f"line {i}: a cell begins with # %% or # %% [markdown], perhaps with tags=[…], not with {line!r}")
            if kind:
                cells.append(Cell(kind, "\n".join(lines).strip("\n"), tags))
            kind, lines, tags = "markdown" if header["markdown"] else "code", [], tuple(json.loads(header["tags"] or "[]"))
        elif kind is None:
            raise ValueError(f"line {i}: the first line of a lecture is # %% [markdown], not {line!r}")
        elif kind == "markdown" and line.rstrip() not in ("", "#") and not line.startswith("# "):
            raise ValueError(f"line {i}: in a markdown cell every line begins with '# ', got {line!r}")
        else:
            lines.append(line[2:] if kind == "markdown" else line)
    return cells


def notebook(text):
    """A py:percent text as a notebook of format 4.5, without outputs: a dictionary for JSON.

    A cell's id is made from its text, so it stays the same when other cells come or go.
    """
    cells, known = [], {}
    for kind, source, tags in read_cells(text):
        name = hashlib.sha256(f"{kind} {source}".encode()).hexdigest()[:12]
        known[name] = known.get(name, 0) + 1
        cell = {
            "cell_type": kind, "id": name if known[name] == 1 else f"{name}-{known[name]}",
            "metadata": {"tags": list(tags)} if tags else {}, "source": source.splitlines(keepends=True),
        }  # fmt: skip
        cells.append({**cell, "execution_count": None, "outputs": []} if kind == "code" else cell)
    about = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"},
        "minigen": {"written": digest(cells)},
    }  # fmt: skip
    return {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}


def digest(cells):
    """A fingerprint of a notebook's cells, outputs included: it tells whether somebody has worked in it."""
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()


def open_notebook(number, folder="."):
    """Write lecture ``number`` as NN_topic.ipynb into ``folder``, print and return the path as text.

    A notebook that is there already is replaced only if nobody has worked in it since it was written; else FileExistsError.
    """
    source, folder = lecture_path(number), Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder} for the notebook; make it first, or name another")
    path = folder / f"{source.stem}.ipynb"
    if path.exists() and not untouched(path):
        raise FileExistsError(f"{path} is there and was changed; move it away, or name another folder")
    text = json.dumps(notebook(source.read_text("utf-8")), indent=1, ensure_ascii=False) + "\n"
    write_file(path, lambda file: file.write(text.encode()))
    print(path)
    return str(path)


def untouched(path):
    """Whether the file is a notebook that ``open_notebook`` wrote, with all its cells as they were."""
    try:
        found = json.loads(path.read_text("utf-8"))
        return digest(found["cells"]) == found["metadata"]["minigen"]["written"]
    except (ValueError, KeyError, TypeError):
        return False
