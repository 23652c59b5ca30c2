// SPDX-License-Identifier: Apache-2.0
#include "data/chunker.hpp"

#include "random_bytes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

using namespace saoluu;
using data::Chunker;
using data::ChunkSizes;

namespace {

constexpr ChunkSizes kSmall{.least = 256, .average = 1024, .greatest = 4096};

data::GearTable table_of(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    data::GearTable table;
    std::generate(table.begin(), table.end(), std::ref(random));
    return table;
}

/// The page's words (FORMAT.md, section 7.3), one byte at a time.
std::size_t cut_as_written(util::BytesView data, const ChunkSizes& sizes,
                           const data::GearTable& table) {
    int bits = 0;
    while ((std::uint64_t{1} << bits) < sizes.average)
        ++bits;
    std::uint64_t hash = 0;
    for (std::size_t i = sizes.least; i < data.size() && i < sizes.greatest; ++i) {
        hash = (hash << 1) + table[std::to_integer<std::size_t>(data[i])];
        const int width = i < sizes.average ? bits + 2 : bits - 2;
        if (hash >> (64 - width) == 0)
            return i + 1;
    }
    return std::min<std::size_t>(data.size(), sizes.greatest);
}

/// Ends of all chunks of a stream.
std::vector<std::size_t> ends_of(const Chunker& chunker, util::BytesView stream) {
    std::vector<std::size_t> ends;
    for (std::size_t at = 0; at < stream.size(); ends.push_back(at))
        at += chunker.cut(stream.subspan(at));
    return ends;
}

} // namespace

TEST_CASE("the fast loop cuts where the format says") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        const auto table = table_of(seed);
        std::mt19937_64 random(seed);
        const std::uint64_t average = std::uint64_t{8} << (random() % 10);
        const ChunkSizes sizes{.least = 1 + random() % average,
                               .average = average,
                               .greatest = average + random() % (4 * average)};
        const Chunker chunker(sizes, table);
        const util::Bytes stream = test::random_bytes(20'000 + random() % 64, seed);
        for (util::BytesView left = stream; !left.empty();) {
            const std::size_t length = chunker.cut(left);
            REQUIRE(length == cut_as_written(left, sizes, table));
            left = left.subspan(length);
        }
    }
}

TEST_CASE("cuts are the same however the stream is handed over") {
    const Chunker chunker(kSmall, table_of(7));
    const util::Bytes stream = test::random_bytes(200'000, 7);
    const auto whole = ends_of(chunker, stream);

    // A reader that holds a window of any size that the interface allows, and moves it along.
    for (const std::size_t window : {4096UL, 4097UL, 5000UL, 65536UL}) {
        CAPTURE(window);
        std::vector<std::size_t> ends;
        for (std::size_t at = 0; at < stream.size(); ends.push_back(at))
            at += chunker.cut(
                util::BytesView(stream).subspan(at, std::min(window, stream.size() - at)));
        CHECK(ends == whole);
    }
}

TEST_CASE("every chunk is within its bounds") {
    const Chunker chunker(kSmall, table_of(3));
    const util::Bytes random = test::random_bytes(300'000, 3);
    const util::Bytes zeros(100'000);
    for (const util::BytesView stream : {util::BytesView(random), util::BytesView(zeros)}) {
        const auto ends = ends_of(chunker, stream);
        std::size_t start = 0;
        for (const std::size_t end : ends) {
            CHECK(end - start <= kSmall.greatest);
            if (end != ends.back())
                CHECK(end - start > kSmall.least);
            start = end;
        }
        CHECK(ends.back() == stream.size());
    }
}

TEST_CASE("random data gives chunks near the average") {
    const Chunker chunker(kSmall, table_of(11));
    const util::Bytes stream = test::random_bytes(4'000'000, 11);
    const std::size_t mean = stream.size() / ends_of(chunker, stream).size();
    // Normalised chunking: the mean lies a little over the average (the skipped bytes add to it).
    CHECK(mean > kSmall.average * 8 / 10);
    CHECK(mean < kSmall.average * 15 / 10);
}

TEST_CASE("after an edit the cuts fall into step again") {
    const Chunker chunker(kSmall, table_of(5));
    const util::Bytes stream = test::random_bytes(400'000, 5);
    const auto before = ends_of(chunker, stream);
    for (const std::size_t at : {0UL, 1UL, 100'000UL, 399'999UL}) {
        CAPTURE(at);
        util::Bytes edited = stream;
        const util::Bytes inserted = test::random_bytes(37, at);
        edited.insert(edited.begin() + static_cast<std::ptrdiff_t>(at), inserted.begin(),
                      inserted.end());

        std::set<std::size_t> unchanged; // ends in the old stream's positions
        for (const std::size_t end : ends_of(chunker, edited))
            unchanged.insert(end <= at ? end : end - inserted.size());

        const auto lost = std::count_if(before.begin(), before.end(),
                                        [&](std::size_t end) { return !unchanged.contains(end); });
        CHECK(lost <= 6); // of about 350
    }
}

TEST_CASE("streams at and below the least size are one chunk") {
    const Chunker chunker(kSmall, table_of(1));
    for (const std::size_t size : {1UL, 255UL, 256UL}) {
        const util::Bytes stream = test::random_bytes(size, size);
        CHECK(chunker.cut(stream) == size);
    }
}

TEST_CASE("another table gives other cuts") {
    const util::Bytes stream = test::random_bytes(100'000, 2);
    CHECK(ends_of(Chunker(kSmall, table_of(1)), stream) !=
          ends_of(Chunker(kSmall, table_of(2)), stream));
}

TEST_CASE("sizes that make no sense are seen") {
    CHECK(ChunkSizes{}.are_valid());
    CHECK(kSmall.are_valid());
    CHECK(ChunkSizes{.least = 8, .average = 8, .greatest = 8}.are_valid());
    CHECK_FALSE(ChunkSizes{.least = 256, .average = 1000, .greatest = 4096}.are_valid());
    CHECK_FALSE(ChunkSizes{.least = 2048, .average = 1024, .greatest = 4096}.are_valid());
    CHECK_FALSE(ChunkSizes{.least = 256, .average = 1024, .greatest = 1023}.are_valid());
    CHECK_FALSE(ChunkSizes{.least = 1, .average = 4, .greatest = 8}.are_valid());
    CHECK_FALSE(ChunkSizes{.least = 0, .average = 8, .greatest = 8}.are_valid());
    CHECK_FALSE(ChunkSizes{.least = 0, .average = 0, .greatest = 0}.are_valid());
}
