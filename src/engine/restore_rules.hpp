// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/entry.hpp"
#include "format/note.hpp"

#include "saoluu/restore.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace saoluu::engine {

/// Makes of what a catalog says of an entry what this run is to restore of it: owners as this
/// machine numbers them, and only what its options ask for. For one thread.
class RestoreRules {
public:
    /// note: of the snapshot; its names of owners are looked up on this machine
    RestoreRules(const RestoreOptions& options, const format::Note& note);

    /// Whether an entry of this type comes back at all. Sockets never do: only the program that
    /// made one can use it.
    [[nodiscard]] bool restores(format::FileType type) const;
    /// Changes the entry; how many things it leaves out for want of an option: the setuid and
    /// setgid bits of what is no folder, attributes `security.*`.
    std::uint64_t apply(format::Entry& entry);

private:
    using Numbers = std::map<std::uint64_t, std::uint64_t>;
    bool devices_, setuid_, security_xattrs_;
    Numbers users_, groups_; ///< number there -> number here, where they differ
};

} // namespace saoluu::engine
