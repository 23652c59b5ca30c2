// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace saoluu::util {

/// A queue between two stages that holds at most `capacity` of weight (bytes, or items of weight
/// 1). One item heavier than the capacity passes alone, so that nothing can wait forever. Threads:
/// any number of pushers and poppers.
template <class T>
class BoundedQueue {
public:
    explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

    /// Waits for room. False: the queue is closed, the item is dropped.
    bool push(T item, std::size_t weight = 1) {
        std::unique_lock lock(mutex_);
        room_.wait(lock,
                   [&] { return closed_ || items_.empty() || weight_ + weight <= capacity_; });
        if (closed_)
            return false;
        weight_ += weight;
        items_.emplace_back(std::move(item), weight);
        lock.unlock();
        filled_.notify_all();
        return true;
    }

    /// Waits for an item, and while the queue is open until at least `threshold` of weight lies in
    /// it: a helper with a threshold takes part only when there is work for two. After close() the
    /// rest is handed out; then nullopt.
    std::optional<T> pop(std::size_t threshold = 0) {
        std::unique_lock lock(mutex_);
        filled_.wait(lock, [&] { return closed_ || (!items_.empty() && weight_ >= threshold); });
        if (items_.empty())
            return std::nullopt;
        std::pair<T, std::size_t> front = std::move(items_.front());
        items_.pop_front();
        weight_ -= front.second;
        lock.unlock();
        room_.notify_all();
        return std::move(front.first);
    }

    /// No more items come; those inside are still handed out.
    void close() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        filled_.notify_all();
        room_.notify_all();
    }

    /// Closes and drops what is inside: a stage failed.
    void abort() {
        std::deque<std::pair<T, std::size_t>> dropped; // destroyed outside the lock
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
            dropped.swap(items_);
            weight_ = 0;
        }
        filled_.notify_all();
        room_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable room_;
    std::condition_variable filled_;
    std::deque<std::pair<T, std::size_t>> items_;
    const std::size_t capacity_;
    std::size_t weight_ = 0;
    bool closed_ = false;
};

} // namespace saoluu::util
