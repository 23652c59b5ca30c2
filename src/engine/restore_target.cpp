// SPDX-License-Identifier: Apache-2.0
#include "engine/restore_target.hpp"

#include "crypto/secret.hpp"
#include "format/types.hpp"
#include "util/text.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace saoluu::engine {

using util::printable;

namespace {

Failure system_failure(std::string_view path) {
    return Failure(util::system_error(errno, printable(path)));
}

/// openat2 below `root`; -1 and errno.
int open_beneath(int root, const std::string& path, int flags) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
}

/// The same part by part, for kernels before 5.6 and paths longer than the kernel takes at once.
Result<util::Fd> open_by_parts(int root, std::string_view path, std::string_view whole) {
    util::Fd folder = TRY(util::open_at(root, ".", O_PATH | O_DIRECTORY, 0, whole));
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        const std::string part(path.substr(0, slash));
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
        if (part.empty() || part == "." || part == "..")
            return fail(ErrorKind::denied,
                        util::message(util::tr("{}: not a path"), printable(whole)));
        folder =
            TRY(util::open_at(folder.get(), part, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, whole));
    }
    return folder;
}

std::array<timespec, 2> times_of(const format::Entry& entry) {
    return {timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
            timespec{.tv_sec = entry.mtime_seconds,
                     .tv_nsec = static_cast<long>(entry.mtime_nanoseconds)}};
}

bool is_owned_as(const struct stat& info, const format::Entry& entry) {
    return info.st_uid == entry.uid && info.st_gid == entry.gid;
}

} // namespace

Result<RestoreTarget> RestoreTarget::open(const std::string& folder) {
    TRY(util::make_folders(folder, 0700));
    return RestoreTarget(TRY(util::open_path(folder, O_RDONLY | O_DIRECTORY)));
}

Result<util::Fd> RestoreTarget::folder(std::string_view path) const {
    constexpr std::size_t kKernelPath = 4095;
    if (path.size() <= kKernelPath) {
        const int number = open_beneath(root_->get(), path.empty() ? "." : std::string(path),
                                        O_PATH | O_DIRECTORY);
        if (number >= 0)
            return util::Fd(number);
        if (errno != ENOSYS && errno != EPERM)
            return system_failure(path);
    }
    return open_by_parts(root_->get(), path, path);
}

Result<RestoreTarget::Place> RestoreTarget::place(std::string_view path) const {
    const std::size_t slash = path.rfind('/');
    const std::string_view parent =
        slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
    return Place{TRY(folder(parent)),
                 std::string(slash == std::string_view::npos ? path : path.substr(slash + 1))};
}

Result<void> RestoreTarget::make_folder(std::string_view path) const {
    if (path.empty())
        return {};
    const Place at = TRY(place(path));
    if (::mkdirat(at.folder.get(), at.name.c_str(), 0700) == 0)
        return {};
    if (errno != EEXIST)
        return system_failure(path);
    struct stat info {};
    if (::fstatat(at.folder.get(), at.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(info.st_mode))
        return {};
    return fail(ErrorKind::exists,
                util::message(util::tr("{}: something that is no folder is there already"),
                              printable(path)));
}

Result<bool> RestoreTarget::make_special(std::string_view path, const format::Entry& entry) const {
    const Place at = TRY(place(path));
    const bool is_link = entry.type == format::FileType::symlink;
    const int made = is_link ? ::symlinkat(entry.target.c_str(), at.folder.get(), at.name.c_str())
                             : ::mkfifoat(at.folder.get(), at.name.c_str(), entry.mode & 0777);
    if (made == 0)
        return false;
    if (errno != EEXIST)
        return system_failure(path);
    struct stat info {};
    if (::fstatat(at.folder.get(), at.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
        return system_failure(path);
    if (!is_link && S_ISFIFO(info.st_mode))
        return true;
    if (is_link && S_ISLNK(info.st_mode)) {
        std::string target(entry.target.size() + 1, '\0');
        const ssize_t size =
            ::readlinkat(at.folder.get(), at.name.c_str(), target.data(), target.size());
        if (size >= 0 &&
            std::string_view(target).substr(0, static_cast<std::size_t>(size)) == entry.target)
            return true;
    }
    return fail(ErrorKind::exists,
                util::message(util::tr("{}: something else is there already; it was left as it is"),
                              printable(path)));
}

Result<void> RestoreTarget::sync() const {
    if (::syncfs(root_->get()) != 0)
        return system_failure("");
    return {};
}

MetadataOutcome set_metadata(int fd, const format::Entry& entry) {
    MetadataOutcome outcome;
    struct stat info {};
    const bool known = ::fstat(fd, &info) == 0;
    if (!known || !is_owned_as(info, entry))
        outcome.owner =
            ::fchown(fd, static_cast<uid_t>(entry.uid), static_cast<gid_t>(entry.gid)) == 0;
    mode_t mode = entry.mode;
    if (entry.type != format::FileType::folder && (mode & 06000) != 0) {
        mode &= ~mode_t{06000};
        outcome.has_dropped_bits = true;
    }
    outcome.mode = ::fchmod(fd, mode) == 0;
    outcome.times = ::futimens(fd, times_of(entry).data()) == 0;
    return outcome;
}

namespace {

/// fchmodat() without flags follows a link that someone put there meanwhile, so the FIFO is opened
/// first. One that its owner may not read can't be: the flag does it, where the system knows it.
bool set_fifo_mode(int folder, const std::string& name, mode_t mode) {
    struct stat info {};
    const util::Fd fifo(
        ::openat(folder, name.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
    if (fifo.is_open())
        return ::fstat(fifo.get(), &info) == 0 && S_ISFIFO(info.st_mode) &&
               ::fchmod(fifo.get(), mode) == 0;
    return ::fchmodat(folder, name.c_str(), mode, AT_SYMLINK_NOFOLLOW) == 0;
}

} // namespace

bool has_metadata(const struct stat& info, const format::Entry& entry) {
    const mode_t mode = entry.mode & (S_ISFIFO(info.st_mode) ? 01777U : ~06000U);
    return is_owned_as(info, entry) && (S_ISLNK(info.st_mode) || (info.st_mode & 07777) == mode) &&
           info.st_mtim.tv_sec == entry.mtime_seconds &&
           static_cast<std::uint32_t>(info.st_mtim.tv_nsec) == entry.mtime_nanoseconds;
}

Result<void> may_set_metadata(const struct stat& info, const format::Entry& entry) {
    if (info.st_nlink <= 1 || has_metadata(info, entry))
        return {};
    return fail(ErrorKind::exists,
                util::message(util::tr("{}: exists with other links, which may lie anywhere; its "
                                       "owner, mode and times were left as they are"),
                              printable(entry.path)));
}

MetadataOutcome set_metadata_at(int folder, const std::string& name, const format::Entry& entry) {
    MetadataOutcome outcome;
    struct stat info {};
    const bool known = ::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
    if (!known || !is_owned_as(info, entry))
        outcome.owner = ::fchownat(folder, name.c_str(), static_cast<uid_t>(entry.uid),
                                   static_cast<gid_t>(entry.gid), AT_SYMLINK_NOFOLLOW) == 0;
    if (known && S_ISFIFO(info.st_mode))
        outcome.mode = set_fifo_mode(folder, name, entry.mode & 01777);
    outcome.times =
        ::utimensat(folder, name.c_str(), times_of(entry).data(), AT_SYMLINK_NOFOLLOW) == 0;
    return outcome;
}

Result<RestoredFile> RestoredFile::create(int folder, std::string name, std::string_view path) {
    std::string temporary = ".saoluu-" + crypto::random_id<format::SlotId>().hex() + ".part";
    util::Fd fd = TRY(util::open_at(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
                                    0600, printable(path)));
    return RestoredFile(folder, std::move(name), std::move(temporary), std::move(fd));
}

RestoredFile::~RestoredFile() {
    if (fd_.is_open() && !temporary_.empty())
        ::unlinkat(folder_, temporary_.c_str(), 0);
}

Result<void> RestoredFile::write_at(std::uint64_t offset, util::BytesView bytes) {
    while (!bytes.empty()) {
        const ssize_t put =
            ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return system_failure(name_);
        bytes = bytes.subspan(static_cast<std::size_t>(put));
        offset += static_cast<std::uint64_t>(put);
    }
    return {};
}

Result<MetadataOutcome> RestoredFile::publish(const format::Entry& entry) {
    // A hole at the end has no write that would make the file long enough.
    if (::ftruncate(fd_.get(), static_cast<off_t>(entry.size)) != 0)
        return system_failure(name_);
    const MetadataOutcome outcome = set_metadata(fd_.get(), entry);
    int moved = ::renameat2(folder_, temporary_.c_str(), folder_, name_.c_str(), RENAME_NOREPLACE);
    if (moved != 0 && (errno == EINVAL || errno == ENOSYS)) {
        // A file system that can't: a link refuses an existing name as well.
        moved = ::linkat(folder_, temporary_.c_str(), folder_, name_.c_str(), 0);
        if (moved == 0)
            ::unlinkat(folder_, temporary_.c_str(), 0);
    }
    if (moved != 0 && errno == EEXIST)
        return fail(ErrorKind::exists,
                    util::message(util::tr("{}: exists already and differs; it was left as it is"),
                                  printable(entry.path)));
    if (moved != 0)
        return system_failure(name_);
    temporary_.clear();
    TRY(fd_.close(name_));
    return outcome;
}

} // namespace saoluu::engine
