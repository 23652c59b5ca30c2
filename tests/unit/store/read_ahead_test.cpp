// SPDX-License-Identifier: Apache-2.0
#include "store/read_ahead.hpp"

#include "store/forwarding.hpp"
#include "store/memory.hpp"

#include "random_bytes.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

using namespace saoluu;
using namespace saoluu::test;
using store::make_reading_ahead;
using store::Store;

namespace {

constexpr std::size_t kMiB = 1 << 20;

/// What is asked of the store below, and when it may answer.
struct Line {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_open = true;            ///< else every read waits
    std::size_t under_way = 0;      ///< reads that have begun and not ended
    std::size_t most_under_way = 0; ///< at once
    struct Read {
        std::string name;
        std::uint64_t offset, size;
    };
    std::vector<Read> reads;
    std::optional<Error> error; ///< of every read

    void set_open(bool open) {
        const std::lock_guard lock(mutex);
        is_open = open;
        changed.notify_all();
    }
    void wait_for_reads(std::size_t count) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return reads.size() >= count; });
    }
    void wait_until_quiet(std::size_t count) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return reads.size() >= count && under_way == 0; });
    }
    std::size_t count() {
        const std::lock_guard lock(mutex);
        return reads.size();
    }
    std::uint64_t bytes() {
        const std::lock_guard lock(mutex);
        std::uint64_t all = 0;
        for (const Read& read : reads)
            all += read.size;
        return all;
    }
};

class FarStore final : public store::ForwardingStore {
public:
    FarStore(std::unique_ptr<Store> base, Line& line)
        : ForwardingStore(std::move(base)), line_(line) {}
    Result<void> read(std::string_view name, std::uint64_t offset,
                      std::span<std::byte> out) override {
        std::unique_lock lock(line_.mutex);
        line_.reads.push_back({std::string(name), offset, out.size()});
        line_.most_under_way = std::max(line_.most_under_way, ++line_.under_way);
        line_.changed.notify_all();
        line_.changed.wait(lock, [&] { return line_.is_open; });
        const std::optional<Error> error = line_.error;
        lock.unlock();
        Result<void> read = error ? Result<void>(Failure(*error)) : base().read(name, offset, out);
        lock.lock();
        --line_.under_way;
        line_.changed.notify_all();
        return read;
    }

private:
    Line& line_;
};

struct Fixture {
    util::Bytes bytes = random_bytes(20 * kMiB, 1);
    Line line;
    std::unique_ptr<Store> store;

    explicit Fixture(unsigned threads = 3, std::uint64_t memory = 64 * kMiB) {
        auto memory_store = store::make_memory_store();
        REQUIRE(memory_store->put("data/a", bytes));
        REQUIRE(memory_store->put("data/b", bytes));
        store = make_reading_ahead(std::make_unique<FarStore>(std::move(memory_store), line),
                                   threads, memory);
    }
    ~Fixture() { line.set_open(true); }
    bool reads(std::string_view name, std::size_t offset, std::size_t size) const {
        util::Bytes back(size);
        const Result<void> read = store->read(name, offset, back);
        return read && util::equal(back, util::BytesView(bytes).subspan(offset, size));
    }
};

} // namespace

TEST_CASE("what was announced is fetched before it is read, and only once") {
    Fixture test;
    test.store->will_read("data/a", 100, 10 * kMiB);
    test.line.wait_until_quiet(3); // of 4, 4 and 2 MiB
    for (std::size_t at = 100; at < 100 + 10 * kMiB; at += kMiB)
        CHECK(test.reads("data/a", at, kMiB));
    CHECK(test.line.count() == 3);
    CHECK(test.line.bytes() == 10 * kMiB);
}

TEST_CASE("each byte is handed out from memory once, then the store is asked again") {
    Fixture test;
    test.store->will_read("data/a", 0, kMiB);
    test.line.wait_until_quiet(1);
    CHECK(test.reads("data/a", 0, kMiB));
    CHECK(test.line.count() == 1);
    CHECK(test.reads("data/a", 0, kMiB));
    CHECK(test.line.count() == 2);
}

TEST_CASE("parts of a block may be read in any order") {
    Fixture test;
    test.store->will_read("data/a", 0, 3 * kMiB);
    test.line.wait_until_quiet(1);
    CHECK(test.reads("data/a", 2 * kMiB, kMiB));
    CHECK(test.reads("data/a", 0, 128)); // and this once more, before all is taken
    CHECK(test.reads("data/a", 0, kMiB));
    CHECK(test.line.count() == 1);
    CHECK(test.reads("data/a", kMiB, kMiB));
    CHECK(test.line.count() == 1);
    CHECK(test.reads("data/a", kMiB, kMiB));
    CHECK(test.line.count() == 2);
}

TEST_CASE("what is announced side by side is one request") {
    Fixture test(1);
    test.line.set_open(false);
    test.store->will_read("data/b", 0, 10);
    test.line.wait_for_reads(1); // the only thread is busy
    test.store->will_read("data/a", 0, 128);
    test.store->will_read("data/a", 128, 4 * kMiB);
    test.line.set_open(true);
    test.line.wait_until_quiet(2);
    CHECK(test.reads("data/a", 0, 4 * kMiB + 128));
    CHECK(test.line.count() == 2);
}

TEST_CASE("ranges that overlap are fetched once") {
    Fixture test;
    test.store->will_read("data/a", kMiB, kMiB);
    test.store->will_read("data/a", 3 * kMiB, kMiB);
    test.store->will_read("data/a", 0, 5 * kMiB);
    test.store->will_read("data/a", 0, 5 * kMiB);
    CHECK(test.reads("data/a", 0, 5 * kMiB));
    CHECK(test.line.bytes() == 5 * kMiB);
}

TEST_CASE("a read of what was not announced does not wait for what was") {
    Fixture test(1);
    test.line.set_open(false);
    test.store->will_read("data/a", 0, 20 * kMiB);
    test.line.wait_for_reads(1);
    std::thread reader([&] { CHECK(test.reads("data/b", 5, 10)); });
    test.line.wait_for_reads(2); // while the first is still under way
    test.line.set_open(true);
    reader.join();
}

TEST_CASE("a read of what is only queued is done by its own thread") {
    Fixture test(1);
    test.line.set_open(false);
    test.store->will_read("data/a", 0, 12 * kMiB);
    test.line.wait_for_reads(1);
    std::thread whole([&] { CHECK(test.reads("data/a", 4 * kMiB, 4 * kMiB)); });
    std::thread part([&] { CHECK(test.reads("data/a", 9 * kMiB, kMiB)); });
    test.line.wait_for_reads(3);
    test.line.set_open(true);
    whole.join();
    part.join();
    CHECK(test.reads("data/a", 8 * kMiB, 4 * kMiB));
    CHECK(test.reads("data/a", 0, 4 * kMiB));
    CHECK(test.line.bytes() == 12 * kMiB);
}

TEST_CASE("no more is fetched ahead than the memory it was given holds") {
    Fixture test(4, 8 * kMiB);
    test.store->will_read("data/a", 0, 20 * kMiB);
    test.line.wait_until_quiet(2);
    std::this_thread::yield();
    CHECK(test.line.bytes() <= 8 * kMiB);
    CHECK(test.line.most_under_way <= 2);
    for (std::size_t at = 0; at < 20 * kMiB; at += kMiB)
        CHECK(test.reads("data/a", at, kMiB));
    CHECK(test.line.bytes() == 20 * kMiB);
}

TEST_CASE("blocks that nobody takes give way to those that are read") {
    Fixture test(2, 8 * kMiB);
    test.store->will_read("data/a", 0, 8 * kMiB);
    test.line.wait_until_quiet(2);
    test.store->will_read("data/b", 0, 20 * kMiB); // no room for any
    for (std::size_t at = 0; at < 20 * kMiB; at += kMiB)
        CHECK(test.reads("data/b", at, kMiB));
    CHECK(test.line.bytes() == 28 * kMiB);
    CHECK(test.reads("data/a", 0, 8 * kMiB));
}

TEST_CASE("the error of the store reaches the reader and not the next one") {
    Fixture test;
    test.line.error = Error(ErrorKind::io, "the line is cut");
    test.store->will_read("data/a", 0, kMiB);
    test.line.wait_until_quiet(1);
    test.line.error.reset();
    util::Bytes back(10);
    const Result<void> read = test.store->read("data/a", 0, back);
    REQUIRE(!read);
    CHECK(read.error().kind() == ErrorKind::io);
    CHECK(test.reads("data/a", 0, 10));
}

TEST_CASE("announcing more than there is hides nothing that is there") {
    Fixture test;
    test.store->will_read("data/a", 18 * kMiB, 10 * kMiB);
    test.store->will_read("data/missing", 0, kMiB);
    test.store->will_read("data/a", ~std::uint64_t{0} - 5, 100);
    CHECK(test.reads("data/a", 18 * kMiB, 2 * kMiB));
    util::Bytes back(kMiB);
    const Result<void> short_read = test.store->read("data/a", 19 * kMiB + 1, back);
    REQUIRE(!short_read);
    CHECK(short_read.error().kind() == ErrorKind::corrupt);
    const Result<void> missing = test.store->read("data/missing", 0, back);
    REQUIRE(!missing);
    CHECK(missing.error().kind() == ErrorKind::not_found);
}

TEST_CASE("an object that was removed is not read from memory") {
    Fixture test;
    test.store->will_read("data/a", 0, 8 * kMiB);
    test.line.wait_until_quiet(2);
    REQUIRE(test.store->remove("data/a"));
    util::Bytes back(10);
    const Result<void> read = test.store->read("data/a", 0, back);
    REQUIRE(!read);
    CHECK(read.error().kind() == ErrorKind::not_found);
}

TEST_CASE("what was announced and never read ends with the store") {
    Fixture test;
    test.line.set_open(false);
    test.store->will_read("data/a", 0, 20 * kMiB);
    test.line.wait_for_reads(3);
    std::thread ends([&] { test.store.reset(); });
    test.line.set_open(true);
    ends.join();
    CHECK(test.line.count() <= 5);
}

TEST_CASE("announcing without end is not listened to without end") {
    Fixture test(1);
    test.line.set_open(false);
    for (std::uint64_t i = 0; i < 50'000; ++i)
        test.store->will_read("data/a", 2 * i * (kMiB / 8), 10);
    test.store->will_read("data/a", 0, ~std::uint64_t{0});
    test.line.set_open(true);
    CHECK(test.reads("data/a", 0, 20 * kMiB));
}

TEST_CASE("many who announce, read and remove at once get what is stored") {
    const unsigned seed = std::random_device()();
    CAPTURE(seed);
    Fixture test(4, 12 * kMiB);
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (unsigned number = 0; number < 6; ++number)
        threads.emplace_back([&, number] {
            std::mt19937 random(seed + number);
            const auto below = [&](std::size_t n) { return random() % n; };
            for (int i = 0; i < 60; ++i) {
                const char* const name = below(2) == 0 ? "data/a" : "data/b";
                const std::size_t from = below(18 * kMiB);
                if (below(3) > 0)
                    test.store->will_read(name, from, 1 + below(9 * kMiB));
                const std::size_t at = below(2) == 0 ? from : below(18 * kMiB);
                if (!test.reads(name, at, 1 + below(2 * kMiB)))
                    ++wrong;
                if (below(20) == 0)
                    static_cast<void>(test.store->remove("data/other"));
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    CHECK(wrong == 0);
}
