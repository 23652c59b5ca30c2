// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace saoluu::store {

/// One request of a store that reads ahead: enough that the way to the store and back is a small
/// part of it, and little enough that a few of them are under way at once.
constexpr std::uint64_t kReadAheadBlock = std::uint64_t{4} << 20;
/// What a network of 100 ms and 100 MB/s holds on its way is 10 MB. Twice that, and what is
/// fetched and not yet taken.
constexpr std::uint64_t kReadAheadMemory = std::uint64_t{32} << 20;
constexpr unsigned kReadAheadThreads = 8;
/// How far whoever reads several objects side by side is ahead of all of them together.
constexpr std::uint64_t kReadAheadReach = std::uint64_t{24} << 20;

/// `base`, whose will_read() fetches: threads of its own read what was announced, in that order,
/// and read() takes it from there. A block is held until each of its bytes was handed out, and
/// then is gone: whoever reads once more asks the store. Announced twice is fetched once.
/// A read of what nobody announced, or what no thread has begun, never waits for another: it is
/// done by its own thread. Blocks that nobody takes go when others need their room, the oldest
/// first.
/// errors: one of io that ended a fetch is its reader's: the store was tried as long as it may be.
///         After any other the reader tries by itself: what was announced may be less exact than
///         what is read.
/// memory: `memory` bytes, and one block for each thread that reads a part of what no thread has
///         begun; a place in a queue for each block announced
std::unique_ptr<Store> make_reading_ahead(std::unique_ptr<Store> base,
                                          unsigned threads = kReadAheadThreads,
                                          std::uint64_t memory = kReadAheadMemory);

/// Announces an object that is read from its beginning on, piece by piece, always a while ahead.
class AnnouncedRange {
public:
    /// end: how far it will be read; ahead: how far ahead
    AnnouncedRange(Store& store, std::string name, std::uint64_t end, std::uint64_t ahead)
        : store_(store), name_(std::move(name)), end_(end), ahead_(ahead) {}
    /// What is read next begins at `at`.
    void reading(std::uint64_t at);

private:
    Store& store_;
    const std::string name_;
    const std::uint64_t end_, ahead_;
    std::uint64_t announced_ = 0; ///< up to here
};

} // namespace saoluu::store
