#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: uml.sh DIR COMMAND...
#
# Runs a command as root in a kernel of its own (User-Mode Linux, a process), which has what a
# container's host may not have: clients and servers of NFS and SMB. The machine's files are there,
# read-only; DIR (made) can be written and stays; /tmp /run /mnt /var are empty. UML_DISKS: sizes of
# empty disks, /dev/ubda, /dev/ubdb and so on, which are gone afterwards.
# exit code: the command's; 125 if the kernel did not get so far
set -euo pipefail

if [[ $$ == 1 ]]; then # in there, as the first process
    set +eu
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run TMPDIR=/tmp
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    for folder in /run /tmp /mnt /var; do mount -t tmpfs tmpfs "$folder"; done
    mkdir -p /var/{lib,log,cache,tmp} /run/modules/lib/modules
    mountpoint -q /dev || mount -t devtmpfs dev /dev
    mkdir -p /dev/shm && mount -t tmpfs shm /dev/shm
    # Modules lie where modprobe does not look.
    mount --bind /usr/lib/uml/modules /run/modules/lib/modules
    printf '#!/bin/sh\nexec /sbin/modprobe -d /run/modules "$@"\n' >/run/modprobe
    chmod +x /run/modprobe
    echo /run/modprobe >/proc/sys/kernel/modprobe
    ip link set lo up
    mkdir -p "$UML_DIR"
    mount -t hostfs -o "$UML_DIR" none "$UML_DIR"
    cd "$UML_DIR" || exit
    eval "set -- $UML_COMMAND"
    "$@" </dev/null
    echo $? >"$UML_DIR/.exit-code"
    cd / && sync
    echo o >/proc/sysrq-trigger
    sleep 10
fi

[[ $# -ge 2 ]] || {
    echo "usage: uml.sh DIR COMMAND..." >&2
    exit 2
}
dir=$(realpath -m "$1")
shift
mkdir -p "$dir"
rm -f "$dir/.exit-code"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
disks=()
for size in ${UML_DISKS:-}; do
    truncate -s "$size" "$scratch/${#disks[@]}"
    disks+=("ubd${#disks[@]}=$scratch/${#disks[@]}")
done
gcc -shared -fPIC -O1 -o "$scratch/registers.so" \
    "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/uml_registers.c"
# The kernel's command line splits at blanks: the command goes by a file.
printf 'UML_DIR=%q UML_COMMAND=%q exec -a init /bin/bash %q\n' "$dir" "${*@Q}" \
    "$(realpath "${BASH_SOURCE[0]}")" >"$dir/.begin"
timeout --foreground "${UML_TIMEOUT:-280}" env LD_PRELOAD="$scratch/registers.so" linux.uml mem=512M root=/dev/root rootfstype=hostfs \
    rootflags=/ ro init=/bin/bash "${disks[@]}" con=null con0=null,fd:1 loglevel=1 quiet -- \
    "$dir/.begin" </dev/null || true
exit "$(cat "$dir/.exit-code" 2>/dev/null || echo 125)"
