// SPDX-License-Identifier: Apache-2.0
#include "engine/chunk_store.hpp"

#include <algorithm>

namespace saoluu::engine {

using repo::WriteSession;

ChunkStore ChunkStore::of_data(WriteSession& session, int level) {
    ChunkStore chunks(session, session.data_packer(), level);
    chunks.packers_.push_back(session.data_packer());
    return chunks;
}

Result<void> ChunkStore::put(format::ChunkKind kind, std::span<Chunk> chunks) {
    std::vector<crypto::Hasher> hashers(chunks.size(), session_.domain().id_hasher(kind));
    std::vector<crypto::Hasher::Job> jobs;
    for (std::size_t i = 0; i < chunks.size(); ++i)
        jobs.push_back({.hasher = &hashers[i], .bytes = chunks[i].plain});
    // What the chunks before these made of the packs is hashed together with them.
    for (WriteSession::Packer& packer : packers_)
        packer.hash_with(jobs);
    crypto::Hasher::update_all(jobs);
    for (WriteSession::Packer& packer : packers_)
        TRY(packer.write_hashed());
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        chunks[i].id = format::ChunkId::from(hashers[i].finish().view());
        TRY(put_named(kind, chunks[i]));
    }
    return {};
}

Result<format::ChunkId> ChunkStore::put(format::ChunkKind kind, util::BytesView plain) {
    const Chunk chunk{.plain = plain, .id = session_.domain().chunk_id(kind, plain)};
    TRY(put_named(kind, chunk));
    return chunk.id;
}

Result<void> ChunkStore::put_named(format::ChunkKind kind, const Chunk& chunk) {
    ++totals_.chunks;
    if (session_.claim(kind, chunk.id) == WriteSession::Claim::known)
        return {};
    ++totals_.new_chunks;
    totals_.new_bytes += chunk.plain.size();
    return next_packer().add(kind, chunk.id, compressor_.compress(chunk.plain), chunk.plain.size());
}

/// That with the least to hash; the first alone until it filled a pack, so that a small backup
/// makes one.
WriteSession::Packer& ChunkStore::next_packer() {
    if (packers_.front().packs() == 0)
        return packers_.front();
    return *std::ranges::min_element(packers_, {}, &WriteSession::Packer::unhashed);
}

Result<void> ChunkStore::finish() {
    for (WriteSession::Packer& packer : packers_)
        TRY(packer.finish());
    return {};
}

} // namespace saoluu::engine
