// SPDX-License-Identifier: Apache-2.0
#include "util/file.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <random>
#include <thread>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fmt/format.h>

namespace saoluu::util {
namespace {

/// Where the size of what is read is not known before.
constexpr std::size_t kReadStep = 4096;
constexpr std::string_view kTemporary = ".tmp";

/// A name beside `path` that no other process uses.
std::string temporary_beside(const std::string& path) {
    std::random_device random;
    return fmt::format("{}.{:08x}{:08x}{}", path, random(), random(), kTemporary);
}

/// Removes what processes that were killed left of temporary_beside(path).
void remove_old_temporaries(const std::string& path) {
    namespace fs = std::filesystem;
    constexpr auto kMostTime = std::chrono::hours(24); // such a file is written in one go
    const auto now = fs::file_time_type::clock::now();
    const std::string beginning = fs::path(path).filename().string() + ".";
    std::error_code ignored;
    for (const fs::directory_entry& file : fs::directory_iterator(parent_of(path), ignored)) {
        const std::string name = file.path().filename().string();
        if (name.size() == beginning.size() + 20 && name.starts_with(beginning) &&
            name.ends_with(kTemporary) && file.last_write_time(ignored) < now - kMostTime)
            fs::remove(file.path(), ignored);
    }
}

/// Writes a new file and syncs it; the file is removed where that fails.
Result<void> write_new(const std::string& path, BytesView bytes, mode_t mode) {
    Fd fd = TRY(open_path(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
    Result<void> done = write_all(fd.get(), bytes, path);
    // What others are to read they may read from the moment that it has its name, whatever the
    // umask takes away.
    if (done && (mode & 077) != 0 && ::fchmod(fd.get(), mode) != 0)
        done = system_failure(path);
    if (done && ::fsync(fd.get()) != 0)
        done = system_failure(path);
    if (done)
        done = fd.close(path);
    if (!done)
        ::unlink(path.c_str());
    return done;
}

} // namespace

void Fd::reset() {
    if (number_ >= 0)
        ::close(std::exchange(number_, -1));
}

Result<void> Fd::close(std::string_view what) {
    // Linux frees the descriptor even where close() fails, so it is never closed twice.
    if (::close(std::exchange(number_, -1)) != 0 && errno != EINTR)
        return system_failure(what);
    return {};
}

Result<Fd> open_at(int folder, const std::string& name, int flags, mode_t mode,
                   std::string_view what) {
    for (;;) {
        const int fd = ::openat(folder, name.c_str(), flags | O_CLOEXEC, mode);
        if (fd >= 0)
            return Fd(fd);
        if (errno != EINTR)
            return system_failure(what);
    }
}

Result<std::size_t> read_some(int fd, std::span<std::byte> out, std::string_view what) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t got = ::read(fd, out.data() + done, out.size() - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return system_failure(what);
        if (got == 0)
            break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

Result<std::size_t> read_some_at(int fd, std::uint64_t offset, std::span<std::byte> out,
                                 std::string_view what) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t got =
            ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return system_failure(what);
        if (got == 0)
            break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

Result<void> write_all(int fd, BytesView bytes, std::string_view what) {
    while (!bytes.empty()) {
        const ssize_t put = ::write(fd, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return system_failure(what);
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return {};
}

Result<Bytes> read_file(const std::string& path, std::size_t most) {
    const Fd fd = TRY(open_path(path, O_RDONLY));
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0)
        return system_failure(path);
    if (S_ISDIR(info.st_mode))
        return Failure(system_error(EISDIR, printable(path)));
    const auto known = static_cast<std::uint64_t>(info.st_size);
    const auto too_large = [&] {
        return fail(ErrorKind::corrupt,
                    message(tr("{}: larger than the {} bytes allowed"), printable(path), most));
    };
    if (S_ISREG(info.st_mode) && known > most)
        return too_large();
    // One byte more than expected shows the end. Where a file says less than it has (pipes and
    // /proc say 0) the buffer grows; a common file is read by one call and leaves no copy behind.
    Bytes bytes(S_ISREG(info.st_mode) && known > 0 ? static_cast<std::size_t>(known) + 1
                                                   : std::min(most, kReadStep) + 1);
    std::size_t size = 0;
    for (;;) {
        size += TRY(read_some(fd.get(), std::span(bytes).subspan(size), path));
        if (size > most)
            return too_large();
        if (size < bytes.size())
            break;
        bytes.resize(std::min(most, 2 * bytes.size()) + 1);
    }
    bytes.resize(size);
    return bytes;
}

Result<void> write_file_durably(const std::string& path, BytesView bytes, mode_t mode) {
    const std::string temporary = temporary_beside(path);
    TRY(write_new(temporary, bytes, mode));
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
        const Failure failure = system_failure(path);
        ::unlink(temporary.c_str());
        return failure;
    }
    TRY(sync_folder(parent_of(path)));
    remove_old_temporaries(path);
    return {};
}

Result<void> create_file_durably(const std::string& path, BytesView bytes, mode_t mode) {
    const std::string temporary = temporary_beside(path);
    TRY(write_new(temporary, bytes, mode));
    if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0)
        return sync_folder(parent_of(path));
    // NFS has no such renaming; a link does not overwrite either.
    const bool try_link = errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP;
    Result<void> done;
    if (!try_link || ::link(temporary.c_str(), path.c_str()) != 0)
        done = system_failure(path);
    ::unlink(temporary.c_str());
    return done ? sync_folder(parent_of(path)) : done;
}

Result<void> make_folders(const std::string& path, mode_t mode) {
    const auto sync_name = [&]() -> Result<void> {
        Result<void> done = sync_folder(parent_of(path));
        // Who may write in a folder need not be allowed to read it; then it can't be synced.
        return !done && done.error().kind() == ErrorKind::denied ? Result<void>() : done;
    };
    if (::mkdir(path.c_str(), mode) == 0)
        return sync_name();
    if (errno == ENOENT && parent_of(path) != path) {
        TRY(make_folders(parent_of(path), mode));
        if (::mkdir(path.c_str(), mode) == 0)
            return sync_name();
    }
    const int code = errno;
    struct stat info {};
    if (code == EEXIST && ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
        return {};
    return Failure(system_error(code == EEXIST ? ENOTDIR : code, printable(path)));
}

Result<void> sync_folder(const std::string& path) {
    const Fd folder = TRY(open_path(path, O_RDONLY | O_DIRECTORY));
    // Some network file systems can't sync a folder at all and say so; they have nothing better.
    if (::fsync(folder.get()) != 0 && errno != EINVAL && errno != EOPNOTSUPP)
        return system_failure(path);
    return {};
}

std::string join(std::string_view folder, std::string_view name) {
    std::string path(folder);
    if (!path.empty() && path.back() != '/')
        path += '/';
    return path += name;
}

std::string parent_of(std::string_view path) {
    while (path.size() > 1 && path.back() == '/')
        path.remove_suffix(1);
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos)
        return ".";
    return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

bool is_inside(const std::string& path, const std::string& folder) {
    const auto is_same = [](const struct stat& a, const struct stat& b) {
        return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    };
    const auto has_no_folder = [](const Result<Fd>& fd) {
        return !fd && (fd.error().system_code() == ENOENT || fd.error().system_code() == ENOTDIR);
    };
    struct stat wanted {};
    if (::stat(folder.c_str(), &wanted) != 0)
        return false;
    std::string nearest = path;
    Result<Fd> fd = open_path(nearest, O_PATH | O_DIRECTORY);
    while (has_no_folder(fd) && nearest != "." && nearest != "/") {
        nearest = parent_of(nearest);
        fd = open_path(nearest, O_PATH | O_DIRECTORY);
    }
    // Upwards by "..", until the root is its own parent.
    for (struct stat last{}; fd;) {
        struct stat info {};
        if (::fstat(fd->get(), &info) != 0 || is_same(info, last))
            return false;
        if (is_same(info, wanted))
            return true;
        last = info;
        fd = open_at(fd->get(), "..", O_PATH | O_DIRECTORY, 0, nearest);
    }
    return false;
}

std::optional<DiskSpace> disk_space(const std::string& path) {
    struct statvfs facts {};
    if (::statvfs(path.c_str(), &facts) != 0)
        return {};
    return DiskSpace{.free_bytes = std::uint64_t{facts.f_bavail} * facts.f_frsize,
                     .total_bytes = std::uint64_t{facts.f_blocks} * facts.f_frsize};
}

Result<FileLock> FileLock::acquire(const std::string& path, std::chrono::milliseconds patience) {
    constexpr std::chrono::milliseconds kPause{50};
    Fd fd = TRY(open_path(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
    const auto end = std::chrono::steady_clock::now() + patience;
    while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK)
            return system_failure(path);
        if (std::chrono::steady_clock::now() >= end)
            return Failure(
                Error(ErrorKind::io,
                      message(tr("{}: another process has held this lock for {} seconds: see with "
                                 "\"fuser\" which one, and try again when it has ended"),
                              printable(path),
                              std::chrono::duration_cast<std::chrono::seconds>(patience).count()),
                      EWOULDBLOCK)
                    .with_retry());
        std::this_thread::sleep_for(kPause);
    }
    return FileLock(std::move(fd));
}

} // namespace saoluu::util
