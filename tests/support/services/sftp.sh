#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: sftp.sh start|stop DIR
#
# An OpenSSH server on loopback that knows SFTP only: login by key, a host key of its own. All it
# has lies in DIR, a new or empty folder, which stop removes. start prints what a test needs to reach it, as
# lines of export. Packages: openssh-server (with openssh-sftp-server), openssh-client.
set -euo pipefail

[[ $# -eq 2 && ($1 == start || $1 == stop) ]] || {
    echo "usage: $0 start|stop DIR" >&2
    exit 2
}
dir=$2

stop() {
    if [[ -f $dir/pid ]]; then
        kill "$(<"$dir/pid")" 2>/dev/null || true
    fi
    rm -rf --one-file-system "$dir"
}
if [[ $1 == stop ]]; then
    stop
    exit 0
fi

[[ -x /usr/sbin/sshd && -x /usr/lib/openssh/sftp-server ]] || {
    echo "$0: Debian's openssh-server is missing" >&2
    exit 1
}
mkdir -p "$dir"
chmod 700 "$dir"
dir=$(cd "$dir" && pwd)
mkdir "$dir/data"
[[ $(id -u) -ne 0 ]] || mkdir -p /run/sshd # sshd separates its privileges there
ssh-keygen -q -t ed25519 -N '' -C '' -f "$dir/host_key"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$dir/id"
cp "$dir/id.pub" "$dir/authorized_keys"

is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A port may be taken between the choice and the start: then the next one is tried.
for _ in 1 2 3 4 5; do
    port=$((10000 + RANDOM % 20000)) # below those that the kernel gives to clients
    is_open "$port" && continue
    cat >"$dir/sshd_config" <<CONF
ListenAddress 127.0.0.1
Port $port
HostKey $dir/host_key
PidFile $dir/pid
AuthorizedKeysFile $dir/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
Subsystem sftp /usr/lib/openssh/sftp-server
CONF
    /usr/sbin/sshd -E "$dir/log" -f "$dir/sshd_config" || continue
    for ((i = 0; i < 100; i++)); do
        [[ -s $dir/pid ]] && is_open "$port" && break
        sleep 0.1
    done
    [[ -s $dir/pid ]] || continue
    key=$(cut -d' ' -f1,2 "$dir/host_key.pub")
    echo "[127.0.0.1]:$port $key" >"$dir/known_hosts"
    cat <<ENV
export SAOLUU_TEST_SFTP_HOST=127.0.0.1
export SAOLUU_TEST_SFTP_PORT=$port
export SAOLUU_TEST_SFTP_USER=$(id -un)
export SAOLUU_TEST_SFTP_KEY='$dir/id'
export SAOLUU_TEST_SFTP_KNOWN_HOSTS='$dir/known_hosts'
export SAOLUU_TEST_SFTP_HOST_KEY='$key'
export SAOLUU_TEST_SFTP_PATH='$dir/data'
ENV
    exit 0
done
echo "$0: sshd does not start:" >&2
tail -n 5 "$dir/log" >&2 || true
stop
exit 1
