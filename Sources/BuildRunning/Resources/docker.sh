# shellcheck shell=sh
# The part of the driver for builds with a Docker daemon of their own. driver.sh reads it in; it uses driver.sh's `tmp`,
# `N`, `signals` and `stays` it uses. The daemon is no child of
# the driver's, which waits for its children before each command.
#
# /var/lib/docker is a volume that outlives the build; a later build finds the images in it and nothing else (CODEBUILD.md 10.2).
# shellcheck disable=SC2154 # those of driver.sh
docker_log=/var/log/docker.log
docker_copied=/var/lib/docker/buildspec-copied
# The daemon uses an address range of its own, so that it does not hide the networks of the engine outside.
docker_bridge='"bip": "172.31.254.1/24"'
docker_pool='"default-address-pools": [{"base": "172.31.240.0/21", "size": 26}]'

# inner ARGUMENT...: calls the client for this daemon, whatever other daemon the image names.
inner() { DOCKER_CONTEXT='' docker --host unix:///var/run/docker.sock "$@"; }

# docker_start HOME: starts the daemon in the background. An image without one is left as it is.
docker_start() {
    trap docker_stop EXIT
    rm -f "$tmp/docker.state"
    if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
        echo none >"$tmp/docker.state"
        return 0
    fi
    [ -z "${BUILDSPEC_INNER_PROXY-}" ] || docker_proxies "${DOCKER_CONFIG:-$1/.docker}" || return
    # In a kept container the daemon still runs.
    ! inner info >/dev/null 2>&1 || return 0
    # A daemon that was killed has left these, perhaps in a container of another build.
    rm -rf /var/run/docker /var/run/docker.pid /var/run/docker.sock /var/run/containerd
    # Networks and volumes do not outlive a build; the daemon would also remember an old address range.
    rm -rf /var/lib/docker/network /var/lib/docker/volumes
    mkdir -p /etc/docker "${docker_log%/*}" && : >"$docker_log" &&
        docker_settings /etc/docker/daemon.json "$docker_bridge" "$docker_pool" || return
    docker_unlock
    runtimes=
    [ -z "${BUILDSPEC_INNER_PROXY-}" ] || docker_trust || return
    # shellcheck disable=SC2086 # words
    (trap - $signals && PATH=$runtimes$PATH docker_boot </dev/null >>"$docker_log" 2>&1 &)
}

# docker_trust: makes the daemon's containers trust our proxy's certificate, those of `docker build` too. A runc of ours, before
# the real one in PATH, adds the certificate and the variables that name it to a container's configuration (OCI Runtime
# Specification, config.md). The certificate appears in /dev, which lies in memory, so no image keeps it. Maven gets a trust
# store and the proxy in the same way; other Java programs would print the variable that tells them.
docker_trust() {
    runc=$(command -v runc) && [ -s "$root/codebuild/readonly/ca/bundle.pem" ] || return 0
    # The variables that name the bundle for the build itself.
    names=$(env | sed -n 's#=/codebuild/readonly/ca/bundle.pem$##p' | tr '\n' ' ')
    folder=$root/codebuild/readonly/runc
    proxy=${BUILDSPEC_INNER_PROXY#*://}
    maven='-Djavax.net.ssl.trustStore=/dev/buildspec-cacerts -Djavax.net.ssl.trustStorePassword=changeit'
    for scheme in http https; do maven="$maven -D$scheme.proxyHost=${proxy%:*} -D$scheme.proxyPort=${proxy#*:}"; done
    mkdir -p "$folder" && cat >"$folder/runc" <<END || return
#!/bin/sh
bundle= last=
for word; do
    case \$last in -b | --bundle) bundle=\$word ;; esac
    case \$word in --bundle=*) bundle=\${word#*=} ;; esac
    last=\$word
done
file=\$bundle/config.json
if [ -n "\$bundle" ] && ! grep -q '"destination":"/dev/buildspec-ca.pem"' "\$file"; then
    mounts= edits=
    # show FILE NAME: mounts a file at /dev/NAME.
    show() { mounts="\$mounts,{\"destination\":\"/dev/\$2\",\"type\":\"bind\",\"source\":\"$root/codebuild/readonly/ca/\$1\",\"options\":[\"bind\",\"ro\"]}"; }
    edit() { edits="\$edits
\$1"; }
    if [ -s "$root/codebuild/readonly/ca/cacerts" ]; then
        show cacerts buildspec-cacerts
        # The options go before those that the variable has, if it is set.
        edit 's#("env":\[("([^"\\]|\\\\.)*",)*"MAVEN_OPTS=)#\\1$maven #'
        edit 't told'
        edit 's#"env":\[#&"MAVEN_OPTS=$maven",#'
        edit ':told'
    fi
    show bundle.pem buildspec-ca.pem
    for name in $names; do
        grep -q "\"\$name=" "\$file" || edit "s#\"env\":\[#&\"\$name=/dev/buildspec-ca.pem\",#"
    done
    edit "s#\\{\"destination\":\"/dev\",[^}]*\\}#&\$mounts#"
    sed -E "\$edits" "\$file" >"\$file.new" && cat "\$file.new" >"\$file"
    rm -f "\$file.new"
fi
exec $runc "\$@"
END
    chmod 755 "$folder/runc" && runtimes=$folder:
}

# docker_boot: starts the daemon as the image does (dockerd-entrypoint.sh, which runs a command once the daemon is up). Where
# the image has no such program, or it starts no daemon, this starts dockerd itself.
docker_boot() {
    if command -v dockerd-entrypoint.sh >/dev/null; then
        dockerd-entrypoint.sh : || {
            echo ended >"$tmp/docker.state"
            return
        }
        [ ! -e /var/run/docker.pid ] || return 0
    fi
    set --
    docker_sets hosts || set -- "$@" --host=unix:///var/run/docker.sock
    docker_sets storage-driver || set -- "$@" --storage-driver=overlay2
    dockerd "$@"
    echo ended >"$tmp/docker.state"
}

# docker_sets NAME: whether the image's daemon.json sets an option; the daemon refuses one that a flag sets, too.
docker_sets() { case $(cat /etc/docker/daemon.json) in *"\"$1\""*) ;; *) return 1 ;; esac }

# docker_unlock: makes writable what only `--privileged` has writable, and allows control groups below the container's own. The
# daemon's log names what fails here.
docker_unlock() {
    while read -r _ at kind options _; do
        case $at in /sys | /sys/fs/cgroup | /sys/fs/cgroup/* | /proc/sys) ;; *) continue ;; esac
        case $kind,$options in *,ro | *,ro,*) mount -o remount,bind,rw "$at" ;; esac
    done </proc/mounts >/dev/null 2>&1
    # In version 2 a group can give controllers to its children only when it has no processes; the root has no `cgroup.type`.
    [ -e /sys/fs/cgroup/cgroup.controllers ] && [ -e /sys/fs/cgroup/cgroup.type ] || return 0
    {
        mkdir -p /sys/fs/cgroup/buildspec
        while read -r process; do
            echo "$process" >/sys/fs/cgroup/buildspec/cgroup.procs
        done </sys/fs/cgroup/cgroup.procs
        # shellcheck disable=SC2013 # words
        for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
            echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control
        done
    } 2>/dev/null
    return 0
}

# docker_settings FILE MEMBER...: adds members (`"name": value`) to the JSON object in a file, except those it has.
docker_settings() {
    file=$1
    shift
    docker_text "$file"
    for member; do docker_member "$member"; done
    docker_write "$file"
}

# docker_proxies FOLDER: sets the proxy that the client gives containers of this daemon; an image's own default stays.
docker_proxies() {
    docker_text "$1/config.json"
    proxy="\"default\": {\"httpProxy\": \"$BUILDSPEC_INNER_PROXY\", \"httpsProxy\": \"$BUILDSPEC_INNER_PROXY\""
    proxy="$proxy, \"noProxy\": \"localhost,127.0.0.1\"}"
    case $text in
    *'"proxies"'*)
        head=${text%%'"proxies"'*}'"proxies"'
        text=${text#*'"proxies"'}
        docker_member "$proxy"
        text=$head$text
        ;;
    *) docker_member "\"proxies\": {$proxy}" ;;
    esac
    docker_write "$1/config.json"
}

# docker_text FILE: reads a file into `text`. docker_write FILE: writes `text` to a file.
docker_text() {
    text='{}'
    if [ -s "$1" ]; then text=$(cat "$1"); fi
}
docker_write() { mkdir -p "${1%/*}" && printf '%s\n' "$text" >"$1"; }

# docker_member MEMBER: adds a member at the beginning of the first object of `text`, unless `text` has its name anywhere.
docker_member() {
    case $text in *"${1%%:*}"*) return ;; esac
    rest=${text#*\{}
    comma=', '
    case $(printf %s "$rest" | tr -d ' \t\r\n') in \}*) comma='' ;; esac
    text="${text%%\{*}{$1$comma$rest"
}

# docker_wait: waits until the daemon answers. 69: the image has none; 1: it did not come up, and the end of its log was shown.
docker_wait() {
    state=
    read -r now _ </proc/uptime
    deadline=$((${now%.*} + 60))
    until inner info >/dev/null 2>&1; do
        [ ! -e "$tmp/docker.state" ] || read -r state <"$tmp/docker.state"
        [ "$state" != none ] || return 69
        read -r now _ </proc/uptime
        if [ -n "$state" ] || [ "${now%.*}" -ge "$deadline" ]; then
            tail -n 20 "$docker_log"
            return 1
        fi
        sleep 0.03 2>/dev/null || sleep 1
    done
    # Containers of an earlier build would hold their names. In a kept container they are this build's, and stay.
    [ -e "$tmp/docker.ready" ] || docker_tidy
    : >"$tmp/docker.ready"
}

# docker_tidy: removes all containers, running or not.
docker_tidy() {
    # shellcheck disable=SC2046 # ids
    set -- $(inner ps --all --quiet 2>/dev/null)
    [ $# = 0 ] || inner rm --force --volumes "$@" >/dev/null 2>&1
    return 0
}

# docker_missing NAME ID...: lists which of these images of the engine outside this daemon does not have, NUL after each. An image
# may have another id here where the two keep images in different ways; a note of both ids tells that it was copied.
docker_missing() {
    notes=
    [ ! -e "$docker_copied" ] || notes=$(cat "$docker_copied")
    while [ $# != 0 ]; do
        here=$(inner image inspect --format '{{.Id}}' "$1" 2>/dev/null)
        case $here in
        "$2") ;;
        '') printf '%s\0' "$1" ;;
        *) case "$N$notes$N" in *"$N$1 $2 $here$N"*) ;; *) printf '%s\0' "$1" ;; esac ;;
        esac
        shift 2
    done >&2
}

# docker_note NAME ID: notes that an image was copied.
docker_note() {
    here=$(inner image inspect --format '{{.Id}}' "$1") && printf '%s %s %s\n' "$1" "$2" "$here" >>"$docker_copied"
}

# docker_images: lists the names of all images, a line each.
docker_images() { inner image ls --format '{{.Repository}}:{{.Tag}}' >&2 2>/dev/null; }

# docker_stop: ends the daemon so that the next one finds its files in order; in a container that stays it goes on.
docker_stop() {
    [ -z "$stays" ] && [ -s /var/run/docker.pid ] || return 0
    daemon=$(cat /var/run/docker.pid)
    kill -0 "$daemon" 2>/dev/null || return 0
    docker_tidy
    # The last thing it does is to stop its containerd; then it waits for a second that we need not wait.
    last=$(cat /var/run/docker/containerd/containerd.pid 2>/dev/null) || last=$daemon
    kill "$daemon"
    read -r now _ </proc/uptime
    deadline=$((${now%.*} + 10))
    while kill -0 "$last" 2>/dev/null && [ "${now%.*}" -lt "$deadline" ]; do
        sleep 0.02 2>/dev/null || sleep 1
        read -r now _ </proc/uptime
    done
}
