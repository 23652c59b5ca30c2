// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/scan.hpp"

#include <functional>
#include <string>
#include <utility>

namespace saoluu::engine {

/// Passes on what a scan finds, and puts a stream where its name belongs in the order of paths.
class WithStream final : public ScanVisitor {
public:
    /// name: of the stream, in the root; insert: called once, between two items
    WithStream(ScanVisitor& next, std::string name, std::function<Result<void>()> insert)
        : next_(next), name_(std::move(name)), insert_(std::move(insert)) {}

    /// errors: also usage (a source has the stream's name by now)
    Result<void> found(ScanItem item) override;
    void problem(const ScanProblem& problem) override { next_.problem(problem); }
    void left_out(const std::string& path, Selection::Reason reason) override {
        next_.left_out(path, reason);
    }
    /// After the scan: if nothing came behind it, it comes at the end.
    Result<void> finish();

private:
    ScanVisitor& next_;
    const std::string name_;
    const std::function<Result<void>()> insert_;
    bool is_inserted_ = false;
};

} // namespace saoluu::engine
