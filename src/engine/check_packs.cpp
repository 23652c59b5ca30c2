// SPDX-License-Identifier: Apache-2.0
#include "engine/check_run.hpp"
#include "engine/damage.hpp"

#include "format/names.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

namespace saoluu::engine {

using format::PackId;
using util::message;
using util::tr;

namespace {

/// What the index says of one pack.
struct IndexedFrames {
    std::uint32_t size = 0;
    std::uint64_t entries = 0;
};

/// Reads one pack once, in pieces: hash, frames, and at its end what the directory said before.
class PackCheck {
public:
    PackCheck(const repo::Access& access, const repo::Index& index,
              const std::set<format::SessionId>& sessions, CheckEvents& events, std::mutex& mutex,
              PackFindings& packs)
        : access_(access), index_(index), sessions_(sessions), events_(events), mutex_(mutex),
          packs_(packs), chunks_(access, index) {}

    /// indexed: null if no index segment names the pack
    Result<void> check(const PackId& pack, std::uint64_t size, const IndexedFrames* indexed) {
        const std::string name = format::names::pack(pack);
        Result<format::PackHeader> header = read_header(name, size);
        Result<format::PackDirectory> directory =
            header ? read_directory(name, size, *header) : Failure(header.error());
        if (!directory) {
            directory = Failure(as_damage(access_, directory.error()));
            if (directory.error().kind() == ErrorKind::io)
                return Failure(directory.error());
            // A sweep may go on meanwhile, and takes away only what no index names.
            if (directory.error().kind() == ErrorKind::not_found && indexed == nullptr)
                return {};
            add_to(packs_.untried, pack);
        }
        const bool sound = TRY(read_whole(pack, name, size, directory ? &*directory : nullptr));
        // Where the hash fails the directory's own fault is only part of the same damage.
        if (!directory && sound) {
            add_to(packs_.bad, pack);
            events_.finding({Severity::alarm, name, directory.error().message()});
        }
        if (directory)
            compare(pack, name, *directory, indexed);
        return {};
    }

private:
    static constexpr std::size_t kPiece = 1 << 20;

    void add_to(std::set<PackId>& packs, const PackId& pack) {
        const std::lock_guard lock(mutex_);
        packs.insert(pack);
    }

    Result<format::PackHeader> read_header(const std::string& name, std::uint64_t size) {
        if (size < 2 * format::PackHeader::kSize + format::kPackTail)
            return fail(ErrorKind::corrupt, tr("too short for a pack"));
        header_.resize(format::PackHeader::kSize);
        TRY(access_.store->read(name, 0, header_));
        return format::PackHeader::decode(header_);
    }

    Result<format::PackDirectory> read_directory(const std::string& name, std::uint64_t size,
                                                 const format::PackHeader& header) {
        util::Bytes tail(format::kPackTail);
        TRY(access_.store->read(name, size - tail.size(), tail));
        const util::BytesView view(tail);
        if (!util::equal(view.last(format::PackHeader::kSize), header_))
            return fail(ErrorKind::corrupt, tr("its two headers differ"));
        const format::EpochKey* epoch = TRY(access_.keyring.epoch(header.header.epoch));
        const format::PackTrailer trailer = TRY(format::open_trailer(
            access_.id(), *epoch, header, view.first(format::PackTrailer::kSealedSize)));
        if (trailer.directory_size > format::limits::kDirectory ||
            trailer.directory_offset > size - format::kPackTail ||
            trailer.directory_size > size - format::kPackTail - trailer.directory_offset)
            return fail(ErrorKind::corrupt, tr("its trailer points outside"));
        util::Bytes sealed(static_cast<std::size_t>(trailer.directory_size));
        TRY(access_.store->read(name, trailer.directory_offset, sealed));
        format::OpenedDirectory opened =
            TRY(format::open_directory(access_.id(), *epoch, header, sealed));
        const format::ActorEntry* signer = access_.rosters.authority(
            opened.directory.roster, opened.directory.signer, repo::Power::write);
        if (signer == nullptr ||
            !format::verify_directory(access_.id(), header, opened, signer->sign))
            return fail(ErrorKind::denied, tr("its directory is not signed by anyone who may"));
        if (opened.directory.frames.size() != trailer.frames)
            return fail(ErrorKind::corrupt, tr("its trailer and its directory disagree"));
        const std::uint64_t end = opened.directory.frames.empty()
                                      ? format::PackHeader::kSize
                                      : std::uint64_t{opened.directory.frames.back().offset} +
                                            opened.directory.frames.back().frame_size();
        if (end != trailer.directory_offset)
            return fail(ErrorKind::corrupt, tr("its frames do not end where its directory begins"));
        return std::move(opened.directory);
    }

    /// True if the bytes have their hash; frames are tried on the way where data is to be read.
    Result<bool> read_whole(const PackId& pack, const std::string& name, std::uint64_t size,
                            const format::PackDirectory* directory) {
        crypto::Hasher hasher;
        const std::size_t frames =
            packs_.read_data && directory != nullptr ? directory->frames.size() : 0;
        const auto end_of = [&](std::size_t frame) {
            return std::uint64_t{directory->frames[frame].offset} +
                   directory->frames[frame].frame_size();
        };
        const std::uint64_t frames_end = directory == nullptr ? 0
                                         : directory->frames.empty()
                                             ? format::PackHeader::kSize
                                             : end_of(directory->frames.size() - 1);
        bool is_vouched_for =
            directory == nullptr; // without a directory there is nothing to hold the bytes against
        std::vector<std::uint32_t> bad;
        std::size_t next = 0;
        std::uint64_t kept_from = 0; // where in the pack buffer_ begins
        std::size_t held = 0;        // bytes in it; it never shrinks, so that it is zeroed once
        for (std::uint64_t at = 0; at < size;) {
            const std::uint64_t stop = at < frames_end ? frames_end : size;
            const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, stop - at));
            if (buffer_.size() < held + piece)
                buffer_.resize(held + piece);
            const std::span<std::byte> room = std::span(buffer_).subspan(held, piece);
            if (const Result<void> read = access_.store->read(name, at, room); !read) {
                const Error error = as_damage(access_, read.error());
                if (error.kind() == ErrorKind::io)
                    return Failure(error);
                events_.finding({Severity::damage, name, error.message()});
                add_to(packs_.bad, pack);
                add_to(packs_.untried, pack);
                return false;
            }
            hasher.update(room);
            at += piece;
            held += piece;
            if (at == frames_end)
                is_vouched_for = hasher.so_far() == directory->frames_hash;
            for (; next < frames && end_of(next) <= at; ++next) {
                const format::FrameInfo& info = directory->frames[next];
                const util::BytesView frame = util::BytesView(buffer_).subspan(
                    static_cast<std::size_t>(info.offset - kept_from), info.frame_size());
                if (!chunks_.open_frame(pack, info, next, header_, frame, directory->domain))
                    bad.push_back(static_cast<std::uint32_t>(next));
            }
            const std::uint64_t needed =
                next < frames ? std::min<std::uint64_t>(directory->frames[next].offset, at) : at;
            held = static_cast<std::size_t>(at - needed);
            std::memmove(buffer_.data(), buffer_.data() + (needed - kept_from), held);
            kept_from = needed;
        }
        if (next < frames)
            add_to(packs_.untried, pack);
        events_.count([&](CheckReport& report) {
            ++report.packs;
            report.pack_bytes += size;
            report.chunks += frames - bad.size();
        });
        return judge(pack, name, PackId::from(hasher.finish().view()) == pack, is_vouched_for, bad);
    }

    bool judge(const PackId& pack, const std::string& name, bool has_hash, bool is_vouched_for,
               const std::vector<std::uint32_t>& bad) {
        if (!has_hash)
            events_.finding({Severity::damage, name,
                             tr("damaged: its bytes do not have the hash in its name")});
        else if (!is_vouched_for)
            events_.finding(
                {Severity::alarm, name,
                 tr("someone put other bytes before a copy of another's signed directory")});
        else if (!bad.empty())
            events_.finding(
                {Severity::alarm, name,
                 message(
                     tr("{} chunks in it are not what they say: whoever wrote it wrote garbage"),
                     bad.size())});
        const std::lock_guard lock(mutex_);
        if (!has_hash || !is_vouched_for)
            packs_.bad.insert(pack);
        for (const std::uint32_t frame : bad)
            packs_.bad_frames.emplace(pack, frame);
        return has_hash;
    }

    /// Directory against index. What the index lacks is found by no restore, but nothing is lost:
    /// it can be rebuilt.
    void compare(const PackId& pack, const std::string& name,
                 const format::PackDirectory& directory, const IndexedFrames* indexed) {
        if (indexed == nullptr) {
            if (sessions_.contains(directory.session))
                events_.finding({Severity::damage, name,
                                 tr("a snapshot's session made this pack, and no index names it: "
                                    "its index segment is missing")});
            else
                events_.count([](CheckReport& report) { ++report.unused_packs; });
            return;
        }
        // An index may name a place twice: a compaction was cut short.
        std::uint32_t number = 0;
        std::size_t agree = 0;
        std::uint64_t entries = 0;
        for (const format::FrameInfo& frame : directory.frames) {
            const std::vector<repo::ChunkPlace> places = index_.find(frame.kind, frame.id);
            const auto fitting = std::ranges::count_if(places, [&](const repo::ChunkPlace& place) {
                return place.pack == pack && place.frame == number &&
                       place.offset == frame.offset && place.codec == frame.codec &&
                       place.stored_size == frame.stored_size &&
                       place.plain_size == frame.plain_size && place.session == directory.session &&
                       place.actor == directory.signer;
            });
            agree += fitting > 0 ? 1 : 0;
            entries += static_cast<std::uint64_t>(fitting);
            ++number;
        }
        if (agree != directory.frames.size())
            events_.finding({Severity::damage, name,
                             message(tr("the index lacks {} of the {} chunks in this pack"),
                                     directory.frames.size() - agree, directory.frames.size())});
        if (entries == indexed->entries)
            return;
        add_to(packs_.untried, pack); // a place that nobody vouches for is no proof of a chunk
        events_.finding({Severity::damage, name,
                         message(tr("the index and this pack's directory disagree: {} of {} places "
                                    "that the index gives in it are not as the directory says"),
                                 indexed->entries - entries, indexed->entries)});
    }

    const repo::Access& access_;
    const repo::Index& index_;
    const std::set<format::SessionId>& sessions_; ///< of the snapshots that count
    CheckEvents& events_;
    std::mutex& mutex_;
    PackFindings& packs_;
    repo::ChunkReader chunks_;
    util::Bytes header_, buffer_;
};

} // namespace

bool PackFindings::is_good(const repo::ChunkPlace& place) const {
    if (!listed.contains(place.pack) || bad_frames.contains({place.pack, place.frame}))
        return false;
    return read_data ? !untried.contains(place.pack) : !bad.contains(place.pack);
}

Result<void> check_packs(const repo::Access& access, const repo::Index& index,
                         const repo::SnapshotSet& snapshots, unsigned threads, CheckEvents& events,
                         Crew& crew, PackFindings& packs) {
    std::set<format::SessionId> sessions;
    for (const repo::Snapshot& snapshot : snapshots.snapshots)
        sessions.insert(snapshot.record.session);
    std::map<PackId, IndexedFrames> indexed;
    index.for_each_pack([&](const repo::PackRow& pack) { indexed[pack.pack].size = pack.size; });
    index.for_each_place([&](const format::ChunkId&, const repo::ChunkPlace& place) {
        ++indexed[place.pack].entries;
    });

    for (const auto& [pack, facts] : indexed) {
        auto there = packs.listed.find(pack);
        if (there == packs.listed.end()) {
            // A backup may have made it since the listing.
            const Result<store::ObjectInfo> now = access.store->stat(format::names::pack(pack));
            if (!now) {
                const Error error = as_damage(access, now.error());
                if (error.kind() == ErrorKind::io)
                    return Failure(error);
                events.finding({Severity::damage, format::names::pack(pack),
                                error.kind() == ErrorKind::not_found
                                    ? tr("missing: the index names this pack")
                                    : error.message()});
                continue;
            }
            there = packs.listed.emplace(pack, now->size).first;
        }
        if (there->second != facts.size)
            events.finding(
                {Severity::damage, format::names::pack(pack),
                 message(tr("it has {} bytes and should have {}"), there->second, facts.size)});
    }

    std::vector<std::pair<PackId, std::uint64_t>> work(packs.listed.begin(), packs.listed.end());
    std::atomic<std::size_t> next = 0, done = 0;
    std::mutex mutex;
    struct Join { // the threads use what stands above
        Crew& crew;
        ~Join() { crew.join(); }
    } const join{crew};
    for (unsigned i = 0; i < Crew::workers(threads); ++i)
        crew.start([&]() -> Result<void> {
            PackCheck check(access, index, sessions, events, mutex, packs);
            for (std::size_t at = next++; at < work.size() && !crew.is_stopping(); at = next++) {
                const auto found = indexed.find(work[at].first);
                TRY(check.check(work[at].first, work[at].second,
                                found == indexed.end() ? nullptr : &found->second));
                const CheckReport so_far = events.report();
                events.progress({.files = ++done,
                                 .total_files = work.size(),
                                 .bytes = so_far.pack_bytes,
                                 .total_bytes = 0,
                                 .current = format::names::pack(work[at].first)});
            }
            return {};
        });
    crew.join();
    return crew.outcome();
}

} // namespace saoluu::engine
