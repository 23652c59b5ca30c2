// SPDX-License-Identifier: Apache-2.0
#include "saoluu/check.hpp"

#include "engine/check_rotation.hpp"
#include "engine/check_run.hpp"
#include "engine/check_segments.hpp"
#include "engine/full_checks.hpp"
#include "repo/hashed_packs.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace saoluu {
namespace {

Result<void> demand_sense(const CheckOptions& options) {
    if (options.sample_percent <= 0 || options.sample_percent > 100)
        return fail(ErrorKind::usage,
                    util::tr("the share to check is more than 0 and at most 100 per cent"));
    if (options.rotate && *options.rotate < std::chrono::hours(24))
        return fail(ErrorKind::usage, util::tr("the cycle of a rotating check is a day or more"));
    return {};
}

/// What the hashed packs of this machine are, before and after a check.
class Memory {
public:
    Memory(const repo::Access& access, const CheckOptions& options)
        : access_(access), options_(options), now_(access.clock->now()),
          hashed_(repo::HashedPacks::load(access.local)) {
        hashed_.mend(now_);
    }

    [[nodiscard]] engine::ChooseTurn choice() const {
        if (!options_.rotate)
            return {};
        return [this](const std::map<format::PackId, std::uint64_t>& sizes) {
            return engine::choose_turn(sizes, hashed_, *options_.rotate, now_);
        };
    }
    /// was_whole: nothing ended the run before its end
    void keep(const engine::PackFindings& packs, bool was_whole, Events& events) {
        const auto note = [&](repo::HashedPacks& hashed) {
            hashed.note(now_, packs.listed, packs.hashed, packs.bad);
            if (was_whole && options_.rotate)
                hashed.note_turn(now_);
        };
        note(hashed_);
        if (const Result<void> kept = repo::HashedPacks::change(access_.local, note); !kept)
            events.finding({Severity::notice, "",
                            util::message(util::tr("what was hashed could not be remembered on "
                                                   "this computer: {}"),
                                          kept.error().message())});
    }
    void describe(const engine::PackFindings& packs, CheckReport& report) const {
        for (const format::PackId& pack : packs.bad)
            if (!packs.marked.contains(pack))
                report.bad_packs.push_back(pack.hex());
        if (!options_.rotate)
            return;
        std::map<format::PackId, std::uint64_t> sizes = packs.listed;
        for (const format::PackId& pack : packs.marked)
            sizes.erase(pack); // never read again
        report.rotation = engine::describe_rotation(sizes, hashed_, *options_.rotate, now_);
    }

private:
    const repo::Access& access_;
    const CheckOptions& options_;
    const format::Time now_;
    repo::HashedPacks hashed_;
};

/// Of how many objects the locks are asked for: in a rotating check, of as many as were read.
CheckOptions for_locks(CheckOptions options, const CheckReport& report) {
    if (!options.rotate || report.listed_pack_bytes == 0)
        return options;
    constexpr double kLeast = 0.01;
    options.sample_percent = std::clamp(100 * static_cast<double>(report.pack_bytes) /
                                            static_cast<double>(report.listed_pack_bytes),
                                        kLeast, 100.0);
    return options;
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
    Memory memory(access, options);
    const Result<void> read =
        check_packs(access, index, snapshots, options, memory.choice(), counted, crew, packs);
    memory.keep(packs, read.has_value(), counted);
    TRY(read);
    if (options.read_data || (access.keyring.may_read() && may_cost_files(counted.report(), packs)))
        TRY(check_catalogs(access, index, snapshots, options.on_damaged_file, counted, crew,
                           packs));
    else
        tell_concerned(snapshots, packs, counted);
    TRY(check_locks(access, for_locks(options, counted.report()), counted, crew));
    TRY(crew.outcome());

    CheckReport report = counted.report();
    memory.describe(packs, report);
    // A rotating one is remembered where it runs: an entry a day would stay here for ever.
    if (!options.rotate)
        repo::note_act(
            access, format::Act::check,
            {.roster = {}, .session = {}, .mark = {}, .text = ledger_text(report, options)},
            counted);
    report.last_full_check = engine::is_full(report, options)
                                 ? FullCheck{.at = access.clock->now(),
                                             .by = access.names_of(access.self()).holder,
                                             .is_sound = report.sound()}
                                 : find_full_check(access, history.ledger);
    report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return report;
}

} // namespace saoluu
