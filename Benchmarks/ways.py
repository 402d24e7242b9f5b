"""One build done by each tool that can be had: ours, by hand, by a helper container as AWS's agent does, by other runners."""

import os
import pathlib
import random
import shutil
import subprocess
import uuid

from measure import IMAGE, QUIET, interleaved, line, note, seconds

# A command a line: nothing in them but what each tool calls.
COMMANDS = ["mkdir -p out", "ls > out/list", "grep -c . out/list > out/count", "test -s out/count", "echo done > out/done"]

# What a user would type. A user who minds the source has it copied.
BY_HAND = "set -e; cp -a /in /src; cd /src; {commands}; cp -a out /out/"

# The scheme of AWS's agent, without docker-compose and without the ten seconds that it may take to stop: a helper container
# that has the engine's socket brings the source into a volume, starts the build container on it, has it run a script for each
# command, and copies the artifact out.
HELPER = """set -e
mkdir -p /volume/src /volume/tmp
cp -a /in/. /volume/src/
docker run -d --name "$ID-build" --network "$ID" -v "$ID:/codebuild/output" "$IMAGE" sleep 3600 >/dev/null
while read -r command; do
    printf 'cd /codebuild/output/src\\n%s\\n' "$command" >/volume/tmp/script.sh
    docker exec "$ID-build" sh /codebuild/output/tmp/script.sh </dev/null
done </commands
cp -a /volume/src/out /out/
docker rm -f "$ID-build" >/dev/null
"""


def helper(work, source):
    """One build as AWS's agent does it."""
    name = f"bench-{uuid.uuid4().hex[:12]}"
    out, commands = work / "agent-out", work / "commands"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    commands.write_text("\n".join(COMMANDS) + "\n")
    client = shutil.which("docker")
    mounts = ["/var/run/docker.sock:/var/run/docker.sock", f"{client}:/usr/bin/docker:ro", f"{source}:/in:ro",
              f"{out}:/out", f"{commands}:/commands:ro", f"{name}:/volume"]
    words = [word for mount in mounts for word in ("-v", mount)]
    try:
        time = seconds(["docker", "network", "create", name])
        time += seconds(["docker", "run", "--rm", *words, "-e", f"ID={name}", "-e", f"IMAGE={IMAGE}", IMAGE, "sh", "-c", HELPER])
        assert (out / "out/done").exists()
    finally:
        subprocess.run(["docker", "rm", "-f", f"{name}-build"], **QUIET)
        time += seconds(["docker", "network", "rm", name])
        time += seconds(["docker", "volume", "rm", name])
    return time


def make_project(folder):
    """A small repository, with the same build written for each tool."""
    chance = random.Random(5)
    for number in range(200):
        file = folder / "src" / str(number % 10) / f"f{number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(chance.randbytes(10_000))
    steps = "".join(f"      - {command}\n" for command in COMMANDS)
    (folder / "buildspec.yml").write_text(
        "version: 0.2\nphases:\n  build:\n    commands:\n" + steps + "artifacts: {files: [out/*]}\n")
    (folder / "bitbucket-pipelines.yml").write_text(
        f"image: {IMAGE}\npipelines:\n  default:\n    - step:\n        script:\n"
        + steps.replace("      - ", "          - ") + "        artifacts: [out/*]\n")
    (folder / ".gitlab-ci.yml").write_text(
        f"build:\n  image: {IMAGE}\n  script:\n" + steps.replace("      - ", "    - ") + "  artifacts: {paths: [out]}\n")
    workflow = folder / ".github/workflows/build.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n"
        + steps.replace("      - ", "      - run: "))
    git = ["git", "-C", str(folder), "-c", "user.name=b", "-c", "user.email=b@example.org"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run(git + words, check=True, **QUIET)


def others(source):
    """The other runners that this machine has: each one's name, what it is asked for, and the words that run the build."""
    tools = {
        "ktomk/pipelines": ("BENCH_PIPELINES", "pipelines", ["--verbatim"]),
        "gitlab-ci-local": ("BENCH_GITLAB_CI_LOCAL", "gitlab-ci-local", []),
        "act": ("BENCH_ACT", "act", ["-P", f"ubuntu-latest={IMAGE}", "--pull=false", "push"]),
    }
    found = {}
    for tool, (variable, name, options) in tools.items():
        program = os.environ.get(variable) or shutil.which(name)
        if program and subprocess.run([program, *options], cwd=source, **QUIET).returncode == 0:
            found[tool] = [program, *options]
        else:
            note(f"`{tool}` is not compared: this machine has no `{name}` that can run the build (`{variable}` names one).")
    return found


def ways(binary, work):
    source, out = work / "project", work / "by-hand"
    source.mkdir()
    make_project(source)
    commands = "; ".join(COMMANDS)

    def by_hand():
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        time = seconds(["docker", "run", "--rm", "-v", f"{source}:/in:ro", "-v", f"{out}:/out", IMAGE, "sh", "-c",
                        BY_HAND.format(commands=commands)])
        assert (out / "out/done").exists()
        return time

    def clean(words):
        def run():
            # What such a runner leaves in the source is no part of the next build.
            subprocess.run(["git", "-C", str(source), "clean", "-fdxq"], check=True, **QUIET)
            return seconds(words, cwd=source)
        return run

    note(f"A repository of 202 files and 2 MB, {len(COMMANDS)} commands, an artifact of three files.")
    note("AWS's agent is a program that cannot be had here. `a helper container` works in its way: a container with the "
         "engine's socket copies the source into a volume, starts the build container on it, and has it run a script for each "
         "command. It leaves out docker-compose, a second helper, and the wait for containers that do not stop.")
    tasks = {
        "ours": lambda: seconds([binary, "run", str(source), "--image", IMAGE, "--artifacts", str(work / "artifacts")]),
        "by hand": by_hand,
        "a helper container": lambda: helper(work, source),
        **{tool: clean(words) for tool, words in others(source).items()},
    }
    for task in list(tasks.values()):
        task()  # Not timed: what is learned or pulled once.
    times = interleaved(15, **tasks)
    targets = {"by hand": "-", "a helper container": "-"}
    for tool, values in times.items():
        if tool != "ours":
            line(f"a small build / {'docker run' if tool == 'by hand' else tool}", times["ours"], values,
                 targets.get(tool, "-"), by=tool)
