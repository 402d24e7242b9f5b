#!/bin/sh
# install.sh: fills buildspec/standard, and writes down as its runtimes.yml what it could install. JAVA, NODEJS, GOLANG and EVERYTHING
# as in the Dockerfile.
set -eu
export DEBIAN_FRONTEND=noninteractive
runtimes=/codebuild/image/config/runtimes.yml
runtime=/codebuild/image/runtime.sh

# install PACKAGE…: those that this Debian has.
install() {
    known=
    for package; do
        # apt takes a name that is none for a pattern: `python3.9` would find `libcasa-python3-9`.
        if apt-cache show "$package" 2>/dev/null | grep -qxF "Package: $package"; then known="$known $package"; fi
    done
    # shellcheck disable=SC2086 # package names have no blanks
    [ -z "$known" ] || apt-get -qq install -y --no-install-recommends $known
}

# begin RUNTIME; key VERSION WORDS…; fallback WORDS…: parts of runtimes.yml.
begin() { printf '  %s:\n    versions:\n' "$1" >>"$runtimes"; }
entry() {
    printf '      %s:\n        commands:\n' "$1" >>"$runtimes"
    shift
    for command; do printf '          - %s\n' "$command" >>"$runtimes"; done
}

mkdir -p /codebuild/image/config /usr/share/man/man1
printf 'version: 0.1\nruntimes:\n' >"$runtimes"
# The mirror of unstable may be some days behind.
apt-get -qq -o Acquire::Check-Valid-Until=false update
install ca-certificates curl git python3-venv
python3 -m venv /opt/pip
if [ "$EVERYTHING" = yes ]; then
    install awscli build-essential docker-buildx docker-cli docker.io file gnupg iptables jq less maven openssh-client patch php-cli php-mbstring php-xml \
        procps python-is-python3 python3-dev python3-pip ruby ruby-dev rsync unzip wget xz-utils zip
fi

if [ -n "$JAVA" ]; then
    newest=
    begin java
    for version in $JAVA; do
        install "openjdk-$version-jdk-headless"
        home=$(echo /usr/lib/jvm/java-"$version"-openjdk-*)
        [ -d "$home" ] || continue
        newest=$version
        mkdir -p /opt/java
        ln -s "$home" "/opt/java/$version"
        entry "corretto$version" "'echo \"Installing OpenJDK version $version, in place of Corretto ...\"'" \
            "sh $runtime use java $version" 'export JAVA_HOME=/opt/java/current JDK_HOME=/opt/java/current JRE_HOME=/opt/java/current'
    done
    # Other versions are Debian's, too, as far as it has them.
    entry default "'echo \"Installing custom OpenJDK version \$VERSION ...\"'" "sh $runtime get java \"\$VERSION\"" \
        'export JAVA_HOME=/opt/java/current JDK_HOME=/opt/java/current JRE_HOME=/opt/java/current'
    # What AWS's image begins with.
    [ ! -d /opt/java/17 ] || newest=17
    [ -z "$newest" ] || sh "$runtime" use java "$newest"
fi

if [ -n "$NODEJS" ]; then
    begin nodejs
    for version in $NODEJS; do
        sh "$runtime" get nodejs "$version" /codebuild/image/authorities.pem
        entry "$version" "'echo \"Installing Node.js version $version ...\"'" "sh $runtime use nodejs $version"
    done
    entry default "'echo \"Installing custom Node.js version \$VERSION ...\"'" "sh $runtime get nodejs \"\$VERSION\""
    if [ -d /opt/nodejs/18 ]; then sh "$runtime" use nodejs 18; fi
fi

if [ -n "$GOLANG" ]; then
    begin golang
    for version in $GOLANG; do
        sh "$runtime" get golang "$version" /codebuild/image/authorities.pem
        entry "$version" "'echo \"Installing Go version $version ...\"'" "sh $runtime use golang $version"
    done
    entry default "'echo \"Installing custom Go version \$VERSION ...\"'" "sh $runtime get golang \"\$VERSION\""
fi

if [ "$EVERYTHING" = yes ]; then
    begin python
    for version in 3.9 3.10 3.11 3.12 3.13 3.14; do
        install "python$version" "python$version-venv" "python$version-dev"
        [ -x "/usr/bin/python$version" ] || continue
        entry "$version" "'echo \"Installing Python version $version ...\"'" "sh $runtime use python $version"
    done
    version=$(ruby -e 'puts RUBY_VERSION[/\d+\.\d+/]')
    begin ruby
    entry "$version" "'echo \"Ruby version $version is the one that is installed\"'"
    version=$(php -r 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;')
    begin php
    entry "$version" "'echo \"PHP version $version is the one that is installed\"'"
fi

useradd --create-home --shell /bin/bash codebuild-user
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /root/.cache
