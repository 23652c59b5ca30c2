// SPDX-License-Identifier: Apache-2.0
#include "repo/index.hpp"

#include "format/names.hpp"
#include "repo/segment_reader.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include <unistd.h>

namespace saoluu::repo {

using format::SegmentId;
using util::message;
using util::tr;

namespace {

/// Rows that are sorted in memory at once: 28 MiB of them.
constexpr std::size_t kRowsInMemory = 512 * 1024;

/// The run files of a cache folder; what can't be used is deleted.
class RunFolder {
public:
    RunFolder(const Access& access, std::string folder)
        : access_(access), folder_(std::move(folder)) {}

    /// Opens the runs that say nothing but what `listed` segments say, each segment once.
    std::vector<IndexRun> open_runs(const std::set<SegmentId>& listed) {
        std::vector<IndexRun> runs;
        std::error_code ignored;
        for (const auto& file : std::filesystem::directory_iterator(folder_, ignored)) {
            const std::string path = file.path().string();
            if (path.ends_with(kUnfinished)) // whoever wrote it is dead: the lock is ours
                ::unlink(path.c_str());
            if (!path.ends_with(kEnding))
                continue;
            Result<IndexRun> run = IndexRun::open(path, access_.id());
            const bool fits =
                run && std::ranges::all_of(run->segments(), [&](const SegmentId& segment) {
                    return listed.contains(segment) && !covered_.contains(segment);
                });
            if (!fits) {
                ::unlink(path.c_str());
                continue;
            }
            covered_.insert(run->segments().begin(), run->segments().end());
            runs.push_back(std::move(*run));
        }
        std::ranges::sort(runs, std::greater{},
                          [](const IndexRun& run) { return run.rows().size(); });
        return runs;
    }

    [[nodiscard]] bool covers(const SegmentId& segment) const { return covered_.contains(segment); }

    Result<IndexRun> write(IndexRunBuilder& builder) {
        const std::string path = new_path();
        TRY(builder.write(path, access_.id()));
        return IndexRun::open(path, access_.id());
    }

    /// Merges the smallest runs while they are of about one size, so that there are few and each
    /// row is rewritten only a logarithmic number of times. Where a merge fails they stay as they
    /// are.
    void settle(std::vector<IndexRun>& runs) {
        std::ranges::sort(runs, std::greater{},
                          [](const IndexRun& run) { return run.rows().size(); });
        while (runs.size() > 1 &&
               runs[runs.size() - 2].rows().size() < 2 * runs.back().rows().size() + kSmallRun) {
            const IndexRun* pair[] = {&runs[runs.size() - 2], &runs.back()};
            const std::string path = new_path();
            Result<IndexRun> merged = [&]() -> Result<IndexRun> {
                TRY(merge_runs(pair, path, access_.id()));
                return IndexRun::open(path, access_.id());
            }();
            if (!merged) {
                ::unlink(path.c_str());
                return;
            }
            for (const IndexRun* old : pair)
                ::unlink(old->path().c_str());
            runs.pop_back();
            runs.back() = std::move(*merged);
        }
    }

private:
    static constexpr std::string_view kEnding = ".run";
    static constexpr std::string_view kUnfinished = ".run.new";
    static constexpr std::size_t kSmallRun = 4096;

    std::string new_path() const {
        return util::join(folder_, "index-" + crypto::random_id<format::SlotId>().hex() +
                                       std::string(kEnding));
    }

    const Access& access_;
    std::string folder_;
    std::set<SegmentId> covered_;
};

/// Where runs go when the cache folder can't be written: a folder in memory or under /tmp, gone
/// with the process.
class ScratchFolder {
public:
    static Result<ScratchFolder> make() {
        std::string pattern =
            util::join(std::filesystem::temp_directory_path().string(), "saoluu-index-XXXXXX");
        if (::mkdtemp(pattern.data()) == nullptr)
            return Failure(util::system_error(errno, pattern));
        return ScratchFolder(std::move(pattern));
    }
    ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    ScratchFolder& operator=(ScratchFolder&&) = delete;
    ~ScratchFolder() {
        std::error_code ignored;
        if (!path_.empty())
            std::filesystem::remove_all(path_, ignored); // the runs stay mapped
    }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

/// Brings the runs of a folder up to date with the store.
class Loader {
public:
    Loader(const Access& access, Events& events, const Index::Look& look)
        : access_(access), events_(events), look_(look) {}

    /// Nothing if the folder could not be used: there may be another.
    /// errors: the store's
    Result<std::optional<std::vector<IndexRun>>> load_in(const std::string& place) {
        using Loaded = std::optional<std::vector<IndexRun>>;
        const Result<util::FileLock> lock =
            util::FileLock::acquire(util::join(place, "index.lock"));
        if (!lock)
            return Loaded();
        // Listed under the lock: who listed before another process did would delete its newer runs.
        const std::set<SegmentId> listed = TRY(list_segments(*TRY(look_())));
        RunFolder folder(access_, place);
        std::vector<IndexRun> runs = folder.open_runs(listed);
        IndexRunBuilder builder;
        const auto put = [&] {
            Result<IndexRun> run = folder.write(builder);
            if (run)
                runs.push_back(std::move(*run));
            return run.has_value();
        };
        for (const SegmentId& segment : listed) {
            if (folder.covers(segment))
                continue;
            const std::optional<format::IndexSegment> read = TRY(read_one(segment));
            if (!read)
                continue;
            builder.add(segment, *read);
            if (builder.rows() >= kRowsInMemory && !put())
                return Loaded();
        }
        if (!builder.is_empty() && !put())
            return Loaded();
        folder.settle(runs);
        return Loaded(std::move(runs));
    }

private:
    /// Nothing if it is not there or can't be used, which is told once.
    Result<std::optional<format::IndexSegment>> read_one(const SegmentId& segment) {
        const std::string name = format::names::index(segment);
        Result<format::IndexSegment> read = read_segment(access_, segment);
        if (read)
            return std::optional(std::move(*read));
        const ErrorKind kind = read.error().kind();
        if (kind == ErrorKind::io || kind == ErrorKind::no_memory)
            return Failure(read.error());
        // Compaction may have removed it since the listing; its entries are in a newer segment.
        if (kind != ErrorKind::not_found && told_.insert(segment).second)
            events_.finding({kind == ErrorKind::denied ? Severity::alarm : Severity::damage, name,
                             read.error().message()});
        return std::optional<format::IndexSegment>();
    }

    const Access& access_;
    Events& events_;
    const Index::Look& look_;
    std::set<SegmentId> told_;
};

} // namespace

Result<Index> Index::load(const Access& access, Events& events, Cache cache) {
    const StoreView view(*access.store);
    return load(access, events, cache, [&] { return Result<const StoreView*>(&view); });
}

Result<Index> Index::load(const Access& access, Events& events, Cache cache, const Look& look) {
    Loader loader(access, events, look);
    Index index;
    const Result<std::string> folder =
        cache == Cache::used ? access.local.cache_folder() : fail(ErrorKind::not_found, "");
    if (folder)
        if (std::optional<std::vector<IndexRun>> runs = TRY(loader.load_in(*folder))) {
            index.runs_ = std::move(*runs);
            return index;
        }
    // A cache that is full, read-only or can't be locked makes a run slower and stops none.
    const ScratchFolder scratch = TRY(ScratchFolder::make());
    std::optional<std::vector<IndexRun>> runs = TRY(loader.load_in(scratch.path()));
    if (!runs)
        return fail(ErrorKind::no_space,
                    message(tr("the index can be written neither into the cache folder nor into "
                               "{}: is there room, and may this user write there?"),
                            scratch.path()));
    index.runs_ = std::move(*runs);
    return index;
}

namespace {
ChunkPlace place_of(const IndexRun& run, const IndexRow& row) {
    const PackRow& pack = run.packs()[row.pack];
    return {.pack = pack.pack,
            .session = pack.session,
            .actor = pack.actor,
            .pack_size = pack.size,
            .frame = row.frame,
            .offset = row.offset,
            .stored_size = row.stored_size,
            .plain_size = row.plain_size,
            .kind = static_cast<format::ChunkKind>(row.kind),
            .codec = static_cast<data::Codec>(row.codec)};
}
} // namespace

std::vector<ChunkPlace> Index::find(format::ChunkKind kind, const format::ChunkId& id) const {
    std::vector<ChunkPlace> places;
    for (const IndexRun& run : runs_)
        for (const IndexRow& row : run.find(id))
            if (row.kind == static_cast<std::uint8_t>(kind))
                places.push_back(place_of(run, row));
    return places;
}

void Index::choose_usable(const std::function<bool(const PackRow&)>& is_usable) {
    usable_.clear();
    for (const IndexRun& run : runs_) {
        std::vector<bool> flags;
        flags.reserve(run.packs().size());
        for (const PackRow& pack : run.packs())
            flags.push_back(is_usable(pack));
        usable_.push_back(std::move(flags));
    }
}

bool Index::is_usable(format::ChunkKind kind, const format::ChunkId& id) const {
    for (std::size_t i = 0; i < usable_.size(); ++i)
        for (const IndexRow& row : runs_[i].find(id))
            if (row.kind == static_cast<std::uint8_t>(kind) && usable_[i][row.pack])
                return true;
    return false;
}

void Index::for_each_pack(const std::function<void(const PackRow&)>& each) const {
    for (const IndexRun& run : runs_)
        for (const PackRow& pack : run.packs())
            each(pack);
}

void Index::count_places(
    const std::function<void(const PackRow&, std::uint64_t places)>& each) const {
    for (const IndexRun& run : runs_) {
        const IndexRun* const walked[] = {&run};
        const Walk walk(walked);
        std::vector<std::uint64_t> places(run.packs().size());
        for (const IndexRow& row : run.rows())
            ++places[row.pack];
        for (std::size_t i = 0; i < places.size(); ++i)
            each(run.packs()[i], places[i]);
    }
}

void Index::for_each_place(
    const std::function<void(const format::ChunkId&, const ChunkPlace&)>& each) const {
    for (const IndexRun& run : runs_) {
        const IndexRun* const walked[] = {&run};
        const Walk walk(walked);
        for (const IndexRow& row : run.rows())
            each(row.id, place_of(run, row));
    }
}

std::vector<SegmentId> Index::segments() const {
    std::vector<SegmentId> all;
    for (const IndexRun& run : runs_)
        all.insert(all.end(), run.segments().begin(), run.segments().end());
    return all;
}

std::uint64_t Index::entries() const {
    std::uint64_t count = 0;
    for (const IndexRun& run : runs_)
        count += run.rows().size();
    return count;
}

} // namespace saoluu::repo
