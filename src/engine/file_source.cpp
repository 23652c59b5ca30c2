// SPDX-License-Identifier: Apache-2.0
#include "engine/file_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

namespace saoluu::engine {

namespace {

/// Without following links; repeated after EINTR. -1 and errno.
int open_to_read(const ScanItem& item, int flags) {
    flags |= O_RDONLY | O_NOFOLLOW | O_CLOEXEC;
    const auto try_with = [&](int more) {
        for (;;) {
            const int number = ::openat(item.folder->get(), item.name.c_str(), flags | more);
            if (number >= 0 || errno != EINTR)
                return number;
        }
    };
    // Only a file's owner or root may ask that its access time stays.
    const int number = try_with(O_NOATIME);
    return number < 0 && errno == EPERM ? try_with(0) : number;
}

/// Someone holds a lease on the file (a file server does): the system makes them give it up within
/// its lease-break-time, for whoever waits. What is waited for is sure to be a regular file, for a
/// FIFO would make us wait for ever. -1 and errno.
int open_leased(const ScanItem& item) {
    const util::Fd place(
        ::openat(item.folder->get(), item.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    if (!place.is_open() || ::fstat(place.get(), &info) != 0)
        return -1;
    if (!S_ISREG(info.st_mode)) {
        errno = ENOENT;
        return -1;
    }
    return ::open(fmt::format("/proc/self/fd/{}", place.get()).c_str(), O_RDONLY | O_CLOEXEC);
}

} // namespace

bool open_file(const ScanItem& item, OpenedFile& file) {
    int number = open_to_read(item, O_NONBLOCK);
    if (number < 0 && errno == EWOULDBLOCK)
        number = open_leased(item);
    if (number < 0)
        return false;
    file.fd = util::Fd(number);
    if (::fstat(number, &file.info) != 0)
        return false;
    if (S_ISREG(file.info.st_mode))
        return true;
    errno = ENOENT; // what was scanned is gone
    return false;
}

bool has_changed(const struct stat& before, const struct stat& after) {
    const auto differ = [](const timespec& a, const timespec& b) {
        return a.tv_sec != b.tv_sec || a.tv_nsec != b.tv_nsec;
    };
    return before.st_size != after.st_size || differ(before.st_mtim, after.st_mtim) ||
           differ(before.st_ctim, after.st_ctim);
}

std::shared_ptr<util::Bytes> BlockPool::take() {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [&] { return !free_.empty(); });
    std::unique_ptr<util::Bytes> block = std::move(free_.back());
    free_.pop_back();
    return {block.release(), [this](util::Bytes* used) {
                {
                    const std::lock_guard guard(mutex_);
                    free_.emplace_back(used);
                }
                freed_.notify_one();
            }};
}

Extents::Extents(int fd, const struct stat& info)
    : fd_(fd), size_(static_cast<std::uint64_t>(info.st_size)),
      is_dense_(info.st_blocks * 512 >= info.st_size) {}

std::optional<Extent> Extents::next() {
    while (at_ < size_) {
        if (is_dense_)
            return Extent{.offset = std::exchange(at_, size_), .length = size_};
        const off_t data = ::lseek(fd_, static_cast<off_t>(at_), SEEK_DATA);
        if (data < 0 && errno == ENXIO) {
            at_ = size_; // nothing but a hole is left
            break;
        }
        // Where the file system can't tell, all is data.
        const std::uint64_t begin = data < 0 ? at_ : static_cast<std::uint64_t>(data);
        const off_t hole = data < 0 ? -1 : ::lseek(fd_, data, SEEK_HOLE);
        const std::uint64_t end =
            hole < 0 ? size_ : std::min(static_cast<std::uint64_t>(hole), size_);
        if (begin >= size_)
            break;
        at_ = end;
        if (end > begin)
            return Extent{.offset = begin, .length = end - begin};
    }
    at_ = size_;
    return std::nullopt;
}

ChunkStream::ChunkStream(int fd, Extent extent, const data::Chunker& chunker, BlockPool& pool)
    : read_([fd, at = extent.offset](std::span<std::byte> into) mutable -> Result<std::size_t> {
          const std::size_t got = TRY(util::read_some_at(fd, at, into, "read"));
          at += got;
          return got;
      }),
      unread_(extent.length), chunker_(chunker), pool_(pool) {}

ChunkStream::ChunkStream(ReadNext read, const data::Chunker& chunker, BlockPool& pool)
    : read_(std::move(read)), unread_(std::numeric_limits<std::uint64_t>::max()), chunker_(chunker),
      pool_(pool) {}

Result<void> ChunkStream::refill() {
    std::shared_ptr<util::Bytes> next = pool_.take();
    // The few bytes that did not make a chunk go before the new ones.
    if (!left_.empty())
        std::memcpy(next->data(), left_.data(), left_.size());
    const std::size_t room =
        static_cast<std::size_t>(std::min<std::uint64_t>(next->size() - left_.size(), unread_));
    const std::span<std::byte> into = std::span(*next).subspan(left_.size(), room);
    const std::size_t got = TRY(read_(into));
    unread_ = got < room ? 0 : unread_ - got;
    left_ = util::BytesView(next->data(), left_.size() + got);
    block_ = std::move(next);
    return {};
}

Result<std::optional<BlockChunk>> ChunkStream::next() {
    if (unread_ > 0 && left_.size() < chunker_.sizes().greatest)
        TRY(refill());
    if (left_.empty())
        return std::optional<BlockChunk>();
    const std::size_t size = chunker_.cut(left_);
    BlockChunk chunk{block_, left_.first(size)};
    left_ = left_.subspan(size);
    return std::optional<BlockChunk>(std::move(chunk));
}

} // namespace saoluu::engine
