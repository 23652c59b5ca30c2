#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: in_vm.sh FOLDER
#
# The AppArmor profile at work, as root under a kernel that has AppArmor: made to forbid, and a backup run within.
# FOLDER holds the program, `saoluu`, the profile, `profile`, and what runs before a removal, `prerm`.
set -Eeuo pipefail
folder=$1
trap 'printf "FAILED in line %s: %s\n" "$LINENO" "$BASH_COMMAND"; dmesg | grep apparmor= | tail -n 20' ERR
fail() {
    printf 'FAILED: %s\n' "$*"
    dmesg | grep apparmor= | tail -n 20
    exit 1
}
within() { aa-exec -p saoluu-daemon -- "$@"; }

mount -t securityfs securityfs /sys/kernel/security
[[ $(cat /sys/module/apparmor/parameters/enabled) == Y ]] || fail "this kernel has no AppArmor"
sed 's/complain, //' "$folder/profile" >/run/profile
apparmor_parser -r -K /run/profile
grep -q '^saoluu-daemon (enforce)$' /sys/kernel/security/apparmor/profiles || fail "the profile is not loaded"

export PATH="/usr/local/bin:$PATH"
export SAOLUU_STATE_DIR=/var/lib/saoluu SAOLUU_CACHE_DIR=/var/cache/saoluu SAOLUU_CONFIG=/run/saoluu.toml LC_ALL=C.UTF-8
mkdir -p /var/lib/saoluu /var/cache/saoluu /mnt/kho /var/docs /run/saoluu
install -m 755 "$folder/saoluu" /run/saoluu/saoluu
mount --bind /run/saoluu /usr/local/bin
echo "hồ sơ" >"/var/docs/hồ sơ.txt"
chown 1234 /var/docs/*
chmod 600 /var/docs/*
printf 'Mat-khau thu nghiem 2026!\n' >/run/passphrase
cat >/run/saoluu.toml <<'TOML'
key_file = "backup.key"
[[store]]
name = "kho"
url = "/mnt/kho/saoluu"
[[job]]
name = "vanphong"
sources = ["/var/docs"]
stores = ["kho"]
TOML
mount -t tmpfs tmpfs /mnt/kho
saoluu init --repo kho --holder "Nguyễn Văn An" --backup-key /run/backup.key --passphrase-file /run/passphrase \
    --kdf-mib 64 --kdf-passes 1 >/dev/null

within saoluu job run vanphong >/dev/null || fail "the profile stops a backup"
within saoluu check --repo kho --key-file /run/backup.key >/dev/null || fail "the profile stops a check"
saoluu restore --repo kho --passphrase-file /run/passphrase latest:/var/docs --target /run/restored >/dev/null
diff -r /var/docs /run/restored
within ssh -V 2>/dev/null || fail "the profile stops ssh"
within bash -c 'id >/dev/null && cat /var/docs/* >/dev/null && touch /var/lib/saoluu/mark' || fail "the profile stops a hook"

# The daemon: it tells systemd that it is ready, does a job at its time, and stops when it is told.
cat >/run/told.py <<'PYTHON'
import socket
import subprocess
import sys
import threading

told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
told.bind("/run/systemd/notify")
ready = threading.Event()


def listen(): # to all of it, for who tells waits where nobody does
    while True:
        if b"READY=1" in told.recv(4096):
            ready.set()


threading.Thread(target=listen, daemon=True).start()
daemon = subprocess.Popen(["aa-exec", "-p", "saoluu-daemon", "--", "saoluu", "daemon"])
if not ready.wait(60):
    sys.exit("it never said that it is ready")
done = subprocess.run(["saoluu", "job", "run", "vanphong"], check=False)
daemon.terminate()
sys.exit(done.returncode or daemon.wait(60))
PYTHON
mkdir -p /run/systemd
NOTIFY_SOCKET=/run/systemd/notify timeout 120 /usr/bin/python3 /run/told.py >/run/daemon.log 2>&1 || {
    tail -n 20 /run/daemon.log
    fail "the profile stops the daemon"
}

for place in /var/docs /run /etc /usr/local/bin /var/log /; do
    ! within touch "$place/trap" 2>/dev/null || fail "$place can be changed"
done
! within cat /proc/kcore 2>/dev/null | head -c 1 | grep -q . || fail "the kernel's memory can be read"

# Whoever removes the package removes its profile, and those that no file names stay: they are of containers.
echo "profile of-a-container { }" | apparmor_parser -r -K
sh "$folder/prerm" remove
! grep -q '^saoluu-daemon ' /sys/kernel/security/apparmor/profiles || fail "the profile is left"
grep -q '^of-a-container ' /sys/kernel/security/apparmor/profiles || fail "another's profile was removed"
echo "all is as it should be"
