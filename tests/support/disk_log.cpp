// SPDX-License-Identifier: Apache-2.0
#include "disk_log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace saoluu::test {
namespace {

namespace fs = std::filesystem;

/// Not by util::read_file, whose calls are recorded.
util::Bytes bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    std::string text(in ? static_cast<std::size_t>(in.tellg()) : 0, '\0');
    in.seekg(0);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    return util::copy_of(util::as_bytes(text));
}

/// What is being recorded. The lock is held over each real call, so that the log has their order.
struct Recording {
    std::mutex mutex;
    std::string folder; ///< empty: nothing is
    std::vector<disk::Step> steps;
    std::map<std::string, util::Bytes> written; ///< as far as the log says it

    /// Relative to the folder; nothing for what lies outside.
    [[nodiscard]] std::optional<std::string> inside(const std::string& path) const {
        if (folder.empty() || !path.starts_with(folder))
            return std::nullopt;
        if (path.size() == folder.size())
            return "";
        if (path[folder.size()] != '/')
            return std::nullopt;
        return path.substr(folder.size() + 1);
    }
    void make(const std::string& path) {
        written[path] = {};
        steps.emplace_back(disk::MakeFile{path});
    }
    /// What was written past the calls that are recorded, as by the C library's streams.
    void settle(const std::string& path) {
        util::Bytes now = bytes_of(folder + "/" + path);
        if (util::Bytes& known = written[path]; known != now) {
            known = now;
            steps.emplace_back(disk::Write{path, std::move(now)});
        }
    }
};

Recording& recording() {
    static Recording one;
    return one;
}

std::string path_of(int fd) {
    std::array<char, 4096> buffer{};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t size = ::readlink(link.c_str(), buffer.data(), buffer.size());
    return size <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
}

std::string path_at(int folder, const char* name) {
    const std::string_view text(name);
    if (text.starts_with('/') || folder == AT_FDCWD)
        return std::string(text);
    return path_of(folder) + "/" + std::string(text);
}

/// Does a call, and notes what it did if it succeeded.
template <class Call, class Note>
auto record(const Call& call, const Note& note) {
    Recording& now = recording();
    const std::lock_guard lock(now.mutex);
    const auto result = call();
    if (result >= 0 && !now.folder.empty()) {
        const int code = errno;
        note(now);
        errno = code;
    }
    return result;
}

int record_open(int folder, const char* name, int flags, mode_t mode,
                int (*real)(int, const char*, int, ...)) {
    // Looked at before: a file that was there is not made.
    const bool may_make = (flags & O_CREAT) != 0;
    bool was_there = false;
    return record(
        [&] {
            struct stat info {};
            was_there = may_make && ::fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
            return real(folder, name, flags, mode);
        },
        [&](Recording& now) {
            const auto path = now.inside(path_at(folder, name));
            if (!path || !may_make)
                return;
            if (!was_there)
                now.make(*path);
            now.settle(*path);
        });
}

template <class Call>
int record_sync(int fd, const Call& call) {
    return record(call, [&](Recording& now) {
        const auto path = now.inside(path_of(fd));
        struct stat info {};
        if (!path || ::fstat(fd, &info) != 0 || info.st_nlink == 0)
            return;
        if (S_ISDIR(info.st_mode)) {
            now.steps.emplace_back(disk::SyncFolder{*path});
        } else {
            now.settle(*path);
            now.steps.emplace_back(disk::SyncFile{*path});
        }
    });
}

/// A further name; `moves` if the first one goes.
template <class Call>
int record_name(const std::string& from, const std::string& to, bool moves, const Call& call) {
    {
        Recording& now = recording();
        const std::lock_guard lock(now.mutex);
        if (const auto path = now.inside(from); path && fs::is_regular_file(from))
            now.settle(*path);
    }
    return record(call, [&](Recording& now) {
        const auto old_path = now.inside(from);
        const auto new_path = now.inside(to);
        if (!old_path || !new_path)
            return;
        now.written[*new_path] = now.written[*old_path];
        if (moves) {
            now.written.erase(*old_path);
            now.steps.emplace_back(disk::Rename{*old_path, *new_path});
        } else {
            now.steps.emplace_back(disk::Link{*old_path, *new_path});
        }
    });
}

template <class Call>
int record_gone(const std::string& path, const Call& call) {
    return record(call, [&](Recording& now) {
        if (const auto inside = now.inside(path))
            now.steps.emplace_back(disk::Unlink{*inside});
    });
}

template <class Call>
int record_folder(const std::string& path, const Call& call) {
    return record(call, [&](Recording& now) {
        if (const auto inside = now.inside(path))
            now.steps.emplace_back(disk::MakeFolder{*inside});
    });
}

} // namespace

Tree Tree::read(const std::string& folder) {
    Tree tree;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
        const std::string path = entry.path().string().substr(folder.size() + 1);
        if (entry.is_directory())
            tree.folders.emplace(path, true);
        else
            tree.files.emplace(path, bytes_of(entry.path().string()));
    }
    return tree;
}

void Tree::write(const std::string& folder) const {
    for (const auto& [path, ignored] : folders) {
        fs::create_directories(folder + "/" + path);
        fs::permissions(folder + "/" + path, fs::perms::owner_all);
    }
    for (const auto& [path, content] : files) {
        std::ofstream out(folder + "/" + path, std::ios::binary);
        const std::string_view text = util::as_text(content);
        out.write(text.data(), static_cast<std::streamsize>(text.size()));
        out.close();
        if (!out)
            throw std::runtime_error(path + " can't be written");
        fs::permissions(folder + "/" + path, fs::perms::owner_read | fs::perms::owner_write);
    }
}

DiskLog::DiskLog(const std::string& folder) {
    Recording& now = recording();
    Tree tree = Tree::read(folder);
    const std::lock_guard lock(now.mutex);
    now.steps.clear();
    now.written = std::move(tree.files);
    now.folder = folder;
}

DiskLog::~DiskLog() {
    static_cast<void>(take());
}

void DiskLog::acknowledge(const std::string& path) {
    Recording& now = recording();
    const std::lock_guard lock(now.mutex);
    if (const auto inside = now.inside(path))
        now.steps.emplace_back(disk::Acknowledged{*inside});
}

std::vector<disk::Step> DiskLog::take() {
    Recording& now = recording();
    const std::lock_guard lock(now.mutex);
    now.folder.clear();
    return std::exchange(now.steps, {});
}

} // namespace saoluu::test

// What the linker puts in the place of the calls. The names are the linker's.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming,cert-dcl50-cpp)
using namespace saoluu::test;

extern "C" {

int __real_openat(int folder, const char* name, int flags, ...);
int __real_openat64(int folder, const char* name, int flags, ...);
int __real_mkostemp64(char* pattern, int flags);
ssize_t __real_write(int fd, const void* bytes, size_t size);
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_rename(const char* from, const char* to);
int __real_renameat2(int from_folder, const char* from, int to_folder, const char* to,
                     unsigned flags);
int __real_link(const char* from, const char* to);
int __real_linkat(int from_folder, const char* from, int to_folder, const char* to, int flags);
int __real_unlink(const char* path);
int __real_unlinkat(int folder, const char* name, int flags);
int __real_mkdir(const char* path, mode_t mode);
int __real_mkdirat(int folder, const char* name, mode_t mode);

static mode_t mode_of(int flags, std::va_list more) {
    return (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(more, unsigned)) : 0;
}

int __wrap_openat(int folder, const char* name, int flags, ...) {
    std::va_list more;
    va_start(more, flags);
    const mode_t mode = mode_of(flags, more);
    va_end(more);
    return record_open(folder, name, flags, mode, __real_openat);
}

int __wrap_openat64(int folder, const char* name, int flags, ...) {
    std::va_list more;
    va_start(more, flags);
    const mode_t mode = mode_of(flags, more);
    va_end(more);
    return record_open(folder, name, flags, mode, __real_openat64);
}

int __wrap_mkostemp64(char* pattern, int flags) {
    return record([&] { return __real_mkostemp64(pattern, flags); },
                  [&](Recording& now) {
                      if (const auto path = now.inside(pattern))
                          now.make(*path);
                  });
}

ssize_t __wrap_write(int fd, const void* bytes, size_t size) {
    return record([&] { return __real_write(fd, bytes, size); },
                  [&](Recording& now) {
                      struct stat info {};
                      const auto path = now.inside(path_of(fd));
                      if (path && ::fstat(fd, &info) == 0 && info.st_nlink > 0)
                          now.settle(*path);
                  });
}

int __wrap_fsync(int fd) {
    return record_sync(fd, [&] { return __real_fsync(fd); });
}
int __wrap_fdatasync(int fd) {
    return record_sync(fd, [&] { return __real_fdatasync(fd); });
}
int __wrap_rename(const char* from, const char* to) {
    return record_name(from, to, true, [&] { return __real_rename(from, to); });
}
int __wrap_renameat2(int from_folder, const char* from, int to_folder, const char* to,
                     unsigned flags) {
    return record_name(path_at(from_folder, from), path_at(to_folder, to), true,
                       [&] { return __real_renameat2(from_folder, from, to_folder, to, flags); });
}
int __wrap_link(const char* from, const char* to) {
    return record_name(from, to, false, [&] { return __real_link(from, to); });
}
int __wrap_linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
    return record_name(path_at(from_folder, from), path_at(to_folder, to), false,
                       [&] { return __real_linkat(from_folder, from, to_folder, to, flags); });
}
int __wrap_unlink(const char* path) {
    return record_gone(path, [&] { return __real_unlink(path); });
}
int __wrap_unlinkat(int folder, const char* name, int flags) {
    return record_gone(path_at(folder, name), [&] { return __real_unlinkat(folder, name, flags); });
}
int __wrap_mkdir(const char* path, mode_t mode) {
    return record_folder(path, [&] { return __real_mkdir(path, mode); });
}
int __wrap_mkdirat(int folder, const char* name, mode_t mode) {
    return record_folder(path_at(folder, name), [&] { return __real_mkdirat(folder, name, mode); });
}
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming,cert-dcl50-cpp)
