// SPDX-License-Identifier: Apache-2.0
#include "engine/restore_target.hpp"

#include "crypto/secret.hpp"
#include "format/types.hpp"
#include "util/text.hpp"

#include <cerrno>
#include <utility>
#include <vector>

#include <dirent.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

namespace saoluu::engine {

using util::Fd;
using util::printable;

namespace {

constexpr std::string_view kPrefix = ".saoluu-", kSuffix = ".part";

/// openat2 below `root`; -1 and errno.
int open_beneath(int root, const std::string& path, int flags) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
}

/// The same part by part, for kernels before 5.6 and paths longer than the kernel takes at once.
Result<Fd> open_by_parts(int root, std::string_view path) {
    const std::string_view whole = path;
    Fd folder = TRY(util::open_at(root, ".", O_PATH | O_DIRECTORY, 0, whole));
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

/// The names in a folder; nothing where it can't be listed.
std::vector<std::string> names_in(Fd folder) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(folder.get()), &::closedir);
    if (!listing)
        return names;
    static_cast<void>(folder.release());
    while (const dirent* const one = ::readdir(listing.get()))
        names.emplace_back(one->d_name);
    return names;
}

} // namespace

std::pair<std::string_view, std::string_view> split_path(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos)
        return {{}, path};
    return {path.substr(0, slash), path.substr(slash + 1)};
}

Result<RestoreTarget> RestoreTarget::open(const std::string& folder, Resolve resolve) {
    constexpr int kFlags = O_RDONLY | O_DIRECTORY;
    Result<Fd> there = util::open_path(folder, kFlags);
    const bool is_missing = !there && there.error().system_code() == ENOENT;
    if (is_missing) {
        TRY(util::make_folders(folder, 0700));
        there = util::open_path(folder, kFlags);
    }
    RestoreTarget target(TRY(std::move(there)), resolve);
    target.was_made_ = is_missing;
    struct stat info {};
    if (::fstat(target.root_.get(), &info) != 0)
        return util::system_failure(folder);
    // With the lock, names that carry this folder's own number are ours alone, and those that a
    // killed run left are known for such. Without it (another restore works here, or the file
    // system knows no locks) they get a number that nobody else has.
    target.is_locked_ = ::flock(target.root_.get(), LOCK_EX | LOCK_NB) == 0;
    target.prefix_ = target.is_locked_
                         ? fmt::format("{}{:x}-{:x}-", kPrefix, info.st_dev, info.st_ino)
                         : fmt::format("{}{}-", kPrefix, crypto::random_id<format::SlotId>().hex());
    return target;
}

Result<RestoreTarget> RestoreTarget::look_at(const std::string& folder) {
    Result<Fd> root = util::open_path(folder, O_RDONLY | O_DIRECTORY);
    if (!root && root.error().system_code() != ENOENT)
        return Failure(root.error());
    return RestoreTarget(root ? *std::move(root) : Fd(), Resolve::by_kernel);
}

Result<Fd> RestoreTarget::folder(std::string_view path) const {
    constexpr std::size_t kKernelPath = 4095;
    if (!root_.is_open()) {
        errno = ENOENT;
        return util::system_failure(path);
    }
    if (resolve_ == Resolve::by_kernel && path.size() <= kKernelPath) {
        const int number =
            open_beneath(root_.get(), path.empty() ? "." : std::string(path), O_PATH | O_DIRECTORY);
        if (number >= 0)
            return Fd(number);
        if (errno != ENOSYS && errno != EPERM) // EPERM: what some sandboxes say of unknown calls
            return util::system_failure(path);
    }
    return open_by_parts(root_.get(), path);
}

Result<Fd> RestoreTarget::open_folder(std::string_view path) const {
    const Fd pinned = TRY(folder(path));
    return util::open_at(pinned.get(), ".", O_RDONLY | O_DIRECTORY, 0, printable(path));
}

Result<RestoreTarget::Place> RestoreTarget::place(std::string_view path) const {
    const auto [parent, name] = split_path(path);
    return Place{TRY(folder(parent)), std::string(name)};
}

Result<RestoreTarget::Folder> RestoreTarget::make_folder(std::string_view path) const {
    if (path.empty())
        return was_made_ ? Folder::made : Folder::existed;
    const Place at = TRY(place(path));
    if (::mkdirat(at.folder.get(), at.name.c_str(), 0700) == 0)
        return Folder::made;
    if (errno != EEXIST)
        return util::system_failure(path);
    return find_folder_at(at, path);
}

Result<RestoreTarget::Folder> RestoreTarget::find_folder(std::string_view path) const {
    if (path.empty())
        return root_.is_open() ? Folder::existed : Folder::made;
    const Result<Place> at = place(path);
    if (!at && at.error().system_code() == ENOENT)
        return Folder::made;
    if (!at)
        return Failure(at.error());
    return find_folder_at(*at, path);
}

Result<RestoreTarget::Folder> RestoreTarget::find_folder_at(const Place& at,
                                                            std::string_view path) const {
    struct stat info {};
    if (::fstatat(at.folder.get(), at.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? Result<Folder>(Folder::made) : util::system_failure(path);
    if (S_ISDIR(info.st_mode))
        return Folder::existed;
    return fail(ErrorKind::exists,
                util::message(util::tr("{}: something that is no folder is there already"),
                              printable(path)));
}

std::string RestoreTarget::temporary_name() const {
    return fmt::format("{}{:x}{}", prefix_, made_->fetch_add(1), kSuffix);
}

void RestoreTarget::remove_leftovers(std::string_view path) const {
    if (!is_locked_)
        return;
    Result<Fd> pinned = folder(path);
    Result<Fd> open = open_folder(path);
    if (!pinned || !open)
        return;
    for (const std::string& name : names_in(*std::move(open))) {
        struct stat info {};
        if (name.starts_with(prefix_) && name.ends_with(kSuffix) &&
            ::fstatat(pinned->get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            !S_ISDIR(info.st_mode) && info.st_nlink == 1 && info.st_uid == ::geteuid())
            ::unlinkat(pinned->get(), name.c_str(), 0);
    }
}

Result<void> RestoreTarget::sync() const {
    if (::syncfs(root_.get()) != 0)
        return util::system_failure("");
    return {};
}

} // namespace saoluu::engine
