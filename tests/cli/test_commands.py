"""Every command: what it does, what it prints, JSON and nothing else, help, colours."""

import inspect
import io
import json
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from minigen import bench, checkpoint, lectures
from minigen.cli import EXAMPLES, make_parser
from minigen.commands import looking, paint, suggestion
from minigen.data import read_png
from minigen.run import Run


def test_train_says_seed_versions_folder_report_and_what_is_next(call):
    code, out, err = call("train tiny --steps 20 --seed 3")
    assert code == 0
    first, second, *_ = out.splitlines()
    assert first.startswith(f"tiny  seed 3  python {sys.version.split()[0]}")
    assert f"numpy {np.__version__}" in first
    assert second == f"run {Path('runs/tiny-3')}"
    assert "said by the experiment\ntrained 20 steps in 0:0" in out
    assert "\n  loss  " in out
    assert "\n  published  a loss of 3, in no paper\n" in out
    assert out.endswith("next: minigen sample runs/tiny-3\n")
    assert "step 20 of 20  loss" in err
    run = Run.open("runs/tiny-3")
    assert {p.name for p in run.folder.iterdir()} == {"config.json", "metrics.jsonl", "checkpoint.npz", "figures", "report.json"}
    assert run.config["options"] == {"steps": 20, "budget": None, "data": "auto", "device": "cpu"}
    assert json.loads((run.folder / "report.json").read_text())["step"] == 20


def test_train_twice_makes_two_runs_and_the_default_number_of_steps(call):
    call("train tiny --quiet")
    code, out, err = call("train tiny --quiet --out runs")
    assert (code, out.splitlines()[-1], err) == (0, str(Path("runs/tiny-0-2")), "")
    weights = [checkpoint.load(f"runs/{name}/checkpoint.npz") for name in ("tiny-0", "tiny-0-2")]
    assert weights[0]["about"]["step"] == 50
    assert repr(weights[0]["states"]) == repr(weights[1]["states"]), "the same seed gives the same weights"


def test_resume_by_folder_by_name_and_the_newest(call):
    call("train tiny --steps 10 -q")
    call("train tiny --steps 25 --seed 1 -q")
    for line, steps in (
        ("train --resume runs/tiny-0 --steps 12", 12),
        ("train --resume tiny", 12),
        ("train tiny --resume --steps 14", 14),
        ("train tiny --resume", 14),
        ("train --resume runs/tiny-0 --seed 0 --device cpu --data auto", 14),
    ):
        code, out, _ = call(line)
        assert code == 0
        assert f"resuming {Path('runs/tiny-0')}\n" in out
        assert f"trained {steps} steps" in out
        assert Run.open("runs/tiny-0").config["options"]["steps"] == steps
        if steps == 12:  # what is newer, but no run of tiny
            Run.create("other", 0)
            Path("runs/foreign").mkdir(exist_ok=True)
            Path("runs/foreign/config.json").write_text("{}")
    call("train tiny --steps 14 -q --out other")
    assert "resuming other/tiny-0" in call("train --resume --out other")[1]
    assert (Path("runs/tiny-0/metrics.jsonl")).read_bytes() == Path("other/tiny-0/metrics.jsonl").read_bytes()


def test_budget(call):
    code, out, _ = call("train tiny --budget 0.05s --json")
    found = json.loads(out)
    assert code == 0
    assert found["seconds"] >= 0.05
    assert found["step"] >= 1
    assert Run.open(found["run"]).config["options"]["budget"] == 0.05


def test_json_is_one_object_on_standard_output(call):
    code, out, err = call("train tiny --steps 5 --json")
    found = json.loads(out)
    assert code == 0
    assert found["experiment"] == "tiny"
    assert (found["seed"], found["run"], found["step"]) == (0, str(Path("runs/tiny-0")), 5)
    assert found["report"]["loss"] > 0
    assert "said by the experiment" in err
    lines = ["list", "sample runs/tiny-0", "sample runs/tiny-0 --dry-run", "train tiny --dry-run", "train --resume --dry-run"]
    for line in lines:
        code, out, _ = call(f"{line} --json")
        assert (code, call(f"--json {line}")) == (0, (0, out, ""))
        assert isinstance(json.loads(out), dict)
    code, out, err = call("train nothing --json")
    assert (code, json.loads(out)["exit"]) == (3, 3)
    assert "there is no experiment 'nothing'" in err


def test_dry_runs_write_nothing(call, tiny):
    code, out, _ = call("train tiny --dry-run --budget 2m")
    assert code == 0
    assert f"would train in {Path('runs/tiny-0')}, or beside it: budget 120 s, data auto, device cpu" in out
    assert not list(tiny.iterdir())
    call("train tiny --steps 3 -q")
    before = sorted(tiny.rglob("*")), Path("runs/tiny-0/config.json").read_bytes()
    assert "9 steps" in call("train --resume --steps 9 --dry-run")[1]
    assert "would draw 16 images with seed 0" in call("sample runs/tiny-0 --dry-run")[1]
    assert before == (sorted(tiny.rglob("*")), Path("runs/tiny-0/config.json").read_bytes())


def test_sample_draws_the_same_picture_for_the_same_seed(call):
    call("train tiny --steps 3 -q")
    code, out, _ = call("sample runs/tiny-0 -n 5 --seed 4")
    assert (code, out.strip()) == (0, str(Path("runs/tiny-0/figures/samples-4.png")))
    picture = read_png(out.strip())
    assert picture.shape == (2 * 5 + 2, 3 * 4 + 2 * 2)
    call("sample runs/tiny-0 -n 5 --seed 4 --out again.png")
    assert np.array_equal(read_png("again.png"), picture)
    call("sample runs/tiny-0 -n 5 --seed 5 --out other.png")
    assert not np.array_equal(read_png("other.png"), picture)


def test_a_grid_of_images():
    images = np.stack([np.full((2, 3), i / 4) for i in range(5)])
    picture = looking.grid(images, gap=1)
    assert picture.shape == (5, 11)
    assert [picture[0, 0], picture[0, 4], picture[0, 8], picture[3, 0], picture[3, 4]] == [0, 64, 128, 191, 255]
    coloured = looking.grid(np.stack([images, images, 1 - images], axis=3), gap=1)
    assert coloured.shape == (5, 11, 3)
    np.testing.assert_array_equal(coloured[..., 0], picture)
    assert coloured[3, 4].tolist() == [255, 255, 0]
    for wrong in (np.zeros((2, 3)), np.zeros((1, 2, 2, 2)), np.full((1, 2, 2), 1.5), np.full((1, 2, 2), np.nan), np.zeros((0, 2, 2))):
        with pytest.raises(ValueError, match="expected images"):
            looking.grid(wrong)


def test_list(call):
    code, out, _ = call("list")
    assert code == 0
    assert "tiny\n  a linear autoencoder of noise\n  published: a loss of 3, in no paper\n  50 steps" in out
    assert call("list -q")[1] == "tiny\n"
    entry = {"name": "tiny", "description": "a linear autoencoder of noise", "published": "a loss of 3, in no paper", "steps": 50}
    assert json.loads(call("list --json")[1]) == {"experiments": [entry]}


def test_bench(call, monkeypatch):
    def fake(workloads, rounds, threads):
        print("a table")
        return [{"workload": name, "ratio": 0.5, "rounds": rounds, "threads": threads} for name in workloads]

    assert {"workloads", "rounds", "threads"} <= inspect.signature(bench.main).parameters.keys()
    monkeypatch.setattr(bench, "main", fake)
    assert call("bench W1")[:2] == call("bench layers")[:2] == call("bench W3 max-pool")[:2] == (0, "a table\n")
    code, out, err = call("bench W1 W2 --rounds 3 --threads 1 --json")
    assert (code, err) == (0, "a table\n")
    assert json.loads(out)["rows"][1] == {"workload": "W2", "ratio": 0.5, "rounds": 3, "threads": 1}


def test_lecture(call, monkeypatch):
    calls = []
    fake = types.ModuleType("minigen.lectures")
    fake.list_lectures = lambda: [(5, "Variational autoencoders")]
    fake.run = lambda number, fast: calls.append((number, fast))
    fake.open_notebook = lambda number, folder: calls.append((number, folder)) or "05_vae.ipynb"
    for name in ("run", "open_notebook"):
        assert len(inspect.signature(getattr(lectures, name)).parameters) == 2
    monkeypatch.setitem(sys.modules, "minigen.lectures", fake)
    monkeypatch.setattr("minigen.lectures", fake, raising=False)
    assert call("lecture list")[1] == "  05  Variational autoencoders\n"
    assert json.loads(call("lecture list --json")[1]) == {"lectures": [{"number": 5, "title": "Variational autoencoders"}]}
    assert call("lecture run 5 --fast")[0] == call("lecture run all")[0] == 0
    assert json.loads(call("lecture open 05 --to there --json")[1]) == {"lecture": 5, "open": "05_vae.ipynb"}
    assert calls == [(5, True), ("all", False), (5, "there")]
    assert [call(f"lecture {wrong}")[0] for wrong in ("run 6", "open all", "run", "open")] == [3, 3, 2, 2]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_options_and_names(call, shell):
    code, out, _ = call(["completion", shell])
    assert code == 0
    for word in ("train", "sample", "tiny", "budget"):
        assert word in out
    if shell == "bash":
        line = f'{out}\nCOMP_WORDS=(minigen train --bu); COMP_CWORD=2; _minigen; echo "${{COMPREPLY[0]}}"'
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
        assert done.stdout == "--budget\n"


def test_help_has_groups_and_examples_that_parse(call):
    code, out, _ = call("--help")
    assert code == 0
    assert call([])[:2] == (0, out)
    for heading in ("train and look", "learn", "measure", "examples"):
        assert f"\n{heading}\n" in out
    assert len(EXAMPLES) == 3
    parser, parsers = make_parser()
    for example in EXAMPLES:
        assert example in out
        parser.parse_args(example.split()[1:])
    for name in parsers:
        assert f"\n  {name}" in out
        assert call([name, "--help"])[1].startswith(f"usage: minigen {name} [")
    assert call("--version")[1].startswith("python 3.")


def test_colours_only_where_they_are_wanted(monkeypatch, call):
    terminal, pipe = io.StringIO(), io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert paint("x", 31, terminal) == "\033[31mx\033[0m"
    assert paint("x", 31, pipe) == "x"
    assert paint("x", 31, terminal, "never") == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert paint("x", 31, terminal) == "x"
    assert paint("x", 31, pipe, "always") == "\033[31mx\033[0m"
    assert "\033[31merror:" in call("train zzz --color always")[2]
    assert "\033" not in call("train zzz")[2]


def test_suggestions():
    assert suggestion("vae-mist", ["vae-frey", "vae-mnist"]) == ' (did you mean "vae-mnist"?)'
    assert suggestion("xyz", ["vae-frey"]) == ""
