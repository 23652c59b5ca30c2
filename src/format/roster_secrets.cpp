// SPDX-License-Identifier: Apache-2.0
#include "format/roster.hpp"

#include "crypto/aead.hpp"
#include "format/fields.hpp"
#include "format/secret_writer.hpp"
#include "util/assert.hpp"
#include "util/text.hpp"

#include <array>

/// What a roster carries sealed: names under W, bundles to each holder (FORMAT.md 6.2, 6.5).
namespace saoluu::format {
namespace {

using util::tr;

// A bundle: header 16 · X 32 · commitment 32 · AEAD. Its key seals one value, so the nonce is zero.
constexpr std::size_t kPublicAt = Header::kSize, kCommitmentAt = 48, kSealedAt = 80;
static_assert(kSealedAt ==
              Header::kSize + crypto::SealPublic::size + std::tuple_size_v<crypto::Commitment>);
constexpr std::array<std::byte, 24> kZeroNonce{};

crypto::CommittedKey bundle_key(BytesView header, const RepositoryId& repository,
                                const ActorId& actor, const crypto::Key& shared,
                                const crypto::SealPublic& fresh, const crypto::SealPublic& holder) {
    const crypto::SecretBytes tuple =
        secret_tuple("saoluu/1/bundle", {header, repository.view(), actor.view(), shared.view(),
                                         fresh.view(), holder.view()});
    return crypto::derive_committed(tuple.view());
}

crypto::Tuple associated_data(BytesView header, const RepositoryId& repository,
                              const ActorId& actor) {
    crypto::Tuple tuple("saoluu/1/ad");
    tuple.add(header).add(repository.view()).add(actor.view());
    return tuple;
}

/// Bytes of a list whose items are a number and secrets of `fixed` bytes in all.
template <class Item>
std::size_t list_size(const std::vector<Item>& items, std::uint32_t Item::*number,
                      std::size_t fixed) {
    std::size_t size = util::varint_size(items.size());
    for (const Item& item : items)
        size += util::varint_size(item.*number) + fixed;
    return size;
}

template <class Item>
void write_list(SecretWriter& out, std::uint64_t tag, const std::vector<Item>& items,
                std::uint32_t Item::*number, std::size_t size) {
    if (items.empty())
        return;
    out.varint(tag).varint(size).varint(items.size());
    const Item* last = nullptr;
    for (const Item& item : items) {
        ASSERT(last == nullptr || last->*number < item.*number);
        last = &item;
        out.varint(item.*number);
        if constexpr (requires { item.suite; })
            out.u8(static_cast<std::uint8_t>(item.suite));
        out.raw(item.secret.view());
    }
}

crypto::SecretBytes encode_bundle(const Bundle& bundle) {
    const std::size_t epochs = list_size(bundle.epochs, &EpochKey::epoch, 32);
    const std::size_t domains = list_size(bundle.domains, &DomainSecret::domain, 1 + 32);
    const std::size_t contents = list_size(bundle.contents, &ContentKey::epoch, 32);
    std::size_t size = 0;
    for (const auto& [is_empty, list] :
         {std::pair(bundle.epochs.empty(), epochs), std::pair(bundle.domains.empty(), domains),
          std::pair(bundle.contents.empty(), contents)})
        size += is_empty ? 0 : 1 + util::varint_size(list) + list;
    SecretWriter out(size);
    write_list(out, 1, bundle.epochs, &EpochKey::epoch, epochs);
    write_list(out, 3, bundle.domains, &DomainSecret::domain, domains);
    write_list(out, 5, bundle.contents, &ContentKey::epoch, contents);
    return out.take();
}

/// A fresh X25519 secret that depends on what is sealed as well: a machine that was set back, and
/// repeats its random numbers, still takes another for another bundle.
crypto::Key fresh_secret(const crypto::SecretBytes& what) {
    crypto::Hash hashed = crypto::keyed_hash(crypto::Key::random(), what.view());
    crypto::Key secret = crypto::Key::copy_of(hashed.view());
    crypto::wipe(hashed.bytes);
    return secret;
}

template <class Item>
Result<std::vector<Item>> read_list(const FieldReader& fields, std::uint64_t tag,
                                    std::uint32_t Item::*number) {
    std::vector<Item> items;
    if (!fields.has(tag))
        return items;
    util::Reader in(fields.raw(tag));
    const std::size_t count = TRY(in.count(1 + 32, in.left()));
    for (std::size_t i = 0; i < count; ++i) {
        Item item;
        item.*number =
            static_cast<std::uint32_t>(TRY(in.varint(std::numeric_limits<std::uint32_t>::max())));
        if constexpr (requires { item.suite; }) {
            const std::uint8_t suite = TRY(in.u8());
            item.suite = TRY(crypto::suite_of(suite));
        }
        const BytesView secret = TRY(in.raw(32));
        item.secret = crypto::Key::copy_of(secret);
        if (i > 0 && !(items[i - 1].*number < item.*number))
            return in.bad(tr("a list is not in order"));
        items.push_back(std::move(item));
    }
    if (!in.at_end() || items.empty())
        return fields.bad(tag);
    return items;
}

Result<Bundle> decode_bundle(BytesView plain) {
    const FieldReader fields = TRY(FieldReader::read(plain, {1, 3, 5}));
    Bundle bundle;
    bundle.epochs = TRY(read_list(fields, 1, &EpochKey::epoch));
    bundle.domains = TRY(read_list(fields, 3, &DomainSecret::domain));
    bundle.contents = TRY(read_list(fields, 5, &ContentKey::epoch));
    return bundle;
}

Result<Bundle> open_whole_bundle(const RepositoryId& repository, const ActorId& actor,
                                 const crypto::SealPair& holder, BytesView sealed) {
    const Header header = TRY(Header::decode(sealed, Kind::bundle));
    if (sealed.size() < kSealedAt + crypto::kTagSize)
        return fail(ErrorKind::corrupt, tr("it is too short to be whole"));
    const auto fresh =
        crypto::SealPublic::from(sealed.subspan(kPublicAt, crypto::SealPublic::size));
    const crypto::Key shared = TRY(holder.shared_with(fresh));
    const BytesView head = sealed.first(Header::kSize);
    const crypto::CommittedKey derived =
        bundle_key(head, repository, actor, shared, fresh, holder.public_half());
    if (!crypto::equal_constant_time(derived.commitment,
                                     sealed.subspan(kCommitmentAt, derived.commitment.size())))
        return fail(ErrorKind::wrong_key, tr("it is not sealed to this key"));
    const BytesView cipher = sealed.subspan(kSealedAt);
    crypto::SecretBytes plain(cipher.size() - crypto::kTagSize);
    if (!crypto::Aead(header.suite, derived.key)
             .open(BytesView(kZeroNonce).first(crypto::nonce_size(header.suite)),
                   associated_data(head, repository, actor).view(), cipher, plain.writable()))
        return fail(ErrorKind::corrupt, tr("it is damaged: its contents are not authentic"));
    return decode_bundle(plain.view());
}

Result<ActorNames> decode_names(BytesView plain) {
    const FieldReader fields = TRY(FieldReader::read(plain, {1, 3, 5}));
    ActorNames names;
    names.holder = TRY(fields.text(1));
    names.unit = TRY(fields.text_or_empty(3));
    names.domain = TRY(fields.text_or_empty(5));
    return names;
}

} // namespace

Bytes seal_names(const SealContext& context, const ActorNames& names) {
    ASSERT(context.header.kind == Kind::names);
    FieldWriter out;
    out.add_text(1, names.holder)
        .add_text_unless_empty(3, names.unit)
        .add_text_unless_empty(5, names.domain);
    return seal_object(context, out.take(), SelfCheck::no);
}

Result<ActorNames> open_names(const RepositoryId& repository, const EpochKey& epoch,
                              const ActorId& actor, BytesView sealed) {
    const auto open = [&]() -> Result<ActorNames> {
        const Header header = TRY(Header::decode(sealed, Kind::names));
        const Bytes plain = TRY(open_object(
            {.repository = repository, .epoch = epoch, .header = header, .subject = actor.view()},
            sealed, SelfCheck::no));
        return decode_names(plain);
    };
    return open().within(title_of(Kind::names));
}

Result<Epoch> epoch_of_names(BytesView sealed) {
    const Header header = TRY(Header::decode(sealed, Kind::names).within(title_of(Kind::names)));
    return header.epoch;
}

Hash hash_of_secret(const RepositoryId& repository, const EpochKey& epoch) {
    const Bytes number = util::Writer().u32(epoch.epoch).take();
    const crypto::SecretBytes tuple =
        secret_tuple("saoluu/1/epoch-secret", {repository.view(), number, epoch.secret.view()});
    return crypto::hash(tuple.view());
}

Bytes seal_bundle(const RepositoryId& repository, Suite suite, Epoch epoch, const ActorId& actor,
                  const crypto::SealPublic& holder, const Bundle& bundle) {
    return seal_bundle_with(repository, suite, epoch, actor, holder, bundle,
                            crypto::SealPair(fresh_secret(encode_bundle(bundle))));
}

Bytes seal_bundle_with(const RepositoryId& repository, Suite suite, Epoch epoch,
                       const ActorId& actor, const crypto::SealPublic& holder, const Bundle& bundle,
                       const crypto::SealPair& fresh) {
    const auto header = Header{.kind = Kind::bundle, .suite = suite, .epoch = epoch}.encode();
    // A roster with an unusable public half is refused when it is decoded.
    const auto shared = fresh.shared_with(holder);
    ASSERT(shared);
    const crypto::CommittedKey derived =
        bundle_key(header, repository, actor, *shared, fresh.public_half(), holder);
    const crypto::SecretBytes plain = encode_bundle(bundle);
    Bytes out;
    out.reserve(kSealedAt + plain.size() + crypto::kTagSize);
    util::append(out, header);
    util::append(out, fresh.public_half().view());
    util::append(out, derived.commitment);
    out.resize(kSealedAt + plain.size() + crypto::kTagSize);
    crypto::Aead(suite, derived.key)
        .seal(BytesView(kZeroNonce).first(crypto::nonce_size(suite)),
              associated_data(header, repository, actor).view(), plain.view(),
              std::span(out).subspan(kSealedAt));
    return out;
}

Result<Bundle> open_bundle(const RepositoryId& repository, const ActorId& actor,
                           const crypto::SealPair& holder, BytesView sealed) {
    return open_whole_bundle(repository, actor, holder, sealed).within(title_of(Kind::bundle));
}

} // namespace saoluu::format
