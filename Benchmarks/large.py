"""What large trees cost: a source of 200,000 files, artifacts of 100,000, a cache of 60,000. BENCH_SCALE=0.1 makes them smaller."""

import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess

from measure import IMAGE, QUIET, SCALE, interleaved, less, line, note, rounds, seconds


class Content:
    """Pieces of two blocks that are made by chance, so that gigabytes are made quickly: every other piece cannot be compressed."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        words = [self.chance.randbytes(5).hex().encode() for _ in range(5000)]
        self.blocks = [self.chance.randbytes(48 << 20), b" ".join(self.chance.choices(words, k=4_500_000))]
        self.count = 0

    def piece(self, size):
        self.count += 1
        block = self.blocks[self.count % 2]
        start = self.chance.randrange(len(block) - size)
        return block[start:start + size]


def git(folder, *words):
    settings = ["user.name=b", "user.email=b@example.org", "gc.auto=0", "core.compression=0"]
    options = [word for setting in settings for word in ("-c", setting)]
    subprocess.run(["git", "-C", str(folder), *options, *words], check=True, **QUIET)


def events(words):
    """The events of a build: for each text and each kind, when it was last seen, in seconds."""
    out = subprocess.run(
        words + ["--log-format", "json"], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL).stdout
    at = {}
    for text in out.splitlines():
        event = json.loads(text)
        hours, minutes, parts = event["time"][11:-1].split(":")
        at[event.get("text") or event["kind"]] = int(hours) * 3600 + int(minutes) * 60 + float(parts)
    return at


def large_source(binary, work):
    """Builds of a large source, less a bare container, against `docker cp` of its tree."""
    count, content = int(200_000 * SCALE), Content(11)
    source, small = work / "source", work / "small"
    small.mkdir()
    (small / "buildspec.yml").write_text("version: 0.2\nphases: {build: {commands: ['true']}}\n")
    shutil.copytree(small, source)
    for number in range(count):
        file = source / "src" / f"d{number % 200}" / f"e{number // 200 % 20}" / f"f{number}.txt"
        if number < 4000:
            file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.piece(10_000))
    for folder in (source, small):
        git(folder, "init", "-q")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "all")
    # As a repository of that size is that was cloned.
    git(source, "repack", "-adq", "--window=0")
    note(f"A repository of {count:,} files, {count / 1e5:.2f} GB.")
    def build(of):
        return [binary, "run", str(of), "--image", IMAGE, "--log-format", "quiet"]
    # So that what is learned of the engine once is no part of it.
    subprocess.run(build(small), check=True, **QUIET)
    changed_file = source / "src/d7/e0/f7.txt"
    os.sync()
    first = seconds(build(source))

    def copy():
        container = subprocess.run(["docker", "create", IMAGE, "true"], check=True, stdout=subprocess.PIPE).stdout.decode().strip()
        try:
            return seconds(["docker", "cp", str(source), f"{container}:/source"])
        finally:
            subprocess.run(["docker", "rm", "-f", container], check=True, **QUIET)
            os.sync()

    copies = [copy() for _ in range(rounds(3))]

    def change():
        changed_file.write_bytes(content.piece(10_000))
        return seconds(build(source))

    times = interleaved(7, bare=lambda: seconds(build(small)), unchanged=lambda: seconds(build(source)), changed=change)
    bare = statistics.median(times["bare"])
    line("a large source, first staging / docker cp", [first - bare], copies, "0.8")
    # Against the same build of a small source: what is measured is what the size costs.
    line("a large source, nothing changed / docker cp", less(times["unchanged"], times["bare"]), copies, "0.02")
    line("a large source, one file changed / docker cp", less(times["changed"], times["bare"]), copies, "0.05")


def artifacts(binary, work):
    """A phase UPLOAD_ARTIFACTS of many files, against `find` with `cp` or `zip` of the same files beside it."""
    count, content = int(100_000 * SCALE), Content(13)
    source = work / "source"
    tree = source / "tree"
    for number in range(count):
        file = tree / f"d{number % 100}" / f"e{number // 100 % 20}" / f"f{number}.js"
        if number < 2000:
            file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.piece(4_000))
    (source / "buildspec.yml").write_text(
        "version: 0.2\nphases: {build: {commands: ['true']}}\nartifacts: {files: ['**/*'], base-directory: tree}\n")
    # Committed, so that bringing the source into the container costs little.
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        git(source, *words)
    note(f"{count:,} files of 4 kB, {count * 4e-6:.2f} GB; the seconds of the phase UPLOAD_ARTIFACTS alone.")
    out, hand = work / "out", work / "hand"

    def ours(form):
        def run():
            shutil.rmtree(out, ignore_errors=True)
            os.sync()
            at = events([binary, "run", str(source), "--image", IMAGE, "--artifacts", str(out), *(["--zip"] if form == "zip" else [])])
            return at["artifactsCollected"] - at["Expanding base directory path: tree"]
        return run

    def by_hand(command):
        def run():
            shutil.rmtree(hand, ignore_errors=True)
            hand.mkdir()
            os.sync()
            return seconds(["sh", "-c", command], cwd=tree)
        return run

    for form, command in (("folder", f"find . -type f -exec cp -p --parents -t {hand} {{}} +"),
                          ("zip", f"find . -type f | zip -q {hand}/out.zip -@")):
        times = interleaved(5, ours=ours(form), hand=by_hand(command))
        name = "cp" if form == "folder" else "zip"
        line(f"many artifacts, {form} / find + {name}", times["ours"], times["hand"], "1.0")


def make_modules(folder, content):
    """A tree of node_modules' shape: 60,000 files, 2 GB; many small ones, a few of a megabyte, and deep folders."""
    chance, count, size = random.Random(3), int(60_000 * SCALE), 0
    for number in range(count):
        package = number // 40
        scope = f"@s{package % 40}/" if package % 3 == 0 else ""
        inner = ["", "dist", "dist/cjs", "lib/internal/util", "node_modules/inner/lib"][number % 5]
        file = folder / f"{scope}p{package}" / inner / f"m{number}.{('js', 'ts', 'map', 'json')[number % 4]}"
        file.parent.mkdir(parents=True, exist_ok=True)
        bytes_count = min(int(chance.lognormvariate(9.3, 1.45)) + 50, 4_000_000)
        file.write_bytes(content.piece(bytes_count))
        size += bytes_count
    return count, size


def large_cache(binary, work):
    """A cache of node_modules' shape: saved, changed and restored, and once more after 50 builds with a change each."""
    content = Content(17)
    tree, source, kept, plain = work / "node_modules", work / "source", work / "kept", work / "plain"
    count, size = make_modules(tree, content)
    note(f"A tree of node_modules' shape: {count:,} files, {size / 1e9:.2f} GB.")
    source.mkdir()
    (source / "buildspec.yml").write_text(
        "version: 0.2\nphases: {build: {commands: ['[ ! -e tree.tar ] || tar -C /root -xf tree.tar', "
        "'[ ! -e change.sh ] || sh -e change.sh']}}\ncache: {paths: ['/root/node_modules/**/*']}\n")
    subprocess.run(["tar", "-C", str(work), "-cf", str(source / "tree.tar"), "node_modules"], check=True)
    files = [str(file.relative_to(tree)) for file in sorted(tree.rglob("*")) if file.is_file()]

    def moments(folder):
        """Seconds of restoring and of saving."""
        at = events([binary, "run", str(source), "--image", IMAGE, "--cache", str(folder)])
        restore = at["cacheRestored"] - at["Downloading local cache..."] if "cacheRestored" in at else None
        return restore, at["cacheSaved"] - at["Uploading local cache..."]

    def change(number):
        """Another content of the same size for one file."""
        name = files[number * 7919 % len(files)]
        (source / "change.sh").write_text(
            f"cd /root/node_modules && size=$(stat -c %s '{name}') && head -c $size /dev/urandom > .new && mv .new '{name}'\n")

    saves = [moments(kept)[1]]
    (source / "tree.tar").rename(work / "tree.tar")
    tarball, back = work / "by-hand.tar.zst", work / "back"
    packs, unpacks, unchanged, changed, restores = [], [], [], [], []
    for number in range(rounds(3)):
        os.sync()
        packs.append(seconds(["sh", "-c", f"tar -C {work} -cf - node_modules | zstd -T0 -1 -q -f -o {tarball}"]))
        (source / "change.sh").unlink(missing_ok=True)
        restore, save = moments(kept)
        unchanged.append(save)
        restores.append(restore)
        change(number)
        restore, save = moments(kept)
        changed.append(save)
        restores.append(restore)
        shutil.rmtree(back, ignore_errors=True)
        back.mkdir()
        os.sync()
        unpacks.append(seconds(["sh", "-c", f"zstd -dcq {tarball} | tar -C {back} -xf -"]))
    shutil.rmtree(back, ignore_errors=True)
    line("large cache, save / tar | zstd -1", saves, packs, "-")
    line("large cache, save unchanged / tar | zstd -1", unchanged, packs, "0.05")
    line("large cache, save one change / tar | zstd -1", changed, packs, "0.10")
    line("large cache, restore / zstd -d | tar x", restores, unpacks, "0.6")
    layers = []
    for number in range(int(50 * min(1, SCALE * 10))):
        change(100 + number)
        moments(kept)
        layers.append(len(list(kept.glob("*/*.tar.zst"))))
    (source / "change.sh").unlink(missing_ok=True)
    # The same content as one tarball: a cache that was never there before takes everything.
    (source / "change.sh").write_text("true\n")
    (work / "tree.tar").rename(source / "tree.tar")
    moments(plain)
    (source / "tree.tar").unlink()
    times = interleaved(5, ours=lambda: moments(kept)[0], plain=lambda: moments(plain)[0])
    sizes = [sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) for folder in (kept, plain)]
    note(f"After 50 builds with a change each the cache has {len(list(kept.glob('*/*.tar.zst')))} layers (never more than "
         f"{max(layers)}) and {sizes[0] / sizes[1]:.3f} of the size that it has as one (target 1.3).")
    line("large cache, restore after 50 changes / as one", times["ours"], times["plain"], "1.2", by="as one tarball")
