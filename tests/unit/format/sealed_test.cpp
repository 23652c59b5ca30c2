// SPDX-License-Identifier: Apache-2.0
#include "format/sealed.hpp"

#include "format/domain.hpp"
#include "samples.hpp"

#include <set>

using namespace saoluu;
using namespace saoluu::format;
using format::test::fails;
using format::test::kSuites;
using format::test::must;
using format::test::Random;
using format::test::World;

TEST_CASE("a sealed object opens under its own key and place, and nowhere else") {
    World world;
    INFO("seed ", world.random.seed());
    for (const Suite suite : kSuites) {
        const Bytes subject = world.random.bytes(16);
        const SealContext context{.repository = world.repository,
                                  .epoch = world.epoch,
                                  .header = {.kind = Kind::record, .suite = suite, .epoch = 7},
                                  .subject = subject};
        const Bytes plain = world.random.bytes(world.random.size(0, 200));
        const Bytes object = seal_object(context, plain, SelfCheck::yes);
        CHECK(object.size() == Header::kSize + plain.size() + kSealedOverhead + Hash::size);
        CHECK(must(open_object(context, object, SelfCheck::yes)) == plain);
        CHECK(seal_object(context, plain, SelfCheck::yes) != object); // a new salt

        const auto other_key = World::other_key();
        const auto other_repository = world.random.id<RepositoryId>();
        const Bytes other_subject = world.random.bytes(16);
        const auto opens = [&](const SealContext& other) {
            return open_object(other, object, SelfCheck::yes);
        };
        const Header header = context.header;
        CHECK(fails(opens({world.repository, other_key, header, subject}), ErrorKind::wrong_key));
        CHECK(fails(opens({other_repository, world.epoch, header, subject}), ErrorKind::wrong_key));
        CHECK(fails(opens({world.repository, world.epoch, header, other_subject}),
                    ErrorKind::wrong_key));
        // Another kind of the same subkey: told by the header already.
        CHECK_FALSE(opens({world.repository,
                           world.epoch,
                           {.kind = Kind::fence, .suite = suite, .epoch = 7},
                           subject}));
    }
}

TEST_CASE("the header is bound: another kind or suite in it opens nothing") {
    World world;
    INFO("seed ", world.random.seed());
    const Bytes subject = world.random.bytes(16);
    const SealContext context{
        .repository = world.repository,
        .epoch = world.epoch,
        .header = {.kind = Kind::record, .suite = Suite::xchacha20, .epoch = 7},
        .subject = subject};
    const Bytes value = seal_value(context, world.random.bytes(10));
    for (const Header other : {Header{.kind = Kind::fence, .suite = Suite::xchacha20, .epoch = 7},
                               Header{.kind = Kind::record, .suite = Suite::aes256gcm, .epoch = 7}})
        CHECK(fails(open_value({world.repository, world.epoch, other, subject}, value),
                    ErrorKind::wrong_key));
    CHECK(fails(open_value({world.repository,
                            world.epoch,
                            {.kind = Kind::record, .suite = Suite::xchacha20, .epoch = 8},
                            subject},
                           value),
                ErrorKind::wrong_key));
}

TEST_CASE("a flipped bit anywhere in a sealed object is an error, and so is every cut") {
    World world;
    INFO("seed ", world.random.seed());
    for (const Suite suite : kSuites) {
        for (const SelfCheck check : {SelfCheck::no, SelfCheck::yes}) {
            const SealContext context{.repository = world.repository,
                                      .epoch = world.epoch,
                                      .header = {.kind = Kind::mark, .suite = suite, .epoch = 7},
                                      .subject = {}};
            const Bytes object = seal_object(context, world.random.bytes(40), check);
            format::test::every_flipped_bit(object, [&](BytesView damaged) {
                const auto opened = open_object(context, damaged, check);
                REQUIRE_FALSE(opened);
                // With a self-check damage is always told from a wrong key.
                if (check == SelfCheck::yes)
                    CHECK(opened.error().kind() == ErrorKind::corrupt);
            });
            format::test::every_wrong_length(object, [&](BytesView damaged) {
                CHECK_FALSE(open_object(context, damaged, check));
            });
        }
    }
}

TEST_CASE("damage behind the commitment is damage, not a wrong key") {
    World world;
    INFO("seed ", world.random.seed());
    const SealContext context{
        .repository = world.repository,
        .epoch = world.epoch,
        .header = {.kind = Kind::index_segment, .suite = Suite::xchacha20, .epoch = 7},
        .subject = {}};
    Bytes value = seal_value(context, world.random.bytes(40));
    value[64] ^= std::byte{1};
    CHECK(fails(open_value(context, value), ErrorKind::corrupt));
    value[64] ^= std::byte{1};
    value[32] ^= std::byte{1}; // of the commitment
    CHECK(fails(open_value(context, value), ErrorKind::wrong_key));
}

TEST_CASE("no two uses, suites, epochs or repositories share a subkey") {
    World world;
    INFO("seed ", world.random.seed());
    std::set<std::string> keys;
    std::size_t made = 0;
    for (const auto repository : {world.repository, world.random.id<RepositoryId>()})
        for (const Epoch number : {7U, 8U}) {
            const EpochKey epoch{.epoch = number, .secret = world.epoch.secret.copy()};
            for (const Suite suite : kSuites)
                for (const char* use : {"directory", "index", "record", "ledger", "names", "psk"}) {
                    keys.insert(util::to_hex(subkey(epoch, suite, use, repository).view()));
                    ++made;
                }
        }
    CHECK(keys.size() == made);
}

TEST_CASE("a signature holds for its signer, subject, salt, header and repository alone") {
    World world;
    INFO("seed ", world.random.seed());
    const Bytes subject = world.random.bytes(16);
    const Bytes salt = world.random.bytes(32);
    const auto context = [](const RepositoryId& repository, Header header, BytesView about,
                            BytesView of_salt) {
        return SignContext{
            .repository = repository, .header = header, .subject = about, .salt = of_salt};
    };
    constexpr Header header{.kind = Kind::open, .suite = Suite::xchacha20, .epoch = 7};
    const SignContext own = context(world.repository, header, subject, salt);
    const Signed signed_value{.signer = world.actor,
                              .roster = world.roster,
                              .rest = world.random.bytes(world.random.size(0, 50))};
    const Bytes body = encode_signed(own, signed_value, world.pair);
    const SignedView view = must(SignedView::decode(body));
    const auto& key = world.pair.public_half();
    CHECK(view.signer == world.actor);
    CHECK(view.roster == world.roster);
    CHECK(util::equal(view.rest, signed_value.rest));
    CHECK(view.is_signed_by(own, key));

    CHECK_FALSE(view.is_signed_by(own, crypto::SignPair::generate().public_half()));
    const Bytes other_subject = world.random.bytes(16);
    const Bytes other_salt = world.random.bytes(32);
    const auto other_repository = world.random.id<RepositoryId>();
    for (const SignContext& other :
         {context(world.repository, header, other_subject, salt),
          context(world.repository, header, {}, salt),
          context(world.repository, header, subject, other_salt),
          context(world.repository, header, subject, {}),
          context(other_repository, header, subject, salt),
          context(world.repository, {Kind::record, Suite::xchacha20, 7}, subject, salt),
          context(world.repository, {Kind::open, Suite::aes256gcm, 7}, subject, salt),
          context(world.repository, {Kind::open, Suite::xchacha20, 8}, subject, salt)})
        CHECK_FALSE(view.is_signed_by(other, key));
    format::test::every_flipped_bit(
        body,
        [&](BytesView damaged) {
            CHECK_FALSE(must(SignedView::decode(damaged)).is_signed_by(own, key));
        },
        7);
    for (std::size_t size = 0; size < 128; ++size)
        CHECK(fails(SignedView::decode(BytesView(body).first(size)), ErrorKind::corrupt));
}

TEST_CASE("a salt is new for every value, and can be read off it") {
    World world;
    INFO("seed ", world.random.seed());
    const Bytes what = world.random.bytes(10);
    CHECK(fresh_salt(what) != fresh_salt(what));
    const SealContext context{.repository = world.repository,
                              .epoch = world.epoch,
                              .header = {.kind = Kind::mark, .suite = Suite::xchacha20, .epoch = 7},
                              .subject = {}};
    const auto salt = world.random.id<Hash>();
    CHECK(salt_of_object(seal_object_with_salt(context, what, SelfCheck::yes, salt)) == salt);
    CHECK(salt_of_value(seal_value_with_salt(context, what, salt)) == salt);
    CHECK(salt_of_value({}).is_zero());
    CHECK(salt_of_object(Bytes(47)).is_zero());
}

TEST_CASE("no chunk of one kind passes for another, and no domain or suite for another") {
    World world;
    INFO("seed ", world.random.seed());
    const Bytes plain = world.random.bytes(20);
    std::set<std::string> ids;
    std::size_t made = 0;
    const crypto::Key secret = crypto::Key::random();
    for (const Domain domain : {0U, 1U, 0xffffffffU})
        for (const Suite suite : kSuites) {
            const DomainKeys keys({.domain = domain, .suite = suite, .secret = secret.copy()},
                                  world.repository);
            CHECK(keys.domain() == domain);
            for (const auto kind :
                 {ChunkKind::data, ChunkKind::page, ChunkKind::list, ChunkKind::note}) {
                ids.insert(keys.chunk_id(kind, plain).hex());
                CHECK(keys.chunk_id(kind, plain) == keys.chunk_id(kind, plain));
                ++made;
            }
        }
    CHECK(ids.size() == made);
}

TEST_CASE("cuts and link groups are keyed, and depend on all that they are about") {
    World world;
    INFO("seed ", world.random.seed());
    const DomainKeys one({.domain = 1, .suite = Suite::xchacha20, .secret = crypto::Key::random()},
                         world.repository);
    const DomainKeys two({.domain = 1, .suite = Suite::xchacha20, .secret = crypto::Key::random()},
                         world.repository);
    const auto path = util::as_bytes("home/an");
    CHECK(one.page_cut(0, path) != one.page_cut(1, path));
    CHECK(one.page_cut(0, path) != two.page_cut(0, path));
    CHECK(one.link_group(path) != two.link_group(path));
    CHECK(one.link_group(path) != one.link_group(util::as_bytes("home/a")));
    const auto id = world.random.id<ChunkId>();
    CHECK(one.list_cut(id) != two.list_cut(id));
    CHECK(one.gear_table() != two.gear_table());
    CHECK(one.gear_table() == one.gear_table());
}
