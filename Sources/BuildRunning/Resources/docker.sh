# shellcheck shell=sh
# The part of the driver that only a build with a Docker daemon of its own is given: it is read into driver.sh, whose `tmp`,
# `N` and `stays` it uses. The daemon is a child of nobody's, as the driver waits for its children.
#
# What lies in /var/lib/docker outlives the build; of it only images are to be found again (CODEBUILD.md 10.2).
# shellcheck disable=SC2154 # those of driver.sh
docker_log=/var/log/docker.log
docker_lent=/var/lib/docker/buildspec-lent
# An address range of its own: the networks of the engine outside are not to be hidden.
docker_bridge='"bip": "172.31.254.1/24"'
docker_pool='"default-address-pools": [{"base": "172.31.240.0/21", "size": 26}]'

# inner ARGUMENT...: the client, whatever the image says about other daemons.
inner() { DOCKER_CONTEXT='' docker --host unix:///var/run/docker.sock "$@"; }

# docker_start HOME: has the daemon come up beside whatever follows. An image without one is left as it is.
docker_start() {
    trap docker_stop EXIT
    rm -f "$tmp/docker.state"
    if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
        echo none >"$tmp/docker.state"
        return 0
    fi
    [ -z "${BUILDSPEC_INNER_PROXY-}" ] || docker_proxies "${DOCKER_CONFIG:-$1/.docker}" || return
    # In a kept container it still runs.
    ! inner info >/dev/null 2>&1 || return 0
    # Left by a daemon that was killed, perhaps in a container of another build.
    rm -rf /var/run/docker /var/run/docker.pid /var/run/docker.sock /var/run/containerd
    # Networks and volumes are no layers; the daemon would also remember its address range of another time.
    rm -rf /var/lib/docker/network /var/lib/docker/volumes
    mkdir -p /etc/docker "${docker_log%/*}" && : >"$docker_log" &&
        docker_settings /etc/docker/daemon.json "$docker_bridge" "$docker_pool" || return
    docker_unlock
    runtimes=
    [ -z "${BUILDSPEC_INNER_PROXY-}" ] || docker_trust || return
    (PATH=$runtimes$PATH docker_boot </dev/null >>"$docker_log" 2>&1 &)
}

# docker_trust: has the daemon's containers believe our proxy, those of `docker build` too: by a runc before the real one, which
# adds to what a container is told (OCI Runtime Specification, config.md) a file and the variables that name it. The file appears
# in /dev, which lies in memory: no image keeps a trace. Maven gets a trust store and the proxy in the same way; other programs
# of Java's would print whatever variable tells them.
docker_trust() {
    runc=$(command -v runc) && [ -s "$root/codebuild/readonly/ca/bundle.pem" ] || return 0
    # Those that name the bundle for the build itself.
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
    # show FILE NAME: has it in /dev.
    show() { mounts="\$mounts,{\"destination\":\"/dev/\$2\",\"type\":\"bind\",\"source\":\"$root/codebuild/readonly/ca/\$1\",\"options\":[\"bind\",\"ro\"]}"; }
    edit() { edits="\$edits
\$1"; }
    if [ -s "$root/codebuild/readonly/ca/cacerts" ]; then
        show cacerts buildspec-cacerts
        # Before what the variable has, if it is among them.
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

# docker_boot: the image's own way to start it, which runs some words of shell behind it; where these words are all that comes
# of it, or there is no such way, the daemon itself.
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

# docker_sets NAME: whether the image's own settings say something; the daemon refuses to be told twice.
docker_sets() { case $(cat /etc/docker/daemon.json) in *"\"$1\""*) ;; *) return 1 ;; esac }

# docker_unlock: makes writable what only `--privileged` has writable, and lets control groups have groups below them. What
# fails here the daemon's log will name.
docker_unlock() {
    while read -r _ at kind options _; do
        case $at in /sys | /sys/fs/cgroup | /sys/fs/cgroup/* | /proc/sys) ;; *) continue ;; esac
        case $kind,$options in *,ro | *,ro,*) mount -o remount,bind,rw "$at" ;; esac
    done </proc/mounts >/dev/null 2>&1
    # In version 2 a group passes controllers on only when it has no processes; the root has no `cgroup.type`.
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

# docker_settings FILE MEMBER...: puts members (`"name": value`) into an object of JSON, but for those it has.
docker_settings() {
    file=$1
    shift
    docker_text "$file"
    for member; do docker_member "$member"; done
    docker_write "$file"
}

# docker_proxies FOLDER: has the client give containers of the inner daemon a proxy; an image's own default stays.
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

# docker_text FILE, docker_write FILE: its text to `text`, and back.
docker_text() {
    text='{}'
    if [ -s "$1" ]; then text=$(cat "$1"); fi
}
docker_write() { mkdir -p "${1%/*}" && printf '%s\n' "$text" >"$1"; }

# docker_member MEMBER: puts it first into the first object of `text`, if its name is nowhere in there.
docker_member() {
    case $text in *"${1%%:*}"*) return ;; esac
    rest=${text#*\{}
    comma=', '
    case $(printf %s "$rest" | tr -d ' \t\r\n') in \}*) comma='' ;; esac
    text="${text%%\{*}{$1$comma$rest"
}

# docker_wait: until the daemon answers. 69: the image has none; 1: it did not come up, and the end of its log was shown.
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
    # Containers of a build before would hold their names; those of a daemon that was never stopped are this build's.
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

# docker_missing NAME ID...: which of these images of the engine outside this daemon lacks, NUL after each. Ids mean the same
# in both only where both keep images in the same way: a note says what was copied once.
docker_missing() {
    notes=
    [ ! -e "$docker_lent" ] || notes=$(cat "$docker_lent")
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
    here=$(inner image inspect --format '{{.Id}}' "$1") && printf '%s %s %s\n' "$1" "$2" "$here" >>"$docker_lent"
}

# docker_images: the names of all images, a line each.
docker_images() { inner image ls --format '{{.Repository}}:{{.Tag}}' >&2 2>/dev/null; }

# docker_stop: ends the daemon so that the next one finds its files in order; a container that stays keeps it.
docker_stop() {
    [ -z "$stays" ] && [ -s /var/run/docker.pid ] || return 0
    daemon=$(cat /var/run/docker.pid)
    kill -0 "$daemon" 2>/dev/null || return 0
    docker_tidy
    # Its last act is to stop its containerd, for which it then waits a second too long.
    last=$(cat /var/run/docker/containerd/containerd.pid 2>/dev/null) || last=$daemon
    kill "$daemon"
    read -r now _ </proc/uptime
    deadline=$((${now%.*} + 10))
    while kill -0 "$last" 2>/dev/null && [ "${now%.*}" -lt "$deadline" ]; do
        sleep 0.02 2>/dev/null || sleep 1
        read -r now _ </proc/uptime
    done
}
