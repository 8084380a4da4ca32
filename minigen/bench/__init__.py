"""Training steps of the lecture, and single layers, timed beside PyTorch eager: `minigen bench`, `minigen bench layers`.

Each side runs in a process of its own, so that their thread pools do not meet; the two take turns, a few steps each, and the table
shows medians over the turns and the median of the ratios turn by turn. Quote the ratios: shared machines are noisy.
"""

import importlib.util
import json
import os
import statistics
import subprocess
import sys

from minigen.bench.layers import LAYERS

PINNED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # what a shell may pin of OpenBLAS is taken back: it chooses its kernels itself
WORKLOADS = {  # name: (what a step is, accepted ratio, wanted ratio)
    "W1": ("VAE 784-500-501-2-501-500-784, Bernoulli, closed KL, Adam, batch 128", 1.1, 0.8),
    "W2": ("GAN 100-128-784, 784-128-1: D real, D fake, G; Adam, batch 128", 1.0, 0.8),
    "W3": ("DCGAN of listings 4.3 and 4.4: D real + fake, G with D frozen; Adam, batch 64", 1.7, 1.2),
    "W4a": ("RealNVP in 2-D, 5 couplings, hidden 32-32, Adam, batch 256", 0.4, 0.2),
    "W4b": ("RealNVP in 2-D, 5 couplings, hidden 32-32, Adam, batch 8192", 1.2, 0.8),
    "W5": ("Glow 32×32×1, L = 3, K = 8, hidden 128, Adam, batch 32", 1.5, 1.0),
}


class Side:
    """A process that runs training steps of one workload with one library when told to."""

    def __init__(self, library, workload, threads):
        limits = {f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "OPENBLAS", "MKL")}
        shell = {name: value for name, value in os.environ.items() if name not in PINNED}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "minigen.bench.worker", library, workload],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**shell, **limits},
        )  # fmt: skip

    def run(self, seconds):
        """Train for about ``seconds``: {"ms": median milliseconds a step, "loss": …, "mb": peak resident memory}."""
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the timing process ended early; its message is above")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def compare(workload, rounds=7, threads=2, seconds=0.5, reference=True):
    """Medians of ``rounds`` turns: {"minigen ms", "torch ms", "ratio", "minigen mb", "torch mb"}; no torch: only ours."""
    libraries = ["minigen", "torch"] if reference else ["minigen"]
    sides = {library: Side(library, workload, threads) for library in libraries}
    for side in sides.values():
        side.run(seconds)  # warm up
    turns = [{library: side.run(seconds) for library, side in sides.items()} for _ in range(rounds)]
    for side in sides.values():
        side.close()
    row = {"workload": workload, "threads": threads}
    for library in libraries:
        row[f"{library} ms"] = statistics.median(turn[library]["ms"] for turn in turns)
        row[f"{library} mb"] = turns[-1][library]["mb"]
    if reference:
        row["ratio"] = statistics.median(turn["minigen"]["ms"] / turn["torch"]["ms"] for turn in turns)
    return row


def main(workloads=(), rounds=7, threads=2, seconds=0.5, as_json=False):
    """Time ``workloads`` (default: all training steps; "layers": all single layers) and print a table. ValueError for an unknown name."""
    names = [n for name in workloads or WORKLOADS for n in (LAYERS if name == "layers" else [name])]
    table = WORKLOADS | {name: (f"{layer} on {shape}", None, None) for name, (layer, shape) in LAYERS.items()}
    unknown = [name for name in names if name not in table]
    if unknown:
        raise ValueError(f"unknown workload {unknown[0]!r}: expected some of {', '.join([*WORKLOADS, 'layers', *LAYERS])}")
    reference = importlib.util.find_spec("torch") is not None
    if not as_json:
        print(f"{'':14}{'minigen':>12}{'PyTorch':>12}{'ratio':>8}{'accepted':>10}{'wanted':>8}{'memory':>17}")
    rows = []
    for name in names:
        row = compare(name, rounds, threads, seconds, reference)
        rows.append(row)
        if not as_json:
            what, *goals = table[name]
            accepted, wanted = (f"{goal:.1f}" if goal else "–" for goal in goals)
            theirs = f"{row['torch ms']:9.2f} ms{row['ratio']:8.2f}" if reference else f"{'not installed':>20}"
            memory = f"{row['minigen mb']:.0f}" + (f" / {row['torch mb']:.0f} MB" if reference else " MB")
            print(f"{name:14}{row['minigen ms']:9.2f} ms{theirs}{accepted:>10}{wanted:>8}{memory:>17}   {what}", flush=True)
    if as_json:
        print(json.dumps(rows))
    return rows
