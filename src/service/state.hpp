// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/database.hpp"
#include "service/record.hpp"

#include "saoluu/result.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace saoluu::service {

/// What the service remembers, in memory and in the file state.db of the state folder. Losing the
/// file loses no backup. Work never waits for it: what can't be written, as on a full disk, stays
/// in memory and is written by a later save().
class State {
public:
    enum class Damaged {
        set_aside, ///< under another name, and a new file is made
        refuse,    ///< the daemon may have it open
    };
    /// Opens it for writing; makes it, and the folder, where they are missing. Damaged is also a
    /// file that a later version of the program made.
    /// errors: denied, io, no_space; where it is refused: corrupt, unsupported
    static Result<State> open(const std::string& folder, UnixTime now,
                              Damaged damaged = Damaged::set_aside);
    /// Opens it for reading only.
    /// errors: as opening a database; not_found where there is none yet
    static Result<State> read(const std::string& folder);

    /// Of nothing that happened, and kept nowhere.
    static Result<State> empty();

    /// Where the damaged file was moved to; empty: there was none.
    [[nodiscard]] const std::string& set_aside() const { return set_aside_; }
    /// Nothing is known of the past: the file was made anew, by whatever process, and nobody has
    /// seen to it yet.
    [[nodiscard]] bool is_new() const;
    /// It is seen to.
    void take_over(UnixTime now);

    [[nodiscard]] const std::map<std::string, TaskRecord>& records() const { return records_; }
    /// The task's record; made where it is new.
    const TaskRecord& record(const std::string& task, UnixTime now);
    /// The same, to be changed.
    TaskRecord& change(const std::string& task, UnixTime now);

    /// Runs that began and did not end, of this process and of others, by id.
    [[nodiscard]] const std::map<std::int64_t, Run>& running() const { return running_; }
    /// A run begins. The moment it is for should be handled in its record before save().
    void begin(const Run& run);
    /// It ended, or was given up: `ended` and `outcome` are set.
    void end(const Run& run);

    /// Writes what is not written yet, durably and all together.
    /// errors: as writing a database; nothing is lost of it then
    Result<void> save();
    /// Takes in what other processes wrote since.
    Result<void> refresh();

    /// The last runs of a task that ended, the last that began first, whatever the clock said.
    Result<std::vector<Run>> history(const std::string& task, std::size_t most);
    /// The runs of a task that ended after a time.
    struct Sums {
        std::uint64_t runs = 0, failures = 0, stored_bytes = 0;
    };
    Result<Sums> sums(const std::string& task, UnixTime since);

    /// For tables of others in the same file.
    [[nodiscard]] Database& database() { return database_; }

    static std::string path_in(const std::string& folder);

private:
    explicit State(Database database) : database_(std::move(database)) {}
    Result<void> load();
    Result<void> write_task(const std::string& key, const TaskRecord& record);
    Result<void> write_run(const Run& run);
    Result<std::int64_t> version_of_data();

    Database database_;
    std::map<std::string, TaskRecord> records_;
    std::map<std::int64_t, Run> running_;
    std::set<std::string> changed_tasks_;
    std::map<std::int64_t, Run> changed_runs_;
    std::int64_t seen_version_ = 0;
    std::string set_aside_;
};

/// An id for a run.
std::int64_t new_run_id();

} // namespace saoluu::service
