// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/chunker.hpp"
#include "repo/pack_sink.hpp"
#include "repo/place_set.hpp"
#include "repo/session_place.hpp"

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

namespace saoluu::repo {

/// Chunks that this session stores; each is claimed by one thread. Sharded, so that threads seldom
/// meet.
class ClaimSet {
public:
    /// True for the first who asks.
    bool insert(const format::ChunkId& id);

private:
    struct Shard {
        std::mutex mutex;
        std::unordered_set<format::ChunkId> ids;
    };
    std::array<Shard, 64> shards_;
};

/// One run of the writer's protocol at one place or several (FORMAT.md 10.4): the same session with
/// the same bytes at each. A chunk is known only where every place has it. A place that fails is
/// left behind, and the others go on. Begun and committed by one thread; claim() and Packers may be
/// used by many meanwhile.
class WriteSession {
public:
    /// Steps 1 to 3 at each place. The places are of one repository, opened by one key, and no two
    /// are the same.
    /// errors: those of the last place that is left, as SessionPlace::open; wrong_key if the key
    ///         does not count any more at any of them
    static Result<std::unique_ptr<WriteSession>> begin(std::span<Access* const> places,
                                                       Events& events);
    static Result<std::unique_ptr<WriteSession>> begin(Access& place, Events& events) {
        Access* const one[] = {&place};
        return begin(one, events);
    }

    [[nodiscard]] const format::SessionId& id() const { return id_; }
    [[nodiscard]] const format::DomainKeys& domain() const { return *domain_; }
    /// What files are cut into, as the roster says that all is written under.
    [[nodiscard]] const data::ChunkSizes& chunk_sizes() const { return chunk_sizes_; }
    [[nodiscard]] format::Time started() const { return started_; }

    enum class Claim {
        known, ///< stored already, or another thread is storing it
        mine,  ///< the caller must store it
    };
    Claim claim(format::ChunkKind kind, const format::ChunkId& id);
    /// How many files this key's last snapshot of a job has; 0 if there is none.
    [[nodiscard]] std::uint64_t files_of_last(const std::string& job) const;
    /// Whether an earlier session stored the chunk where this one may build on it.
    [[nodiscard]] bool is_stored(format::ChunkKind kind, const format::ChunkId& id) const;

    /// Places that were left behind so far, by their position, and why.
    struct Late {
        std::size_t place;
        Error why;
    };
    [[nodiscard]] std::vector<Late> late() const;

    /// Packs of one kind that one thread fills, one after the other (step 4).
    class Packer {
    public:
        Packer(WriteSession& session, format::Kind kind, std::uint64_t target_size)
            : session_(&session), kind_(kind), target_size_(target_size) {}
        Result<void> add(format::ChunkKind kind, const format::ChunkId& id,
                         const data::Compressed& chunk, std::size_t plain_size);
        /// Ends the pack that is open, if there is one.
        Result<void> finish();

        /// To hash what waits for it together with other things: adds it to the jobs; when they are
        /// done, write_hashed(). Nothing may be added in between.
        void hash_with(std::vector<crypto::Hasher::Job>& jobs);
        Result<void> write_hashed();
        /// How many bytes wait to be hashed.
        [[nodiscard]] std::size_t unhashed() const { return pack_ ? pack_->unhashed().size() : 0; }
        /// How many were ended.
        [[nodiscard]] std::size_t packs() const { return packs_; }

    private:
        WriteSession* session_;
        format::Kind kind_;
        std::uint64_t target_size_;
        std::optional<PackWriter> pack_;
        std::size_t packs_ = 0;
    };
    [[nodiscard]] Packer data_packer() { return {*this, format::Kind::data_pack, kDataPackSize}; }
    [[nodiscard]] Packer catalog_packer() {
        return {*this, format::Kind::catalog_pack, kCatalogPackSize};
    }

    /// What the caller knows of the snapshot; the session adds who, which sequence, and sizes.
    struct Draft {
        std::vector<std::uint64_t> counts;
        std::string job;
        format::ChunkId root_page;
        std::vector<format::ChunkId> note;
        bool incomplete = false;
    };
    using Outcome = SessionPlace::Outcome;
    /// Steps 5 and 6, after every packer has finished: waits for packs and index, puts the ledger
    /// entry and `done` at each place. One that fenced it ends it everywhere.
    Result<Outcome> commit(Draft draft);

    /// Makes what is stored already findable for the next run, where this one ends without a
    /// snapshot. Failing is harmless.
    void keep_stored() { static_cast<void>(sink_->finish()); }

    [[nodiscard]] PackSink::Totals totals() { return sink_->totals(); }

    static constexpr std::uint64_t kDataPackSize = 32 << 20;
    static constexpr std::uint64_t kCatalogPackSize = 8 << 20;

private:
    explicit WriteSession(std::span<Access* const> places, Events& events);
    Result<void> refresh_all();
    Result<void> open_places();
    Result<void> start();
    Result<std::vector<std::optional<LedgerAppender>>> open_ledgers();
    Result<util::Bytes> seal_record(Draft draft,
                                    const std::vector<std::optional<LedgerAppender>>& ledgers);
    [[nodiscard]] std::vector<format::SegmentId> segments_for_record() const;

    const std::vector<Access*> accesses_;
    Events* const events_;
    const format::SessionId id_ = crypto::random_id<format::SessionId>();
    PlaceSet places_;
    std::vector<std::optional<Access::Look>> before_; ///< until the places are open
    std::vector<std::optional<SessionPlace>> at_;     ///< by place; none where it was lost before
    std::optional<PackContext> context_;
    const format::DomainKeys* domain_ = nullptr;
    data::ChunkSizes chunk_sizes_;
    ClaimSet claims_;
    format::Time started_ = 0;
    std::unique_ptr<PackSink> sink_;
};

} // namespace saoluu::repo
