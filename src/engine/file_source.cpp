// SPDX-License-Identifier: Apache-2.0
#include "engine/file_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>

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

} // namespace

bool open_file(const ScanItem& item, OpenedFile& file) {
    int number = open_to_read(item, O_NONBLOCK);
    if (number < 0 && errno == EWOULDBLOCK) {
        // Someone holds a lease on it (a file server does): the system makes them give it up
        // within its lease-break-time, for whoever waits. Only a FIFO could make us wait for ever.
        struct stat info {};
        if (::fstatat(item.folder->get(), item.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
            return false;
        if (!S_ISREG(info.st_mode)) {
            errno = ENOENT;
            return false;
        }
        number = open_to_read(item, 0);
    }
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

Result<void> ChunkStream::refill() {
    std::shared_ptr<util::Bytes> next = pool_.take();
    // The few bytes that did not make a chunk go before the new ones.
    if (!left_.empty())
        std::memcpy(next->data(), left_.data(), left_.size());
    const std::span<std::byte> room = std::span(*next).subspan(left_.size());
    const std::size_t got = TRY(util::read_some(fd_, room, "read"));
    at_end_ = got < room.size();
    left_ = util::BytesView(next->data(), left_.size() + got);
    block_ = std::move(next);
    return {};
}

Result<std::optional<BlockChunk>> ChunkStream::next() {
    if (!at_end_ && left_.size() < chunker_.sizes().greatest)
        TRY(refill());
    if (left_.empty())
        return std::optional<BlockChunk>();
    const std::size_t size = chunker_.cut(left_);
    BlockChunk chunk{block_, left_.first(size)};
    left_ = left_.subspan(size);
    return std::optional<BlockChunk>(std::move(chunk));
}

} // namespace saoluu::engine
