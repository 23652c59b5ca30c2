#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: run.sh nfs4|nfs3|smb SAOLUU [CONTRACT-PROGRAM]
# exit code: 77 (skipped) unless SAOLUU_ALL=1 says that the packages are there
set -euo pipefail
if [[ ${SAOLUU_ALL:-} != 1 ]]; then
    echo "skipped: runs with SAOLUU_ALL=1 only"
    exit 77
fi
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
folder=$(mktemp -d "${TMPDIR:-/tmp}/saoluu-nas-XXXXXX")
trap 'rm -rf "$folder"' EXIT
# What runs in there finds /tmp empty: the programs come along.
cp "$2" "$folder/saoluu"
[[ $# -lt 3 ]] || cp "$3" "$folder/contract"
cp "$here/in_guest.sh" "$folder"
VM_DISKS="60M" VM_TIMEOUT=800 bash "$here/../support/services/vm.sh" "$folder" bash "$folder/in_guest.sh" \
    "$1" "$folder/saoluu" ${3:+"$folder/contract"}
