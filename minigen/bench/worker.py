"""One side of a comparison: reads a number of seconds from standard input, trains that long, answers with the time of a step."""

import importlib
import json
import resource
import statistics
import sys
import time


def main(library, workload):
    """Answer every line of standard input with one line of JSON."""
    steps = importlib.import_module(f"minigen.bench.{library}_steps")
    step = steps.WORKLOADS[workload]()
    for line in sys.stdin:
        times, end = [], time.perf_counter() + float(line)
        while time.perf_counter() < end or len(times) < 5:
            start = time.perf_counter()
            loss = float(step())
            times.append(time.perf_counter() - start)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"ms": statistics.median(times) * 1e3, "loss": loss, "mb": peak, "steps": len(times)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
