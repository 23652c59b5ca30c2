// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/output.hpp"

#include "saoluu/events.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
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

    /// Whether progress is shown at all; if not, nothing need be looked up for it.
    [[nodiscard]] bool shows_progress() const { return on_terminal_ || as_json_; }
    /// How many findings of that severity came so far.
    [[nodiscard]] std::uint64_t told(Severity severity) const {
        return told_[static_cast<std::size_t>(severity)];
    }
    /// Takes the progress line away; the results come next.
    void finish();

private:
    using Clock = std::chrono::steady_clock;
    [[nodiscard]] std::string line_of(const Progress& progress, double seconds) const;

    Output& output_;
    bool on_terminal_;
    bool as_json_;
    bool line_shown_ = false;
    std::array<std::uint64_t, 4> told_{}; ///< by severity
    Clock::time_point started_ = Clock::now();
    Clock::time_point next_ = started_;
};

} // namespace saoluu::cli
