"""page.py RESULTS FOLDER: writes FOLDER/results.md and FOLDER/results.svg of the results that compare.py has kept."""

import html
import json
import math
import os
import pathlib
import platform
import statistics
import subprocess
import sys

from measure import ratios, spread


def output(*words):
    """What a program prints, without its last line end; nothing where it cannot be run."""
    try:
        return subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout.decode().strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def field(file, name):
    """The value of the first `NAME: VALUE` in a file of /proc."""
    try:
        with open(file) as lines:
            return next((text.split(":", 1)[1].strip() for text in lines if text.startswith(name)), "")
    except OSError:
        return ""


def machine(binary):
    """The facts of the machine that times depend on."""
    kilobytes = field("/proc/meminfo", "MemTotal").split(" ")[0]
    facts = {
        "processor": field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{int(kilobytes) / 1e6:.1f} GB" if kilobytes else "",
        "system": f"{platform.system()} {platform.release()}",
        "engine": output("docker", "version", "--format", "{{.Server.Version}}"),
        "engine's storage": output("docker", "info", "--format", "{{.Driver}}"),
        "git": output("git", "--version").removeprefix("git version "),
        "zstd": output("zstd", "--version").partition(" v")[2].partition(",")[0],
        "buildspec": output(binary, "--version"),
        "load at the start": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }
    return {name: value for name, value in facts.items() if value}


def time_text(seconds):
    if abs(seconds) >= 100:
        return f"{seconds:.0f} s"
    return f"{seconds:.2f} s" if abs(seconds) >= 1 else f"{seconds * 1000:.1f} ms"


def target_of(result):
    """The number that a target begins with."""
    try:
        return float(str(result["target"]).split()[0])
    except (ValueError, IndexError):
        return None


def ratio_of(result):
    """The ratio of the medians, and the quartiles of the rounds' ratios."""
    low, _, high = spread(ratios(result["ours"], result["other"]))
    return statistics.median(result["ours"]) / statistics.median(result["other"]), low, high


def number(value):
    """A ratio with as many places as tell something."""
    return f"{value:.3f}" if abs(value) < 0.1 else f"{value:.2f}"


def markdown(kept):
    lines = [
        "# Benchmarks", "",
        "`make bench` has written this page. Each row compares a task done by `buildspec` with the same done in another way, both",
        "in the same run, by turns. A ratio of 0.5 means that `buildspec` takes half the time. The middle half of the rounds'",
        "ratios lies in the spread. Targets are those of the project's issues. Trust ratios, not seconds: the machine may have",
        "been busy, as the load says.", "", "![The ratios, on a logarithmic scale](results.svg)", "",
        "| the machine | |", "| --- | --- |"]
    lines += [f"| {name} | {value} |" for name, value in kept["machine"].items()]
    tasks = {}
    for result in kept["results"]:
        tasks.setdefault(result["task"], []).append(result)
    for task, results in tasks.items():
        lines += ["", f"## {task}", ""]
        lines += [text for notes in [kept["notes"].get(task, [])] if notes for text in notes + [""]]
        lines += ["| task / the other way | ours | the other way | ratio | spread | target | rounds | load |",
                  "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
        for result in results:
            ratio, low, high = ratio_of(result)
            ours, other = (statistics.median(result[key]) for key in ("ours", "other"))
            target = target_of(result)
            missed = " **missed**" if target is not None and ratio > target else ""
            lines.append(
                f"| {result['what']} | {time_text(ours)} | {time_text(other)} | {number(ratio)}{missed} | "
                f"{number(low)} to {number(high)} | {result['target']} | {len(result['ours'])} | {result['load']:.1f} |")
    return "\n".join(lines) + "\n"


LABELS, WIDTH, ROW, HEAD = 400, 900, 22, 64
FLOOR, CEILING = 0.01, 10.0


def place(ratio):
    """Where a ratio stands on the scale."""
    share = math.log(min(max(ratio, FLOOR), CEILING) / FLOOR) / math.log(CEILING / FLOOR)
    return LABELS + share * (WIDTH - LABELS - 60)


def svg(kept):
    results = kept["results"]
    height = HEAD + ROW * len(results) + 14
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="12">',
        "<title>The time of buildspec as a part of the other way's</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="12" y="22" font-size="14" fill="#222222">The time of buildspec as a part of the other way\'s: '
        "left of 1 it is quicker</text>",
        '<text x="12" y="40" fill="#666666">bar: ratio of the medians; line: the middle half of the rounds; '
        "red mark: the target</text>"]
    for tick in (0.01, 0.1, 0.5, 1, 2, 10):
        x = place(tick)
        lines += [f'<line x1="{x:.1f}" y1="{HEAD - 8}" x2="{x:.1f}" y2="{height - 10}" '
                  f'stroke="{"#888888" if tick == 1 else "#dddddd"}"/>',
                  f'<text x="{x:.1f}" y="{HEAD - 11}" text-anchor="middle" fill="#666666">{tick:g}</text>']
    for row, result in enumerate(results):
        y = HEAD + ROW * row
        ratio, low, high = ratio_of(result)
        start, end = sorted((place(ratio), place(1)))
        lines += [
            f'<text x="{LABELS - 8}" y="{y + 13}" text-anchor="end" fill="#222222">{html.escape(result["what"])}</text>',
            f'<rect x="{start:.1f}" y="{y + 3}" width="{max(end - start, 1):.1f}" height="12" '
            f'fill="{"#4c956c" if ratio <= 1 else "#c98a2b"}"/>',
            f'<line x1="{place(low):.1f}" y1="{y + 9}" x2="{place(high):.1f}" y2="{y + 9}" stroke="#222222"/>',
            f'<text x="{WIDTH - 10}" y="{y + 13}" text-anchor="end" fill="#222222">{number(ratio)}</text>']
        target = target_of(result)
        if target is not None:
            lines.append(f'<line x1="{place(target):.1f}" y1="{y}" x2="{place(target):.1f}" y2="{y + 18}" '
                         'stroke="#c1121f" stroke-width="2"/>')
    return "\n".join(lines + ["</svg>"]) + "\n"


def main():
    results, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    with open(results) as file:
        kept = json.load(file)
    (folder / "results.md").write_text(markdown(kept))
    (folder / "results.svg").write_text(svg(kept))


if __name__ == "__main__":
    main()
