// SPDX-License-Identifier: Apache-2.0
// What a backup does with names: looks chunks up, walks folders, reads and writes catalogs and
// lists of files.
#include "bench_repository.hpp"
#include "engine/file_list.hpp"
#include "engine/scan.hpp"
#include "format/page.hpp"
#include "repo/index_run.hpp"
#include "scratch_folder.hpp"
#include "util/file.hpp"

#include "saoluu/backup.hpp"

#include <filesystem>
#include <map>
#include <random>

#include <benchmark/benchmark.h>

namespace {

using namespace saoluu;

format::ChunkId random_id(std::mt19937_64& random) {
    format::ChunkId id;
    for (std::size_t i = 0; i < format::ChunkId::size; i += 8)
        util::store_le(id.bytes.data() + i, static_cast<std::uint64_t>(random()));
    return id;
}

/// A run of so many chunks, made of segments as a backup puts them, merged as Index::load does.
class Run {
public:
    explicit Run(std::size_t rows) : path_(folder_ / "a.run") {
        constexpr std::size_t kAtOnce = 1'000'000;
        std::mt19937_64 random(rows);
        std::vector<repo::IndexRun> parts;
        for (std::size_t done = 0; done < rows;) {
            const std::size_t count = std::min(kAtOnce, rows - done);
            format::IndexSegment segment;
            segment.packs.resize(1);
            segment.entries.resize(count);
            for (format::IndexEntry& entry : segment.entries) {
                entry.id = random_id(random);
                entry.kind = format::ChunkKind::data;
            }
            for (std::size_t i = 0; i < count; i += rows / kAsked + 1)
                hits_.push_back(segment.entries[i].id);
            repo::IndexRunBuilder builder;
            builder.add(crypto::random_id<format::SegmentId>(), segment);
            const std::string part = folder_ / ("part" + std::to_string(done));
            bench::must(builder.write(part, repository_));
            parts.push_back(bench::must(repo::IndexRun::open(part, repository_)));
            done += count;
        }
        std::vector<const repo::IndexRun*> runs;
        for (const repo::IndexRun& part : parts)
            runs.push_back(&part);
        bench::must(repo::merge_runs(runs, path_, repository_));
        std::ranges::shuffle(hits_, random);
        misses_.resize(hits_.size());
        for (format::ChunkId& id : misses_)
            id = random_id(random);
    }
    [[nodiscard]] repo::IndexRun open() const {
        return bench::must(repo::IndexRun::open(path_, repository_));
    }
    [[nodiscard]] const std::vector<format::ChunkId>& hits() const { return hits_; }
    [[nodiscard]] const std::vector<format::ChunkId>& misses() const { return misses_; }

    /// The one of that size; the last that was asked for is kept.
    static const Run& of(std::int64_t rows) {
        static std::map<std::int64_t, Run> made;
        if (!made.contains(rows)) {
            made.clear();
            made.try_emplace(rows, static_cast<std::size_t>(rows));
        }
        return made.at(rows);
    }

private:
    static constexpr std::size_t kAsked = 100'000;
    test::ScratchFolder folder_ = test::ScratchFolder::in_memory();
    format::RepositoryId repository_ = crypto::random_id<format::RepositoryId>();
    std::string path_;
    std::vector<format::ChunkId> hits_, misses_;
};

void look_up_all(benchmark::State& state, const repo::IndexRun& run,
                 const std::vector<format::ChunkId>& ids, bool wanted) {
    std::size_t at = 0;
    for (auto _ : state) {
        if (run.find(ids[at]).empty() == wanted)
            bench::give_up("the index does not say what was put into it");
        at = at + 1 == ids.size() ? 0 : at + 1;
    }
}
void index_hit(benchmark::State& state) {
    const Run& run = Run::of(state.range(0));
    look_up_all(state, run.open(), run.hits(), true);
}
void index_miss(benchmark::State& state) {
    const Run& run = Run::of(state.range(0));
    look_up_all(state, run.open(), run.misses(), false);
}
void index_open(benchmark::State& state) {
    const Run& run = Run::of(state.range(0));
    for (auto _ : state)
        benchmark::DoNotOptimize(run.open());
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
// By size, so that each run is made once.
#define SAOLUU_INDEX(rows)                                                                         \
    BENCHMARK(index_hit)->Arg(rows);                                                               \
    BENCHMARK(index_miss)->Arg(rows);                                                              \
    BENCHMARK(index_open)->Arg(rows)->Unit(benchmark::kMillisecond)
SAOLUU_INDEX(100'000);
SAOLUU_INDEX(1'000'000);
SAOLUU_INDEX(10'000'000);

std::string file_name(std::size_t number) {
    return "home/an/Documents/folder-" + std::to_string(1000 + number / 100) + "/report-" +
           std::to_string(10'000'000 + number) + ".odt";
}

format::Entry entry_of(std::size_t number, std::mt19937_64& random) {
    format::Entry entry;
    entry.path = file_name(number);
    entry.mode = 0640;
    entry.uid = entry.gid = 1000;
    entry.mtime_seconds = 1'700'000'000 + static_cast<std::int64_t>(number);
    entry.mtime_nanoseconds = 123'456'789;
    entry.size = 300'000;
    entry.segments = {format::WholeChunk{.id = random_id(random), .length = entry.size}};
    return entry;
}

/// About what a leaf page holds.
std::vector<format::Entry> page_entries() {
    std::mt19937_64 random(1);
    std::vector<format::Entry> entries;
    for (std::size_t i = 0; i < 128; ++i)
        entries.push_back(entry_of(i, random));
    return entries;
}
util::Bytes page_of(const std::vector<format::Entry>& entries) {
    format::PageWriter page(0);
    for (const format::Entry& entry : entries)
        page.add_entry(entry.path, format::encode_body(entry));
    return page.take();
}

void encode_page(benchmark::State& state) {
    const std::vector<format::Entry> entries = page_entries();
    for (auto _ : state)
        benchmark::DoNotOptimize(page_of(entries));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(entries.size()));
}
BENCHMARK(encode_page)->Unit(benchmark::kMicrosecond);

void decode_page(benchmark::State& state) {
    const std::vector<format::Entry> entries = page_entries();
    const util::Bytes page = page_of(entries);
    for (auto _ : state)
        benchmark::DoNotOptimize(bench::must(format::decode_page(page)));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(entries.size()));
}
BENCHMARK(decode_page)->Unit(benchmark::kMicrosecond);

struct CountVisitor final : engine::ScanVisitor {
    Result<void> found(engine::ScanItem) override {
        ++items;
        return {};
    }
    void problem(const engine::ScanProblem& problem) override { bench::give_up(problem.path); }
    void left_out(const std::string&, engine::Selection::Reason) override {}
    std::int64_t items = 0;
};

/// Folders of a hundred empty files; names and inodes are in the system's caches.
void scan(benchmark::State& state) {
    const test::ScratchFolder folder = test::ScratchFolder::in_memory();
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        const std::string inner = folder / std::to_string(i / 100);
        if (i % 100 == 0)
            std::filesystem::create_directory(inner);
        bench::must(util::open_path(inner + "/" + std::to_string(i), O_WRONLY | O_CREAT, 0600));
    }
    const engine::Scanner scanner({folder.path()}, {},
                                  bench::must(engine::Selection::of(BackupOptions())));
    CountVisitor visitor;
    for (auto _ : state)
        bench::must(scanner.run(visitor));
    state.SetItemsProcessed(visitor.items);
}
BENCHMARK(scan)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

struct ListCase {
    ListCase() : path(folder / "files") {}
    void write(std::size_t files) const {
        std::mt19937_64 random(2);
        struct stat info {};
        engine::FileListWriter list(path, context);
        for (std::size_t i = 0; i < files; ++i) {
            info.st_ino = i;
            info.st_size = 300'000;
            info.st_mtim = info.st_ctim = {.tv_sec = 1'700'000'000, .tv_nsec = 123'456'789};
            engine::KnownFile file = engine::KnownFile::of(file_name(i), info, true);
            file.segments = {format::WholeChunk{.id = random_id(random), .length = 300'000}};
            list.add(file);
        }
        bench::must(list.publish({.files = files, .bytes = files * 300'000, .in_source = {}}));
    }
    test::ScratchFolder folder = test::ScratchFolder::in_memory();
    std::string path;
    crypto::Hash context = crypto::random_id<crypto::Hash>();
};

void write_file_list(benchmark::State& state) {
    const ListCase list;
    for (auto _ : state)
        list.write(static_cast<std::size_t>(state.range(0)));
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(write_file_list)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void read_file_list(benchmark::State& state) {
    const ListCase list;
    list.write(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        std::optional<engine::FileList> known = engine::FileList::open(list.path, list.context);
        std::int64_t files = 0;
        while (known && known->next() != nullptr)
            ++files;
        if (files != state.range(0))
            bench::give_up("the list of files is not whole");
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(read_file_list)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

} // namespace
