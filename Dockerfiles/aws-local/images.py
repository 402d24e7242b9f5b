"""images.py list | images.py save NAME

list: the images in the registry, a line each: name, digest, bytes, time of the push, with tabs between.
save: one of them as `docker load` reads it, on standard output. NAME is URI:TAG; `:latest` may be left out, and account and region
where only one repository has that name.
"""

import datetime
import io
import json
import os
import platform
import sys
import tarfile

import registry


def listing():
    for uri in registry.repositories():
        tags = registry.tags(uri)
        pushed = registry.digests(uri)
        untagged = [(f"@{digest}", digest) for digest in pushed.keys() - set(tags.values())]
        for end, digest in [(f":{tag}", digest) for tag, digest in sorted(tags.items())] + sorted(untagged):
            time = datetime.datetime.fromtimestamp(int(pushed.get(digest, 0)), datetime.timezone.utc)
            size = registry.size(registry.manifest(digest))
            print(f"{uri}{end}\t{digest}\t{size}\t{time:%Y-%m-%dT%H:%M:%SZ}")


def find(name):
    """The URI, the tag and the digest of an image."""
    path, at, digest = name.partition("@")
    # A colon in front of a slash is that of a port.
    head, colon, tag = path.rpartition(":")
    repository, tag = (head, tag) if colon and "/" not in tag else (path, "latest")
    known = registry.repositories()
    uris = [uri for uri in known if uri == repository] or [uri for uri in known if uri.endswith(f"/{repository}")]
    if len(uris) > 1:
        sys.exit(f"several repositories are named `{repository}`: {', '.join(uris)}")
    for uri in uris:
        found = digest if at else registry.tags(uri).get(tag)
        if found in registry.digests(uri):
            return uri, None if at else tag, found
    sys.exit(f"the registry has no image `{name}`")


def of_this_machine(manifest):
    """The manifest itself, or the one a list has for this machine's processor."""
    parsed = json.loads(manifest)
    if "manifests" not in parsed:
        return parsed
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    for entry in parsed["manifests"]:
        if entry.get("platform", {}).get("architecture") == machine:
            return json.loads(registry.manifest(entry["digest"]))
    sys.exit(f"the image is made for other processors than {machine}")


def save(name):
    uri, tag, digest = find(name)
    manifest = of_this_machine(registry.manifest(digest))
    layers = [layer["digest"] for layer in manifest["layers"]]
    configuration = manifest["config"]["digest"]
    names = {configuration: configuration.partition(":")[2] + ".json"}
    names.update((layer, layer.partition(":")[2] + ".tar") for layer in layers)
    index = {
        "Config": names[configuration],
        "RepoTags": [f"{uri}:{tag}"] if tag else None,
        "Layers": [names[layer] for layer in layers],
    }
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", bufsize=1 << 20) as archive:
        for blob, member in names.items():
            path = registry.blob(blob)
            entry = tarfile.TarInfo(member)
            entry.size = os.stat(path).st_size
            with open(path, "rb") as file:
                archive.addfile(entry, file)
        content = json.dumps([index]).encode()
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))


if sys.argv[1] == "list":
    listing()
else:
    save(sys.argv[2])
