"""What the tests of training share: a run that starts seeded, what two runs must have in common at their end, child processes."""

import os
import subprocess
import sys
from pathlib import Path

from minigen import checkpoint, random
from minigen.run import Run

ROOT = Path(__file__).parent.parent
SCRIPT = """
import os, signal, sys
from minigen import experiments
from minigen.cli import main
from tests import tiny_experiment
experiments.MODULES["tiny"] = "tests.tiny_experiment"
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
if "DIES_AFTER" in os.environ:  # SIGPROF ends the process after so many seconds of its own computing time, however busy the machine is
    signal.setitimer(signal.ITIMER_PROF, float(os.environ["DIES_AFTER"]))
sys.exit(main(sys.argv[1:]))
"""


def start(root, seed=0):
    run = Run.create("tiny", seed, root=root)
    random.manual_seed(seed)
    return run


def ending(run):
    """What a resumed run must share with an uninterrupted one: all states, and the metrics to the byte."""
    parts = checkpoint.load(run.checkpoint)
    parts["about"].pop("seconds")
    return repr(parts), (run.folder / "metrics.jsonl").read_bytes()


def spawn(*arguments, variables=None, **keywords):
    environment = {**os.environ, "TINY_SAVE_EVERY": "0.03", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **(variables or {})}
    return subprocess.Popen([sys.executable, "-c", SCRIPT, *map(str, arguments)], cwd=ROOT, env=environment, **keywords)
