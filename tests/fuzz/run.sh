#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: bash tests/fuzz/run.sh [seconds] [target...]
#
# Builds the fuzz targets (preset fuzz) and lets each look for new inputs for so many seconds (600
# unless told; 0 only tells of the last run), two at a time; all of them unless some are named. What
# they find stays in build/fuzz/found/<target>, beside the log; the next run begins where that one
# stopped. Ends with a table, and fails if a target found a fault.
#
# SAOLUU_FUZZ_AT_ONCE=3      three at a time
# SAOLUU_FUZZ_PATIENCE=900   seconds for one input, where the machine may pause its processes
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=600
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
    seconds=$1
    shift
fi
if (($# > 0)); then
    targets=("$@")
else
    targets=()
    for folder in tests/fuzz/corpus/*/; do
        targets+=("$(basename "$folder")")
    done
fi
at_once=${SAOLUU_FUZZ_AT_ONCE:-2}
found=build/fuzz/found

# Limits, so that a hostile length or a bomb is found as a fault: an input is 64 KiB at most, so no
# parser has a reason to take 256 MiB at once or to think for 10 seconds.
limits=(-max_len=65536 -timeout="${SAOLUU_FUZZ_PATIENCE:-10}" -malloc_limit_mb=256
    -rss_limit_mb=1024)
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1

run() {
    local target=$1 own=$found/$1
    mkdir -p "$own/units" "$own/faults"
    "build/fuzz/tests/saoluu_fuzz_$target" "${limits[@]}" -max_total_time="$seconds" \
        -print_final_stats=1 -artifact_prefix="$own/faults/" \
        "$own/units" "tests/fuzz/corpus/$target" >"$own/log" 2>&1 || true
    # What was only slow is tried again by itself: the machine may have been busy with others.
    local slow
    for slow in "$own"/faults/{slow-unit,timeout}-*; do
        if [[ -f $slow ]] && "build/fuzz/tests/saoluu_fuzz_$target" "${limits[@]}" "$slow" \
            >"$slow.log" 2>&1; then
            rm "$slow" "$slow.log"
        fi
    done
}

# What a log says: the last value of a word in it.
last_of() {
    grep -oE "$2 *[0-9]+" "$1" | tail -n 1 | grep -oE '[0-9]+$' || echo 0
}

if ((seconds > 0)); then
    cmake --preset fuzz --log-level=WARNING
    cmake --build --preset fuzz -j "$at_once" --target "${targets[@]/#/saoluu_fuzz_}"
    for target in "${targets[@]}"; do
        while (($(jobs -rp | wc -l) >= at_once)); do
            wait -n
        done
        echo "$(date +%T) $target"
        run "$target" &
    done
    wait
fi

faults=0
printf '\n%-18s %12s %9s %10s %7s\n' target executions coverage "new units" faults
for target in "${targets[@]}"; do
    log=$found/$target/log
    bad=$(find "$found/$target/faults" -type f ! -name '*.log' 2>/dev/null | wc -l)
    # One that did not come to its end met a fault, whatever it left of it.
    grep -q 'stat::number_of_executed_units' "$log" || bad=$((bad > 0 ? bad : 1))
    faults=$((faults + bad))
    printf '%-18s %12s %9s %10s %7s\n' "$target" \
        "$(last_of "$log" 'stat::number_of_executed_units:')" "$(last_of "$log" 'cov:')" \
        "$(last_of "$log" 'stat::new_units_added:')" "$bad"
done
((faults == 0))
