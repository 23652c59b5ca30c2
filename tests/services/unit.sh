#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: unit.sh PROGRAM
#
# The README's recipes for databases as the service runs them, behind its unit's walls, with servers that are set up
# as Debian sets them up: on a machine of its own (in_unit.sh, tests/support/services/systemd.sh).
# exit code: 77 (skipped) unless SAOLUU_ALL=1 says that the servers' packages are there
set -euo pipefail
if [[ ${SAOLUU_ALL:-} != 1 ]]; then
    echo "skipped: runs with SAOLUU_ALL=1 only"
    exit 77
fi
program=$(realpath "$1")
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
folder=$(mktemp -d "${TMPDIR:-/tmp}/saoluu-unit-XXXXXX")
trap 'rm -rf --one-file-system "$folder"' EXIT
mkdir -p "$folder/tests/support"
cp "$program" "$folder/saoluu"
cp "$root"/packaging/systemd/{sysusers.conf,tmpfiles.conf,saoluu.service} "$root/tests/services/in_unit.sh" "$folder"
cp "$root/README.md" "$folder" # where recipes.py looks for it
cp "$root/tests/support/recipes.py" "$folder/tests/support"
bash "$root/tests/support/services/systemd.sh" "$folder" bash "$folder/in_unit.sh"
