// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repository_case.hpp"
#include "saoluu/backup.hpp"
#include "saoluu/check.hpp"
#include "saoluu/restore.hpp"
#include "saoluu/snapshots.hpp"

#include <cstdint>
#include <map>
#include <string>

/// Trees of files, and what is done with them.
namespace saoluu::test {

void write_file(const std::string& path, util::BytesView bytes);
inline void write_file(const std::string& path, std::string_view text) {
    write_file(path, util::as_bytes(text));
}
util::Bytes read_file(const std::string& path);

/// Files of all sizes that matter (none, one byte, about a chunk, some chunks, repeated, zeros),
/// folders, links and FIFOs, with names of any bytes, and any modes and times. The same for the
/// same seed.
void make_random_tree(const std::string& folder, std::uint64_t seed);

/// One file, folder or link, as `ls` and `cmp` would tell it apart from another.
struct NodeFacts {
    unsigned mode = 0; ///< with its type
    std::int64_t mtime_seconds = 0;
    std::int64_t mtime_nanoseconds = 0;
    std::string content; ///< of a file its hash, of a link its target
    friend bool operator==(const NodeFacts&, const NodeFacts&) = default;
};
/// All below `folder`, and itself as "".
std::map<std::string, NodeFacts> tree_of(const std::string& folder);
/// Fails the test where two trees differ, naming the first paths that do.
void check_same(const std::map<std::string, NodeFacts>& is,
                const std::map<std::string, NodeFacts>& wanted);

Result<BackupSummary> try_backup(Repository& repository, const std::string& source,
                                 unsigned threads = 1, std::stop_token stop = {});
BackupSummary back_up(Repository& repository, const std::string& source, unsigned threads = 1);

/// Restores what was backed up from `source` into `target`.
Result<RestoreSummary> try_restore(Repository& repository, const std::string& snapshot,
                                   const std::string& source, const std::string& target,
                                   Events& events, unsigned threads = 1);
RestoreSummary restore_to(Repository& repository, const std::string& snapshot,
                          const std::string& source, const std::string& target,
                          unsigned threads = 1);

CheckReport check_all(Repository& repository, Events& events, bool read_data = true);

} // namespace saoluu::test
