// SPDX-License-Identifier: Apache-2.0
#include "engine/doctor_run.hpp"
#include "repo/snapshot_set.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace saoluu::engine {
namespace {
using util::message;
using util::tr;

constexpr std::int64_t kOneDay = 24L * 3600;

void look_at_key(const repo::Access& access, bool by_key_file, std::int64_t now,
                 const Verdicts& verdicts) {
    constexpr std::int64_t kSoon = 30 * kOneDay; // an admin has to be asked for a new one
    const format::ActorEntry& self = access.self();
    if (by_key_file && !self.is(format::Role::backup))
        verdicts.warning("key-role",
                         tr("the key file on this machine can read all backups: so could a thief "
                            "of this machine"),
                         tr("back up with a key of the role backup (saoluu key issue), and keep "
                            "this one off the machine"));
    else
        verdicts.in_order("key-role", self.is(format::Role::backup)
                                          ? tr("the key opens it, and can only add backups")
                                          : tr("the key opens it"));
    if (!self.expires)
        return;
    const std::string date = util::utc_time(*self.expires).substr(0, 10);
    if (*self.expires <= now)
        verdicts.fault("key-expiry", message(tr("the key expired on {}"), date),
                       tr("ask an admin for a new one: saoluu key issue"));
    else if (*self.expires - now < kSoon)
        verdicts.warning("key-expiry", message(tr("the key expires on {}"), date),
                         tr("ask an admin for a new one: saoluu key issue"));
    else
        verdicts.in_order("key-expiry", message(tr("the key expires on {}"), date));
}

void look_at_last_run(const repo::Access& access, const repo::SnapshotSet& set, std::int64_t now,
                      const Verdicts& verdicts) {
    constexpr std::int64_t kLate = 4 * kOneDay; // a weekend with a day off beside it is none
    const bool is_own = access.self().is(format::Role::backup);
    const repo::Snapshot* last = nullptr;
    for (const repo::Snapshot& snapshot : set.snapshots)
        if ((!is_own || snapshot.actor == access.self().id) &&
            (last == nullptr || last->record.ended < snapshot.record.ended))
            last = &snapshot;
    const char* const next =
        tr("run saoluu job run, and look why the service did not: journalctl -u saoluu");
    if (last == nullptr) {
        verdicts.warning("last-snapshot",
                         is_own ? tr("this key has made no snapshot there yet")
                                : tr("there is no snapshot yet"),
                         tr("run saoluu backup"));
        return;
    }
    const std::int64_t age = now - last->record.ended;
    const std::string date = util::utc_time(last->record.ended);
    const std::string what =
        age < 2 * kOneDay
            ? message(tr("the last snapshot is of {}, {} hours ago"), date,
                      std::max<std::int64_t>(age, 0) / 3600)
            : message(tr("the last snapshot is of {}, {} days ago"), date, age / kOneDay);
    if (age < -3600)
        verdicts.fault("last-snapshot",
                       message(tr("the last snapshot is of {}, which is yet to come"), date),
                       tr("set this machine's clock: timedatectl set-ntp true"));
    else if (age > kLate && is_own)
        verdicts.fault("last-snapshot", what, next);
    else if (age > kLate)
        verdicts.warning("last-snapshot", what, next);
    else
        verdicts.in_order("last-snapshot", what);
    if (last->record.incomplete)
        verdicts.warning("last-complete",
                         tr("the last snapshot lacks files that could not be read"),
                         tr("look at what the backup names as unreadable"));
}

} // namespace

void look_at_repository(const repo::Access& access, bool by_key_file, const util::Clock& clock,
                        const Verdicts& verdicts) {
    const std::int64_t now = clock.now();
    look_at_key(access, by_key_file, now, verdicts);
    if (const Result<void> may = access.may_write(); !may)
        verdicts.fault("writable", may.error().message(),
                       tr("have an admin look at it: saoluu check"));
    Events quiet; // what is wrong with the chains is what a check looks at
    const Result<repo::History> history = repo::load_history(access, quiet);
    if (!history) {
        verdicts.fault("history", history.error().message(), tr("look at all of it: saoluu check"));
        return;
    }
    look_at_last_run(access, history->snapshots, now, verdicts);
    if (const std::uint64_t count = history->snapshots.unfinished; count > 0)
        verdicts.warning("unfinished",
                         message(util::trn("{} backup began and did not end",
                                           "{} backups began and did not end", count),
                                 count),
                         tr("if none runs now, the next backup goes on from it; look why it "
                            "stopped"));
}

} // namespace saoluu::engine
