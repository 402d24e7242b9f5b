# shellcheck shell=sh
# The driver: process 1 of the build container, alive as long as the build. Its standard input holds a nonce in the first line
# and then orders, each a line of shell built from the functions below by quoted words; it carries them out in turn.
#
# Standard output carries the build's output; standard error carries answers (lists, variables), and no command of the build
# ever holds it. `reply` ends an order on both by a mark: a record separator, the nonce, the order's number, its status.
# The driver uses no more than POSIX sh: dash, bash and busybox run it.
#
# $1 a folder to put before /codebuild, empty in containers; $2 the text of the programs of user/bin, empty where they are
# mounted.
root=$1
programs=$2
# shellcheck disable=SC2034 # for the orders: a line break inside a word
N='
'
mount=$root/codebuild/readonly/source/src
tmp=$root/codebuild/output/tmp
pipes=$root/codebuild/readonly/pipes
source=
top=
PATH=$PATH:$root/codebuild/user/bin
export PATH

# reply ORDER STATUS: ends the output and the answer of an order.
reply() {
    printf '\036%s %d %d\n' "$nonce" "$1" "$2"
    printf '\036%s %d %d\n' "$nonce" "$1" "$2" >&2
}

# The driver ignores the signals that a build can send to its process group: all that would end or stop a process, but
# KILL and STOP, which nobody can ignore.
signals='1 2 3 10 12 13 14 15 16 20 21 22 24 25 26 27 29 30'
# shellcheck disable=SC2086 # words
trap '' $signals

# apart PROGRAM WORD...: a program of the build with the signals as they were, on the build's output alone. Called with standard
# error closed to the shell's own words: some shells print a line when a child is ended by a signal.
apart() (
    # shellcheck disable=SC2086
    trap - $signals
    exec "$@" </dev/null 2>&1
)

# prepare SOURCE TOP: makes the folders every build finds (CODEBUILD.md 3.3); OLDPWD of the first command is the read-only one.
# TOP holds SOURCE and every other source, or is SOURCE itself.
prepare() {
    source=$root$1
    top=$root${2-$1}
    mkdir -p "$root/codebuild/readonly" "$tmp" "$root/codebuild/user/bin" "$source" || return
    [ -z "$programs" ] || provide >/dev/null 2>&1 &
    cd "$root/codebuild/readonly" && printf '%s\n' "$source" >"$tmp/dir.txt"
}

# provide: writes the programs every build finds in PATH. It runs beside the copying of the source; `run` and `evaluate` wait
# for it.
provide() {
    cd "$root/codebuild/user/bin" || return
    set -- codebuild-hash-files codebuild-glob-search codebuild-breakpoint codebuild-resume
    for program; do printf '%s' "$programs" >"$program"; done
    chmod 755 "$@"
}

# debug: turns breakpoints on. pause: waits as a breakpoint in a command does.
debug() { : >"$tmp/debug"; }
pause() {
    wait
    "$root/codebuild/user/bin/codebuild-breakpoint" </dev/null >/dev/null 2>&1
}

# copy FOLDER NAME...: copies entries of a folder of the mounted source (`.` is its top) to the same folder of the build's source.
copy() (
    folder=$1
    shift
    [ -d "$source/$folder" ] || mkdir -p "$source/$folder" || return
    cd "$mount/$folder" || return
    [ $# = 0 ] || cp -a -- "$@" "$source/$folder/"
)

# copy_other MOUNT SOURCE FOLDER NAME...: does the same for a source that is not the primary one.
copy_other() (
    mount=$root$1
    source=$root$2
    shift 2
    copy "$@"
)

# own USER: gives the sources to a user: copied files have the owner they have outside.
own() { chown -hR "$1" "$top"; }

# put FILE TEXT: writes the text to the letter. append FILE TEXT: adds it.
put() { printf '%s' "$2" >"$root$1"; }
append() { printf '%s' "$2" >>"$root$1"; }

# show FILE COUNT: answers with the first COUNT blocks of 64 KiB of a file; 66 where there is none.
show() {
    [ -f "$root$1" ] || return 66
    dd if="$root$1" bs=65536 count="$2" >&2 2>/dev/null
}

# credential HELPER ANSWER FILE...: names HELPER in git's settings files, for a git that the image has or a command installs. It
# answers with ANSWER, which lies in memory only.
credential() {
    helper=$root/codebuild/readonly/bin/git-credential-helper
    mkdir -p "${helper%/*}" && printf '%s' "$1" >"$helper" && chmod 755 "$helper" &&
        (umask 077 && printf '%s' "$2" >"$tmp/git-credential") || return
    shift 2
    for file; do
        mkdir -p "${root}${file%/*}" && printf '[credential]\n\thelper = %s\n' "$helper" >>"$root$file" || return
    done
}

# trust CERTIFICATE HOST PORT JAVA: makes the image's programs trust our proxy's certificate: in a bundle of our own, which
# variables name, in the system's bundles, and in the folders that these are made from again when certificates are installed.
# JAVA not empty: in Java's trust stores, too.
trust() {
    ca=$root/codebuild/readonly/ca
    [ ! -e "$ca/bundle.pem" ] || return 0
    mkdir -p "$ca" && printf '%s\n' "$1" >"$ca/buildspec.crt" || return
    for bundle in ssl/certs/ca-certificates.crt pki/tls/certs/ca-bundle.crt ssl/ca-bundle.pem ssl/cert.pem; do
        [ -f "$root/etc/$bundle" ] || continue
        [ -e "$ca/bundle.pem" ] || cp "$root/etc/$bundle" "$ca/bundle.pem"
        printf '%s\n' "$1" >>"$root/etc/$bundle" || return
    done
    printf '%s\n' "$1" >>"$ca/bundle.pem" || return
    for folder in usr/local/share/ca-certificates etc/pki/ca-trust/source/anchors; do
        mkdir -p "$root/$folder" && cp "$ca/buildspec.crt" "$root/$folder/"
    done
    [ -z "$4" ] || trust_java "$ca/buildspec.crt" "$2" "$3" >/dev/null 2>&1 &
}

# trust_java FILE HOST PORT: does the same for Java. Every Java has a trust store and settings of its own, and so has Maven.
trust_java() {
    java=$(readlink -f "$(command -v java)")
    known=:
    for home in "${JAVA_HOME-}" "${java%/bin/java}" "$root"/usr/lib/jvm/* "$root"/opt/java/*; do
        [ -x "$home/bin/keytool" ] || continue
        home=$(readlink -f "$home")
        # A Java has many names, and keytool is slow.
        case $known in *":$home:"*) continue ;; esac
        known=$known$home:
        for store in "$home/lib/security/cacerts" "$home/jre/lib/security/cacerts"; do
            [ -e "$store" ] || continue
            "$home/bin/keytool" -importcert -noprompt -alias buildspec -file "$1" -keystore "$store" -storepass changeit ||
                continue
            # For containers of Docker inside the build (docker.sh).
            [ -e "${1%/*}/cacerts" ] || cp "$store" "${1%/*}/cacerts"
        done
        for file in "$home/conf/net.properties" "$home/lib/net.properties" "$home/jre/lib/net.properties"; do
            [ -f "$file" ] || continue
            grep -q '^# of buildspec' "$file" || printf '%s\n' '# of buildspec' "http.proxyHost=$2" "http.proxyPort=$3" \
                "https.proxyHost=$2" "https.proxyPort=$3" 'http.nonProxyHosts=localhost|127.*|[::1]' >>"$file"
        done
    done
    maven=$(readlink -f "$(command -v mvn)") || return
    settings=${maven%/bin/mvn}/conf/settings.xml
    grep -q '<id>buildspec' "$settings" && return
    for scheme in http https; do
        printf '<proxy><id>buildspec-%s</id><active>true</active><protocol>%s</protocol><host>%s</host><port>%s</port>' \
            "$scheme" "$scheme" "$2" "$3"
        printf '<nonProxyHosts>localhost|127.*|[::1]</nonProxyHosts></proxy>'
    done >"$tmp/maven-proxies"
    proxies=$(cat "$tmp/maven-proxies")
    rm -f "$tmp/maven-proxies"
    if grep -q '</proxies>' "$settings"; then
        sed -i "s#</proxies>#$proxies</proxies>#" "$(readlink -f "$settings")"
    else
        sed -i "s#</settings>#<proxies>$proxies</proxies></settings>#" "$(readlink -f "$settings")"
    fi
}

# become USER: finds out with which of the image's tools a command can be run as a user.
become() {
    as=$1
    way=
    [ -n "$as" ] || return 0
    id "$as" >/dev/null 2>&1 || return 67
    if setpriv --reuid 0 --regid 0 --clear-groups true 2>/dev/null; then
        way=setpriv
    elif command -v su >/dev/null; then
        way=su
    elif chroot --userspec=0:0 / true 2>/dev/null; then
        way=chroot
    else
        return 69
    fi
}

# admit USER: gives the sources to a user who comes into it for the first time. 67: there is no such user (yet); 69: there is
# no tool to become one.
admit() {
    become "$1" || return
    [ -e "$tmp/admitted-$1" ] || { own "$1" && : >"$tmp/admitted-$1"; }
}

# run USER SHELL TEXT: runs one command of the build, in a fresh shell of its own.
run() {
    wait
    printf '%s' "$3" >"$tmp/script.sh"
    if [ -z "$1" ]; then
        apart "$2" "$tmp/script.sh" 2>/dev/null
        return
    fi
    become "$1" || return
    chown "$1" "$tmp/script.sh" "$tmp/env.sh" "$tmp/dir.txt"
    [ ! -e "$tmp/git-credential" ] || chown "$1" "$tmp/git-credential"
    case $way in
    setpriv) apart setpriv --reuid "$1" --regid "$(id -g "$1")" --init-groups -- "$2" "$tmp/script.sh" ;;
    su) apart su -p -s "$(command -v "$2")" "$1" -- "$tmp/script.sh" ;;
    chroot) apart chroot --userspec="$1:$(id -g "$1")" / "$2" "$tmp/script.sh" ;;
    esac 2>/dev/null
}

# values SHELL NAME...: those of the variables that a next command would find set, as NAME=VALUE with NUL after each. A shell
# of its own reads them and uses nothing but its builtins, so that nothing the build has set, PATH or the size of it all,
# gets in the way.
values() {
    shell=$1
    shift
    # shellcheck disable=SC2016 # for that shell
    "$shell" -c '
        [ -r "$0" ] || exit 74
        . "$0"
        while [ "$#" != 0 ]; do
            eval "[ -z \"\${$1+x}\" ] || printf \"%s=%s\\0\" \"\$1\" \"\$$1\"" || exit
            shift
        done' "$tmp/env.sh" "$@" </dev/null >&2 2>/dev/null
}

# evaluate SHELL TEXT: answers what the shell makes of a text in double quotes, in the folder and with the variables of a next
# command; its messages go to the build's output. The status is that of the last command in the text.
evaluate() {
    wait
    # shellcheck disable=SC2016,SC2086
    (trap - $signals && exec "$1" -c '
        cd "$(cat "$1/dir.txt")" && set -a && . "$1/env.sh" && eval "evaluated=\"$2\"" && printf %s "$evaluated"
    ' sh "$tmp" "$2") 3>&1 >&2 2>&3 3>&- </dev/null
}

# places PATH...: lists the paths that exist, each followed by its real path where it is a link to a folder; a folder has a slash
# at its end; NUL after each.
places() {
    for path; do
        [ -e "$root$path" ] || continue
        real=$path
        if [ -L "$root$path" ] && [ -d "$root$path" ]; then
            real=$(cd -P "$root$path" && pwd) || continue
            real=${real#"$root"}
        fi
        [ ! -d "$root$path" ] || real=$real/
        printf '%s\0%s\0' "$path" "$real"
    done >&2
}

# look PATH...: describes all that lies at and below each path. For each: the name of its file system (empty where there is
# nothing), then of each entry its attributes, with a slash and its path below PATH at their end, and the target of a link; one
# more at the end; NUL after each of all these. 69: the image's find cannot do it.
look() {
    find / -maxdepth 0 -printf '' 2>/dev/null || return 69
    for path; do
        find "$root$path" -maxdepth 0 -printf '%F' 2>/dev/null
        printf '\0'
        find "$root$path" -printf '%y %m %U %G %T@ %s %n %i %D %C@/%P\0%l\0' 2>/dev/null
        printf '\0'
    done >&2
    return 0
}

# explain SHELL PROGRAM VARIABLE...: answers with facts that may explain why the last command failed, NAME=VALUE with NUL after
# each. PROGRAM is one that could not be run, or empty; the VARIABLEs are those the command names.
explain() (
    printf 'shell=%s\0' "$(readlink -f "$(command -v "$1")")"
    ! command -v bash >/dev/null || printf 'bash=yes\0'
    printf 'machine=%s\0' "$(uname -m)"
    for file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
        [ -r "$file" ] || continue
        while read -r name count; do
            [ "$name" != oom_kill ] || printf 'memoryKills=%s\0' "$count"
        done <"$file"
    done
    shell=$1 program=$2
    shift 2
    case $program in
    */*) cd "$(cat "$tmp/dir.txt")" && describe "$program" ;;
    ?*) # shellcheck disable=SC2016
        path=$("$shell" -c '. "$1"; printf %s "$PATH"' sh "$tmp/env.sh")
        IFS=:
        for folder in $path; do
            for file in "$folder"/*; do
                if [ -f "$file" ] && [ -x "$file" ]; then printf 'program=%s\0' "${file##*/}"; fi
            done
        done
        ;;
    esac
    [ $# != 0 ] || return
    # shellcheck disable=SC2016
    "$shell" -c '. "$1"; shift; for name; do eval "[ -n \"\${$name-}\" ]" || printf "empty=%s\0" "$name"; done' \
        sh "$tmp/env.sh" "$@"
) >&2 2>/dev/null </dev/null

# describe FILE: answers what lies at a path that could not be run, for `explain`.
describe() {
    if [ -d "$1" ]; then
        printf 'file=folder\0'
    elif [ ! -e "$1" ]; then
        printf 'file=missing\0'
    elif [ ! -f "$1" ]; then
        printf 'file=plain\0'
    else
        if [ -x "$1" ]; then printf 'file=executable\0'; else printf 'file=plain\0'; fi
        IFS= read -r head <"$1"
        printf 'head=%.200s\0' "$head"
        case $head in '#!'*) ;; *) return ;; esac
        head=${head#??}
        # shellcheck disable=SC2086 # its first word is the interpreter
        set -- $head
        [ -x "$1" ] || printf 'interpreter=missing\0'
    fi
}

# list FOLDER OPTION KINDS: answers with a list for each kind (f files, d folders, l links), NUL after each path, one more after
# each list.
# With -L links are followed, and the links that are listed are the broken ones. `.git` is never listed.
list() (
    cd "$root$1" 2>/dev/null || return 66
    for kind in $3; do
        if command -v find >/dev/null; then
            # shellcheck disable=SC2086
            find $2 . -name .git -prune -o -type $kind -print0 2>/dev/null
        else
            walk "$kind" "${2-}" .
        fi
        printf '\0'
    done >&2
    return 0
)

# walk KIND OPTION FOLDER: what `find` does in `list`, for images without it; links to folders are not entered.
walk() (
    for path in "$3"/* "$3"/.[!.]* "$3"/..?*; do
        name=${path##*/}
        if [ -L "$path" ]; then
            here=l
            if [ -n "$2" ] && [ -f "$path" ]; then here=f; fi
        elif [ -d "$path" ]; then
            here=d
        elif [ -f "$path" ]; then
            here=f
        else
            continue
        fi
        [ "$name" != .git ] || continue
        [ "$here" != "$1" ] || printf '%s\0' "$path"
        [ "$here" != d ] || walk "$1" "$2" "$path"
    done
)

# collect FOLDER STAGE OPTION NAME...: copies chosen files with their folders, to be fetched at once; -L follows links.
collect() (
    stage=$root$2 option=$3
    cd "$root$1" && mkdir -p "$stage" || return
    shift 3
    if cp --help 2>&1 | grep -q -e --parents; then
        cp -p "$option" --parents -- "$@" "$stage/" 1>&2
        return
    fi
    for name; do
        case $name in */*) mkdir -p "$stage/${name%/*}" || return ;; esac
        cp -p "$option" -- "$name" "$stage/$name" 1>&2 || return
    done
)

# large FOLDER OPTION: lists the files of more than 1 GiB, each as its size, its blocks and their size, a line end and its path, NUL
# after each; with -L links are followed. Nothing where a tool is missing.
large() (
    cd "$root$1" || return
    # shellcheck disable=SC2086
    find $2 . -name .git -prune -o -type f -size +2097152 -exec stat $2 -c '%s %b %B' {} \; -exec printf '%s\0' {} \;
    return 0
) >&2 2>/dev/null </dev/null

# try_pipe NAME: writes a byte into a FIFO of the mounted folder, if tar streams can go through it.
try_pipe() {
    [ -p "$pipes/$1" ] && tar --version 2>/dev/null | grep -q GNU && printf . 1<>"$pipes/$1"
}

# pack NAME PATH: writes a file or folder as a tar stream into a FIFO; names in the stream begin with the path's last component.
pack() { tar --format=posix --sparse --numeric-owner -b 128 -C "$root${2%/*}/" -cf - -- "${2##*/}" >"$pipes/$1" 2>/dev/null; }

# pack_some NAME FOLDER PATH...: writes some files and folders below FOLDER into a FIFO, the folders without what they have in them.
pack_some() {
    pipe=$pipes/$1 folder=$root$2
    shift 2
    printf '%s\0' "$@" |
        tar --format=posix --sparse --numeric-owner --no-recursion --no-unquote --null -C "$folder/" -cf - -T - >"$pipe" 2>/dev/null
}

# open_pipe NAME: opens a FIFO for reading. unpack: extracts the tar stream that comes through it, below `/`.
open_pipe() { exec 8<"$pipes/$1"; }
unpack() {
    tar --numeric-owner -C "$root/" -xpf - <&8 2>/dev/null
    set -- $?
    exec 8<&-
    return "$1"
}

# remember: keeps the state that the next command begins with, for those who look into the build or resume it.
remember() {
    [ -d "$tmp/before" ] || mkdir "$tmp/before" || return
    cp -p "$tmp/env.sh" "$tmp/dir.txt" "$tmp/before/"
}

# rejoin SOURCE TOP: begins in a container that was kept. recall: restores the state that `remember` has kept last.
rejoin() {
    source=$root$1
    top=$root${2-$1}
    printf '%s\n' "$$" >"$tmp/driver"
    cd "$root/codebuild/readonly" || return
}
recall() { cp -p "$tmp/before/env.sh" "$tmp/before/dir.txt" "$tmp/"; }

stays=
# An image may have a variable of this name, and would show it to all.
unset nonce
IFS= read -r nonce
reply 0 0
while IFS= read -r order; do
    eval "$order"
done
# A kept container waits without using the processor, until it is removed.
[ -z "$stays" ] || exec sleep 2147483647
