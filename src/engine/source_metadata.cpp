// SPDX-License-Identifier: Apache-2.0
#include "engine/source_metadata.hpp"

#include "format/types.hpp"
#include "util/bytes.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include <fmt/format.h>

#include <sys/sysmacros.h>
#include <sys/xattr.h>

namespace saoluu::engine {

namespace {

/// The system's limit of all names together (XATTR_LIST_MAX).
constexpr std::size_t kNames = 64 << 10;
/// All attributes of an entry: its body has room for the file's segments beside them.
constexpr std::size_t kMostAttributes = 512 << 10;

/// One attribute of something; 0 or errno.
template <class Get>
int read_one(const Get& get, const char* name, util::Bytes& value) {
    // Asked for its size first: most are a few bytes, and one may grow in between.
    for (;;) {
        const ssize_t size = get(name, nullptr, 0);
        if (size < 0)
            return errno;
        value.resize(static_cast<std::size_t>(size));
        if (size == 0)
            return 0;
        const ssize_t got = get(name, value.data(), value.size());
        if (got >= 0) {
            value.resize(static_cast<std::size_t>(got));
            return 0;
        }
        if (errno != ERANGE)
            return errno;
    }
}

template <class List, class Get>
int read_all(const List& list, const Get& get, std::vector<format::Xattr>& xattrs) {
    xattrs.clear();
    std::array<char, 1024> few; // most files have none
    std::string many;
    char* names = few.data();
    ssize_t size = list(names, few.size());
    if (size < 0 && errno == ERANGE) {
        many.resize(kNames);
        names = many.data();
        size = list(names, many.size());
    }
    if (size < 0)
        return errno == ENOTSUP || errno == EOPNOTSUPP ? 0 : errno;
    std::size_t total = 0;
    std::string_view left(names, static_cast<std::size_t>(size));
    while (!left.empty()) {
        const std::string_view name = left.substr(0, left.find('\0'));
        left.remove_prefix(std::min(left.size(), name.size() + 1));
        format::Xattr xattr{.name = std::string(name), .value = {}};
        const int code = read_one(get, xattr.name.c_str(), xattr.value);
        if (code == ENODATA || code == ENOTSUP || code == EOPNOTSUPP)
            continue; // gone since it was listed, or listed by a file system that can't give it
        total += xattr.name.size() + xattr.value.size() + 16;
        const bool fits = !name.empty() && name.size() <= format::limits::kXattrName &&
                          xattr.value.size() <= format::limits::kXattrValue &&
                          total <= kMostAttributes;
        if (code != 0 || !fits) {
            xattrs.clear();
            return code != 0 ? code : E2BIG;
        }
        xattrs.push_back(std::move(xattr));
    }
    std::ranges::sort(xattrs, {}, &format::Xattr::name);
    const auto twice = std::unique(xattrs.begin(), xattrs.end(),
                                   [](const auto& a, const auto& b) { return a.name == b.name; });
    xattrs.erase(twice, xattrs.end());
    return 0;
}

} // namespace

std::optional<format::FileType> type_of(mode_t mode) {
    if (S_ISREG(mode))
        return format::FileType::file;
    if (S_ISDIR(mode))
        return format::FileType::folder;
    if (S_ISLNK(mode))
        return format::FileType::symlink;
    if (S_ISFIFO(mode))
        return format::FileType::fifo;
    if (S_ISCHR(mode))
        return format::FileType::character;
    if (S_ISBLK(mode))
        return format::FileType::block;
    return std::nullopt;
}

void describe(format::Entry& entry, const struct stat& info) {
    entry.mode = info.st_mode & 07777;
    entry.uid = info.st_uid;
    entry.gid = info.st_gid;
    entry.mtime_seconds = info.st_mtim.tv_sec;
    // Some file systems give more than there can be.
    entry.mtime_nanoseconds =
        static_cast<std::uint32_t>(std::clamp<long>(info.st_mtim.tv_nsec, 0, 999'999'999));
    if (entry.type == format::FileType::character || entry.type == format::FileType::block) {
        entry.device_major = ::major(info.st_rdev);
        entry.device_minor = ::minor(info.st_rdev);
    }
}

int read_xattrs(int fd, std::vector<format::Xattr>& xattrs) {
    return read_all([&](char* names, std::size_t room) { return ::flistxattr(fd, names, room); },
                    [&](const char* name, void* value, std::size_t room) {
                        return ::fgetxattr(fd, name, value, room);
                    },
                    xattrs);
}

int read_xattrs_at(int folder, const std::string& name, std::vector<format::Xattr>& xattrs) {
    // There is no call that takes a folder's descriptor and does not follow links before Linux
    // 6.13; the descriptor's name in /proc stands for it.
    const std::string path = fmt::format("/proc/self/fd/{}/{}", folder, name);
    return read_all(
        [&](char* names, std::size_t room) { return ::llistxattr(path.c_str(), names, room); },
        [&](const char* one, void* value, std::size_t room) {
            return ::lgetxattr(path.c_str(), one, value, room);
        },
        xattrs);
}

} // namespace saoluu::engine
