#!/bin/sh
# Tells git the credentials of the source's host (gitcredentials(7)). It gives no answer for other hosts, and stores and erases
# nothing.
answer=/codebuild/output/tmp/git-credential
[ "$1" = get ] && [ -r "$answer" ] || exit 0

# matches: whether the question on standard input is about the answer's host, and about its user where it names one.
matches() {
    protocol='' host='' username=''
    while IFS= read -r line && [ -n "$line" ]; do
        case $line in
        protocol=*) protocol=$line ;;
        host=*) host=$line ;;
        username=*) username=$line ;;
        esac
    done
    has "$protocol" && has "$host" && { [ -z "$username" ] || has "$username"; }
}

# has LINE: whether the answer has a line.
has() {
    while IFS= read -r known; do
        if [ "$known" = "$1" ]; then return 0; fi
    done <"$answer"
    return 1
}

matches || exit 0
while IFS= read -r line; do
    case $line in username=* | password=*) printf '%s\n' "$line" ;; esac
done <"$answer"
