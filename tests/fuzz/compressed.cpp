// SPDX-License-Identifier: Apache-2.0
#include "data/compress.hpp"
#include "format/types.hpp"
#include "fuzz.hpp"

/// A chunk as it lies in a frame that was opened: what the directory says of it may be a lie.

using namespace saoluu;
using namespace saoluu::fuzz;

namespace {

/// What is compressed again; more only takes time.
constexpr std::size_t kSmall = 64 << 10;

/// The length that a zstd frame without a window of its own says, where it has one; a directory
/// that says the same lets more of the frame be looked at.
std::uint64_t told_by(BytesView stored, std::uint64_t otherwise) {
    if (stored.size() < 13)
        return otherwise;
    switch (std::to_integer<unsigned>(stored[4]) & 0xe3) {
    case 0x20:
        return std::to_integer<std::uint64_t>(stored[5]);
    case 0x60:
        return util::load_le<std::uint16_t>(stored.data() + 5) + std::uint64_t{256};
    case 0xa0:
        return util::load_le<std::uint32_t>(stored.data() + 5);
    case 0x40:
        return util::load_le<std::uint16_t>(stored.data() + 6) + std::uint64_t{256};
    case 0x80:
        return util::load_le<std::uint32_t>(stored.data() + 6);
    default:
        return otherwise;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static data::Decompressor decompressor;
    static data::Compressor compressor;
    Input in(data, size);
    const auto codec = static_cast<data::Codec>(in.choice(3));
    const std::uint64_t directory = in.number(3);
    const std::uint64_t told = told_by(in.rest(), directory);
    if (told > format::limits::kDataChunk)
        return 0; // the directory is refused before
    // At the end of memory that is taken once, so that a byte too many is seen all the same.
    static Bytes space(format::limits::kDataChunk);
    const std::span<std::byte> plain = std::span(space).last(static_cast<std::size_t>(told));
    if (!decompressor.decompress(codec, in.rest(), plain))
        return 0;
    demand(codec != data::Codec::raw || util::equal(plain, in.rest()), "raw is as it is");
    if (plain.size() > kSmall)
        return 0;
    const data::Compressed again = compressor.compress(plain);
    Bytes back(plain.size());
    demand(decompressor.decompress(again.codec, again.bytes, back).has_value() &&
               util::equal(back, plain),
           "what was compressed comes back");
    return 0;
}
