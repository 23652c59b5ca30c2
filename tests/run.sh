#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: bash tests/run.sh [--all]
#
# Installs what is missing, builds, and runs the tests; the last lines are ctest's summary.
#   (nothing)  the dev preset: GCC, warnings are errors
#   --all      also the release, and clang 14 with the sanitizers: address + undefined, and thread
set -euo pipefail
cd "$(dirname "$0")/.."

presets=(dev)
packages="test"
case ${1:-} in
    "") ;;
    --all)
        # dev comes last: its summary is the one that counts every test.
        presets=(release asan tsan dev)
        packages="all"
        whole=1 # the services that only `all` has are there
        ;;
    *)
        echo "usage: bash tests/run.sh [--all]" >&2
        exit 2
        ;;
esac

exec </dev/null
# Debian's tools first: a python or cmake of another origin may lack what the tests need.
export PATH="/usr/bin:/bin:/usr/sbin:/sbin:$PATH"
bash packaging/install-deps.sh "$packages"

# A compiler takes up to about 1 GiB.
jobs=$(nproc)
memory_gib=$(awk '/MemAvailable/ { print int($2 / 1048576) }' /proc/meminfo)
((jobs <= memory_gib)) || jobs=$memory_gib
((jobs >= 1)) || jobs=1

# What a preset runs of the tests: each sees all that it could see more of than `dev` does. The
# sanitizers run under clang, which builds them in half of GCC's time; so both compilers are tried.
#   release   the program as it is shipped, by the tests that run it; killed more often than by dev
#   tsan      what has threads: the program and the rooms that start some
#   others    all but the checks of texts, which no compiler changes
#   release, dev: between them the slow suites that need services, with all that SAOLUU_ALL=1 asks for
texts='^(layers|po_complete|compat_reader)'
slow='^(services|faults|nas)'
tests_of() {
    case $1 in
        release) echo "-R ^(cli|compat|crash)_|^faults_|^nas/ -E $texts" ;;
        tsan) echo "-R ^(util|data|store|repo|engine)/|^cli_ -E _NOT_BUILT" ;;
        asan) echo "-E $texts|$slow" ;;
        dev) [[ ! ${whole:-} ]] || echo "-E ^faults_|^nas/" ;;
    esac
}

run_preset() {
    local preset=$1 wrapper=() targets=() tests=()
    # The thread sanitizer knows only the address layout that older kernels used.
    if [[ $preset == tsan ]] && setarch "$(uname -m)" -R true 2>/dev/null; then
        wrapper=(setarch "$(uname -m)" -R)
    fi
    if [[ $preset == release ]]; then
        targets=(--target saoluu locale saoluu_kill_at saoluu_store_contract_test)
        local -x SAOLUU_KILLS=${SAOLUU_KILLS:-40}
    fi
    if [[ $preset == tsan ]]; then
        targets=(--target saoluu locale saoluu_{util,data,store,repo,engine,places}_test)
    fi
    [[ $preset != release && $preset != dev ]] || local -x SAOLUU_ALL=${whole:-0}
    read -ra tests <<<"$(tests_of "$preset")"
    cmake --preset "$preset" --log-level=WARNING &&
        "${wrapper[@]}" cmake --build --preset "$preset" -j "$jobs" "${targets[@]}" &&
        "${wrapper[@]}" ctest --preset "$preset" "${tests[@]}"
}

failed=()
summary=""
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for preset in "${presets[@]}"; do
    printf '\n== %s (%d s so far)\n' "$preset" "$SECONDS"
    if ! run_preset "$preset" 2>&1 | tee "$log"; then
        failed+=("$preset")
        # Kept to end with: a later preset that passes must not hide it.
        summary=$(sed -n '/tests passed/,$p' "$log")
    fi
done

if [[ ${#failed[@]} -gt 0 ]]; then
    printf '\n== failed: %s (the summary of the last of them follows, if it came to tests)\n\n%s\n' \
        "${failed[*]}" "$summary"
    exit 1
fi
