// SPDX-License-Identifier: Apache-2.0
#include "bench_repository.hpp"
#include "crypto/secret.hpp"

#include <benchmark/benchmark.h>

int main(int count, char** words) {
    saoluu::bench::must(saoluu::crypto::start());
    benchmark::Initialize(&count, words);
    if (benchmark::ReportUnrecognizedArguments(count, words))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
