// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/notice.hpp"

#include "saoluu/result.hpp"
#include "saoluu/service_status.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>

namespace saoluu::service {

/// Something to be done, by a process of its own.
struct Order {
    enum class Kind {
        job,    ///< run a job
        check,  ///< hash a store's daily share
        heal,   ///< mend what is damaged in a store from the others
        keys,   ///< which keys of a store expire when
        recall, ///< the newest snapshot of each job in a store
    };
    Kind kind = Kind::job;
    std::string name;                    ///< of the job, else of the store
    std::vector<std::string> packs = {}; ///< heal: these; none: whatever is damaged
};

/// How full a store is.
struct Space {
    std::uint64_t free_bytes = 0, total_bytes = 0;
};

/// What came of an order: facts, each where its kind has it.
struct WorkResult {
    RunOutcome outcome = RunOutcome::failed;
    std::optional<ErrorKind> error = {};
    std::string message = {}; ///< of the error, for people; may name files
    // a job
    FailedStep step = FailedStep::none;
    std::string snapshot = {};
    std::uint64_t files = 0, bytes = 0, stored_bytes = 0, unreadable = 0;
    std::uint64_t missing = 0; ///< sources that are not there; of the unreadable
    std::vector<std::string> late_stores = {};
    bool suspect = false;
    Loss loss = {};                          ///< of the source that lost most
    std::map<std::string, Space> space = {}; ///< of stores, by name; also of a check
    // a check
    bool has_summary = false; ///< it came to its end, whatever it found
    bool damaged = false;     ///< in packs or anything else
    std::uint64_t alarms = 0; ///< signs of tampering
    std::uint64_t unreadable_packs = 0;
    std::uint64_t damaged_packs = 0;
    std::vector<std::string> packs_to_heal = {}; ///< some of them, if nothing but packs is damaged
    std::optional<double> seen_percent = {};
    std::optional<UnixTime> last_full_check = {};
    std::string last_full_check_by = {};
    // heal
    std::uint64_t healed_packs = 0;
    // keys: the one that expires first of those that stand
    std::optional<UnixTime> key_expires = {};
    // recall: started, by job
    std::map<std::string, UnixTime> newest_snapshots = {};
};

/// An order that is being done. Stopped and waited for when it goes.
class Work {
public:
    Work() = default;
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;
    virtual ~Work() = default;
    /// What came of it; nothing while it goes on. Takes what it has said, without waiting.
    virtual std::optional<WorkResult> poll() = 0;
    /// Asks it to end soon; its result says interrupted then.
    virtual void stop() = 0;
    /// What to wait for before the next poll().
    virtual void waits_for(std::vector<pollfd>& fds) const = 0;
};

/// Who does orders.
class Works {
public:
    Works() = default;
    Works(const Works&) = delete;
    Works& operator=(const Works&) = delete;
    virtual ~Works() = default;
    /// errors: any that keeps it from beginning
    virtual Result<std::unique_ptr<Work>> start(const Order& order) = 0;
    /// Whether somebody runs this job, in whatever process.
    virtual bool is_running(const std::string& job) = 0;
};

} // namespace saoluu::service
