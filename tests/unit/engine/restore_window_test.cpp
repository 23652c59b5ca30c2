// SPDX-License-Identifier: Apache-2.0
// Each pack is read once, however its chunks are spread over the tree.
#include "engine/restore_window.hpp"

#include "counting_store.hpp"
#include "made_snapshots.hpp"
#include "random_bytes.hpp"

#include <filesystem>
#include <random>

#include <sys/resource.h>

using namespace saoluu;
using namespace saoluu::test;
using format::Entry;

namespace {

namespace fs = std::filesystem;

/// The repository over a store that notes what is read.
struct Counted {
    std::shared_ptr<CountingStore::Reads> reads = std::make_shared<CountingStore::Reads>();
    Repository reader;

    explicit Counted(const RepositoryCase& repository) : reader(open(repository)) {}

private:
    Repository open(const RepositoryCase& repository) const {
        Told told;
        return Repository(std::make_unique<Repository::Impl>(Repository::Impl{
            must(repo::open_access_over(std::make_unique<CountingStore>(repository.store(), reads),
                                        repository.options(key::kReader), told))}));
    }
};

/// Bytes that were read more than once.
std::uint64_t read_twice(std::vector<CountingStore::Read> reads) {
    std::ranges::sort(reads, {}, &CountingStore::Read::offset);
    std::uint64_t end = 0, twice = 0;
    for (const CountingStore::Read& read : reads) {
        if (read.offset < end)
            twice += std::min(end, read.offset + read.size) - read.offset;
        end = std::max(end, read.offset + read.size);
    }
    return twice;
}

/// The packs that hold data, which are the large ones here.
std::vector<std::string> data_packs(const RepositoryCase& repository) {
    std::vector<std::string> names = repository.names("packs/");
    std::erase_if(names,
                  [&](const std::string& name) { return repository.read(name).size() < 500'000; });
    REQUIRE(!names.empty());
    return names;
}

} // namespace

TEST_CASE("each pack is read once, though its chunks are all over the tree") {
    const RepositoryCase repository;
    constexpr int kPacks = 3, kChunks = 40, kFiles = 60;
    std::mt19937_64 random(3);
    std::vector<util::Bytes> chunks;
    std::string snapshot;
    std::map<std::string, util::Bytes> wanted;
    for (int pack = 0; pack < kPacks; ++pack) { // a session each
        SnapshotMaker maker(repository);
        for (int i = 0; i < kChunks; ++i) {
            chunks.push_back(random_bytes(20'000 + random() % 5000, random()));
            maker.chunk(chunks.back());
        }
        if (pack + 1 < kPacks) {
            maker.commit({});
            continue;
        }
        // Files of chunks of all packs in any order, most of them in several files.
        std::vector<Entry> entries;
        for (int i = 0; i < kFiles; ++i) {
            const std::string path = "f" + std::to_string(i);
            std::vector<format::Segment> segments;
            for (std::size_t n = random() % 12; n > 0; --n) {
                const util::Bytes& bytes = chunks[random() % chunks.size()];
                segments.emplace_back(maker.chunk(bytes));
                util::append(wanted[path], bytes);
            }
            wanted.try_emplace(path);
            entries.push_back(maker.file_of(path, segments));
        }
        snapshot = maker.commit(entries);
    }
    for (const unsigned threads : {1U, 2U, 8U}) {
        CAPTURE(threads);
        const std::string out = repository.path("out" + std::to_string(threads));
        Counted counted(repository);
        Told told;
        RestoreOptions options;
        options.threads = threads;
        const RestoreSummary made = restore_all(counted.reader, snapshot, out, told, options);
        CHECK(made.files == kFiles);
        CHECK_MESSAGE(told.findings.empty(), told.text());
        for (const auto& file : wanted)
            CHECK_MESSAGE(read_file(out + "/" + file.first) == file.second, file.first);
        CHECK(tree_of(out).size() == kFiles + 1); // no temporary file is left
        const std::vector<std::string> packs = data_packs(repository);
        CHECK(packs.size() == kPacks);
        for (const std::string& pack : packs) {
            const auto& reads = counted.reads->of[pack];
            // Its header, and a piece of a megabyte: nothing lies between the chunks.
            CHECK(reads.size() == 2);
            CHECK(read_twice(reads) == 0);
        }
    }
}

TEST_CASE("what lies far between two chunks is not read along") {
    const RepositoryCase repository;
    const util::Bytes first = random_bytes(50'000, 1), far = random_bytes(900'000, 2),
                      last = random_bytes(50'000, 3);
    SnapshotMaker maker(repository);
    const format::WholeChunk one = maker.chunk(first);
    maker.chunk(far);
    const format::WholeChunk other = maker.chunk(last);
    const std::string snapshot = maker.commit({maker.file_of("f", {one, other})});
    Counted counted(repository);
    Told told;
    CHECK(restore_all(counted.reader, snapshot, repository.path("out"), told).files == 1);
    const auto& reads = counted.reads->of[data_packs(repository).front()];
    CHECK(reads.size() == 3);
    std::uint64_t sum = 0;
    for (const CountingStore::Read& read : reads)
        sum += read.size;
    CHECK(sum < 110'000);
}

TEST_CASE("a file with more chunks than a window comes back, with others before and behind it") {
    const RepositoryCase repository;
    SnapshotMaker maker(repository);
    // Of 16 bytes each, so that there are many.
    constexpr std::size_t kMany =
        engine::RestoreWindow::kBudget / engine::RestoreWindow::kPlacementCost + 20'000;
    std::vector<format::WholeChunk> some;
    std::vector<util::Bytes> plain;
    for (std::uint64_t i = 0; i < 64; ++i) {
        plain.push_back(random_bytes(16, i + 1));
        some.push_back(maker.chunk(plain.back()));
    }
    std::mt19937_64 random(7);
    std::vector<format::Segment> segments;
    util::Bytes wanted;
    for (std::size_t i = 0; i < kMany; ++i) {
        const std::size_t which = random() % some.size();
        segments.emplace_back(some[which]);
        util::append(wanted, plain[which]);
    }
    std::vector<Entry> entries = {maker.file_of("a", "before"), maker.file_of("z", "behind")};
    entries.push_back(maker.file_of("large", segments));
    entries.push_back(entries.back());
    entries.back().path = "linked";
    for (std::size_t i : {2U, 3U})
        entries[i].link_group = maker.group("large");
    const std::string snapshot = maker.commit(entries);
    Repository reader = repository.open(key::kReader);
    Told told;
    const std::string out = repository.path("out");
    const RestoreSummary made = restore_all(reader, snapshot, out, told);
    CHECK_MESSAGE(told.findings.empty(), told.text());
    CHECK(made.files == 3);
    CHECK(made.linked == 1);
    CHECK(read_file(out + "/large") == wanted);
    CHECK(tree_of(out).size() == 5);
    SUBCASE("again: it is there") {
        CHECK(restore_all(reader, snapshot, out, told).already_there == 4);
    }
    SUBCASE("one that differs is replaced whole") {
        write_file(out + "/large", "mine"); // and so is its other name
        RestoreOptions options;
        options.overwrite = Overwrite::always;
        const RestoreSummary over = restore_all(reader, snapshot, out, told, options);
        CHECK(over.overwritten == 2);
        CHECK(read_file(out + "/large") == wanted);
        CHECK(read_file(out + "/linked") == wanted);
    }
}

TEST_CASE("more files than may be open come back, each of them in many pieces") {
    const RepositoryCase repository;
    SnapshotMaker maker(repository);
    constexpr std::size_t kFiles = 700, kChunks = 8;
    std::vector<format::WholeChunk> chunks;
    for (std::uint64_t i = 0; i < kChunks; ++i)
        chunks.push_back(maker.chunk(random_bytes(10'000, i + 1)));
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < kFiles; ++i) {
        std::vector<format::Segment> segments(chunks.begin(), chunks.end());
        std::rotate(segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(i % kChunks),
                    segments.end());
        entries.push_back(maker.file_of("f" + std::to_string(i), segments));
    }
    const std::string snapshot = maker.commit(entries);
    Repository reader = repository.open(key::kReader);
    Told told;
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit few = before;
    few.rlim_cur = 400;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    const RestoreSummary made = restore_all(reader, snapshot, repository.path("out"), told);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK_MESSAGE(told.findings.empty(), told.text());
    CHECK(made.files == kFiles);
    for (std::size_t i = 0; i < kFiles; i += 97)
        CHECK(read_file(repository.path("out") + "/f" + std::to_string(i)).size() == 80'000);
}

TEST_CASE("parts of chunks are held against the file's own hash") {
    const RepositoryCase repository;
    SnapshotMaker maker(repository);
    const util::Bytes plain = random_bytes(100'000, 1);
    const format::WholeChunk chunk = maker.chunk(plain);
    const auto part = [&](std::uint64_t offset, std::uint64_t length) {
        return format::PartOfChunk{.id = chunk.id, .offset = offset, .length = length};
    };
    util::Bytes wanted(plain.begin() + 500, plain.begin() + 1500);
    wanted.resize(5000);
    wanted.insert(wanted.end(), plain.begin(), plain.begin() + 10);
    Entry good = maker.file_of("good", {part(500, 1000), format::Hole{4000}, part(0, 10)});
    good.file_hash = crypto::hash(wanted);
    Entry bad = maker.file_of("bad", {part(501, 1000), format::Hole{4000}, part(0, 10)});
    bad.file_hash = good.file_hash;
    Entry outside = maker.file_of("outside", {part(99'999, 2)});
    outside.file_hash = good.file_hash;
    const std::string snapshot = maker.commit({good, bad, outside});
    Repository reader = repository.open(key::kReader);
    Told told;
    const std::string out = repository.path("out");
    const RestoreSummary made = restore_all(reader, snapshot, out, told);
    CHECK(made.files == 1);
    CHECK(made.damaged == 2);
    CHECK(told.has(Severity::damage, "/bad"));
    CHECK(told.has(Severity::damage, "/outside"));
    CHECK(read_file(out + "/good") == wanted);
    CHECK(tree_of(out).size() == 2);
    CHECK(restore_all(reader, snapshot, out, told).already_there == 1);
}

TEST_CASE("a damaged chunk costs all files that need it, and those alone") {
    const RepositoryCase repository;
    SnapshotMaker maker(repository);
    std::vector<format::WholeChunk> chunks;
    for (std::uint64_t i = 0; i < 10; ++i)
        chunks.push_back(maker.chunk(random_bytes(100'000, i + 1)));
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < 10; ++i) // file i needs chunks 0 to i
        entries.push_back(maker.file_of(
            std::to_string(i),
            std::vector<format::Segment>(chunks.begin(),
                                         chunks.begin() + static_cast<std::ptrdiff_t>(i) + 1)));
    for (const char* const name : {"4-linked", "4-linked-too"}) {
        entries.push_back(entries[4]);
        entries.back().path = name;
        entries.back().link_group = maker.group("4-linked");
    }
    const std::string snapshot = maker.commit(entries);
    repository.flip_bit(data_packs(repository).front(), 350'000); // the fourth
    Repository reader = repository.open(key::kReader);
    for (const unsigned threads : {1U, 4U}) {
        Told told;
        const std::string out = repository.path("out" + std::to_string(threads));
        RestoreOptions options;
        options.threads = threads;
        const RestoreSummary made = restore_all(reader, snapshot, out, told, options);
        CHECK(made.files == 3);
        CHECK(made.damaged == 9);
        for (const char* const name : {"/3", "/9", "/4-linked", "/4-linked-too"})
            CHECK(told.has(Severity::damage, name));
        CHECK(tree_of(out).size() == 4); // 0, 1, 2, and no temporary file
    }
}
