// SPDX-License-Identifier: Apache-2.0
#include "saoluu/check.hpp"

#include "engine/check_run.hpp"
#include "util/text.hpp"

#include <chrono>
#include <utility>

namespace saoluu {

Result<CheckReport> check(Repository& repository, const CheckOptions& options, Events& events,
                          std::stop_token stop) {
    using namespace engine;
    const auto started = std::chrono::steady_clock::now();
    repo::Access& access = repository.impl().access;
    if (options.read_data)
        TRY(access.may_read(util::tr("reading the data")));

    CheckEvents counted(events);
    Crew crew(std::move(stop));
    PackFindings packs;
    packs.read_data = options.read_data;
    TRY(check_listing(access, counted, crew, packs));
    const repo::History history = TRY(repo::load_history(access, counted));
    const repo::SnapshotSet& snapshots = history.snapshots;
    const repo::Index index = TRY(repo::Index::load(access, counted));
    TRY(check_segments(access, index, snapshots, counted));
    TRY(check_packs(access, index, snapshots, options.threads, counted, crew, packs));
    if (options.read_data)
        TRY(check_catalogs(access, index, snapshots, counted, crew, packs));
    TRY(crew.outcome());

    CheckReport report = counted.report();
    report.snapshots = snapshots.snapshots.size();
    repo::note_act(access, format::Act::check,
                   {.roster = {},
                    .session = {},
                    .mark = {},
                    .text = fmt::format("packs {} damage {} alarms {} read-data {}", report.packs,
                                        report.damage, report.alarms, options.read_data)},
                   counted);
    report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return report;
}

} // namespace saoluu
