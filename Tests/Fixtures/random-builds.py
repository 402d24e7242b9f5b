"""Usage: random-builds.py BINARY IMAGE COUNT SEED

Builds a repository COUNT times from chance sources with chance edits in between, other ones for every SEED, and compares
`.git` byte by byte: content, names and modes of everything in it, and what `git fsck` says. Prints one line; exit status 1
when anything differs.
"""
import hashlib
import os
import pathlib
import random
import subprocess
import sys
import tempfile

binary, image, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
chance = random.Random(int(sys.argv[4]))
KINDS = ["git:worktree", "git:index", "git:HEAD", "git:v1", "git:HEAD~1"]
# What a command does to `.git` in the build is nothing to the user's own.
COMMAND = "ls > made; git commit -qam x 2>/dev/null; rm -rf .git/refs"


def main(root):
    project = root / "project"
    project.mkdir()
    environment = dict(
        os.environ, XDG_CACHE_HOME=str(root / "cache"), XDG_STATE_HOME=str(root / "state"),
        GIT_CONFIG_GLOBAL="/dev/null", GIT_OPTIONAL_LOCKS="0")

    def git(*arguments):
        return subprocess.run(["git", "-C", str(project), *arguments], env=environment, capture_output=True)

    def checksum():
        digest = hashlib.sha256()
        for folder, folders, files in os.walk(project / ".git"):
            folders.sort()
            for name in sorted(files):
                path = os.path.join(folder, name)
                digest.update(f"{path}\0{os.stat(path).st_mode:o}\0".encode())
                digest.update(pathlib.Path(path).read_bytes())
        return digest.hexdigest()

    git("init", "-q", "-b", "main")
    git("config", "user.name", "t")
    git("config", "user.email", "t@example.org")
    (project / "buildspec.yml").write_text(f"version: 0.2\nphases: {{build: {{commands: ['{COMMAND}']}}}}\n")
    (project / ".gitignore").write_text("*.ignored\n")
    for number in range(20):
        (project / f"f{number}").write_text(str(number))
    git("add", "-A")
    git("commit", "-qm", "one")
    (project / "f0").write_text("two")
    git("commit", "-qam", "two")
    git("tag", "v1")
    (project / "f1").write_text("staged")
    git("add", "f1")
    said, before, failed = git("fsck").stdout, checksum(), 0
    for number in range(count):
        for _ in range(chance.randint(0, 4)):
            file, action = project / f"f{chance.randint(0, 30)}", chance.random()
            if action < 0.5:
                file.write_text(str(chance.random()))
            elif action < 0.7 and file.exists():
                file.unlink()
            elif file.exists():
                file.chmod(chance.choice([0o644, 0o755]))
            if action > 0.9:
                (project / f"{number}.ignored").write_text("x")
        run = subprocess.run(
            [binary, "run", str(project), "--image", image, "--source", chance.choice(KINDS), "--no-cache",
             "--artifacts", str(root / "out")], env=environment, capture_output=True, cwd=root)
        failed += run.returncode != 0
    isSame = checksum() == before and git("fsck").stdout == said
    print(f"{count} builds, {failed} failed, .git {'as it was' if isSame else 'changed'}")
    return 0 if isSame and not failed else 1


with tempfile.TemporaryDirectory() as folder:
    sys.exit(main(pathlib.Path(folder)))
