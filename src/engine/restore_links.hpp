// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/restored_file.hpp"
#include "format/entry.hpp"
#include "util/guarded.hpp"

#include "saoluu/restore.hpp"

#include <optional>
#include <string>
#include <unordered_map>

namespace saoluu::engine {

/// The hard-link groups of a restore: which name of each came back first, so that the others become
/// links to it. A group whose first name did not come back is open again for the next.
/// memory: about 150 bytes and a path a group, for the whole run, because the catalog does not say
///         where a group ends. Threads: any
class LinkGroups {
public:
    enum class Standing {
        first,   ///< the caller is the group's first, and says what comes of it
        waiting, ///< the first is under way
        ready    ///< it is there: link_to_first()
    };
    Standing enter(const format::LinkGroup& group);
    /// Where a group stands, without becoming its first.
    [[nodiscard]] Standing standing(const format::LinkGroup& group);
    void came_back(const format::LinkGroup& group, const std::string& path,
                   const FileIdentity& identity);
    void did_not(const format::LinkGroup& group);

    /// Makes `path` another name of the group's first.
    /// nullopt: it can't be one (another file system, too many links, something else is there that
    ///          stays): the content is to be written, and the caller is the first now
    /// errors: none that end more than this link
    std::optional<PathOutcome> link_to_first(const RestoreTarget& target, const std::string& path,
                                             const format::Entry& entry, Overwrite overwrite);

private:
    struct First {
        bool is_there = false;
        std::string path;
        FileIdentity identity;
    };
    util::Guarded<std::unordered_map<format::LinkGroup, First>> groups_;
};

} // namespace saoluu::engine
