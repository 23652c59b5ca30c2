// SPDX-License-Identifier: Apache-2.0
#include "format/roster.hpp"

#include "samples.hpp"

using namespace saoluu;
using namespace saoluu::format;
using format::test::fails;
using format::test::kSuites;
using format::test::must;
using format::test::World;

namespace {

Bundle some_bundle(format::test::Random& random) {
    Bundle bundle;
    std::uint64_t number = 0;
    for (std::size_t left = random.size(0, 3); left > 0; --left) {
        number += 1 + random.number(0x0fffffff);
        const auto id = static_cast<std::uint32_t>(number);
        bundle.epochs.push_back({.epoch = id, .secret = crypto::Key::random()});
        bundle.domains.push_back({.domain = id,
                                  .suite = random.coin() ? Suite::xchacha20 : Suite::aes256gcm,
                                  .secret = crypto::Key::random()});
        if (random.coin())
            bundle.contents.push_back({.epoch = id, .secret = crypto::Key::random()});
    }
    return bundle;
}

} // namespace

TEST_CASE("a bundle gives its secrets to its holder") {
    World world;
    INFO("seed ", world.random.seed());
    const auto holder = crypto::SealPair::generate();
    for (int i = 0; i < 20; ++i) {
        const Suite suite = kSuites[i % 2];
        const Bundle bundle = some_bundle(world.random);
        const Bytes sealed =
            seal_bundle(world.repository, suite, 9, world.actor, holder.public_half(), bundle);
        const Bundle opened = must(open_bundle(world.repository, world.actor, holder, sealed));
        REQUIRE(opened.epochs.size() == bundle.epochs.size());
        REQUIRE(opened.domains.size() == bundle.domains.size());
        REQUIRE(opened.contents.size() == bundle.contents.size());
        for (std::size_t at = 0; at < bundle.epochs.size(); ++at) {
            CHECK(opened.epochs[at].epoch == bundle.epochs[at].epoch);
            CHECK(util::equal(opened.epochs[at].secret.view(), bundle.epochs[at].secret.view()));
            CHECK(opened.domains[at].domain == bundle.domains[at].domain);
            CHECK(opened.domains[at].suite == bundle.domains[at].suite);
            CHECK(util::equal(opened.domains[at].secret.view(), bundle.domains[at].secret.view()));
        }
        for (std::size_t at = 0; at < bundle.contents.size(); ++at)
            CHECK(
                util::equal(opened.contents[at].secret.view(), bundle.contents[at].secret.view()));
    }
}

TEST_CASE("a bundle is nothing to another holder, actor or repository") {
    World world;
    INFO("seed ", world.random.seed());
    const auto holder = crypto::SealPair::generate();
    const Bytes sealed = seal_bundle(world.repository, Suite::xchacha20, 9, world.actor,
                                     holder.public_half(), some_bundle(world.random));
    CHECK(fails(open_bundle(world.repository, world.actor, crypto::SealPair::generate(), sealed),
                ErrorKind::wrong_key));
    CHECK(fails(open_bundle(world.repository, world.random.id<ActorId>(), holder, sealed),
                ErrorKind::wrong_key));
    CHECK(fails(open_bundle(world.random.id<RepositoryId>(), world.actor, holder, sealed),
                ErrorKind::wrong_key));
}

TEST_CASE("a flipped bit or a cut anywhere in a bundle opens nothing") {
    World world;
    INFO("seed ", world.random.seed());
    const auto holder = crypto::SealPair::generate();
    const Bytes sealed = seal_bundle(world.repository, Suite::aes256gcm, 9, world.actor,
                                     holder.public_half(), some_bundle(world.random));
    const auto refuse = [&](BytesView damaged) {
        CHECK_FALSE(open_bundle(world.repository, world.actor, holder, damaged));
    };
    // The highest bit of X is no part of a point; the commitment covers it all the same.
    format::test::every_flipped_bit(sealed, refuse);
    format::test::every_wrong_length(sealed, refuse);
}

TEST_CASE("a bundle whose X gives an all-zero secret is refused") {
    World world;
    INFO("seed ", world.random.seed());
    const auto holder = crypto::SealPair::generate();
    Bytes sealed =
        seal_bundle(world.repository, Suite::xchacha20, 9, world.actor, holder.public_half(), {});
    std::fill_n(sealed.begin() + 16, 32, std::byte{0});
    CHECK(fails(open_bundle(world.repository, world.actor, holder, sealed), ErrorKind::corrupt));
}

TEST_CASE("the unusable public halves are those with which X25519 gives zero") {
    format::test::Random random;
    INFO("seed ", random.seed());
    const auto own = crypto::SealPair::generate();
    for (const char* hex : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000000",
                            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                            "0000000000000000000000000000000000000000000000000000000000000080"}) {
        INFO(hex);
        const auto half = crypto::SealPublic::from_hex_text(hex).value();
        CHECK_FALSE(crypto::is_usable(half));
        CHECK_FALSE(own.shared_with(half));
    }
    for (int i = 0; i < 50; ++i) {
        const auto half = i % 2 == 0 ? random.id<crypto::SealPublic>()
                                     : crypto::SealPair::generate().public_half();
        CHECK(crypto::is_usable(half));
        CHECK(own.shared_with(half));
    }
}

TEST_CASE("names are for who has W, and for one actor") {
    World world;
    INFO("seed ", world.random.seed());
    const SealContext context{
        .repository = world.repository,
        .epoch = world.epoch,
        .header = {.kind = Kind::names, .suite = Suite::xchacha20, .epoch = 7},
        .subject = world.actor.view()};
    const ActorNames names{.holder = "Nguyễn Thị An", .unit = "", .domain = "kế toán"};
    const Bytes sealed = seal_names(context, names);
    const ActorNames opened = must(open_names(world.repository, world.epoch, world.actor, sealed));
    CHECK(opened.holder == names.holder);
    CHECK(opened.unit.empty());
    CHECK(opened.domain == names.domain);
    CHECK(must(epoch_of_names(sealed)) == 7);
    CHECK(fails(open_names(world.repository, World::other_key(), world.actor, sealed),
                ErrorKind::wrong_key));
    CHECK(fails(open_names(world.repository, world.epoch, world.random.id<ActorId>(), sealed),
                ErrorKind::wrong_key));
    format::test::every_flipped_bit(sealed, [&](BytesView damaged) {
        CHECK_FALSE(open_names(world.repository, world.epoch, world.actor, damaged));
    });
    CHECK(fails(epoch_of_names({}), ErrorKind::corrupt));
}
