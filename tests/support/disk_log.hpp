// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/bytes.hpp"

#include <map>
#include <string>
#include <variant>
#include <vector>

/// Every system call by which this process changes what lies below a folder, in order. The program
/// is linked with `-Wl,--wrap=…` of these calls (saoluu_record_disk in tests/crash), so that it is
/// the real code whose calls are seen.
namespace saoluu::test {

namespace disk {
struct MakeFile {
    std::string path;
};
struct MakeFolder {
    std::string path;
};
/// What the file holds from now on.
struct Write {
    std::string path;
    util::Bytes content;
};
struct SyncFile {
    std::string path;
};
struct SyncFolder {
    std::string path;
};
struct Rename {
    std::string from, to;
};
struct Link {
    std::string from, to;
};
struct Unlink {
    std::string path;
};
/// The store answered that it has this object (a path as the others). No system call: the test says
/// so, by DiskLog::acknowledge.
struct Acknowledged {
    std::string path;
};
using Step = std::variant<MakeFile, MakeFolder, Write, SyncFile, SyncFolder, Rename, Link, Unlink,
                          Acknowledged>;
} // namespace disk

/// The files and folders below a folder; of a folder no content. Paths are relative.
struct Tree {
    std::map<std::string, util::Bytes> files;
    std::map<std::string, bool> folders;

    static Tree read(const std::string& folder);
    void write(const std::string& folder) const;
};

/// Records while it lives; one at a time. Threads: any may do what is recorded.
class DiskLog {
public:
    explicit DiskLog(const std::string& folder);
    DiskLog(const DiskLog&) = delete;
    DiskLog& operator=(const DiskLog&) = delete;
    ~DiskLog();

    void acknowledge(const std::string& path);
    /// Ends the recording.
    std::vector<disk::Step> take();
};

} // namespace saoluu::test
