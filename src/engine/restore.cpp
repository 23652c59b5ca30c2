// SPDX-License-Identifier: Apache-2.0
#include "saoluu/restore.hpp"

#include "engine/catalog_reader.hpp"
#include "engine/crew.hpp"
#include "engine/file_restorer.hpp"
#include "engine/locked_events.hpp"
#include "repo/snapshot_set.hpp"
#include "util/queue.hpp"
#include "util/text.hpp"

#include <chrono>
#include <utility>

namespace saoluu {

SnapshotPath SnapshotPath::parse(std::string_view text) {
    SnapshotPath result;
    const std::size_t split = text.find(":/");
    result.snapshot = text.substr(0, split);
    if (split != std::string_view::npos)
        result.path = text.substr(split + 1);
    return result;
}

namespace engine {
namespace {

using util::message;
using util::tr;

/// "/a//b/" -> "a/b"
Result<std::string> catalog_path(std::string_view path) {
    std::string out;
    std::size_t at = 0;
    while (at < path.size()) {
        const std::size_t slash = std::min(path.find('/', at), path.size());
        if (slash > at) {
            if (!out.empty())
                out += '/';
            out += path.substr(at, slash - at);
        }
        at = slash + 1;
    }
    TRY(format::check_path(out).within(util::printable(path)));
    return out;
}

/// One restore: folders and links in the walking thread, files by workers, folders' metadata at the
/// end.
class RestoreRun {
public:
    RestoreRun(const repo::Access& access, const repo::Index& index, const repo::Snapshot& snapshot,
               RestoreTarget target, LockedEvents& events, std::stop_token stop, std::string below)
        : access_(access), index_(index), snapshot_(snapshot), target_(std::move(target)),
          below_(std::move(below)), tally_(events), crew_(std::move(stop)) {}
    ~RestoreRun() { files_.abort(); }
    RestoreRun(const RestoreRun&) = delete;
    RestoreRun& operator=(const RestoreRun&) = delete;

    Result<RestoreSummary> run(unsigned threads) {
        for (unsigned i = 0; i < Crew::workers(threads); ++i)
            crew_.start([this] { return work(); });
        if (crew_.is_stopping())
            files_.abort();
        crew_.run([this] { return walk(); });
        files_.close();
        crew_.join();
        TRY(crew_.outcome());
        if (!found_ && tally_.damaged_so_far() == 0)
            return fail(ErrorKind::not_found,
                        message(tr("/{} is not in snapshot {}"), util::printable(below_),
                                snapshot_.record.session.hex().substr(0, 12)));
        TRY(finish_folders());
        TRY(target_.sync());
        return tally_.take();
    }

private:
    static constexpr std::size_t kQueuedFiles = 256;

    /// Where an entry goes: relative to what was asked for; a file that was asked for by its name
    /// keeps it.
    [[nodiscard]] std::string relative(const std::string& path) const {
        if (below_.empty())
            return path;
        if (path.size() > below_.size())
            return path.substr(below_.size() + 1);
        return is_file_ ? path.substr(path.rfind('/') + 1) : "";
    }

    Result<void> walk() {
        repo::ChunkReader chunks(access_, index_);
        CatalogReader catalog(access_, chunks, snapshot_.record.domain);
        return catalog.walk(
            snapshot_.record.root_page, below_,
            [this](const format::Entry& entry) { return visit(entry); },
            [this](const std::string& from, const Error& error) {
                tally_.damaged(from, error.message());
            });
    }

    Result<void> visit(const format::Entry& entry) {
        if (crew_.is_stopping())
            return fail(ErrorKind::interrupted, tr("interrupted"));
        if (entry.path == below_) {
            found_ = true;
            is_file_ = entry.type != format::FileType::folder;
        }
        if (entry.refused) {
            tally_.damaged(entry.path, *entry.refused);
            return {};
        }
        const std::string path = relative(entry.path);
        switch (entry.type) {
        case format::FileType::folder:
            if (Result<void> made = target_.make_folder(path); !made)
                return tally_.failed(entry.path, made.error());
            tally_.add(&RestoreSummary::folders);
            return {};
        case format::FileType::file:
            files_.push({path, entry});
            return {};
        case format::FileType::symlink:
        case format::FileType::fifo:
            return make_special(path, entry);
        case format::FileType::character:
        case format::FileType::block:
        case format::FileType::socket:
            tally_.add(&RestoreSummary::left_out);
            return {};
        }
        return {};
    }

    Result<void> make_special(const std::string& path, const format::Entry& entry) {
        const Result<bool> was_there = target_.make_special(path, entry);
        if (!was_there)
            return tally_.failed(entry.path, was_there.error());
        const Result<RestoreTarget::Place> place = target_.place(path);
        if (!place)
            return tally_.failed(entry.path, place.error());
        struct stat info {};
        if (*was_there &&
            ::fstatat(place->folder.get(), place->name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0)
            if (const Result<void> may = may_set_metadata(info, entry); !may)
                return tally_.failed(entry.path, may.error());
        tally_.metadata(entry.path, set_metadata_at(place->folder.get(), place->name, entry));
        tally_.add(*was_there ? &RestoreSummary::already_there : &RestoreSummary::others);
        return {};
    }

    Result<void> work() {
        // Whatever ends a worker early ends the run: nobody may wait for room in its queue.
        struct End {
            RestoreRun& run;
            ~End() { run.files_.abort(); }
        } const end{*this};
        FileRestorer restorer(access_, index_, snapshot_.record.domain, target_, tally_);
        while (std::optional<std::pair<std::string, format::Entry>> file = files_.pop())
            if (!crew_.is_stopping())
                crew_.run([&] { return restorer.restore(file->first, file->second); });
        return {};
    }

    /// Folders get their modes and times last, the inner ones first: nothing is made in them any
    /// more.
    Result<void> finish_folders() {
        std::vector<format::Entry> open;
        const auto close_last = [&] {
            const format::Entry& entry = open.back();
            const Result<util::Fd> handle = target_.folder(relative(entry.path));
            // The handle only stands for the place and takes no metadata; "." of it does.
            const Result<util::Fd> fd =
                handle ? util::open_at(handle->get(), ".", O_RDONLY | O_DIRECTORY, 0, entry.path)
                       : Failure(handle.error());
            if (fd)
                tally_.metadata(entry.path, set_metadata(fd->get(), entry));
            else
                static_cast<void>(tally_.failed(entry.path, fd.error()));
            open.pop_back();
        };
        repo::ChunkReader chunks(access_, index_);
        CatalogReader catalog(access_, chunks, snapshot_.record.domain);
        TRY(catalog.walk(
            snapshot_.record.root_page, below_,
            [&](const format::Entry& entry) -> Result<void> {
                if (entry.refused || entry.type != format::FileType::folder)
                    return {};
                while (!open.empty() && !is_below(entry.path, open.back().path))
                    close_last();
                open.push_back(entry);
                return {};
            },
            [](const std::string&, const Error&) {})); // told in the first walk
        while (!open.empty())
            close_last();
        return {};
    }

    const repo::Access& access_;
    const repo::Index& index_;
    const repo::Snapshot& snapshot_;
    RestoreTarget target_;
    std::string below_;
    bool found_ = false, is_file_ = false;
    RestoreTally tally_;
    util::BoundedQueue<std::pair<std::string, format::Entry>> files_{kQueuedFiles};
    Crew crew_; ///< last, so that its threads end before what they use
};

} // namespace
} // namespace engine

Result<RestoreSummary> restore(Repository& repository, const RestoreOptions& options,
                               Events& events, std::stop_token stop) {
    using namespace engine;
    const auto started = std::chrono::steady_clock::now();
    repo::Access& access = repository.impl().access;
    TRY(access.may_read(util::tr("restoring")));
    if (options.target.empty())
        return fail(ErrorKind::usage,
                    util::tr("no folder to restore into was named: use --target DIR"));
    const std::string below = TRY(catalog_path(options.from.path));
    LockedEvents locked(events);
    const repo::History history = TRY(repo::load_history(access, locked));
    const repo::SnapshotSet& set = history.snapshots;
    const repo::Snapshot* snapshot = TRY(set.resolve(options.from.snapshot, access));
    const repo::Index index = TRY(repo::Index::load(access, locked));
    RestoreTarget target = TRY(RestoreTarget::open(options.target));
    RestoreRun run(access, index, *snapshot, std::move(target), locked, std::move(stop), below);
    RestoreSummary summary = TRY(run.run(options.threads));
    summary.snapshot = snapshot->record.session.hex();
    repo::note_act(access, format::Act::restore,
                   {.roster = {},
                    .session = snapshot->record.session,
                    .mark = {},
                    .text = fmt::format("files {} damaged {} failed {}", summary.files,
                                        summary.damaged, summary.failed)},
                   locked);
    summary.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return summary;
}

} // namespace saoluu
