// SPDX-License-Identifier: Apache-2.0
#include "store/folder_tree.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <utility>

#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace saoluu::store {
namespace {

using util::Fd;
using util::message;
using util::tr;

/// "a/b" and "c" of "a/b/c"; "" and "c" of "c".
std::pair<std::string_view, std::string> split(std::string_view name) {
    const std::size_t slash = name.rfind('/');
    if (slash == std::string_view::npos)
        return {{}, std::string(name)};
    return {name.substr(0, slash), std::string(name.substr(slash + 1))};
}

bool is_missing(const Error& error) {
    return error.kind() == ErrorKind::not_found;
}

std::optional<struct stat> inode_of(int folder, const std::string& name) {
    struct stat info {};
    if (::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
        return std::nullopt;
    return info;
}

bool is_same_file(const std::optional<struct stat>& a, const std::optional<struct stat>& b) {
    return a && b && a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size;
}

Naming naming_for(int folder) {
    constexpr std::array<std::uint32_t, 3> kSmb = {0xff534d42, 0xfe534d42, 0x517b}; // statfs(2)
    struct statfs info {};
    const bool is_smb =
        ::fstatfs(folder, &info) == 0 &&
        std::ranges::find(kSmb, static_cast<std::uint32_t>(info.f_type)) != kSmb.end();
    return is_smb ? Naming::link : Naming::rename;
}

} // namespace

Result<FolderTree> FolderTree::open(const std::string& path, std::optional<Naming> naming) {
    Result<Fd> root = util::open_path(path, O_RDONLY | O_DIRECTORY);
    if (!root && is_missing(root.error()))
        return fail(ErrorKind::no_repository,
                    message(tr("{}: there is no such folder: is the disk mounted? To make a new "
                               "repository there, use saoluu init"),
                            util::printable(path)));
    if (!root)
        return Failure(std::move(root).error());
    struct stat info {};
    if (::fstat(root->get(), &info) != 0)
        return util::system_failure(path);
    Modes modes{.file = 0600, .folder = 0700};
    if ((info.st_mode & S_IRGRP) != 0)
        modes = {.file = 0640, .folder = 0750 | (info.st_mode & S_ISGID)};
    if ((info.st_mode & S_IRGRP) != 0 && (info.st_mode & S_IWGRP) != 0)
        modes = {.file = 0660, .folder = 0770 | (info.st_mode & S_ISGID)};
    const Naming first = naming ? *naming : naming_for(root->get());
    return FolderTree(path, *std::move(root), modes, first);
}

/// Opens one folder after the other, so that a symbolic link in any of them is refused.
Result<Fd> FolderTree::open_folder(std::string_view folder, int flags) const {
    if (folder.empty())
        return util::open_at(root_.get(), ".", flags | O_DIRECTORY, 0, path_);
    const auto [above, last] = split(folder);
    const Fd parent = TRY(open_folder(above, O_PATH));
    return util::open_at(parent.get(), last, flags | O_DIRECTORY | O_NOFOLLOW, 0, path_of(folder));
}

/// The folder that a name lies in; an error names the whole of it.
Result<Fd> FolderTree::open_folder_of(std::string_view name) const {
    Result<Fd> folder = open_folder(split(name).first, O_PATH);
    if (!folder && is_missing(folder.error()))
        return util::system_failure(path_of(name), ENOENT);
    return folder;
}

Result<Fd> FolderTree::open_file(std::string_view name) const {
    const Fd folder = TRY(open_folder_of(name));
    // O_NONBLOCK: what lies there may be a pipe, on which open() would wait for ever.
    Fd file = TRY(util::open_at(folder.get(), split(name).second,
                                O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, path_of(name)));
    struct stat info {};
    if (::fstat(file.get(), &info) != 0)
        return util::system_failure(path_of(name));
    if (!S_ISREG(info.st_mode)) // a folder is a part of names, not an object
        return util::system_failure(path_of(name), ENOENT);
    return file;
}

Result<Fd> FolderTree::create_file_there(std::string_view name) const {
    const Fd folder = TRY(open_folder_of(name));
    Fd file =
        TRY(util::open_at(folder.get(), split(name).second,
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, modes_.file, path_of(name)));
    // The umask is not asked: who may share the folder may share its files. Some mounts have no
    // modes of their own; there the mount's options decide.
    if (modes_.file != 0600)
        (void)::fchmod(file.get(), modes_.file);
    return file;
}

/// Does `work` in a folder that is made if it is missing.
template <class Work>
auto FolderTree::with_folder_of(std::string_view name, const Work& work) const {
    const auto once = [&]() -> decltype(work()) {
        TRY(make_folder(split(name).first));
        return work();
    };
    auto done = once();
    if (done || !is_missing(done.error()))
        return done;
    known_->with([](KnownFolders& known) { known.clear(); }); // somebody tidied up empty folders
    return once();
}

Result<Fd> FolderTree::create_file(std::string_view name) const {
    return with_folder_of(name, [&] { return create_file_there(name); });
}

Result<ObjectInfo> FolderTree::stat(std::string_view name) const {
    const Fd folder = TRY(open_folder_of(name));
    struct stat info {};
    if (::fstatat(folder.get(), split(name).second.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
        return util::system_failure(path_of(name));
    if (!S_ISREG(info.st_mode))
        return util::system_failure(path_of(name), ENOENT);
    return ObjectInfo{.name = std::string(name), .size = static_cast<std::uint64_t>(info.st_size)};
}

Result<void> FolderTree::remove(std::string_view name) const {
    const Result<Fd> folder = open_folder_of(name);
    if (!folder)
        return is_missing(folder.error()) ? check_root() : Failure(folder.error());
    if (::unlinkat(folder->get(), split(name).second.c_str(), 0) != 0 && errno != ENOENT)
        return util::system_failure(path_of(name));
    return {};
}

Result<void> FolderTree::check_root() const {
    struct stat info {};
    if (::fstat(root_.get(), &info) != 0)
        return util::system_failure(path_);
    if (info.st_nlink == 0)
        return fail(ErrorKind::no_repository,
                    message(tr("{}: the folder was removed"), util::printable(path_)));
    return {};
}

Result<void> FolderTree::sync_folder(std::string_view folder) const {
    const Fd open = TRY(open_folder(folder, O_RDONLY));
    // Some network file systems can't sync a folder at all and say so; they have nothing better.
    if (::fsync(open.get()) != 0 && errno != EINVAL && errno != EOPNOTSUPP)
        return util::system_failure(path_of(folder));
    return {};
}

Result<void> FolderTree::make_one_folder(std::string_view folder) const {
    const auto [above, last] = split(folder);
    const Fd parent = TRY(open_folder(above, O_PATH));
    // The setgid bit comes from the folder above. Only where the umask took something away it is
    // asked for, because the walls of a service may forbid that.
    constexpr mode_t kRights = 0777, kMode = 07777;
    if (::mkdirat(parent.get(), last.c_str(), modes_.folder & kRights) == 0) {
        const std::optional<struct stat> made = inode_of(parent.get(), last);
        if (modes_.folder != 0700 && (!made || (made->st_mode & kMode) != modes_.folder) &&
            ::fchmodat(parent.get(), last.c_str(), modes_.folder, 0) != 0)
            return util::system_failure(path_of(folder));
    } else if (errno != EEXIST) {
        return util::system_failure(path_of(folder));
    }
    // Another process may have made it and not have synced it yet.
    return sync_folder(above);
}

Result<void> FolderTree::make_folder(std::string_view folder) const {
    if (folder.empty() ||
        known_->with([&](const KnownFolders& known) { return known.contains(folder); }))
        return {};
    TRY(make_folder(split(folder).first));
    TRY(make_one_folder(folder));
    known_->with([&](KnownFolders& known) { known.emplace(folder); });
    return {};
}

Result<Put> FolderTree::publish(std::string_view from, std::string_view to) const {
    const Put put = TRY(with_folder_of(to, [&] { return give_name(from, to); }));
    // Where the name was there its maker may not have synced it yet, and this caller relies on it.
    TRY(sync_folder(split(to).first));
    return put;
}

Result<Put> FolderTree::give_name(std::string_view from, std::string_view to) const {
    const Fd from_folder = TRY(open_folder_of(from));
    const Fd to_folder = TRY(open_folder_of(to));
    const std::string from_last = split(from).second;
    const std::string to_last = split(to).second;
    const Step step{from_folder.get(), from_last, to_folder.get(), to_last, to};
    if (*naming_ == Naming::rename) {
        if (const std::optional<Put> put = TRY(give_name_by_rename(step)))
            return *put;
        *naming_ = Naming::link;
    }
    if (*naming_ == Naming::link) {
        if (const std::optional<Put> put = TRY(give_name_by_link(step)))
            return *put;
        *naming_ = Naming::look;
    }
    return give_name_by_looking(step);
}

Result<std::optional<Put>> FolderTree::give_name_by_rename(const Step& step) const {
    if (::renameat2(step.from_folder, step.from.c_str(), step.to_folder, step.to.c_str(),
                    RENAME_NOREPLACE) == 0)
        return Put::created;
    if (errno == EEXIST) {
        // Left behind it is rubbish, no more.
        (void)::unlinkat(step.from_folder, step.from.c_str(), 0);
        return Put::exists;
    }
    if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
        return util::system_failure(path_of(step.name));
    return std::optional<Put>();
}

Result<std::optional<Put>> FolderTree::give_name_by_link(const Step& step) const {
    const bool is_done =
        ::linkat(step.from_folder, step.from.c_str(), step.to_folder, step.to.c_str(), 0) == 0;
    const int code = is_done ? 0 : errno;
    if (code == EPERM || code == EOPNOTSUPP || code == ENOSYS || code == EMLINK || code == EINVAL)
        return std::optional<Put>();
    if (code != 0 && code != EEXIST)
        return util::system_failure(path_of(step.name), code);
    // A server that is asked twice, since its first answer was lost, says EEXIST of its own doing.
    // Not the number of links tells: a NAS may link all files for a snapshot of its own.
    const bool is_ours = is_done || is_same_file(inode_of(step.from_folder, step.from),
                                                 inode_of(step.to_folder, step.to));
    (void)::unlinkat(step.from_folder, step.from.c_str(), 0);
    return is_ours ? Put::created : Put::exists;
}

Result<Put> FolderTree::give_name_by_looking(const Step& step) const {
    const std::optional<struct stat> ours = inode_of(step.from_folder, step.from);
    if (!ours)
        return util::system_failure(path_of(step.name), ENOENT);
    struct stat there {};
    if (::fstatat(step.to_folder, step.to.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0) {
        (void)::unlinkat(step.from_folder, step.from.c_str(), 0);
        return Put::exists;
    }
    if (errno != ENOENT)
        return util::system_failure(path_of(step.name));
    if (::renameat(step.from_folder, step.from.c_str(), step.to_folder, step.to.c_str()) == 0)
        return Put::created;
    const int code = errno;
    // As of links: the second time the file is not there any more under its first name.
    if (code == ENOENT && is_same_file(ours, inode_of(step.to_folder, step.to)))
        return Put::created;
    return util::system_failure(path_of(step.name), code);
}

} // namespace saoluu::store
