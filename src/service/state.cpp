// SPDX-License-Identifier: Apache-2.0
#include "service/state.hpp"

#include "util/file.hpp"
#include "util/text.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <random>
#include <utility>

#include <unistd.h>

namespace saoluu::service {
namespace {
using util::message;
using util::printable;
using util::tr;

constexpr std::int64_t kVersion = 1;
/// A task of no kind: its facts say whether the file was made and nobody has seen to it yet.
constexpr const char* kItself = "records";
constexpr const char* kMadeAnew = "new";
/// By number and not by age: a clock that jumps must not take them away. Years of two jobs.
constexpr std::int64_t kKeptRuns = 10'000;

// Runs are in the order of their numbers: a clock that was wrong tells nothing of it.
constexpr const char* kStateTables = R"(
CREATE TABLE IF NOT EXISTS task (
    key TEXT PRIMARY KEY, handled_last INTEGER NOT NULL, handled_highest INTEGER NOT NULL,
    known_since INTEGER NOT NULL, last_success INTEGER, facts TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS run (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL UNIQUE, task TEXT NOT NULL, due INTEGER NOT NULL, started INTEGER NOT NULL,
    ended INTEGER, outcome TEXT NOT NULL, attempt INTEGER NOT NULL, took INTEGER NOT NULL,
    snapshot TEXT NOT NULL, error TEXT NOT NULL, suspect INTEGER NOT NULL, files INTEGER NOT NULL,
    bytes INTEGER NOT NULL, stored INTEGER NOT NULL, skipped INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS run_by_task ON run (task, number);
PRAGMA user_version = 1;
)";

constexpr const char* kRunColumns = "id, task, due, started, ended, outcome, attempt, took, "
                                    "snapshot, error, suspect, files, bytes, stored, skipped";

RunOutcome outcome_named(const std::string& name) {
    for (const RunOutcome one :
         {RunOutcome::done, RunOutcome::incomplete, RunOutcome::failed, RunOutcome::interrupted})
        if (name == name_of(one))
            return one;
    return RunOutcome::none;
}

std::uint64_t unsigned_of(const Database::Statement& row, int column) {
    return static_cast<std::uint64_t>(row.number(column));
}

std::int64_t signed_of(std::uint64_t number) {
    return static_cast<std::int64_t>(number); // sums of bytes are far below 2^63
}

Run run_of(const Database::Statement& row) {
    return {.id = row.number(0),
            .task = row.text(1),
            .due = row.number(2),
            .started = row.number(3),
            .ended = row.optional(4),
            .outcome = outcome_named(row.text(5)),
            .attempt = static_cast<unsigned>(row.number(6)),
            .took = std::chrono::seconds(row.number(7)),
            .snapshot = row.text(8),
            .error = row.text(9),
            .suspect = row.number(10) != 0,
            .files = unsigned_of(row, 11),
            .bytes = unsigned_of(row, 12),
            .stored_bytes = unsigned_of(row, 13),
            .skipped = unsigned_of(row, 14)};
}

policy::Agenda::Moment moment_of(std::int64_t at) {
    return policy::Agenda::Moment(std::chrono::seconds(at));
}

Result<std::int64_t> version_of(Database& database) {
    Database::Statement version = TRY(database.prepare("PRAGMA user_version"));
    return TRY(version.step()) ? version.number(0) : 0;
}

/// A file that can be used: of this version, without damage, with its tables.
Result<Database> opened(const std::string& path, UnixTime now) {
    const bool is_new = ::access(path.c_str(), F_OK) != 0;
    Database database = TRY(Database::open(path, Database::Mode::write));
    TRY(database.check());
    const std::int64_t version = TRY(version_of(database));
    if (version > kVersion)
        return fail(ErrorKind::unsupported,
                    message(tr("{}: a later version of saoluu made it"), printable(path)));
    if (version == 0 && !is_new) // as a power cut leaves it
        return fail(ErrorKind::corrupt, message(tr("{}: nothing is in it"), printable(path)));
    Database::Transaction transaction = TRY(database.begin());
    TRY(database.execute(kStateTables));
    if (version == 0) {
        Database::Statement made =
            TRY(database.prepare("INSERT OR IGNORE INTO task VALUES (?, ?, ?, ?, NULL, ?)"));
        made.bind(kItself).bind(now).bind(now).bind(now).bind(kMadeAnew);
        TRY(made.run());
    }
    Database::Statement old = TRY(
        database.prepare("DELETE FROM run WHERE ended IS NOT NULL AND id NOT IN "
                         "(SELECT id FROM run ORDER BY number DESC LIMIT ?) AND number NOT IN "
                         "(SELECT max(number) FROM run WHERE ended IS NOT NULL GROUP BY task)"));
    TRY(old.bind(kKeptRuns).run());
    TRY(transaction.commit());
    return database;
}

/// Moves a database, with what SQLite keeps beside it, out of the way.
Result<std::string> move_aside(const std::string& path, UnixTime now) {
    const std::string aside = message("{}.damaged-{}", path, now);
    for (const char* part : {"-wal", "-shm", ""})
        if (::rename((path + part).c_str(), (aside + part).c_str()) != 0 && errno != ENOENT)
            return util::system_failure(path + part);
    return aside;
}

} // namespace

std::int64_t new_run_id() {
    std::random_device random;
    return (static_cast<std::int64_t>(random() & 0x7fffffffU) << 31) |
           static_cast<std::int64_t>(random() & 0x7fffffffU);
}

std::string State::path_in(const std::string& folder) {
    return util::join(folder, "state.db");
}

Result<State> State::open(const std::string& folder, UnixTime now, Damaged damaged) {
    TRY(util::make_folders(folder, 0700));
    const std::string path = path_in(folder);
    std::string aside;
    Result<Database> database = opened(path, now);
    if (!database && damaged == Damaged::set_aside &&
        (database.error().kind() == ErrorKind::corrupt ||
         database.error().kind() == ErrorKind::unsupported)) {
        aside = TRY(move_aside(path, now));
        database = opened(path, now);
    }
    if (!database)
        return Failure(std::move(database).error());
    State state(std::move(*database));
    state.set_aside_ = std::move(aside);
    TRY(state.load());
    return state;
}

Result<State> State::read(const std::string& folder) {
    State state(TRY(Database::open(path_in(folder), Database::Mode::read_only)));
    TRY(state.load());
    return state;
}

Result<State> State::empty() {
    State state(TRY(Database::open("state", Database::Mode::in_memory)));
    TRY(state.database_.execute(kStateTables));
    return state;
}

Result<std::int64_t> State::version_of_data() {
    Database::Statement statement = TRY(database_.prepare("PRAGMA data_version"));
    if (!TRY(statement.step()))
        return 0;
    return statement.number(0);
}

Result<void> State::load() {
    const std::int64_t version = TRY(version_of_data());
    std::map<std::string, TaskRecord> records;
    Database::Statement tasks = TRY(database_.prepare(
        "SELECT key, handled_last, handled_highest, known_since, last_success, facts FROM task"));
    while (TRY(tasks.step()))
        records[tasks.text(0)] = {
            .handled = {.last = moment_of(tasks.number(1)), .highest = moment_of(tasks.number(2))},
            .known_since = tasks.number(3),
            .last = {},
            .last_success = tasks.optional(4),
            .facts = tasks.text(5)};
    for (auto& [key, record] : records)
        if (std::vector<Run> last = TRY(history(key, 1)); !last.empty())
            record.last = std::move(last.front());
    // What is not written yet is newer than what is.
    for (const std::string& key : changed_tasks_)
        records[key] = records_[key];
    records_ = std::move(records);

    running_.clear();
    Database::Statement runs =
        TRY(database_.prepare(message("SELECT {} FROM run WHERE ended IS NULL", kRunColumns)));
    while (TRY(runs.step()))
        running_[runs.number(0)] = run_of(runs);
    for (const auto& [id, run] : changed_runs_) {
        if (run.ended)
            running_.erase(id);
        else
            running_[id] = run;
    }
    seen_version_ = version;
    return {};
}

bool State::is_new() const {
    const auto itself = records_.find(kItself);
    return itself != records_.end() && itself->second.facts == kMadeAnew;
}

void State::take_over(UnixTime now) {
    change(kItself, now).facts.clear();
}

Result<void> State::refresh() {
    if (TRY(version_of_data()) == seen_version_)
        return {};
    return load();
}

const TaskRecord& State::record(const std::string& task, UnixTime now) {
    const auto found = records_.find(task);
    return found == records_.end() ? change(task, now) : found->second;
}

TaskRecord& State::change(const std::string& task, UnixTime now) {
    const auto [found, is_added] = records_.try_emplace(task);
    if (is_added) {
        found->second.handled = policy::Handled::from(moment_of(now));
        found->second.known_since = now;
    }
    changed_tasks_.insert(task);
    return found->second;
}

void State::begin(const Run& run) {
    running_[run.id] = run;
    changed_runs_[run.id] = run;
}

void State::end(const Run& run) {
    running_.erase(run.id);
    changed_runs_[run.id] = run;
    TaskRecord& record = change(run.task, run.started);
    record.last = run;
    if (did_its_work(run.outcome))
        record.last_success = run.ended;
}

Result<void> State::write_task(const std::string& key, const TaskRecord& record) {
    Database::Statement put =
        TRY(database_.prepare("INSERT OR REPLACE INTO task VALUES (?, ?, ?, ?, ?, ?)"));
    put.bind(key)
        .bind(std::int64_t{record.handled.last.time_since_epoch().count()})
        .bind(std::int64_t{record.handled.highest.time_since_epoch().count()})
        .bind(record.known_since)
        .bind(record.last_success)
        .bind(record.facts);
    return put.run();
}

Result<void> State::write_run(const Run& run) {
    Database::Statement put = TRY(database_.prepare(
        message("INSERT INTO run ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET ended = excluded.ended, "
                "outcome = excluded.outcome, took = excluded.took, snapshot = excluded.snapshot, "
                "error = excluded.error, suspect = excluded.suspect, files = excluded.files, "
                "bytes = excluded.bytes, stored = excluded.stored, skipped = excluded.skipped",
                kRunColumns)));
    put.bind(run.id).bind(run.task).bind(run.due).bind(run.started).bind(run.ended);
    put.bind(name_of(run.outcome)).bind(std::int64_t{run.attempt});
    put.bind(std::int64_t{run.took.count()}).bind(run.snapshot).bind(run.error);
    put.bind(std::int64_t{run.suspect ? 1 : 0}).bind(signed_of(run.files));
    put.bind(signed_of(run.bytes)).bind(signed_of(run.stored_bytes)).bind(signed_of(run.skipped));
    return put.run();
}

Result<void> State::save() {
    if (changed_tasks_.empty() && changed_runs_.empty())
        return {};
    Database::Transaction transaction = TRY(database_.begin());
    for (const std::string& key : changed_tasks_)
        TRY(write_task(key, records_.at(key)));
    for (const auto& [id, run] : changed_runs_)
        TRY(write_run(run));
    TRY(transaction.commit());
    changed_tasks_.clear();
    changed_runs_.clear();
    return {};
}

Result<std::vector<Run>> State::history(const std::string& task, std::size_t most) {
    Database::Statement rows = TRY(
        database_.prepare(message("SELECT {} FROM run WHERE task = ? AND ended IS NOT NULL ORDER "
                                  "BY number DESC LIMIT ?",
                                  kRunColumns)));
    rows.bind(task).bind(static_cast<std::int64_t>(most));
    std::vector<Run> runs;
    while (TRY(rows.step()))
        runs.push_back(run_of(rows));
    return runs;
}

Result<State::Sums> State::sums(const std::string& task, UnixTime since) {
    Database::Statement row = TRY(database_.prepare(
        "SELECT count(*), coalesce(sum(outcome IN ('failed', 'interrupted')), 0), "
        "coalesce(sum(stored), 0) FROM run WHERE task = ? AND ended > ?"));
    row.bind(task).bind(since);
    if (!TRY(row.step()))
        return Sums{};
    return Sums{.runs = unsigned_of(row, 0),
                .failures = unsigned_of(row, 1),
                .stored_bytes = unsigned_of(row, 2)};
}

} // namespace saoluu::service
