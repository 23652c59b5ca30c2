// SPDX-License-Identifier: Apache-2.0
#include "format/slot.hpp"

#include "crypto/aead.hpp"
#include "crypto/derive.hpp"
#include "format/secret_writer.hpp"
#include "util/text.hpp"

#include <cstring>

namespace saoluu::format {
namespace {

using util::message;
using util::tr;

// FORMAT.md 5.1
constexpr std::size_t kIdAt = 16, kDerivationAt = 32, kMemoryAt = 36, kPassesAt = 40, kSaltAt = 44,
                      kCommitmentAt = 60, kSealedAt = 92, kCheckAt = 204;
constexpr std::size_t kPlainSize = 96;
static_assert(kCheckAt == kSealedAt + kPlainSize + crypto::kTagSize);
static_assert(Slot::kSize == kCheckAt + Hash::size);

constexpr std::uint32_t kArgon2id13 = 1;
constexpr std::array<std::byte, 24> kZeroNonce{};

crypto::CommittedKey derive(const crypto::Key& kek, BytesView head) {
    return crypto::derive_committed(kek, crypto::Tuple("saoluu/1/slot").add(head));
}

crypto::Tuple associated_data(BytesView head) {
    return crypto::Tuple("saoluu/1/ad").add(head);
}

/// What can be known of a slot without its passphrase.
struct Parsed {
    Suite suite;
    crypto::PassphraseCost cost;
    crypto::PassphraseSalt salt;
};

Result<Parsed> parse(BytesView object) {
    if (object.size() != Slot::kSize)
        return fail(ErrorKind::corrupt, tr("it does not have the size of a key slot"));
    TRY(without_self_check(object));
    const Header header = TRY(Header::decode(object, Kind::slot));
    if (header.epoch != 0)
        return fail(ErrorKind::corrupt, tr("its header is not the expected one"));
    const auto derivation = util::load_le<std::uint32_t>(object.data() + kDerivationAt);
    if (derivation != kArgon2id13)
        return fail(
            ErrorKind::unsupported,
            message(tr("key derivation {} is not known to this version of saoluu"), derivation));
    Parsed parsed{.suite = header.suite, .cost = {}, .salt = {}};
    parsed.cost.memory_kib = util::load_le<std::uint32_t>(object.data() + kMemoryAt);
    parsed.cost.passes = util::load_le<std::uint32_t>(object.data() + kPassesAt);
    std::memcpy(parsed.salt.data(), object.data() + kSaltAt, parsed.salt.size());
    return parsed;
}

} // namespace

Result<Bytes> Slot::seal(const SlotId& id, Suite suite, const crypto::PassphraseSalt& salt,
                         const crypto::PassphraseCost& cost, const crypto::SecretBytes& passphrase,
                         const SlotSecrets& secrets) {
    const crypto::Key kek = TRY(crypto::key_of_passphrase(passphrase, salt, cost));
    util::Writer out;
    out.raw(Header{.kind = Kind::slot, .suite = suite, .epoch = 0}.encode())
        .raw(id.view())
        .u32(kArgon2id13)
        .u32(cost.memory_kib)
        .u32(cost.passes)
        .raw(salt);
    Bytes object = out.take();
    const crypto::CommittedKey derived = derive(kek, object);
    const crypto::Tuple ad = associated_data(object);
    SecretWriter plain(kPlainSize);
    plain.raw(secrets.repository.view())
        .raw(secrets.sign_seed.view())
        .raw(secrets.seal_secret.view());
    util::append(object, derived.commitment);
    object.resize(kCheckAt);
    crypto::Aead(suite, derived.key)
        .seal(BytesView(kZeroNonce).first(crypto::nonce_size(suite)), ad.view(), plain.view(),
              std::span(object).subspan(kSealedAt));
    return with_self_check(std::move(object));
}

Result<SlotSecrets> Slot::open(BytesView object, const crypto::SecretBytes& passphrase) {
    const Parsed parsed = TRY(parse(object));
    const crypto::Key kek = TRY(crypto::key_of_passphrase(passphrase, parsed.salt, parsed.cost));
    const BytesView head = object.first(kCommitmentAt);
    const crypto::CommittedKey derived = derive(kek, head);
    if (!crypto::equal_constant_time(derived.commitment,
                                     object.subspan(kCommitmentAt, derived.commitment.size())))
        return fail(ErrorKind::wrong_key, tr("the passphrase does not open this key slot"));
    crypto::SecretBytes plain(kPlainSize);
    if (!crypto::Aead(parsed.suite, derived.key)
             .open(BytesView(kZeroNonce).first(crypto::nonce_size(parsed.suite)),
                   associated_data(head).view(),
                   object.subspan(kSealedAt, kPlainSize + crypto::kTagSize), plain.writable()))
        return fail(ErrorKind::corrupt, tr("it is damaged: its contents are not authentic"));
    SlotSecrets secrets;
    secrets.repository = RepositoryId::from(plain.view().first(32));
    secrets.sign_seed = crypto::Key::copy_of(plain.view().subspan(32, 32));
    secrets.seal_secret = crypto::Key::copy_of(plain.view().subspan(64, 32));
    return secrets;
}

Result<SlotId> Slot::id_of(BytesView object) {
    TRY(parse(object));
    return SlotId::from(object.subspan(kIdAt, SlotId::size));
}

} // namespace saoluu::format
