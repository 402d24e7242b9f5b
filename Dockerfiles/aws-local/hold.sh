#!/bin/sh
# hold.sh ACCOUNT REGION [REPOSITORY…]: waits until the cloud is up, makes the repositories that are not there, says so, and
# keeps the cloud from ending for want of users until its own input ends.
#
# Says lines: `note TEXT`, what a user should know; `account ID`, when the cloud runs for another account, and ends then;
# `refused REASON`, and ends; `ready ADDRESS`.
set -eu
run=/run/aws-local
account=$1
region=$2
shift 2
if [ "$account" != "$MOTO_ACCOUNT_ID" ]; then
    echo "account $MOTO_ACCOUNT_ID"
    exit 0
fi
exec 9>>"$run/held"
flock --shared 9
for _ in $(seq 1 3000); do
    [ ! -e "$run/ready" ] || break
    if [ -e "$run/failed" ]; then
        echo "refused $(cat "$run/failed")"
        exit 0
    fi
    sleep 0.01
done
if [ ! -e "$run/ready" ]; then
    echo "refused it has not come up within 30 s"
    exit 0
fi
cat "$run/ready"
if [ $# -gt 0 ]; then
    problem=$(python3 /usr/local/lib/aws-local/call.py "$region" make-repositories "$@" 2>&1) || {
        echo "refused $(printf '%s\n' "$problem" | tail -n 1)"
        exit 0
    }
fi
# The first address is that of the network the container was started in.
echo "ready $(hostname -i | cut -d ' ' -f 1)"
cat >/dev/null
