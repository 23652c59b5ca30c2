// SPDX-License-Identifier: Apache-2.0
#include "format/names.hpp"

#include "made_name.hpp"
#include "samples.hpp"

#include <set>

using namespace saoluu;
using namespace saoluu::format;
using format::test::Random;

namespace {

std::vector<std::string> one_of_each(Random& random) {
    const auto n = random.number(limits::kNumber);
    std::vector<std::string> all = {
        "format",
        "format.2",
        "README.txt",
        "place",
        names::roster(n, random.id<RosterHash>()),
        names::roster(limits::kNumber, random.id<RosterHash>()) + std::string(names::kSecond),
        names::slot(random.id<SlotId>()),
        names::slot(random.id<SlotId>()) + std::string(names::kSecond),
        names::pack(random.id<PackId>()),
        names::pack(random.id<PackId>(), 1),
        names::pack(random.id<PackId>(), 999'999'999),
        names::index(random.id<SegmentId>()),
        names::ledger(random.id<ActorId>(), 0, random.id<EntryHash>()),
        names::mark(random.id<MarkId>()),
    };
    for (const auto part : {names::Part::open, names::Part::done, names::Part::forgotten,
                            names::Part::fence, names::Part::void_})
        all.push_back(names::session(random.id<SessionId>(), part));
    return all;
}

} // namespace

TEST_CASE("a name is parsed to what it was made of") {
    Random random;
    INFO("seed ", random.seed());
    for (const std::string& name : one_of_each(random)) {
        INFO(name);
        const auto parsed = names::parse(name);
        REQUIRE(parsed);
        CHECK(saoluu::test::made_name(*parsed) == name);
    }
    const auto hash = random.id<RosterHash>();
    const auto roster = names::parse_as<names::RosterName>(names::roster(12, hash));
    REQUIRE(roster);
    CHECK(roster->n == 12);
    CHECK(roster->hash == hash);
    CHECK_FALSE(roster->second);
    CHECK_FALSE(names::parse_as<names::SlotName>(names::roster(12, hash)));
}

TEST_CASE("names are as the format page shows them") {
    const auto id = PackId::from(Bytes(32, std::byte{0xab}));
    std::string hex;
    for (int i = 0; i < 32; ++i)
        hex += "ab";
    CHECK(names::pack(id) == "packs/ab/" + hex);
    CHECK(names::pack(id, 3) == "packs/ab/" + hex + ".3");
    CHECK(names::roster(7, RosterHash::from(id.view())) == "roster/0000000007-" + hex);
    CHECK(names::ledger(ActorId::from(id.view()), 1234, EntryHash::from(id.view())) ==
          "ledger/" + hex + "/0000001234-" + hex);
    CHECK(names::session(SessionId::from(id.view().first(16)), names::Part::void_) ==
          "snapshots/" + hex.substr(0, 32) + "/void");
    CHECK(names::ledger(ActorId::from(id.view()), 1, EntryHash::from(id.view()))
              .starts_with(names::ledger_of(ActorId::from(id.view()))));
}

TEST_CASE("whatever is parsed is exactly what a maker makes") {
    Random random;
    INFO("seed ", random.seed());
    for (const std::string& name : one_of_each(random)) {
        std::vector<std::string> others;
        for (std::size_t at = 0; at < name.size(); ++at) {
            std::string cut = name;
            others.push_back(cut.erase(at, 1));
            others.push_back(name.substr(0, at));
            for (const char c : std::string_view("/.-0gAFz \n\0", 11)) {
                std::string other = name;
                other[at] = c;
                others.push_back(other);
                others.push_back(name.substr(0, at) + c + name.substr(at));
            }
        }
        others.push_back(name + '\0');
        others.push_back(name + ".2.2");
        others.push_back(name + ".02");
        others.push_back(name + ".0");
        for (const std::string& other : others) {
            const auto parsed = names::parse(other);
            if (parsed) {
                INFO(other);
                CHECK(saoluu::test::made_name(*parsed) == other);
            }
        }
    }
}

TEST_CASE("names of other things are foreign") {
    const std::string hex32(32, 'a');
    const std::string hex64(64, 'a');
    const std::vector<std::string> foreign = {
        "",
        "format.3",
        "place.2",
        "README.txt.2",
        "tmp/x",
        "packs",
        "packs/",
        "packs/ab/" + hex64, // a folder of another name
        "packs/aa/" + hex64 + ".0",
        "packs/aa/" + hex64 + ".01",
        "packs/aa/" + hex64 + ".",
        "packs/aa/" + hex64 + ".1000000000",
        "packs/" + hex64,
        "packs/a/" + hex64,
        "packs/AA/" + std::string(64, 'A'),
        "roster/1-" + hex64,
        "roster/00000000001-" + hex64,
        "roster/0000000001_" + hex64,
        "roster/0000000001-" + hex64 + ".1",
        "roster/0000000001-" + hex64 + ".3",
        "keys/" + hex64,
        "keys/" + hex32 + ".1",
        "index/" + hex64 + ".2",
        "marks/" + hex64 + ".2",
        "marks/" + hex32,
        "snapshots/" + hex32,
        "snapshots/" + hex32 + "/",
        "snapshots/" + hex32 + "/opened",
        "snapshots/" + hex32 + "/done.2",
        "ledger/" + hex64 + "/0000000001-" + hex64 + ".2",
        "ledger/" + hex64 + "/-000000001-" + hex64,
        "../format",
        "/format",
    };
    for (const std::string& name : foreign) {
        INFO(name);
        CHECK_FALSE(names::parse(name));
    }
}

TEST_CASE("listings of numbered names sort by number") {
    std::set<std::string> sorted;
    for (const std::uint64_t n : {0ULL, 9ULL, 10ULL, 99ULL, 1'000'000ULL, 9'999'999'999ULL})
        sorted.insert(names::roster(n, {}));
    std::uint64_t last = 0;
    for (const std::string& name : sorted) {
        const auto parsed = names::parse_as<names::RosterName>(name);
        REQUIRE(parsed);
        CHECK(parsed->n >= last);
        last = parsed->n;
    }
}
