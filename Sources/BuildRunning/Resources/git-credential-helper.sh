#!/bin/sh
# What git asks for the credentials of the source's host (gitcredentials(7)). Every other host gets no answer, and there
# is nothing to store or to erase.
answer=/codebuild/output/tmp/git-credential
[ "$1" = get ] && [ -r "$answer" ] || exit 0

# Whether the question on standard input is about the host of the answer, and about its user if about any.
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

# Whether a line stands in the answer.
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
