// SPDX-License-Identifier: Apache-2.0
// What this computer remembers of when it hashed which pack.
#include "repo/hashed_packs.hpp"

#include "repository_case.hpp"
#include "util/file.hpp"

#include <filesystem>
#include <fstream>

using namespace saoluu;
using namespace saoluu::test;
using repo::HashedPack;
using repo::HashedPacks;
using State = HashedPack::State;

namespace {

format::PackId pack(unsigned n) {
    format::PackId id{};
    id.bytes[0] = std::byte(n >> 8);
    id.bytes[1] = std::byte(n);
    return id;
}

struct Remembered {
    ScratchFolder folder = ScratchFolder::in_memory();
    repo::LocalState local{{.state = folder / "state", .cache = folder / "cache"},
                           format::RepositoryId{},
                           format::PlaceId{}};
    std::string file = local.state_file("hashed");

    HashedPacks change(const std::function<void(HashedPacks&)>& change) const {
        must(HashedPacks::change(local, change));
        return HashedPacks::load(local);
    }
};

} // namespace

TEST_CASE("what was found of packs is remembered, and what is gone forgotten") {
    const Remembered here;
    CHECK(HashedPacks::load(here.local) == HashedPacks{});
    HashedPacks now = here.change([](HashedPacks& hashed) {
        hashed.note(1000, {{pack(1), 5}, {pack(2), 5}, {pack(3), 5}}, {pack(1)}, {pack(2)});
    });
    CHECK(now.packs.at(pack(1)) == HashedPack{State::good, 1000});
    CHECK(now.packs.at(pack(2)) == HashedPack{State::bad, 1000});
    CHECK(now.packs.at(pack(3)) == HashedPack{State::unknown, 1000});
    CHECK(now.bad() == std::set<format::PackId>{pack(2)});
    now = here.change([](HashedPacks& hashed) {
        // A missing pack is bad as well, and is not listed.
        hashed.note(2000, {{pack(2), 5}, {pack(3), 5}, {pack(4), 5}}, {}, {pack(2), pack(9)});
    });
    CHECK(now.packs.size() == 3);
    CHECK(now.packs.at(pack(2)) == HashedPack{State::bad, 1000});
    CHECK(now.packs.at(pack(3)) == HashedPack{State::unknown, 1000});
    CHECK(now.packs.at(pack(4)) == HashedPack{State::put, 1000});
    // It stays bad where it was not read, until it reads good.
    now = here.change([](HashedPacks& hashed) { hashed.note(3000, {{pack(2), 5}}, {}, {}); });
    CHECK(now.bad().size() == 1);
    now = here.change([](HashedPacks& hashed) {
        hashed.note(4000, {{pack(2), 5}}, {pack(2)}, {});
    });
    CHECK(now.packs.at(pack(2)) == HashedPack{State::good, 4000});
}

TEST_CASE("turns are remembered with the pause between them") {
    const Remembered here;
    CHECK(here.change([](HashedPacks& hashed) { hashed.note_turn(1000); }).gap == 0);
    const HashedPacks now = here.change([](HashedPacks& hashed) { hashed.note_turn(5000); });
    CHECK(now.gap == 4000);
    CHECK(now.turn == 5000);
}

TEST_CASE("times of a clock that was ahead become now, so that nothing stays seen for years") {
    const Remembered here;
    const HashedPacks now = here.change([](HashedPacks& hashed) {
        hashed.note(9'000'000'000, {{pack(1), 5}, {pack(2), 5}}, {pack(1)}, {});
        hashed.note_turn(9'000'000'000);
        hashed.note(1000, {{pack(1), 5}, {pack(2), 5}}, {}, {});
        hashed.note_turn(1000);
    });
    CHECK(now.packs.at(pack(1)) == HashedPack{State::good, 1000});
    CHECK(now.packs.at(pack(2)).since == 1000);
    CHECK(now.looked == 1000);
    CHECK(now.turn == 1000);
    CHECK(now.gap == 0);
}

TEST_CASE("a file that is damaged in any byte or cut anywhere is passed over") {
    const Remembered here;
    here.change([](HashedPacks& hashed) {
        hashed.note(1'700'000'000, {{pack(1), 5}, {pack(2), 5}}, {pack(1)}, {pack(2)});
        hashed.note_turn(1'700'000'000);
    });
    const util::Bytes good = must(util::read_file(here.file, 1 << 20));
    for (std::size_t at = 0; at < good.size(); ++at) {
        util::Bytes bad = good;
        bad[at] ^= std::byte{4};
        must(util::write_file_durably(here.file, bad, 0600));
        CHECK(HashedPacks::load(here.local) == HashedPacks{});
        bad = good;
        bad.resize(at);
        must(util::write_file_durably(here.file, bad, 0600));
        CHECK(HashedPacks::load(here.local) == HashedPacks{});
    }
    must(util::write_file_durably(here.file, good, 0600));
    CHECK(HashedPacks::load(here.local).packs.size() == 2);
}

TEST_CASE("what is written has one form: nothing else is read") {
    HashedPacks hashed;
    hashed.packs = {{pack(1), {State::good, 5}}, {pack(2), {State::put, 6}}};
    const util::Bytes good = encode_hashed_packs(hashed);
    CHECK(must(repo::decode_hashed_packs(good)) == hashed);
    const util::BytesView body = must(format::without_self_check(good));
    // 07, its length, the count, then 32 bytes, state and time of each
    const auto with = [&](std::size_t at, std::uint8_t value) {
        util::Bytes bytes = util::copy_of(body);
        bytes.at(at) = std::byte{value};
        return repo::decode_hashed_packs(format::with_self_check(std::move(bytes)));
    };
    CHECK(with(3 + 32, 4).error().kind() == ErrorKind::corrupt);     // no such state
    CHECK(with(3 + 33, 1).error().kind() == ErrorKind::corrupt);     // before 1970
    CHECK(with(3 + 34 + 1, 1).error().kind() == ErrorKind::corrupt); // the same pack twice
    CHECK(with(2, 3).error().kind() == ErrorKind::corrupt);          // more than there are
}

TEST_CASE("a folder of states that can't be made is an error, and nothing more") {
    const Remembered here;
    std::ofstream(here.folder / "state") << "a file";
    CHECK_FALSE(HashedPacks::change(here.local, [](HashedPacks& hashed) { hashed.turn = 5; }));
    CHECK(HashedPacks::load(here.local) == HashedPacks{});
}
