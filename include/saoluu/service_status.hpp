// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace saoluu {

/// How a run of a job ended.
enum class RunOutcome {
    none, ///< it never ran
    done,
    incomplete,  ///< a snapshot was made; some files, or a store, have not got into it
    failed,      ///< no snapshot was made
    interrupted, ///< neither: the machine went down, or somebody stopped it
};

/// What people are told about.
enum class NoticeKind {
    // troubles of a job
    failure,
    incomplete,
    overdue,
    suspect, ///< a source lost more of its files than it may
    // troubles of a store
    damage,
    tampering,    ///< a check found signs of it
    check_failed, ///< its unattended check, so that nobody sees whether it is sound
    store_nearly_full,
    check_due,     ///< the check by a person
    check_overdue, ///< the same, later than it may be
    key_expires,
    // events, which do not last
    clock,         ///< it was set, by more than is usual
    state_rebuilt, ///< the service's own records were lost, and made anew
    digest,
    test,
    recovered, ///< a trouble ended
};

/// Whether a run came to its end, though perhaps not with all of it.
constexpr bool did_its_work(RunOutcome outcome) {
    return outcome == RunOutcome::done || outcome == RunOutcome::incomplete;
}

/// A job as the service knows it. Times and counts are the service's own records: of runs by its
/// schedule and by hand.
struct JobStatus {
    std::string name;
    std::int64_t last_run = 0; ///< an id of the last run that ended, of no meaning; 0: none did
    std::optional<UnixTime> last_start = {};
    std::optional<UnixTime> last_end = {}; ///< of the last run that ended
    RunOutcome last_outcome = RunOutcome::none;
    std::optional<UnixTime> last_success = {}; ///< end of the last run that made a snapshot
    std::optional<UnixTime> next = {};         ///< by its schedule
    std::chrono::seconds max_age{0};           ///< older is overdue; 0: nothing is
    std::chrono::seconds last_duration{0};
    bool overdue = false;
    bool suspect = false; ///< its last snapshot is
    bool running = false;
    std::uint64_t files = 0;        ///< in the last snapshot
    std::uint64_t bytes = 0;        ///< of these
    std::uint64_t stored_bytes = 0; ///< what the last run added to its stores
    // since the last digest
    std::uint64_t runs = 0;
    std::uint64_t failures = 0; ///< of these, those that made no snapshot
    std::uint64_t runs_stored_bytes = 0;
};

/// A store as the service knows it.
struct StoreStatus {
    std::string name;
    std::optional<std::uint64_t> free_bytes = {}; ///< unknown of services that do not tell
    std::optional<std::uint64_t> total_bytes = {};
    std::optional<UnixTime> last_check = {}; ///< end of the last unattended one
    std::optional<double> seen_percent = {}; ///< of all bytes, read and found good within the cycle
    std::uint64_t damaged_packs = 0;         ///< known, and not yet healed
    std::optional<UnixTime> last_full_check = {}; ///< by a person whose key can read
    std::string last_full_check_by;               ///< name of the key's holder
    std::optional<UnixTime> full_check_due = {};  ///< of the next one
};

/// A trouble that lasts.
struct OpenTrouble {
    NoticeKind kind = NoticeKind::failure;
    std::string about; ///< name of the job, the store; empty: the machine's
    UnixTime since = 0;
};

/// A way to tell people.
struct ChannelStatus {
    std::string name;                         ///< "mail" or "webhook"
    std::uint64_t waiting = 0;                ///< messages that it could not take yet
    std::uint64_t dropped = 0;                ///< messages that were given up, and not yet told of
    std::optional<UnixTime> last_sent = {};   ///< unknown after a restart
    std::optional<UnixTime> fails_since = {}; ///< nothing got through since then
    std::string error = {};                   ///< "io", "denied" …: of the last try, if it failed
};

/// Everything that the service tells about itself. No paths and no names of files are in it.
struct ServiceStatus {
    std::string version;              ///< of the program
    std::string machine;              ///< its host name
    UnixTime started = 0;             ///< the service
    UnixTime now = 0;                 ///< when this was written
    std::vector<JobStatus> jobs = {}; ///< as they stand in the config file
    std::vector<StoreStatus> stores = {};
    std::vector<OpenTrouble> troubles = {};
    std::vector<ChannelStatus> channels = {};
};

/// The words of --json, the status file and webhooks: "store_nearly_full".
const char* name_of(RunOutcome outcome);
const char* name_of(NoticeKind kind);

} // namespace saoluu
