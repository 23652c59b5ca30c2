// SPDX-License-Identifier: Apache-2.0
#include "data/compress.hpp"

#include "random_bytes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

#include <zstd.h>

using namespace saoluu;
using data::Codec;
using util::Bytes;
using util::BytesView;

namespace {

/// Like a document: few words, in any order.
Bytes prose(std::size_t size, std::uint64_t seed) {
    constexpr std::array words = {"kho ",       "sao lưu ",   "bản chụp ", "khối dữ liệu ",
                                  "ngăn khóa ", "khôi phục ", "kiểm tra ", "diễn tập ",
                                  "báo cáo ",   "tháng\n"};
    std::mt19937_64 random(seed);
    std::string text;
    while (text.size() < size)
        text += words[random() % words.size()];
    return util::copy_of(util::as_bytes(text).first(size));
}

/// One frame made by zstd itself, with parameters of the test's choice.
Bytes frame_of(BytesView plain, std::initializer_list<std::pair<ZSTD_cParameter, int>> set = {}) {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    for (const auto& [what, value] : set)
        ZSTD_CCtx_setParameter(context, what, value);
    Bytes frame(ZSTD_compressBound(plain.size()));
    frame.resize(ZSTD_compress2(context, frame.data(), frame.size(), plain.data(), plain.size()));
    ZSTD_freeCCtx(context);
    return frame;
}

Result<void> decompress(BytesView stored, std::size_t length, Codec codec = Codec::zstd) {
    Bytes out(length);
    return data::Decompressor().decompress(codec, stored, out);
}

bool is_corrupt(const Result<void>& result) {
    return !result && result.error().kind() == ErrorKind::corrupt;
}

} // namespace

TEST_CASE("what is compressed comes back") {
    data::Decompressor decompressor;
    for (const int level : {1, 3, 9, 19}) {
        data::Compressor compressor(level); // used again for every chunk, as a backup does
        for (const std::size_t size : {0UL, 1UL, 100UL, 4095UL, 65536UL, 300'000UL, 2'000'000UL}) {
            for (const Bytes& plain :
                 {prose(size, size), test::random_bytes(size, size), Bytes(size)}) {
                CAPTURE(level);
                CAPTURE(size);
                const data::Compressed small = compressor.compress(plain);
                CHECK(small.bytes.size() <= plain.size());
                Bytes out(size);
                REQUIRE(decompressor.decompress(small.codec, small.bytes, out));
                CHECK(out == plain);
            }
        }
    }
}

TEST_CASE("prose shrinks and noise stays as it is, without a copy") {
    data::Compressor compressor;
    const Bytes text = prose(500'000, 1);
    const data::Compressed small = compressor.compress(text);
    CHECK(small.codec == Codec::zstd);
    CHECK(small.bytes.size() < text.size() / 4);

    const Bytes random = test::random_bytes(500'000, 1);
    const data::Compressed same = compressor.compress(random);
    CHECK(same.codec == Codec::raw);
    CHECK(same.bytes.data() == random.data());
}

TEST_CASE("a chunk that is text in one part and noise in the rest is still compressed") {
    data::Compressor compressor;
    const Bytes text = prose(40'000, 2);
    for (std::size_t at = 0; at + text.size() <= 500'000; at += 10'000) {
        CAPTURE(at);
        Bytes mixed = test::random_bytes(500'000, 2);
        std::copy(text.begin(), text.end(), mixed.begin() + static_cast<std::ptrdiff_t>(at));
        CHECK(compressor.compress(mixed).codec == Codec::zstd);
    }
}

TEST_CASE("a frame is plain zstd with its content size, no checksum, no dictionary") {
    data::Compressor compressor;
    const Bytes text = prose(100'000, 3);
    const data::Compressed small = compressor.compress(text);
    CHECK(ZSTD_getFrameContentSize(small.bytes.data(), small.bytes.size()) == text.size());
    CHECK(ZSTD_getDictID_fromFrame(small.bytes.data(), small.bytes.size()) == 0);
    CHECK((std::to_integer<unsigned>(small.bytes[4]) & 0x04) == 0); // RFC 8878: checksum flag
    CHECK(ZSTD_findFrameCompressedSize(small.bytes.data(), small.bytes.size()) ==
          small.bytes.size());
}

TEST_CASE("the same chunk gives the same bytes, whatever came before it") {
    data::Compressor used(3);
    data::Compressor fresh(3);
    const Bytes text = prose(300'000, 4);
    (void)used.compress(prose(1'000'000, 5));
    (void)used.compress(test::random_bytes(100'000, 5));
    const Bytes first = util::copy_of(used.compress(text).bytes);
    CHECK(util::equal(first, fresh.compress(text).bytes));
}

TEST_CASE("a frame of another length is refused") {
    const Bytes text = prose(10'000, 6);
    const Bytes frame = frame_of(text);
    CHECK(decompress(frame, text.size()));
    CHECK(is_corrupt(decompress(frame, text.size() - 1)));
    CHECK(is_corrupt(decompress(frame, text.size() + 1)));
    CHECK(is_corrupt(decompress(frame, 0)));
    CHECK(is_corrupt(decompress(text, text.size() + 1, Codec::raw)));
    CHECK(is_corrupt(decompress(text, text.size() - 1, Codec::raw)));
}

TEST_CASE("bytes behind the frame, a second frame and a cut frame are refused") {
    const Bytes text = prose(10'000, 7);
    const Bytes frame = frame_of(text);
    Bytes longer = frame;
    longer.push_back(std::byte{0});
    CHECK(is_corrupt(decompress(longer, text.size())));

    Bytes two = frame;
    util::append(two, frame_of({}));
    CHECK(is_corrupt(decompress(two, text.size())));

    Bytes skippable = frame; // a frame that decoders pass over
    util::append(skippable, util::as_bytes(std::string_view("\x50\x2a\x4d\x18\0\0\0\0", 8)));
    CHECK(is_corrupt(decompress(skippable, text.size())));
    CHECK(is_corrupt(decompress(BytesView(skippable).subspan(frame.size()), 0)));

    for (std::size_t size = 0; size < frame.size(); ++size)
        CHECK(is_corrupt(decompress(BytesView(frame).first(size), text.size())));
}

TEST_CASE("a frame that does not tell its size is refused") {
    const Bytes text = prose(10'000, 8);
    CHECK(is_corrupt(decompress(frame_of(text, {{ZSTD_c_contentSizeFlag, 0}}), text.size())));
}

TEST_CASE("a frame that asks for a window over 8 MiB is refused") {
    // Streamed with an unknown size, the frame carries its window; the size is patched in here:
    // descriptor (4-byte size), window descriptor 2^24, content size 3, one raw last block.
    Bytes frame = util::copy_of(
        util::as_bytes(std::string_view("\x28\xb5\x2f\xfd\x80\x70\x03\0\0\0\x19\0\0abc", 16)));
    CHECK(is_corrupt(decompress(frame, 3)));
    frame[5] = std::byte{0x68}; // 2^23 is the largest that the format allows
    CHECK(decompress(frame, 3));
    frame[5] = std::byte{0x69};
    CHECK(is_corrupt(decompress(frame, 3)));
}

TEST_CASE("a frame that names a dictionary is refused") {
    const Bytes frame = util::copy_of(
        util::as_bytes(std::string_view("\x28\xb5\x2f\xfd\x21\x07\x03\x19\0\0abc", 13)));
    CHECK(is_corrupt(decompress(frame, 3)));
}

TEST_CASE("a bomb cannot grow over the length that was asked for") {
    const Bytes frame = frame_of(Bytes(8 << 20));
    CHECK(frame.size() < 2000);
    CHECK(is_corrupt(decompress(frame, 1000)));
}

TEST_CASE("a flipped bit is an error or other bytes, never a crash") {
    const Bytes text = prose(3'000, 9);
    const Bytes frame = frame_of(text);
    data::Decompressor decompressor;
    Bytes out(text.size());
    for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
        Bytes flipped = frame;
        flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        (void)decompressor.decompress(Codec::zstd, flipped, out);
    }
    REQUIRE(decompressor.decompress(Codec::zstd, frame, out));
    CHECK(out == text);
}

TEST_CASE("an unknown codec is named") {
    const auto result = decompress({}, 0, static_cast<Codec>(2));
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == ErrorKind::unsupported);
    CHECK(result.error().message().find('2') != std::string::npos);
}
