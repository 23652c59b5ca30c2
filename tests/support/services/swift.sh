#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: swift.sh start|stop DIR
#
# OpenStack Swift with its s3api, as Debian has it (2.30): an S3 of other makers, which answers 501
# to a conditional PUT and passes over object lock in silence. Bucket: test.
# needs: swift-proxy swift-account swift-container swift-object memcached curl openssl; root
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
service "$@"

rings=()
declare -A port=([account]=$(free_port) [container]=$(free_port) [object]=$(free_port))
http=$(free_port) memcached=$(free_port)
mkdir -p "$DIR/data/d1" "$DIR/cache"
printf '[swift-hash]\nswift_hash_path_suffix = test\nswift_hash_path_prefix = test\n' \
    >"$DIR/swift.conf"
for server in account container object; do
    (
        cd "$DIR"
        swift-ring-builder "$server.builder" create 4 1 0
        swift-ring-builder "$server.builder" add "r1z1-$HOST:${port[$server]}/d1" 1
        swift-ring-builder "$server.builder" rebalance 1
    ) >"$DIR/log/ring-$server" 2>&1 &
    rings+=($!)
    cat >"$DIR/$server.conf" <<CONF
[DEFAULT]
bind_ip = $HOST
bind_port = ${port[$server]}
swift_dir = $DIR
devices = $DIR/data
mount_check = false
recon_cache_path = $DIR/cache
user = $(id -un)
workers = 0
log_address = /dev/null
fallocate_reserve = 0
[pipeline:main]
pipeline = $server-server
[app:$server-server]
use = egg:swift#$server
CONF
done
for ring in "${rings[@]}"; do
    wait "$ring" || die "a ring could not be made"
done
cat >"$DIR/proxy.conf" <<CONF
[DEFAULT]
bind_ip = $HOST
bind_port = $http
swift_dir = $DIR
user = $(id -un)
workers = 0
log_address = /dev/null
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache s3api tempauth copy slo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
memcache_servers = $HOST:$memcached
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = false
check_bucket_owner = true
storage_domain = s3.localhost
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = test/secret+key0123456789 .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true
[filter:symlink]
use = egg:swift#symlink
CONF
spawn memcached memcached -u "$(id -un)" -l "$HOST" -p "$memcached" -m 32
for server in account container object proxy; do
    spawn "$server" "swift-$server-server" "$DIR/$server.conf"
done

access=test:tester secret=test/secret+key0123456789
until_ok 120 curl -fsS --noproxy '*' "http://$HOST:$http/healthcheck"
until_ok 60 make_bucket "http://$HOST:$http" test "$access" "$secret"

# Each server starts in its own time: the proxy answers, and containers are made, before there is
# anything that takes an object.
put_object() {
    local token
    token=$(curl -fsS --noproxy '*' -D - -o /dev/null -H "X-Auth-User: $access" \
        -H "X-Auth-Key: $secret" "http://$HOST:$http/auth/v1.0" |
        sed -n 's/^X-Auth-Token: *\([^\r]*\).*/\1/p')
    for name in ready ready/object; do
        curl -fsS --noproxy '*' -o /dev/null -X PUT -H "X-Auth-Token: $token" --data-binary x \
            "http://$HOST:$http/v1/AUTH_test/$name"
    done
}
until_ok 60 put_object
ready "SAOLUU_TEST_S3_KIND=swift" "SAOLUU_TEST_S3_ENDPOINT=http://$HOST:$http" \
    "SAOLUU_TEST_S3_VHOST=http://s3.localhost:$http" \
    "SAOLUU_TEST_S3_ACCESS_KEY=$access" "SAOLUU_TEST_S3_SECRET_KEY=$secret" \
    "SAOLUU_TEST_S3_REGION=us-east-1" "SAOLUU_TEST_S3_BUCKET=test"
