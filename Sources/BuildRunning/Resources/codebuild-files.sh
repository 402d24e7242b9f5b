#!/bin/sh
# shellcheck shell=dash
# The programs of /codebuild/user/bin in one text, told apart by the name they are called by:
#
#   codebuild-breakpoint            pauses the build until codebuild-resume is called, in a debug session; else nothing
#   codebuild-resume                (CODEBUILD.md 11)
#   codebuild-hash-files GLOB...    one SHA-256 over the files that match below the source's folder
#   codebuild-glob-search GLOB...   the files that match below the current folder, one a line
#   codebuild-tests-run --test-command TEXT --files-search TEXT [--sharding-strategy equal-distribution|stability]
#                                   runs a command with this shard's part of the files that another one lists, in a fanout;
#                                   elsewhere with all of them; with BUILDSPEC_SHARD_BY=time, which is ours, divided by time
#
# `*`, `?` and `[...]` stay inside one name, `**` crosses folders, `{a,b}` is one of several. Folders are not listed,
# links to folders are not entered by `**`, and neither is `.git` by any wildcard. Written for dash, bash and busybox;
# no `find`, no `sort`. The hash is that of the lines `sha256sum` would print for the files, in the order of the walk.
N='
'
me=${0##*/}

# refuse WORDS: ends the program; something is wrong with how it was called.
refuse() {
    printf "%s: %s\nusage: %s --test-command TEXT --files-search TEXT [--sharding-strategy equal-distribution|stability]\n" \
        "$me" "$1" "$me" >&2
    exit 2
}

# tests_run ARGUMENTS: codebuild-tests-run. Its part is named by BUILDSPEC_SHARD, NUMBER/TOTAL, a variable of ours: the service's
# own is documented nowhere.
tests_run() {
    test_command=
    files_search=
    strategy=equal-distribution
    while [ $# -gt 0 ]; do
        case $1 in
        --*=*)
            option=${1%%=*}
            value=${1#*=}
            shift
            ;;
        *)
            option=$1
            [ $# -gt 1 ] || refuse "\`$1\` needs a value"
            value=$2
            shift 2
            ;;
        esac
        case $option in
        --test-command) test_command=$value ;;
        --files-search) files_search=$value ;;
        --sharding-strategy) strategy=$value ;;
        *) refuse "there is no option \`$option\`" ;;
        esac
    done
    [ -n "$test_command" ] || refuse "--test-command is missing"
    [ -n "$files_search" ] || refuse "--files-search is missing"
    case $strategy in
    equal-distribution | stability) ;;
    *) refuse "--sharding-strategy is \`$strategy\`, expected equal-distribution or stability" ;;
    esac
    state=${0%/user/bin/*}/output/tmp
    expected=
    chosen=
    shard=${BUILDSPEC_SHARD:-1/1}
    total=${shard#*/}
    shard=${shard%/*}
    found=$(sh -c "$files_search") || {
        status=$?
        printf '%s: the search ended with status %s: %s\n' "$me" "$status" "$files_search" >&2
        exit "$status"
    }
    found=$(printf '%s\n' "$found" | LC_ALL=C sort -u)
    set -f
    IFS=$N
    # shellcheck disable=SC2086 # a word for each line
    set -- $found
    unset IFS
    set +f
    if [ $# = 0 ]; then
        printf '%s: the search found no files: %s\n' "$me" "$files_search" >&2
        exit 1
    fi
    mine=
    words=
    count=0
    place=0
    all=$#
    if [ "${BUILDSPEC_SHARD_BY:-}" = time ]; then
        by_time "$@" || strategy=equal-distribution
    fi
    # The first of so many shards have one file more.
    more=$((all % total))
    size=$((all / total))
    first=$(((shard - 1) * size + (shard - 1 < more ? shard - 1 : more)))
    last=$((first + size + (shard <= more)))
    for file; do
        if [ "$strategy" = time ]; then
            case $N$chosen$N in
            *"$N$file$N"*) take_it=1 ;;
            *) take_it= ;;
            esac
        elif [ "$strategy" = stability ]; then
            owner=$(owner_of "$file")
            [ "$owner" = "$shard" ] && take_it=1 || take_it=
        else
            [ "$place" -ge "$first" ] && [ "$place" -lt "$last" ] && take_it=1 || take_it=
        fi
        place=$((place + 1))
        [ -n "$take_it" ] || continue
        count=$((count + 1))
        mine=$mine${mine:+$N}$file
        # Most names need no quotes, and no process of their own.
        case $file in
        *[!A-Za-z0-9_./:@%+,=-]*) words="$words $(quoted "$file")" ;;
        *) words="$words $file" ;;
        esac
    done
    printf '%s: shard %s of %s has %s of %s files%s\n' "$me" "$shard" "$total" "$count" "$all" "$expected" >&2
    [ "$count" -gt 0 ] || exit 0
    # A command that reads the list itself gets none behind it. [inferred, CODEBUILD-2026 D.2]
    case $test_command in
    *CODEBUILD_CURRENT_SHARD_FILES*) words= ;;
    esac
    CODEBUILD_CURRENT_SHARD_FILES=$mine exec sh -c "$test_command$words"
}

# by_time FILE...: chooses the files of this shard by the times they took, the longest first, each for the shard that has least to do
# (our own, `run --batch --shard-by time`). A file of which nothing is known takes the median. Every shard comes to the same.
by_time() {
    if ! command -v awk >/dev/null; then
        printf '%s: the image has no awk: files are divided by their names, not by their times\n' "$me" >&2
        return 1
    fi
    divided=$(
        printf '%s\n' "$@" | LC_ALL=C awk -v times="$state/shard-times" '
            # All of one length, so that sort needs no numbers; a zero in front would make them octal for busybox.
            function line(time, file) { printf "%.0f\t%s\n", 1e12 + time, file }
            function known(file, name) {
                sub(/^(\.\/)+/, "", file)
                if (file in took) return took[file]
                name = file
                sub(/\.[^.\/]*$/, "", name)
                while (!(name in took)) {
                    # `src/test/java/org/acme/OwnerTest` is the file of `org/acme/OwnerTest`.
                    if (!sub(/^[^\/]*\//, "", name)) return -1
                }
                return took[name]
            }
            BEGIN {
                while ((getline entry < times) > 0) {
                    split(entry, part, "\t")
                    took[substr(entry, length(part[1]) + 2)] = part[1] + 0
                }
            }
            {
                time = known($0)
                if (time < 0) {
                    unknown[++missing] = $0
                    next
                }
                line(time, $0)
                # Sorted as they come: there are not too many.
                for (place = ++count; place > 1 && all[place - 1] > time; place--) all[place] = all[place - 1]
                all[place] = time
            }
            END {
                median = count ? all[int((count + 1) / 2)] : 1
                for (number = 1; number <= missing; number++) line(median, unknown[number])
            }' | LC_ALL=C sort -k1,1r -k2 | LC_ALL=C awk -v shard="$shard" -v total="$total" '
            {
                split($0, part, "\t")
                owner = 1
                for (number = 2; number <= total; number++)
                    if (load[number] + 0 < load[owner] + 0 || load[number] + 0 == load[owner] + 0 && files[number] + 0 < files[owner] + 0)
                        owner = number
                load[owner] += part[1] - 1e12
                files[owner]++
                sum += part[1] - 1e12
                if (owner == shard) print substr($0, length(part[1]) + 2)
            }
            END { printf ", %.1f of %.1f s by the last reports\n", load[shard] / 1000, sum / 1000 }'
    ) || return 1
    chosen=${divided%"$N"*}
    expected=${divided##*"$N"}
    [ "$chosen" != "$expected" ] || chosen=
    strategy="time"
}

# owner_of FILE: the shard with the highest of numbers that follow from the file's name and the shard's: with one shard or file
# more or less few others change hands.
owner_of() (
    hash=$(printf %s "$1" | cksum)
    hash=${hash%% *}
    best=-1
    owner=1
    number=1
    while [ "$number" -le "$total" ]; do
        mixed=$((((hash ^ (number * 2654435761)) & 0xffffffff) * 2246822519 & 0xffffffff))
        mixed=$(((mixed ^ (mixed >> 15)) * 3266489917 & 0xffffffff))
        mixed=$((mixed ^ (mixed >> 13)))
        if [ "$mixed" -gt "$best" ]; then
            best=$mixed
            owner=$number
        fi
        number=$((number + 1))
    done
    printf %s "$owner"
)

# quoted WORD: as a shell reads it back.
quoted() {
    printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"
}

if [ "$me" = codebuild-tests-run ]; then tests_run "$@"; fi
LC_ALL=C
export LC_ALL
tmp=${0%/user/bin/*}/output/tmp
case $me in
codebuild-breakpoint)
    [ -e "$tmp/debug" ] || exit 0
    : >"$tmp/paused"
    while [ -e "$tmp/paused" ]; do sleep 0.2 2>/dev/null || sleep 1; done
    exit
    ;;
codebuild-resume)
    rm -f "$tmp/paused"
    exit
    ;;
esac
patterns=
batch=
count=0

# add PATTERN: to the patterns, once for every way through its braces (the innermost first).
add() {
    local head tail group choice
    head=${1%%\}*}
    case $1 in
    *\}*) case $head in
        *\{*)
            tail=${1#*\}}
            group=${head##*\{}
            head=${head%\{*}
            while :; do
                choice=${group%%,*}
                add "$head$choice$tail"
                case $group in
                *,*) group=${group#*,} ;;
                *) return ;;
                esac
            done
            ;;
        esac ;;
    esac
    add_plain "$1"
}

# add_plain PATTERN: without empty names, `.` and doubled `**`. One that leads out of the folder can match nothing.
add_plain() {
    local rest part form
    rest=$1
    form=
    case $rest in
    "$PWD"/*) rest=${rest#"$PWD"/} ;;
    /*) return ;;
    esac
    while [ -n "$rest" ]; do
        part=${rest%%/*}
        case $rest in
        */*) rest=${rest#*/} ;;
        *) rest= ;;
        esac
        case $part in
        '' | .) continue ;;
        ..) return ;;
        '**') case $form in '**' | */'**') continue ;; esac ;;
        esac
        form=$form${form:+/}$part
    done
    case $form in
    '') return ;;
    '**' | */'**') form=$form/'*' ;;
    esac
    patterns=$patterns$form$N
}

# walk FOLDER PATTERN...: takes the files below a folder (with its slash) that what is left of a pattern matches.
walk() {
    local folder entry name pattern head rest found deeper below
    folder=$1
    shift
    for entry in "$folder"* "$folder".[!.]* "$folder"..?*; do
        [ -e "$entry" ] || continue
        name=${entry##*/}
        found=
        deeper=
        below=
        for pattern; do
            while
                head=${pattern%%/*}
                rest=${pattern#"$head"}
                rest=${rest#/}
                [ "$head" = '**' ]
            do
                [ "$name" = .git ] || below=$below$pattern$N
                pattern=$rest
            done
            [ "$name" != .git ] || [ "$head" = .git ] || continue
            # shellcheck disable=SC2254 # it is a pattern
            case $name in
            $head) if [ -n "$rest" ]; then deeper=$deeper$rest$N; else found=1; fi ;;
            esac
        done
        if [ -n "$found" ] && [ -f "$entry" ]; then take "$entry"; fi
        if [ -z "$deeper$below" ] || [ ! -d "$entry" ]; then continue; fi
        if [ -L "$entry" ]; then below=; fi
        [ -z "$deeper$below" ] || split walk "$entry/" "$deeper$below"
    done
}

# split FUNCTION WORD LINES: calls the function with the word and a word for each line.
split() {
    set -f
    IFS=$N
    # shellcheck disable=SC2086 # split it is
    set -- "$1" "$2" $3
    unset IFS
    set +f
    "$@"
}

take() {
    case $me:$1 in
    *search:*)
        count=1
        printf '%s\n' "$1"
        ;;
    *"$N"*)
        flush
        digest_lines '' "$1"
        ;;
    *)
        batch=$batch$1$N
        count=$((count + 1))
        [ "$count" -lt 256 ] || flush
        ;;
    esac
}

flush() {
    [ -z "$batch" ] || split digest_lines '' "$batch"
    batch=
    count=0
}

# digest_lines '' FILE...: a line with hash and path for each.
digest_lines() {
    local path sums hash
    shift
    sums=$(digest "$@") || exit 1
    for path; do
        hash=${sums%%[ "$N"]*}
        sums=${sums#*"$N"}
        # GNU's marks lines whose name it had to escape.
        printf '%s  %s\n' "${hash#\\}" "$path"
    done
}

# digest FILE...: lines that begin with the SHA-256 of a file; of standard input without one.
digest() {
    local path
    for path; do
        shift
        set -- "$@" "./$path"
    done
    if command -v sha256sum >/dev/null; then
        sha256sum "$@"
    elif command -v shasum >/dev/null; then
        shasum -a 256 "$@"
    elif command -v openssl >/dev/null; then
        openssl dgst -sha256 -r "$@"
    elif [ $# = 0 ]; then
        sha256
    else
        for path; do sha256 <"$path" || return; done
    fi
}

bytes() {
    if command -v od >/dev/null; then
        od -An -v -tu1
    elif command -v hexdump >/dev/null; then
        hexdump -v -e '1/1 "%u "'
    else
        printf '%s: the image has none of sha256sum, shasum, openssl, od and hexdump\n' "$me" >&2
        return 1
    fi
}

# sha256: of standard input, by the shell's own arithmetic (FIPS 180-4); some kilobytes a second.
sha256() (
    all=$(bytes) || exit
    i=0
    for k in 428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5 d807aa98 12835b01 243185be \
        550c7dc3 72be5d74 80deb1fe 9bdc06a7 c19bf174 e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc \
        76f988da 983e5152 a831c66d b00327c8 bf597fc7 c6e00bf3 d5a79147 06ca6351 14292967 27b70a85 2e1b2138 4d2c6dfc \
        53380d13 650a7354 766a0abb 81c2c92e 92722c85 a2bfe8a1 a81a664b c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 \
        106aa070 19a4c116 1e376c08 2748774c 34b0bcb5 391c0cb3 4ed8aa4a 5b9cca4f 682e6ff3 748f82ee 78a5636f 84c87814 \
        8cc70208 90befffa a4506ceb bef9a3f7 c67178f2; do
        eval "k$i=$((0x$k))"
        i=$((i + 1))
    done
    m=$((0xffffffff))
    h0=$((0x6a09e667)) h1=$((0xbb67ae85)) h2=$((0x3c6ef372)) h3=$((0xa54ff53a))
    h4=$((0x510e527f)) h5=$((0x9b05688c)) h6=$((0x1f83d9ab)) h7=$((0x5be0cd19))
    word=0
    place=0

    byte() {
        word=$((word << 8 | $1))
        place=$((place + 1))
        [ $((place & 3)) = 0 ] || return 0
        eval "w$((place / 4 - 1))=$word"
        word=0
        [ "$place" = 64 ] || return 0
        place=0
        block
    }

    block() {
        i=16
        while [ "$i" -lt 64 ]; do
            eval "p=\$w$((i - 16)) q=\$w$((i - 15)) r=\$w$((i - 7)) s=\$w$((i - 2))"
            # shellcheck disable=SC2154
            eval "w$i=$((((((q >> 7 | q << 25) ^ (q >> 18 | q << 14)) & m ^ q >> 3) + (((s >> 17 | s << 15) ^ (s >> 19 | s << 13)) & m ^ s >> 10) + p + r) & m))"
            i=$((i + 1))
        done
        a=$h0 b=$h1 c=$h2 d=$h3 e=$h4 f=$h5 g=$h6 h=$h7
        i=0
        while [ "$i" -lt 64 ]; do
            eval "p=\$((k$i + w$i))"
            p=$((p + h + (((e >> 6 | e << 26) ^ (e >> 11 | e << 21) ^ (e >> 25 | e << 7)) & m) + (e & f ^ (m ^ e) & g)))
            q=$(((((a >> 2 | a << 30) ^ (a >> 13 | a << 19) ^ (a >> 22 | a << 10)) & m) + (a & b ^ a & c ^ b & c)))
            h=$g g=$f f=$e e=$(((d + p) & m)) d=$c c=$b b=$a a=$(((p + q) & m))
            i=$((i + 1))
        done
        h0=$(((h0 + a) & m)) h1=$(((h1 + b) & m)) h2=$(((h2 + c) & m)) h3=$(((h3 + d) & m))
        h4=$(((h4 + e) & m)) h5=$(((h5 + f) & m)) h6=$(((h6 + g) & m)) h7=$(((h7 + h) & m))
    }

    length=0
    for value in $all; do
        byte "$value"
        length=$((length + 8))
    done
    byte 128
    while [ "$place" != 56 ]; do byte 0; done
    for shift in 56 48 40 32 24 16 8 0; do byte $((length >> shift & 255)); done
    printf '%08x%08x%08x%08x%08x%08x%08x%08x -\n' "$h0" "$h1" "$h2" "$h3" "$h4" "$h5" "$h6" "$h7"
)

# search: what the patterns find; says so when it is nothing.
search() {
    split walk '' "$patterns"
    flush
}

if [ $# = 0 ]; then
    printf 'usage: %s GLOB...\n' "$me" >&2
    exit 2
fi
case $me in
*search) ;;
*) cd "${CODEBUILD_SRC_DIR:-.}" || exit ;;
esac
for pattern; do add "$pattern"; done
found=$(
    search || exit
    printf .
) || exit
found=${found%.}
[ -n "$found" ] || printf '%s: no files found matching: %s\n' "$me" "$*" >&2
case $me in
*search) printf '%s' "$found" ;;
*)
    hash=$(printf '%s' "$found" | digest) || exit
    printf '%s\n' "${hash%% *}"
    ;;
esac
