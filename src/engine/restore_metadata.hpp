// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/entry.hpp"

#include "saoluu/result.hpp"

#include <array>
#include <cstddef>

#include <sys/stat.h>

namespace saoluu::engine {

/// What of an entry's metadata could not be set: 0, or the errno that says why.
struct MetadataOutcome {
    enum Part : std::size_t { owner, mode, times, xattrs };
    static constexpr std::size_t kParts = 4;
    std::array<int, kParts> errors{};
    [[nodiscard]] bool is_whole() const { return errors == std::array<int, kParts>{}; }
};

/// How something is held on which metadata is set: open for reading or writing, or only pinned
/// (O_PATH), as links, FIFOs and devices are, which are never opened.
enum class Held { open, pinned };

/// Sets owner, extended attributes, mode and times of what `fd` holds, and tries each of them
/// whatever became of the others. Nothing is named by a path, so that nobody can put something else
/// in its place meanwhile.
MetadataOutcome set_metadata(int fd, Held held, const format::Entry& entry);

/// Whether it has already what set_metadata() would set.
bool has_metadata(int fd, Held held, const struct stat& info, const format::Entry& entry);

/// Whether setting metadata would change something that has names outside of what is restored.
/// errors: exists, if so
Result<void> may_set_metadata(int fd, Held held, const struct stat& info,
                              const format::Entry& entry);

/// Takes away the ACLs that a new file or folder inherits from the folder it is made in.
void drop_inherited_acls(int fd, Held held, format::FileType type);

} // namespace saoluu::engine
