// SPDX-License-Identifier: Apache-2.0
#include "engine/chunk_store.hpp"

#include "random_bytes.hpp"
#include "repo/chunk_reader.hpp"
#include "trees.hpp"

#include <vector>

using namespace saoluu;
using namespace saoluu::test;
using engine::ChunkStore;
using format::ChunkKind;

TEST_CASE("chunks that are put together get their ids, and fill one pack, then two by turns") {
    RepositoryCase repository;
    constexpr std::size_t kChunk = 1 << 20;
    struct Row {
        std::size_t chunks, packs;
    };
    for (const Row& row : {Row{5, 1}, Row{31, 1}, Row{48, 3}}) {
        CAPTURE(row.chunks);
        const std::size_t packs_before = repository.names("packs/").size();
        repo::Access access = repository.access(key::kBackup);
        Told told;
        const auto session = must(repo::WriteSession::begin(access, told));
        ChunkStore store = ChunkStore::of_data(*session, 3);
        const util::Bytes bytes = random_bytes(row.chunks * kChunk, row.chunks);
        std::vector<ChunkStore::Chunk> all;
        for (std::size_t at = 0; at < row.chunks;) {
            std::vector<ChunkStore::Chunk> batch;
            for (const std::size_t end = std::min(at + 1 + at % 4, row.chunks); at < end; ++at)
                batch.push_back({.plain = util::BytesView(bytes).subspan(at * kChunk, kChunk)});
            must(store.put(ChunkKind::data, batch));
            all.insert(all.end(), batch.begin(), batch.end());
        }
        // What is there is not stored again, alone or with others.
        CHECK(must(store.put(ChunkKind::data, all.front().plain)) == all.front().id);
        std::vector<ChunkStore::Chunk> again = {{.plain = all.back().plain}};
        must(store.put(ChunkKind::data, again));
        CHECK(again.front().id == all.back().id);
        must(store.finish());
        session->keep_stored();
        CHECK(store.totals().chunks == row.chunks + 2);
        CHECK(store.totals().new_chunks == row.chunks);
        CHECK(repository.names("packs/").size() - packs_before == row.packs);

        const repo::Access reader = repository.access(key::kReader);
        const repo::Index index = must(repo::Index::load(reader, told));
        repo::ChunkReader chunks(reader, index);
        for (const ChunkStore::Chunk& chunk : all) {
            CHECK(chunk.id == session->domain().chunk_id(ChunkKind::data, chunk.plain));
            CHECK(util::equal(
                must(chunks.read(ChunkKind::data, chunk.id, session->domain().domain())),
                chunk.plain));
        }
        CHECK_MESSAGE(told.findings.empty(), told.text());
    }
    // The names of packs that were hashed side by side are the hashes of their bytes.
    Repository checked = repository.open(key::kReader);
    Told told;
    CHECK_MESSAGE(check_all(checked, told).sound(), told.text());
}
