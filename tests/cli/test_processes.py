"""The command line as a process: Ctrl-C, start-up; and the contract of the registered experiments."""

import inspect
import os
import signal
import subprocess
import sys
import time

import pytest

from minigen import checkpoint, experiments
from minigen.run import Run
from tests.running import ROOT, SCRIPT, ending, mark, spawn


def test_ctrl_c_saves_says_how_to_resume_and_resuming_ends_the_same(tmp_path):
    folder = tmp_path / "runs" / "tiny-0"
    whole = spawn("train", "tiny", "--steps", 3000, "-q", "--out", tmp_path / "whole", stdout=subprocess.DEVNULL)
    wake = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a background job ignores it
    process = subprocess.Popen(
        [sys.executable, "-c", wake + SCRIPT, "train", "tiny", "--steps", "3000", "--out", str(folder.parent)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while process.poll() is None and not mark(folder):
        time.sleep(0.002)
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    said, resume = err.splitlines()[-2:]
    step = checkpoint.load(folder / "checkpoint.npz")["about"]["step"]
    assert said == f"minigen: interrupted, saved up to step {step:,}"
    assert resume == f"  resume with: minigen train --resume {folder}"
    assert "Traceback" not in err
    assert len(Run.open(folder).metrics("loss")[0]) == step < 3000
    assert spawn(*resume.split()[3:], "-q", stdout=subprocess.DEVNULL).wait(60) == 0
    assert whole.wait(60) == 0
    assert ending(Run.open(folder)) == ending(Run.open(tmp_path / "whole" / "tiny-0"))


def test_python_m_minigen_starts_quickly_and_imports_nothing_heavy():
    code = (
        "import sys, runpy; sys.argv = ['minigen', '--help']\n"
        "try: runpy.run_module('minigen', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'scipy', 'matplotlib', 'cupy', 'tqdm', 'torch', 'minigen.data', 'minigen.bench'} & sys.modules.keys()\n"
        "assert not heavy, heavy"
    )
    seconds = []
    for _ in range(3):
        before = os.times()
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
        after = os.times()
        seconds.append(after.children_user + after.children_system - before.children_user - before.children_system)
        assert done.returncode == 0, done.stderr
        assert "minigen train vae-mnist --budget 1m" in done.stdout
    assert min(seconds) < 0.6, "of CPU time; 0.25 on an idle machine"


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
