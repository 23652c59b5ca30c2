#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: with.sh SERVICE COMMAND...
#
# Starts a service (SERVICE.sh beside this file), runs the command with the service's variables, and
# stops the service whatever becomes of the command.
# exit code: the command's; 77 (skipped) for a service of `tests/run.sh --all` alone, unless
#   SAOLUU_ALL=1 says that its packages are there
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
[[ $# -ge 2 && -f $here/$1.sh ]] || {
    echo "usage: with.sh SERVICE COMMAND..." >&2
    exit 2
}
service=$1
shift
only_with_all=(swift postgres mariadb)
if [[ " ${only_with_all[*]} " == *" $service "* && ${SAOLUU_ALL:-} != 1 ]]; then
    echo "skipped: $service runs with SAOLUU_ALL=1 only"
    exit 77
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/saoluu-$service-XXXXXX")
stop() { bash "$here/$service.sh" stop "$folder"; }
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
# Of the ports that were free a moment ago one may be taken by now: then others are.
variables=$(bash "$here/$service.sh" start "$folder") ||
    variables=$(bash "$here/$service.sh" start "$folder")
eval "$variables"
"$@"
