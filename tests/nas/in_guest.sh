#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: in_guest.sh nfs4|nfs3|smb SAOLUU [CONTRACT-PROGRAM]
#
# In the kernel of vm.sh: serves a small disk to this very machine, mounts it twice as two
# machines would, and backs up to it while what a NAS does to people is done.
set -uo pipefail
kind=$1 saoluu=$2 contract=${3:-}
export SAOLUU_STATE_DIR=/run/state SAOLUU_CACHE_DIR=/run/cache LC_ALL=C
faults=0

say() { echo "== $kind: $*"; }
fault() {
    echo "FAULT: $kind: $*"
    faults=$((faults + 1))
}
# expect CODE TEXT COMMAND...: the exit code (a pattern), and what the output must hold.
expect() {
    local code=$1 text=$2 rc
    shift 2
    "$@" >/run/out 2>&1
    rc=$?
    # shellcheck disable=SC2254 # a pattern
    case $rc in $code) ;; *) fault "exit code $rc, not $code: $*: $(tail -n 3 /run/out)" ;; esac
    grep -qF -- "$text" /run/out || fault "no '$text' in: $(tail -n 3 /run/out)"
}

serve() {
    case $kind in
        nfs*)
            /run/modprobe nfsd
            [[ $kind == nfs3 ]] || /run/modprobe nfsv4
            mkdir -p /var/lib/nfs/{v4recovery,sm,rpc_pipefs}
            touch /var/lib/nfs/{etab,rmtab,xtab}
            mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd
            if [[ $kind == nfs3 ]]; then
                pgrep -x rpcbind >/dev/null || rpcbind -w
                pgrep -x rpc.mountd >/dev/null || rpc.mountd
            else
                pgrep -x rpc.mountd >/dev/null || rpc.mountd -N 2 -N 3
            fi
            exportfs -i -o rw,fsid=0,no_root_squash,sync,no_subtree_check 127.0.0.1:/run/disk
            if [[ $kind == nfs3 ]]; then rpc.nfsd 2; else rpc.nfsd -N 3 2; fi
            ;;
        smb)
            /run/modprobe cifs
            mkdir -p /run/samba /var/lib/samba/private /var/cache/samba /var/log/samba
            printf '%s\n' '[global]' 'map to guest = Bad User' 'guest account = root' \
                'interfaces = lo' 'bind interfaces only = yes' 'smb ports = 445' \
                'disable netbios = yes' 'load printers = no' '[s]' 'path = /run/disk' \
                'guest ok = yes' 'writable = yes' >/run/smb.conf
            smbd -D -s /run/smb.conf
            for _ in {1..100}; do
                (: </dev/tcp/127.0.0.1/445) 2>/dev/null && break
                sleep 0.1
            done
            ;;
    esac
}
share() { # MOUNTPOINT: nosharecache and nosharesock, so that the second is another machine's
    mkdir -p "$1"
    case $kind in
        nfs4) mount -t nfs4 -o vers=4.2,soft,timeo=30,retrans=2,nosharecache 127.0.0.1:/ "$1" ;;
        nfs3) mount -t nfs -o vers=3,nolock,tcp,soft,timeo=30,retrans=2,nosharecache \
            127.0.0.1:/run/disk "$1" ;;
        smb) mount -t cifs -o guest,vers=3.1.1,nosharesock //127.0.0.1/s "$1" ;;
    esac
}

mkdir -p /run/disk /run/source
if [[ $kind == smb ]]; then # the kernel's NFS server exports no memory
    mount -t tmpfs -o size=60M disk /run/disk || exit 1
else
    mkfs.ext4 -q -m 0 -F /dev/vda && mount -t ext4 /dev/vda /run/disk || exit 1
fi
serve
share /mnt/nas || { echo "no mount of $kind here"; exit 1; }
say "mounted"

for i in 1 2 3; do head -c 700000 /dev/urandom >"/run/source/tệp $i"; done
echo "Một cụm mật khẩu của phép thử 7!" >/run/passphrase
run() { "$saoluu" --repo /mnt/nas/kho "$@"; }
run_init() {
    run init --holder Lan --backup-key /run/backup.key --passphrase-file /run/passphrase \
        --kdf-mib 64
}
expect 0 "" run_init
grep -a -E '^(exclusive-create|filesystem|folder-sync|link|locks|case|rename-noreplace) ' \
    /mnt/nas/kho/place
grep -qa '^exclusive-create yes' /mnt/nas/kho/place || fault "exclusive creation was not found"
expect 0 "" run backup --key-file /run/backup.key /run/source
expect 0 "" run check --passphrase-file /run/passphrase
expect 0 "" run restore latest --target /run/restored --passphrase-file /run/passphrase
diff -r /run/source /run/restored/run/source || diff -r /run/source /run/restored ||
    fault "what was restored differs"
say "backed up and restored"

# Two machines race for names: of each exactly one may win.
share /mnt/nas2
stat -f -c %T /mnt/nas /mnt/nas2
mkdir -p /mnt/nas/race
racer() { # the way of the store: a file, and a link
    local i
    for i in {1..40}; do
        echo "$2" >"$1/race/.$2.$i"
        ln "$1/race/.$2.$i" "$1/race/$i" 2>/dev/null && echo "$i"
    done
}
racer /mnt/nas a >/run/won.a & racer /mnt/nas2 b >/run/won.b &
wait %1 %2 2>/dev/null || wait
[[ $(sort /run/won.a /run/won.b | uniq | wc -l) == 40 && $(cat /run/won.[ab] | wc -l) == 40 ]] ||
    fault "two won one name, or none did: $(cat /run/won.[ab] | wc -l)"
umount /mnt/nas2
rm -rf /mnt/nas/race

# The share is not mounted: an error that says so, and nothing written.
umount /mnt/nas || fault "still in use"
find /mnt | sort >/run/before
expect '[1-9]*' "mount" run backup --key-file /run/backup.key /run/source
rm -f /run/backup2.key
expect '[1-9]*' "no new repository" run init --holder Lan --backup-key /run/backup2.key \
    --passphrase-file /run/passphrase --kdf-mib 64
find /mnt | sort | diff /run/before - || fault "something was written in place of the share"
# Another disk at the same path.
mount -t tmpfs other /mnt/nas && mkdir /mnt/nas/kho
expect '[1-9]*' "something else is mounted" run backup --key-file /run/backup.key /run/source
[[ -z $(ls /mnt/nas/kho) ]] || fault "something was written to another disk"
umount /mnt/nas
share /mnt/nas
say "missed, and found again"

# The server's disk is full.
fallocate -l "$(($(stat -f -c '%a*%S' /run/disk) - 300000))" /run/disk/full
head -c 3000000 /dev/urandom >/run/source/more
expect '[1-9]*' "space" run backup --key-file /run/backup.key /run/source
rm -f /run/disk/full
expect 0 "" run backup --key-file /run/backup.key /run/source
expect 0 "" run check --passphrase-file /run/passphrase
say "full, and emptied"

if [[ -n $contract ]]; then
    mkdir /mnt/nas/contract
    cases='*writers of one name*,*put of a name*,*staged*,*past the end*,removing*,*breaks off*'
    [[ $kind != nfs4 ]] || cases+=',*ranges are*,listings ascend*,*many threads*' # the quickest
    # What a file system may do otherwise; thousands of objects take too long on this processor.
    SAOLUU_CONTRACT_STORE=folder SAOLUU_CONTRACT_FOLDER=/mnt/nas/contract timeout 500 \
        "$contract" -tc="$cases" \
        >/run/out 2>&1 ||
        fault "contract: $(tail -n 40 /run/out)"
    tail -n 4 /run/out
fi
say "$faults faults"
[[ $faults == 0 ]]
