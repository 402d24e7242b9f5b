#!/bin/sh
# publish.sh FROM TO: makes a Maven repository that can be served out of Debian's /usr/share/maven-repo.
set -eu
from=$1
to=$2

# Debian's jars are links into /usr/share/java; a web server needs the files.
cp -rL "$from" "$to"
cd "$to"

# alias_version FOLDER FROM TO: the same artifact once more, under another version.
alias_version() {
    name=${1##*/}
    mkdir -p "$1/$3"
    sed "s|<version>$2</version>|<version>$3</version>|" "$1/$2/$name-$2.pom" >"$1/$3/$name-$3.pom"
    cp "$1/$2/$name-$2.jar" "$1/$3/$name-$3.jar"
}

# Maven gives every plugin that names no plexus-utils the version 1.1, which Debian does not have.
alias_version org/codehaus/plexus/plexus-utils 3.4.2 1.1

# Debian has a Surefire 2.22.3 that was never released to Maven Central; 2.22.2 is its last of that line. Maven reads a
# plugin's version in its jar, too.
plugin=org/apache/maven/plugins/maven-surefire-plugin
alias_version "$plugin" 2.22.3 2.22.2
unpacked=$(mktemp -d)
unzip -q "$plugin/2.22.2/maven-surefire-plugin-2.22.2.jar" META-INF/maven/plugin.xml -d "$unpacked"
sed -i 's|<version>2\.22\.3</version>|<version>2.22.2</version>|' "$unpacked/META-INF/maven/plugin.xml"
repository=$PWD
(cd "$unpacked" && zip -q "$repository/$plugin/2.22.2/maven-surefire-plugin-2.22.2.jar" META-INF/maven/plugin.xml)

# Without checksums beside the files Maven warns at every one of them.
find . -type f -name '*.[jp][ao][rm]' | while IFS= read -r file; do
    sha1sum <"$file" | cut -c 1-40 >"$file.sha1"
done
