// SPDX-License-Identifier: Apache-2.0
#include "engine/backup_lists.hpp"

#include "util/file.hpp"
#include "util/wire.hpp"

#include <chrono>
#include <filesystem>
#include <system_error>

namespace saoluu::engine {
namespace {

constexpr std::string_view kListPrefix = "files-";

/// What a list belongs to: whatever differs in it makes another list.
crypto::Hash list_context(const repo::Access& access, const std::string& job,
                          const std::vector<std::string>& sources) {
    const data::ChunkSizes& sizes = access.roster().chunks;
    util::Writer numbers;
    numbers.u32(access.self().domain).u64(sizes.least).u64(sizes.average).u64(sizes.greatest);
    crypto::Tuple tuple("saoluu/files");
    tuple.add(access.id().view());
    tuple.add(access.keyring.actor().view()).add(numbers.view()).add(util::as_bytes(job));
    for (const std::string& source : sources)
        tuple.add(util::as_bytes(source));
    return crypto::hash(tuple.view());
}

/// Lists of sources that nobody backs up any more, and what killed runs left.
void remove_old_lists(const std::string& folder) {
    namespace fs = std::filesystem;
    constexpr auto kKept = std::chrono::hours(24) * 90;
    // One that is still being written belongs to a session, which ends after a day.
    constexpr auto kUnfinished = std::chrono::hours(24) * 2;
    const auto now = fs::file_time_type::clock::now();
    std::error_code ignored;
    for (const fs::directory_entry& file : fs::directory_iterator(folder, ignored)) {
        const auto kept = file.path().has_extension() ? kUnfinished : kKept;
        if (file.path().filename().string().starts_with(kListPrefix) &&
            file.last_write_time(ignored) < now - kept)
            fs::remove(file.path(), ignored);
    }
}

/// Gives a place the list of another, which is never changed but only replaced.
void share_list(const std::string& from, const std::string& to) {
    namespace fs = std::filesystem;
    const std::string on_its_way = to + ".shared";
    std::error_code failed; // then that place's next run alone reads all: no harm
    fs::remove(on_its_way, failed);
    fs::create_hard_link(from, on_its_way, failed);
    if (failed)
        fs::copy_file(from, on_its_way, failed);
    if (!failed)
        fs::rename(on_its_way, to, failed);
}

} // namespace

BackupLists::BackupLists(const Places& places, const std::string& job,
                         const std::vector<std::string>& sources,
                         const std::vector<std::string>& all)
    : context_(list_context(*places.front(), job, sources)),
      context_of_all_(list_context(*places.front(), job, all)) {
    const auto name_of = [](const crypto::Hash& context) {
        return std::string(kListPrefix) + context.hex().substr(0, 32);
    };
    for (const repo::Access* access : places) {
        // Where the cache folder can't be made there is no list, and files are read.
        const Result<std::string> folder = access->local.cache_folder();
        const std::string lists = folder ? *folder : access->local.cache_root();
        paths_.push_back(util::join(lists, name_of(context_)));
        paths_of_all_.push_back(util::join(lists, name_of(context_of_all_)));
    }
}

std::optional<FileList> BackupLists::open() const {
    for (const std::string& path : paths_)
        if (std::optional<FileList> known = FileList::open(path, context_))
            return known;
    for (const std::string& path : paths_of_all_)
        if (std::optional<FileList> known = FileList::open(path, context_of_all_))
            return known;
    return std::nullopt;
}

void BackupLists::share() const {
    for (const std::string& path : paths_) {
        if (path != paths_.front())
            share_list(paths_.front(), path);
        remove_old_lists(util::parent_of(path));
    }
}

} // namespace saoluu::engine
