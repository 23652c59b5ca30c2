// SPDX-License-Identifier: Apache-2.0
// Snapshots that are small where they are stored and endless where they are read.
#include "looked_into.hpp"
#include "made_snapshots.hpp"
#include "world.hpp"

#include <atomic>

using namespace saoluu;
using namespace saoluu::test;
using format::ChunkId;
using format::ChunkKind;
using format::Entry;

namespace {

namespace fs = std::filesystem;

/// A thief's snapshot, of which he makes each chunk by hand.
class HandMade {
public:
    explicit HandMade(const RepositoryCase& repository)
        : access_(repository.access(key::kBackup)),
          session_(must(repo::WriteSession::begin(access_, told_))),
          data_(*session_, session_->data_packer(), 3),
          catalog_(*session_, session_->catalog_packer(), 3) {}

    ChunkId put(ChunkKind kind, util::BytesView bytes) {
        return must((kind == ChunkKind::data ? data_ : catalog_).put(kind, bytes));
    }
    ChunkId list(std::uint8_t level, std::vector<format::Segment> segments) {
        return put(ChunkKind::list,
                   format::encode_list({.level = level, .segments = std::move(segments)}));
    }
    ChunkId leaf(const std::vector<Entry>& entries) {
        format::PageWriter page(0);
        for (const Entry& entry : entries)
            page.add_entry(entry.path, format::encode_body(entry));
        return put(ChunkKind::page, page.take());
    }
    ChunkId inner(std::uint8_t level, const std::vector<format::PageLink>& links) {
        format::PageWriter page(level);
        for (const format::PageLink& link : links)
            page.add_link(link.path, link.id);
        return put(ChunkKind::page, page.take());
    }
    std::string commit(const ChunkId& root) {
        must(data_.finish());
        repo::WriteSession::Draft draft;
        draft.root_page = root;
        format::Note note;
        note.host = "a test";
        draft.note = {put(ChunkKind::note, format::encode_note(note))};
        must(catalog_.finish());
        must(session_->commit(std::move(draft)));
        return session_->id().hex();
    }

private:
    Told told_;
    repo::Access access_;
    std::unique_ptr<repo::WriteSession> session_;
    engine::ChunkStore data_, catalog_;
};

Entry file_with(std::string path, std::vector<format::Segment> segments) {
    Entry entry = entry_of(std::move(path), format::FileType::file);
    for (const format::Segment& segment : segments)
        entry.size += format::length_of(segment);
    entry.segments = std::move(segments);
    return entry;
}

/// Lists in lists, four levels high, of which each names the next one `width` times.
format::ChunkList lists_of(HandMade& made, const format::Segment& innermost, std::size_t width) {
    format::ChunkList list{.id = made.list(0, {innermost}), .length = format::length_of(innermost)};
    for (std::uint8_t level = 1; level < format::limits::kListLevels; ++level) {
        const std::vector<format::Segment> segments(width, list);
        list = {.id = made.list(level, segments), .length = list.length * width};
    }
    return list;
}

/// Everything that looks through the whole of a snapshot; whether each was told of damage.
void look_through(const RepositoryCase& repository, const std::string& snapshot,
                  const std::string& before, std::size_t most_chunks) {
    const auto count = [&](const char* what, const auto& work) {
        CAPTURE(what);
        Counted counted(repository);
        Told told;
        work(counted.repository(), told);
        CHECK(counted.chunks_read() < most_chunks);
        CHECK_MESSAGE(told.has(Severity::damage), told.text());
    };
    count("restore", [&](Repository& opened, Told& told) {
        const std::string out = repository.path("out");
        fs::remove_all(out);
        CHECK(restore_all(opened, snapshot, out, told).damaged > 0);
    });
    count("ls", [&](Repository& opened, Told& told) {
        ListOptions options;
        options.from.snapshot = snapshot;
        options.recursive = true;
        CHECK(must(list_path(opened, options, [](const EntryInfo&) { return true; }, told, {}))
                  .damaged > 0);
    });
    count("find", [&](Repository& opened, Told& told) {
        CHECK(must(find_files(opened, {.pattern = "*"}, [](const FoundVersion&) { return true; },
                              told, {}))
                  .damaged > 0);
    });
    count("diff", [&](Repository& opened, Told& told) {
        CHECK(must(diff_snapshots(opened, {.before = before, .after = snapshot},
                                  [](const DiffEntry&) { return true; }, told, {}))
                  .damaged > 0);
    });
    count("check",
          [&](Repository& opened, Told& told) { CHECK(!check_all(opened, told, true).sound()); });
}

} // namespace

TEST_CASE("pages that lead to one page again and again are not gone through again and again") {
    const RepositoryCase repository;
    const std::string before = SnapshotMaker(repository).commit({});
    constexpr std::size_t kWidth = 60, kLevels = format::limits::kPageLevels;
    HandMade made(repository);
    ChunkId page = made.leaf({folder_at(""), folder_at("a")});
    for (std::uint8_t level = 1; level < kLevels; ++level) {
        // Unfolded it would have 60^15 pages. A page has one first path, and a catalog one order.
        std::vector<format::PageLink> links = {{.path = "", .id = page}};
        for (std::size_t i = 1; i < kWidth; ++i)
            links.push_back({.path = std::string(i, 'b'), .id = page});
        page = made.inner(level, links);
    }
    const std::string snapshot = made.commit(page);
    look_through(repository, snapshot, before, 3 * 2 * kWidth * kLevels);
    CHECK(fs::is_directory(repository.path("out") + "/a"));
}

TEST_CASE("a page that says an earlier path again is damage, and the first one stands") {
    const RepositoryCase repository;
    const std::string before = SnapshotMaker(repository).commit({});
    const std::string outside = repository.path("outside");
    fs::create_directory(outside);
    HandMade made(repository);
    const ChunkId first = made.leaf({folder_at(""), link_to("x", outside), folder_at("y")});
    SUBCASE("a folder in place of a link") {
        const ChunkId second = made.leaf({folder_at("x"), file_with("x/evil", {})});
        const ChunkId root =
            made.inner(1, {{.path = "", .id = first}, {.path = "x", .id = second}});
        look_through(repository, made.commit(root), before, 60);
    }
    SUBCASE("under a link that says another path") {
        const ChunkId second = made.leaf({folder_at("x"), file_with("x/evil", {})});
        const ChunkId root =
            made.inner(1, {{.path = "", .id = first}, {.path = "z", .id = second}});
        look_through(repository, made.commit(root), before, 60);
    }
    SUBCASE("in a page of another level") {
        const ChunkId second = made.inner(1, {{.path = "z", .id = first}});
        const ChunkId root =
            made.inner(1, {{.path = "", .id = first}, {.path = "z", .id = second}});
        look_through(repository, made.commit(root), before, 60);
    }
    CHECK(fs::read_symlink(repository.path("out") + "/x") == outside);
    CHECK(fs::is_directory(repository.path("out") + "/y"));
    CHECK(fs::is_empty(outside));
}

TEST_CASE("a file of lists in lists that would never end is stopped by whoever wants to") {
    const RepositoryCase repository;
    HandMade made(repository);
    constexpr std::size_t kWidth = 2000; // 8 thousand million parts
    Entry bomb;
    SUBCASE("of holes, which cost no room") {
        bomb = file_with("bomb", {lists_of(made, format::Hole{1}, kWidth)});
    }
    SUBCASE("of one byte again and again") {
        const format::WholeChunk byte{.id = made.put(ChunkKind::data, util::as_bytes("x")),
                                      .length = 1};
        bomb = file_with("bomb", {lists_of(made, byte, kWidth)});
    }
    const std::string snapshot = made.commit(made.leaf({folder_at(""), bomb}));
    const std::string out = repository.path("out");
    const auto restore_until = [&](unsigned threads) {
        std::stop_source stop;
        std::atomic<int> reads = 0;
        Told told;
        Repository reader =
            must(open_over(repository, key::kReader,
                           {.garbles =
                                [&](std::string_view name, std::span<std::byte>) {
                                    if (name.starts_with("packs/") && ++reads == 2000)
                                        stop.request_stop();
                                }},
                           told));
        RestoreOptions options;
        options.from.snapshot = snapshot;
        options.target = out;
        options.threads = threads;
        return restore(reader, options, told, stop.get_token());
    };
    for (const unsigned threads : {1U, 2U}) {
        CHECK(fails(restore_until(threads), ErrorKind::interrupted));
        CHECK(fs::is_empty(out)); // no part of it is left
    }
    // A check asks of each list once what it says.
    Counted counted(repository);
    Told told;
    CHECK(check_all(counted.repository(), told, true).sound());
    CHECK(counted.chunks_read() < 100);
}

TEST_CASE("a file whose lists lie costs that file alone") {
    const RepositoryCase repository;
    HandMade made(repository);
    const format::WholeChunk byte{.id = made.put(ChunkKind::data, util::as_bytes("x")),
                                  .length = 1};
    const ChunkId flat = made.list(0, {byte});
    const ChunkId higher = made.list(1, {format::ChunkList{.id = flat, .length = 1}});
    const ChunkId page = made.leaf({folder_at("")});
    std::vector<format::Segment> liars = {
        format::ChunkList{.id = flat, .length = 2},                         // shorter than is said
        format::ChunkList{.id = byte.id, .length = 1},                      // no list
        format::ChunkList{.id = page, .length = 1},                         // a page
        format::ChunkList{.id = crypto::random_id<ChunkId>(), .length = 1}, // nothing
        format::WholeChunk{.id = flat, .length = 1},                        // a list as data
        format::WholeChunk{.id = byte.id, .length = 2},
        format::ChunkList{.id = made.list(1, {format::ChunkList{.id = higher, .length = 1}}),
                          .length = 1}, // a list of its own level in it
        format::ChunkList{.id = made.list(3, {format::ChunkList{.id = flat, .length = 1}}),
                          .length = 1}, // levels left out
    };
    std::vector<Entry> entries = {folder_at("")};
    for (std::size_t i = 0; i < liars.size(); ++i)
        entries.push_back(file_with("liar" + std::to_string(i), {liars[i]}));
    entries.push_back(file_with("true", {format::ChunkList{.id = higher, .length = 1}}));
    const std::string snapshot = made.commit(made.leaf(entries));
    Repository reader = repository.open(key::kReader);
    Told told;
    const RestoreSummary back = restore_all(reader, snapshot, repository.path("out"), told);
    CHECK(back.files == 1);
    CHECK(back.damaged == liars.size());
    CHECK(util::as_text(read_file(repository.path("out") + "/true")) == "x");
    CHECK(check_all(reader, told).damaged_files == liars.size());
}
