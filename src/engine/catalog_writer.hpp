// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/compress.hpp"
#include "format/entry.hpp"
#include "format/page.hpp"
#include "repo/write_session.hpp"

namespace saoluu::engine {

/// What one thread of a backup stores chunks with: its own compressor and its own open pack, so
/// that threads do not wait for each other.
class ChunkStore {
public:
    ChunkStore(repo::WriteSession& session, repo::WriteSession::Packer packer, int level)
        : session_(session), packer_(std::move(packer)), compressor_(level) {}

    /// Stores a chunk unless the repository has it; its id either way.
    Result<format::ChunkId> put(format::ChunkKind kind, util::BytesView plain) {
        const format::ChunkId id = session_.domain().chunk_id(kind, plain);
        ++totals_.chunks;
        if (session_.claim(kind, id) == repo::WriteSession::Claim::known)
            return id;
        ++totals_.new_chunks;
        totals_.new_bytes += plain.size();
        TRY(packer_.add(kind, id, compressor_.compress(plain), plain.size()));
        return id;
    }
    /// Ends the open pack.
    Result<void> finish() { return packer_.finish(); }

    struct Totals {
        std::uint64_t chunks = 0;
        std::uint64_t new_chunks = 0;
        std::uint64_t new_bytes = 0;
    };
    [[nodiscard]] const Totals& totals() const { return totals_; }
    [[nodiscard]] const format::DomainKeys& domain() const { return session_.domain(); }

private:
    repo::WriteSession& session_;
    repo::WriteSession::Packer packer_;
    data::Compressor compressor_;
    Totals totals_;
};

/// Segments as an entry may hold them: many become a tree of list chunks, cut where the content
/// says so.
Result<std::vector<format::Segment>> shorten(std::vector<format::Segment> segments,
                                             ChunkStore& chunks);

/// Writes the catalog's pages while entries come in path order (FORMAT.md 12.2).
/// memory: one page a level
class CatalogWriter {
public:
    explicit CatalogWriter(ChunkStore& chunks) : chunks_(chunks) {}
    Result<void> add(const format::Entry& entry);
    /// The root page. At least one entry must have been added.
    Result<format::ChunkId> finish();

private:
    Result<void> add_link(std::size_t level, const std::string& path, const format::ChunkId& id);
    Result<void> make_room(std::size_t level, std::string_view path, std::size_t size);
    Result<void> end_page(std::size_t level);

    ChunkStore& chunks_;
    std::vector<format::PageWriter> levels_;
};

} // namespace saoluu::engine
