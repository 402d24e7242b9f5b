# shellcheck shell=sh
# Read by the scripts beside it: how they speak, and how they get Debian packages.

# One line about the step at hand. On stderr, so that a script's answer can be read from stdout.
say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# fail STATUS WORDS…: ends the script. 64 wrong usage, 69 something that is needed cannot be had, 1 the rest.
fail() {
    status=$1
    shift
    say "error: $*"
    exit "$status"
}

have() { command -v "$1" >/dev/null 2>&1; }

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# root COMMAND…: as root, by sudo where that is needed and there.
root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        fail 69 "root is needed; run as root: $*"
    fi
}

# debian_packages NAME…: installs those that are missing; touches the network only then.
debian_packages() {
    missing=
    for package; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    have apt-get || fail 69 "not a Debian system; install what corresponds to:$missing"
    if [ "$(id -u)" != 0 ] && ! have sudo; then
        fail 69 "packages are missing; run as root: apt-get update && apt-get install -y --no-install-recommends$missing"
    fi
    say "installing$missing"
    log=$(mktemp "${TMPDIR:-/tmp}/buildspec-apt.XXXXXX")
    # A repository that does not answer makes apt-get update fail, though Debian's own may be up to date.
    root apt-get update -qq -o DPkg::Lock::Timeout=300 >"$log" 2>&1 ||
        say "warning: apt-get update failed in part; going on"
    # shellcheck disable=SC2086 # package names have no blanks
    root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=300 $missing >>"$log" 2>&1 </dev/null || {
        tail -n 40 "$log" >&2
        rm -f "$log"
        fail 69 "apt-get could not install$missing; the end of its messages is above"
    }
    rm -f "$log"
}

# within SECONDS COMMAND…: bounded where the machine has timeout (macOS has not).
within() {
    seconds=$1
    shift
    if have timeout; then timeout -k 2 "$seconds" "$@"; else "$@"; fi
}

engine_answers() {
    have docker && within 20 docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}
