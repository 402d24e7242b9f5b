"""binaries.py A B [NAME…]: compares two programs, by turns in the same run, and says which differences are no more than noise."""

import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

from measure import IMAGE, QUIET, rounds, seconds, spread

RESAMPLES = 2000


def interval(values):
    """Where the median lies with a probability of 95 %, by drawing from the values again and again."""
    chance = random.Random(1)
    medians = sorted(statistics.median(chance.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return medians[int(RESAMPLES * 0.025)], medians[int(RESAMPLES * 0.975) - 1]


def verdict(ratios):
    """What the rounds' ratios, the second program's time by the first one's, tell."""
    if len(ratios) < 6:
        return "too few rounds to tell"
    low, high = interval(ratios)
    # One percent is less than what where a program lies in memory changes.
    if low <= 1.01 and high >= 0.99:
        return "within the noise"
    percent = abs(statistics.median(ratios) - 1) * 100
    return f"B is {percent:.0f} % {'slower' if low > 1 else 'quicker'}"


HEAD = "version: 0.2\nphases: {build: {commands: "


def run(folder, *options):
    return lambda binary: [binary, "run", str(folder), "--image", IMAGE, *options]


def commit(folder):
    git = ["git", "-C", str(folder), "-c", "user.name=b", "-c", "user.email=b@example.org"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run(git + words, check=True, **QUIET)


def make_files(folder, count, size):
    chance = random.Random(11)
    for number in range(count):
        file = folder / f"d{number % 100}" / f"f{number}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(chance.randbytes(size))


def version(folder):
    return lambda binary: [binary, "--version"]


def validate(folder):
    from compare import make_buildspecs
    files = make_buildspecs(folder, rounds(1000))
    return lambda binary: [binary, "validate", *files]


def trivial(folder):
    (folder / "buildspec.yml").write_text(HEAD + "['true']}}\n")
    return run(folder)


def commands(folder):
    (folder / "buildspec.yml").write_text(HEAD + f"[{', '.join(['echo a line'] * 50)}]}}}}\n")
    return run(folder)


def output(folder):
    (folder / "buildspec.yml").write_text(HEAD + "['yes 0123456789abcdef | head -c 50000000']}}\n")
    return run(folder)


def source(folder):
    (folder / "buildspec.yml").write_text(HEAD + "['true']}}\n")
    make_files(folder / "src", rounds(20_000), 10_000)
    commit(folder)
    return run(folder)


def artifacts(folder, form="folder"):
    (folder / "buildspec.yml").write_text(HEAD + "['true']}}\nartifacts: {files: ['**/*'], base-directory: src}\n")
    make_files(folder / "src", rounds(5_000), 4_000)
    commit(folder)
    return run(folder, "--artifacts", str(folder.parent / "out"), *(["--zip"] if form == "zip" else []))


def zip_file(folder):
    return artifacts(folder, "zip")


def cache(folder):
    (folder / "buildspec.yml").write_text(
        HEAD + "['[ -d /root/c ] || cp -a src /root/c', 'date +%N > /root/c/changed']}}\ncache: {paths: ['/root/c/**/*']}\n")
    make_files(folder / "src", rounds(2_000), 40_000)
    commit(folder)
    return run(folder, "--cache", str(folder.parent / "cache"))


# Each makes a project in a folder, and tells the words that are timed; and how often that is done.
WORKLOADS = {"version": (version, 41), "validate": (validate, 15), "trivial": (trivial, 21), "commands": (commands, 15),
             "output": (output, 9), "source": (source, 11), "artifacts": (artifacts, 9), "zip": (zip_file, 9),
             "cache": (cache, 9)}


def compare(name, programs, work):
    make, count = WORKLOADS[name]
    timed = []
    for number, program in enumerate(programs):
        # Nothing that one program keeps is known to the other one.
        home = work / f"{name}-{number}"
        project = home / "project"
        project.mkdir(parents=True)
        environment = dict(os.environ, XDG_CACHE_HOME=str(home / "cache-home"), XDG_STATE_HOME=str(home / "state-home"))
        words = make(project)(program)
        timed.append(lambda words=words, environment=environment: seconds(words, env=environment))
        for _ in range(2):
            timed[-1]()  # Not timed: what is learned or made once.
    times = [[], []]
    for turn in range(rounds(count)):
        for number in (0, 1) if turn % 2 == 0 else (1, 0):
            times[number].append(timed[number]())
    ratios = [second / first for first, second in zip(*times)]
    low, _, high = spread(ratios)
    first, second = (statistics.median(values) for values in times)
    print(f"{name:<12} A {first * 1000:9.1f} ms   B {second * 1000:9.1f} ms   B / A {statistics.median(ratios):5.3f} "
          f"({low:.3f} to {high:.3f}, {len(ratios)} rounds)   {verdict(ratios)}", flush=True)


def main():
    programs = [str(pathlib.Path(path).resolve()) for path in sys.argv[1:3]]
    for name in sys.argv[3:] or WORKLOADS:
        with tempfile.TemporaryDirectory(prefix="buildspec-bench-") as folder:
            compare(name, programs, pathlib.Path(folder))


if __name__ == "__main__":
    main()
