// SPDX-License-Identifier: Apache-2.0
//
// Puts that are made of a Source, tried again or broken off, and reads of parts of what came of
// them: each case runs against each of stores.hpp.
#include "crypto/sha256.hpp"

#include "stores.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace saoluu;
using namespace saoluu::test;

namespace {

/// Fails at a byte, for the first `times` it gets there.
class FailingSource final : public store::Source {
public:
    FailingSource(util::BytesView bytes, std::uint64_t at, Error error, int times)
        : bytes_(bytes), at_(at), error_(std::move(error)), times_(times) {}
    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
    [[nodiscard]] crypto::Sha256 sha256() const override { return crypto::sha256(bytes_); }
    Result<void> read(std::uint64_t offset, std::span<std::byte> out) const override {
        if (offset + out.size() > at_ && times_ > 0) {
            --times_;
            return Failure(error_);
        }
        return store::MemorySource(bytes_).read(offset, out);
    }

private:
    util::BytesView bytes_;
    std::uint64_t at_;
    Error error_;
    mutable std::atomic<int> times_;
};

} // namespace

TEST_CASE("sources of odd sizes are put whole") {
    on_every_store([](Store& store) {
        for (const std::size_t size : {0UL, 1UL, 65'535UL, 65'536UL, 65'537UL, 1'048'576UL,
                                       1'048'577UL, 8'388'609UL, 17'000'001UL}) {
            CAPTURE(size);
            const Bytes bytes = test::random_bytes(size, size);
            const std::string name = fmt::format("packs/aa/{}", size);
            const auto done = store.put_from(name, store::MemorySource(bytes));
            REQUIRE(done);
            CHECK(*done == Put::created);
            CHECK(get(store, name) == bytes);
        }
    });
}

TEST_CASE("a source put to a name that is taken changes nothing and says so") {
    on_every_store([](Store& store) {
        put(store, "index/1", kSome);
        for (const Bytes& bytes : {kOther, kSome, Bytes(), test::random_bytes(2'000'000, 7)}) {
            const auto again = store.put_from("index/1", store::MemorySource(bytes));
            REQUIRE(again);
            CHECK(*again == Put::exists);
        }
        CHECK(get(store, "index/1") == kSome);
    });
}

TEST_CASE("a put that breaks off half-way is never seen, and can be made again") {
    on_every_store([](Store& store) {
        const Bytes bytes = test::random_bytes(3'000'000, 4);
        for (const std::uint64_t at : {0UL, 1UL, 65'536UL, 1'500'000UL, 2'999'999UL}) {
            CAPTURE(at);
            const FailingSource broken(bytes, at, Error(ErrorKind::denied, "no more"), 1'000'000);
            CHECK(is(store.put_from("packs/ab/1", broken), ErrorKind::denied));
            CHECK(is(store.stat("packs/ab/1"), ErrorKind::not_found));
            CHECK(is(store.get("packs/ab/1", 1 << 22), ErrorKind::not_found));
            CHECK(names(store, "").empty());
        }
        const auto done = store.put_from("packs/ab/1", store::MemorySource(bytes));
        REQUIRE(done);
        CHECK(*done == Put::created);
        CHECK(get(store, "packs/ab/1") == bytes);
    });
}

TEST_CASE("a put that breaks off once is whole or absent, and whole if it is said to be") {
    on_every_store([](Store& store) {
        const Bytes bytes = test::random_bytes(1'000'000, 5);
        const FailingSource once(bytes, 700'000,
                                 Error(ErrorKind::io, "the cable came out").with_retry(), 1);
        const auto done = store.put_from("packs/ab/1", once);
        if (done) {
            CHECK(*done == Put::created);
            CHECK(get(store, "packs/ab/1") == bytes);
        } else {
            CHECK(is(done, ErrorKind::io));
            CHECK(names(store, "").empty());
        }
    });
}

TEST_CASE("parts of an object at odd places are read exactly") {
    on_every_store([](Store& store) {
        const Bytes bytes = test::random_bytes(3'333'333, 6);
        put(store, "packs/00/x", bytes);
        std::uint64_t offset = 0;
        for (std::size_t size = 1; size < 2'000'000; size = size * 3 + 1) {
            CAPTURE(offset);
            CAPTURE(size);
            Bytes out(size);
            offset = (offset * 31 + 4'097) % (bytes.size() - size);
            REQUIRE(store.read("packs/00/x", offset, out));
            CHECK(std::equal(out.begin(), out.end(),
                             bytes.begin() + static_cast<std::ptrdiff_t>(offset)));
        }
    });
}

TEST_CASE("what is said to be read soon changes nothing") {
    on_every_store([](Store& store) {
        const Bytes bytes = test::random_bytes(500'000, 8);
        store.will_read("packs/00/x", 0, 100);
        store.will_read("../x", 0, 100);
        put(store, "packs/00/x", bytes);
        for (const std::uint64_t offset : {0UL, 499'999UL, 500'000UL, 1UL << 40, ~0UL})
            for (const std::uint64_t size : {0UL, 1UL, 300'000UL, ~0UL})
                store.will_read("packs/00/x", offset, size);
        Bytes out(300'000);
        REQUIRE(store.read("packs/00/x", 123, out));
        CHECK(std::equal(out.begin(), out.end(), bytes.begin() + 123));
        CHECK(is(store.read("packs/00/x", 400'000, out), ErrorKind::corrupt));
        store.will_read("packs/00/x", 0, 100);
        REQUIRE(store.remove("packs/00/x"));
        CHECK(is(store.read("packs/00/x", 0, out), ErrorKind::not_found));
    });
}
