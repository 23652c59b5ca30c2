// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/types.hpp"
#include "store/store.hpp"

#include "saoluu/events.hpp"
#include "saoluu/reach.hpp"
#include "saoluu/repository.hpp"
#include "saoluu/result.hpp"

#include <memory>
#include <optional>
#include <string>

namespace saoluu::repo {

/// What this machine remembers of a location: which repository it found there, and on what mount.
/// By it a share that is not mounted, and another disk at the same path, are told from a place that
/// never had a repository. One small file each under places/ of the state folder; it can be
/// deleted, and then whatever is found there next is taken for the right one.
class KnownPlace {
public:
    /// Nothing is known of a location that can't be parsed, or whose file is missing or damaged.
    static KnownPlace at(const std::string& location, const LocalFolders& folders);

    [[nodiscard]] bool is_known() const { return known_.has_value(); }
    /// An error of opening it, with what is known of the place in place of a plain no_repository.
    [[nodiscard]] Error explain(Error error) const;
    /// Tells of another copy of the same repository, and of another mount.
    /// errors: refused if another repository was here
    Result<void> admit(const format::RepositoryId& repository, const format::PlaceId& place,
                       Events& events) const;
    /// Writes only what is news.
    /// errors: of the state folder; not worth failing a run for
    Result<void> remember(const format::RepositoryId& repository,
                          const format::PlaceId& place) const;
    /// The same of what lies in a store; nothing if that can't be read.
    Result<void> remember(store::Store& store) const;

private:
    struct Known {
        format::RepositoryId repository;
        format::PlaceId place;
        std::string type, source; ///< of the mount of a folder
        bool operator==(const Known&) const = default;
    };
    [[nodiscard]] static std::optional<Known> read(const std::string& file);
    /// What lies at the location now.
    [[nodiscard]] Known now(const format::RepositoryId& repository,
                            const format::PlaceId& place) const;

    std::string location_; ///< by one spelling
    std::string folder_;   ///< empty where it is no folder of this machine
    std::string file_;
    std::optional<Known> known_;
};

/// errors: refused if a folder is to be on a disk or share, and none is mounted there
Result<void> demand_mounted(const std::string& folder);

/// The store of a location where a repository or a copy of one is to be made: a missing folder is
/// made, but never where this machine knows a repository, nor on the disk of the system in place
/// of a disk or share that is not mounted. A known place that still holds its repository is opened.
/// errors: refused; as open_store
Result<std::unique_ptr<store::Store>>
open_store_to_fill(const std::string& location, const Reach& reach, const LocalFolders& folders);

} // namespace saoluu::repo
