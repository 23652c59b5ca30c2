// SPDX-License-Identifier: Apache-2.0
#include "engine/file_list.hpp"

#include "trees.hpp"

#include <filesystem>
#include <iterator>

using namespace saoluu;
using namespace saoluu::test;
using engine::FileList;
using engine::FileListWriter;
using engine::KnownFile;

namespace {

crypto::Hash context_of(std::string_view text) {
    return crypto::hash(util::as_bytes(text));
}

format::ChunkId chunk(unsigned char byte) {
    return format::ChunkId::from(util::Bytes(format::ChunkId::size, std::byte{byte}));
}

KnownFile known(const std::string& path, std::uint64_t number) {
    struct stat info {};
    info.st_ino = number;
    info.st_size = static_cast<off_t>(number * 1000);
    info.st_mtim = {.tv_sec = -5, .tv_nsec = static_cast<long>(number)};
    info.st_ctim = {.tv_sec = 7'000'000'000, .tv_nsec = 999'999'999};
    KnownFile file = KnownFile::of(path, info, true);
    file.segments = {format::Hole{.length = number},
                     format::WholeChunk{.id = chunk(1), .length = number * 500},
                     format::WholeChunk{.id = chunk(2), .length = number * 499}};
    return file;
}

const std::vector<std::string> kPaths = {"a", "a/b", "a/b\n\x1b[0m", "a b", "z\xff"};

std::string written(const ScratchFolder& folder, const crypto::Hash& context) {
    const std::string path = folder / "list";
    FileListWriter writer(path, context);
    std::uint64_t number = 0;
    for (const std::string& name : kPaths)
        writer.add(known(name, ++number));
    must(writer.publish({.files = 5, .bytes = 15'000, .in_source = {{"/a", 4}, {"/z", 0}}}));
    return path;
}

std::string bytes_of(const std::string& path) {
    return std::string(util::as_text(read_file(path)));
}

bool is_same(const KnownFile& a, const KnownFile& b) {
    return a.path == b.path && a.inode == b.inode && a.size == b.size &&
           a.modified.tv_sec == b.modified.tv_sec && a.modified.tv_nsec == b.modified.tv_nsec &&
           a.changed.tv_sec == b.changed.tv_sec && a.changed.tv_nsec == b.changed.tv_nsec &&
           a.is_settled == b.is_settled && a.segments == b.segments;
}

} // namespace

TEST_CASE("a list of files comes back, and each is found in order") {
    const ScratchFolder folder = ScratchFolder::in_memory();
    const std::string path = written(folder, context_of("x"));
    std::optional<FileList> list = FileList::open(path, context_of("x"));
    REQUIRE(list);
    CHECK(list->totals().files == 5);
    CHECK(list->totals().in_source == std::map<std::string, std::uint64_t>{{"/a", 4}, {"/z", 0}});
    CHECK(list->find("") == nullptr);
    REQUIRE(list->find("a/b") != nullptr);
    CHECK(is_same(*list->find("a/b"), known("a/b", 2)));
    CHECK(list->find("a/c") == nullptr); // and nothing that comes later is passed over
    CHECK(list->find("a b") != nullptr);
    REQUIRE(list->find("z\xff") != nullptr);
    CHECK(list->find("z\xff\xff") == nullptr);
    CHECK(list->current() == nullptr);
}

TEST_CASE("a list of something else is no list") {
    const ScratchFolder folder = ScratchFolder::in_memory();
    const std::string path = written(folder, context_of("x"));
    CHECK(!FileList::open(path, context_of("y")));
    CHECK(!FileList::open(folder / "none", context_of("x")));
}

TEST_CASE("no damage to a list makes a file known that was not") {
    const ScratchFolder folder = ScratchFolder::in_memory();
    const std::string whole = bytes_of(written(folder, context_of("x")));
    const std::string path = folder / "damaged";
    const auto check = [&](const std::string& bytes) {
        write_file(path, bytes);
        std::optional<FileList> list = FileList::open(path, context_of("x"));
        if (!list)
            return;
        std::uint64_t number = 0;
        for (const std::string& name : kPaths) {
            const KnownFile* found = list->find(name);
            ++number;
            if (found != nullptr)
                CHECK(is_same(*found, known(name, number)));
        }
    };
    for (std::size_t at = 0; at < whole.size(); ++at) {
        CAPTURE(at);
        std::string flipped = whole;
        flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
        check(flipped);
        check(whole.substr(0, at));
    }
    check(whole + whole);
}

TEST_CASE("what a catalog would not take as a file's contents is not known") {
    const ScratchFolder folder = ScratchFolder::in_memory();
    const std::string path = folder / "list";
    const auto is_known = [&](std::vector<format::Segment> segments, bool is_settled) {
        KnownFile file = known("a", 4); // of 4,000 bytes
        file.segments = std::move(segments);
        file.is_settled = is_settled;
        FileListWriter writer(path, context_of("x"));
        writer.add(file);
        must(writer.publish({}));
        return FileList::open(path, context_of("x"))->find("a") != nullptr;
    };
    using format::Hole;
    using format::WholeChunk;
    const auto whole = [](std::uint64_t length) {
        return WholeChunk{.id = chunk(1), .length = length};
    };
    const std::uint64_t most = std::uint64_t{1} << 63;
    CHECK(is_known({whole(3000), Hole{.length = 1000}}, true));
    CHECK_FALSE(is_known({whole(3000)}, true));
    CHECK(is_known({whole(3000)}, false)); // it was cut short while it was read
    for (const bool is_settled : {true, false}) {
        CHECK_FALSE(is_known({whole(0), whole(4000)}, is_settled));
        CHECK_FALSE(is_known({Hole{.length = 1000}, Hole{.length = 3000}}, is_settled));
        CHECK_FALSE(is_known({whole(format::limits::kDataChunk + 1)}, is_settled));
        CHECK_FALSE(is_known({Hole{.length = most}}, is_settled));
        CHECK_FALSE(
            is_known({Hole{.length = most - 1}, whole(4001), Hole{.length = most}}, is_settled));
    }
}

TEST_CASE("a list of paths that no catalog has is believed no further") {
    const ScratchFolder folder = ScratchFolder::in_memory();
    const std::string path = folder / "list";
    for (const char* bad : {"/a", "a/", "a//b", "..", "a/./b"}) {
        CAPTURE(bad);
        FileListWriter writer(path, context_of("x"));
        writer.add(known(bad, 1));
        must(writer.publish({}));
        CHECK(FileList::open(path, context_of("x"))->current() == nullptr);
    }
}

TEST_CASE("a list that could not be written leaves the old one as it is") {
    const ScratchFolder folder = ScratchFolder::in_memory();
    const std::string path = written(folder, context_of("x"));
    const std::string before = bytes_of(path);
    {
        FileListWriter writer(path, context_of("x"));
        writer.add(known("b", 1)); // and never published: the run failed
    }
    CHECK(bytes_of(path) == before);
    CHECK(std::distance(std::filesystem::directory_iterator(folder / ""), {}) == 1);
    FileListWriter nowhere(folder / "no/such/folder", context_of("x"));
    CHECK(!nowhere.is_good());
    nowhere.add(known("b", 1));
    CHECK(!nowhere.publish({}));
}

TEST_CASE("a file is only known as long as size, times and inode are the same") {
    struct stat info {};
    info.st_ino = 4;
    info.st_size = 10;
    info.st_mtim = info.st_ctim = {.tv_sec = 100, .tv_nsec = 5};
    const KnownFile file = KnownFile::of("a", info, true);
    CHECK(file.is_still(info));
    CHECK(!KnownFile::of("a", info, false).is_still(info));
    for (int which = 0; which < 6; ++which) {
        CAPTURE(which);
        struct stat other = info;
        other.st_ino += which == 0 ? 1 : 0;
        other.st_size += which == 1 ? 1 : 0;
        other.st_mtim.tv_sec += which == 2 ? 1 : 0;
        other.st_mtim.tv_nsec += which == 3 ? 1 : 0;
        other.st_ctim.tv_sec -= which == 4 ? 1 : 0;
        other.st_ctim.tv_nsec += which == 5 ? 1 : 0;
        CHECK(!file.is_still(other));
    }
}
