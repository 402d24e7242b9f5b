#!/bin/sh
# install.sh [--prefix DIR] [--from URL-OR-FOLDER]: installs buildspec of a release, after its checksum.
#
# DIR is /usr/local for root, else ~/.local. Nothing is written before the archive has the checksum that SHA256SUMS names.
set -eu
version='@VERSION@'
from='@URL@'
prefix=/usr/local
[ "$(id -u)" = 0 ] || prefix=$HOME/.local

fail() {
    echo "install.sh: error: $*" >&2
    exit 1
}

usage() {
    echo "usage: install.sh [--prefix DIR] [--from URL-OR-FOLDER]" >&2
    exit 64
}

while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage
    case $1 in
    --prefix) prefix=$2 ;;
    --from) from=$2 ;;
    *) usage ;;
    esac
    shift 2
done

case $(uname -s) in
Linux) ;;
*) fail "this release is for Linux; build from source elsewhere" ;;
esac
name=buildspec-$version-linux-$(uname -m)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# bring FILE: from the release to $work.
bring() {
    case $from in
    https://* | http://*)
        if command -v curl >/dev/null 2>&1; then
            curl -fsSL -o "$work/$1" "$from/$1" || fail "cannot download $from/$1"
        elif command -v wget >/dev/null 2>&1; then
            wget -q -O "$work/$1" "$from/$1" || fail "cannot download $from/$1"
        else
            fail "curl or wget is needed"
        fi
        ;;
    *) cp "${from#file://}/$1" "$work/$1" || fail "no $1 in $from" ;;
    esac
}

bring SHA256SUMS
grep -q " $name.tar.gz\$" "$work/SHA256SUMS" || fail "the release has nothing for $(uname -m)"
bring "$name.tar.gz"
(
    cd "$work"
    grep " $name.tar.gz\$" SHA256SUMS >expected
    if command -v sha256sum >/dev/null 2>&1; then sha256sum -c expected; else shasum -a 256 -c expected; fi
) >/dev/null 2>&1 || fail "the checksum of $name.tar.gz is wrong; nothing is installed"
tar -xzf "$work/$name.tar.gz" -C "$work"
mkdir -p "$prefix"
(cd "$work/$name" && find . -type f) | while IFS= read -r file; do
    mkdir -p "$prefix/$(dirname "$file")"
    # A program that runs cannot be written over, but another can take its name.
    cp "$work/$name/$file" "$prefix/$file.new"
    mv "$prefix/$file.new" "$prefix/$file"
done
echo "$prefix/bin/buildspec: $("$prefix/bin/buildspec" --version)"
case ":$PATH:" in
*":$prefix/bin:"*) ;;
*) echo "$prefix/bin is not in PATH" ;;
esac
