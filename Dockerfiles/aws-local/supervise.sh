#!/bin/sh
# supervise.sh: the first process of buildspec/aws-local. It runs the registry and the server, and ends when it is told, when
# one of the two has ended, or when nobody has held the cloud (hold.sh) for AWS_LOCAL_IDLE seconds (60; 0: never).
set -eu
here=/usr/local/lib/aws-local
run=/run/aws-local
mkdir -p "$run" /var/lib/aws-local/registry /var/lib/aws-local/moto
# A container that is started again has those of its first life.
rm -f "$run/ready" "$run/failed"
: >>"$run/held"

# As the first process its end is that of all others.
trap 'exit 0' TERM INT
trap 'exit 1' USR1

run_beside() {
    (
        trap - TERM INT USR1
        "$@" || true
        echo "$1 has ended" >"$run/failed"
        # For hold.sh to say so.
        sleep 0.2
        kill -USR1 $$
    ) &
}

run_beside docker-registry serve /etc/aws-local/registry.yml
run_beside python3 "$here/server.py"

idle=${AWS_LOCAL_IDLE:-60}
pause=$((idle > 20 ? 10 : idle / 2 + 1))
unheld=0
while :; do
    # In the background: a signal ends `wait`, but not a program in the foreground.
    sleep "$pause" &
    wait $!
    if [ "$idle" -gt 0 ] && flock --nonblock --exclusive "$run/held" true; then
        unheld=$((unheld + pause))
        [ "$unheld" -lt "$idle" ] || exit 0
    else
        unheld=0
    fi
done
