// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace saoluu {

/// How far a run is. Totals are 0 while they are not known.
struct Progress {
    std::uint64_t files = 0;
    std::uint64_t total_files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t total_bytes = 0;
    std::string current; ///< bytes of a path or name of an object; escape it before printing
};

/// How bad a finding is.
enum class Severity {
    notice,  ///< worth saying, nothing is wrong
    warning, ///< the run goes on, but is not complete, or someone should look
    damage,  ///< stored data is missing or not what it must be
    alarm,   ///< a sign of tampering
};
/// The words of --json.
const char* name_of(Severity severity);

/// Something that a run met and went on from.
struct Finding {
    Severity severity = Severity::warning;
    std::string subject; ///< path of a file or name of an object, as bytes; may be empty
    std::string text;    ///< for people, translated
};

/// What a run tells while it works. Calls come from several threads, one at a time.
class Events {
public:
    virtual ~Events() = default;
    virtual void progress(const Progress&) {}
    virtual void finding(const Finding&) {}
};

} // namespace saoluu
