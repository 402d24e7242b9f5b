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

import measure
from large import artifacts, events, large_cache, large_source
from measure import IMAGE, QUIET, ROOT, interleaved, less, line, note, rounds, seconds
from page import machine
from proxy import proxy
from slow_maven import slow_maven
from ways import ways


def startup(binary, work):
    times = interleaved(31, ours=lambda: seconds([binary, "--version"]), hand=lambda: seconds(["docker", "--version"]))
    line("--version / docker --version", times["ours"], times["hand"], "1.5")


def trivial(binary, work):
    (work / "buildspec.yml").write_text("version: 0.2\nphases: {build: {commands: ['true']}}\n")
    times = interleaved(
        21, ours=lambda: seconds([binary, "run", str(work), "--image", IMAGE]),
        hand=lambda: seconds(["docker", "run", "--rm", IMAGE, "true"]))
    line("one trivial command / docker run --rm … true", times["ours"], times["hand"], "1.10 (aim 1.05)")


def spare(binary, work):
    """The second of two trivial builds, whose container was started when the first had ended."""
    source, state = work / "source", work / "state"
    source.mkdir()
    (source / "buildspec.yml").write_text("version: 0.2\nphases: {build: {commands: ['true']}}\n")
    subprocess.run("git init -q . && git add -A && git -c user.name=a -c user.email=a@b commit -qm first", shell=True,
                   check=True, cwd=source)
    environment = dict(os.environ, XDG_STATE_HOME=str(state))
    words = [binary, "run", str(source), "--image", IMAGE, "--spare", "5m"]

    def ours():
        # Nobody builds again sooner than the container is up.
        for _ in range(300):
            if list(state.glob("buildspec/spares/*/ready.json")):
                break
            time.sleep(0.1)
        time.sleep(0.5)
        return seconds(words, env=environment)

    subprocess.run(words, env=environment, **QUIET)
    times = interleaved(21, ours=ours, hand=lambda: seconds(["docker", "run", "--rm", IMAGE, "true"]))
    subprocess.run([binary, "clean"], env=environment, **QUIET)
    line("a trivial build in a spare / docker run --rm … true", times["ours"], times["hand"], "0.35")


def shell(binary, work):
    (work / "buildspec.yml").write_text("version: 0.2\nphases: {build: {commands: ['false']}}\n")
    subprocess.run([binary, "run", str(work), "--image", IMAGE, "--keep", "failure"], **QUIET)
    try:
        container = subprocess.run(
            ["docker", "ps", "-q", "--filter", "label=dev.buildspec.build"], check=True,
            stdout=subprocess.PIPE).stdout.decode().split()[0]
        times = interleaved(
            31, ours=lambda: seconds([binary, "shell", "--command", "true"], cwd=work),
            hand=lambda: seconds(["docker", "exec", container, "sh", "-c", "true"]))
    finally:
        subprocess.run([binary, "clean", "--kept"], **QUIET)
    line("shell in a failed build / docker exec", times["ours"], times["hand"], "1.5")


def checkpoint(binary, work):
    (work / "buildspec.yml").write_text(
        "version: 0.2\nphases: {install: {commands: ['true']}, pre_build: {commands: ['true']}, "
        "build: {commands: ['true']}, post_build: {commands: ['true']}}\n")
    base = [binary, "run", str(work), "--image", IMAGE]
    times = interleaved(
        9, ours=lambda: seconds(base + ["--checkpoint"]), hand=lambda: seconds(base))
    subprocess.run([binary, "clean", "--checkpoints"], **QUIET)
    cost = statistics.median(less(times["ours"], times["hand"])) / 4
    note(f"A checkpoint of each of four phases costs {cost:.3f} s (target 0.5 s).")


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
        "version: 0.2\nphases: {build: {commands: ['[ -d /root/tree ] || cp -a tree /root/tree', "
        "'[ ! -e change ] || date +%N > /root/tree/changed']}}\n"
        "cache: {paths: ['/root/tree/**/*']}\n")
    shutil.copytree(tree, source / "tree")

    def moments():
        """Seconds from the line that announces a step to the event that ends it."""
        at = events([binary, "run", str(source), "--image", IMAGE, "--cache", str(work / "kept")])
        restore = at["cacheRestored"] - at["Downloading local cache..."] if "cacheRestored" in at else None
        return restore, at["cacheSaved"] - at["Uploading local cache..."]

    saves, restores, packs, unpacks, unchanged, changed = [], [], [], [], [], []
    tarball, back = work / "by-hand.tar.zst", work / "back"
    for _ in range(rounds(5)):
        shutil.rmtree(work / "kept", ignore_errors=True)
        saves.append(moments()[1])
        # What others have left to be written would be waited for by whoever writes next; the source is not what is measured.
        (source / "tree").rename(work / "aside")
        os.sync()
        packs.append(seconds(["sh", "-c", f"tar -C {tree} -cf - . | zstd -T0 -q -f -o {tarball}"]))
        os.sync()
        for number, after in enumerate((unchanged, changed)):
            if number:
                (source / "change").touch()
            restore, save = moments()
            restores.append(restore)
            after.append(save)
        (source / "change").unlink()
        shutil.rmtree(back, ignore_errors=True)
        os.sync()
        back.mkdir()
        unpacks.append(seconds(["sh", "-c", f"zstd -dcq {tarball} | tar -C {back} -xf -"]))
        (work / "aside").rename(source / "tree")
    note("3,000 files, 300 MB.")
    line("cache, save / tar | zstd -T0", saves, packs, "-")
    line("cache, restore / zstd -d | tar x", restores, unpacks, "0.6")
    line("cache, save, nothing changed / tar | zstd -T0", unchanged, packs, "0.05")
    line("cache, save, one file changed / tar | zstd -T0", changed, packs, "0.10")
    # Every other restore is that of a round's first save.
    both = [one + two for one, two in zip(saves, restores[::2])]
    line("cache, save + restore / both by hand", both, [one + two for one, two in zip(packs, unpacks)], "1.2")


def layer(binary, work):
    """A cache that lies under the container as a layer of its image, against unpacking it."""
    tree, tarball, back = work / "tree", work / "by-hand.tar.zst", work / "back"
    make_tree(tree)
    source = work / "source"
    source.mkdir()
    (source / "buildspec.yml").write_text(
        "version: 0.2\nphases: {build: {commands: ['[ -d /root/tree ] || [ ! -d tree ] || cp -a tree /root/tree']}}\n"
        "cache: {paths: ['/root/tree/**/*']}\n")
    shutil.copytree(tree, source / "tree")
    words = [binary, "run", str(source), "--image", IMAGE, "--cache", str(work / "kept")]
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    shutil.rmtree(source / "tree")
    subprocess.run(words + ["--cache-images"], check=True, stdin=subprocess.DEVNULL, capture_output=True)
    plan = [binary, "plan", str(source), "--image", IMAGE, "--cache", str(work / "kept"), "--cache-images"]
    for _ in range(300):
        if b"laid under" in subprocess.run(plan, check=True, capture_output=True).stdout:
            break
        time.sleep(0.2)
    else:
        raise SystemExit("no image of the cache was made")
    subprocess.run(["sh", "-c", f"tar -C {tree} -cf - . | zstd -T0 -q -f -o {tarball}"], check=True)
    laid, unpacked, steps, plain, without, unpacks = [], [], [], [], [], []
    for _ in range(rounds(5)):
        for flags, whole, step in (["--cache-images"], laid, steps), ([], unpacked, plain), (["--no-cache"], without, None):
            start = time.monotonic()
            at = events(words + flags)
            whole.append(time.monotonic() - start)
            if step is not None:
                step.append(at["cacheRestored"] - at["Downloading local cache..."])
        shutil.rmtree(back, ignore_errors=True)
        os.sync()
        back.mkdir()
        unpacks.append(seconds(["sh", "-c", f"zstd -dcq {tarball} | tar -C {back} -xf -"]))
    subprocess.run([binary, "clean", "--cache-images"], check=True, capture_output=True)
    note("3,000 files, 300 MB.")
    line("restore from a layer / zstd -d | tar x", steps, unpacks, "0.05")
    line("restore by unpacking / zstd -d | tar x", plain, unpacks, "0.6")
    line("build from a layer, less one without a cache / zstd -d | tar x", [a - b for a, b in zip(laid, without)], unpacks, "-")
    line("build that unpacks, less one without a cache / zstd -d | tar x", [a - b for a, b in zip(unpacked, without)], unpacks, "-")


def petclinic(binary, work):
    url = subprocess.run([str(ROOT / ".ci/maven-repository"), "start"], check=True, stdout=subprocess.PIPE).stdout
    mirror = url.decode().strip()
    fixture = ROOT / "fixtures/petclinic-rest"
    kept = work / "cache"
    # The Maven part alone: what can be typed by hand in one `docker run`.
    os.environ.update(BUILDSPEC_PRIVILEGED="no", BUILDSPEC_AWS_LOCAL="no")
    base = [binary, "run", str(fixture), "-f", "ci/package.yml", "-i", "buildspec/java17", "--cache", str(kept),
            "--artifacts", str(work / "out")]
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
    times = interleaved(
        5, ours=lambda: seconds(base + ["--offline"]), hand=lambda: seconds(["sh", "-c", hand]))
    line("petclinic, cached and offline / docker run", times["ours"], times["hand"], "1.05")


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


WORDS = ("build deploy image docker push tag cache test unit report service release stage region account bundle asset "
         "artifact module package lint check verify publish notify cluster stack template lambda queue table").split()


def buildspec(chance):
    """A buildspec of the usual size and kind, 1 to 2 KB."""
    def words(least, most):
        return " ".join(chance.choices(WORDS, k=chance.randint(least, most)))

    def command():
        return chance.choice([
            f"echo {words(2, 6)} on `date`", f"aws s3 cp dist/{words(1, 1)} s3://$BUCKET/{words(1, 1)} --recursive",
            f"npm run {words(1, 1)} -- --{words(1, 1)}", f"'echo \"{words(1, 2)}: {words(1, 4)}\"'",
            f"docker build -t $REPOSITORY_URI:{words(1, 1)} .", f"\"cd {words(1, 1)} && ./gradlew {words(1, 1)}\"",
            f"|\n        if [ \"${words(1, 1).upper()}\" = \"1\" ]; then\n          echo {words(2, 8)}\n        fi",
            f"export {words(1, 1).upper()}=$(git rev-parse --short HEAD)  # {words(2, 5)}"])

    lines = ["version: 0.2", "", "env:", "  variables:"]
    lines += [f'    {words(1, 1).upper()}_{number}: "{words(1, 3)}"' for number in range(chance.randint(1, 6))]
    if chance.random() < 0.4:
        lines += ["  parameter-store:", f"    TOKEN: /{words(1, 1)}/{words(1, 1)}"]
    lines += ["", "phases:"]
    for phase in ("install", "pre_build", "build", "post_build"):
        lines.append(f"  {phase}:")
        if phase == "install" and chance.random() < 0.6:
            lines += ["    runtime-versions:", f"      {chance.choice(['nodejs: 18', 'python: 3.11', 'java: corretto17'])}"]
        lines += ["    commands:"] + [f"      - {command()}" for _ in range(chance.randint(2, 9))]
        if chance.random() < 0.1:
            lines += ["    finally:", f"      - {command()}"]
    lines += ["artifacts:", "  base-directory: dist", "  files:", "    - '**/*'", "    - appspec.yml"]
    if chance.random() < 0.5:
        lines += ["cache:", "  paths:", "    - '/root/.m2/**/*'", "    - node_modules/**/*"]
    if chance.random() < 0.1:
        lines += ["artefacts:", f"  {words(1, 1)}: yes"]
    return "\n".join(lines) + "\n"


def make_buildspecs(folder, count=1000):
    chance = random.Random(11)
    for number in range(count):
        (folder / f"{number:04}.buildspec.yml").write_text(buildspec(chance))
    return [str(file) for file in sorted(folder.iterdir())]


SCHEMA_CHECK = """
import json, sys, jsonschema, yaml
validator = jsonschema.Draft7Validator(json.load(open(sys.argv[1])))
loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
for path in sys.argv[2:]:
    with open(path, "rb") as file:
        for error in validator.iter_errors(yaml.load(file, Loader=loader)): print(path, error.message)
"""


def validate(binary, work):
    events, folder = work / "events", work / "specs"
    subprocess.run(["cc", "-O2", "-o", str(events), str(ROOT / "Benchmarks/events.c"), "-lyaml"], check=True)
    folder.mkdir()
    files = make_buildspecs(folder)
    size = sum(os.path.getsize(file) for file in files)
    note(f"{len(files):,} buildspecs, {size / 1000:.0f} kB.")
    script, schema = work / "check.py", ROOT / "Schemas/buildspec-0.2.schema.json"
    script.write_text(SCHEMA_CHECK)
    times = interleaved(
        31, ours=lambda: seconds([binary, "validate"] + files), bare=lambda: seconds([str(events)] + files))
    line("validate 1,000 files / bare libyaml events", times["ours"], times["bare"], "2.0", by="libyaml")
    python = python_with_schema()
    if python is None:
        print("no python3 with jsonschema and yaml: that comparison is left out", flush=True)
        return
    times = interleaved(
        3, ours=lambda: seconds([binary, "validate"] + files),
        python=lambda: seconds([python, str(script), str(schema)] + files))
    line("validate 1,000 files / PyYAML + jsonschema", times["ours"], times["python"], "-", by="python")


def python_with_schema():
    """Debian's packages are Debian's own Python's only."""
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python) and subprocess.run([python, "-c", "import jsonschema, yaml"], **QUIET).returncode == 0:
            return python
    return None


HEAD = "version: 0.2\nphases:\n  build:\n    commands:\n"
GOOD = "version: 0.2\nphases: {build: {commands: [a]}}\n"
VARIABLES = GOOD + "env:\n  variables:\n"


def numbered(text, count):
    return "".join(text.replace("#", str(number)) for number in range(count))


# Ten megabytes of one thing each.
NASTY = {
    "commands": lambda: HEAD + "      - echo hello world\n" * 400_000,
    "short items": lambda: HEAD + "    - a\n" * 1_250_000,
    "keys": lambda: VARIABLES + numbered("    K#: 1\n", 700_000),
    "unknown keys": lambda: GOOD + numbered("k#: 1\n", 740_000),
    "one key again and again": lambda: VARIABLES + "    K: 1\n" * 700_000,
    "errors": lambda: HEAD + "    - a: b\n" * 480_000,
    "deep": lambda: "version: 0.2\nphases: " + "[" * 10_000_000,
    "deep and closed": lambda: "version: 0.2\nphases: " + "[" * 5_000_000 + "]" * 5_000_000,
    "short flows": lambda: "version: 0.2\nphases: [" + "[],{}," * 740_000 + "]\n",
    "a long plain text": lambda: HEAD + "    - " + "word " * 2_000_000 + "\n",
    "a long quoted text": lambda: HEAD + '    - "' + "\\u0041" * 1_600_000 + '"\n',
    "a long block": lambda: HEAD + "    - |\n" + "      echo hello\n" * 600_000,
    "a long key": lambda: VARIABLES + "    ? " + "k" * 10_000_000 + "\n    : x\n",
    "anchors": lambda: HEAD + numbered("    - &a# x\n", 600_000),
    "anchors and aliases": lambda: HEAD + numbered("    - &a# x\n    - *a#\n", 350_000),
    "one anchor, many aliases": lambda: HEAD + "    - &a x\n" + "    - *a\n" * 1_100_000,
    "comments": lambda: HEAD + "      # nothing here\n" * 450_000 + "      - a\n",
    "blank lines": lambda: HEAD + "\n" * 10_000_000,
    "carriage returns": lambda: HEAD + "\r" * 10_000_000,
    "merge keys": lambda: GOOD + "x: &x {A: 1}\nenv:\n  variables:\n" + "    <<: *x\n" * 490_000,
    "a line without end": lambda: "version: 0.2\nphases: {build: {commands: [" + "abcdefghij," * 900_000 + "]}}\n",
    "errors far along a line": lambda: (
        "version: 0.2\nphases: {build: {commands: [é," + "abcdefghij," * 900_000 + "{a: b}," * 600 + "]}}\n"),
    "not UTF-8 at the end": lambda: HEAD + "    - é\n" * 1_000_000 + "    - \udcff\n",
    "UTF-16": lambda: "\ufeff" + HEAD + "    - é\n" * 600_000,
    "tabs": lambda: HEAD + "\t" * 10_000_000,
    "secondary artifacts": lambda: GOOD + "artifacts:\n  secondary-artifacts:\n" + numbered("    a#: {files: x, x: y}\n", 160_000),
    "ten thousand reports": lambda: GOOD + "reports:\n" + numbered("  r#: {files: [" + "x, " * 40 + "], file-format: z}\n", 9_999),
    "a batch of misspelt names": lambda: "version: 0.2\nbatch:\n  build-graph:\n" + numbered(
        "    - {identifier: build_number_#, depend-on: [" + "build_numbr_#, " * 60 + "]}\n", 9_999),
    "a chain of builds": lambda: "version: 0.2\nbatch:\n  build-graph:\n" + "".join(
        f"    - {{identifier: a{number}, depend-on: [a{number + 1}{', b' * 100}]}}\n" for number in range(9_999)),
}


def nasty(binary, work):
    file = work / "buildspec.yml"
    for name, make in NASTY.items():
        # In a process of its own: the memory of this one would count as its child's.
        subprocess.run([sys.executable, __file__, "--make", name, str(file)], check=True)
        start = time.perf_counter()
        child = subprocess.Popen([binary, "validate", str(file)], **QUIET)
        _, status, usage = os.wait4(child.pid, 0)
        print(f"{'validate 10 MB: ' + name:<44} {time.perf_counter() - start:6.2f} s (target 2)   "
              f"peak memory {usage.ru_maxrss / 1024:6.1f} MB (target 200)   {file.stat().st_size / 1e6:4.1f} MB   "
              f"exit status {os.waitstatus_to_exitcode(status)}", flush=True)


def make_nasty(name, file):
    encoding = "utf-16-le" if name == "UTF-16" else "utf-8"
    pathlib.Path(file).write_bytes(NASTY[name]().encode(encoding, "surrogateescape"))


def make_repository(folder):
    """20,000 files, 200 MB, committed."""
    chance = random.Random(11)
    for number in range(20_000):
        file = folder / "src" / f"d{number % 100}" / f"e{number % 10}" / f"f{number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(chance.randbytes(10_000))
    (folder / "buildspec.yml").write_text("version: 0.2\nphases: {build: {commands: ['true']}}\n")
    git = ["git", "-C", str(folder), "-c", "user.name=b", "-c", "user.email=b@example.org"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run(git + words, check=True, **QUIET)


def staging(binary, work):
    """What a large source costs: a build of it, less a bare container, against `docker cp` of its tree."""
    source = work / "source"
    source.mkdir()
    make_repository(source)
    build = [binary, "run", str(source), "--image", IMAGE, "--log-format", "quiet"]
    # So that what is learned of the engine once is no part of it.
    trivial_source = work / "small"
    trivial_source.mkdir()
    shutil.copy(source / "buildspec.yml", trivial_source)
    subprocess.run(["git", "init", "-q", str(trivial_source)], check=True)
    subprocess.run([binary, "run", str(trivial_source), "--image", IMAGE], check=True, **QUIET)
    container = subprocess.run(["docker", "create", IMAGE, "true"], check=True, stdout=subprocess.PIPE).stdout.decode().strip()
    try:
        first = seconds(build)
        copies, bares, unchanged, changed = [], [], [], []
        for turn in range(rounds(5)):
            copies.append(seconds(["docker", "cp", str(source), f"{container}:/source{turn}"]))
            bares.append(seconds(["docker", "run", "--rm", IMAGE, "true"]))
            unchanged.append(seconds(build))
            (source / "src/d7/e7/f7.txt").write_bytes(random.Random(turn).randbytes(10_000))
            changed.append(seconds(build))
    finally:
        subprocess.run(["docker", "rm", "-f", container], check=True, **QUIET)
    note("A repository of 20,000 files, 200 MB; the time of a bare container is taken off.")
    line("first staging, 20,000 files / docker cp", [first - statistics.median(bares)], copies, "0.8")
    line("staging, nothing changed / docker cp", less(unchanged, bares), copies, "0.10")
    line("staging, one file changed / docker cp", less(changed, bares), copies, "0.15")


def batch(binary, work):
    """Builds of a batch at once, against as many containers started by hand at once, and against the sum of their spans."""
    def spec(count, command):
        names = ", ".join(f"{{identifier: b{number}}}" for number in range(count))
        (work / "buildspec.yml").write_text(
            f"version: 0.2\nbatch: {{build-list: [{names}]}}\nphases: {{build: {{commands: ['{command}']}}}}\n")
    run = [binary, "run", str(work), "--image", IMAGE, "--log-format", "quiet", "--batch", "--jobs"]
    spec(30, "true")
    times = interleaved(
        3, ours=lambda: seconds(run + ["2"]),
        hand=lambda: seconds(["sh", "-c", f"seq 30 | xargs -P2 -I_ docker run --rm {IMAGE} true"]))
    line("30 trivial builds, two at once / xargs -P2", times["ours"], times["hand"], "1.15")
    spec(6, "sleep 5")
    times = interleaved(3, ours=lambda: seconds(run + ["3"]), hand=lambda: seconds(run + ["1"]))
    line("six sleeping builds, three at once / one by one", times["ours"], times["hand"], "0.4")
    # 0.9 of the ideal, which is half of the time on two processors.
    spec(6, "i=0; while [ $i -lt 4000000 ]; do i=$((i + 1)); done")
    times = interleaved(3, ours=lambda: seconds(run + ["2"]), hand=lambda: seconds(run + ["1"]))
    line("six computing builds, two at once / one by one", times["ours"], times["hand"], "0.556")


def make_junit(file, count=100_000):
    """A JUnit file as Surefire writes them, 60 MB: one case of ten has failed, with its stack trace, one of five has printed something."""
    chance = random.Random(17)

    def words(least, most):
        return " ".join(chance.choices(WORDS, k=chance.randint(least, most)))

    def frame(number):
        return f"\tat org.acme.{chance.choice(WORDS)}.{chance.choice(WORDS)}Service.{chance.choice(WORDS)}(Service{number}.java:{chance.randint(1, 900)})"

    with open(file, "w") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n')
        for suite in range(count // 100):
            name = f"org.acme.{WORDS[suite % len(WORDS)]}.Owner{suite}Test"
            out.write(f'  <testsuite name="{name}" time="{chance.random() * 9:.3f}" tests="100" errors="0" skipped="2" failures="10">\n')
            for number in range(100):
                out.write(f'    <testcase name="{words(3, 5).title().replace(" ", "")}{number}" classname="{name}" '
                          f'time="{chance.random():.3f}">\n')
                if number % 10 == 3:
                    trace = "\n".join(frame(step) for step in range(50))
                    out.write(f'      <failure message="expected: &lt;{words(1, 3)}&gt; but was: &lt;{words(1, 3)}&gt;" '
                              f'type="org.opentest4j.AssertionFailedError"><![CDATA[org.opentest4j.AssertionFailedError: no\n'
                              f'\tat {name}.finds(Owner{suite}Test.java:{number})\n{trace}\n]]></failure>\n')
                elif number % 50 == 7:
                    out.write(f'      <skipped message="{words(2, 5)}"/>\n')
                if number % 5 == 1:
                    lines = "\n".join(f"12:00:{step:02}.000 [main] INFO org.acme.Owner - {words(4, 9)}" for step in range(8))
                    out.write(f"      <system-out><![CDATA[{lines}\n]]></system-out>\n")
                out.write("    </testcase>\n")
            out.write("  </testsuite>\n")
        out.write("</testsuites>\n")


def junit(binary, work):
    """What a report of 100,000 cases costs: a build whose group has it, less the same build without, against `xmllint`."""
    file = work / "junit.xml"
    make_junit(file)
    note(f"100,000 cases, {file.stat().st_size / 1e6:.1f} MB.")
    head = "version: 0.2\nphases: {build: {commands: ['export CODEBUILD_CONFIG_AUTO_DISCOVER=false']}}\n"
    (work / "bare.yml").write_text(head)
    (work / "buildspec.yml").write_text(head + "reports: {unit: {files: junit.xml}}\n")
    # Committed, so that bringing the source into the container costs little.
    git = ["git", "-C", str(work), "-c", "user.name=b", "-c", "user.email=b@example.org"]
    for part in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run(git + part, check=True, **QUIET)
    build = [binary, "run", str(work), "--image", IMAGE]
    events = subprocess.run(
        build + ["--log-format", "json"], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL).stdout
    reports = [event["report"] for event in map(json.loads, events.splitlines()) if event["kind"] == "reportMade"]
    assert [report["testSummary"]["total"] for report in reports] == [100_000], reports
    build += ["--log-format", "quiet"]

    def first():
        # What earlier builds of the branch told of their tests is read, too: that is measured by itself.
        shutil.rmtree(os.environ["XDG_STATE_HOME"])
        return seconds(build)

    times = interleaved(
        7, ours=first, bare=lambda: seconds(build + ["-f", "bare.yml"]),
        hand=lambda: seconds(["xmllint", "--stream", "--noout", str(file)]))
    line("a report of 100,000 cases / xmllint --stream", less(times["ours"], times["bare"]), times["hand"], "1.5",
         by="xmllint")
    first()
    seconds(build)
    line("the same after two such builds", [seconds(build) - statistics.median(times["bare"])], times["hand"], "1.5",
         by="xmllint")


def main():
    if sys.argv[1] == "--make":
        return make_nasty(*sys.argv[2:])
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    tasks = {task.__name__.replace("_", "-"): task for task in (
        startup, trivial, spare, ways, shell, checkpoint, batch, cache, layer, large_cache, staging, large_source, artifacts, junit, petclinic,
        memory, validate, nasty, proxy, slow_maven)}
    for name in sys.argv[2:] or tasks:
        with tempfile.TemporaryDirectory(prefix="buildspec-bench-") as folder:
            work = pathlib.Path(folder)
            os.environ.update(XDG_CACHE_HOME=str(work / "xdg-cache"), XDG_STATE_HOME=str(work / "xdg-state"))
            inner = work / "work"
            inner.mkdir()
            tasks[name](binary, inner)
        keep(binary, name)


def keep(binary, task):
    """Keeps what a benchmark has measured for the page, in place of what it measured before."""
    path, results, notes = os.environ.get("BENCH_RESULTS"), measure.RESULTS[:], measure.NOTES[:]
    measure.RESULTS.clear()
    measure.NOTES.clear()
    if not path or not results and not notes:
        return
    kept = {"results": [], "notes": {}}
    if os.path.exists(path):
        with open(path) as file:
            kept = json.load(file)
    kept["machine"] = machine(binary)
    kept["notes"][task] = notes
    kept["results"] = [result for result in kept["results"] if result["task"] != task]
    kept["results"] += [{**result, "task": task} for result in results]
    with open(path, "w") as file:
        json.dump(kept, file, indent=1)


if __name__ == "__main__":
    main()
