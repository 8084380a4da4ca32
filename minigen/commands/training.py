"""minigen train: a new run, or one that goes on."""

import contextlib
import os
import sys
from pathlib import Path

from minigen.commands import (
    ENVIRONMENT,
    INTERRUPTED,
    NOT_FOUND,
    OK,
    USAGE,
    Complaint,
    command,
    experiment,
    put_json,
    suggestion,
    table,
)


def train(options):
    """Train, and print the report: numbers with units, the published number, the figures."""
    from minigen import device, random

    run, module, wishes = _resumed(options) if options.resume is not None else _new(options)
    _check(wishes)
    folder = run.folder if run else f"{Path(options.out) / options.name}-{options.seed or 0}"
    there = f"data {wishes['data']}, device {wishes['device']}"
    header = f"{module.NAME}  seed {run.seed if run else options.seed or 0}  {_versions()}"
    if options.dry_run:
        limit = f"budget {wishes['budget']:g} s" if wishes["budget"] else f"{wishes['steps']:,} steps"
        if options.json:
            put_json({"experiment": module.NAME, "run": folder, "dry_run": True, **wishes})
        else:
            print(f"{header}\nwould train in {folder}, or beside it: {limit}, {there}")
        return OK
    run = run or _create(module.NAME, options.seed or 0, wishes, options.out)
    if wishes != run.config["options"]:
        run.set_options(**wishes)
    talk = not (options.quiet or options.json)
    if talk:
        print(f"{header}\n{'resuming' if options.resume is not None else 'run'} {run.folder}", flush=True)
    device.set_default_device(wishes["device"])
    random.manual_seed(run.seed)
    data = None if wishes["data"] == "auto" else wishes["data"]
    try:
        with contextlib.redirect_stdout(sys.stderr) if options.json else contextlib.nullcontext():
            limits = {"steps": wishes["steps"], "budget": wishes["budget"]}
            report = module.train(run, **limits, data=data, device=wishes["device"], progress=not options.quiet)
    except KeyboardInterrupt:
        return _interrupted(run, options)
    run.finish(report)
    _print_report(run, module, report, options, talk)
    return OK


def _new(options):
    if options.name is None:
        raise Complaint("train: which experiment?", f"{command('list')} shows them, {command('train', 'NAME')} takes one", USAGE)
    module = experiment(options.name)
    steps = module.STEPS if options.steps is None and options.budget is None else options.steps
    wishes = {"steps": steps, "budget": options.budget, "data": options.data or "auto", "device": options.device or "cpu"}
    return None, module, wishes


def _resumed(options):
    """The run to go on with, and its options, which those on the command line replace."""
    from minigen import experiments
    from minigen.run import Run

    name, folder = options.name, options.resume
    if name is None and folder in experiments.MODULES and not Path(folder).exists():  # minigen train --resume vae-mnist
        name, folder = folder, ""
    run = open_run(folder) if folder else _newest(Run, name, options.out)
    if name not in (None, run.experiment):
        raise Complaint(f"{run.folder} is a run of {run.experiment}, not of {name}", "leave the name away to resume it", USAGE)
    if options.seed not in (None, run.seed):
        anew = command("train", run.experiment, "--seed", options.seed)
        raise Complaint(f"{run.folder} has seed {run.seed}, and keeps it", f"leave --seed away, or start anew: {anew}", USAGE)
    wishes = {"steps": None, "budget": None, "data": "auto", "device": "cpu", **run.config["options"]}
    if options.steps or options.budget:
        wishes.update(steps=options.steps, budget=options.budget)
    wishes.update({key: getattr(options, key) for key in ("data", "device") if getattr(options, key) is not None})
    return run, experiment(run.experiment), wishes


def _newest(run_class, name, root):
    runs = []
    for path in Path(root).glob("*/config.json"):
        with contextlib.suppress(ValueError):  # somebody else's config.json is no reason to give up
            runs.append(run_class.open(path.parent))
    runs = [run for run in runs if name in (None, run.experiment)]
    if not runs:
        what = f"of {name} " if name else ""
        raise Complaint(f"no run {what}in {root} to resume", f"start one: {command('train', name or 'vae-mnist')}", NOT_FOUND)
    return max(runs, key=lambda run: max(path.stat().st_mtime_ns for path in run.folder.iterdir()))


def open_run(folder):
    """The Run in ``folder``. Complaint with code 3 if there is none."""
    from minigen.run import Run

    try:
        return Run.open(folder)
    except (FileNotFoundError, NotADirectoryError):
        parent = Path(folder).parent if Path(folder).parent != Path(".") else Path("runs")
        known = [str(path.parent) for path in parent.glob("*/config.json")]
        guess = suggestion(str(folder), known)
        hint = f"train one first: {command('train', 'vae-mnist')}" if not known else f"runs here: {', '.join(sorted(known)[:5])}"
        raise Complaint(f"{folder} is not the folder of a run{guess}", hint, NOT_FOUND) from None


def _check(wishes):
    """What can be known before anything is written: the device is there, and so are the data that were named."""
    from minigen import device

    try:
        device.canonical(wishes["device"])
    except ValueError as error:
        raise Complaint(str(error), "--device cpu works everywhere", USAGE) from None
    except RuntimeError as error:
        raise Complaint(str(error), "--device cpu works everywhere", ENVIRONMENT) from None
    if wishes["data"] != "auto" and not Path(wishes["data"]).exists():
        raise Complaint(f"--data {wishes['data']}: no such folder or file", "--data auto takes what is here", ENVIRONMENT)


def _create(name, seed, wishes, root):
    from minigen.run import Run

    try:
        return Run.create(name, seed, wishes, root)
    except OSError as error:
        why = f"--out {root}: {error.strerror or error}"
        raise Complaint(why, "name a folder that you may write to: --out DIR", ENVIRONMENT) from None


def _versions():
    from minigen.run import versions

    return "  ".join(f"{name} {version}" for name, version in versions().items())


def _interrupted(run, options):
    resume = command("train", "--resume", run.folder)
    saved = f"saved up to step {run.saved:,}" if run.saved else "nothing saved yet"
    if options.json:
        put_json({"run": run.folder, "interrupted": True, "saved_step": run.saved, "resume": resume})
    print(f"minigen: interrupted, {saved}\n  resume with: {resume}", file=sys.stderr)
    return INTERRUPTED


def _print_report(run, module, report, options, talk):
    from minigen.progress import clock

    figures = sorted(run.figures.iterdir())
    if options.json:
        about = {"experiment": run.experiment, "seed": run.seed, "run": run.folder, "step": run.step, "seconds": run.seconds}
        put_json({**about, "report": report, "published": module.PUBLISHED, "figures": figures})
        return
    if not talk:
        print(run.folder)
        return
    print(f"trained {run.step:,} steps in {clock(run.seconds)}")
    rows = [(str(name), f"{value:.6g}" if isinstance(value, float) else str(value)) for name, value in report.items()]
    print(table([*rows, ("published", module.PUBLISHED)]))
    for figure in figures:
        print(f"figure {figure}")
    print(f"next: {command('sample', os.fspath(run.folder))}")
