#!/bin/sh
# certificates.sh FOLDER: an authority (ca.pem) and servers' certificates with their keys, right and wrong, for `localhost`.
set -eu
cd "$1"

new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

# authority NAME
authority() {
    new_key "$1"
    openssl req -x509 -key "$1.key" -out "$1.pem" -days 30 -subj "/CN=$1 of a test" \
        -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign"
}

# server NAME AUTHORITY ALTERNATIVE_NAME START END
server() {
    new_key "$1"
    printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\n' "$3" >"$1.ext"
    openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
    : >"$1.index"
    openssl ca -batch -notext -config ca.conf -name "db_$1" -cert "$2.pem" -keyfile "$2.key" -in "$1.csr" \
        -extfile "$1.ext" -startdate "$4" -enddate "$5" -out "$1.crt"
    cat "$1.crt" "$1.key" >"$1-server.pem"
}

names="good address wrong-host expired early unknown"
for name in $names; do
    printf '[db_%s]\ndatabase=%s.index\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\nunique_subject=no\nrand_serial=yes\n' "$name" "$name"
done >ca.conf
printf '[any]\ncommonName=supplied\n' >>ca.conf

authority ca
authority stranger
long_ago=20200101000000Z
now=20260101000000Z
later=20450101000000Z
server good ca DNS:localhost "$now" "$later"
server address ca IP:127.0.0.1 "$now" "$later"
server wrong-host ca DNS:elsewhere.test "$now" "$later"
server expired ca DNS:localhost "$long_ago" 20210203000000Z
server early ca DNS:localhost 20440506000000Z "$later"
server unknown stranger DNS:localhost "$now" "$later"
new_key self-signed
openssl req -x509 -key self-signed.key -out self-signed.crt -days 30 -subj "/CN=localhost" \
    -addext "subjectAltName=DNS:localhost"
cat self-signed.crt self-signed.key >self-signed-server.pem
