// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/index_segment.hpp"
#include "repo/pack_writer.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace saoluu::repo {

/// Gives finished packs their names, durably, at every place, in threads of its own: one for a
/// local store, several for one behind a network. Puts index segments that name them: always after
/// the packs. A segment is put every so many packs or seconds, so that a run that is cut short has
/// lost little.
/// memory: the frame lists of the packs that are not durable everywhere yet (kMostFrames), and the
/// entries of the segment that is being collected. disk: kMostSpooled of packs wait in the spool
class PackSink {
public:
    /// The context must outlive it.
    /// errors: no_memory if there can be no thread more
    static Result<std::unique_ptr<PackSink>> start(const PackContext& context);
    ~PackSink();
    PackSink(const PackSink&) = delete;
    PackSink& operator=(const PackSink&) = delete;

    /// Waits while as many packs are on their way as may be.
    /// errors: the one that stopped the sink
    Result<void> push(FinishedPack pack);
    /// Waits until every pack and segment is durable. Push no more.
    Result<void> finish();

    struct Totals {
        std::uint64_t packs = 0;
        std::uint64_t bytes = 0; ///< of packs and segments; what every place got counts once
    };
    [[nodiscard]] Totals totals();
    /// The index segments that were put; after finish().
    [[nodiscard]] const std::vector<format::SegmentId>& segments() const { return segments_; }

private:
    /// A pack on its way to its places.
    struct Upload {
        FinishedPack pack;
        std::size_t places_left;
    };
    using UploadPtr = std::shared_ptr<Upload>; ///< a queue of each place has it
    /// The way to one place.
    struct Lane {
        std::size_t place;
        std::deque<UploadPtr> waiting;
    };

    explicit PackSink(const PackContext& context) : context_(context) {}
    void serve(Lane& lane);
    UploadPtr next(Lane& lane);
    Result<void> carry(std::size_t place, FinishedPack& pack);
    Result<void> settle(Upload& upload);
    Result<void> put_segment(format::IndexSegment segment);
    Result<void> demand_same(store::Store& store, const std::string& name, util::BytesView hash,
                             std::uint64_t size);
    [[nodiscard]] bool has_room() const;
    void stop_with(const Error& error);

    static constexpr std::size_t kPacksWaiting = 2;
    static constexpr std::uint64_t kMostSpooled = std::uint64_t{512} << 20;
    static constexpr std::size_t kMostFrames = 300'000; ///< 14 MiB of their lists
    static constexpr std::size_t kPacksInSegment = 64;
    static constexpr std::size_t kEntriesInSegment = 100'000;
    static constexpr std::chrono::seconds kSegmentAge{60};
    /// A record names its segments and has room for so many; a session that nears it makes larger
    /// ones.
    static constexpr std::size_t kManySegments = 1000;
    static constexpr std::size_t kEntriesInLargeSegment = 500'000;

    const PackContext& context_;
    std::size_t most_packs_ = 0; ///< on their way at once

    std::mutex mutex_; ///< of all that follows but the lanes' places
    std::condition_variable changed_;
    std::deque<Lane> lanes_;
    std::size_t packs_ = 0, frames_ = 0; ///< on their way
    std::uint64_t bytes_ = 0;            ///< the same
    bool is_closed_ = false;
    std::optional<Error> error_;
    Totals totals_;
    std::vector<format::SegmentId> segments_;
    format::IndexSegment segment_;
    std::chrono::steady_clock::time_point last_segment_ = std::chrono::steady_clock::now();

    std::vector<std::jthread> threads_; // last: they use all above
};

} // namespace saoluu::repo
