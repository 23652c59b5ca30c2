// SPDX-License-Identifier: Apache-2.0
#include "crypto/blake2b.hpp"

#include "random_bytes.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <vector>

#include <sodium.h>

using namespace saoluu;
using crypto::Blake2b;
using util::Bytes;
using util::BytesView;
using Digest = std::array<std::byte, Blake2b::kDigest>;

namespace {

Digest as_libsodium(BytesView key, BytesView bytes) {
    Digest digest{};
    const auto units = [](BytesView view) {
        return reinterpret_cast<const unsigned char*>(view.data());
    };
    REQUIRE(::crypto_generichash(reinterpret_cast<unsigned char*>(digest.data()), digest.size(),
                                 units(bytes), bytes.size(), key.empty() ? nullptr : units(key),
                                 key.size()) == 0);
    return digest;
}

/// Streams with what they should come to; each is fed in parts.
struct Streams {
    std::vector<Bytes> keys, texts;
    std::vector<Blake2b> streams;
    std::vector<std::size_t> fed;

    void add(Bytes key, Bytes text) {
        streams.emplace_back(key);
        keys.push_back(std::move(key));
        texts.push_back(std::move(text));
        fed.push_back(0);
    }
    /// The next part of each, at most so long; false at the end of all.
    bool feed(std::mt19937_64& random, std::size_t most, const Blake2b::Way* way) {
        std::vector<Blake2b::Job> jobs;
        for (std::size_t i = 0; i < streams.size(); ++i) {
            const BytesView left = BytesView(texts[i]).subspan(fed[i]);
            const std::size_t size = std::min<std::size_t>(random() % (most + 1), left.size());
            if (left.empty() || random() % 8 == 0)
                continue;
            jobs.push_back({.stream = &streams[i], .bytes = left.first(size)});
            fed[i] += size;
        }
        std::shuffle(jobs.begin(), jobs.end(), random);
        Blake2b::update_all(jobs, way);
        for (std::size_t i = 0; i < streams.size(); ++i)
            if (fed[i] < texts[i].size())
                return true;
        return false;
    }
    void check() {
        for (std::size_t i = 0; i < streams.size(); ++i)
            CHECK_MESSAGE(streams[i].finish() == as_libsodium(keys[i], texts[i]), i, ": ",
                          keys[i].size(), " and ", texts[i].size(), " bytes");
    }
};

/// None, then each that this processor has.
std::vector<const Blake2b::Way*> all_ways() {
    std::vector<const Blake2b::Way*> ways = {nullptr};
    for (const Blake2b::Way& way : Blake2b::ways())
        ways.push_back(&way);
    return ways;
}

} // namespace

TEST_CASE("BLAKE2b of every length about a block's end is libsodium's, with and without a key") {
    for (std::size_t size = 0; size <= 3 * Blake2b::kBlock + 1; ++size)
        for (const std::size_t key_size : {0U, 16U, 32U, 64U}) {
            const Bytes key = test::random_bytes(key_size, size);
            const Bytes text = test::random_bytes(size, size + 1);
            Blake2b stream(key);
            stream.update(text);
            CHECK(stream.finish() == as_libsodium(key, text));
        }
}

TEST_CASE("many streams at once come to what each comes to alone, whatever their lengths") {
    for (const Blake2b::Way* way : all_ways()) {
        INFO("by ", way == nullptr ? "turns" : way->name);
        for (std::uint64_t seed = 0; seed < 200; ++seed) {
            CAPTURE(seed);
            std::mt19937_64 random(seed);
            Streams streams;
            const std::size_t count = random() % 12;
            for (std::size_t i = 0; i < count; ++i) {
                const std::size_t most = random() % 3 == 0 ? 300 : 20'000;
                streams.add(random() % 2 == 0 ? Bytes() : test::random_bytes(32, random()),
                            test::random_bytes(random() % most, random()));
            }
            const std::size_t part = random() % 4 == 0 ? 130 : 8'000;
            while (streams.feed(random, part, way)) {
            }
            streams.check();
        }
    }
}

TEST_CASE("equal streams of whole blocks fill all lanes to their ends") {
    for (const Blake2b::Way* way : all_ways())
        for (const std::size_t count : {1U, 2U, 3U, 4U, 5U, 8U, 9U}) {
            Streams streams;
            for (std::size_t i = 0; i < count; ++i)
                streams.add({}, test::random_bytes(8 * Blake2b::kBlock, i));
            std::mt19937_64 random(count);
            while (streams.feed(random, 8 * Blake2b::kBlock, way)) {
            }
            streams.check();
        }
}

TEST_CASE("what lies behind a stream's bytes is not touched") {
    for (const Blake2b::Way* way : all_ways()) {
        std::vector<Blake2b> streams(3);
        std::vector<std::unique_ptr<std::byte[]>> exact; // so that a sanitizer sees the ends
        std::vector<Blake2b::Job> jobs;
        for (const std::size_t size : {128U, 129U, 1000U}) {
            exact.push_back(std::make_unique<std::byte[]>(size));
            jobs.push_back(
                {.stream = &streams[exact.size() - 1], .bytes = {exact.back().get(), size}});
        }
        Blake2b::update_all(jobs, way);
        CHECK(streams[0].finish() == as_libsodium({}, Bytes(128)));
        CHECK(streams[1].finish() == as_libsodium({}, Bytes(129)));
        CHECK(streams[2].finish() == as_libsodium({}, Bytes(1'000)));
    }
}
