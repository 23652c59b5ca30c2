#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: packaging/source-tarball.sh [FOLDER] [COMMIT]
#
# Packs the sources of COMMIT (HEAD) into FOLDER (.) as saoluu-VERSION.tar.xz, with its SHA-256 beside it. The
# same commit makes the same bytes in every clone: whoever has one can tell whether the archive is what it says.
set -euo pipefail
folder=$(realpath -e -- "${1:-.}")
commit=${2:-HEAD}
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.."
version=$(git show "$commit:CMakeLists.txt" | sed -n 's/^project(saoluu VERSION \([0-9.]*\) .*/\1/p')
[[ $version ]] || {
    echo "$0: no version in CMakeLists.txt of $commit" >&2
    exit 1
}
name=saoluu-$version.tar.xz
unfinished=$(mktemp "$folder/.$name.XXXXXX")
trap 'rm -f "$unfinished"' EXIT
# Nothing of this machine: no settings of git's but the repository's, one thread (xz splits by them).
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
git -c tar.umask=0022 -c core.autocrlf=false archive --format=tar --prefix="saoluu-$version/" "$commit" |
    xz -6 -T1 -c >"$unfinished"
chmod 644 "$unfinished"
mv -f "$unfinished" "$folder/$name"
(cd "$folder" && sha256sum "$name" | tee "$name.sha256")
