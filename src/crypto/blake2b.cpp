// SPDX-License-Identifier: Apache-2.0
#include "crypto/blake2b.hpp"

#include "util/assert.hpp"

#include <algorithm>
#include <cstring>

namespace saoluu::crypto {
namespace {

constexpr std::array<std::uint64_t, 8> kStart = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

/// Which words of a block each round takes (RFC 7693, 2.7).
constexpr std::uint8_t kOrder[12][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                         {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
                                         {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
                                         {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
                                         {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
                                         {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
                                         {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
                                         {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
                                         {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
                                         {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
                                         {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                         {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3}};

// What follows is written once for one stream (Word: a number) and for four (Word: a vector of four
// numbers). It is inlined by force, into functions that may use more of the processor.

template <class Word>
[[gnu::always_inline]] inline void turn(Word& x, int bits) {
    x = (x >> bits) | (x << (64 - bits));
}

template <class Word>
[[gnu::always_inline]] inline void mix(Word& a, Word& b, Word& c, Word& d, const Word& x,
                                       const Word& y) {
    a += b + x;
    d ^= a;
    turn(d, 32);
    c += d;
    b ^= c;
    turn(b, 24);
    a += b + y;
    d ^= a;
    turn(d, 16);
    c += d;
    b ^= c;
    turn(b, 63);
}

/// state: the 8 words so far; v[8] to v[15] and the block are set by the caller
template <class Word>
[[gnu::always_inline]] inline void rounds(Word* state, Word* v, const Word* block) {
    for (int i = 0; i < 8; ++i)
        v[i] = state[i];
#pragma GCC unroll 12
    for (int round = 0; round < 12; ++round) {
        const std::uint8_t* const s = kOrder[round];
        mix(v[0], v[4], v[8], v[12], block[s[0]], block[s[1]]);
        mix(v[1], v[5], v[9], v[13], block[s[2]], block[s[3]]);
        mix(v[2], v[6], v[10], v[14], block[s[4]], block[s[5]]);
        mix(v[3], v[7], v[11], v[15], block[s[6]], block[s[7]]);
        mix(v[0], v[5], v[10], v[15], block[s[8]], block[s[9]]);
        mix(v[1], v[6], v[11], v[12], block[s[10]], block[s[11]]);
        mix(v[2], v[7], v[8], v[13], block[s[12]], block[s[13]]);
        mix(v[3], v[4], v[9], v[14], block[s[14]], block[s[15]]);
    }
    for (int i = 0; i < 8; ++i)
        state[i] ^= v[i] ^ v[i + 8];
}

} // namespace

Blake2b::Blake2b(util::BytesView key) : state_(kStart) {
    ASSERT(key.size() <= 64);
    // Parameters: digest's length, key's length, no tree (RFC 7693, 2.5).
    state_[0] ^= 0x01010000 ^ (key.size() << 8) ^ kDigest;
    if (!key.empty()) {
        held_.fill(std::byte{0});
        std::ranges::copy(key, held_.begin());
        held_size_ = kBlock;
    }
}

/// last: all ones in the last block of a stream, else 0
void Blake2b::compress(const std::byte* block, std::uint64_t last) {
    std::uint64_t m[16], v[16];
    for (int i = 0; i < 16; ++i)
        m[i] = util::load_le<std::uint64_t>(block + 8 * i);
    std::ranges::copy(kStart, v + 8);
    v[12] ^= counted_;
    v[14] ^= last;
    rounds(state_.data(), v, m);
}

/// Fills and compresses what is held; afterwards nothing is held and what is left is not empty, or
/// all is held.
util::BytesView Blake2b::absorb_beginning(util::BytesView bytes) {
    if (held_size_ == 0)
        return bytes;
    const util::BytesView more = bytes.first(std::min(kBlock - held_size_, bytes.size()));
    std::ranges::copy(more, held_.begin() + static_cast<std::ptrdiff_t>(held_size_));
    held_size_ += more.size();
    bytes = bytes.subspan(more.size());
    if (bytes.empty())
        return {}; // a whole block may be the last
    counted_ += kBlock;
    compress(held_.data(), 0);
    held_size_ = 0;
    return bytes;
}

void Blake2b::update(util::BytesView bytes) {
    bytes = absorb_beginning(bytes);
    for (; bytes.size() > kBlock; bytes = bytes.subspan(kBlock)) {
        counted_ += kBlock;
        compress(bytes.data(), 0);
    }
    std::ranges::copy(bytes, held_.begin() + static_cast<std::ptrdiff_t>(held_size_));
    held_size_ += bytes.size();
}

std::array<std::byte, Blake2b::kDigest> Blake2b::finish() {
    counted_ += held_size_;
    std::fill(held_.begin() + static_cast<std::ptrdiff_t>(held_size_), held_.end(), std::byte{0});
    compress(held_.data(), ~std::uint64_t{0});
    std::array<std::byte, kDigest> digest{};
    for (std::size_t i = 0; i < kDigest / 8; ++i)
        util::store_le(digest.data() + 8 * i, state_[i]);
    return digest;
}

#if defined(__x86_64__)

template <class Lanes>
struct Blake2bLanes {
    [[gnu::always_inline]] static inline void compress(const std::array<Blake2b*, 4>& streams,
                                                       std::array<const std::byte*, 4>& in,
                                                       std::size_t blocks) {
        Lanes state[8], counted;
        for (int lane = 0; lane < 4; ++lane) {
            for (std::size_t i = 0; i < 8; ++i)
                state[i][lane] = streams[static_cast<std::size_t>(lane)]->state_[i];
            counted[lane] = streams[static_cast<std::size_t>(lane)]->counted_;
        }
        for (std::size_t done = 0; done < blocks; ++done) {
            Lanes m[16], v[16];
            for (int i = 0; i < 16; ++i)
                for (int lane = 0; lane < 4; ++lane) {
                    std::uint64_t word = 0;
                    std::memcpy(&word, in[static_cast<std::size_t>(lane)] + 8 * i, 8);
                    m[i][lane] = word;
                }
            for (auto& place : in)
                place += Blake2b::kBlock;
            counted += Blake2b::kBlock;
            for (std::size_t i = 0; i < 8; ++i)
                v[i + 8] = Lanes{} + kStart[i];
            v[12] ^= counted;
            rounds(state, v, m);
        }
        for (int lane = 0; lane < 4; ++lane) {
            for (std::size_t i = 0; i < 8; ++i)
                streams[static_cast<std::size_t>(lane)]->state_[i] = state[i][lane];
            streams[static_cast<std::size_t>(lane)]->counted_ = counted[lane];
        }
    }
};

namespace {

using FourWords [[gnu::vector_size(32)]] = std::uint64_t;

[[gnu::target("avx2")]] void compress_avx2(std::array<Blake2b*, 4> streams,
                                           std::array<const std::byte*, 4>& in,
                                           std::size_t blocks) {
    Blake2bLanes<FourWords>::compress(streams, in, blocks);
}

/// Has an instruction for turning words, and twice the registers.
[[gnu::target("avx2,avx512f,avx512vl")]] void compress_avx512(std::array<Blake2b*, 4> streams,
                                                              std::array<const std::byte*, 4>& in,
                                                              std::size_t blocks) {
    Blake2bLanes<FourWords>::compress(streams, in, blocks);
}

constexpr std::array<Blake2b::Way, 2> kWays = {
    {{.name = "avx2", .compress = compress_avx2}, {.name = "avx512", .compress = compress_avx512}}};

} // namespace

std::span<const Blake2b::Way> Blake2b::ways() {
    if (!__builtin_cpu_supports("avx2"))
        return {};
    const bool has_all = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
    return std::span(kWays).first(has_all ? 2 : 1);
}

#else

std::span<const Blake2b::Way> Blake2b::ways() {
    return {};
}

#endif

void Blake2b::update_all(std::span<Job> jobs) {
    static const Way* const best = ways().empty() ? nullptr : &ways().back();
    update_all(jobs, best);
}

void Blake2b::update_all(std::span<Job> jobs, const Way* way) {
    if (way == nullptr) {
        for (const Job& job : jobs)
            job.stream->update(job.bytes);
        return;
    }
    // Whole blocks that are not the last of what a job brings.
    const auto blocks_of = [](const Job& job) {
        return job.bytes.empty() ? 0 : (job.bytes.size() - 1) / kBlock;
    };
    for (Job& job : jobs)
        job.bytes = job.stream->absorb_beginning(job.bytes);
    // Longest first, so that the last that are left end together.
    std::ranges::sort(jobs, std::ranges::greater(), blocks_of);
    std::array<Job*, 4> lanes{};
    std::array<Blake2b, 4> spare; // work in lanes that have nothing to do
    for (std::size_t taken = 0;;) {
        std::size_t busy = 0, blocks = 0;
        const std::byte* readable = nullptr;
        for (Job*& lane : lanes) {
            if (lane != nullptr && blocks_of(*lane) == 0)
                lane = nullptr;
            if (lane == nullptr && taken < jobs.size() && blocks_of(jobs[taken]) > 0)
                lane = &jobs[taken++];
            if (lane == nullptr)
                continue;
            readable = lane->bytes.data();
            const std::size_t own = blocks_of(*lane);
            blocks = busy++ == 0 ? own : std::min(blocks, own);
        }
        if (busy < 2)
            break; // one alone is as fast by itself
        std::array<Blake2b*, 4> streams{};
        std::array<const std::byte*, 4> in{};
        for (std::size_t i = 0; i < 4; ++i) {
            streams[i] = lanes[i] == nullptr ? &spare[i] : lanes[i]->stream;
            in[i] = lanes[i] == nullptr ? readable : lanes[i]->bytes.data();
        }
        way->compress(streams, in, blocks);
        for (Job* lane : lanes)
            if (lane != nullptr)
                lane->bytes = lane->bytes.subspan(blocks * kBlock);
    }
    for (const Job& job : jobs)
        job.stream->update(job.bytes);
}

} // namespace saoluu::crypto
