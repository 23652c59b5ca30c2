// SPDX-License-Identifier: Apache-2.0
#include "format/slot.hpp"

#include "samples.hpp"

using namespace saoluu;
using namespace saoluu::format;
using format::test::fails;
using format::test::kSuites;
using format::test::must;
using format::test::Random;

namespace {

constexpr crypto::PassphraseCost kCheap{.memory_kib = 65'536, .passes = 1};

crypto::SecretBytes passphrase(std::string_view text) {
    return crypto::SecretBytes::copy_of(util::as_bytes(text));
}

SlotSecrets some_secrets(Random& random) {
    SlotSecrets secrets;
    secrets.repository = random.id<RepositoryId>();
    secrets.sign_seed = crypto::Key::random();
    secrets.seal_secret = crypto::Key::random();
    return secrets;
}

/// The slot with one byte of its content changed, and a self-check that fits again: what somebody
/// who writes to the store could leave there.
Bytes forged(const Bytes& object, std::size_t at) {
    Bytes content(object.begin(), object.end() - 32);
    content[at] ^= std::byte{1};
    return with_self_check(std::move(content));
}

} // namespace

TEST_CASE("a slot gives its secrets back to the passphrase, and to no other") {
    Random random;
    INFO("seed ", random.seed());
    for (const Suite suite : kSuites) {
        const SlotSecrets secrets = some_secrets(random);
        const auto id = random.id<SlotId>();
        const Bytes object =
            must(Slot::seal(id, suite, {}, kCheap, passphrase("sáu từ ngẫu nhiên"), secrets));
        CHECK(object.size() == Slot::kSize);
        CHECK(must(Slot::id_of(object)) == id);
        const SlotSecrets opened = must(Slot::open(object, passphrase("sáu từ ngẫu nhiên")));
        CHECK(opened.repository == secrets.repository);
        CHECK(util::equal(opened.sign_seed.view(), secrets.sign_seed.view()));
        CHECK(util::equal(opened.seal_secret.view(), secrets.seal_secret.view()));
        CHECK(fails(Slot::open(object, passphrase("sáu từ ngẫu nhiêm")), ErrorKind::wrong_key));
        CHECK(fails(Slot::open(object, passphrase("")), ErrorKind::wrong_key));
    }
}

TEST_CASE("damage to a slot is told from a wrong passphrase, whatever the passphrase is") {
    Random random;
    INFO("seed ", random.seed());
    const Bytes object = must(Slot::seal(random.id<SlotId>(), Suite::xchacha20, {}, kCheap,
                                         passphrase("x"), some_secrets(random)));
    const auto refuse = [](BytesView damaged) {
        CHECK(fails(Slot::open(damaged, passphrase("x")), ErrorKind::corrupt));
        CHECK(fails(Slot::id_of(damaged), ErrorKind::corrupt));
    };
    format::test::every_flipped_bit(object, refuse);
    format::test::every_wrong_length(object, refuse);
}

TEST_CASE("no byte of a slot can be changed by who can write to the store") {
    Random random;
    INFO("seed ", random.seed());
    const Bytes object = must(Slot::seal(random.id<SlotId>(), Suite::aes256gcm, {}, kCheap,
                                         passphrase("x"), some_secrets(random)));
    const auto kind_of = [&](std::size_t at) {
        return Slot::open(forged(object, at), passphrase("x")).error().kind();
    };
    CHECK(kind_of(0) == ErrorKind::corrupt);      // magic
    CHECK(kind_of(6) == ErrorKind::unsupported);  // version
    CHECK(kind_of(12) == ErrorKind::corrupt);     // epoch
    CHECK(kind_of(16) == ErrorKind::wrong_key);   // id
    CHECK(kind_of(32) == ErrorKind::unsupported); // key derivation
    CHECK(kind_of(36) == ErrorKind::wrong_key);   // memory: a little more
    CHECK(kind_of(38) == ErrorKind::unsupported); // memory: half of what is accepted
    CHECK(kind_of(40) == ErrorKind::unsupported); // no pass
    CHECK(kind_of(44) == ErrorKind::wrong_key);   // salt
    CHECK(kind_of(60) == ErrorKind::wrong_key);   // commitment
    CHECK(kind_of(92) == ErrorKind::corrupt);     // contents
    CHECK(kind_of(203) == ErrorKind::corrupt);    // tag
}

TEST_CASE("a cost outside what is accepted is not tried") {
    Random random;
    INFO("seed ", random.seed());
    for (const crypto::PassphraseCost cost :
         {crypto::PassphraseCost{.memory_kib = 65'535, .passes = 1},
          crypto::PassphraseCost{.memory_kib = 1'048'577, .passes = 1},
          crypto::PassphraseCost{.memory_kib = 65'536, .passes = 0},
          crypto::PassphraseCost{.memory_kib = 65'536, .passes = 17}})
        CHECK(fails(Slot::seal(random.id<SlotId>(), Suite::xchacha20, {}, cost, passphrase("x"),
                               some_secrets(random)),
                    ErrorKind::unsupported));
}
