// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/file.hpp"

#include "saoluu/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <sys/stat.h>

namespace saoluu::engine {

/// One thing found in a source.
struct ScanItem {
    std::string path;                       ///< in the catalog: absolute, without the leading `/`
    struct stat info {};                    ///< lstat
    std::shared_ptr<const util::Fd> folder; ///< what it lies in
    std::string name;                       ///< in that folder
    std::string target;                     ///< of a symbolic link
};

/// Something that could not be looked at.
struct ScanProblem {
    std::string path; ///< absolute
    int code = 0;     ///< errno
};

/// Walks sources in the order of the catalog, relative to open folders and never through a symbolic
/// link. memory: the names of one folder a level
class Scanner {
public:
    using Visit = std::function<Result<void>(ScanItem)>;
    using Report = std::function<void(const ScanProblem&)>;

    /// sources: absolute, without symbolic links; left_out: absolute paths of folders that are not
    /// walked
    Scanner(std::vector<std::string> sources, const std::vector<std::string>& left_out);

    /// Calls `visit` for the root, each parent of a source, and everything in the sources; stops at
    /// its first failure.
    Result<void> run(const Visit& visit, const Report& report) const;

private:
    using Inode = std::pair<dev_t, ino_t>;
    struct Walk;
    std::vector<std::string> sources_;
    std::set<Inode> left_out_;
};

/// Absolute paths of sources as given: relative ones from the working folder, symbolic links
/// followed; each once, none inside another; sorted. errors: usage, not_found, denied
Result<std::vector<std::string>> resolve_sources(const std::vector<std::string>& given);

} // namespace saoluu::engine
