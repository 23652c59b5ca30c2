// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/time_zone.hpp"
#include "service/delivery.hpp"

#include "saoluu/result.hpp"
#include "saoluu/service_status.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace saoluu::service {

/// Where a run of a job came to its end.
enum class FailedStep { none, before_hook, command, backup, after_hook };

/// What a source lost of what it held.
struct Loss {
    enum class Unit { files, entries, bytes };
    Unit unit = Unit::files; ///< files of all sources together, entries of one, bytes of a stream
    std::uint64_t before = 0, now = 0;
};

/// Something to be told, as facts alone: texts from elsewhere, such as an error's, may name
/// documents, and nothing of them is in it. Facts that a kind has no use for stay as they are.
struct Notice {
    NoticeKind kind = NoticeKind::test;
    std::string about = {}; ///< name of the job or the store; empty: the machine
    UnixTime at = 0;
    std::optional<UnixTime> since = {};                ///< of a trouble: when it began
    bool is_reminder = false;                          ///< of one that was told of before
    NoticeKind ended = NoticeKind::failure;            ///< of `recovered`
    std::optional<ErrorKind> error = {};               ///< failure, check_failed: why
    FailedStep step = FailedStep::none;                ///< failure, incomplete: where
    std::optional<UnixTime> last_success = {};         ///< failure, overdue; of a check: the last
    std::chrono::seconds max_age{0};                   ///< overdue
    std::uint64_t unreadable = 0;                      ///< incomplete: files; check_failed: packs
    std::uint64_t missing = 0;                         ///< incomplete: sources, of the unreadable
    std::vector<std::string> late_stores = {};         ///< incomplete: names of stores that lack it
    Loss loss = {};                                    ///< suspect
    std::uint64_t damaged_packs = 0, healed_packs = 0; ///< damage; 0: it is in other data
    std::uint64_t alarms = 0;                          ///< tampering: signs of it
    std::uint64_t free_bytes = 0, total_bytes = 0;     ///< store_nearly_full
    std::optional<UnixTime> due = {};   ///< key_expires, check_due, check_overdue: when
    std::chrono::seconds clock_step{0}; ///< clock: by how much; below 0: it was set back
};

/// Who tells, and in which words.
struct Teller {
    std::string office; ///< empty: only the machine is named
    std::string machine;
    cctz::time_zone zone; ///< of the times in texts
};

/// A notice as a message in the language of this process.
Message render(const Notice& notice, const Teller& teller);

/// What went well and what did not since the last digest, of all jobs and stores.
Message render_digest(const ServiceStatus& status, const Teller& teller);

// What the two share.
/// "07:30 28/11/2026", in the language's order
std::string local_time(UnixTime at, const Teller& teller);
/// "3 days", "5 hours", "20 minutes"
std::string span_of(std::chrono::seconds time);
/// Names office and machine, as each text begins.
std::string heading(const Teller& teller);
/// What happened to what: "backup failed: vanphong"
std::string subject_text(NoticeKind kind, const std::string& about);
/// "[office] text"
std::string subject_of(const std::string& text, const Teller& teller);

} // namespace saoluu::service
