// SPDX-License-Identifier: Apache-2.0
#include "repo/pack_sink.hpp"

#include "format/names.hpp"
#include "util/text.hpp"

#include <exception>
#include <utility>

namespace saoluu::repo {

PackSink::PackSink(const PackContext& context) : context_(context), thread_([this] { run(); }) {}

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
    // A name that exists already is the same bytes: the name is their hash.
    TRY(pack.staged->commit(format::names::pack(pack.id)));
    totals_.with([&](Totals& totals) {
        ++totals.packs;
        totals.bytes += pack.size;
    });
    const auto position = static_cast<std::uint32_t>(segment_.packs.size());
    segment_.packs.push_back({.pack = pack.id,
                              .session = context_.session,
                              .actor = context_.by.signer,
                              .size = pack.size});
    std::uint32_t number = 0;
    for (const format::FrameInfo& frame : pack.frames)
        segment_.entries.push_back({.id = frame.id,
                                    .pack = position,
                                    .frame = number++,
                                    .offset = frame.offset,
                                    .stored_size = frame.stored_size,
                                    .plain_size = frame.plain_size,
                                    .kind = frame.kind,
                                    .codec = frame.codec});
    const std::size_t entries = segment_.entries.size();
    const bool is_full = segments_.size() >= kManySegments
                             ? entries >= kEntriesInLargeSegment
                             : segment_.packs.size() >= kPacksInSegment ||
                                   entries >= kEntriesInSegment ||
                                   std::chrono::steady_clock::now() - last_segment_ >= kSegmentAge;
    return is_full ? put_segment() : Result<void>();
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
    TRY(context_.store.put(format::names::index(id), object));
    segments_.push_back(id);
    totals_.with([&](Totals& totals) { totals.bytes += object.size(); });
    segment_ = {};
    last_segment_ = std::chrono::steady_clock::now();
    return {};
}

} // namespace saoluu::repo
