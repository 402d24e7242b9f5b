"""What the benchmarks share: how they take times, and how they print and keep them."""

import datetime
import os
import pathlib
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
IMAGE = "debian:bookworm-slim"
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
# A glance: two rounds of each, and large trees two hundred times as small.
QUICK = os.environ.get("BENCH_QUICK") == "1"
SCALE = float(os.environ.get("BENCH_SCALE", "0.005" if QUICK else "1"))

# What `line` and `note` were told, for the page.
RESULTS, NOTES = [], []


def seconds(command, **options):
    start = time.perf_counter()
    subprocess.run(command, check=True, **{**QUIET, **options})
    return time.perf_counter() - start


def rounds(count):
    return 2 if QUICK else count


def interleaved(count, **tasks):
    """The seconds of each task in each round; every other round has them in the other order."""
    times = {name: [] for name in tasks}
    for number in range(rounds(count)):
        for name, task in list(tasks.items())[:: -1 if number % 2 else 1]:
            times[name].append(task())
    return times


def less(times, others):
    """The times of each round, less what the rest of it costs."""
    return [time - other for time, other in zip(times, others)]


def ratios(ours, other):
    """The ratio of each round; of all pairs where there are more rounds of one than of the other."""
    if len(ours) == len(other):
        return [one / two for one, two in zip(ours, other)]
    return [one / two for one in ours for two in other]


def spread(values):
    """The quartiles: half of the values lie between the first and the last."""
    return statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else list(values) * 3


def line(what, ours, other, target, by="by hand"):
    """Prints a comparison, and keeps it for the page.

    `ours` and `other` are lists of seconds (or of anything that less is better of), a value for each round.
    """
    mine, theirs = statistics.median(ours), statistics.median(other)
    low, _, high = spread(ratios(ours, other))
    print(f"{what:<44} ours {mine * 1000:9.1f} ms   {by} {theirs * 1000:9.1f} ms   "
          f"ratio {mine / theirs:6.3f} ({low:.3f} to {high:.3f})   target {target}", flush=True)
    RESULTS.append({
        "what": what, "by": by, "ours": ours, "other": other, "target": target, "load": os.getloadavg()[0],
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M")})


def note(text):
    """Prints a sentence that belongs on the page, too."""
    print(text, flush=True)
    NOTES.append(text)
