#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: systemd.sh DIR COMMAND...
#
# Runs a command as root on a machine of its own, booted by systemd in namespaces (systemd-nspawn): units,
# packages, users. Its root is this machine's with a layer above it, or SYSTEMD_ROOT with one: what is changed
# there is gone afterwards. DIR (made) is there under the same path and stays. /tmp and /run are its own, and
# the only network is loopback. SYSTEMD_TIMEOUT (240): in seconds.
# exit code: the command's; 77 (skipped) where this is not root or namespaces are forbidden; 125 if it did not
#   come to the command
set -euo pipefail
[[ $# -ge 2 ]] || {
    echo "usage: systemd.sh DIR COMMAND..." >&2
    exit 2
}
if [[ $(id -u) -ne 0 ]] || ! unshare --mount --pid --fork true 2>/dev/null; then
    echo "skipped: a machine of its own takes root, and namespaces"
    exit 77
fi
dir=$(realpath -m "$1")
shift
mkdir -p "$dir"
rm -f "$dir/.exit-code" "$dir/.output"
scratch=$(mktemp -d)
root=$scratch/root
cleanup() {
    umount -l "$root" 2>/dev/null || true
    umount "$scratch/layer" 2>/dev/null || true
    rm -rf --one-file-system "$scratch"
}
trap cleanup EXIT
mkdir -p "$root" "$scratch/layer"
mount -t tmpfs -o mode=0755 tmpfs "$scratch/layer" # an overlay can't lie on another one
mkdir "$scratch"/layer/{upper,work}
mount -t overlay -o "lowerdir=${SYSTEMD_ROOT:-/},upperdir=$scratch/layer/upper,workdir=$scratch/layer/work" \
    overlay "$root"

printf 'cd %q\n(%s)\necho $? >.exit-code\nsystemctl --force exit 0\n' "$dir" "${*@Q}" >"$dir/.begin"
cat >"$root/etc/systemd/system/saoluu-test.service" <<UNIT
[Unit]
Requires=basic.target
After=basic.target
[Service]
Type=oneshot
ExecStart=/bin/bash $dir/.begin
StandardOutput=append:$dir/.output
StandardError=inherit
TimeoutStartSec=infinity
UNIT
timeout -s KILL "${SYSTEMD_TIMEOUT:-240}" systemd-nspawn -q -D "$root" -M "saoluu-test-$$" --register=no --keep-unit \
    --private-network --link-journal=no --resolv-conf=off --timezone=off --bind="$dir" \
    --boot systemd.unit=saoluu-test.service </dev/null >"$dir/.boot" 2>&1 || true
cat "$dir/.output" 2>/dev/null || true
[[ -f $dir/.exit-code ]] || {
    tail -n 20 "$dir/.boot" >&2
    exit 125
}
exit "$(cat "$dir/.exit-code")"
