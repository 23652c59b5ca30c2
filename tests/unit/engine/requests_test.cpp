// SPDX-License-Identifier: Apache-2.0
// What a backup asks of a store behind a network, where each request takes its time.
#include "repo/write_session.hpp"
#include "several_places.hpp"

#include <condition_variable>
#include <thread>

using namespace saoluu;
using namespace saoluu::test;

namespace {

/// Every request that a store behind a network would get; of a listing each page.
struct Requests {
    std::mutex mutex;
    std::vector<std::string> made;
    void note(std::string_view what, std::string_view name) {
        const std::lock_guard lock(mutex);
        made.push_back(std::string(what) + " " + std::string(name));
    }
};

class Counting final : public store::ForwardingStore {
public:
    Counting(std::unique_ptr<store::Store> base, Requests& requests)
        : ForwardingStore(std::move(base)), requests_(requests) {}
    Result<store::Put> put(std::string_view name, util::BytesView bytes) override {
        requests_.note("put", name);
        return base().put(name, bytes);
    }
    Result<store::Put> put_from(std::string_view name, const store::Source& source) override {
        requests_.note("put", name);
        return base().put_from(name, source);
    }
    Result<util::Bytes> get(std::string_view name, std::uint64_t most) override {
        requests_.note("get", name);
        return base().get(name, most);
    }
    Result<void> read(std::string_view name, std::uint64_t at, std::span<std::byte> out) override {
        requests_.note("read", name);
        return base().read(name, at, out);
    }
    Result<store::ObjectInfo> stat(std::string_view name) override {
        requests_.note("stat", name);
        return base().stat(name);
    }
    Result<void> remove(std::string_view name) override {
        requests_.note("remove", name);
        return base().remove(name);
    }
    Result<void> list(std::string_view prefix, std::string_view after,
                      const std::function<bool(const store::ObjectInfo&)>& each) override {
        requests_.note("list", prefix);
        std::size_t shown = 0;
        return base().list(prefix, after, [&](const store::ObjectInfo& object) {
            if (shown != 0 && shown % 1000 == 0)
                requests_.note("list, the next page of", prefix);
            ++shown;
            return each(object);
        });
    }
    [[nodiscard]] store::Nature nature() const override {
        return {.is_remote = true, .lists_in_pages = true, .requests_at_once = 8};
    }

private:
    Requests& requests_;
};

/// A store behind a line so slow that a pack waits there until the test lets it through.
class Slow final : public store::ForwardingStore {
public:
    struct Gate {
        std::mutex mutex;
        std::condition_variable changed;
        std::size_t pushed = 0, sent = 0, most_waiting = 0;
        bool has_run_ahead = false;
    };
    Slow(std::unique_ptr<store::Store> base, Gate& gate)
        : ForwardingStore(std::move(base)), gate_(gate) {}
    Result<store::Put> put_from(std::string_view name, const store::Source& source) override {
        {
            std::unique_lock lock(gate_.mutex);
            if (gate_.sent == 0) { // the first one holds up all until the writer can go no further
                gate_.changed.wait(lock, [&] { return gate_.pushed >= 3; });
                gate_.has_run_ahead = gate_.changed.wait_for(lock, std::chrono::milliseconds(200),
                                                             [&] { return gate_.pushed > 3; });
            }
            ++gate_.sent;
        }
        return base().put_from(name, source);
    }
    [[nodiscard]] store::Nature nature() const override { return {.is_remote = true}; }

private:
    Gate& gate_;
};

} // namespace

TEST_CASE("a backup of nothing new makes at most ten requests") {
    const SeveralPlaces places(1);
    Requests requests;
    const auto run = [&] {
        requests.made.clear();
        Opened opened = places.open([&](std::size_t, std::unique_ptr<store::Store> store) {
            return std::make_unique<Counting>(std::move(store), requests);
        });
        return must(opened.back_up(places.source));
    };
    run();
    std::size_t runs = 1;
    for (int clean = 0; clean < 3;) {
        const BackupSummary summary = run();
        REQUIRE(++runs < 100);
        // The catalog tells of the folders above as well, which other tests change.
        CHECK(summary.new_chunks <= 1);
        if (summary.new_chunks > 0)
            continue;
        ++clean;
        std::string all;
        for (const std::string& one : requests.made)
            all += one + "\n";
        CHECK_MESSAGE(requests.made.size() <= 10, all);
    }
    REQUIRE(places.names(0, "").size() < 1000);
    places.demand_whole(0, runs);
}

TEST_CASE("a slow place holds up the writer once a few packs wait for it") {
    const SeveralPlaces places(2);
    Slow::Gate gate;
    Opened opened = places.open(
        [&](std::size_t i, std::unique_ptr<store::Store> store) -> std::unique_ptr<store::Store> {
            return i == 0 ? std::move(store) : std::make_unique<Slow>(std::move(store), gate);
        });
    repo::Access* const both[] = {&opened.of(0), &opened.of(1)};
    const auto session = must(repo::WriteSession::begin(both, opened.told));
    data::Compressor compressor(3);
    constexpr std::size_t kPacks = 8;
    auto packer = session->data_packer();
    for (std::uint64_t i = 0; i < kPacks; ++i) {
        const util::Bytes plain = random_bytes(1000, i);
        must(packer.add(format::ChunkKind::data,
                        session->domain().chunk_id(format::ChunkKind::data, plain),
                        compressor.compress(plain), plain.size()));
        must(packer.finish());
        const std::lock_guard lock(gate.mutex);
        ++gate.pushed;
        gate.most_waiting = std::max(gate.most_waiting, gate.pushed - gate.sent);
        gate.changed.notify_all();
    }
    session->keep_stored();
    CHECK_FALSE(gate.has_run_ahead);
    CHECK(gate.most_waiting == 3);
    CHECK(gate.sent == kPacks);
    CHECK(session->late().empty());
    for (std::size_t i = 0; i < 2; ++i)
        CHECK(places.names(i, "packs/").size() == kPacks);
}
