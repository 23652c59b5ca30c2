// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/check_page.hpp"

#include <array>
#include <ctime>

#include <unistd.h>

namespace saoluu::cli {

void KeptFindings::finding(const Finding& finding) {
    to_.finding(finding);
    if (finding.severity == Severity::notice)
        return;
    std::vector<Finding>& kept = finding.severity == Severity::warning ? warnings_ : grave_;
    if (kept.size() < ReportedStore::kMostFindings)
        kept.push_back(finding);
}

std::vector<Finding> KeptFindings::worst() const {
    std::vector<Finding> worst = grave_;
    for (const Finding& warning : warnings_)
        if (worst.size() < ReportedStore::kMostFindings)
            worst.push_back(warning);
    return worst;
}

CheckPage begin_page() {
    std::array<char, 256> machine{}; // HOST_NAME_MAX is 64
    if (::gethostname(machine.data(), machine.size() - 1) != 0)
        machine[0] = '\0';
    return {.started = std::time(nullptr),
            .machine = machine.data(),
            .program = "saoluu " SAOLUU_VERSION,
            .stores = {}};
}

void take_person(ReportedStore& store, Repository& repository) {
    store.repository = repository.id();
    store.role = repository.role();
    const Result<std::vector<KeyInfo>> keys = list_keys(repository);
    if (!keys)
        return;
    for (const KeyInfo& key : *keys)
        if (key.is_own) {
            store.holder = key.holder;
            store.unit = key.unit;
        }
}

} // namespace saoluu::cli
