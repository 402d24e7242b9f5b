"""What the benchmarks share: how they take times, and how they print them."""

import pathlib
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
IMAGE = "debian:bookworm-slim"
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def seconds(command, **options):
    start = time.perf_counter()
    subprocess.run(command, check=True, **{**QUIET, **options})
    return time.perf_counter() - start


def interleaved(rounds, **tasks):
    """The median seconds of each task, all run once a round."""
    times = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            times[name].append(task())
    return {name: statistics.median(values) for name, values in times.items()}


def line(what, ours, by_hand, target):
    print(f"{what:<44} ours {ours * 1000:9.1f} ms   by hand {by_hand * 1000:9.1f} ms   "
          f"ratio {ours / by_hand:5.2f}   target {target}", flush=True)
