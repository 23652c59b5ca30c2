// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace saoluu::crypto {

/// A BLAKE2b-256 under way (RFC 7693). libsodium's own can't work on several streams at once, which
/// is what the time of a backup and of a check depends on most (tests/bench); the tests hold this
/// one against it.
class Blake2b {
public:
    static constexpr std::size_t kBlock = 128;
    static constexpr std::size_t kDigest = 32;

    /// key: empty, or up to 64 bytes
    explicit Blake2b(util::BytesView key = {});
    void update(util::BytesView bytes);
    /// Ends it; update no more.
    std::array<std::byte, kDigest> finish();

    /// What comes next for one stream.
    struct Job {
        Blake2b* stream;
        util::BytesView bytes;
    };
    /// Updates many streams, four at a time where the processor has AVX2 (two to three times as
    /// fast as one after the other). No stream may be named twice. Changes the jobs.
    static void update_all(std::span<Job> jobs);

    /// The ways to work on four streams at once, the best last; for tests and benchmarks.
    struct Way {
        const char* name;
        /// Takes `blocks` whole blocks from each of four places, which go on by as much; none of
        /// them the last of its stream.
        void (*compress)(std::array<Blake2b*, 4> streams, std::array<const std::byte*, 4>& in,
                         std::size_t blocks);
    };
    /// Of this processor; may be none.
    static std::span<const Way> ways();
    static void update_all(std::span<Job> jobs, const Way* way);

private:
    template <class Lanes>
    friend struct Blake2bLanes;
    void compress(const std::byte* block, std::uint64_t last);
    util::BytesView absorb_beginning(util::BytesView bytes);

    std::array<std::uint64_t, 8> state_;
    std::uint64_t counted_ = 0; ///< bytes that were compressed
    std::array<std::byte, kBlock> held_;
    std::size_t held_size_ = 0; ///< never whole blocks but the last: that one is marked
};

} // namespace saoluu::crypto
