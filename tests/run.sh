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
#   asan      what takes bytes apart. Crashes are the disk's matter, and take long, as years of a calendar do
#   tsan      what has threads: the program and the rooms that start some
#   release, dev: between them the slow suites that need services, with all that SAOLUU_ALL=1 asks for
texts='^(layers|po_complete|compat_reader)'
quick_cli='^cli_(usage|output|config|prompt|doctor_s3)'
tests_of() {
    case $1 in
        release) echo "-R ^(cli|compat|crash|packaging)_ -E $texts" ;;
        asan) echo "-E $texts|$quick_cli|^policy/years|^(services|faults|nas|contract)|^(crash|compat|packaging)" ;;
        tsan) echo "-R ^(util|data|store|repo|engine|service)/|^cli_ -E $quick_cli|_NOT_BUILT" ;;
        # Each of the two makes packages or archives twice: with --all, of the release.
        dev) [[ ${whole:-} ]] && echo "-E ^faults_|^nas/|^packaging_" || echo "-E ^packaging_(package|source)$" ;;
    esac
}
targets_of() {
    case $1 in
        release) echo "--target saoluu locale manual saoluu_kill_at saoluu_store_contract_test" ;;
        tsan) echo "--target saoluu locale $(printf 'saoluu_%s_test ' util data store repo engine service places)" ;;
    esac
}

run_preset() {
    local preset=$1 wrapper=() targets=() tests=()
    # The thread sanitizer knows only the address layout that older kernels used.
    if [[ $preset == tsan ]] && setarch "$(uname -m)" -R true 2>/dev/null; then
        wrapper=(setarch "$(uname -m)" -R)
    fi
    [[ $preset != release ]] || local -x SAOLUU_KILLS=${SAOLUU_KILLS:-40}
    [[ $preset != release && $preset != dev ]] || local -x SAOLUU_ALL=${whole:-0}
    read -ra targets <<<"$(targets_of "$preset")"
    read -ra tests <<<"$(tests_of "$preset")"
    cmake --preset "$preset" --log-level=WARNING &&
        "${wrapper[@]}" cmake --build --preset "$preset" -j "$jobs" "${targets[@]}" &&
        "${wrapper[@]}" ctest --preset "$preset" "${tests[@]}"
}

# What mostly waits (bad lines) or emulates one processor (NFS and SMB) runs beside the next builds,
# with the released program.
waiting=""
start_waiting_suites() {
    waiting=$(mktemp)
    SAOLUU_ALL=1 ctest --preset release -j 1 -R '^faults_|^nas/' >"$waiting" 2>&1 &
    waiting_pid=$!
}
end_waiting_suites() {
    local outcome=0
    wait "$waiting_pid" || outcome=$?
    cat "$waiting"
    rm -f "$waiting"
    return "$outcome"
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
    elif [[ $preset == release ]]; then
        start_waiting_suites
    fi
    if [[ $preset == tsan && $waiting ]]; then # before dev, which starts services of its own
        printf '\n== bad lines and NAS mounts, with the release (%d s so far)\n' "$SECONDS"
        end_waiting_suites || failed+=("release (bad lines and NAS mounts)")
    fi
done

if [[ ${#failed[@]} -gt 0 ]]; then
    printf '\n== failed: %s (the summary of the last of them follows, if it came to tests)\n\n%s\n' \
        "${failed[*]}" "$summary"
    exit 1
fi
