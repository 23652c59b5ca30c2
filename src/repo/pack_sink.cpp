// SPDX-License-Identifier: Apache-2.0
#include "repo/pack_sink.hpp"

#include "crypto/hash.hpp"
#include "format/names.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

namespace saoluu::repo {

Result<std::unique_ptr<PackSink>> PackSink::start(const PackContext& context) {
    std::unique_ptr<PackSink> sink(new PackSink(context));
    for (const std::size_t place : context.places.alive())
        sink->lanes_.push_back({.place = place, .waiting = {}});
    std::size_t widest = 1;
    try {
        for (Lane& lane : sink->lanes_) {
            const std::size_t width = context.places.store(lane.place).nature().requests_at_once;
            for (std::size_t i = 0; i < width; ++i)
                sink->threads_.emplace_back([self = sink.get(), &lane] { self->serve(lane); });
            widest = std::max(widest, width);
        }
    } catch (const std::system_error& thrown) {
        return fail(ErrorKind::no_memory,
                    util::message(util::tr("the thread that stores packs could not be started: {}"),
                                  thrown.what()),
                    thrown.code().value());
    }
    sink->most_packs_ = widest + kPacksWaiting;
    return sink;
}

PackSink::~PackSink() {
    stop_with(Error(ErrorKind::failure, util::tr("the writer of packs has stopped")));
    threads_.clear(); // joins them, while all that they use is there
}

void PackSink::stop_with(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!error_)
        error_ = error;
    changed_.notify_all();
}

bool PackSink::has_room() const {
    return packs_ == 0 || (packs_ < most_packs_ && bytes_ < kMostSpooled && frames_ < kMostFrames);
}

Result<void> PackSink::push(FinishedPack pack) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return error_ || has_room(); });
    if (error_)
        return Failure(*error_);
    ++packs_;
    bytes_ += pack.size;
    frames_ += pack.frames.size();
    pack.staged->close(); // several threads send it from here on
    const auto upload =
        std::make_shared<Upload>(Upload{.pack = std::move(pack), .places_left = lanes_.size()});
    for (Lane& lane : lanes_)
        lane.waiting.push_back(upload);
    changed_.notify_all();
    return {};
}

Result<void> PackSink::finish() {
    {
        const std::lock_guard lock(mutex_);
        is_closed_ = true;
        changed_.notify_all();
    }
    threads_.clear(); // joins them
    if (error_)
        return Failure(*error_);
    // A session that ends early (keep_stored) may be finished twice.
    return put_segment(std::exchange(segment_, {}));
}

PackSink::Totals PackSink::totals() {
    const std::lock_guard lock(mutex_);
    return totals_;
}

PackSink::UploadPtr PackSink::next(Lane& lane) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return error_ || is_closed_ || !lane.waiting.empty(); });
    if (error_ || lane.waiting.empty())
        return nullptr;
    UploadPtr upload = std::move(lane.waiting.front());
    lane.waiting.pop_front();
    return upload;
}

/// One of the threads of a place.
void PackSink::serve(Lane& lane) {
    const Result<void> outcome = [&]() -> Result<void> {
        try {
            while (const UploadPtr upload = next(lane)) {
                TRY(carry(lane.place, upload->pack));
                TRY(settle(*upload));
            }
            return {};
        } catch (const std::exception& thrown) {
            return fail(ErrorKind::failure, thrown.what());
        }
    }();
    if (!outcome)
        stop_with(outcome.error());
}

/// Gives a pack its name at one place.
Result<void> PackSink::carry(std::size_t place, FinishedPack& pack) {
    return context_.places.at(place, [&](store::Store& store) -> Result<void> {
        const std::string name = format::names::pack(pack.id);
        if (TRY(pack.staged->commit(place, name)) == store::Put::exists)
            TRY(demand_same(store, name, pack.id.view(), pack.size));
        return {};
    });
}

/// One place more has the pack, or is lost. What every place has goes into the index.
Result<void> PackSink::settle(Upload& upload) {
    format::IndexSegment full;
    {
        const std::lock_guard lock(mutex_);
        if (--upload.places_left != 0)
            return {};
        FinishedPack& pack = upload.pack;
        pack.staged.reset(); // the room that it took in the spool
        --packs_;
        bytes_ -= pack.size;
        frames_ -= pack.frames.size();
        ++totals_.packs;
        totals_.bytes += pack.size;
        segment_.add({.pack = pack.id,
                      .session = context_.session,
                      .actor = context_.by.signer,
                      .size = pack.size},
                     pack.frames);
        const std::size_t entries = segment_.entries.size();
        const bool is_full =
            segments_.size() >= kManySegments
                ? entries >= kEntriesInLargeSegment
                : segment_.packs.size() >= kPacksInSegment || entries >= kEntriesInSegment ||
                      std::chrono::steady_clock::now() - last_segment_ >= kSegmentAge;
        if (is_full) {
            full = std::exchange(segment_, {});
            last_segment_ = std::chrono::steady_clock::now();
        }
        changed_.notify_all();
    }
    return put_segment(std::move(full));
}

/// What lies under a name already should be the same bytes, for the name is their hash; but a store
/// may have let them rot, or someone else may have put others there first. A backup must not count
/// on them unread.
Result<void> PackSink::demand_same(store::Store& store, const std::string& name,
                                   util::BytesView hash, std::uint64_t size) {
    constexpr std::uint64_t kPart = 1 << 20;
    const store::ObjectInfo info = TRY(store.stat(name));
    crypto::Hasher hasher;
    util::Bytes part;
    for (std::uint64_t at = 0; info.size == size && at < size; at += part.size()) {
        part.resize(static_cast<std::size_t>(std::min(kPart, size - at)));
        TRY(store.read(name, at, part));
        hasher.update(part);
    }
    if (info.size == size && util::equal(hasher.finish().view(), hash))
        return {};
    return fail(ErrorKind::corrupt,
                util::message(util::tr("{}: something else lies under this name already, and it "
                                       "is damaged: \"saoluu check\" says more"),
                              name));
}

/// The same segment everywhere: a record names it.
Result<void> PackSink::put_segment(format::IndexSegment segment) {
    if (segment.packs.empty())
        return {};
    segment.signer = context_.by.signer;
    segment.roster = context_.by.roster;
    segment.sort();
    const util::Bytes object = segment.seal(context_.by.repository, context_.by.epoch,
                                            context_.by.suite, context_.by.pair);
    const auto id = format::name_of<format::SegmentId>(object);
    const std::string name = format::names::index(id);
    TRY(context_.places.at_each([&](std::size_t, store::Store& store) -> Result<void> {
        if (TRY(store.put(name, object)) == store::Put::exists)
            TRY(demand_same(store, name, id.view(), object.size()));
        return {};
    }));
    const std::lock_guard lock(mutex_);
    segments_.push_back(id);
    totals_.bytes += object.size();
    return {};
}

} // namespace saoluu::repo
