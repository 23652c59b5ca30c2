// SPDX-License-Identifier: Apache-2.0
#include "store/read_ahead.hpp"

#include "store/forwarding.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <iterator>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace saoluu::store {

namespace {

/// A small range before a block, such as the header of a pack, is fetched along with it.
constexpr std::uint64_t kSlack = std::uint64_t{64} << 10;
/// Of blocks announced: who announces more than that is not listened to.
constexpr std::size_t kMostBlocks = 16'384;

struct Block {
    std::string name;
    std::uint64_t from = 0;
    std::uint64_t size = 0;
    enum class State { queued, fetching, ready, failed } state = State::queued;
    util::Bytes bytes; ///< written by the one who fetches, without the lock
    std::optional<Error> error;
    std::map<std::uint64_t, std::uint64_t> taken;        ///< from, end: ranges that were handed out
    std::list<std::shared_ptr<Block>>::iterator place{}; ///< in the queue, or among those held

    [[nodiscard]] std::uint64_t end() const { return from + size; }
    /// Whether all were handed out by now.
    bool take(std::uint64_t begin, std::uint64_t stop);
};
using SharedBlock = std::shared_ptr<Block>; // a reader copies from it after it was dropped

bool Block::take(std::uint64_t begin, std::uint64_t stop) {
    auto next = taken.upper_bound(begin);
    if (next != taken.begin() && std::prev(next)->second >= begin)
        --next;
    while (next != taken.end() && next->first <= stop) {
        begin = std::min(begin, next->first);
        stop = std::max(stop, next->second);
        next = taken.erase(next);
    }
    taken.emplace(begin, stop);
    return begin <= from && stop >= end();
}

class ReadingAhead final : public ForwardingStore {
public:
    ReadingAhead(std::unique_ptr<Store> base, unsigned threads, std::uint64_t memory)
        : ForwardingStore(std::move(base)), memory_(memory), most_threads_(threads) {}
    ~ReadingAhead() override {
        {
            const std::lock_guard lock(mutex_);
            is_stopping_ = true;
        }
        work_.notify_all();
        threads_.clear();
    }

    void will_read(std::string_view name, std::uint64_t offset, std::uint64_t size) override;
    Result<void> read(std::string_view name, std::uint64_t offset,
                      std::span<std::byte> out) override;
    Result<void> remove(std::string_view name) override {
        forget(name);
        return base().remove(name);
    }

private:
    using Blocks = std::map<std::uint64_t, SharedBlock>; ///< of one object; they don't overlap

    void announce(const std::string& name, std::uint64_t from, std::uint64_t end);
    void start_threads();
    void fetch_all();
    void fetch(const SharedBlock& block, std::unique_lock<std::mutex>& lock);
    [[nodiscard]] bool can_fetch() const;
    void make_room(std::uint64_t size);
    void drop(SharedBlock block);
    void forget(std::string_view name);
    SharedBlock block_at(std::string_view name, std::uint64_t offset,
                         std::uint64_t& next_from) const;

    const std::uint64_t memory_;
    const unsigned most_threads_;
    std::mutex mutex_;
    std::condition_variable work_; ///< for those who fetch: a block, or room for one
    std::condition_variable done_; ///< for those who read: a block was fetched
    std::map<std::string, Blocks, std::less<>> blocks_;
    std::list<SharedBlock> queue_; ///< not begun
    std::list<SharedBlock> held_;  ///< fetched or under way, the oldest first
    std::size_t count_ = 0;
    std::uint64_t used_ = 0; ///< by those that are held
    bool is_stopping_ = false;
    std::vector<std::jthread> threads_; ///< last: they use what stands above
};

void ReadingAhead::will_read(std::string_view name, std::uint64_t offset, std::uint64_t size) {
    if (size == 0 || offset + size < offset)
        return;
    {
        const std::lock_guard lock(mutex_);
        const std::string key(name);
        std::uint64_t at = offset;
        const std::uint64_t end = offset + size;
        while (at < end) { // what is announced already stays as it is
            std::uint64_t next = end;
            if (const SharedBlock known = block_at(name, at, next)) {
                at = known->end();
                continue;
            }
            next = std::min(next, end);
            announce(key, at, next);
            at = next;
        }
        start_threads();
    }
    work_.notify_all();
}

/// A range that no block has any part of.
void ReadingAhead::announce(const std::string& name, std::uint64_t from, std::uint64_t end) {
    if (!queue_.empty()) {
        Block& last = *queue_.back();
        if (last.name == name && last.end() == from) {
            const std::uint64_t most =
                last.size <= kSlack ? kReadAheadBlock + kSlack : kReadAheadBlock;
            const std::uint64_t more = std::min(end - from, most - std::min(most, last.size));
            last.size += more;
            from += more;
        }
    }
    Blocks& of = blocks_[name];
    while (from < end && count_ < kMostBlocks) {
        const std::uint64_t size = std::min(end - from, kReadAheadBlock);
        const auto block = std::make_shared<Block>();
        block->name = name;
        block->from = from;
        block->size = size;
        of.emplace(from, block);
        block->place = queue_.insert(queue_.end(), block);
        ++count_;
        from += size;
    }
    if (of.empty())
        blocks_.erase(name);
}

void ReadingAhead::start_threads() {
    while (threads_.size() < most_threads_ && threads_.size() < queue_.size()) {
        try {
            threads_.emplace_back([this] { fetch_all(); });
        } catch (const std::system_error&) {
            return; // then fewer fetch, or each reader by itself
        }
    }
}

/// The block that holds the byte; else null, and where the next begins, if before `next_from`.
SharedBlock ReadingAhead::block_at(std::string_view name, std::uint64_t offset,
                                   std::uint64_t& next_from) const {
    const auto of = blocks_.find(name);
    if (of == blocks_.end())
        return nullptr;
    const auto next = of->second.upper_bound(offset);
    if (next != of->second.end())
        next_from = std::min(next_from, next->first);
    if (next == of->second.begin())
        return nullptr;
    const SharedBlock& before = std::prev(next)->second;
    return offset < before->end() ? before : nullptr;
}

bool ReadingAhead::can_fetch() const {
    // One larger than the budget is fetched alone.
    return !queue_.empty() && (used_ + queue_.front()->size <= memory_ || used_ == 0);
}

void ReadingAhead::fetch_all() {
    std::unique_lock lock(mutex_);
    for (;;) {
        work_.wait(lock, [&] { return is_stopping_ || can_fetch(); });
        if (is_stopping_)
            return;
        const SharedBlock block = queue_.front();
        fetch(block, lock);
    }
}

/// Fetches one that is queued.
void ReadingAhead::fetch(const SharedBlock& block, std::unique_lock<std::mutex>& lock) {
    held_.splice(held_.end(), queue_, block->place);
    used_ += block->size;
    block->state = Block::State::fetching;
    lock.unlock();
    Result<void> read;
    try {
        block->bytes.resize(static_cast<std::size_t>(block->size));
        read = base().read(block->name, block->from, block->bytes);
    } catch (const std::exception& thrown) { // else its reader would wait for ever
        read = fail(ErrorKind::no_memory, thrown.what());
    }
    lock.lock();
    block->state = read ? Block::State::ready : Block::State::failed;
    if (!read) {
        block->error = std::move(read.error());
        block->bytes = {};
    }
    done_.notify_all();
}

/// Nobody finds it any more. Who is copying from it, or waits for it, still holds it.
void ReadingAhead::drop(SharedBlock block) {
    const auto of = blocks_.find(block->name);
    if (of == blocks_.end())
        return;
    const auto found = of->second.find(block->from);
    if (found == of->second.end() || found->second != block)
        return;
    of->second.erase(found);
    if (of->second.empty())
        blocks_.erase(of);
    --count_;
    if (block->state == Block::State::queued) {
        queue_.erase(block->place);
    } else {
        held_.erase(block->place);
        used_ -= block->size;
    }
    work_.notify_all();
}

/// Readers are ahead of what is fetched: what lies there untouched is not what they want.
void ReadingAhead::make_room(std::uint64_t size) {
    for (auto next = held_.begin(); next != held_.end() && used_ + size > memory_;) {
        const SharedBlock oldest = *next++;
        if (oldest->state == Block::State::ready || oldest->state == Block::State::failed)
            drop(oldest);
    }
}

void ReadingAhead::forget(std::string_view name) {
    const std::lock_guard lock(mutex_);
    const auto of = blocks_.find(name);
    if (of == blocks_.end())
        return;
    const Blocks gone = of->second;
    for (const auto& [from, block] : gone)
        drop(block);
}

Result<void> ReadingAhead::read(std::string_view name, std::uint64_t offset,
                                std::span<std::byte> out) {
    std::unique_lock lock(mutex_);
    while (!out.empty()) {
        std::uint64_t next_from = offset + out.size();
        const SharedBlock block = block_at(name, offset, next_from);
        if (block == nullptr) {
            const auto size =
                static_cast<std::size_t>(std::min<std::uint64_t>(next_from - offset, out.size()));
            lock.unlock();
            TRY(base().read(name, offset, out.first(size)));
            lock.lock();
            offset += size;
            out = out.subspan(size);
            continue;
        }
        if (block->state == Block::State::queued) {
            if (block->from == offset && block->size <= out.size()) {
                drop(block); // all of it: straight to where it belongs
                continue;
            }
            make_room(block->size);
            fetch(block, lock);
        }
        done_.wait(lock, [&] { return block->state != Block::State::fetching; });
        if (block->state == Block::State::failed) {
            drop(block);
            if (block->error->kind() == ErrorKind::io)
                return Failure(*block->error);
            continue;
        }
        const std::uint64_t stop = std::min<std::uint64_t>(block->end(), offset + out.size());
        const auto size = static_cast<std::size_t>(stop - offset);
        lock.unlock();
        std::memcpy(out.data(), block->bytes.data() + (offset - block->from), size);
        lock.lock();
        if (block->take(offset, stop))
            drop(block);
        offset = stop;
        out = out.subspan(size);
    }
    return {};
}

} // namespace

void AnnouncedRange::reading(std::uint64_t at) {
    const std::uint64_t wanted = std::min(end_, at + ahead_);
    while (announced_ < wanted) {
        const std::uint64_t block = std::clamp(ahead_, kReadAheadBlock / 4, kReadAheadBlock);
        const std::uint64_t size = std::min(end_ - announced_, block);
        store_.will_read(name_, announced_, size);
        announced_ += size;
    }
}

std::unique_ptr<Store> make_reading_ahead(std::unique_ptr<Store> base, unsigned threads,
                                          std::uint64_t memory) {
    return std::make_unique<ReadingAhead>(std::move(base), threads, memory);
}

} // namespace saoluu::store
