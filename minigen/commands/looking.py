"""minigen list, sample, bench, lecture."""

import contextlib
import math
import sys
from pathlib import Path

from minigen.commands import ENVIRONMENT, NOT_FOUND, OK, USAGE, Complaint, command, experiment, put_json, suggestion, table
from minigen.commands.training import open_run


def list_(options):
    """The experiments with the numbers they are held to."""
    from minigen import experiments

    entries = [experiments.describe(name) for name in experiments.MODULES]
    if options.json:
        put_json({"experiments": [entry._asdict() for entry in entries]})
        return OK
    if options.quiet:
        print("\n".join(entry.name for entry in entries))
        return OK
    for entry in entries:
        print(f"{entry.name}\n  {entry.description}\n  published: {entry.published}\n  {entry.steps:,} steps")
    print(f"train one with: {command('train', entries[0].name, '--budget', '1m')}")
    return OK


def sample(options):
    """Draw n images from a trained run and save them as one PNG; of numbers a histogram, of points of the plane a scatter plot."""
    run = open_run(options.run)
    out = Path(options.out) if options.out else run.folder / "figures" / f"samples-{options.seed}.png"
    if out.suffix.lower() != ".png":
        raise Complaint(f"--out {out}: the picture is a PNG file", f"--out {out.with_suffix('.png')}", USAGE)
    if options.out and not out.parent.is_dir():
        raise Complaint(f"--out {out}: there is no folder {out.parent}", "make it first, or name another", ENVIRONMENT)
    module = experiment(run.experiment)
    if not run.checkpoint.exists():
        hint = f"train it first: {command('train', '--resume', run.folder)}"
        raise Complaint(f"{run.folder} has no checkpoint yet", hint, NOT_FOUND)
    if options.dry_run:
        if options.json:
            put_json({"run": run.folder, "n": options.n, "seed": options.seed, "file": out, "dry_run": True})
        else:
            print(f"would draw {options.n} images with seed {options.seed} into {out}")
        return OK
    from minigen import random
    from minigen.data import write_png

    model = module.load(run)
    random.manual_seed(options.seed)
    drawn = module.sample(model, options.n)
    run.figures.mkdir(exist_ok=True)
    if drawn.ndim == 1:
        from minigen import viz

        viz.save(viz.histogram(drawn, title=f"{options.n} draws of {run.experiment}"), out, "A histogram of the numbers that were drawn.")
    elif drawn.ndim == 2:
        from minigen import viz

        viz.save(viz.scattered(drawn, title=f"{options.n} draws of {run.experiment}"), out, "The points that were drawn.")
    else:
        write_png(out, grid(drawn))
    if options.json:
        put_json({"run": run.folder, "n": options.n, "seed": options.seed, "file": out})
    else:
        print(out)
    return OK


def grid(images, gap=2):
    """n images as one picture, row by row, as square as can be: (n, H, W) in [0, 1] -> (rows·H + …, columns·W + …) uint8.

    Colours stay the last axis: (n, H, W, 3) -> (…, …, 3).
    """
    import numpy as np

    images = np.asarray(images)
    shaped = images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)
    if not (shaped and images.size and images.min() >= 0 and images.max() <= 1):
        raise ValueError(f"grid: expected images (n, H, W) or (n, H, W, 3) in [0, 1], got shape {images.shape}")
    n, height, width, *colours = images.shape
    columns = math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    picture = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, *colours), 128, np.uint8)
    for i, image in enumerate(images):
        y, x = i // columns * (height + gap), i % columns * (width + gap)
        picture[y : y + height, x : x + width] = np.round(image * 255)
    return picture


def bench(options):
    """Time training steps of the lecture beside PyTorch."""
    from minigen.bench import LAYERS, WORKLOADS, main

    known = [*WORKLOADS, "layers", *LAYERS]
    for name in options.workloads:
        if name not in known:
            guess = suggestion(name.upper(), WORKLOADS) or suggestion(name, known)
            raise Complaint(f"there is no workload {name!r}{guess}", f"there are {', '.join(known)}", NOT_FOUND)
    with contextlib.redirect_stdout(sys.stderr) if options.json else contextlib.nullcontext():
        rows = main(options.workloads, rounds=options.rounds, threads=options.threads)
    if options.json:
        put_json({"rows": rows})
    return OK


def lecture(options):
    """List, run or open the lectures."""
    from minigen import lectures

    if options.action == "list":
        known = lectures.list_lectures()
        if options.json:
            put_json({"lectures": [{"number": number, "title": title} for number, title in known]})
        else:
            print(table([(f"{number:02d}", title) for number, title in known]))
        return OK
    numbers = {number for number, _ in lectures.list_lectures()} | ({"all"} if options.action == "run" else set())
    if options.number is None:
        raise Complaint(f"lecture {options.action}: which one?", f"{command('lecture', 'list')} shows them", USAGE)
    if options.number not in numbers:
        raise Complaint(f"there is no lecture {options.number}", f"{command('lecture', 'list')} shows them", NOT_FOUND)
    with contextlib.redirect_stdout(sys.stderr) if options.json else contextlib.nullcontext():
        if options.action == "run":
            result = lectures.run(options.number, options.fast)
        else:
            result = lectures.open_notebook(options.number, options.to)
    if options.json:
        put_json({"lecture": options.number, options.action: result})
    return OK
