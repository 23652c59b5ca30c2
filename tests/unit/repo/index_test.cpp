// SPDX-License-Identifier: Apache-2.0
#include "repo/index.hpp"

#include "random_bytes.hpp"
#include "sessions.hpp"

#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <thread>

using namespace saoluu;
using namespace saoluu::test;
using format::ChunkId;
using format::ChunkKind;
using repo::Access;
using repo::Index;
using repo::IndexRun;

namespace {

template <class IdType>
IdType random_id(std::mt19937_64& random) {
    return IdType::from(random_bytes(IdType::size, random()));
}

/// A segment of one pack, with these chunks.
format::IndexSegment segment_of(const std::vector<ChunkId>& ids, std::mt19937_64& random) {
    format::IndexSegment segment;
    segment.packs.push_back({.pack = random_id<format::PackId>(random),
                             .session = random_id<format::SessionId>(random),
                             .actor = random_id<format::ActorId>(random),
                             .size = 200 << 20});
    std::uint32_t frame = 0;
    for (const ChunkId& id : ids) {
        segment.entries.push_back({.id = id,
                                   .pack = 0,
                                   .frame = frame,
                                   .offset = 80 + frame * 116,
                                   .stored_size = 100,
                                   .plain_size = 150,
                                   .kind = ChunkKind::data,
                                   .codec = data::Codec::zstd});
        ++frame;
    }
    segment.sort();
    return segment;
}

std::vector<ChunkId> some_ids(std::size_t count, std::mt19937_64& random) {
    std::vector<ChunkId> ids(count);
    for (ChunkId& id : ids)
        for (std::size_t i = 0; i < ChunkId::size; i += 8)
            util::store_le(id.bytes.data() + i, static_cast<std::uint64_t>(random()));
    return ids;
}

/// Puts a segment of random chunks in the actor's own name; returns its object's name.
std::string put_segment(Access& access, const std::vector<ChunkId>& ids, std::mt19937_64& random,
                        const format::ActorId& maker) {
    format::IndexSegment segment = segment_of(ids, random);
    const format::Authorship by = must(access.authorship());
    segment.packs.front().actor = maker;
    segment.signer = by.signer;
    segment.roster = by.roster;
    const util::Bytes object = segment.seal(by.repository, by.epoch, by.suite, by.pair);
    const std::string name = format::names::index(format::name_of<format::SegmentId>(object));
    must(access.store->put(name, object));
    return name;
}

Index load(const Access& access, Events& events) {
    return must(Index::load(access, events));
}
Index load(const Access& access) {
    Told told;
    return load(access, told);
}

std::vector<std::filesystem::path> run_files(const Access& access) {
    std::vector<std::filesystem::path> files;
    for (const auto& file : std::filesystem::directory_iterator(must(access.local.cache_folder())))
        if (file.path().extension() == ".run")
            files.push_back(file.path());
    return files;
}

} // namespace

TEST_CASE("a run finds each of its chunks and no other") {
    const ScratchFolder folder = ScratchFolder::in_memory();
    const format::RepositoryId repository = format::RepositoryId::from(random_bytes(32, 1));
    const auto seed = std::random_device()();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    std::vector<ChunkId> present = some_ids(100'000, random);
    // Ids that crowd at either end, and at one place.
    for (std::size_t i = 0; i < 300; ++i) {
        present[i].bytes.fill(i < 100 ? std::byte{0} : i < 200 ? std::byte{0xff} : std::byte{0x80});
        util::store_le(present[i].bytes.data() + 24, static_cast<std::uint64_t>(random()));
    }
    repo::IndexRunBuilder builder;
    builder.add(random_id<format::SegmentId>(random), segment_of(present, random));
    must(builder.write(folder / "a.run", repository));
    const IndexRun run = must(IndexRun::open(folder / "a.run", repository));
    REQUIRE(run.rows().size() == present.size());
    std::size_t found = 0, wrong = 0;
    for (const ChunkId& id : present) {
        const auto rows = run.find(id);
        found += rows.size() == 1 && rows.front().id == id ? 1 : 0;
    }
    CHECK(found == present.size());
    for (const ChunkId& id : some_ids(100'000, random))
        wrong += run.find(id).empty() ? 0 : 1;
    for (std::size_t i = 0; i < 300; ++i) {
        ChunkId near = present[i];
        near.bytes[31] ^= std::byte{1};
        wrong += run.find(near).empty() ? 0 : 1;
    }
    CHECK(wrong == 0);
    CHECK(fails(IndexRun::open(folder / "a.run", {}), ErrorKind::corrupt)); // another repository's
}

TEST_CASE("the filter in front of a run lets about one in fifty of the absent pass") {
    std::mt19937_64 random(5);
    for (const std::size_t count : {1000U, 100'000U}) {
        repo::IdFilter filter;
        filter.prepare(count);
        const std::vector<ChunkId> present = some_ids(count, random);
        for (const ChunkId& id : present)
            filter.add(id);
        CHECK(std::ranges::all_of(present, [&](const ChunkId& id) { return filter.may_have(id); }));
        std::size_t passed = 0;
        for (const ChunkId& id : some_ids(100'000, random))
            passed += filter.may_have(id) ? 1 : 0;
        CHECK(passed < 100'000 / 25);
    }
}

TEST_CASE("a chunk with several places has them all, after merging too") {
    const ScratchFolder folder = ScratchFolder::in_memory();
    const format::RepositoryId repository;
    std::mt19937_64 random(7);
    const std::vector<ChunkId> shared = some_ids(50, random);
    std::vector<IndexRun> runs;
    std::set<format::PackId> packs;
    for (int i = 0; i < 3; ++i) {
        std::vector<ChunkId> ids = some_ids(1000, random);
        ids.insert(ids.end(), shared.begin(), shared.end());
        const format::IndexSegment segment = segment_of(ids, random);
        packs.insert(segment.packs.front().pack);
        repo::IndexRunBuilder builder;
        builder.add(random_id<format::SegmentId>(random), segment);
        const std::string path = folder / (std::to_string(i) + ".run");
        must(builder.write(path, repository));
        runs.push_back(must(IndexRun::open(path, repository)));
    }
    const IndexRun* all[] = {&runs[0], &runs[1], &runs[2]};
    must(repo::merge_runs(all, folder / "merged.run", repository));
    const IndexRun merged = must(IndexRun::open(folder / "merged.run", repository));
    CHECK(merged.rows().size() == 3 * 1050);
    CHECK(merged.segments().size() == 3);
    for (const ChunkId& id : shared) {
        std::set<format::PackId> found;
        for (const repo::IndexRow& row : merged.find(id))
            found.insert(merged.packs()[row.pack].pack);
        CHECK(found == packs);
    }
    for (const IndexRun& run : runs)
        for (const repo::IndexRow& row : run.rows())
            CHECK(!merged.find(row.id).empty());
}

TEST_CASE("whichever byte of a cached run is damaged, it is not believed") {
    const ScratchFolder folder = ScratchFolder::in_memory();
    std::mt19937_64 random(7);
    repo::IndexRunBuilder builder;
    builder.add(random_id<format::SegmentId>(random), segment_of(some_ids(3, random), random));
    must(builder.write(folder / "a.run", {}));
    const util::Bytes good = must(util::read_file(folder / "a.run", 1 << 20));
    for (std::size_t i = 0; i < good.size(); ++i) {
        util::Bytes bad = good;
        bad[i] ^= std::byte{0x10};
        must(util::write_file_durably(folder / "a.run", bad, 0600));
        CHECK_MESSAGE(!IndexRun::open(folder / "a.run", {}), i);
        bad.resize(i);
        must(util::write_file_durably(folder / "a.run", bad, 0600));
        CHECK_MESSAGE(!IndexRun::open(folder / "a.run", {}), i);
    }
}

TEST_CASE("a cached run that puts a chunk into a pack it does not have is not believed") {
    const ScratchFolder folder = ScratchFolder::in_memory();
    std::mt19937_64 random(7);
    for (const std::uint32_t pack : {0U, 1U, ~0U}) {
        format::IndexSegment segment = segment_of(some_ids(3, random), random);
        segment.entries[1].pack = pack;
        repo::IndexRunBuilder builder;
        builder.add(random_id<format::SegmentId>(random), segment);
        must(builder.write(folder / "a.run", {}));
        CHECK(IndexRun::open(folder / "a.run", {}).has_value() == (pack == 0));
    }
}

TEST_CASE("a damaged cache is made anew") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    commit_snapshot(backup, {"one", "two"});
    const std::uint64_t entries = load(backup).entries();
    REQUIRE(entries == 3);
    for (const auto& file : run_files(backup)) {
        util::Bytes bytes = must(util::read_file(file, 1 << 20));
        bytes[bytes.size() / 2] ^= std::byte{1};
        must(util::write_file_durably(file, bytes, 0600));
    }
    Told told;
    CHECK(load(backup, told).entries() == entries);
    CHECK(told.findings.empty());
}

TEST_CASE("what a vanished segment said is forgotten, and what others said is kept") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    std::mt19937_64 random(3);
    const std::vector<ChunkId> kept = some_ids(10, random), gone = some_ids(20, random);
    put_segment(backup, kept, random, backup.keyring.actor());
    const std::string name = put_segment(backup, gone, random, backup.keyring.actor());
    REQUIRE(load(backup).entries() == 30); // both in one cached run
    REQUIRE(run_files(backup).size() == 1);
    repository.remove(name);
    const Index index = load(backup);
    CHECK(index.entries() == 10);
    for (const ChunkId& id : kept)
        CHECK(index.find(ChunkKind::data, id).size() == 1);
    for (const ChunkId& id : gone)
        CHECK(index.find(ChunkKind::data, id).empty());
}

TEST_CASE("many segments, one after the other, stay few runs") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    std::mt19937_64 random(3);
    std::vector<ChunkId> all;
    for (int i = 0; i < 40; ++i) {
        const std::vector<ChunkId> ids = some_ids(300, random);
        all.insert(all.end(), ids.begin(), ids.end());
        put_segment(backup, ids, random, backup.keyring.actor());
        load(backup);
    }
    const Index index = load(backup);
    CHECK(run_files(backup).size() <= 4);
    CHECK(index.entries() == all.size());
    for (const ChunkId& id : all)
        CHECK(index.find(ChunkKind::data, id).size() == 1);
}

TEST_CASE("each pack has as many places as a walk over all of them counts") {
    const RepositoryCase repository;
    Access access = repository.access(key::kBackup);
    std::mt19937_64 random(11);
    std::size_t put = 0;
    // Two runs: those of the first load settle into one, and what comes later is too little to.
    for (const std::size_t count : {9000U, 4000U, 30U, 1U}) {
        put_segment(access, some_ids(count, random), random, access.keyring.actor());
        load(access);
        put += count;
    }
    REQUIRE(run_files(access).size() >= 2);
    const Index index = load(access);
    std::map<format::PackId, std::uint64_t> walked, counted;
    index.for_each_place(
        [&](const ChunkId&, const repo::ChunkPlace& place) { ++walked[place.pack]; });
    index.count_places(
        [&](const repo::PackRow& row, std::uint64_t places) { counted[row.pack] += places; });
    CHECK(counted == walked);
    CHECK(index.entries() == put);
}

TEST_CASE("a segment of another's packs is obeyed only from an admin") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    Access other = repository.access(key::kOther, "other's");
    Access founder = repository.access(key::kFounder, "founder's");
    std::mt19937_64 random(3);
    Told told;
    put_segment(founder, some_ids(5, random), random, backup.keyring.actor());
    CHECK(load(backup, told).entries() == 5);
    CHECK(told.findings.empty());
    put_segment(other, some_ids(7, random), random, backup.keyring.actor());
    CHECK(load(backup, told).entries() == 5);
    CHECK(told.has(Severity::alarm, "index/"));
}

TEST_CASE("a damaged segment is told and left out") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    commit_snapshot(backup);
    repository.forget_state();
    for (const std::string& name : repository.names("index/"))
        repository.flip_bit(name, 100);
    Told told;
    CHECK(load(backup, told).entries() == 0);
    CHECK(told.has(Severity::damage, "index/"));
}

TEST_CASE("several may load one cache at once") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    std::mt19937_64 random(3);
    for (int i = 0; i < 10; ++i)
        put_segment(backup, some_ids(100, random), random, backup.keyring.actor());
    std::vector<std::uint64_t> counts(4);
    {
        std::vector<std::jthread> threads;
        for (std::uint64_t& count : counts)
            threads.emplace_back([&] {
                // A lock of a file is between open files, so threads stand for processes.
                Told told;
                const Access own = *repo::open_access(repository.options(key::kBackup), told);
                for (int i = 0; i < 5; ++i)
                    count = Index::load(own, told)->entries();
            });
    }
    for (const std::uint64_t count : counts)
        CHECK(count == 1000);
}

TEST_CASE("without a cache folder that can be written the index loads all the same") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    commit_snapshot(backup);
    OpenOptions options = repository.options(key::kBackup);
    options.folders.cache = repository.key_file(key::kBackup); // a file
    Told told;
    const Access access = must(repo::open_access(std::move(options), told));
    CHECK(load(access).entries() == 2);
}
