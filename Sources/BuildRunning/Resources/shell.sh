# shellcheck shell=sh
# A shell for people in a build's container, where the build stands or failed: its folder and its variables.
#
# $1 the state's folder; $2 a command to run instead, or nothing; $3 the prompt's first word; $4 the failed command;
# $5 not empty for an interactive shell; $6 what is said on entering. Nothing of ours stays in the shell's environment or in
# the container.
state=$1
[ -z "${6-}" ] || printf '%s' "$6" >&2
[ -e "$state/env.sh" ] || state=/codebuild/output/tmp
PATH=$PATH:/codebuild/user/bin
export PATH
# The state is read by a shell that knows its words: bash's `declare -x` is nothing to dash.
if grep -q '^declare -x' "$state/env.sh" 2>/dev/null; then reader='bash'; else reader='sh'; fi
# shellcheck disable=SC2016 # expanded by the reader
exec "$reader" -c '
    set -a; . "$1/env.sh"; set +a
    cd "$(cat "$1/dir.txt")" || cd /
    if [ -n "$2" ]; then exec "$0" -c "$2"; fi
    if [ -z "$5" ]; then exec "$0"; fi
    if ! command -v bash >/dev/null; then PS1="$3 \$ " exec "$0" -i; fi
    rc=/tmp/.buildspec-shell.$$
    cat >"$rc" <<\END
HISTFILE=
PS1="$BUILDSPEC_PROMPT \\w \\$ "
history -s -- "$BUILDSPEC_FAILED"
rm -f "$BUILDSPEC_RC"
unset BUILDSPEC_PROMPT BUILDSPEC_FAILED BUILDSPEC_RC
END
    export BUILDSPEC_PROMPT="$3" BUILDSPEC_FAILED="$4" BUILDSPEC_RC="$rc"
    exec bash --rcfile "$rc" -i
' "$reader" "$state" "$2" "$3" "$4" "$5"
