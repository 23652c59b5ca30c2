// SPDX-License-Identifier: Apache-2.0
#include "store/retry.hpp"

#include "store/fault.hpp"
#include "store/forwarding.hpp"
#include "store/memory.hpp"

#include "fake_waiting.hpp"
#include "random_bytes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <optional>
#include <set>
#include <utility>

using namespace saoluu;
using namespace std::chrono_literals;
using store::Fault;
using store::FaultStore;
using store::Put;
using store::Store;
using test::FakeWaiting;
using util::Bytes;

namespace {

const Bytes kSome = test::random_bytes(1000, 1);
const Bytes kOther = test::random_bytes(1000, 2);

Error away() {
    return Error(ErrorKind::io, "the network is away").with_retry();
}

/// Fails as it is told, before or after the store behind it did its work.
class Broken final : public store::ForwardingStore {
public:
    enum class When { before, after };

    explicit Broken(Store& inner) : ForwardingStore(store::make_memory_store()), inner_(inner) {}

    std::optional<Error> always;
    std::deque<std::pair<When, Error>> next;
    std::optional<Put> claims; ///< what a put says once, without doing it
    bool is_remote = true;
    int calls = 0;

    Result<Put> put(std::string_view name, util::BytesView bytes) override {
        if (claims)
            return *std::exchange(claims, std::nullopt);
        return strike([&] { return inner_.put(name, bytes); });
    }
    Result<Put> put_from(std::string_view name, const store::Source& source) override {
        return strike([&] { return inner_.put_from(name, source); });
    }
    Result<Bytes> get(std::string_view name, std::uint64_t most) override {
        return strike([&] { return inner_.get(name, most); });
    }
    Result<void> read(std::string_view name, std::uint64_t at, std::span<std::byte> out) override {
        return strike([&] { return inner_.read(name, at, out); });
    }
    Result<store::ObjectInfo> stat(std::string_view name) override {
        return strike([&] { return inner_.stat(name); });
    }
    Result<void> remove(std::string_view name) override {
        return strike([&] { return inner_.remove(name); });
    }
    Result<void> list(std::string_view prefix, std::string_view after,
                      const std::function<bool(const store::ObjectInfo&)>& each) override {
        ++calls;
        int shown = 0;
        const bool breaks = !next.empty();
        TRY(inner_.list(prefix, after, [&](const store::ObjectInfo& object) {
            return !(breaks && shown++ == 3) && each(object);
        }));
        if (!breaks)
            return {};
        const Error error = next.front().second;
        next.pop_front();
        return Failure(error);
    }
    [[nodiscard]] store::Nature nature() const override { return {.is_remote = is_remote}; }

private:
    template <class Do>
    auto strike(Do&& act) -> decltype(act()) {
        ++calls;
        if (always)
            return Failure(*always);
        if (next.empty())
            return act();
        const auto [when, error] = next.front();
        next.pop_front();
        if (when == When::after)
            static_cast<void>(act());
        return Failure(error);
    }

    Store& inner_;
};

struct Case {
    std::unique_ptr<Store> inner = store::make_memory_store();
    Broken* broken = nullptr;
    FakeWaiting waiting;
    std::stop_source stop;
    std::vector<std::chrono::milliseconds> told;
    std::unique_ptr<Store> store;

    explicit Case(std::chrono::milliseconds patience = 300s, double chance = 0.5) {
        auto base = std::make_unique<Broken>(*inner);
        broken = base.get();
        store = store::make_retrying(
            std::move(base),
            {.patience = patience,
             .stop = stop.get_token(),
             .on_wait = [this](const Error&, auto pause) { told.push_back(pause); }},
            waiting, [chance] { return chance; });
    }
    void fail_next(int times, Broken::When when = Broken::When::before) const {
        for (int i = 0; i < times; ++i)
            broken->next.emplace_back(when, away());
    }
};

} // namespace

TEST_CASE("what may be tried again is, with pauses that grow up to a limit, and is told") {
    Case c(300s, 1.0);
    c.fail_next(10);
    const auto done = c.store->put("a", kSome);
    REQUIRE(done);
    CHECK(*done == Put::created);
    CHECK(c.told ==
          std::vector<std::chrono::milliseconds>{250ms, 500ms, 1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s});
    CHECK(c.waiting.sleeps().size() == 10);
}

TEST_CASE("pauses are a random part of what they may be") {
    Case c;
    c.fail_next(3);
    REQUIRE(c.store->remove("a"));
    CHECK(c.told == std::vector<std::chrono::milliseconds>{125ms, 250ms, 500ms});
    std::set<double> drawn;
    const store::Chance chance = store::system_chance();
    for (int i = 0; i < 1000; ++i)
        drawn.insert(chance());
    CHECK(drawn.size() > 900);
    CHECK(*drawn.begin() >= 0);
    CHECK(*drawn.rbegin() < 1);
}

TEST_CASE("patience has an end, which says what happened and for how long") {
    Case c(60s, 1.0);
    c.broken->always = away();
    const auto began = c.waiting.now();
    const auto result = c.store->get("a", 10);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == ErrorKind::io);
    CHECK(result.error().message() == "the network is away (tried again for 60 seconds)");
    CHECK(c.waiting.now() - began == 60s);
}

TEST_CASE("without patience nothing is tried again") {
    Case c(0s);
    c.broken->always = away();
    CHECK_FALSE(c.store->get("a", 10));
    CHECK(c.broken->calls == 1);
}

TEST_CASE("what is final is not tried again") {
    Case c;
    for (const Error& error :
         {Error(ErrorKind::denied, "no", 403), Error(ErrorKind::not_found, "no", ENOENT),
          Error(ErrorKind::no_space, "no", ENOSPC), Error(ErrorKind::usage, "no"),
          Error(ErrorKind::io, "a dying disk", EIO)}) {
        c.broken->always = error;
        c.broken->calls = 0;
        Bytes out(1);
        CHECK(c.store->put("a", kSome).error().kind() == error.kind());
        CHECK(c.store->get("a", 10).error().kind() == error.kind());
        CHECK(c.store->read("a", 0, out).error().kind() == error.kind());
        CHECK(c.store->stat("a").error().kind() == error.kind());
        CHECK(c.store->remove("a").error().kind() == error.kind());
        CHECK(c.broken->calls == 5);
    }
    CHECK(c.told.empty());
}

TEST_CASE("a mount whose server is away is tried again, a stale handle a few times") {
    Case c;
    c.broken->next.emplace_back(Broken::When::before, Error(ErrorKind::io, "x", ETIMEDOUT));
    CHECK(c.store->put("a", kSome));
    c.broken->always = Error(ErrorKind::io, "x", ESTALE);
    c.broken->calls = 0;
    CHECK_FALSE(c.store->stat("a"));
    CHECK(c.broken->calls == 4);
}

TEST_CASE("a stop ends a pause at once") {
    Case c;
    c.broken->always = away();
    c.waiting.on_sleep = [&] { c.stop.request_stop(); };
    const auto result = c.store->put("a", kSome);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == ErrorKind::interrupted);
    CHECK(c.broken->calls == 1);
    CHECK(c.waiting.sleeps().empty());
}

TEST_CASE("a put whose answer got lost is known by its bytes") {
    for (const std::size_t size : {0UL, 1'000UL, 1UL << 20, (1UL << 20) + 1, 3'000'000UL}) {
        CAPTURE(size);
        const Bytes bytes = test::random_bytes(size, 3);
        Case c;
        c.fail_next(2, Broken::When::after);
        const auto put = c.store->put("small", bytes);
        REQUIRE(put);
        CHECK(*put == Put::created);
        c.fail_next(1, Broken::When::after);
        const auto from = c.store->put_from("from", store::MemorySource(bytes));
        REQUIRE(from);
        CHECK(*from == Put::created);
        CHECK(c.inner->get("from", size) == bytes);
    }
}

TEST_CASE("another's object is not taken for ours, however like it is") {
    Bytes bytes = test::random_bytes(2'500'000, 3);
    Bytes last = bytes;
    last.back() ^= std::byte{1};
    Bytes longer = bytes;
    longer.push_back({});
    Bytes shorter(bytes.begin(), bytes.end() - 1);
    for (const Bytes& theirs : {last, longer, shorter, Bytes()}) {
        Case c;
        REQUIRE(c.inner->put("a", theirs));
        c.fail_next(1, Broken::When::after);
        const auto put = c.store->put_from("a", store::MemorySource(bytes));
        REQUIRE(put);
        CHECK(*put == Put::exists);
        CHECK(c.inner->get("a", 1 << 22) == theirs);
    }
}

TEST_CASE("a put that was answered at once is not compared") {
    Case c;
    REQUIRE(c.inner->put("a", kSome));
    const auto again = c.store->put("a", kSome);
    REQUIRE(again);
    CHECK(*again == Put::exists);
}

TEST_CASE("no answer never counts as success") {
    Case c(60s);
    c.broken->always = away();
    CHECK_FALSE(c.store->put("a", kSome));
    CHECK_FALSE(c.store->put_from("a", store::MemorySource(kSome)));
    // The object is there, but whether it is ours can't be found out.
    c.broken->always.reset();
    REQUIRE(c.inner->put("b", kSome));
    c.fail_next(1, Broken::When::after);
    c.broken->next.emplace_back(Broken::When::before, Error(ErrorKind::denied, "no reading"));
    const auto put = c.store->put("b", kSome);
    CHECK_FALSE(put);
}

TEST_CASE("an object that is only said to be there is put") {
    Case c;
    c.broken->claims = Put::exists;
    const auto put = c.store->put("a", kSome);
    REQUIRE(put);
    CHECK(*put == Put::created);
    CHECK(c.inner->get("a", 1000) == kSome);
}

TEST_CASE("a listing that breaks off shows each name once, and goes on while it gets on") {
    Case c(60s, 1.0);
    std::vector<std::string> all;
    for (int i = 0; i < 90; ++i)
        all.push_back("index/" + std::to_string(100 + i));
    for (const std::string& name : all)
        REQUIRE(c.inner->put(name, kSome));
    c.fail_next(25);
    std::vector<std::string> shown;
    REQUIRE(c.store->list("index/", "index/104", [&](const store::ObjectInfo& object) {
        shown.push_back(object.name);
        return true;
    }));
    CHECK(shown == std::vector<std::string>(all.begin() + 5, all.end()));
    CHECK(c.broken->calls == 26);
    CHECK(*std::max_element(c.told.begin(), c.told.end()) == 250ms);
}

TEST_CASE("a reader of a listing that has enough is not asked again") {
    Case c;
    for (int i = 0; i < 9; ++i)
        REQUIRE(c.inner->put("index/" + std::to_string(i), kSome));
    c.fail_next(1);
    int seen = 0;
    REQUIRE(c.store->list("index/", "", [&](const auto&) { return ++seen < 2; }));
    CHECK(seen == 2);
    CHECK(c.broken->calls == 1);
}

TEST_CASE("a short object is asked for again twice, then reported") {
    Case c;
    REQUIRE(c.inner->put("a", kSome));
    Bytes out(10);
    CHECK(c.store->read("a", 995, out).error().kind() == ErrorKind::corrupt);
    CHECK(c.broken->calls == 3);
    c.broken->next.emplace_back(Broken::When::before, Error(ErrorKind::corrupt, "short"));
    CHECK(c.store->read("a", 0, out));
    CHECK(std::equal(out.begin(), out.end(), kSome.begin()));
}

TEST_CASE("what is staged for a store behind a network is spooled, and sent again from there") {
    Case c;
    auto staged = c.store->stage();
    REQUIRE(staged);
    REQUIRE((*staged)->append(kSome));
    REQUIRE((*staged)->append(kOther));
    CHECK(c.broken->calls == 0);
    c.fail_next(3, Broken::When::after);
    const auto done = (*staged)->commit("packs/ab/1");
    REQUIRE(done);
    CHECK(*done == Put::created);
    CHECK(c.inner->stat("packs/ab/1")->size == 2000);
}

TEST_CASE("whatever operation fails, and however, a store with patience hides it") {
    for (const Fault fault : {Fault::fail, Fault::lose_answer})
        for (std::uint64_t at = 1; at < 8; ++at) {
            CAPTURE(at);
            FakeWaiting waiting;
            auto faulty = std::make_unique<FaultStore>(store::make_memory_store());
            faulty->plan({.at = at, .fault = fault});
            const auto store = store::make_retrying(std::move(faulty), {}, waiting);
            const auto put = store->put("a", kSome);
            REQUIRE(put);
            CHECK(*put == Put::created);
            CHECK(store->get("a", 1000) == kSome);
            CHECK(store->stat("a"));
            CHECK(store::list_all(*store, "").value().size() == 1);
            Bytes out(5);
            CHECK(store->read("a", 3, out));
            CHECK(store->remove("a"));
        }
}

TEST_CASE("a store that takes a connection to open is tried again too") {
    FakeWaiting waiting;
    const auto half = [] { return 0.5; };
    int tries = 0;
    const auto opened = store::open_retrying(
        [&]() -> Result<std::unique_ptr<Store>> {
            if (++tries < 4)
                return Failure(away());
            return store::make_memory_store();
        },
        {}, waiting, half);
    REQUIRE(opened);
    CHECK(tries == 4);
    tries = 0;
    const auto denied = store::open_retrying(
        [&]() -> Result<std::unique_ptr<Store>> {
            ++tries;
            return fail(ErrorKind::denied, "not you");
        },
        {}, waiting, half);
    CHECK(!denied);
    CHECK(tries == 1);
    tries = 0;
    const auto gone = store::open_retrying(
        [&]() -> Result<std::unique_ptr<Store>> {
            ++tries;
            return Failure(away());
        },
        {.patience = 10s}, waiting, half);
    CHECK(!gone);
    CHECK(tries > 3);
}
