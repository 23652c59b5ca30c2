// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/output.hpp"

#include "saoluu/events.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace saoluu::cli {

/// Shows what a run tells: findings at once, progress as one line that is written over, and only
/// on a terminal; with --json both as objects.
class Reporter : public Events {
public:
    enum class Show { progress, findings_only };
    Reporter(Output& output, Show show);
    ~Reporter() override;
    Reporter(const Reporter&) = delete;
    Reporter& operator=(const Reporter&) = delete;

    void progress(const Progress& progress) override;
    void finding(const Finding& finding) override;

    /// Takes the progress line away; the results come next.
    void finish();

private:
    using Clock = std::chrono::steady_clock;
    [[nodiscard]] std::string line_of(const Progress& progress, double seconds) const;

    Output& output_;
    bool on_terminal_;
    bool as_json_;
    bool line_shown_ = false;
    Clock::time_point started_ = Clock::now();
    Clock::time_point next_ = started_;
};

} // namespace saoluu::cli
