// SPDX-License-Identifier: Apache-2.0
#include "saoluu/heal.hpp"

#include "engine/check_segments.hpp"
#include "engine/heal_run.hpp"
#include "engine/object_check.hpp"
#include "repo/hashed_packs.hpp"
#include "repo/read_place.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace saoluu {
namespace engine {
namespace {

using format::PackId;
using util::message;
using util::tr;

/// Only a copy of the same repository is asked: another's objects would be foreign here.
Result<void> demand_copy(const repo::Access& access, store::Store& other) {
    Events silent;
    const format::FormatObject format = TRY(repo::read_format(other, silent));
    if (format.repository == access.id())
        return {};
    return fail(ErrorKind::usage, message(tr("{} is another repository, not a copy of {}"),
                                          other.describe(), access.store->describe()));
}

/// What holds another repository is left out, and what can't say is away.
void keep_copies(Heal& heal) {
    std::erase_if(heal.others, [&](const std::unique_ptr<store::Store>& other) {
        Events silent;
        const Result<format::FormatObject> format = repo::read_format(*other, silent);
        if (!format)
            heal.tell_away(other->describe(), format.error());
        return !format || format->repository != heal.access.id();
    });
}

/// What the other lists below a prefix and this store does not.
Result<std::vector<Wanted>> missing_below(Heal& heal, store::Store& other,
                                          std::string_view prefix) {
    const Listing here = TRY(list_of(*heal.access.store, prefix));
    std::vector<Wanted> wanted;
    for (const auto& [name, size] : TRY(list_of(other, prefix)))
        if (!here.contains(name))
            wanted.push_back({.name = name, .sources = {name}, .size = size});
    return wanted;
}

/// Copies from one store into the repository; how many came. What the other has damaged is not of
/// interest here.
Result<void> put_back(Heal& heal, store::Store& from, std::vector<Wanted> wanted) {
    if (wanted.empty())
        return {};
    Events silent;
    MirrorOptions options;
    options.dry_run = heal.options.dry_run;
    options.threads = heal.options.threads;
    Copier copier(from, *heal.access.store, heal.access.id(), options, silent, heal.stop);
    std::vector<std::vector<Wanted>> chain; // one after the other, as their names ascend
    for (Wanted& one : wanted)
        chain.push_back({std::move(one)});
    for (std::vector<Wanted>& one : chain)
        TRY(copier.copy_one(one.front()));
    heal.report.small += copier.report().objects;
    return {};
}

/// Second copies from the first and the other way round, as far as one of them is good here.
Result<void> complete_twice_kept(Heal& heal) {
    const std::string second(format::names::kSecond);
    for (const std::string_view prefix :
         {format::names::kRosters, format::names::kKeys, format::names::kFormat}) {
        const Listing here = TRY(list_of(*heal.access.store, prefix));
        std::vector<Wanted> wanted;
        for (const auto& [name, size] : here) {
            const std::string twin = name.ends_with(second)
                                         ? name.substr(0, name.size() - second.size())
                                         : name + second;
            if (!here.contains(twin))
                wanted.push_back({.name = twin, .sources = {name}, .size = size});
        }
        TRY(put_back(heal, *heal.access.store, std::move(wanted)));
    }
    return {};
}

/// Index segments that snapshots name and that are gone.
Result<void> put_back_segments(Heal& heal) {
    Events silent;
    const repo::History history = TRY(repo::load_history(heal.access, silent));
    BadSegments bad;
    const repo::Index index =
        TRY(load_index(heal.access, silent, bad, repo::Index::Cache::passed_over));
    const Unreplaced lost = TRY(find_unreplaced(heal.access, index, history.snapshots, bad));
    for (const std::unique_ptr<store::Store>& other : heal.others) {
        std::vector<Wanted> wanted;
        for (const auto& [segment, snapshot] : lost.missing) {
            const std::string name = format::names::index(segment);
            if (heal.access.store->stat(name))
                continue; // an earlier one had it
            if (const Result<store::ObjectInfo> there = other->stat(name))
                wanted.push_back({.name = name, .sources = {name}, .size = there->size});
        }
        TRY(put_back(heal, *other, std::move(wanted)));
    }
    return {};
}

/// Nothing is overwritten: what is damaged under its own name a person must move away first.
Result<void> tell_damaged_small(Heal& heal) {
    for (const std::string_view prefix :
         {format::names::kFormat, format::names::kRosters, format::names::kKeys,
          format::names::kIndex, format::names::kLedger, format::names::kMarks}) {
        for (const auto& [name, size] : TRY(list_of(*heal.access.store, prefix))) {
            if (heal.stop.stop_requested())
                return fail(ErrorKind::interrupted, tr("interrupted"));
            const format::names::Name parsed = *format::names::parse(name);
            const Result<util::Bytes> bytes = heal.access.store->get(name, size_limit(parsed));
            if (!bytes && bytes.error().kind() != ErrorKind::corrupt)
                continue; // a compaction took it, or the store fails, which the next call tells
            if (bytes && verify_object(heal.access.id(), parsed, *bytes))
                continue;
            ++heal.report.small_bad;
            heal.tell(Severity::damage, name,
                      tr("damaged, and nothing is ever overwritten: move this one object out of "
                         "the repository by other means, then run saoluu heal again"));
        }
    }
    return {};
}

} // namespace

Result<void> heal_small(Heal& heal) {
    TRY(tell_damaged_small(heal));
    TRY(complete_twice_kept(heal));
    for (const std::unique_ptr<store::Store>& other : heal.others)
        for (const std::string_view prefix :
             {format::names::kKeys, format::names::kRosters, format::names::kMarks,
              format::names::kLedger, format::names::kFormat})
            TRY(put_back(heal, *other, TRY(missing_below(heal, *other, prefix))));
    return put_back_segments(heal);
}

Result<void> condemn(Heal& heal, std::vector<PackId> lost) {
    if (lost.empty())
        return {};
    repo::Access& access = heal.access;
    if (access.self().is(format::Role::backup)) {
        heal.tell(Severity::warning, "",
                  tr("what is lost must be condemned, so that the next backup stores it anew from "
                     "the source: run saoluu heal with a key of the role restore or admin"));
        return {};
    }
    if (heal.options.dry_run)
        return {};
    std::ranges::sort(lost);
    repo::LedgerAppender appender = TRY(repo::LedgerAppender::open(access, heal.events));
    format::Mark mark;
    mark.purpose = format::MarkPurpose::damage;
    mark.packs = std::move(lost);
    mark.reason = "heal: no copy that was asked has them whole";
    mark.time = access.clock->now();
    mark.place = access.place.place;
    const util::Bytes object =
        format::seal_session_object(TRY(access.authorship()), mark, util::BytesView());
    const auto id = format::name_of<format::MarkId>(object);
    // The ledger tells of it first: a mark that is lost later is missed then (FORMAT.md 10.4).
    TRY(appender.append(
        format::Act::mark,
        format::encode_facts({.roster = {}, .session = {}, .mark = id, .text = mark.reason})));
    const std::string name = format::names::mark(id);
    TRY(access.store->put(name, object));
    heal.report.marked = mark.packs.size();
    heal.tell(Severity::notice, name,
              tr("condemned what is lost: the next backup of each computer stores it anew, as far "
                 "as its documents are still there"));
    return {};
}

namespace {

/// What this computer knew as bad and was healed now: backups may build on it again. What had its
/// hash all along stays bad until a check has read it: it may be forged, which a hash does not
/// tell.
void remember_healed(Heal& heal) {
    const format::Time now = heal.access.clock->now();
    const Result<void> kept =
        repo::HashedPacks::change(heal.access.local, [&](repo::HashedPacks& hashed) {
            for (const PackId& pack : heal.put)
                if (const auto found = hashed.packs.find(pack); found != hashed.packs.end())
                    found->second = {repo::HashedPack::State::good, now};
        });
    if (!kept)
        heal.tell(Severity::notice, "",
                  message(tr("what was hashed could not be remembered on this computer: {}"),
                          kept.error().message()));
}

} // namespace

Result<HealReport> heal_over(repo::Access& access,
                             std::vector<std::unique_ptr<store::Store>> others,
                             const HealOptions& options, Events& events, std::stop_token stop,
                             const std::vector<AwayPlace>& away) {
    const auto started = std::chrono::steady_clock::now();
    if (!options.dry_run)
        TRY(access.may_write());
    if (!options.is_from_guessed)
        for (const std::unique_ptr<store::Store>& other : others)
            TRY(demand_copy(access, *other));
    LockedEvents locked(events);
    Heal heal{.access = access,
              .others = std::move(others),
              .options = options,
              .events = locked,
              .stop = std::move(stop)};
    heal.report.dry_run = options.dry_run;
    for (const AwayPlace& place : away)
        heal.tell_away(place.location, place.why);
    if (options.is_from_guessed)
        keep_copies(heal);
    if (options.packs.empty())
        TRY(heal_small(heal));
    std::vector<PackId> lost;
    const Result<void> healed = heal_packs(heal, lost);
    if (!options.dry_run)
        remember_healed(heal);
    TRY(healed);
    TRY(condemn(heal, std::move(lost)));
    heal.report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return heal.report;
}

} // namespace engine

Result<HealReport> heal(Repository& repository, const HealOptions& options, Events& events,
                        std::stop_token stop) {
    std::vector<std::unique_ptr<store::Store>> others;
    std::vector<engine::AwayPlace> away;
    for (std::size_t i = 0; i < options.from.size(); ++i) {
        Result<std::unique_ptr<store::Store>> other = repo::open_store(
            options.from[i], i < options.reach_from.size() ? options.reach_from[i] : Reach{},
            store::MissingFolder::refuse);
        if (other)
            others.push_back(std::move(*other));
        else if (options.is_from_guessed && other.error().kind() != ErrorKind::interrupted)
            away.push_back({.location = options.from[i], .why = other.error()});
        else
            return Failure(std::move(other).error());
    }
    return engine::heal_over(repository.impl().access, std::move(others), options, events,
                             std::move(stop), away);
}

} // namespace saoluu
