// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/bytes.hpp"

#include "saoluu/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace saoluu::data {

/// How a chunk's bytes lie in its frame (FORMAT.md, section 7.3).
enum class Codec : std::uint8_t { raw = 0, zstd = 1 };

/// A form of `plain` that may be smaller; `bytes` points into the compressor or at `plain`.
struct Compressed {
    Codec codec;
    util::BytesView bytes;
};

/// Compresses chunks, one after the other; keeps its tables between them. One per thread.
/// memory: zstd's tables for the level and the largest chunk so far, and a buffer of that size
class Compressor {
public:
    /// level: zstd's, 1 to 19; others are taken as the nearest
    explicit Compressor(int level = 3);
    Compressor(Compressor&&) noexcept;
    Compressor& operator=(Compressor&&) noexcept;
    ~Compressor();

    /// The smaller form: raw where zstd saves less than about 3 %; a sample tells early for large
    /// chunks of data that is compressed already. Valid until the next call, and while `plain` is.
    Compressed compress(util::BytesView plain);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Undoes Compressor. One per thread.
class Decompressor {
public:
    Decompressor();
    Decompressor(Decompressor&&) noexcept;
    Decompressor& operator=(Decompressor&&) noexcept;
    ~Decompressor();

    /// out: exactly the plain length, which the caller has checked against the format's limit; its
    ///      contents are undefined after an error
    /// errors: corrupt if the frame is not one zstd frame of exactly that length, has a window over
    ///         8 MiB, a dictionary, or bytes behind it; unsupported for an unknown codec
    Result<void> decompress(Codec codec, util::BytesView stored, std::span<std::byte> out);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace saoluu::data
