// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/index.hpp"
#include "repo/ledger.hpp"
#include "repo/pack_sink.hpp"

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_set>

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

/// One run of the writer's protocol (FORMAT.md 10.4; the steps are numbered there). Begun and
/// committed by one thread; claim() and Packers may be used by many meanwhile.
class WriteSession {
public:
    /// Steps 1 to 3.
    /// errors: refused, unsupported (why nothing may be written), io, no_space, corrupt (a mark
    /// that can't be read)
    static Result<std::unique_ptr<WriteSession>> begin(Access& access, Events& events);

    [[nodiscard]] const format::SessionId& id() const { return context_.session; }
    [[nodiscard]] const format::DomainKeys& domain() const { return *domain_; }
    [[nodiscard]] format::Time started() const { return started_; }

    enum class Claim {
        known, ///< stored already, or another thread is storing it
        mine,  ///< the caller must store it
    };
    Claim claim(format::ChunkKind kind, const format::ChunkId& id);
    /// How many files this key's last snapshot of a job has; 0 if there is none.
    [[nodiscard]] std::uint64_t files_of_last(const std::string& job) const;
    /// Whether an earlier session stored the chunk where this one may build on it.
    [[nodiscard]] bool is_stored(format::ChunkKind kind, const format::ChunkId& id) const {
        return index_.is_usable(kind, id);
    }

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
    enum class Outcome {
        committed,
        fenced, ///< a sweep ended the session: begin anew
    };
    /// Steps 5 and 6, after every packer has finished: waits for packs and index, puts the ledger
    /// entry and `done`.
    Result<Outcome> commit(Draft draft);

    /// Makes what is stored already findable for the next run, where this one ends without a
    /// snapshot. Failing is harmless.
    void keep_stored() { static_cast<void>(sink_->finish()); }

    [[nodiscard]] PackSink::Totals totals() { return sink_->totals(); }

    static constexpr std::uint64_t kDataPackSize = 32 << 20;
    static constexpr std::uint64_t kCatalogPackSize = 8 << 20;

private:
    WriteSession(Access& access, PackContext context, const format::DomainKeys& domain,
                 Index index);
    Result<Outcome> put_done(util::BytesView done);
    Result<void> report_stranger(util::BytesView done) const;
    Result<bool> is_fenced();

    Access& access_;
    Events* events_ = nullptr;
    PackContext context_;
    const format::DomainKeys* domain_;
    Index index_;
    ClaimSet claims_;
    format::Time started_ = 0;
    std::vector<format::SegmentId> unnamed_segments_;    ///< found, and in no record yet
    std::map<std::string, std::uint64_t> files_of_last_; ///< by job
    std::unique_ptr<PackSink> sink_;
};

} // namespace saoluu::repo
