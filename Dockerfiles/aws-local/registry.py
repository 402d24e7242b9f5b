"""The files of the distribution registry, read as they lie: what images there are is asked of them, and kept nowhere else.

A repository's path in the registry is its URI, `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME`: equal names in two regions do not meet.
"""

import json
import os
import re
import shutil

FOLDER = "/var/lib/aws-local/registry/docker/registry/v2"
ADDRESS = ("127.0.0.1", 5002)
HOST = re.compile(r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


def repositories():
    """The URIs of all repositories that something was pushed to."""
    root = os.path.join(FOLDER, "repositories")
    found = []
    for folder, names, _ in os.walk(root):
        if "_manifests" in names:
            found.append(os.path.relpath(folder, root))
        names[:] = [name for name in names if not name.startswith("_")]
    return sorted(found)


def _manifests(uri):
    return os.path.join(FOLDER, "repositories", uri, "_manifests")


def _names(folder):
    try:
        return sorted(os.listdir(folder))
    except FileNotFoundError:
        return []


def _link(path):
    try:
        with open(os.path.join(path, "link")) as file:
            return file.read().strip()
    except FileNotFoundError:
        return None


def tags(uri):
    """Each tag with the digest it stands for."""
    folder = os.path.join(_manifests(uri), "tags")
    found = {tag: _link(os.path.join(folder, tag, "current")) for tag in _names(folder)}
    return {tag: digest for tag, digest in found.items() if digest}


def digests(uri):
    """The digests of all manifests, tagged or not, each with the time it was pushed."""
    folder = os.path.join(_manifests(uri), "revisions", "sha256")
    found = {}
    for name in _names(folder):
        if _link(os.path.join(folder, name)):
            found[f"sha256:{name}"] = os.stat(os.path.join(folder, name, "link")).st_mtime
    return found


def blob(digest):
    """The path of a blob."""
    name = digest.partition(":")[2]
    return os.path.join(FOLDER, "blobs", "sha256", name[:2], name, "data")


def manifest(digest):
    with open(blob(digest)) as file:
        return file.read()


def remove_tag(uri, tag):
    shutil.rmtree(os.path.join(_manifests(uri), "tags", tag), ignore_errors=True)


def remove_manifest(uri, digest):
    shutil.rmtree(os.path.join(_manifests(uri), "revisions", *digest.split(":")), ignore_errors=True)


def remove_repository(uri):
    shutil.rmtree(os.path.join(FOLDER, "repositories", uri), ignore_errors=True)


def size(text):
    """What ECR says of an image: its layers as they are stored, and its configuration."""
    parsed = json.loads(text)
    parts = parsed.get("layers", []) + [parsed.get("config", {})]
    return sum(part.get("size", 0) for part in parts)
