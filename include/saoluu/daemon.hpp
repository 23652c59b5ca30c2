// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/config.hpp"
#include "saoluu/result.hpp"
#include "saoluu/service_status.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace saoluu {

struct DaemonOptions {
    std::string config_path;
    std::string state_folder;
    std::string program;  ///< path of this program, which does the work in processes of its own
    std::string language; ///< vi, en; empty: by the environment
};

/// Runs jobs and checks at their times until it is asked to stop, which takes seconds. SIGHUP makes
/// it read the config file again; one that is faulty is told of, and the old one stays. What goes
/// on is told to systemd, where that started it, and to standard error. errors: as load_config();
/// refused (another runs with this state folder); denied, io, no_space (at
///         the start: later none of these ends it)
Result<void> run_daemon(const DaemonOptions& options, const std::stop_token& stop);

/// Where the daemon of this machine, or of this user, keeps its state: SAOLUU_STATE_DIR, else
/// /var/lib/saoluu for root, else the user's own.
std::string default_state_folder();

/// What is known of jobs and stores: by the daemon, if it runs, else by its records alone.
/// is_by_daemon: learns which
/// errors: denied, io
Result<ServiceStatus> service_status(const Config& config, const std::string& state_folder,
                                     bool& is_by_daemon);

/// Has the daemon run a job now.
/// errors: not_found where no daemon runs; usage, exists as it says
Result<void> ask_daemon_to_run(const std::string& job, const std::string& state_folder);

/// What came of a run of a job.
struct RunFacts {
    RunOutcome outcome = RunOutcome::failed;
    std::string snapshot; ///< id, hex; empty: none was made
    std::string error;    ///< for people
    std::uint64_t files = 0, bytes = 0, stored_bytes = 0;
    bool suspect = false;
};

/// Keeps a second run of the same job away as long as it lives.
class JobGuard {
public:
    /// errors: exists (it is running); denied, io
    static Result<JobGuard> take(const std::string& job, const std::string& state_folder);
    JobGuard(JobGuard&&) noexcept;
    JobGuard& operator=(JobGuard&&) noexcept;
    ~JobGuard();

private:
    struct Impl;
    explicit JobGuard(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// A run by hand while no daemon runs, in the records like the daemon's own. What can't be written
/// there is passed over: a backup matters more than its entry.
class RecordedRun {
public:
    RecordedRun(const std::string& job, const std::string& state_folder);
    RecordedRun(RecordedRun&&) noexcept;
    RecordedRun& operator=(RecordedRun&&) noexcept;
    ~RecordedRun();

    void end(const RunFacts& facts);
    /// Why it could not be recorded.
    [[nodiscard]] const std::optional<Error>& error() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Where root would write into a state folder that is another user's, the daemon's: has this
/// process go on as that user, who may read every file (CAP_DAC_READ_SEARCH) and write only his
/// own; so nothing is left there that the daemon can't write. Else nothing happens. errors: denied,
/// io
Result<void> become_owner_of(const std::string& state_folder);

} // namespace saoluu
