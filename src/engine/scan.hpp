// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/selection.hpp"
#include "util/file.hpp"

#include "saoluu/events.hpp"
#include "saoluu/result.hpp"

#include <cstdint>
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
    const std::string* source = nullptr;    ///< in which it lies; null for a folder above one
};

/// Something that could not be looked at.
struct ScanProblem {
    std::string path; ///< absolute
    int code = 0;     ///< errno
};

/// Who is told what a scan meets. Calls come from the thread that scans.
class ScanVisitor {
public:
    virtual ~ScanVisitor() = default;
    /// A failure ends the scan.
    virtual Result<void> found(ScanItem item) = 0;
    virtual void problem(const ScanProblem& problem) = 0;
    /// path: in the catalog
    virtual void left_out(const std::string& path, Selection::Reason reason) = 0;
};

/// Walks sources in the order of the catalog, relative to open folders and never through a symbolic
/// link. memory: the names of one folder a level
class Scanner {
public:
    /// sources: absolute, without symbolic links; own: absolute paths of folders that are not
    /// walked, and not told of
    Scanner(std::vector<std::string> sources, const std::vector<std::string>& own,
            Selection selection);

    /// Visits the root, each parent of a source, and everything that is selected of the sources;
    /// stops at the first failure. Threads: may be run by several at once.
    Result<void> run(ScanVisitor& visitor) const;

private:
    using Inode = std::pair<dev_t, ino_t>;
    struct Walk;
    std::vector<std::string> sources_;
    std::set<Inode> own_;
    Selection selection_;
};

/// Absolute paths of sources as given: relative ones from the working folder, symbolic links
/// followed; each once, none inside another; sorted. What a name leads to elsewhere is told.
/// errors: usage (there is none)
Result<std::vector<std::string>> resolve_sources(const std::vector<std::string>& given,
                                                 Events& events);

/// Takes out of `given` what is not there, unless that is all of it: a disk that is away must not
/// keep the other sources from being backed up where nobody watches. returns: absolute paths, with
/// the symbolic links followed that are there
std::vector<std::string> take_missing(std::vector<std::string>& given);

/// What resolve_sources() would give with the missing ones, were they there.
std::vector<std::string> with_missing(std::vector<std::string> sources,
                                      const std::vector<std::string>& missing);

} // namespace saoluu::engine
