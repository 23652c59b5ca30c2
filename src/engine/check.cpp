// SPDX-License-Identifier: Apache-2.0
#include "saoluu/check.hpp"

#include "engine/check_run.hpp"
#include "engine/check_segments.hpp"
#include "util/text.hpp"

#include <chrono>
#include <utility>

namespace saoluu {
namespace {

Result<void> demand_sense(const CheckOptions& options) {
    if (options.sample_percent > 0 && options.sample_percent <= 100)
        return {};
    return fail(ErrorKind::usage,
                util::tr("the share to check is more than 0 and at most 100 per cent"));
}

/// Whether what was found may cost files.
bool may_cost_files(const CheckReport& report, const engine::PackFindings& packs) {
    return report.kinds.contains(DamageKind::packs) || report.kinds.contains(DamageKind::index) ||
           !packs.bad.empty() || !packs.concerns.empty();
}

} // namespace

Result<CheckReport> check(Repository& repository, const CheckOptions& options, Events& events,
                          std::stop_token stop) {
    using namespace engine;
    const auto started = std::chrono::steady_clock::now();
    repo::Access& access = repository.impl().access;
    TRY(demand_sense(options));
    if (options.read_data)
        TRY(access.may_read(util::tr("reading the data")));

    CheckEvents counted(events);
    Crew crew(std::move(stop));
    PackFindings packs;
    packs.read_data = options.read_data;
    BadSegments bad_segments;
    TRY(check_listing(access, counted, crew, packs, bad_segments));
    const repo::History history = TRY(repo::load_history(access, counted));
    const repo::SnapshotSet& snapshots = history.snapshots;
    counted.count([&](CheckReport& report) {
        report.snapshots = snapshots.snapshots.size();
        report.checked = describe(access, snapshots);
    });
    TRY(check_marks(access, history.ledger, counted, packs));
    const repo::Index index = TRY(load_index(access, counted, bad_segments));
    TRY(check_segments(access, index, snapshots, bad_segments, counted, packs));
    TRY(check_packs(access, index, snapshots, options, counted, crew, packs));
    if (options.read_data || (access.keyring.may_read() && may_cost_files(counted.report(), packs)))
        TRY(check_catalogs(access, index, snapshots, options.on_damaged_file, counted, crew,
                           packs));
    else
        tell_concerned(snapshots, packs, counted);
    TRY(check_locks(access, options, counted, crew));
    TRY(crew.outcome());

    CheckReport report = counted.report();
    repo::note_act(
        access, format::Act::check,
        {.roster = {},
         .session = {},
         .mark = {},
         .text = fmt::format("packs {} of {} damage {} alarms {} read-data {}", report.packs,
                             report.listed_packs, report.damage, report.alarms, options.read_data)},
        counted);
    report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return report;
}

} // namespace saoluu
