// SPDX-License-Identifier: Apache-2.0
#include "engine/restore_metadata.hpp"

#include "util/text.hpp"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <fmt/format.h>

namespace saoluu::engine {
namespace {

using format::Entry;
using format::FileType;
using format::Xattr;

constexpr const char* kAccessAcl = "system.posix_acl_access";
constexpr const char* kDefaultAcl = "system.posix_acl_default";

/// What is pinned takes fchmod() and fsetxattr() only by this name, which leads to the thing
/// itself, a symbolic link included, and not further.
std::string name_of_pinned(int fd) {
    return fmt::format("/proc/self/fd/{}", fd);
}

int error_of(int outcome) {
    return outcome == 0 ? 0 : errno;
}

bool is_owned_as(const struct stat& info, const Entry& entry) {
    return info.st_uid == entry.uid && info.st_gid == entry.gid;
}

int set_owner(int fd, Held held, const Entry& entry) {
    struct stat info {};
    if (::fstat(fd, &info) == 0 && is_owned_as(info, entry))
        return 0;
    const auto uid = static_cast<uid_t>(entry.uid);
    const auto gid = static_cast<gid_t>(entry.gid);
    return error_of(held == Held::open ? ::fchown(fd, uid, gid)
                                       : ::fchownat(fd, "", uid, gid, AT_EMPTY_PATH));
}

int set_xattr(int fd, Held held, const Xattr& xattr) {
    const void* const value = xattr.value.data();
    const char* const name = xattr.name.c_str();
    return error_of(held == Held::open ? ::fsetxattr(fd, name, value, xattr.value.size(), 0)
                                       : ::setxattr(name_of_pinned(fd).c_str(), name, value,
                                                    xattr.value.size(), 0));
}

int set_mode(int fd, Held held, const Entry& entry) {
    if (entry.type == FileType::symlink)
        return 0; // a link has none of its own
    return error_of(held == Held::open ? ::fchmod(fd, entry.mode)
                                       : ::chmod(name_of_pinned(fd).c_str(), entry.mode));
}

int set_times(int fd, Held held, const Entry& entry) {
    const std::array<timespec, 2> times{
        timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
        timespec{.tv_sec = entry.mtime_seconds,
                 .tv_nsec = static_cast<long>(entry.mtime_nanoseconds)}};
    if (held == Held::open)
        return error_of(::futimens(fd, times.data()));
    const int error = error_of(::utimensat(fd, "", times.data(), AT_EMPTY_PATH));
    if (error != EINVAL && error != ENOENT) // what kernels before 5.8 say of the flag
        return error;
    return error_of(::utimensat(AT_FDCWD, name_of_pinned(fd).c_str(), times.data(), 0));
}

bool has_xattr(int fd, Held held, const Xattr& xattr) {
    util::Bytes value(xattr.value.size() + 1); // a longer one is seen too
    const ssize_t size = held == Held::open
                             ? ::fgetxattr(fd, xattr.name.c_str(), value.data(), value.size())
                             : ::getxattr(name_of_pinned(fd).c_str(), xattr.name.c_str(),
                                          value.data(), value.size());
    return size >= 0 && static_cast<std::size_t>(size) == xattr.value.size() &&
           util::equal(util::BytesView(value).first(xattr.value.size()), xattr.value);
}

} // namespace

MetadataOutcome set_metadata(int fd, Held held, const Entry& entry) {
    MetadataOutcome outcome;
    // The owner first: changing it takes away setuid bits and security.capability. Attributes
    // before the mode, which may forbid their owner to write.
    outcome.errors[MetadataOutcome::owner] = set_owner(fd, held, entry);
    for (const Xattr& xattr : entry.xattrs)
        if (const int error = set_xattr(fd, held, xattr); error != 0)
            outcome.errors[MetadataOutcome::xattrs] = error;
    outcome.errors[MetadataOutcome::mode] = set_mode(fd, held, entry);
    outcome.errors[MetadataOutcome::times] = set_times(fd, held, entry);
    return outcome;
}

bool has_metadata(int fd, Held held, const struct stat& info, const Entry& entry) {
    if (!is_owned_as(info, entry) || info.st_mtim.tv_sec != entry.mtime_seconds ||
        static_cast<std::uint32_t>(info.st_mtim.tv_nsec) != entry.mtime_nanoseconds)
        return false;
    if (entry.type != FileType::symlink && (info.st_mode & 07777) != entry.mode)
        return false;
    for (const Xattr& xattr : entry.xattrs)
        if (!has_xattr(fd, held, xattr))
            return false;
    return true;
}

Result<void> may_set_metadata(int fd, Held held, const struct stat& info, const Entry& entry) {
    if (info.st_nlink <= 1 || has_metadata(fd, held, info, entry))
        return {};
    return fail(ErrorKind::exists,
                util::message(util::tr("{}: exists with other links, which may lie anywhere; its "
                                       "owner, mode, times and attributes were left as they are"),
                              util::printable(entry.path)));
}

void drop_inherited_acls(int fd, Held held, FileType type) {
    // A file system without ACLs says so, and has none to be dropped.
    const auto drop = [&](const char* name) {
        static_cast<void>(held == Held::open ? ::fremovexattr(fd, name)
                                             : ::removexattr(name_of_pinned(fd).c_str(), name));
    };
    drop(kAccessAcl);
    if (type == FileType::folder)
        drop(kDefaultAcl);
}

} // namespace saoluu::engine
