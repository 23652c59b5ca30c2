// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/bytes.hpp"

#include "saoluu/result.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/types.h>

namespace saoluu::util {

/// An open file descriptor; closed when it goes.
class Fd {
public:
    Fd() = default;
    explicit Fd(int number) : number_(number) {}
    Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            reset();
            number_ = std::exchange(other.number_, -1);
        }
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] bool is_open() const { return number_ >= 0; }
    void reset();
    [[nodiscard]] int release() { return std::exchange(number_, -1); }
    /// Closes and reports what close() says: on network folders an error may come only here.
    Result<void> close(std::string_view what);

private:
    int number_ = -1;
};

/// openat() that is repeated after EINTR and always adds O_CLOEXEC; `what` names it in the error.
Result<Fd> open_at(int folder, const std::string& name, int flags, mode_t mode,
                   std::string_view what);
inline Result<Fd> open_path(const std::string& path, int flags, mode_t mode = 0) {
    return open_at(AT_FDCWD, path, flags, mode, path);
}

/// Reads until `out` is full or the file ends; returns the bytes read.
Result<std::size_t> read_some(int fd, std::span<std::byte> out, std::string_view what);
Result<std::size_t> read_some_at(int fd, std::uint64_t offset, std::span<std::byte> out,
                                 std::string_view what);
Result<void> write_all(int fd, BytesView bytes, std::string_view what);

/// A whole file (or pipe) of at most `most` bytes.
/// errors: as open and read; corrupt if it is larger
Result<Bytes> read_file(const std::string& path, std::size_t most);

/// Replaces or creates a file so that after a crash it holds either the old or the new bytes,
/// whole.
Result<void> write_file_durably(const std::string& path, BytesView bytes, mode_t mode);

/// Creates a new file so that after a crash it is there whole or not at all.
/// errors: exists if there is one
Result<void> create_file_durably(const std::string& path, BytesView bytes, mode_t mode);

/// Creates a folder and the missing ones above it (mode for each new one), durably.
Result<void> make_folders(const std::string& path, mode_t mode);

/// fsync of a folder, so that names made or removed in it are durable.
Result<void> sync_folder(const std::string& path);

/// "a/b" of "a" and "b"; no doubled slash.
std::string join(std::string_view folder, std::string_view name);
/// The folder part of a path ("." if there is none, "/" of the root).
std::string parent_of(std::string_view path);

/// Whether a path is a folder or lies in it, as the system sees it: by inodes, whatever the names.
/// What is missing of the path yet is passed over; false too where either can't be looked at.
bool is_inside(const std::string& path, const std::string& folder);

/// How full a disk is, for whoever has no special rights.
struct DiskSpace {
    std::uint64_t free_bytes = 0, total_bytes = 0;
};
/// Of the file system that a path lies on; nothing where it can't be asked.
std::optional<DiskSpace> disk_space(const std::string& path);

/// An exclusive lock on a file, held while it lives; waits for other holders (of any process).
class FileLock {
public:
    /// Far longer than any holder works, so that one that hangs is told of and not waited for.
    static constexpr std::chrono::minutes kPatience{10};
    /// errors: io (may be tried again) where another still holds it when patience ends
    static Result<FileLock> acquire(const std::string& path,
                                    std::chrono::milliseconds patience = kPatience);

private:
    explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

} // namespace saoluu::util
