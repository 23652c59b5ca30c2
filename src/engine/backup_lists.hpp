// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/hash.hpp"
#include "engine/backup_places.hpp"
#include "engine/file_list.hpp"

#include <optional>
#include <string>
#include <vector>

namespace saoluu::engine {

/// The lists of known files of one key, job and set of sources: each place of the run has its own,
/// in its cache folder. A session believes of them only what lies at every place.
class BackupLists {
public:
    /// all: the sources with those that are not there in this run
    BackupLists(const Places& places, const std::string& job,
                const std::vector<std::string>& sources, const std::vector<std::string>& all);

    /// The list of the first place that has one. Where none of just these sources is known, it is
    /// that of all.
    [[nodiscard]] std::optional<FileList> open() const;
    /// The next one.
    [[nodiscard]] FileListWriter write() const { return {paths_.front(), context_}; }
    /// After the next one was published: gives it to the other places, and removes what nobody
    /// needs any more. Where that fails the next run there reads all: no harm.
    void share() const;

private:
    crypto::Hash context_, context_of_all_;
    std::vector<std::string> paths_, paths_of_all_; ///< by place
};

} // namespace saoluu::engine
