"""Wrong uses of the command line: each gives its exit code, one line that says what is wrong, and one that says what to do."""

import json
import os
import sys

import pytest

from minigen import checkpoint, device, experiments, random
from minigen.run import Run
from tests import tiny_experiment

WRONG = [  # line, exit code, what the error says, what the hint says
    ("trian tiny", 2, 'there is no command \'trian\' (did you mean "train"?)', "there are list, train"),
    ("--nope", 2, "unknown option '--nope'", "minigen --help"),
    ("train", 2, "which experiment?", "minigen list"),
    ("train tyni", 3, "there is no experiment 'tyni' (did you mean \"tiny\"?)", "minigen list"),
    ("train zzz", 3, "there is no experiment 'zzz'", "minigen list"),
    ("train tiny --stps 3", 2, "unknown option '--stps' (did you mean \"--steps\"?)", "minigen train --help"),
    ("train tiny more", 2, "unknown argument 'more'", "minigen train --help"),
    ("train tiny --steps 0", 2, "--steps: expected a positive whole number, got '0'", "minigen train --help"),
    ("train tiny --steps -5", 2, "--steps: expected a positive whole number, got '-5'", "--help"),
    ("train tiny --steps 2.5", 2, "--steps: expected a positive whole number, got '2.5'", "--help"),
    ("train tiny --steps many", 2, "--steps: expected a positive whole number, got 'many'", "--help"),
    ("train tiny --steps", 2, "--steps: expected one argument", "--help"),
    ("train tiny --budget -1", 2, '--budget: expected a positive time such as "90s"', "--help"),
    ("train tiny --budget 0s", 2, "--budget: expected a positive time", "--help"),
    ("train tiny --budget 3d", 2, "--budget: expected a positive time", "--help"),
    ("train tiny --steps 3 --budget 1m", 2, "not allowed with argument --steps", "--help"),
    ("train tiny --seed -1", 2, "--seed: expected a whole number, 0 or more, got '-1'", "--help"),
    ("train tiny --seed x", 2, "--seed: expected a whole number", "--help"),
    ("train tiny --device tpu", 2, "unknown device 'tpu'", "--device cpu"),
    ("train tiny --device cuda", 4, 'device "cuda"', "--device cpu"),
    ("train tiny --data nowhere", 4, "--data nowhere: no such folder or file", "--data auto"),
    ("train tiny --out file.txt", 4, "--out file.txt: ", "--out DIR"),
    ("train tiny --out file.txt/runs", 4, "--out file.txt/runs: ", "--out DIR"),
    ("train --resume", 3, "no run in runs to resume", "minigen train"),
    ("train tiny --resume", 3, "no run of tiny in runs to resume", "minigen train tiny"),
    ("train --resume good/tiny-1", 3, 'good/tiny-1 is not the folder of a run (did you mean "good/tiny-0"?)', "runs here: good/"),
    ("train --resume file.txt", 3, "file.txt is not the folder of a run", "minigen train"),
    ("train --resume good/tiny-0 --seed 5", 2, "has seed 0, and keeps it", "--seed 5"),
    ("train other --resume good/tiny-0", 2, "is a run of tiny, not of other", "leave the name away"),
    ("train --resume damaged/tiny-0", 1, "checkpoint.npz: truncated or damaged", "train again"),
    ("train --resume config/tiny-0", 1, "not the configuration of a run", "--debug"),
    ("train --resume gone/tiny-0", 3, "there is no experiment 'gone'", "minigen list"),
    ("train --resume good/tiny-0 --steps 9 --device cuda", 4, 'device "cuda"', "--device cpu"),
    ("sample", 2, "the following arguments are required: RUN", "minigen sample --help"),
    ("sample good", 3, "good is not the folder of a run", "train"),
    ("sample good/tiny-0 -n 0", 2, "-n: expected a positive whole number", "--help"),
    ("sample good/tiny-0 --out a.jpg", 2, "the picture is a PNG file", "a.png"),
    ("sample good/tiny-0 --out none/a.png", 4, "there is no folder none", "make it first"),
    ("sample fresh/tiny-0", 3, "has no checkpoint yet", "minigen train --resume fresh/tiny-0"),
    ("sample damaged/tiny-0", 1, "damaged", "train again"),
    ("sample model/tiny-0", 1, "a checkpoint of another model: model does not fit. missing", "train again"),
    ("sample gone/tiny-0", 3, "there is no experiment 'gone'", "minigen list"),
    ("bench w9", 3, "there is no workload 'w9' (did you mean", "there are W1"),
    ("bench max-pol", 3, "there is no workload 'max-pol' (did you mean \"max-pool\"?)", "layers"),
    ("bench --threads 0", 2, "--threads: expected a positive whole number", "--help"),
    ("bench --rounds 0", 2, "--rounds: expected a positive whole number", "--help"),
    ("lecture read", 2, "there is no action 'read'", "list, run, open"),
    ("lecture", 2, "required: action", "--help"),
    ("lecture run x", 2, "expected a whole number", "--help"),
    ("completion csh", 2, "there is no shell 'csh'", "bash, zsh, fish"),
    ("list --color sometimes", 2, "there is no color 'sometimes'", "auto, always, never"),
]


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """Runs that are good, without a checkpoint, damaged, of another model, of an experiment that is gone."""
    root = tmp_path_factory.mktemp("broken")
    for name in ("good", "fresh", "damaged", "config", "gone", "model"):
        run = Run.create("tiny", 0, {"steps": 3, "budget": None, "data": "auto", "device": "cpu"}, root / name)
        if name != "fresh":
            random.manual_seed(0)
            tiny_experiment.train(run, steps=2, progress=False)
        if name == "damaged":
            run.checkpoint.write_bytes(run.checkpoint.read_bytes()[:-9])
        if name == "config":
            (run.folder / "config.json").write_text("{")
        if name == "gone":
            (run.folder / "config.json").write_text(json.dumps({**run.config, "experiment": "gone"}))
        if name == "model":
            parts = checkpoint.load(run.checkpoint)
            del parts["states"]["model"]["0.weight"]
            checkpoint.save(run.checkpoint, **parts)
    (root / "file.txt").write_text("a file, not a folder")
    return root


@pytest.mark.parametrize(("line", "exit_code", "said", "hint"), WRONG, ids=[row[0] for row in WRONG])
def test_wrong_uses_give_one_line_and_a_next_step(call, broken, monkeypatch, line, exit_code, said, hint):
    if "cuda" in line and gpu():
        pytest.skip("there is a GPU")
    monkeypatch.chdir(broken)
    before = contents(broken)
    code, out, err = call(line)
    assert code == exit_code
    assert out == "" or out.startswith("tiny  seed 0"), "errors go to standard error"
    error, next_step = err.splitlines()
    assert error.startswith("minigen: error: ")
    assert said in error
    assert hint in next_step
    assert "Traceback" not in err
    assert contents(broken) == before, "a wrong use writes nothing"


def contents(folder):
    return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}


def gpu():
    try:
        return device.canonical("cuda")
    except RuntimeError:
        return None


def test_an_out_folder_that_may_not_be_written(call, tiny):
    if os.name != "posix" or os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    (tiny / "locked").mkdir(mode=0o500)
    code, _, err = call("train tiny --out locked")
    assert code == 4
    assert "--out locked: Permission denied" in err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (FloatingPointError("step 3: the loss is nan"), 1, "step 3: the loss is nan"),
        (FileNotFoundError("MNIST: not here.\nWays out: …"), 4, "MNIST: not here. Ways out: …"),
        (ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn"), 4, "pip install torch"),
        (ZeroDivisionError("division"), 1, "ZeroDivisionError: division"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (BrokenPipeError(), 1, ""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_errors_of_the_library(call, monkeypatch, error, code, said):
    def fail(*arguments, **keywords):
        raise error

    if isinstance(error, BrokenPipeError):
        monkeypatch.setattr(os, "dup2", lambda *descriptors: None)
        monkeypatch.setattr(sys.stdout, "fileno", lambda: 1, raising=False)
    monkeypatch.setattr(experiments, "describe", fail)
    got, _, err = call("list")
    assert got == code
    assert said in err
    assert "Traceback" not in err
    if code == 1 and said:
        assert "Traceback" in call("list --debug")[2]
