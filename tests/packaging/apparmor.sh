#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: apparmor.sh SAOLUU
# exit code: 77 (skipped) unless SAOLUU_ALL=1 says that the packages of the emulated machine are there
set -euo pipefail
if [[ ${SAOLUU_ALL:-} != 1 ]]; then
    echo "skipped: runs with SAOLUU_ALL=1 only"
    exit 77
fi
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
folder=$(mktemp -d "${TMPDIR:-/tmp}/saoluu-apparmor-XXXXXX")
trap 'rm -rf "$folder"' EXIT
cp "$1" "$folder/saoluu"
cp "$here/in_vm.sh" "$folder"
cp "$here/../../packaging/apparmor/saoluu-daemon" "$folder/profile"
cp "$here/../../packaging/debian/prerm" "$folder/prerm"
VM_TIMEOUT=500 bash "$here/../support/services/vm.sh" "$folder" bash "$folder/in_vm.sh" "$folder"
