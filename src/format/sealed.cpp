// SPDX-License-Identifier: Apache-2.0
#include "format/sealed.hpp"

#include "crypto/aead.hpp"
#include "crypto/secret.hpp"
#include "util/assert.hpp"
#include "util/text.hpp"

#include <array>

namespace saoluu::format {
namespace {

using util::tr;

// A sealed value: salt 32 · commitment 32 · AEAD. Every key seals one value, so the nonce is zero.
constexpr std::size_t kSaltSize = 32;
constexpr std::size_t kCommitmentSize = 32;
static_assert(kSealedOverhead == kSaltSize + kCommitmentSize + crypto::kTagSize);
constexpr std::array<std::byte, 24> kZeroNonce{};

constexpr std::size_t kSignedOverhead =
    ActorId::size + RosterHash::size + crypto::Signature::size; // FORMAT.md 6.1

/// Which subkey of W a kind is sealed under (FORMAT.md 7.1).
std::string_view use_of(Kind kind) {
    switch (kind) {
    case Kind::directory:
    case Kind::trailer:
        return "directory";
    case Kind::index_segment:
        return "index";
    case Kind::open:
    case Kind::record:
    case Kind::fence:
    case Kind::forgotten:
    case Kind::void_:
        return "record";
    case Kind::ledger_entry:
    case Kind::mark:
        return "ledger";
    case Kind::names:
        return "names";
    default:
        util::promise_broken("a kind that is sealed under W", __FILE__, __LINE__);
    }
}

crypto::CommittedKey key_of(const SealContext& context, BytesView salt) {
    ASSERT(context.header.epoch == context.epoch.epoch);
    const crypto::Key from = subkey(context.epoch, context.header.suite,
                                    use_of(context.header.kind), context.repository);
    crypto::Tuple tuple("saoluu/1/sealed");
    tuple.add(context.header.encode())
        .add(context.repository.view())
        .add(context.subject)
        .add(salt);
    return crypto::derive_committed(from, tuple);
}

crypto::Tuple associated_data(const SealContext& context) {
    crypto::Tuple tuple("saoluu/1/ad");
    tuple.add(context.header.encode()).add(context.repository.view()).add(context.subject);
    return tuple;
}

BytesView zero_nonce(Suite suite) {
    return BytesView(kZeroNonce).first(crypto::nonce_size(suite));
}

/// Appends the sealed value to `out`.
void append_sealed(Bytes& out, const SealContext& context, BytesView plain, const Hash& salt) {
    const crypto::CommittedKey derived = key_of(context, salt.view());
    util::append(out, salt.view());
    util::append(out, derived.commitment);
    const std::size_t at = out.size();
    out.resize(at + plain.size() + crypto::kTagSize);
    crypto::Aead(context.header.suite, derived.key)
        .seal(zero_nonce(context.header.suite), associated_data(context).view(), plain,
              std::span(out).subspan(at));
}

crypto::Tuple what_is_signed(const SignContext& context, const RosterHash& roster,
                             BytesView signed_bytes) {
    util::Writer subject;
    subject.raw(context.subject).raw(context.salt);
    crypto::Tuple tuple("saoluu/1/sign");
    tuple.add(context.repository.view())
        .add(context.header.encode())
        .add(subject.view())
        .add(roster.view())
        .add(signed_bytes);
    return tuple;
}

} // namespace

crypto::Key subkey(const EpochKey& epoch, Suite suite, std::string_view use,
                   const RepositoryId& repository) {
    crypto::Tuple tuple("saoluu/1/key/" + std::string(use));
    tuple.add_u8(static_cast<std::uint8_t>(suite)).add(repository.view()).add_u32(epoch.epoch);
    return crypto::derive_key(epoch.secret, tuple);
}

Hash fresh_salt(BytesView what) {
    return crypto::Hasher().update(crypto::random_id<Hash>().view()).update(what).finish();
}

Hash salt_of_value(BytesView sealed) {
    return sealed.size() < kSaltSize ? Hash{} : Hash::from(sealed.first(kSaltSize));
}

Hash salt_of_object(BytesView object) {
    return object.size() < Header::kSize ? Hash{} : salt_of_value(object.subspan(Header::kSize));
}

Bytes seal_value(const SealContext& context, BytesView plain) {
    return seal_value_with_salt(context, plain, fresh_salt(plain));
}

Bytes seal_value_with_salt(const SealContext& context, BytesView plain, const Hash& salt) {
    Bytes out;
    out.reserve(plain.size() + kSealedOverhead);
    append_sealed(out, context, plain, salt);
    return out;
}

Result<Bytes> open_value(const SealContext& context, BytesView sealed) {
    if (sealed.size() < kSealedOverhead)
        return fail(ErrorKind::corrupt, tr("it is too short to be whole"));
    if (context.header.epoch != context.epoch.epoch)
        return fail(ErrorKind::wrong_key, tr("it was sealed in another epoch than the key's"));
    const crypto::CommittedKey derived = key_of(context, sealed.first(kSaltSize));
    if (!crypto::equal_constant_time(derived.commitment,
                                     sealed.subspan(kSaltSize, kCommitmentSize)))
        return fail(ErrorKind::wrong_key,
                    tr("it is not sealed under this key for this place, or its beginning is "
                       "damaged"));
    const BytesView cipher = sealed.subspan(kSaltSize + kCommitmentSize);
    Bytes plain(cipher.size() - crypto::kTagSize);
    if (!crypto::Aead(context.header.suite, derived.key)
             .open(zero_nonce(context.header.suite), associated_data(context).view(), cipher,
                   plain))
        return fail(ErrorKind::corrupt, tr("it is damaged: its contents are not authentic"));
    return plain;
}

Bytes seal_object(const SealContext& context, BytesView plain, SelfCheck check) {
    return seal_object_with_salt(context, plain, check, fresh_salt(plain));
}

Bytes seal_object_with_salt(const SealContext& context, BytesView plain, SelfCheck check,
                            const Hash& salt) {
    Bytes out;
    out.reserve(Header::kSize + plain.size() + kSealedOverhead + Hash::size);
    util::append(out, context.header.encode());
    append_sealed(out, context, plain, salt);
    return check == SelfCheck::yes ? with_self_check(std::move(out)) : out;
}

Result<Bytes> open_object(const SealContext& context, BytesView object, SelfCheck check) {
    if (check == SelfCheck::yes)
        object = TRY(without_self_check(object));
    const Header header = TRY(Header::decode(object, context.header.kind));
    if (!(header == context.header))
        return fail(ErrorKind::corrupt, tr("its header is not the expected one"));
    return open_value(context, object.subspan(Header::kSize));
}

Bytes encode_signed(const SignContext& context, const Signed& body,
                    const crypto::SignPair& signer) {
    Bytes out;
    out.reserve(body.rest.size() + kSignedOverhead);
    util::append(out, body.signer.view());
    util::append(out, body.roster.view());
    util::append(out, body.rest);
    util::append(out, signer.sign(what_is_signed(context, body.roster, out).view()).view());
    return out;
}

Result<SignedView> SignedView::decode(BytesView body) {
    if (body.size() < kSignedOverhead)
        return fail(ErrorKind::corrupt, tr("it is too short to be signed"));
    SignedView view;
    view.signed_ = body.first(body.size() - crypto::Signature::size);
    view.signer = ActorId::from(view.signed_.first(ActorId::size));
    view.roster = RosterHash::from(view.signed_.subspan(ActorId::size, RosterHash::size));
    view.rest = view.signed_.subspan(ActorId::size + RosterHash::size);
    view.signature = crypto::Signature::from(body.last(crypto::Signature::size));
    return view;
}

bool SignedView::is_signed_by(const SignContext& context,
                              const crypto::SignPublic& signer_public) const {
    return crypto::verify(signer_public, what_is_signed(context, roster, signed_).view(),
                          signature);
}

} // namespace saoluu::format
