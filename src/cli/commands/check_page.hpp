// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/reporter.hpp"

#include "saoluu/report.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace saoluu::cli {

/// Shows what a check tells, and keeps the worst of it for a page.
class KeptFindings final : public Events {
public:
    explicit KeptFindings(Reporter& to) : to_(to) {}
    void progress(const Progress& progress) override { to_.progress(progress); }
    void finding(const Finding& finding) override;
    /// Alarms and damage before warnings; ReportedStore::kMostFindings of each at most.
    [[nodiscard]] std::vector<Finding> worst() const;

private:
    Reporter& to_;
    std::vector<Finding> grave_, warnings_;
};

/// The page of a check that begins now.
CheckPage begin_page();
/// Whose key opened a store.
void take_person(ReportedStore& store, Repository& repository);

} // namespace saoluu::cli
