#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: rgw.sh start|stop DIR
#
# Ceph's S3 gateway, as Debian has it (16.2), over http and https: one monitor and one store that
# keeps all in memory. Buckets: test, and test-lock with object lock.
# needs: ceph-mon ceph-osd radosgw curl openssl; root
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
service "$@"

make_certificates
monitor=$(free_port) http=$(free_port) https=$(free_port)
export CEPH_CONF=$DIR/ceph.conf
cluster=$(cat /proc/sys/kernel/random/uuid)
cat >"$CEPH_CONF" <<CONF
[global]
fsid = $cluster
mon host = v1:$HOST:$monitor
public addr = $HOST
cluster addr = $HOST
auth cluster required = none
auth service required = none
auth client required = none
run dir = $DIR
admin socket = $DIR/\$name.asok
keyring = $DIR/keyring
log file = $DIR/log/\$name.log
pid file =
ms bind msgr2 = false
crash dir = $DIR
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 2
osd pool default pgp num = 2
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon max pg per osd = 1000
[mon]
mon data = $DIR/data/mon
mon cluster log file = $DIR/log/cluster.log
mon allow pool size one = true
mon data avail crit = 1
mon data avail warn = 1
mon osd min down reporters = 1
paxos propose interval = 0.05
paxos min wait = 0.01
[osd]
osd data = $DIR/data/osd
osd objectstore = memstore
memstore device bytes = 4294967296
osd class update on start = false
osd crush update on start = false
[client]
rgw frontends = beast endpoint=$HOST:$http ssl_endpoint=$HOST:$https ssl_certificate=$DIR/tls/server.crt ssl_private_key=$DIR/tls/server.key
rgw dns name = s3.localhost
rgw data = $DIR/data/rgw
rgw thread pool size = 32
rgw run sync thread = false
rgw enable usage log = false
rgw override bucket index max shards = 1
rgw dynamic resharding = false
CONF
mkdir -p "$DIR"/data/{mon,osd,rgw}

{
    monmaptool --create --clobber --fsid "$cluster" --addv a "[v1:$HOST:$monitor]" "$DIR/monmap"
    ceph-mon -i a --mkfs --monmap "$DIR/monmap"
} >"$DIR/log/mkfs" 2>&1
spawn mon ceph-mon -i a -f
until_ok 60 timeout 10 ceph osd new "$cluster" 0
{
    ceph-osd -i 0 --mkfs --osd-uuid "$cluster"
    ceph osd crush add osd.0 1 root=default host=localhost
} >>"$DIR/log/mkfs" 2>&1
spawn osd ceph-osd -i 0 -f

access=TESTACCESSKEY secret=test/secret+key0123456789
radosgw-admin -n client.admin user create --uid=test --display-name=test \
    --access-key="$access" --secret="$secret" >"$DIR/log/user" 2>&1
spawn rgw radosgw -n client.rgw -f
until_ok 120 curl -fsS --noproxy '*' -o /dev/null "http://$HOST:$http/"
make_bucket "http://$HOST:$http" test "$access" "$secret"
make_bucket "http://$HOST:$http" test-lock "$access" "$secret" x-amz-bucket-object-lock-enabled:true
ready "SAOLUU_TEST_S3_KIND=rgw" "SAOLUU_TEST_S3_ENDPOINT=http://$HOST:$http" \
    "SAOLUU_TEST_S3_TLS_ENDPOINT=https://$HOST:$https" "SAOLUU_TEST_S3_CA=$DIR/tls/ca.pem" \
    "SAOLUU_TEST_S3_VHOST=http://s3.localhost:$http" \
    "SAOLUU_TEST_S3_ACCESS_KEY=$access" "SAOLUU_TEST_S3_SECRET_KEY=$secret" \
    "SAOLUU_TEST_S3_REGION=us-east-1" "SAOLUU_TEST_S3_BUCKET=test" \
    "SAOLUU_TEST_S3_LOCK_BUCKET=test-lock" "SAOLUU_TEST_S3_PID=$DIR/pid/rgw"
