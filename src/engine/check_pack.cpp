// SPDX-License-Identifier: Apache-2.0
#include "engine/check_pack.hpp"

#include "format/names.hpp"
#include "repo/damage.hpp"
#include "util/text.hpp"

#include <iterator>
#include <utility>

namespace saoluu::engine {

using format::PackId;
using util::message;
using util::tr;

Concern concern_of(const repo::Access& access, const format::PackDirectory* directory,
                   const IndexedPack* indexed) {
    if (directory != nullptr)
        return {.session = directory->session, .domain = directory->domain};
    Concern concern;
    if (indexed == nullptr)
        return concern;
    concern.session = indexed->session;
    // What an admin stored he may have copied out for any domain.
    const format::ActorEntry* maker = access.rosters.anyone(indexed->actor);
    if (maker != nullptr && !maker->may_administer())
        concern.domain = maker->domain;
    return concern;
}

Result<void> PackCheck::begin(const PackId& pack, std::uint64_t size, Depth depth, Time time) {
    const auto healed = context_.packs.healed.find(pack);
    const std::string name =
        healed == context_.packs.healed.end() ? format::names::pack(pack) : healed->second;
    Result<repo::PackContents> contents = repo::read_contents(context_.access, name, size);
    if (!contents && contents.error().kind() == ErrorKind::corrupt && depth == Depth::directory)
        contents = repo::read_contents(context_.access, name, size);
    std::optional<Error> fault;
    if (!contents) {
        fault = repo::as_damage(context_.access, contents.error());
        if (fault->kind() == ErrorKind::io)
            return Failure(*fault);
        // A sweep may go on meanwhile, and takes away only what is marked, or what no index names.
        // What is listed all the same is withheld.
        const bool is_gone =
            fault->kind() == ErrorKind::not_found &&
            (context_.packs.marked.contains(pack) ||
             (indexed(pack) == nullptr && !TRY(store::is_listed(*context_.access.store, name))));
        if (is_gone || fault->kind() == ErrorKind::denied) {
            context_.on_pack(name);
            return is_gone ? Result<void>() : tell_unread(pack, name, nullptr, *fault);
        }
        mistrust(pack);
    }
    if (depth == Depth::every_byte) {
        readings_.push_back(
            {.pack = PackReading(pack, name, size,
                                 contents ? std::optional(std::move(*contents)) : std::nullopt,
                                 context_.packs.read_data),
             .fault = std::move(fault),
             .time = time});
        announce_last();
        return {};
    }
    if (fault) {
        spoil(pack, nullptr);
        context_.events.finding({Severity::damage, name, fault->message()});
    } else {
        hold_against_index(name, {pack, size, contents->directory});
    }
    context_.on_pack(name);
    return {};
}

void PackCheck::begin_copy(const PackFindings::Copy& copy, Time time) {
    readings_.push_back({.pack = PackReading(copy.pack, copy.name, copy.size, {}, false),
                         .fault = {},
                         .as = Reading::As::copy,
                         .time = time});
    announce_last();
}

void PackCheck::begin_healed(const PackId& pack, std::uint64_t size) {
    readings_.push_back({.pack = PackReading(pack, format::names::pack(pack), size, {}, false),
                         .fault = {},
                         .as = Reading::As::healed});
    announce_last();
}

void PackCheck::announce_last() {
    if (context_.ahead > 0)
        readings_.back().pack.announce(*context_.access.store, context_.ahead);
}

Result<void> PackCheck::step() {
    if (context_.crew.is_stopping())
        return fail(ErrorKind::interrupted, tr("interrupted"));
    // What is begun once more meanwhile comes to the end of the list.
    auto at = readings_.begin();
    for (std::size_t count = readings_.size(); count > 0; --count)
        at = TRY(advance(*at)) ? std::next(at) : readings_.erase(at);
    batch_.verify();
    std::list<Reading> done;
    for (auto reading = readings_.begin(); reading != readings_.end();) {
        reading->pack.settle(batch_);
        const auto next = std::next(reading);
        if (reading->pack.is_done())
            done.splice(done.end(), readings_, reading);
        reading = next;
    }
    batch_.clear();
    for (Reading& reading : done)
        TRY(end(reading));
    return {};
}

/// From its beginning, in place of a reading that found it bad.
Result<void> PackCheck::begin_again(const Reading& reading) {
    const PackReading& pack = reading.pack;
    if (reading.as == Reading::As::copy) {
        begin_copy({.pack = pack.pack(), .name = pack.name(), .size = pack.size()}, Time::second);
        return {};
    }
    {
        const std::lock_guard lock(context_.mutex);
        context_.packs.untried.erase(pack.pack());
    }
    return begin(pack.pack(), pack.size(), Depth::every_byte, Time::second);
}

/// False if it can't be read any further, which was told.
Result<bool> PackCheck::advance(Reading& reading) {
    const PackReading& pack = reading.pack;
    const Result<std::size_t> read = reading.pack.advance(*context_.access.store, batch_);
    if (read) {
        context_.on_bytes(*read);
        return true;
    }
    const Error error = repo::as_damage(context_.access, read.error());
    if (error.kind() == ErrorKind::io)
        return Failure(error);
    if (error.kind() == ErrorKind::corrupt && reading.time == Time::first &&
        reading.as != Reading::As::healed) {
        TRY(begin_again(reading));
        return false;
    }
    const repo::PackContents* contents = pack.contents();
    if (reading.as == Reading::As::healed && error.kind() != ErrorKind::denied)
        tell_healed(pack.name(), error.message());
    else if (reading.as == Reading::As::pack)
        TRY(tell_unread(pack.pack(), pack.name(),
                        contents == nullptr ? nullptr : &contents->directory, error));
    else if (error.kind() == ErrorKind::denied)
        context_.events.unreadable(pack.name(), error);
    else
        context_.events.finding({Severity::damage, pack.name(), error.message()});
    context_.on_pack(pack.name());
    return false;
}

/// One that was read to its end.
Result<void> PackCheck::end(Reading& reading) {
    const PackReading& pack = reading.pack;
    const PackReading::Outcome found = reading.pack.finish();
    if (!found.has_hash && reading.time == Time::first && reading.as != Reading::As::healed)
        return begin_again(reading);
    if (found.has_hash && reading.time == Time::second)
        tell_passing(pack.name());
    // A copy that stands for a pack was read before, for its hash.
    const bool is_again =
        reading.as == Reading::As::pack && context_.packs.healed.contains(pack.pack());
    context_.events.count([&](CheckReport& report) {
        report.packs += is_again ? 0 : 1;
        report.pack_bytes += is_again ? 0 : pack.size();
        report.chunks += found.good_frames;
    });
    if (reading.as != Reading::As::pack) {
        end_copy(reading, found.has_hash);
    } else {
        judge(pack, found);
        // Where the hash fails the directory's own fault is only part of the same damage.
        if (reading.fault && found.has_hash) {
            spoil(pack.pack(), nullptr);
            context_.events.finding({Severity::alarm, pack.name(), reading.fault->message()});
        }
        if (const repo::PackContents* contents = pack.contents())
            hold_against_index(pack.name(), {pack.pack(), pack.size(), contents->directory});
    }
    context_.on_pack(pack.name());
    return {};
}

void PackCheck::tell_passing(const std::string& name) {
    context_.events.finding(
        {Severity::warning, name,
         tr("read wrong once, and right the next time: the memory of this computer, the disk's "
            "cable or the line may be failing")});
}

void PackCheck::end_copy(const Reading& reading, bool is_good) {
    const std::string& name = reading.pack.name();
    const std::string fault = tr("damaged: its bytes do not have the hash in its name");
    if (reading.as == Reading::As::healed) {
        if (!is_good)
            tell_healed(name, fault);
    } else if (!is_good) {
        context_.events.finding({Severity::damage, name, fault});
    } else {
        const std::lock_guard lock(context_.mutex);
        context_.packs.healed.emplace(reading.pack.pack(), name);
    }
}

void PackCheck::tell_healed(const std::string& name, const std::string& fault) {
    context_.events.finding(
        {Severity::notice, name,
         message(tr("healed: a good copy lies beside it, and nothing is lost ({})"), fault)});
}

Result<void> PackCheck::tell_unread(const PackId& pack, const std::string& name,
                                    const format::PackDirectory* directory, const Error& why) {
    const Error error = repo::as_damage(context_.access, why);
    if (error.kind() == ErrorKind::io)
        return Failure(error);
    mistrust(pack);
    if (error.kind() == ErrorKind::denied) {
        context_.events.unreadable(name, error);
        return {};
    }
    context_.events.finding({Severity::damage, name, error.message()});
    spoil(pack, directory);
    return {};
}

void PackCheck::judge(const PackReading& reading, const PackReading::Outcome& whole) {
    const PackId& pack = reading.pack();
    const std::string& name = reading.name();
    const repo::PackContents* contents = reading.contents();
    const bool is_forged = contents != nullptr && !whole.is_vouched_for;
    if (!whole.has_hash)
        context_.events.finding(
            {Severity::damage, name, tr("damaged: its bytes do not have the hash in its name")});
    else if (is_forged)
        context_.events.finding(
            {Severity::alarm, name,
             tr("someone put other bytes before a copy of another's signed directory")});
    else if (!whole.bad_frames.empty())
        context_.events.finding(
            {Severity::alarm, name,
             message(tr("{} chunks in it are not what they say: whoever wrote it wrote garbage"),
                     whole.bad_frames.size())});
    const bool is_bad = !whole.has_hash || is_forged;
    if (is_bad)
        spoil(pack, contents == nullptr ? nullptr : &contents->directory);
    if (context_.packs.read_data && !whole.every_frame_tried)
        mistrust(pack);
    const std::lock_guard lock(context_.mutex);
    if (!is_bad)
        context_.packs.hashed.insert(pack);
    for (const std::uint32_t frame : whole.bad_frames)
        context_.packs.bad_frames.emplace(pack, frame);
}

/// What the index lacks is found by no restore, but nothing is lost: it can be rebuilt.
void PackCheck::hold_against_index(const std::string& name, const StoredPack& pack) {
    const auto complain = [&](const std::string& text) {
        context_.events.damage(DamageKind::index, name, text);
        const std::lock_guard lock(context_.mutex);
        context_.packs.concerns.push_back(concern_of(context_.access, &pack.directory, nullptr));
    };
    const IndexedPack* said = indexed(pack.id);
    if (said == nullptr) {
        // A sweep drops what it is about to remove from the index first.
        if (context_.packs.marked.contains(pack.id))
            return;
        if (context_.sessions.contains(pack.directory.session))
            complain(tr("a snapshot's session made this pack, and no index names it: its index "
                        "segment is missing"));
        else
            context_.events.count([](CheckReport& report) { ++report.unused_packs; });
        return;
    }
    const Agreement agreement = compare(context_.index, pack);
    context_.events.count(
        [&](CheckReport& report) { report.doubled_entries += agreement.doubled; });
    if (agreement.lacks > 0)
        complain(message(tr("the index lacks {} of the {} chunks in this pack"), agreement.lacks,
                         pack.directory.frames.size()));
    if (agreement.fitting == said->places)
        return;
    mistrust(pack.id); // a place that nobody vouches for is no proof of a chunk
    complain(message(tr("the index and this pack's directory disagree: {} of {} places that the "
                        "index gives in it are not as the directory says"),
                     said->places - agreement.fitting, said->places));
}

void PackCheck::spoil(const PackId& pack, const format::PackDirectory* directory) {
    const Concern concern = concern_of(context_.access, directory, indexed(pack));
    const std::lock_guard lock(context_.mutex);
    context_.packs.bad.insert(pack);
    // A pack that neither opens nor is in the index is needed by nobody who could say so.
    if (concern.session)
        context_.packs.concerns.push_back(concern);
}

void PackCheck::mistrust(const PackId& pack) {
    const std::lock_guard lock(context_.mutex);
    context_.packs.untried.insert(pack);
}

const IndexedPack* PackCheck::indexed(const PackId& pack) const {
    const auto found = context_.indexed.find(pack);
    return found == context_.indexed.end() ? nullptr : &found->second;
}

} // namespace saoluu::engine
