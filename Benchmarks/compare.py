"""Runs each comparison several times, ours and by hand in turns, and prints medians and their ratio."""

import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
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


def startup(binary, work):
    medians = interleaved(31, ours=lambda: seconds([binary, "--version"]), hand=lambda: seconds(["docker", "--version"]))
    line("--version / docker --version", medians["ours"], medians["hand"], "1.5")


def trivial(binary, work):
    (work / "buildspec.yml").write_text("version: 0.2\nphases: {build: {commands: ['true']}}\n")
    medians = interleaved(
        21, ours=lambda: seconds([binary, "run", str(work), "--image", IMAGE]),
        hand=lambda: seconds(["docker", "run", "--rm", IMAGE, "true"]))
    line("one trivial command / docker run --rm … true", medians["ours"], medians["hand"], "1.10 (aim 1.05)")


def make_tree(folder):
    """300 MB in 3,000 files, half of it incompressible, as jars and class files are."""
    chance = random.Random(7)
    words = [chance.randbytes(8).hex().encode() for _ in range(500)]
    for number in range(3000):
        file = folder / str(number % 50) / str(number % 7) / f"f{number}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(chance.randbytes(60_000) + b" ".join(chance.choices(words, k=2500))[:40_000])


def cache(binary, work):
    tree = work / "tree"
    make_tree(tree)
    source = work / "source"
    source.mkdir()
    (source / "buildspec.yml").write_text(
        "version: 0.2\nphases: {build: {commands: ['[ -d /root/tree ] || cp -a tree /root/tree']}}\n"
        "cache: {paths: ['/root/tree/**/*']}\n")
    shutil.copytree(tree, source / "tree")

    def moments():
        """Seconds from the line that announces a step to the event that ends it."""
        out = subprocess.run(
            [binary, "run", str(source), "--image", IMAGE, "--cache", str(work / "kept"), "--log-format", "json"],
            check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        at = {}
        for text in out.splitlines():
            event = json.loads(text)
            when = event["time"][11:-1].split(":")
            at[event.get("text") or event["kind"]] = int(when[0]) * 3600 + int(when[1]) * 60 + float(when[2])
        restore = at["cacheRestored"] - at["Downloading local cache..."] if "cacheRestored" in at else None
        return restore, at["cacheSaved"] - at["Uploading local cache..."]

    saves, restores, packs, unpacks = [], [], [], []
    tarball, back = work / "by-hand.tar.zst", work / "back"
    for _ in range(5):
        shutil.rmtree(work / "kept", ignore_errors=True)
        saves.append(moments()[1])
        packs.append(seconds(["sh", "-c", f"tar -C {tree} -cf - . | zstd -T0 -q -f -o {tarball}"]))
        restores.append(moments()[0])
        shutil.rmtree(back, ignore_errors=True)
        back.mkdir()
        unpacks.append(seconds(["sh", "-c", f"zstd -dcq {tarball} | tar -C {back} -xf -"]))
    median = statistics.median
    line("cache save, 300 MB / tar | zstd -T0", median(saves), median(packs), "-")
    line("cache restore, 300 MB / zstd -d | tar x", median(restores), median(unpacks), "-")
    line("cache save + restore", median(saves) + median(restores), median(packs) + median(unpacks), "1.2")


def petclinic(binary, work):
    url = subprocess.run([str(ROOT / ".ci/maven-repository"), "start"], check=True, stdout=subprocess.PIPE).stdout
    mirror = url.decode().strip()
    fixture = ROOT / "fixtures/petclinic-rest"
    kept = work / "cache"
    base = [binary, "run", str(fixture), "--cache", str(kept), "--artifacts", str(work / "out")]
    subprocess.run(base + (["-e", f"MAVEN_MIRROR_URL={mirror}"] if mirror else []), check=True, **QUIET)
    tarball = next(kept.glob("*/*.tar.zst"))
    # What a user would type: source and cache in, the commands, artifact and cache out.
    script = """set -e
mkdir -p /src && cp -a /in/. /src && cd /src && tar -C / -xf -
mvn -version; IMAGE_TAG=latest; date; mvn -B clean package; date
printf '[{"name":"%s","imageUri":"%s"}]\\n' petclinic-rest x:$IMAGE_TAG > imagedefinitions.json
cp imagedefinitions.json /out/; tar -C / -cf /out/m2.tar root/.m2"""
    out = work / "by-hand"
    out.mkdir()
    hand = (f"zstd -dcq {tarball} | docker run --rm -i --network none -v {fixture}:/in:ro -v {out}:/out "
            f"-e MAVEN_OPTS='-XX:+TieredCompilation -XX:TieredStopAtLevel=1' buildspec/java17 sh -c '{script.replace(chr(39), chr(39) + chr(92) + chr(39) * 2)}' "
            f"&& zstd -T0 -q -f {out}/m2.tar -o {out}/m2.tar.zst")
    medians = interleaved(
        5, ours=lambda: seconds(base + ["--offline"]), hand=lambda: seconds(["sh", "-c", hand]))
    line("petclinic, cached and offline / docker run", medians["ours"], medians["hand"], "1.05")


def memory(binary, work):
    for size in ("10M", "1000M"):
        (work / "buildspec.yml").write_text(
            f"version: 0.2\nphases: {{build: {{commands: ['yes 0123456789abcdef0123456789abcdef | head -c {size}']}}}}\n")
        start = time.perf_counter()
        child = subprocess.Popen([binary, "run", str(work), "--image", IMAGE], **QUIET)
        _, status, usage = os.wait4(child.pid, 0)
        assert status == 0
        print(f"{'a build that prints ' + size:<44} {time.perf_counter() - start:6.1f} s   "
              f"peak memory {usage.ru_maxrss / 1024:6.1f} MB", flush=True)


def main():
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    tasks = {task.__name__: task for task in (startup, trivial, cache, petclinic, memory)}
    for name in sys.argv[2:] or tasks:
        with tempfile.TemporaryDirectory(prefix="buildspec-bench-") as folder:
            work = pathlib.Path(folder)
            os.environ.update(XDG_CACHE_HOME=str(work / "xdg-cache"), XDG_STATE_HOME=str(work / "xdg-state"))
            inner = work / "work"
            inner.mkdir()
            tasks[name](binary, inner)


main()
