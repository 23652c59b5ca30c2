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
    try {
        sink->thread_ = std::jthread([self = sink.get()] { self->run(); });
    } catch (const std::system_error& thrown) {
        return fail(ErrorKind::no_memory,
                    util::message(util::tr("the thread that stores packs could not be started: {}"),
                                  thrown.what()),
                    thrown.code().value());
    }
    return sink;
}

PackSink::~PackSink() {
    queue_.abort();
}

Result<void> PackSink::push(FinishedPack pack) {
    if (queue_.push(std::move(pack)))
        return {};
    std::optional<Error> error = error_.with([](const std::optional<Error>& e) { return e; });
    return Failure(error ? std::move(*error)
                         : Error(ErrorKind::failure, util::tr("the writer of packs has stopped")));
}

Result<void> PackSink::finish() {
    queue_.close();
    if (thread_.joinable())
        thread_.join();
    std::optional<Error> error = error_.with([](const std::optional<Error>& e) { return e; });
    if (error)
        return Failure(std::move(*error));
    return {};
}

PackSink::Totals PackSink::totals() {
    return totals_.with([](const Totals& totals) { return totals; });
}

void PackSink::run() {
    const Result<void> outcome = [&]() -> Result<void> {
        try {
            while (std::optional<FinishedPack> pack = queue_.pop())
                TRY(store(std::move(*pack)));
            return put_segment();
        } catch (const std::exception& thrown) {
            return fail(ErrorKind::failure, thrown.what());
        }
    }();
    if (outcome)
        return;
    error_.with([&](std::optional<Error>& error) { error = outcome.error(); });
    queue_.abort();
}

Result<void> PackSink::store(FinishedPack pack) {
    const std::string name = format::names::pack(pack.id);
    if (TRY(pack.staged->commit(name)) == store::Put::exists)
        TRY(demand_same(name, pack.id.view(), pack.size));
    totals_.with([&](Totals& totals) {
        ++totals.packs;
        totals.bytes += pack.size;
    });
    segment_.add({.pack = pack.id,
                  .session = context_.session,
                  .actor = context_.by.signer,
                  .size = pack.size},
                 pack.frames);
    const std::size_t entries = segment_.entries.size();
    const bool is_full = segments_.size() >= kManySegments
                             ? entries >= kEntriesInLargeSegment
                             : segment_.packs.size() >= kPacksInSegment ||
                                   entries >= kEntriesInSegment ||
                                   std::chrono::steady_clock::now() - last_segment_ >= kSegmentAge;
    return is_full ? put_segment() : Result<void>();
}

/// What lies under a name already should be the same bytes, for the name is their hash; but a store
/// may have let them rot, or someone else may have put others there first. A backup must not count
/// on them unread.
Result<void> PackSink::demand_same(const std::string& name, util::BytesView hash,
                                   std::uint64_t size) {
    constexpr std::uint64_t kPart = 1 << 20;
    const store::ObjectInfo info = TRY(context_.store.stat(name));
    crypto::Hasher hasher;
    util::Bytes part;
    for (std::uint64_t at = 0; info.size == size && at < size; at += part.size()) {
        part.resize(static_cast<std::size_t>(std::min(kPart, size - at)));
        TRY(context_.store.read(name, at, part));
        hasher.update(part);
    }
    if (info.size == size && util::equal(hasher.finish().view(), hash))
        return {};
    return fail(ErrorKind::corrupt,
                util::message(util::tr("{}: something else lies under this name already, and it "
                                       "is damaged: \"saoluu check\" says more"),
                              name));
}

Result<void> PackSink::put_segment() {
    if (segment_.packs.empty())
        return {};
    segment_.signer = context_.by.signer;
    segment_.roster = context_.by.roster;
    segment_.sort();
    const util::Bytes object = segment_.seal(context_.by.repository, context_.by.epoch,
                                             context_.by.suite, context_.by.pair);
    const auto id = format::name_of<format::SegmentId>(object);
    const std::string name = format::names::index(id);
    if (TRY(context_.store.put(name, object)) == store::Put::exists)
        TRY(demand_same(name, id.view(), object.size()));
    segments_.push_back(id);
    totals_.with([&](Totals& totals) { totals.bytes += object.size(); });
    segment_ = {};
    last_segment_ = std::chrono::steady_clock::now();
    return {};
}

} // namespace saoluu::repo
