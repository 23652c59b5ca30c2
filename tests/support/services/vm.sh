#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: vm.sh DIR COMMAND...
#
# Runs a command as root in a machine of its own, emulated by qemu, whose kernel has what a
# container's host may not have: clients and servers of NFS and SMB. This machine's files are there,
# read-only; DIR (made) can be written and stays; /tmp /run /mnt /var are empty. VM_DISKS: sizes of
# empty disks, /dev/vda, /dev/vdb and so on, which are gone afterwards. The kernel is Debian's,
# downloaded once and kept in TMPDIR (VM_KERNEL: a folder that has boot/, lib/modules/, `complete`).
# It emulates the processor too, about ten times slower: no host lends its own everywhere.
# exit code: the command's; 125 if the kernel did not get so far
set -euo pipefail

share=trans=virtio,version=9p2000.L,msize=131072

if [[ $$ == 1 ]]; then # in there, as the first process
    set +eu
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run TMPDIR=/tmp
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    for folder in /run /tmp /mnt /var; do mount -t tmpfs tmpfs "$folder"; done
    mkdir -p /var/{lib,log,cache,tmp} /run/modules
    mountpoint -q /dev || mount -t devtmpfs dev /dev
    mkdir -p /dev/shm /dev/pts && mount -t tmpfs shm /dev/shm && mount -t devpts pts /dev/pts
    ln -sfn /proc/self/fd /dev/fd
    mount -t 9p -o "$share" kernel /run/modules
    printf '#!/bin/sh\nexec /sbin/modprobe -d /run/modules "$@"\n' >/run/modprobe
    chmod +x /run/modprobe
    echo /run/modprobe >/proc/sys/kernel/modprobe
    ip link set lo up
    mkdir -p "$VM_DIR"
    mount -t 9p -o "$share" dir "$VM_DIR"
    cd "$VM_DIR" || exit
    eval "set -- $VM_COMMAND"
    "$@" </dev/null
    echo $? >"$VM_DIR/.exit-code"
    cd / && sync
    echo o >/proc/sysrq-trigger
    sleep 10
fi

[[ $# -ge 2 ]] || {
    echo "usage: vm.sh DIR COMMAND..." >&2
    exit 2
}
dir=$(realpath -m "$1")
shift
mkdir -p "$dir"
rm -f "$dir/.exit-code"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

kernel=${VM_KERNEL:-${TMPDIR:-/tmp}/saoluu-vm-kernel.$UID}
if [[ ! -e $kernel/complete ]]; then
    apt-cache show linux-image-amd64 >/dev/null 2>&1 || apt-get -qq update
    package=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image/ { print $2; exit }')
    rm -rf "$kernel" && mkdir -m 700 "$kernel"
    (cd "$kernel" && apt-get -qq -o APT::Sandbox::User=root download "$package" &&
        dpkg -x ./*.deb . && rm ./*.deb && depmod -b "$kernel" "$(ls lib/modules)" && touch complete)
fi
version=$(ls "$kernel/lib/modules")

# The first files: enough to mount this machine's own. The command goes along by a file.
first=$scratch/first
mkdir -p "$first"/{bin,modules,proc,root}
cp /bin/busybox "$first/bin"
{
    echo '#!/bin/busybox sh'
    for name in virtio_pci virtio_blk 9pnet_virtio 9p; do
        modprobe -d "$kernel" -S "$version" --show-depends "$name"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
        cp "$file" "$first/modules"
        echo "/bin/busybox insmod /modules/${file##*/}"
    done
    echo "/bin/busybox mount -t 9p -o $share,ro,cache=loose root /root"
    echo "exec /bin/busybox switch_root /root /bin/bash '$dir/.begin'"
} >"$first/init"
chmod +x "$first/init"
(cd "$first" && find . | cpio --quiet -o -H newc | gzip -1) >"$scratch/initrd"
printf 'VM_DIR=%q VM_COMMAND=%q exec -a init /bin/bash %q\n' "$dir" "${*@Q}" \
    "$(realpath "${BASH_SOURCE[0]}")" >"$dir/.begin"

give() { # TAG FOLDER [OPTION]
    devices+=(-fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap${3:-}"
        -device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}
devices=()
give root / ,readonly=on
give dir "$dir"
give kernel "$kernel" ,readonly=on
for size in ${VM_DISKS:-}; do
    disk=$scratch/disk.${#devices[@]}
    truncate -s "$size" "$disk"
    devices+=(-drive "file=$disk,format=raw,if=virtio,cache=unsafe")
done
timeout --foreground "${VM_TIMEOUT:-280}" qemu-system-x86_64 -accel tcg -cpu max -smp 2 -m 768 \
    -nodefaults -no-user-config -display none -no-reboot -serial stdio -nic none \
    -kernel "$kernel/boot/vmlinuz-$version" -initrd "$scratch/initrd" \
    -append "console=ttyS0 quiet loglevel=3 panic=-1 rdinit=/init" "${devices[@]}" </dev/null || true
exit "$(cat "$dir/.exit-code" 2>/dev/null || echo 125)"
