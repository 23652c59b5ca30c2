// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/index_segment.hpp"
#include "repo/pack_writer.hpp"
#include "util/guarded.hpp"
#include "util/queue.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace saoluu::repo {

/// Gives finished packs their names, durably, in a thread of its own, and puts index segments that
/// name them: always after the packs. A segment is put every so many packs or seconds, so that a
/// run that is cut short has lost little. memory: two finished packs' frame lists, and the entries
/// of the segment that is being collected
class PackSink {
public:
    /// The context must outlive it.
    /// errors: no_memory if there can be no thread more
    static Result<std::unique_ptr<PackSink>> start(const PackContext& context);
    ~PackSink();
    PackSink(const PackSink&) = delete;
    PackSink& operator=(const PackSink&) = delete;

    /// Waits while two packs are waiting already.
    /// errors: the one that stopped the sink
    Result<void> push(FinishedPack pack);
    /// Waits until every pack and segment is durable. Push no more.
    Result<void> finish();

    struct Totals {
        std::uint64_t packs = 0;
        std::uint64_t bytes = 0; ///< of packs and segments
    };
    [[nodiscard]] Totals totals();
    /// The index segments that were put; after finish().
    [[nodiscard]] const std::vector<format::SegmentId>& segments() const { return segments_; }

private:
    explicit PackSink(const PackContext& context) : context_(context) {}
    void run();
    Result<void> store(FinishedPack pack);
    Result<void> put_segment();
    Result<void> demand_same(const std::string& name, util::BytesView hash, std::uint64_t size);

    static constexpr std::size_t kPacksWaiting = 2;
    static constexpr std::size_t kPacksInSegment = 64;
    static constexpr std::size_t kEntriesInSegment = 100'000;
    static constexpr std::chrono::seconds kSegmentAge{60};
    /// A record names its segments and has room for so many; a session that nears it makes larger
    /// ones.
    static constexpr std::size_t kManySegments = 1000;
    static constexpr std::size_t kEntriesInLargeSegment = 500'000;

    const PackContext& context_;
    util::BoundedQueue<FinishedPack> queue_{kPacksWaiting};
    util::Guarded<std::optional<Error>> error_;
    util::Guarded<Totals> totals_;
    std::vector<format::SegmentId> segments_;
    format::IndexSegment segment_; // the thread's own
    std::chrono::steady_clock::time_point last_segment_ = std::chrono::steady_clock::now();
    std::jthread thread_; // last: it uses all above
};

} // namespace saoluu::repo
