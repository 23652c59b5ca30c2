// SPDX-License-Identifier: Apache-2.0
#include "service/child_works.hpp"
#include "util/clock.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

namespace saoluu::service {
namespace {
using nlohmann::json;
using util::message;
using util::tr;

// The program's exit codes, as its help has them.
constexpr int kDone = 0;
constexpr int kIncomplete = 3;
constexpr int kDamage = 13;
constexpr int kInterrupted = 130;

template <class T>
T value_of(const json& object, const char* key, T otherwise = {}) {
    const auto found = object.find(key);
    if (found == object.end())
        return otherwise;
    try {
        return found->get<T>();
    } catch (const json::exception&) { // null, or of another kind: not known
        return otherwise;
    }
}

std::optional<UnixTime> time_of(const json& object, const char* key) {
    return util::parse_utc_time(value_of<std::string>(object, key));
}

/// One of the words of ErrorKind, as errors have them with --json.
std::optional<ErrorKind> kind_named(const std::string& name) {
    for (int kind = 0; kind <= static_cast<int>(ErrorKind::interrupted); ++kind)
        if (name == name_of(static_cast<ErrorKind>(kind)))
            return static_cast<ErrorKind>(kind);
    return {};
}

FailedStep step_named(const std::string& name) {
    return name == "before"    ? FailedStep::before_hook
           : name == "command" ? FailedStep::command
           : name == "after"   ? FailedStep::after_hook
           : name == "backup"  ? FailedStep::backup
                               : FailedStep::none;
}

Loss::Unit unit_named(const std::string& name) {
    return name == "bytes"     ? Loss::Unit::bytes
           : name == "entries" ? Loss::Unit::entries
                               : Loss::Unit::files;
}

void take_error(const json& line, WorkResult& result) {
    result.error = kind_named(value_of<std::string>(line, "kind"));
    result.message = value_of<std::string>(line, "message");
}

void take_space(const json& line, WorkResult& result) {
    for (const json& one : value_of<json>(line, "space", json::array()))
        if (const auto total = value_of<std::uint64_t>(one, "total_bytes"); total > 0)
            result.space[value_of<std::string>(one, "store")] = {
                .free_bytes = value_of<std::uint64_t>(one, "free_bytes"), .total_bytes = total};
}

void take_backup(const json& line, WorkResult& result) {
    result.snapshot = value_of<std::string>(line, "snapshot");
    result.files = value_of<std::uint64_t>(line, "files");
    result.bytes = value_of<std::uint64_t>(line, "bytes");
    result.stored_bytes = value_of<std::uint64_t>(line, "stored_bytes");
    result.unreadable = value_of<std::uint64_t>(line, "unreadable");
    result.missing = std::min(value_of<std::uint64_t>(line, "missing"), result.unreadable);
    for (const json& late : value_of<json>(line, "late", json::array()))
        if (auto store = value_of<std::string>(late, "store"); !store.empty())
            result.late_stores.push_back(std::move(store)); // a location is told to nobody
    double worst = 2;
    for (const json& one : value_of<json>(line, "suspect", json::array())) {
        result.suspect = true;
        const auto before = value_of<std::uint64_t>(one, "before");
        const auto now = value_of<std::uint64_t>(one, "now");
        const double left =
            before == 0 ? 1 : static_cast<double>(now) / static_cast<double>(before);
        if (left < worst) {
            worst = left;
            result.loss = {.unit = unit_named(value_of<std::string>(one, "unit")),
                           .before = before,
                           .now = now};
        }
    }
}

void take_check(const json& line, WorkResult& result) {
    result.has_summary = true;
    result.alarms = value_of<std::uint64_t>(line, "alarms");
    result.damaged = value_of<std::uint64_t>(line, "damage") > 0 ||
                     (result.alarms == 0 && !value_of<bool>(line, "sound", false));
    result.unreadable_packs = value_of<std::uint64_t>(line, "unreadable");
    result.damaged_packs = value_of<std::uint64_t>(line, "bad_packs");
    bool only_packs = true;
    for (const auto& [kind, count] : value_of<std::map<std::string, std::uint64_t>>(line, "kinds"))
        only_packs = only_packs && (kind == "packs" || count == 0);
    if (only_packs)
        result.packs_to_heal = value_of<std::vector<std::string>>(line, "bad_pack_ids");
    if (const json rotation = value_of<json>(line, "rotation"); rotation.is_object())
        result.seen_percent = value_of<double>(rotation, "seen_percent");
    if (const json last = value_of<json>(line, "last_full_check"); last.is_object()) {
        result.last_full_check = time_of(last, "at");
        result.last_full_check_by = value_of<std::string>(last, "by");
    }
}

void take_key(const json& line, WorkResult& result) {
    const std::optional<UnixTime> expires = time_of(line, "expires");
    if (expires && *expires > util::system_clock().now() &&
        (!result.key_expires || *expires < *result.key_expires))
        result.key_expires = expires;
}

void take_snapshot(const json& line, WorkResult& result) {
    const std::optional<UnixTime> started = time_of(line, "started");
    if (!started)
        return;
    UnixTime& newest =
        result.newest_snapshots.try_emplace(value_of<std::string>(line, "job"), *started)
            .first->second;
    newest = std::max(newest, *started);
}

void take_line(const json& line, Order::Kind kind, WorkResult& result) {
    const auto type = value_of<std::string>(line, "type");
    if (type == "error")
        return take_error(line, result);
    if (type == "failed_step")
        result.step = step_named(value_of<std::string>(line, "step"));
    if (kind == Order::Kind::keys && type == "key")
        return take_key(line, result);
    if (kind == Order::Kind::recall && type == "snapshot")
        return take_snapshot(line, result);
    if (type != "summary")
        return;
    take_space(line, result);
    if (kind == Order::Kind::job)
        take_backup(line, result);
    if (kind == Order::Kind::check)
        take_check(line, result);
    if (kind == Order::Kind::heal)
        result.healed_packs = value_of<std::uint64_t>(line, "healed");
}

RunOutcome outcome_of(const Order& order, int exit_code, int signal, bool stopped,
                      const WorkResult& result) {
    const bool is_check = order.kind == Order::Kind::check;
    if (signal == 0 && exit_code == kDamage && is_check)
        return RunOutcome::done; // that is what it found
    const bool came_to_its_end = signal == 0 && (!is_check || result.has_summary);
    if (came_to_its_end && exit_code == kDone)
        return RunOutcome::done;
    if (came_to_its_end && exit_code == kIncomplete)
        return RunOutcome::incomplete;
    if (signal == 0 && exit_code == kInterrupted && stopped)
        return RunOutcome::interrupted; // whatever it had done by then
    if (!result.snapshot.empty() && order.kind == Order::Kind::job)
        return RunOutcome::incomplete; // it made a snapshot, and then something else went wrong
    return stopped ? RunOutcome::interrupted : RunOutcome::failed;
}

} // namespace

WorkResult result_of(const Order& order, const std::vector<std::string>& lines, int exit_code,
                     int signal, bool stopped) {
    WorkResult result;
    for (const std::string& text : lines) {
        const json line = json::parse(text, nullptr, false);
        if (line.is_object())
            take_line(line, order.kind, result);
    }
    result.outcome = outcome_of(order, exit_code, signal, stopped, result);
    // A store so damaged that it can't be opened has no summary, and is damaged all the same.
    if (order.kind == Order::Kind::check && result.outcome == RunOutcome::done &&
        !result.has_summary)
        result.damaged = true;
    if (result.outcome == RunOutcome::failed && result.message.empty())
        result.message = signal != 0 ? message(tr("its process was ended by signal {}"), signal)
                                     : message(tr("its process ended with code {}"), exit_code);
    return result;
}

} // namespace saoluu::service
