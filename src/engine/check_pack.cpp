// SPDX-License-Identifier: Apache-2.0
#include "engine/check_pack.hpp"

#include "engine/damage.hpp"
#include "format/names.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cstring>
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

Result<void> PackCheck::check(const PackId& pack, std::uint64_t size, Depth depth) {
    const std::string name = format::names::pack(pack);
    Result<repo::PackContents> contents = repo::read_contents(context_.access, name, size);
    const format::PackDirectory* directory = contents ? &contents->directory : nullptr;
    if (!contents) {
        const Error error = as_damage(context_.access, contents.error());
        if (error.kind() == ErrorKind::io)
            return Failure(error);
        // A sweep may go on meanwhile, and takes away only what is marked, or what no index names.
        if (error.kind() == ErrorKind::not_found &&
            (indexed(pack) == nullptr || context_.packs.marked.contains(pack)))
            return {};
        if (error.kind() == ErrorKind::denied)
            return tell_unread(pack, name, directory, error);
        mistrust(pack);
        contents = Failure(error);
    }
    if (depth == Depth::every_byte) {
        const Result<Whole> whole = read_whole(pack, name, size, contents ? &*contents : nullptr);
        if (!whole)
            return whole.error().kind() == ErrorKind::interrupted
                       ? Result<void>(Failure(whole.error()))
                       : tell_unread(pack, name, directory, whole.error());
        judge(pack, name, contents ? &*contents : nullptr, *whole);
        // Where the hash fails the directory's own fault is only part of the same damage.
        if (!contents && whole->has_hash) {
            spoil(pack, nullptr);
            context_.events.finding({Severity::alarm, name, contents.error().message()});
        }
    } else if (!contents) {
        spoil(pack, nullptr);
        context_.events.finding({Severity::damage, name, contents.error().message()});
    }
    if (contents)
        hold_against_index(name, {pack, size, contents->directory});
    return {};
}

Result<void> PackCheck::check_copy(const PackFindings::Copy& copy) {
    const Result<Whole> whole = read_whole(copy.pack, copy.name, copy.size, nullptr);
    const Error error =
        whole ? Error(ErrorKind::corrupt, tr("damaged: its bytes do not have the hash in its name"))
              : as_damage(context_.access, whole.error());
    if (error.kind() == ErrorKind::io || error.kind() == ErrorKind::interrupted)
        return Failure(error);
    if (error.kind() == ErrorKind::denied)
        context_.events.unreadable(copy.name, error);
    else if (!whole || !whole->has_hash)
        context_.events.finding({Severity::damage, copy.name, error.message()});
    return {};
}

/// Frames are tried on the way where data is to be read.
Result<PackCheck::Whole> PackCheck::read_whole(const PackId& pack, const std::string& name,
                                               std::uint64_t size,
                                               const repo::PackContents* contents) {
    Whole whole;
    crypto::Hasher hasher;
    kept_from_ = 0;
    held_ = 0; // the buffer never shrinks, so that it is zeroed once
    next_frame_ = 0;
    const std::uint64_t frames_end = contents == nullptr ? 0 : contents->frames_end;
    for (std::uint64_t at = 0; at < size;) {
        if (context_.crew.is_stopping())
            return fail(ErrorKind::interrupted, tr("interrupted"));
        const std::uint64_t stop = at < frames_end ? frames_end : size;
        const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, stop - at));
        if (buffer_.size() < held_ + piece)
            buffer_.resize(held_ + piece);
        const std::span<std::byte> room = std::span(buffer_).subspan(held_, piece);
        TRY(context_.access.store->read(name, at, room));
        hasher.update(room);
        at += piece;
        held_ += piece;
        if (at == frames_end)
            whole.is_vouched_for = hasher.so_far() == contents->directory.frames_hash;
        if (contents != nullptr && context_.packs.read_data)
            try_frames(pack, *contents, at, whole);
        else
            held_ = 0;
        context_.on_bytes(piece);
    }
    whole.has_hash = PackId::from(hasher.finish().view()) == pack;
    const std::size_t tried = next_frame_ - whole.bad_frames.size();
    whole.every_frame_tried =
        contents == nullptr || next_frame_ == contents->directory.frames.size();
    context_.events.count([&](CheckReport& report) {
        ++report.packs;
        report.pack_bytes += size;
        report.chunks += tried;
    });
    return whole;
}

/// Opens every frame that lies in the buffer whole, and drops what is not needed any more. at:
/// where in the pack the buffer ends
void PackCheck::try_frames(const PackId& pack, const repo::PackContents& contents, std::uint64_t at,
                           Whole& whole) {
    const std::vector<format::FrameInfo>& frames = contents.directory.frames;
    for (; next_frame_ < frames.size(); ++next_frame_) {
        const format::FrameInfo& info = frames[next_frame_];
        if (std::uint64_t{info.offset} + info.frame_size() > at)
            break;
        const util::BytesView frame = util::BytesView(buffer_).subspan(
            static_cast<std::size_t>(info.offset - kept_from_), info.frame_size());
        if (!chunks_.open_frame(pack, info, next_frame_, contents.header, frame,
                                contents.directory.domain))
            whole.bad_frames.push_back(static_cast<std::uint32_t>(next_frame_));
    }
    const std::uint64_t needed =
        next_frame_ < frames.size() ? std::min<std::uint64_t>(frames[next_frame_].offset, at) : at;
    held_ = static_cast<std::size_t>(at - needed);
    std::memmove(buffer_.data(), buffer_.data() + (needed - kept_from_), held_);
    kept_from_ = needed;
}

Result<void> PackCheck::tell_unread(const PackId& pack, const std::string& name,
                                    const format::PackDirectory* directory, const Error& why) {
    const Error error = as_damage(context_.access, why);
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

void PackCheck::judge(const PackId& pack, const std::string& name,
                      const repo::PackContents* contents, const Whole& whole) {
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
    if (!whole.has_hash || is_forged)
        spoil(pack, contents == nullptr ? nullptr : &contents->directory);
    if (context_.packs.read_data && !whole.every_frame_tried)
        mistrust(pack);
    const std::lock_guard lock(context_.mutex);
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
