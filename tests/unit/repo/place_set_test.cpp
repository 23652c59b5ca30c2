// SPDX-License-Identifier: Apache-2.0
// Several stores that get the same bytes: the good ones always, a bad one never in part.
#include "repo/place_set.hpp"

#include "random_bytes.hpp"
#include "repository_case.hpp"
#include "store/fault.hpp"
#include "store/forwarding.hpp"
#include "store/memory.hpp"

using namespace saoluu;
using namespace saoluu::test;
using repo::PlaceSet;
using store::FaultPlan;
using store::FaultStore;

namespace {

class Remote final : public store::ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;
    Result<std::unique_ptr<store::Staged>> stage() override {
        return fail(ErrorKind::failure, "a remote place gets its packs from the spool");
    }
    [[nodiscard]] store::Nature nature() const override {
        return {.is_remote = true, .lists_in_pages = true, .requests_at_once = 4};
    }
};

/// Two stores nearby and two behind a network.
struct Four {
    ScratchFolder scratch = ScratchFolder::in_memory();
    std::unique_ptr<store::Store> base[4] = {store::make_memory_store(), store::make_memory_store(),
                                             store::make_memory_store(),
                                             store::make_memory_store()};
    FaultStore faulty[4] = {FaultStore(*base[0]), FaultStore(*base[1]), FaultStore(*base[2]),
                            FaultStore(*base[3])};
    Remote remote[2] = {Remote(faulty[2]), Remote(faulty[3])};
    std::vector<std::size_t> lost;
    PlaceSet places{{&faulty[0], &faulty[1], &remote[0], &remote[1]},
                    scratch.path(),
                    [this](std::size_t place, const Error&) { lost.push_back(place); }};
    util::Bytes bytes = random_bytes(300'000, 7);

    Result<std::unique_ptr<repo::StagedPack>> staged() {
        auto pack = TRY(places.stage());
        for (std::size_t at = 0; at < bytes.size(); at += 100'000)
            TRY(pack->append(util::BytesView(bytes).subspan(at, 100'000)));
        pack->close();
        return pack;
    }
    Result<void> commit(repo::StagedPack& pack) {
        return places.at_each([&](std::size_t place, store::Store&) -> Result<void> {
            TRY(pack.commit(place, "packs/a"));
            return {};
        });
    }
    [[nodiscard]] bool is_whole(std::size_t place) const {
        const auto object = base[place]->get("packs/a", 1 << 20);
        return object && *object == bytes;
    }
    [[nodiscard]] bool is_empty(std::size_t place) const {
        return must(store::list_all(*base[place], "")).empty();
    }
};

} // namespace

TEST_CASE("every place gets the same bytes, and remote ones share a spool") {
    Four four;
    const auto pack = must(four.staged());
    must(four.commit(*pack));
    for (std::size_t place = 0; place < 4; ++place)
        CHECK(four.is_whole(place));
    CHECK(four.places.alive().size() == 4);
    CHECK(four.lost.empty());
}

TEST_CASE("a pack that is dropped shows nowhere") {
    Four four;
    must(four.staged());
    for (std::size_t place = 0; place < 4; ++place)
        CHECK(four.is_empty(place));
}

TEST_CASE("a place that fails anywhere is left behind, and the others get all") {
    for (std::size_t bad = 0; bad < 4; ++bad)
        for (std::uint64_t n = 1; n <= 2; ++n)
            for (const store::Fault fault :
                 {store::Fault::fail, store::Fault::tear, store::Fault::lose_answer}) {
                CAPTURE(bad);
                CAPTURE(n);
                Four four;
                four.faulty[bad].plan({.at = n, .fault = fault, .then = FaultPlan::Then::is_dead});
                const auto pack = must(four.staged());
                must(four.commit(*pack));
                if (!four.faulty[bad].has_struck()) {
                    CHECK(bad >= 2); // a put alone: it has no second operation
                    CHECK(n == 2);
                    CHECK(four.lost.empty());
                    continue;
                }
                CHECK(four.lost == std::vector{bad});
                CHECK(four.places.loss(bad));
                CHECK_FALSE(four.places.is_alive(bad));
                CHECK((four.is_empty(bad) || four.is_whole(bad)));
                for (std::size_t place = 0; place < 4; ++place)
                    if (place != bad)
                        CHECK(four.is_whole(place));
                // Nothing more is asked of it.
                const std::uint64_t before = four.faulty[bad].operations();
                must(four.places.at(bad, [](store::Store&) -> Result<void> {
                    FAIL("a lost place is used");
                    return {};
                }));
                CHECK(four.faulty[bad].operations() == before);
            }
}

TEST_CASE("the last place is never left behind: its error is the run's") {
    Four four;
    const Error why(ErrorKind::no_space, "full");
    for (const std::size_t place : {1UL, 3UL, 0UL})
        must(four.places.lose(place, why));
    must(four.places.lose(1, why)); // again: no news
    CHECK(four.lost == std::vector<std::size_t>{1, 3, 0});
    CHECK(four.places.alive() == std::vector<std::size_t>{2});
    const Error last(ErrorKind::denied, "locked");
    CHECK(fails(four.places.lose(2, last), ErrorKind::denied));
    CHECK(four.places.is_alive(2));
    CHECK(four.lost.size() == 3);
}

TEST_CASE("a person's stop loses no place") {
    Four four;
    CHECK(
        fails(four.places.lose(0, Error(ErrorKind::interrupted, "stop")), ErrorKind::interrupted));
    CHECK(four.places.alive().size() == 4);
    CHECK(four.lost.empty());
}
