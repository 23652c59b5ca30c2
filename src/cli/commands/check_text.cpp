// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/check_text.hpp"

#include "cli/commands/check_verdict.hpp"
#include "cli/help.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>
#include <utility>

namespace saoluu::cli {
namespace {
using util::human_size;
using util::message;
using util::printable;
using util::tr;
using util::trn;

/// By when the next full check must be made; the first counts from the first snapshot.
std::optional<UnixTime> due_of(const CheckReport& report, const CheckConfig& config) {
    if (report.last_full_check)
        return report.last_full_check->at + config.report_within.count();
    if (report.checked.empty())
        return std::nullopt;
    return report.checked.front().started + config.report_within.count();
}

bool is_overdue(const CheckReport& report, const CheckConfig& config) {
    const std::optional<UnixTime> due = due_of(report, config);
    return due && *due < static_cast<UnixTime>(std::time(nullptr));
}

std::string last_full_of(const CheckReport& report) {
    const std::optional<FullCheck>& last = report.last_full_check;
    if (!last)
        return tr("none yet");
    return message(last->is_sound ? tr("{}, {}: sound") : tr("{}, {}: damage was found"),
                   local_time(last->at), printable(last->by));
}

/// "5 days", or hours where it is less than two.
std::string age_text(std::chrono::seconds age) {
    const auto hours =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::hours>(age).count());
    return hours >= 48 ? message(trn("{} day", "{} days", hours / 24), hours / 24)
                       : message(trn("{} hour", "{} hours", hours), hours);
}

void add_rotation(Table& table, const Rotation& rotation) {
    table.add({tr("Seen in the cycle"), message(tr("{:.1f} per cent of all bytes, in {}"),
                                                rotation.seen_percent, age_text(rotation.cycle))});
    table.add({tr("Longest not read"), age_text(rotation.longest_unseen)});
}

std::string overdue_text(const CheckReport& report, const CheckConfig& config) {
    if (!is_overdue(report, config))
        return "";
    return wrapped(tr("A full check by a key that may read is overdue: saoluu check --read-data "
                      "--report "
                      "FILE"),
                   kHelpColumns) +
           "\n";
}

Json json_of(const std::optional<FullCheck>& last) {
    if (!last)
        return nullptr;
    return {
        {"at", util::utc_time(last->at)}, {"by", printable(last->by)}, {"sound", last->is_sound}};
}

/// The first of them: a summary is one line, and whoever reads it need not take one of any length.
Json first_of(const std::vector<std::string>& ids) {
    Json first = Json::array();
    for (std::size_t i = 0; i < std::min(ids.size(), CheckReport::kListedIds); ++i)
        first.push_back(ids[i]);
    return first;
}

Json time_or_null(std::optional<UnixTime> time) {
    return time ? Json(util::utc_time(*time)) : Json(nullptr);
}

Json json_of(const std::optional<Rotation>& rotation) {
    if (!rotation)
        return nullptr;
    return {{"cycle_seconds", rotation->cycle.count()},
            {"seen_percent", rotation->seen_percent},
            {"longest_unseen_seconds", rotation->longest_unseen.count()}};
}

} // namespace

std::string text_of(const CheckReport& report, const CheckConfig& config) {
    Table table({{}, {}});
    const auto add = [&table](const char* title, std::uint64_t count) {
        if (count > 0)
            table.add({title, std::to_string(count)});
    };
    table.add({tr("Objects"), std::to_string(report.objects)});
    table.add({tr("Snapshots"), std::to_string(report.snapshots)});
    table.add({tr("Packs"), message(tr("{} ({}), every byte of them read"), report.packs,
                                    human_size(report.pack_bytes))});
    add(tr("Packs not read"), report.listed_packs - report.packs);
    if (report.chunks > 0)
        table.add({tr("Chunks"), message(tr("{}, decrypted and verified"), report.chunks)});
    add(tr("Unused packs"), report.unused_packs);
    add(tr("Doubled index entries"), report.doubled_entries);
    add(tr("Foreign objects"), report.foreign_objects);
    add(tr("Not readable"), report.unreadable);
    add(tr("Not locked"), report.unprotected);
    add(tr("Warnings"), report.warnings);
    add(tr("Damage"), report.damage);
    add(tr("Signs of tampering"), report.alarms);
    if (report.rotation)
        add_rotation(table, *report.rotation);
    table.add({tr("Last full check"), last_full_of(report)});
    table.add({tr("Time"), message(tr("{:.1f} s"), report.seconds)});
    return table.text() + "\n" + verdict_of(report) + overdue_text(report, config);
}

void show_json(Output& output, const CheckReport& report, const CheckConfig& config,
               const std::string& store, const nlohmann::ordered_json& space) {
    for (const CheckedSnapshot& snapshot : report.checked)
        output.object({{"type", "checked_snapshot"},
                       {"snapshot", snapshot.id},
                       {"job", snapshot.job},
                       {"client", snapshot.client},
                       {"started", util::utc_time(snapshot.started)},
                       {"state", name_of(snapshot.state)}});
    Json kinds = Json::object();
    for (const auto& [kind, count] : report.kinds)
        kinds[name_of(kind)] = count;
    Json last_whole = Json::array();
    for (const std::size_t position : last_whole_of(report))
        last_whole.push_back(report.checked[position].id);
    output.object({{"type", "summary"},
                   {"command", "check"},
                   {"store", store.empty() ? Json(nullptr) : Json(store)},
                   {"sound", report.sound()},
                   {"verdict", name_of(report.verdict())},
                   {"objects", report.objects},
                   {"foreign_objects", report.foreign_objects},
                   {"snapshots", report.snapshots},
                   {"listed_packs", report.listed_packs},
                   {"listed_pack_bytes", report.listed_pack_bytes},
                   {"packs", report.packs},
                   {"pack_bytes", report.pack_bytes},
                   {"chunks", report.chunks},
                   {"unused_packs", report.unused_packs},
                   {"doubled_entries", report.doubled_entries},
                   {"unreadable", report.unreadable},
                   {"locks_asked", report.locks_asked},
                   {"unprotected", report.unprotected},
                   {"damage", report.damage},
                   {"alarms", report.alarms},
                   {"warnings", report.warnings},
                   {"kinds", std::move(kinds)},
                   {"walked_catalogs", report.walked_catalogs},
                   {"damaged_files", report.damaged_files},
                   {"damaged_snapshot_count", report.damaged_snapshots.size()},
                   {"damaged_snapshots", first_of(report.damaged_snapshots)},
                   {"last_whole", std::move(last_whole)},
                   {"next_steps", next_steps_of(report)},
                   {"bad_packs", report.bad_packs.size()},
                   {"bad_pack_ids", first_of(report.bad_packs)},
                   {"rotation", json_of(report.rotation)},
                   {"last_full_check", json_of(report.last_full_check)},
                   {"full_check_due", time_or_null(due_of(report, config))},
                   {"full_check_overdue", is_overdue(report, config)},
                   {"space", space},
                   {"seconds", report.seconds}});
}

} // namespace saoluu::cli
