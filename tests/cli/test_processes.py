"""The command line as a process: Ctrl-C, start-up; and the contract of the registered experiments."""

import inspect
import subprocess
import sys

import pytest

from minigen import checkpoint, experiments
from minigen.run import Run
from tests.running import ROOT, ending, spawn


def test_ctrl_c_saves_says_how_to_resume_and_resuming_ends_the_same(tmp_path):
    folder, steps = tmp_path / "runs" / "tiny-0", ["--steps", 300]
    whole = spawn("train", "tiny", *steps, "-q", "--out", tmp_path / "whole", stdout=subprocess.DEVNULL)
    process = spawn(
        "train", "tiny", *steps, "--out", folder.parent, variables={"TINY_CTRL_C": "77"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    out, err = process.communicate()
    assert process.returncode == 130, out + err
    said, resume = err.splitlines()[-2:]
    assert said == "minigen: interrupted, saved up to step 77"
    assert resume == f"  resume with: minigen train --resume {folder}"
    assert "Traceback" not in err
    assert checkpoint.load(folder / "checkpoint.npz")["about"]["step"] == len(Run.open(folder).metrics("loss")[0]) == 77
    assert spawn(*resume.split()[3:], "-q", stdout=subprocess.DEVNULL).wait() == 0
    assert whole.wait() == 0
    assert ending(Run.open(folder)) == ending(Run.open(tmp_path / "whole" / "tiny-0"))


def test_python_m_minigen_starts_with_few_modules_and_imports_nothing_heavy():
    """Their number is what the start takes its time for; seconds would be those of the machine."""
    code = (
        "import sys, runpy; sys.argv = ['minigen', '--help']\n"
        "try: runpy.run_module('minigen', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'scipy', 'matplotlib', 'cupy', 'tqdm', 'torch', 'minigen.data', 'minigen.bench'} & sys.modules.keys()\n"
        "assert not heavy, heavy\n"
        "assert len(sys.modules) < 340, f'{len(sys.modules)} modules; 290 were enough, of which NumPy takes 95'"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "minigen train vae-mnist --budget 1m" in done.stdout


@pytest.mark.parametrize("name", list(experiments.MODULES))
def test_registered_experiments_keep_the_contract(name):
    module, entry = experiments.get(name), experiments.describe(name)
    assert (entry.name, module.NAME) == (name, name)
    assert (entry.description, entry.published, entry.steps) == (module.DESCRIPTION, module.PUBLISHED, module.STEPS)
    assert "\n" not in module.DESCRIPTION
    assert list(inspect.signature(module.build).parameters)[:2] == ["data", "device"]
    train = inspect.signature(module.train).parameters
    assert list(train)[:6] == ["run", "steps", "budget", "data", "device", "progress"]
    assert all(p.kind is p.KEYWORD_ONLY for p in list(train.values())[1:])
    assert len(inspect.signature(module.sample).parameters) == 2
    assert len(inspect.signature(module.load).parameters) == 1
