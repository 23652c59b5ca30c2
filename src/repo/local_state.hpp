// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/ledger_entry.hpp"
#include "format/types.hpp"
#include "util/file.hpp"

#include "saoluu/repository.hpp"
#include "saoluu/result.hpp"

#include <map>
#include <optional>
#include <string>

namespace saoluu::repo {

/// What this machine last saw of a repository (rosters) and of this place of it (heads), so that a
/// store can't set it back unnoticed.
struct Witness {
    std::optional<std::uint64_t> roster_n;
    format::RosterHash roster;
    std::map<format::ActorId, format::ChainHead> heads; ///< the newest of each chain
};

/// The folders of one repository on this machine. All in them can be deleted: the next run is
/// slower, and what a store took back before it is not noticed.
class LocalState {
public:
    LocalState() = default;
    /// Folders are made when something is first written.
    LocalState(const LocalFolders& folders, const format::RepositoryId& repository,
               const format::PlaceId& place);

    /// What was seen; nothing if there is no file or it is damaged.
    [[nodiscard]] Witness witness() const;
    /// Keeps what is newer in `seen`. Failing to is not worth failing a run for: the caller reports
    /// it.
    Result<void> remember(const Witness& seen) const;

    /// Held while a ledger entry is chosen and put: one process of this machine at a time.
    Result<util::FileLock> lock_ledger(const format::ActorId& actor) const;

    /// A file of this place in the folder of states, and that folder, made if it is missing.
    [[nodiscard]] std::string state_file(const std::string& name) const;
    Result<void> make_state_folder() const;

    /// Folder for caches of this place of the repository; made if it is missing.
    Result<std::string> cache_folder() const;

    /// Folder for small objects of this place (KeptObjects).
    [[nodiscard]] std::string kept_folder() const;

    /// The folders themselves, which a backup must leave out.
    [[nodiscard]] const std::string& state_root() const { return state_root_; }
    [[nodiscard]] const std::string& cache_root() const { return cache_root_; }

private:
    [[nodiscard]] Witness read(const std::string& name) const;
    Result<void> write(const std::string& name, const Witness& witness) const;

    std::string state_root_, cache_root_;
    std::string state_, cache_;
    std::string place_;
};

} // namespace saoluu::repo
