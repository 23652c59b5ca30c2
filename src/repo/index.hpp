// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/access.hpp"
#include "repo/index_run.hpp"

#include <functional>
#include <vector>

namespace saoluu::repo {

/// Where a chunk lies.
struct ChunkPlace {
    format::PackId pack;
    format::SessionId session;
    format::ActorId actor; ///< who made the pack
    std::uint32_t pack_size = 0;
    std::uint32_t frame = 0;
    std::uint32_t offset = 0;
    std::uint32_t stored_size = 0;
    std::uint32_t plain_size = 0;
    format::ChunkKind kind{};
    data::Codec codec{};
};

/// What the index segments of a repository say, as sorted mapped files in the local cache, which
/// are brought up to date when it is loaded. A hint: everything that it leads to is verified.
/// Threads: const functions by many.
class Index {
public:
    enum class Cache {
        used,
        passed_over, ///< every segment is read anew: the cache may know what the store lost
    };
    /// Segments that are damaged, or that no one signed who may, are told and left out.
    /// errors: io
    static Result<Index> load(const Access& access, Events& events, Cache cache = Cache::used);
    /// The same by a view of the caller's. look: takes it, or takes another; it is called while the
    /// cache is locked, so that nothing newer is thrown out of it
    using Look = std::function<Result<const StoreView*>()>;
    static Result<Index> load(const Access& access, Events& events, Cache cache, const Look& look);

    /// Every place of a chunk.
    [[nodiscard]] std::vector<ChunkPlace> find(format::ChunkKind kind,
                                               const format::ChunkId& id) const;

    /// Says which packs a writer may rely on; none until this is called.
    void choose_usable(const std::function<bool(const PackRow&)>& is_usable);
    /// Whether a chunk lies in a pack that may be relied on.
    [[nodiscard]] bool is_usable(format::ChunkKind kind, const format::ChunkId& id) const;

    void for_each_pack(const std::function<void(const PackRow&)>& each) const;
    /// The same, with how many places each has there. In one walk that looks nothing up.
    void count_places(const std::function<void(const PackRow&, std::uint64_t places)>& each) const;
    void for_each_place(
        const std::function<void(const format::ChunkId&, const ChunkPlace&)>& each) const;
    [[nodiscard]] std::uint64_t entries() const;
    /// Every segment that this says something of.
    [[nodiscard]] std::vector<format::SegmentId> segments() const;

private:
    std::vector<IndexRun> runs_;
    std::vector<std::vector<bool>> usable_; ///< by run, by pack
};

} // namespace saoluu::repo
