// SPDX-License-Identifier: Apache-2.0
#include "engine/check_run.hpp"
#include "engine/object_check.hpp"
#include "repo/damage.hpp"

#include "format/index_segment.hpp"
#include "format/names.hpp"
#include "format/slot.hpp"
#include "format/text_objects.hpp"
#include "util/text.hpp"

#include <utility>

namespace saoluu::engine {

using util::message;
using util::tr;

namespace {

/// Whether an object may go while others work on the repository.
bool is_removable(const format::names::Name& name) {
    return std::holds_alternative<format::names::IndexName>(name) ||
           std::holds_alternative<format::names::MarkName>(name);
}

/// Objects that must be there, and twice.
void demand(const repo::Access& access, const std::set<std::string>& names, CheckEvents& events) {
    const auto need = [&](const std::string& name) {
        if (!names.contains(name))
            events.finding({Severity::damage, name, tr("missing")});
    };
    const auto need_both = [&](const std::string& name) {
        need(name);
        need(name + std::string(format::names::kSecond));
    };
    need_both(std::string(format::names::kFormat));
    need(std::string(format::names::kPlace));
    if (!names.contains(std::string(format::names::kReadme)))
        events.finding({Severity::warning, std::string(format::names::kReadme),
                        tr("missing; nothing is lost by it")});
    for (const format::ActorEntry& actor : access.roster().actors)
        if (actor.slot_kind == format::SlotKind::passphrase)
            need_both(format::names::slot(actor.slot));
    // Losing an `open` loses no data, but a store that lost one may have lost more.
    for (const std::string& name : names) {
        const auto part = format::names::parse_as<format::names::SessionName>(name);
        if (part && part->part == format::names::Part::done)
            need(format::names::session(part->session, format::names::Part::open));
    }
}

/// The second copy of a slot, which is good in itself, is held against the first: nobody looks at
/// it before the day when it is needed.
void check_second_slot(const repo::Access& access, const format::names::SlotName& name,
                       util::BytesView second, CheckEvents& events) {
    const std::string first = format::names::slot(name.slot);
    const Result<util::Bytes> bytes = access.store->get(first, format::Slot::kSize);
    const Result<format::SlotId> inside =
        bytes ? format::Slot::id_of(*bytes) : Failure(bytes.error());
    // What is wrong with the first is told where it is looked at.
    if (inside && *inside == name.slot && !util::equal(*bytes, second))
        events.finding({Severity::alarm, first,
                        tr("its two copies differ, and each is whole: someone put one there")});
}

/// Reads an object that is no pack, and holds it against its own hash and place.
/// errors: io, where the whole store is gone
Result<void> check_small(const repo::Access& access, const std::string& name, CheckEvents& events,
                         BadSegments& bad_segments) {
    const format::names::Name parsed = *format::names::parse(name);
    const Result<util::Bytes> bytes = access.store->get(name, size_limit(parsed));
    // A compaction or a sweep may go on meanwhile; what it should have left is looked for in the
    // index. What is listed all the same is withheld.
    if (!bytes && bytes.error().kind() == ErrorKind::not_found && is_removable(parsed) &&
        !TRY(store::is_listed(*access.store, name)))
        return {};
    if (!bytes && bytes.error().kind() == ErrorKind::denied) {
        events.unreadable(name, bytes.error());
        return {};
    }
    const Result<void> good = bytes ? verify_object(access.id(), parsed, *bytes)
                                    : Failure(repo::as_damage(access, bytes.error()));
    if (!good && good.error().kind() == ErrorKind::io)
        return good;
    const Finding fault{Severity::damage, name, good ? "" : good.error().message()};
    if (const auto* segment = std::get_if<format::names::IndexName>(&parsed); segment && !good)
        bad_segments.emplace(segment->segment, fault);
    else if (!good)
        events.finding(fault);
    if (const auto* session = std::get_if<format::names::SessionName>(&parsed); session && good)
        check_session_object(access, *session, *bytes, events);
    if (const auto* slot = std::get_if<format::names::SlotName>(&parsed);
        slot && slot->second && good)
        check_second_slot(access, *slot, *bytes, events);
    return {};
}

} // namespace

Result<void> check_listing(const repo::Access& access, CheckEvents& events, Crew& crew,
                           PackFindings& packs, BadSegments& bad_segments) {
    std::set<std::string> small;
    TRY(access.store->list("", "", [&](const store::ObjectInfo& info) {
        events.count([](CheckReport& report) { ++report.objects; });
        const auto name = format::names::parse(info.name);
        if (!name) {
            events.count([](CheckReport& report) { ++report.foreign_objects; });
            events.finding(
                {Severity::notice, info.name, tr("not an object of saoluu; it is ignored")});
        } else if (const auto* pack = std::get_if<format::names::PackName>(&*name)) {
            if (pack->copy == 0)
                packs.listed[pack->pack] = info.size;
            else
                packs.copies.push_back({.pack = pack->pack, .name = info.name, .size = info.size});
        } else {
            small.insert(info.name);
        }
        return !crew.is_stopping();
    }));
    demand(access, small, events);
    for (const std::string& name : small) {
        if (crew.is_stopping())
            break;
        TRY(check_small(access, name, events, bad_segments));
        const auto roster = format::names::parse_as<format::names::RosterName>(name);
        if (roster && !roster->second &&
            !small.contains(name + std::string(format::names::kSecond)))
            events.finding(
                {Severity::damage, name + std::string(format::names::kSecond), tr("missing")});
    }
    return {};
}

} // namespace saoluu::engine
