# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the scripts of services. A service keeps all that it has in one folder, listens on
# loopback only, and is ended by the process ids that it wrote down.
#   DIR/env   its variables, once it answers    DIR/pid   one id a file    DIR/log   what it says

HOST=127.0.0.1

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# service "$@": reads `start|stop DIR` into DIR. `stop` is done here and ends the script; a start
# that fails leaves nothing.
service() {
    [[ $# == 2 && ($1 == start || $1 == stop) ]] || die "usage: ${0##*/} start|stop DIR"
    DIR=$(realpath -m "$2")
    if [[ $1 == stop ]]; then
        stop_service
        exit 0
    fi
    [[ ! -e $DIR/env ]] || die "$DIR: a service lives there already"
    mkdir -p "$DIR"/{pid,log,data}
    trap 'rc=$?; if ((rc != 0)); then tail -n 5 "$DIR"/log/* >&2; stop_service; fi' EXIT
}

stop_service() {
    local file pid i
    for file in "$DIR"/pid/*; do
        [[ -e $file ]] || continue
        pid=$(<"$file")
        # The mark tells ours from another process that has been given the number since.
        grep -qzx "SAOLUU_SERVICE=$DIR" "/proc/$pid/environ" 2>/dev/null || continue
        kill "$pid" 2>/dev/null || continue
        for ((i = 0; i < 40; i++)); do
            grep -q '^State:.[^ZX]' "/proc/$pid/status" 2>/dev/null || break
            ((i < 30)) || kill -9 "$pid" 2>/dev/null || true
            sleep 0.1
        done
    done
    rm -rf --one-file-system "$DIR"
}

# Below the kernel's ephemeral range, so that no client takes it meanwhile.
free_port() {
    local port
    while :; do
        port=$((10000 + RANDOM % 20000))
        (exec 3<>"/dev/tcp/$HOST/$port") 2>/dev/null || break
    done
    echo "$port"
}

# spawn NAME COMMAND...: in the background, its id written down.
spawn() {
    local name=$1
    shift
    SAOLUU_SERVICE=$DIR setsid "$@" >>"$DIR/log/$name" 2>&1 </dev/null &
    echo "$!" >"$DIR/pid/$name"
}

# until_ok SECONDS COMMAND...: repeats it until it succeeds.
until_ok() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || die "it does not answer: $*"
        sleep 0.1
    done
}

# ready NAME=VALUE...: prints what whoever uses the service needs, and keeps it.
ready() {
    printf 'export %q\n' "$@" | tee "$DIR/env.new"
    mv "$DIR/env.new" "$DIR/env"
}

# A CA of its own and a certificate for 127.0.0.1 and *.localhost, in DIR/tls.
make_certificates() {
    mkdir "$DIR/tls"
    (
        cd "$DIR/tls" || exit
        key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
        openssl req -x509 "${key[@]}" -days 30 -subj /CN=saoluu-test-ca -keyout ca.key -out ca.pem \
            -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
        openssl req "${key[@]}" -subj /CN=localhost -keyout server.key -out server.csr
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
            -out server.crt -extfile \
            <(echo 'subjectAltName=DNS:localhost,DNS:*.localhost,DNS:*.s3.localhost,IP:127.0.0.1')
    ) >"$DIR/log/openssl" 2>&1
}

# make_bucket ENDPOINT BUCKET KEY SECRET [HEADER:VALUE]: by a signature of the shell's own, so that
# the tests do not stand on the code that they test. The header's name must sort before x-amz-c.
make_bucket() {
    local endpoint=$1 bucket=$2 access=$3 secret=$4 header=${5:-} host=${1#*://}
    local now day empty headers names request to_sign key part
    now=$(date -u +%Y%m%dT%H%M%SZ) day=${now%T*}
    empty=$(printf '' | sha256sum | cut -d' ' -f1)
    names="host;${header:+${header%%:*};}x-amz-content-sha256;x-amz-date"
    headers=$(printf '%s\n' "host:$host" ${header:+"$header"} "x-amz-content-sha256:$empty" \
        "x-amz-date:$now")
    request=$(printf '%s\n' PUT "/$bucket" "" "$headers" "" "$names" "$empty")
    to_sign=$(printf '%s\n' AWS4-HMAC-SHA256 "$now" "$day/us-east-1/s3/aws4_request" \
        "$(printf %s "$request" | sha256sum | cut -d' ' -f1)")
    key=$(printf %s "AWS4$secret" | od -An -vtx1 | tr -d ' \n')
    for part in "$day" us-east-1 s3 aws4_request "$to_sign"; do
        key=$(printf %s "$part" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -r |
            cut -d' ' -f1)
    done
    curl -fsS --noproxy '*' -o /dev/null -X PUT "$endpoint/$bucket" ${header:+-H "$header"} \
        -H "x-amz-date: $now" -H "x-amz-content-sha256: $empty" -H "Authorization: \
AWS4-HMAC-SHA256 Credential=$access/$day/us-east-1/s3/aws4_request, SignedHeaders=$names, \
Signature=$key"
}
