// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog_reader.hpp"
#include "engine/catalog_writer.hpp"
#include "engine/file_source.hpp"
#include "random_bytes.hpp"
#include "repository_case.hpp"

#include <random>
#include <set>

#include <fcntl.h>
#include <unistd.h>

using namespace saoluu;
using namespace saoluu::test;
using format::ChunkId;
using format::Entry;
using format::FileType;

namespace {

struct ByPath {
    bool operator()(const std::string& a, const std::string& b) const {
        return format::compare_paths(a, b) < 0;
    }
};
/// Paths in the catalog's order; whether each is a folder.
using Paths = std::map<std::string, bool, ByPath>;

/// A tree of names that sort badly: `/` counts as 0, so "a/b" comes before "a-b" and "a.b".
Paths random_paths(std::mt19937_64& random, std::size_t count) {
    static const char* const kNames[] = {"a",   "a-b", "a.b", "ab", "a!", "\x01", "\xff",
                                         "a b", "b",   "B",   "~",  "-",  "..."};
    Paths paths{{"", true}};
    std::vector<std::string> folders{""};
    while (paths.size() < count) {
        const std::string& parent = folders[random() % folders.size()];
        std::string name = kNames[random() % std::size(kNames)];
        if (random() % 2 == 0)
            name += std::to_string(random() % 100);
        std::string path = parent;
        path += parent.empty() ? "" : "/";
        path += name;
        const bool is_folder = random() % 4 == 0;
        if (paths.emplace(path, is_folder).second && is_folder)
            folders.push_back(path);
    }
    return paths;
}

Entry entry_of(const std::string& path, bool is_folder, std::uint64_t size = 0) {
    Entry entry;
    entry.path = path;
    entry.type = is_folder ? FileType::folder : FileType::file;
    entry.mode = 0640;
    entry.size = size;
    if (size > 0)
        entry.segments = {format::Hole{size}};
    return entry;
}

/// A catalog that is being written, and is read when its session has kept what it stored.
class Catalogs {
public:
    struct Written {
        ChunkId root;
        std::uint64_t new_pages = 0;
        std::uint64_t new_bytes = 0;
    };
    Written write(const std::vector<Entry>& entries) {
        repo::Access access = case_.access(key::kBackup);
        Told told;
        const auto session = must(repo::WriteSession::begin(access, told));
        engine::ChunkStore chunks(*session, session->catalog_packer(), 3);
        engine::CatalogWriter writer(chunks);
        for (const Entry& entry : entries)
            must(writer.add(entry));
        Written written{.root = must(writer.finish())};
        must(chunks.finish());
        session->keep_stored();
        written.new_pages = chunks.totals().new_chunks;
        written.new_bytes = chunks.totals().new_bytes;
        return written;
    }
    /// What a walk of `below` shows; fails where it meets damage.
    std::vector<std::string> walk(const ChunkId& root, std::string_view below,
                                  std::size_t* pages = nullptr) {
        const repo::Access access = case_.access(key::kReader);
        Told told;
        const repo::Index index = must(repo::Index::load(access, told));
        repo::ChunkReader chunks(access, index);
        engine::CatalogReader reader(access, chunks, case_.access(key::kBackup).self().domain);
        std::vector<std::string> found;
        must(reader.walk(
            root, below,
            [&](const Entry& entry) -> Result<void> {
                found.push_back(entry.path);
                return {};
            },
            [](const std::string& from, const Error& error) {
                FAIL_CHECK(from << ": " << error.message());
            },
            [&](const ChunkId&) {
                if (pages != nullptr)
                    ++*pages;
                return true;
            }));
        return found;
    }

private:
    RepositoryCase case_;
};

std::vector<Entry> entries_of(const Paths& paths) {
    std::vector<Entry> entries;
    for (const auto& [path, is_folder] : paths)
        entries.push_back(entry_of(path, is_folder));
    return entries;
}

} // namespace

TEST_CASE("what a walk shows of a folder is what a walk of all shows there") {
    const auto seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Catalogs catalogs;
    for (const std::size_t count : {1U, 2U, 50U, 4000U}) {
        const Paths paths = random_paths(random, count);
        const ChunkId root = catalogs.write(entries_of(paths)).root;
        std::vector<std::string> all;
        for (const auto& [path, is_folder] : paths)
            all.push_back(path);
        CHECK(catalogs.walk(root, "") == all);
        for (int i = 0; i < 12; ++i) {
            const std::string& below = all[random() % all.size()];
            CAPTURE(below);
            std::vector<std::string> wanted;
            for (const std::string& path : all)
                if (engine::is_below(path, below))
                    wanted.push_back(path);
            CHECK(catalogs.walk(root, below) == wanted);
        }
        CHECK(catalogs.walk(root, "nothing/is/here").empty());
        CHECK(catalogs.walk(root, "a-").empty());
    }
}

TEST_CASE("a path sorts right before what is in it") {
    Catalogs catalogs;
    const Paths paths{{"", true},    {"a", true},      {"a/b", false},
                      {"a/c", true}, {"a/c/d", false}, {"a-b", false},
                      {"a.b", true}, {"a.b/c", false}, {"ab", false}};
    const std::vector<std::string> wanted{"",    "a",   "a/b",   "a/c", "a/c/d",
                                          "a-b", "a.b", "a.b/c", "ab"};
    const ChunkId root = catalogs.write(entries_of(paths)).root;
    CHECK(catalogs.walk(root, "") == wanted);
    CHECK(catalogs.walk(root, "a") == std::vector<std::string>{"a", "a/b", "a/c", "a/c/d"});
    CHECK(catalogs.walk(root, "a.b") == std::vector<std::string>{"a.b", "a.b/c"});
}

TEST_CASE("one changed file rewrites few pages, and a walk of a folder reads few") {
    std::mt19937_64 random(11);
    Catalogs catalogs;
    const std::vector<Entry> entries = [&] { return entries_of(random_paths(random, 20'000)); }();
    const Catalogs::Written first = catalogs.write(entries);
    CHECK(first.new_pages > 30);
    CHECK(catalogs.write(entries).new_pages == 0);

    const auto file = [&](std::size_t from) {
        while (entries[from].type != FileType::file)
            ++from;
        return from;
    };
    for (const std::size_t at : {file(100), file(10'000), file(19'000)}) {
        std::vector<Entry> changed = entries;
        changed[at] = entry_of(changed[at].path, false, 1234);
        const Catalogs::Written again = catalogs.write(changed);
        CHECK(again.new_pages <= 3); // one a level
        CHECK(again.new_bytes < 200'000);
        CHECK(again.root != first.root);
        std::vector<Entry> fewer = entries;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at));
        CHECK(catalogs.write(fewer).new_pages <= 4);
        std::size_t pages = 0;
        catalogs.walk(first.root, entries[at].path, &pages);
        CHECK(pages <= 4);
    }
}

TEST_CASE("paths of the greatest length, of which none begins like another, make no endless tree") {
    std::vector<Entry> entries{entry_of("", true)};
    constexpr int kPaths = 100;
    for (int i = 0; i < kPaths; ++i) {
        std::string path = std::to_string(1000 + i);
        while (path.size() + 201 <= format::limits::kPath)
            path += "/" + std::string(200, 'd');
        entries.push_back(entry_of(path, true));
    }
    Catalogs catalogs;
    const auto written = catalogs.write(entries);
    // A leaf each, and on every level above at most an eighth of the pages below, about.
    CHECK(written.new_pages >= kPaths);
    CHECK(written.new_pages <= kPaths + kPaths / 4);
}

TEST_CASE("many segments become lists, and come back in order") {
    const RepositoryCase repository;
    repo::Access access = repository.access(key::kBackup);
    Told told;
    const auto session = must(repo::WriteSession::begin(access, told));
    engine::ChunkStore chunks(*session, session->catalog_packer(), 3);
    std::mt19937_64 random(5);
    for (const std::size_t count : {0U, 1U, 256U, 257U, 5000U, 100'000U}) {
        std::vector<format::Segment> segments;
        for (std::size_t i = 0; i < count; ++i) {
            ChunkId id;
            util::store_le(id.bytes.data(), static_cast<std::uint64_t>(random()));
            segments.emplace_back(format::WholeChunk{.id = id, .length = 1 + i % 1000});
        }
        const auto shortened = must(engine::shorten(segments, chunks));
        CHECK(shortened.size() <= 256);
        CHECK((shortened.size() == segments.size()) == (count <= 256));
        std::uint64_t length = 0, wanted = 0;
        for (const format::Segment& one : shortened)
            length += format::length_of(one);
        for (const format::Segment& one : segments)
            wanted += format::length_of(one);
        CHECK(length == wanted);
        must(chunks.finish());
        // One segment more leaves nearly all lists as they were.
        if (count == 100'000) {
            const std::uint64_t before = chunks.totals().new_chunks;
            segments.insert(segments.begin() + 500, format::Hole{7});
            must(engine::shorten(segments, chunks));
            CHECK(chunks.totals().new_chunks - before <= 4);
            must(chunks.finish());
        }
    }
}

TEST_CASE("a stream of chunks cuts as it would in memory") {
    const ScratchFolder folder = ScratchFolder::in_memory();
    const util::Bytes bytes = [] {
        util::Bytes some = random_bytes(3'000'000, 6);
        some.resize(4'000'000); // zeros: cut at the greatest size
        util::append(some, random_bytes(1'500'001, 7));
        return some;
    }();
    const util::Fd fd = must(util::open_path(folder / "file", O_RDWR | O_CREAT | O_EXCL, 0600));
    must(util::write_all(fd.get(), bytes, "file"));
    const repo::Access access = RepositoryCase().access(key::kBackup);
    const data::Chunker chunker({.least = 8192, .average = 32768, .greatest = 131'072},
                                access.keyring.domain(access.self().domain)->gear_table());
    std::vector<std::size_t> wanted;
    for (util::BytesView left(bytes); !left.empty(); left = left.subspan(wanted.back()))
        wanted.push_back(chunker.cut(left));
    // Blocks that end anywhere in a chunk.
    for (const std::size_t block : {131'072U, 131'073U, 200'000U, 1U << 20, 8U << 20}) {
        engine::BlockPool pool(3, block);
        engine::ChunkStream stream(fd.get(), {.offset = 0, .length = bytes.size()}, chunker, pool);
        std::vector<std::size_t> sizes;
        util::Bytes joined;
        while (auto chunk = must(stream.next())) {
            sizes.push_back(chunk->bytes.size());
            util::append(joined, chunk->bytes);
        }
        CHECK(sizes == wanted);
        CHECK(joined == bytes);
    }
}
