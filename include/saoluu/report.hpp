// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/check.hpp"
#include "saoluu/repository.hpp"
#include "saoluu/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace saoluu {

/// One store of a check, and what came of it.
struct ReportedStore {
    std::string name = {};       ///< in the config file; empty: it has none there
    std::string location = {};   ///< without credentials
    std::string repository = {}; ///< hex; empty where it could not be opened
    std::optional<CheckReport> report = {};
    std::optional<ErrorKind> failed = {}; ///< if it was not checked: why
    std::string failure = {};             ///< the same for people
    /// Warnings and worse, in the order in which they came; kMostFindings are enough.
    std::vector<Finding> findings = {};
    static constexpr std::size_t kMostFindings = 20;
    std::vector<std::string> next_steps = {};
    // Whose key it was.
    std::string holder = {};
    std::string unit = {};
    std::optional<Role> role = {};
};

/// A check of one or several stores, as a page that is kept.
struct CheckPage {
    UnixTime started = 0, ended = 0;
    std::string machine = {};
    std::string program = {}; ///< and its version
    bool read_data = false;
    double sample_percent = 100;
    std::vector<ReportedStore> stores = {};
};

/// The worst of the stores; incomplete where one was not checked, or not all of it was readable.
/// One that could not be opened for what is damaged in it is damaged.
CheckVerdict verdict_of(const CheckPage& page);

/// Why it does not count as the monthly check, for people; empty: it does. Only who may read can
/// prove that the documents come back, and only of what he read.
std::vector<std::string> why_not_counted(const CheckPage& page);

/// The page for people: the verdict first, in the language of the process.
std::string text_of(const CheckPage& page);
/// The same for programs: one JSON object.
std::string json_of(const CheckPage& page);

/// Where a page goes: a text, and JSON beside it.
struct ReportFiles {
    std::string text, json;
};
/// Names for the page of a day. path: a file that is not there yet, whose JSON has .json in place
/// of .txt, or behind the name; or a folder, in which both are named by the day.
/// errors: exists; not_found, denied: it is no folder that can be written to
Result<ReportFiles> report_files(const std::string& path, UnixTime now);
/// Writes both, each whole or not at all, readable for its owner; nothing is overwritten.
/// errors: as a file's; exists
Result<void> write_report(const ReportFiles& files, const CheckPage& page);

} // namespace saoluu
