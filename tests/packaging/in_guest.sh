#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: in_guest.sh FOLDER
#
# The life of an installed saoluu, as root on a machine of its own: FOLDER/1 and FOLDER/2 hold the package in two
# versions. Ends at the first thing that is not as it should be.
set -Eeuo pipefail
folder=$1
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive SYSTEMD_PAGER="" HOME=/root
trap 'printf "FAILED in line %s: %s\n" "$LINENO" "$BASH_COMMAND"; systemctl status saoluu --no-pager -n 20 || true' ERR

step() { printf '%s: %s\n' "$(date +%T)" "$*"; }
fail() {
    printf 'FAILED: %s\n' "$*"
    exit 1
}
is() { # WHAT EXPECTED ACTUAL
    [[ $2 == "$3" ]] || fail "$1: '$3' and not '$2'"
}
mode_of() { stat -c '%a %U:%G' "$1"; }
eventually() { # SECONDS WHAT CONDITION
    local i
    for ((i = 0; i < $1 * 5; i++)); do
        ! eval "$3" || return 0
        sleep 0.2
    done
    journalctl -u saoluu --no-pager -n 20
    fail "not within $1 seconds: $2"
}
install_version() { dpkg --force-unsafe-io -i "$folder/$1"/*.deb >"$folder/dpkg.log" 2>&1 || {
    cat "$folder/dpkg.log"
    fail "dpkg -i of version $1"
}; }

rm -f /var/lib/man-db/auto-update # an index of all manual pages of this machine, each time
rm -f /usr/sbin/policy-rc.d # of a container's image: it forbids packages to start and to stop their services
# What an earlier life of this machine may have left.
rm -rf /etc/saoluu /var/lib/saoluu /var/cache/saoluu
! getent passwd saoluu >/dev/null || userdel saoluu
! command -v saoluu >/dev/null || fail "saoluu is installed on this machine"

step "install"
install_version 1
is "config folder" "750 root:saoluu" "$(mode_of /etc/saoluu)"
is "state folder" "700 saoluu:saoluu" "$(mode_of /var/lib/saoluu)"
is "cache folder" "700 saoluu:saoluu" "$(mode_of /var/cache/saoluu)"
is "user" "/var/lib/saoluu:/usr/sbin/nologin" "$(getent passwd saoluu | cut -d: -f6,7)"
is "files in the config folder" "" "$(ls -A /etc/saoluu)"
is "unit" enabled "$(systemctl is-enabled saoluu)"
is "service without a config file" inactive "$(systemctl is-active saoluu || true)"
systemctl start saoluu # passed by, and no failure
is "service without a config file, started" inactive "$(systemctl is-active saoluu || true)"
for command in $(saoluu --help | awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 } on && /^  [a-z]/ { print $1 }'); do
    [[ -s /usr/share/man/man1/saoluu-$command.1.gz ]] || fail "no manual page for $command"
done
[[ $(saoluu --help --lang vi) == *"Các lệnh"* ]] || fail "messages in Vietnamese are not found"

step "an installation on which systemd-tmpfiles makes nothing"
rmdir /etc/saoluu /var/lib/saoluu /var/cache/saoluu
mkdir /root/bin
ln -s /bin/false /root/bin/systemd-tmpfiles
PATH=/root/bin:$PATH install_version 1
is "config folder" "750 root:saoluu" "$(mode_of /etc/saoluu)"
is "state folder" "700 saoluu:saoluu" "$(mode_of /var/lib/saoluu)"
is "cache folder" "700 saoluu:saoluu" "$(mode_of /var/cache/saoluu)"

step "set up"
useradd --create-home an
install -d -o an -g an -m 700 /home/an/Documents
for i in 1 2 3; do echo "hồ sơ $i" >"/home/an/Documents/hồ sơ $i.txt"; done
chown an: /home/an/Documents/*
chmod 600 /home/an/Documents/*
install -d -o saoluu -g saoluu -m 700 /srv/saoluu
printf 'Mat-khau thu nghiem 2026!\n' >/root/passphrase
export SAOLUU_CONFIG=/etc/saoluu/saoluu.toml
saoluu setup --yes --no-mail --source /home/an/Documents --store /srv/saoluu/kho --store-name kho --job vanphong \
    --schedule "*-*-* *:*:0/5" --holder "Nguyễn Văn An" --passphrase-file /root/passphrase --kdf-mib 64 \
    --kdf-passes 1 >/dev/null
is "config file" "640 root:saoluu" "$(mode_of /etc/saoluu/saoluu.toml)"
is "key" "600 root:root" "$(mode_of /etc/saoluu/backup.key)" # the service reads it by its capability

snapshots() { # with a key of a reader
    saoluu snapshots --repo "$1" --passphrase-file /root/passphrase --json | grep -c '"type":"snapshot"' || true
}
restored() { # whether what lies in a repository is the documents
    rm -rf /root/restored
    "${2:-saoluu}" restore --repo "$1" --passphrase-file /root/passphrase latest:/home/an/Documents \
        --target /root/restored >/dev/null && diff -r /home/an/Documents /root/restored
}

step "a backup within the walls of the unit"
mkdir -p /run/systemd/system/saoluu.service.d
cat >/run/systemd/system/saoluu.service.d/once.conf <<'UNIT'
[Service]
Type=oneshot
WatchdogSec=0
ExecStart=
ExecStart=/usr/bin/saoluu job run vanphong
UNIT
systemctl daemon-reload
systemctl start saoluu
is "group of all that root and the service stored" saoluu "$(find /srv/saoluu/kho -printf '%g\n' | sort -u)"
is "snapshots, with that of setup" 2 "$(snapshots kho)"
restored kho

step "what the walls keep out"
cat >/run/systemd/system/saoluu.service.d/once.conf <<'UNIT'
[Service]
Type=oneshot
WatchdogSec=0
ExecStart=
ExecStart=/bin/bash -c 'cat "/home/an/Documents/hồ sơ 1.txt" /etc/shadow >/dev/null || exit 11; \
  for place in /home/an /home/an/Documents /etc /etc/saoluu /usr/bin /root /boot /var/log /; do \
    if touch $place/trap 2>/dev/null; then echo "$place can be changed"; exit 12; fi; done; \
  for place in /srv/saoluu /var/lib/saoluu /var/cache/saoluu; do touch $place/mark && rm $place/mark || exit 13; done; \
  grep -q "^CapEff:.0*4$" /proc/self/status || exit 14; \
  grep -q "^CapBnd:.0*4$" /proc/self/status || exit 15; \
  [[ $(ulimit -c) == 0 ]] || exit 16; \
  ls /tmp | grep -q . && exit 17; \
  ssh -V 2>/dev/null || exit 18'
UNIT
systemctl daemon-reload
touch /tmp/of-somebody
systemctl start saoluu
rm -rf /run/systemd/system/saoluu.service.d
systemctl daemon-reload

step "the service: a schedule, a run by hand, a restart"
systemctl start saoluu
is "service" active "$(systemctl is-active saoluu)"
is "user of the service" saoluu "$(stat -c %U "/proc/$(systemctl show -P MainPID saoluu)")"
eventually 60 "a run at its time" '(($(snapshots kho) >= 3))'
sed -i '/^schedule/d' /etc/saoluu/saoluu.toml # at its own time no more
systemctl reload saoluu
before=$(snapshots kho)
saoluu job run vanphong >/dev/null 2>&1
(($(snapshots kho) > before)) || fail "a run by hand beside the service made no snapshot"
systemctl restart saoluu
is "service after a restart" active "$(systemctl is-active saoluu)"
[[ $(saoluu job list --json) == *'"last_outcome":"done"'* ]] || fail "the history is gone: $(saoluu job list --json)"
is "what it listens to on the network" "" \
    "$(awk -v user="$(id -u saoluu)" '$4 == "0A" && $8 == user' /proc/net/tcp /proc/net/tcp6)"
restored kho

step "upgrade, while a job runs"
# The first run waits in its hook till it is ended; the next goes on.
sed -i 's|^stores = .*|&\nrandom_delay = "1s"\nbefore = ["sh", "-c", "mkdir /var/lib/saoluu/begun 2>\&1 \|\| exit 0; sleep 600"]|' \
    /etc/saoluu/saoluu.toml
systemctl reload saoluu
kept=$(snapshots kho)
before=$(sha256sum /etc/saoluu/*)
old=$(systemctl show -P MainPID saoluu)
saoluu job run vanphong >/dev/null 2>&1 &
eventually 30 "a job that runs" '[[ -d /var/lib/saoluu/begun ]]'
install_version 2
is "version" "$(dpkg-deb -f "$folder"/2/*.deb Version)" "$(dpkg-query -W -f '${Version}' saoluu)"
is "service after the upgrade" active "$(systemctl is-active saoluu)"
is "config after the upgrade" "$before" "$(sha256sum /etc/saoluu/*)"
new=$(systemctl show -P MainPID saoluu)
[[ $new != "$old" ]] || fail "the old program runs on after the upgrade"
wait || true # who asked for it is told that it was interrupted
is "program of the service after the upgrade" /usr/bin/saoluu "$(readlink "/proc/$new/exe")"
eventually 60 "the job that the upgrade interrupted is done" '(($(snapshots kho) == kept + 1))'
rmdir /var/lib/saoluu/begun
systemctl disable --quiet --now saoluu
install_version 2
is "a disabled unit that was stopped, after an installation" inactive "$(systemctl is-active saoluu || true)"
is "a disabled unit after an installation" disabled "$(systemctl is-enabled saoluu || true)"
systemctl enable --quiet saoluu

step "remove"
cp /usr/bin/saoluu /root/saoluu
dpkg -r saoluu >/dev/null 2>&1
[[ ! -e /usr/bin/saoluu && ! -e /usr/lib/systemd/system/saoluu.service ]] || fail "files of the package are left"
[[ -f /etc/saoluu/saoluu.toml && -f /etc/saoluu/backup.key && -d /var/lib/saoluu ]] || fail "removed too much"
systemctl daemon-reload

step "purge, with a repository in the state folder and a file system in the cache folder"
install_version 2
cp -a /srv/saoluu/kho /var/lib/saoluu/kho
mkdir -p /etc/apparmor.d/local
touch /etc/apparmor.d/local/saoluu-daemon
mkdir -p /var/cache/saoluu/dia
mount -t tmpfs tmpfs /var/cache/saoluu/dia
touch /var/cache/saoluu/dia/tai-lieu
ln -s /srv/saoluu /etc/saoluu/link
dpkg -P saoluu >"$folder/purge.log" 2>&1
grep -q "/var/lib/saoluu is kept, for it holds a repository: /var/lib/saoluu/kho" "$folder/purge.log" ||
    fail "not said: $(cat "$folder/purge.log")"
grep -q "/var/cache/saoluu is kept, for it holds another file system" "$folder/purge.log" ||
    fail "not said: $(cat "$folder/purge.log")"
[[ ! -e /etc/saoluu ]] || fail "/etc/saoluu is left"
[[ -f /var/cache/saoluu/dia/tai-lieu ]] || fail "purge went into another file system"
restored /var/lib/saoluu/kho /root/saoluu
getent passwd saoluu >/dev/null || fail "the owner of the repositories is gone"

[[ ! -e /etc/apparmor.d/local/saoluu-daemon ]] || fail "purge left what was added to the profile"

step "purge of a damaged repository and of a file system in the folder's own place, then of none"
umount /var/cache/saoluu/dia
mount -t tmpfs tmpfs /var/cache/saoluu
touch /var/cache/saoluu/tai-lieu
install_version 2
rm -f /var/lib/saoluu/kho/format*
dpkg -P saoluu >"$folder/purge.log" 2>&1
[[ -d /var/lib/saoluu/kho/packs ]] || fail "purge removed a repository without its format"
[[ -f /var/cache/saoluu/tai-lieu ]] || fail "purge emptied a file system"
umount /var/cache/saoluu
install_version 2
rm -rf /var/lib/saoluu/kho
dpkg -P saoluu >"$folder/purge.log" 2>&1
for place in /etc/saoluu /var/lib/saoluu /var/cache/saoluu /etc/apparmor.d/saoluu-daemon \
    /etc/systemd/system/multi-user.target.wants/saoluu.service; do
    [[ ! -e $place && ! -L $place ]] || fail "$place is left"
done
restored /srv/saoluu/kho /root/saoluu
step "all is as it should be"
