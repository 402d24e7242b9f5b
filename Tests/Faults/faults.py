#!/usr/bin/env python3
"""faults.py BINARY [FAULT...]: does to builds what machines and people do to them, and counts what is lost.

Prints a table: fault, tries, losses, target. Exit status: 1 when a target is missed, 2 when the faults cannot be tried.

FAULTS_TRIES   how many times as many tries as by default (0.1 for a glance, 10 for a night)
FAULTS_SECONDS after so many seconds no fault is begun any more (300), and each gets its share of them
FAULTS_SEED    of the random moments
FAULTS_IMAGE   the image to build in (debian:bookworm-slim)

All that is made carries the label of a state folder of its own, which is gone afterwards. `.ci/faults` runs this beside an engine
of its own; on another engine nothing is touched that has not this label.
"""

import json
import os
import pty
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

IMAGE = os.environ.get("FAULTS_IMAGE", "debian:bookworm-slim")
FACTOR = float(os.environ.get("FAULTS_TRIES", "1"))
SECONDS = float(os.environ.get("FAULTS_SECONDS", "300"))
CHANCE = random.Random(int(os.environ.get("FAULTS_SEED", "1")))
LIMIT = 2.0
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]

BUILDSPEC = """version: 0.2
phases:
  install: {commands: [mkdir -p /root/.m2, 'head -c 2000000 /dev/urandom > /root/.m2/x']}
  pre_build: {commands: [echo ready]}
  build: {commands: ['for i in 1 2 3 4; do echo $i; sleep 0.05; done']}
  post_build: {commands: ['mkdir -p out; head -c 500000 /dev/urandom > out/y']}
artifacts: {files: ['**/*'], base-directory: out}
cache: {paths: ['/root/.m2/**/*']}
"""
SLEEPING = BUILDSPEC.replace("sleep 0.05", "sleep 30")
PRINTING = "version: 0.2\nphases: {build: {commands: ['while :; do echo a line of output; done']}}\n"


class Play:
    """A source, and folders of a user's own."""

    def __init__(self, binary, buildspec=BUILDSPEC):
        self.binary = binary
        self.root = tempfile.mkdtemp(prefix="buildspec-faults-")
        self.source = self.root + "/source"
        os.mkdir(self.source)
        self.write(buildspec)
        subprocess.run(["git", "init", "-q", self.source], check=True)
        self.environment = dict(
            os.environ, XDG_STATE_HOME=self.root + "/state", XDG_CACHE_HOME=self.root + "/cache", CI="true",
            GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@b", GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@b")
        self.state = self.root + "/state/buildspec"
        self.cache = self.root + "/cache/buildspec"
        self.words = self.root + "/words"

    def write(self, text):
        with open(self.source + "/buildspec.yml", "w") as file:
            file.write(text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in self.containers():
            subprocess.run(["docker", "rm", "-f", "-v", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in self.volumes():
            subprocess.run(["docker", "volume", "rm", "-f", name], stdout=subprocess.DEVNULL)
        shutil.rmtree(self.root, ignore_errors=True)

    def arguments(self, *more):
        return [self.binary, "run", self.source, "--image", IMAGE, *more]

    def start(self, *more, output=None, **options):
        return subprocess.Popen(
            self.arguments(*more), stdin=subprocess.DEVNULL,
            stdout=output if output is not None else subprocess.DEVNULL, stderr=open(self.words, "w"),
            env=self.environment, **options)

    def run(self, *more):
        return subprocess.run(
            self.arguments(*more), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=self.environment, timeout=120)

    # What is left.

    def listed(self, *words):
        words = ["docker", *words, "--filter", "label=dev.buildspec.state=" + self.state]
        return subprocess.run(words, capture_output=True, text=True).stdout.split()

    def containers(self):
        return self.listed("ps", "-aq")

    def volumes(self):
        return self.listed("volume", "ls", "-q")

    def drafts(self):
        found = []
        for folder, folders, files in os.walk(self.root):
            found += [f"{folder}/{name}" for name in files if ".draft-" in name or name.endswith(".tmp")]
            found += [f"{folder}/{name}" for name in folders if name == "drafts" or ".draft-" in name]
        return found

    def names(self, folder):
        return os.listdir(f"{self.state}/{folder}") if os.path.isdir(f"{self.state}/{folder}") else []

    def left(self, marks=True):
        left = [f"container {name}" for name in self.containers()] + [f"volume {name}" for name in self.volumes()]
        left += self.drafts()
        if marks:
            left += [f"mark {name}" for name in self.names("running")]
        return left

    def builds(self):
        words = [self.binary, "builds", "--format", "json"]
        text = subprocess.run(words, capture_output=True, text=True, env=self.environment).stdout
        return json.loads(text)["builds"] if text else []

    def statuses(self):
        return [build["buildStatus"] for build in self.builds()]

    def log(self):
        newest = max(self.names("builds"), key=lambda name: os.stat(f"{self.state}/builds/{name}").st_mtime, default=None)
        if newest is None:
            return ""
        try:
            with open(f"{self.state}/builds/{newest}/log.txt", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            # Its record is there a moment before its log.
            return ""


def wait(process, limit=20):
    """Waits for the end of a process. Returns the seconds that it took, or None."""
    start = time.monotonic()
    try:
        process.wait(limit)
        return time.monotonic() - start
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


def stopped(play, process, number, since=None):
    """What is wrong about a build that a signal has stopped."""
    seconds = wait(process)
    if seconds is None:
        return ["it did not end"]
    if since is not None:
        seconds = time.monotonic() - since
    wrong = []
    if seconds > LIMIT:
        wrong.append(f"it took {seconds:.2f} s")
    if process.returncode not in (128 + number, -number):
        wrong.append(f"status {process.returncode} after signal {number}")
    for status in play.statuses():
        # A build may have succeeded before it was stopped.
        if status not in ("STOPPED", "SUCCEEDED"):
            wrong.append(f"the record says {status}")
    marks = play.names("running")
    left = play.left(marks=False)
    if marks:
        # Handed over: the next call removes it.
        play.write("version: 0.2\nphases: {build: {commands: ['true']}}\n")
        play.run()
        left = [f"{thing} after the next call" for thing in play.left()]
    return wrong + left


def interrupted(play, process, number):
    """Sends a build one of the signals, and says what is wrong then."""
    which = SIGNALS[number % 3]
    process.send_signal(which)
    return stopped(play, process, which)


def until(play, text, process, limit=20):
    """Waits until the build's log has a text."""
    end = time.monotonic() + limit
    while time.monotonic() < end and process.poll() is None:
        if text in play.log():
            return True
        time.sleep(0.01)
    return False


# The faults. Each takes the binary and the number of the try, and returns what was lost.


def early(binary, number):
    """a signal right after the start"""
    with Play(binary, SLEEPING) as play:
        process = play.start()
        # A program built for debugging takes longer to come up.
        time.sleep(CHANCE.uniform(0, 0.025 if number % 2 else 0.08))
        return interrupted(play, process, number)


def any_phase(binary, number):
    """a signal at any moment of a build"""
    with Play(binary) as play:
        process = play.start()
        time.sleep(CHANCE.uniform(0.02, 1.2))
        if process.poll() is not None:
            return []
        return interrupted(play, process, number)


def near_end(binary, number):
    """a signal near the end of a build"""
    with Play(binary) as play:
        process = play.start()
        until(play, "POST_BUILD", process)
        time.sleep(CHANCE.uniform(0, 0.25))
        if process.poll() is not None:
            return []
        return interrupted(play, process, number)


def in_command(binary, number):
    """a signal in a command, and what the log says"""
    with Play(binary, SLEEPING) as play:
        process = play.start()
        if not until(play, "\n1\n", process):
            return ["the build did not come to its command"]
        wrong = interrupted(play, process, number)
        if "STOPPED" not in play.statuses():
            wrong.append(f"the record says {play.statuses()}")
        return wrong


def twice(binary, number):
    """a signal twice in a row"""
    with Play(binary, SLEEPING) as play:
        process = play.start()
        if number % 4:
            until(play, "\n1\n", process)
        else:
            time.sleep(CHANCE.uniform(0.02, 0.8))
        which = SIGNALS[number % 3]
        since = time.monotonic()
        process.send_signal(which)
        time.sleep(CHANCE.choice([0, 0.05, 0.35, 0.6]))
        if process.poll() is None:
            process.send_signal(which)
        return stopped(play, process, which, since)


def terminal(binary, number):
    """a terminal that is closed"""
    with Play(binary, PRINTING if number % 2 else SLEEPING) as play:
        child, master = pty.fork()
        if child == 0:
            os.environ.update(play.environment)
            os.environ["CI"] = "true"
            os.execv(binary, play.arguments())
        os.set_blocking(master, False)
        end = time.monotonic() + CHANCE.uniform(0.5, 1.5)
        while time.monotonic() < end:
            try:
                os.read(master, 65536)
            except (BlockingIOError, OSError):
                time.sleep(0.005)
        since = time.monotonic()
        os.close(master)
        status = None
        while time.monotonic() < since + 20:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                break
            time.sleep(0.01)
        else:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return ["it did not end"]
        seconds = time.monotonic() - since
        code = os.waitstatus_to_exitcode(status)
        wrong = [] if seconds <= LIMIT else [f"it took {seconds:.2f} s"]
        if code not in (129, -1, 141):
            wrong.append(f"status {code}")
        wrong += [f"the record says {status}" for status in play.statuses() if status != "STOPPED"]
        return wrong + play.left(marks=False)


def head(binary, number):
    """a reader that goes away (| head)"""
    with Play(binary, PRINTING) as play:
        process = play.start(output=subprocess.PIPE)
        lines = CHANCE.randrange(1, 400)
        for _ in range(lines):
            process.stdout.readline()
        process.stdout.close()
        seconds = wait(process)
        if seconds is None:
            return ["it did not end"]
        wrong = [] if seconds <= LIMIT else [f"it took {seconds:.2f} s"]
        if process.returncode != 128 + signal.SIGPIPE:
            wrong.append(f"status {process.returncode}")
        wrong += [f"the record says {status}" for status in play.statuses() if status != "STOPPED"]
        return wrong + play.left(marks=False)


def recording(binary, number):
    """a signal while recording"""
    with Play(binary, SLEEPING) as play:
        process = play.start("--record")
        time.sleep(CHANCE.uniform(0.1, 2))
        return interrupted(play, process, number)


def push(binary, number):
    """Ctrl-C in git push"""
    with Play(binary, SLEEPING) as play:
        def git(*words):
            subprocess.run(["git", "-C", play.source, *words], check=True, env=play.environment, capture_output=True)

        git("init", "-q", "--bare", play.root + "/remote")
        git("add", "-A")
        git("commit", "-qm", "a")
        git("remote", "add", "origin", play.root + "/remote")
        subprocess.run(
            [binary, "hook", "install"], cwd=play.source, env=play.environment, check=True, capture_output=True)
        play.environment["BUILDSPEC_IMAGE"] = IMAGE
        process = subprocess.Popen(
            ["git", "-C", play.source, "push", "-q", "origin", "HEAD"], env=play.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(CHANCE.uniform(0.1, 2))
        os.killpg(process.pid, signal.SIGINT)
        since = time.monotonic()
        wait(process)
        # git may be gone before its hook.
        while time.monotonic() < since + 10 and alive_group(process.pid):
            time.sleep(0.01)
        seconds = time.monotonic() - since
        wrong = [] if seconds <= LIMIT else [f"it took {seconds:.2f} s"]
        wrong += [f"the record says {status}" for status in play.statuses() if status != "STOPPED"]
        if os.listdir(play.root + "/remote/refs/heads"):
            wrong.append("it was pushed")
        left = play.left(marks=False)
        return wrong + left


def alive_group(group):
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            return True
    return False


def kill(binary, number):
    """SIGKILL at any moment, and the next call"""
    with Play(binary, BUILDSPEC if number % 3 else SLEEPING) as play:
        process = play.start(*(["--record"] if number % 4 == 0 else []))
        time.sleep(CHANCE.uniform(0.01, 1.3))
        process.kill()
        process.wait()
        dead = play.names("builds")
        play.write("version: 0.2\nphases: {build: {commands: ['true']}}\n")
        time.sleep(CHANCE.choice([0, 0, 0.1, 0.5]))
        next_call = play.run()
        wrong = [] if next_call.returncode == 0 else [f"the next call ends with {next_call.returncode}"]
        wrong += play.left()
        for build in play.builds():
            if build["id"].split(":")[-1] not in dead:
                continue
            if build["buildStatus"] not in ("LOST", "SUCCEEDED"):
                wrong.append(f"the record says {build['buildStatus']}")
            elif build.get("startTime") and not build.get("endTime"):
                wrong.append("the record does not say when")
        return wrong


# Clients of an engine that hang in one way or another. `$real` is the true one.
HANGS = {
    "all": "exec sleep 1000",
    "deaf": "trap '' INT TERM HUP; while :; do sleep 1000; done",
    "questions": 'case $1 in run|exec) exec "$real" "$@";; *) exec sleep 1000;; esac',
    "removing": 'case $1 in rm|volume) trap "" TERM; sleep 1000; exit;; *) exec "$real" "$@";; esac',
    "starting": 'case $1 in run) sleep 1000 & wait; exit;; *) exec "$real" "$@";; esac',
}


def fake_client(play, text):
    folder = play.root + "/bin"
    os.makedirs(folder, exist_ok=True)
    with open(folder + "/docker", "w") as file:
        file.write(f"#!/bin/sh\nreal={shutil.which('docker')}\n{text}\n")
    os.chmod(folder + "/docker", 0o755)
    play.environment["PATH"] = folder + ":" + play.environment["PATH"]


def children_of(play):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/environ") as file:
                    if play.state.rsplit("/", 1)[0] in file.read():
                        found.append(name)
            except (OSError, UnicodeDecodeError):
                pass
    return found


def hang(binary, number):
    """Ctrl-C where the engine or its client hangs"""
    kind = list(HANGS)[number % len(HANGS)]
    with Play(binary, SLEEPING) as play:
        fake_client(play, HANGS[kind])
        process = play.start()
        time.sleep(CHANCE.uniform(0.2, 1.5))
        process.send_signal(signal.SIGINT)
        seconds = wait(process)
        wrong = [] if seconds is not None and seconds <= LIMIT else [f"{kind}: it took {seconds} s"]
        if process.returncode != 130:
            wrong.append(f"{kind}: status {process.returncode}")
        wrong += [f"{kind}: the record says {status}" for status in play.statuses() if status != "STOPPED"]
        wrong += [f"{kind}: process {name} is left" for name in children_of(play)]
        play.environment["PATH"] = play.environment["PATH"].split(":", 1)[1]
        play.write("version: 0.2\nphases: {build: {commands: ['true']}}\n")
        play.run()
        return wrong + [f"{kind}: {thing} after the next call" for thing in play.left()]


def silence(binary, number):
    """a word after 3 s, and the end after --engine-timeout"""
    kind = ["all", "deaf", "questions", "starting"][number % 4]
    with Play(binary, SLEEPING) as play:
        fake_client(play, HANGS[kind].replace('*) exec "$real"', 'version) exec sleep 1000;; *) exec "$real"'))
        start = time.monotonic()
        process = play.start("--engine-timeout", "5s")
        words, told = "", None
        while time.monotonic() < start + 25 and process.poll() is None:
            time.sleep(0.05)
            with open(play.words) as file:
                words = file.read()
            if told is None and "waiting for the engine" in words:
                told = time.monotonic() - start
        wrong = []
        if told is None or told > 5:
            wrong.append(f"{kind}: no word after 3 s ({words!r})")
        if wait(process, 5) is None or process.returncode != 69:
            wrong.append(f"{kind}: status {process.returncode}, not 69")
        return wrong


def engine_gone(binary, number):
    """Ctrl-C while the engine is gone"""
    with Play(binary) as play:
        gone = play.root + "/gone"
        fake_client(
            play, f'[ ! -e {gone} ] || {{ echo "Cannot connect to the Docker daemon" >&2; exit 1; }}\nexec "$real" "$@"')
        process = play.start()
        until(play, CHANCE.choice(["BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS"]), process)
        time.sleep(CHANCE.uniform(0, 0.1))
        open(gone, "w").close()
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        wrong = []
        seconds = wait(process)
        if seconds is None or seconds > LIMIT:
            wrong.append(f"it took {seconds} s")
        wrong += [f"the record says {s}" for s in play.statuses() if s not in ("STOPPED", "SUCCEEDED")]
        os.remove(gone)
        play.write("version: 0.2\nphases: {build: {commands: ['true']}}\n")
        play.run()
        return wrong + [f"{thing} after the next call" for thing in play.left()]


# What builds do, and what happens to their files.


def forged(binary, number):
    """a command that forges marks of its own end"""
    text = """version: 0.2
phases:
  build:
    commands:
      - |
        for word in $(tr '\\0' '\\n' </proc/1/cmdline; tr '\\0' '\\n' </proc/1/environ; ls /codebuild/output/tmp); do
          for n in 0 1 2 3 4 5 6 7 8 9 10 11 12; do printf '\\036%s %d 0\\n' "$word" "$n"; printf '\\036%s 0\\n' "$word"; done
        done
        exit 7
"""
    with Play(binary, text) as play:
        code = play.run("--keep", "never").returncode
        wrong = [] if code == 1 else [f"exit status {code}"]
        return wrong + [f"the record says {status}" for status in play.statuses() if status != "FAILED"] + play.left()


def names(binary, number):
    """artifacts with odd names, and holes of a terabyte"""
    text = """version: 0.2
phases:
  build:
    commands:
      - mkdir out && cd out && echo 1 > -rf && echo 2 > --help && echo 3 > "$(printf 'a\\nb')" && echo 4 > "$(printf 'caf\\351')"
      - truncate -s 1T holes
artifacts: {files: ['**/*'], base-directory: out}
"""
    with Play(binary, text) as play:
        start = time.monotonic()
        code = play.run().returncode
        wrong = [] if code == 0 else [f"exit status {code}"]
        if time.monotonic() - start > 20:
            wrong.append(f"it took {time.monotonic() - start:.0f} s")
        folder = play.source + "/.buildspec/out/artifacts"
        found = set(os.listdir(os.fsencode(folder))) if os.path.isdir(folder) else set()
        wrong += [f"{name} is lost" for name in {b"-rf", b"--help", b"a\nb", b"caf\xe9", b"holes"} - found]
        if b"holes" in found and os.stat(folder + "/holes").st_blocks > 2048:
            wrong.append("the holes are none")
        return wrong + play.left()


def modes(binary, number):
    """files that others may read, under umask 0"""
    with Play(binary) as play:
        process = play.start(*(["--record"] if number % 2 else []), umask=0)
        wait(process, 60)
        wrong = [] if process.returncode == 0 else [f"exit status {process.returncode}"]
        for top in play.state, play.cache:
            if os.path.isdir(top) and os.stat(top).st_mode & 0o077:
                wrong.append(f"{top} has mode {os.stat(top).st_mode & 0o777:o}")
            for folder, _, files in os.walk(top):
                # A source's own files keep their modes, and containers read our programs; the folder above them is closed.
                if "/snapshots" in folder or "/programs" in folder or "/source" in folder[len(top):]:
                    continue
                wrong += [
                    f"{folder}/{name}" for name in files
                    if os.lstat(f"{folder}/{name}").st_mode & 0o077 and not os.path.islink(f"{folder}/{name}")
                    and not os.access(f"{folder}/{name}", os.X_OK)]
        return wrong


def eight(binary, number):
    """eight runs of a project, with clean, cache prune and builds beside"""
    with Play(binary) as play:
        runs = [play.start() for _ in range(8)]
        others = 0
        wrong = []
        while any(run.poll() is None for run in runs):
            words = [["clean"], ["cache", "prune"], ["builds"]][others % 3]
            others += 1
            ended = subprocess.run([binary, *words], env=play.environment, capture_output=True, text=True)
            if ended.returncode != 0:
                wrong.append(f"{' '.join(words)} ends with {ended.returncode}: {ended.stderr.strip()[-200:]}")
            time.sleep(0.05)
        wrong += [f"a run ends with {run.returncode}" for run in runs if run.returncode != 0]
        artifact = play.source + "/.buildspec/out/artifacts/y"
        if not os.path.exists(artifact) or os.stat(artifact).st_size != 500000:
            wrong.append("the artifact is not whole")
        if play.run().returncode != 0 or "Unarchiving cache" not in play.log():
            wrong.append("the cache is not whole")
        wrong += [f"the record says {status}" for status in play.statuses() if status != "SUCCEEDED"]
        return wrong + play.left()


HASHING = """version: 0.2
phases:
  build:
    commands:
      - if [ -e /root/.m2/x ]; then echo "hash $(sha256sum </root/.m2/x)"; fi
      - mkdir -p /root/.m2; yes fixed | head -c 300000 > /root/.m2/x
artifacts: {files: buildspec.yml}
cache: {paths: ['/root/.m2/**/*']}
"""


BATCH = """version: 0.2
batch:
  build-graph: [{identifier: one}, {identifier: two}, {identifier: three, depend-on: [one]}]
phases:
  pre_build: {commands: ['[ ! -e /root/.m2/x ] || [ "$(sha256sum </root/.m2/x | cut -c1-8)" = "$(cat /root/.m2/sum)" ]']}
  build:
    commands:
      - mkdir -p /root/.m2; head -c 300000 /dev/urandom >/root/.m2/x; sha256sum </root/.m2/x | cut -c1-8 >/root/.m2/sum
      - sleep 0.1; cp /root/.m2/x made
artifacts: {files: made}
cache: {paths: ['/root/.m2/**/*']}
"""


def batches(binary, number):
    """eight batches of a project at once, half of them killed at any moment, and the next call"""
    with Play(binary, BATCH) as play:
        runs = [play.start("--batch", "--jobs", "2") for _ in range(8)]
        for run in runs[::2]:
            time.sleep(CHANCE.uniform(0.01, 1.0))
            run.kill()
        wrong = []
        for run in runs:
            try:
                run.wait(120)
            except subprocess.TimeoutExpired:
                run.kill()
                wrong.append("a batch hangs")
        wrong += [f"a batch ends with {run.returncode}" for run in runs[1::2] if run.returncode != 0]
        # What was saved is whole: each build compares it with its sum.
        for _ in range(2):
            next_call = play.run("--batch", "--jobs", "2")
            if next_call.returncode != 0:
                wrong.append(f"the next batch ends with {next_call.returncode}: {next_call.stderr[-300:]}")
        if "Unarchiving cache" not in play.log():
            wrong.append("there is no cache")
        for build in play.builds():
            if build["buildStatus"] not in ("LOST", "SUCCEEDED"):
                wrong.append(f"the record says {build['buildStatus']}")
        return wrong + play.left()


HISTORY = """version: 0.2
phases:
  build:
    commands:
      - mkdir -p /data; cd /data; echo BEGIN; sh $CODEBUILD_SRC_DIR/list.sh; echo READ
      - sh $CODEBUILD_SRC_DIR/change.sh >/dev/null 2>&1 || true
      - cd /data; echo BEGIN; sh $CODEBUILD_SRC_DIR/list.sh; echo READ
cache: {paths: ['/data/**/*']}
"""
LIST = """find . \\( -type d -printf '%P %y %m %T@ \\0' \\) -o -printf '%P %y %m %T@ %l %n %s\\0' | sort -z | tr '\\n\\0' '~\\n'
find . -type f -print0 | sort -z | xargs -0 -r sha256sum -z | tr '\\n\\0' '~\\n'
"""
CHANGES = [
    "mkdir -p {above}; echo {n} > {one}", "echo {n} >> {one}", "rm -rf {one}", "mkdir -p {one}", "mv -T {one} {two}",
    "chmod 7{digit}5 {one}", "ln -sfnT {two} {one}", "ln -fT {two} {one}",
    "[ ! -s {one} ] || {{ touch -r {one} .r; printf X | dd of={one} conv=notrunc bs=1; touch -r .r {one}; rm -f .r; }}",
    "touch -h -d @{n} {one}", "cp -a {two} {one}", "sed -i s/1/2/ {one}",
]


def history_change():
    """Commands that change a tree by chance; each may fail."""
    def path():
        return "/".join(CHANCE.choice(["a", "b", "'c d'", "d", ".e"]) for _ in range(CHANCE.randint(1, 3)))
    lines = ["cd /data"]
    for _ in range(CHANCE.randint(1, 12)):
        one = path()
        lines.append(CHANCE.choice(CHANGES).format(
            one=one, two=path(), above=os.path.dirname(one) or ".", n=CHANCE.randrange(100000), digit=CHANCE.randrange(8)))
    return "\n".join(lines) + "\n"


def listings(log):
    """The whole listings that a build has printed."""
    found = [part.partition("\nREAD\n") for part in ("\n" + log).split("\nBEGIN\n")[1:]]
    return [text for text, end, _ in found if end]


def histories(binary, number):
    """a cache after a history of changes, with SIGKILL at any moment"""
    with Play(binary, HISTORY) as play:
        with open(play.source + "/list.sh", "w") as file:
            file.write(LIST)
        output, may_be, layers = play.root + "/output", None, 0
        for step in range(12):
            with open(play.source + "/change.sh", "w") as file:
                # Much that never changes, so that changes are worth a layer.
                file.write("cd /data; mkdir kept; for n in 1 2 3 4 5 6 7 8; do head -c 40000 /dev/urandom > kept/$n; done\n"
                           if step == 0 else history_change())
            with open(output, "w") as file:
                process = play.start("--cache", play.root + "/kept", output=file)
                if step and CHANCE.random() < 0.5:
                    time.sleep(CHANCE.uniform(0.3, 1.6))
                    process.kill()
                if wait(process, 60) is None:
                    return [f"step {step} hangs"]
            if process.returncode not in (0, -signal.SIGKILL):
                return [f"step {step} ends with {process.returncode}"]
            with open(output) as file:
                found = listings(file.read())
            if found and may_be is not None and found[0] not in may_be:
                return [f"step {step}: what was restored is nothing that was saved"]
            # A build that was killed has saved what it left, or nothing.
            if process.returncode == 0:
                may_be = [found[1]]
            elif len(found) == 2:
                may_be = (may_be or []) + [found[1]]
            layers = max([layers] + [len([name for name in names if name.endswith(".zst")])
                                     for _, _, names in os.walk(play.root + "/kept")])
        return [] if layers > 1 else ["no layer was ever written"]


def kept_files(play):
    """The files of caches and records."""
    found = []
    for top in play.cache + "/caches", play.state + "/builds":
        for folder, _, files in os.walk(top):
            found += [f"{folder}/{name}" for name in files]
    # A lock is no content.
    return sorted(path for path in found if os.path.getsize(path) and ".damaged/" not in path and not path.endswith(".lock"))


def flip(path, share=None):
    """Changes a bit of a file."""
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        at = int(size * (CHANCE.random() if share is None else share))
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << CHANCE.randrange(8)]))


def flips(binary, number):
    """ten flipped bits in what is kept, one after the other"""
    wrong = []
    with Play(binary, HASHING) as play:
        play.run()
        play.run()
        hashes = {line for line in play.log().split("\n") if line.startswith("hash ")}
        if len(hashes) != 1:
            return [f"the cache does not come back: {hashes}"]
        for _ in range(10):
            files = kept_files(play)
            path = CHANCE.choice(files)
            flip(path)
            name = path[len(play.root):]
            if path.startswith(play.cache):
                verified = subprocess.run([binary, "cache", "verify"], env=play.environment, capture_output=True)
                if verified.returncode not in (0, 74):
                    wrong.append(f"{name}: verify ends with {verified.returncode}")
                if verified.returncode == 0:
                    wrong.append(f"{name}: verify says nothing")
            for words in ["builds"], ["show"], ["logs"]:
                code = subprocess.run([binary, *words], env=play.environment, capture_output=True, cwd=play.source).returncode
                if code not in (0, 66, 74):
                    wrong.append(f"{name}: {words[0]} ends with {code}")
            code = play.run().returncode
            if code != 0:
                wrong.append(f"{name}: the next run ends with {code}")
            restored = {line for line in play.log().split("\n") if line.startswith("hash ")}
            if restored - hashes:
                wrong.append(f"{name}: another cache was restored: {restored}")
        return wrong + play.left()


def imports(binary, number):
    """twenty damaged archives, imported"""
    wrong = []
    with Play(binary, HASHING) as play, Play(binary, HASHING) as other:
        play.run()
        archive, damaged = play.root + "/a.tar", play.root + "/b.tar"
        made = subprocess.run(
            [binary, "cache", "export", archive, "--no-images"], env=play.environment, cwd=play.source, capture_output=True, text=True)
        if made.returncode != 0:
            return [f"export ends with {made.returncode}: {made.stderr[-300:]}"]
        for turn in range(20):
            shutil.copy(archive, damaged)
            if turn % 3 == 0:
                os.truncate(damaged, CHANCE.randrange(os.path.getsize(archive)))
            else:
                flip(damaged)
            ended = subprocess.run(
                [binary, "cache", "import", damaged], env=other.environment, cwd=other.source, capture_output=True, text=True)
            if ended.returncode not in (0, 65, 66, 74):
                wrong.append(f"import ends with {ended.returncode}: {ended.stderr[-200:]}")
            verified = subprocess.run([binary, "cache", "verify"], env=other.environment, capture_output=True, text=True)
            if verified.returncode != 0:
                wrong.append(f"after an import that ends with {ended.returncode}, verify says {verified.stderr[-200:]}")
        return wrong + other.drafts()


def full(binary, number):
    """a disk that is full at some write"""
    with Play(binary) as play:
        if os.geteuid() != 0 or not sys.platform.startswith("linux"):
            return []
        disk = play.root + "/cache"
        os.makedirs(disk, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={CHANCE.randrange(64, 4000)}k", "tmpfs", disk], check=True)
        try:
            process = play.start()
            wait(process, 60)
            # A cache that cannot be written fails no build; whatever else cannot is an error that is said.
            wrong = [] if process.returncode in (0, 1, 73, 74) else [f"exit status {process.returncode}"]
            with open(play.words) as file:
                words = file.read()
            if process.returncode not in (0, 1) and "No space left" not in words and "disk" not in words:
                wrong.append(f"it ends with {process.returncode} and says {words[-200:]!r}")
            subprocess.run(["mount", "-o", "remount,size=100m", disk], check=True)
            code = play.run().returncode
            if code != 0:
                wrong.append(f"with room again the next call ends with {code}")
            return wrong + play.left()
        finally:
            subprocess.run(["umount", "-l", disk])


# By name: the function, and the tries by default.
FAULTS = {
    "early": (early, 30), "phases": (any_phase, 24), "end": (near_end, 12), "command": (in_command, 6),
    "twice": (twice, 12), "terminal": (terminal, 8), "head": (head, 6), "recording": (recording, 9),
    "forged": (forged, 2), "names": (names, 1), "modes": (modes, 2), "eight": (eight, 2), "batches": (batches, 3), "histories": (histories, 4),
    "flips": (flips, 3),
    "imports": (imports, 2), "full": (full, 6),
    "push": (push, 6), "kill": (kill, 30), "hang": (hang, 10), "silence": (silence, 4), "gone": (engine_gone, 8),
}


def main(arguments):
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    binary = os.path.abspath(arguments[0])
    wanted = arguments[1:] or list(FAULTS)
    if [name for name in wanted if name not in FAULTS]:
        print(f"the faults are: {' '.join(FAULTS)}", file=sys.stderr)
        return 2
    if subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True).returncode != 0:
        print(f"no engine answers, or it has no {IMAGE}", file=sys.stderr)
        return 2
    begin, rows, notes = time.monotonic(), [], []
    for place, name in enumerate(wanted):
        fault, tries = FAULTS[name]
        tries = max(1, round(tries * FACTOR))
        end = begin + SECONDS * (place + 1) / len(wanted) if FACTOR <= 1 else float("inf")
        made, lost = 0, 0
        for number in range(tries):
            if made and time.monotonic() > end:
                break
            made += 1
            wrong = fault(binary, number)
            if wrong:
                lost += 1
                notes.append(f"{name} {number}: {'; '.join(wrong)}")
                print(notes[-1], file=sys.stderr, flush=True)
        rows.append((name, fault.__doc__, made, lost))
        print(f"{name}: {made} tries, {lost} losses", file=sys.stderr, flush=True)
    width = max(len(row[1]) for row in rows)
    print(f"{'fault':<{width}}  tries  losses  target")
    for _, words, made, lost in rows:
        print(f"{words:<{width}}  {made:5}  {lost:6}  {0:6}")
    return 1 if any(row[3] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
