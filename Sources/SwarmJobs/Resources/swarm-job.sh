# shellcheck shell=sh disable=SC2317 # give and take are called by orders
# The first process of a job's container: it calls back the machine that runs the batch, and connects a program with it.
#
# $1 HOST and $2 PORT of that machine; $3 the job's name; then the program's text and its words, as after `sh -c`. /run/buildspec is
# a Docker secret: the token of this job in the first line, and what the program reads first after its first line of input.
#
# bash makes TCP connections by itself; elsewhere BusyBox's nc does. Descriptors: 3 and 7 are the control connection, 4 the
# program's input, 5 its output, 6 its answers; 8 and 9 a connection that is being made.
host=$1 port=$2 job=$3
shift 3
secret=/run/buildspec
# shellcheck disable=SC2034 # for the orders: a line break inside a word
N='
'

give_up() {
    printf 'buildspec: %s\n' "$*" >&2
    exit 69
}
for program in sha256sum dd cat env; do
    command -v "$program" >/dev/null || give_up "the image has no \`$program\`, which a job of a swarm needs"
done
IFS= read -r token <"$secret" || give_up "cannot read $secret"
if [ -z "${BASH_VERSION-}" ]; then
    command -v nc >/dev/null || give_up "the image has neither \`bash\` nor \`nc\`, and a job of a swarm needs one of them"
    lines=$(mktemp -d) || give_up 'cannot make a folder in /tmp'
fi

# mark WORD...: a proof that who says these words knows the token.
mark() {
    set -- "$(printf '%s' "$token $* $token" | sha256sum)"
    printf '%s' "${1%% *}"
}

# random: 256 bits nobody can foresee.
random() {
    set -- "$(dd if=/dev/urandom bs=32 count=1 2>/dev/null | sha256sum)"
    printf '%s' "${1%% *}"
}

# dial PURPOSE: makes a connection, to be read at 8 and written at 9. Both sides prove that they know the token.
dial() {
    if [ -n "${BASH_VERSION-}" ]; then
        # shellcheck disable=SC3025 # it is bash
        exec 8<>"/dev/tcp/$host/$port" 9>&8 || return
    else
        mkfifo "$lines/$1.up" "$lines/$1.down" || return
        nc "$host" "$port" <"$lines/$1.up" >"$lines/$1.down" 3<&- 4<&- 5>&- 6>&- 7>&- &
        exec 9>"$lines/$1.up" 8<"$lines/$1.down"
        rm -f "$lines/$1.up" "$lines/$1.down"
    fi
    IFS= read -r challenge <&8 || return
    own=$(random)
    printf '%s %s %s %s\n' "$job" "$1" "$own" "$(mark client "$job" "$1" "$challenge" "$own")" >&9
    IFS= read -r answer <&8 && [ "$answer" = "$(mark server "$job" "$1" "$challenge" "$own")" ]
}

# gnu: whether tar knows the options that keep times and owners whole.
gnu() { tar --version 2>/dev/null | grep -q GNU; }

# give ID PATH: sends a file or folder as a tar stream; names in it begin with the path's last component. Then comes its status: 66
# where there is no such path, 69 without tar.
give() (
    status=66
    if ! command -v tar >/dev/null; then
        status=69
    elif [ -e "$2" ] || [ -L "$2" ]; then
        dial "give-$1" 3<&- || {
            printf 'done %s 70\n' "$1" >&7
            exit
        }
        if gnu; then
            tar --format=posix --numeric-owner -C "${2%/*}/" -cf - -- "${2##*/}" >&9 2>/dev/null 7>&- 8<&-
            status=$?
        else
            status=0
            tar -C "${2%/*}/" -cf - -- "${2##*/}" >&9 2>/dev/null 7>&- 8<&- || status=2
        fi
        exec 8<&- 9>&-
    fi
    printf 'done %s %d\n' "$1" "$status" >&7
)

# take ID FOLDER: unpacks a tar stream into a folder.
take() (
    status=69
    if command -v tar >/dev/null; then
        dial "take-$1" 3<&- || {
            printf 'done %s 70\n' "$1" >&7
            exit
        }
        options=
        ! gnu || options=--numeric-owner
        # shellcheck disable=SC2086 # empty, or one word
        tar $options -C "$2" -xpf - <&8 2>/dev/null 7>&- 9>&-
        status=$?
        cat <&8 >/dev/null
        exec 8<&- 9>&-
    fi
    printf 'done %s %d\n' "$1" "$status" >&7
)

tries=0
until dial control; do
    exec 8<&- 9>&-
    tries=$((tries + 1))
    [ "$tries" -lt 5 ] || give_up "$host:$port, where the batch runs, cannot be reached from this node, or does not know this job"
    sleep 1
done
exec 3<&8 7>&9 8<&- 9>&-
# Of the input both directions stay open: nc would take the end of one for the end of all.
dial input || exit
exec 4<&8 0<&9 8<&- 9>&-
dial output || exit
exec 5>&9 8<&- 9>&-
dial answers || exit
exec 6>&9 8<&- 9>&-

# The build's output is a pipe, as everywhere: /dev/stdout of a socket cannot be opened.
{
    {
        IFS= read -r first <&4 && printf '%s\n' "$first" && {
            IFS= read -r token && cat
        } <"$secret" && exec cat <&4
    } 3<&- 5>&- 6>&- 7>&- |
        {
            # Without the variables that bash adds.
            env -u SHLVL -u _ -u OLDPWD sh -c "$@" 2>&6 3<&- 4<&- 5>&- 6>&- 7>&- 8<&- 9>&-
            printf 'ended %d\n' "$?" >&7
        } | cat >&5 3<&- 4<&- 6>&- 7>&-
} &
exec 4<&- 5>&- 6>&-

# An order is a line of shell. When this connection ends the batch has no use for the job any more, and all of it ends.
while IFS= read -r order <&3; do
    eval "$order" &
done
exit 0
