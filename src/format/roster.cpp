// SPDX-License-Identifier: Apache-2.0
#include "format/roster.hpp"

#include "format/fields.hpp"
#include "util/assert.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace saoluu::format {
namespace {

using util::message;
using util::tr;

constexpr std::uint8_t kFastCdc = 1;
constexpr std::uint64_t kMostDomain = std::numeric_limits<Domain>::max();

Bytes subject_of(std::uint64_t n) {
    return util::Writer().u64(n).take();
}

void add_texts(FieldWriter& out, std::uint64_t tag, const std::vector<std::string>& texts) {
    if (texts.empty())
        return;
    util::Writer list;
    list.varint(texts.size());
    for (const std::string& text : texts) {
        ASSERT(may_be_text(text));
        list.text(text);
    }
    out.add(tag, list.view());
}

Result<std::vector<std::string>> texts_or_none(const FieldReader& fields, std::uint64_t tag) {
    std::vector<std::string> texts;
    if (!fields.has(tag))
        return texts;
    util::Reader in(fields.raw(tag));
    const std::size_t count = TRY(in.count(1, in.left()));
    for (std::size_t i = 0; i < count; ++i)
        texts.push_back(TRY(in.text(limits::kText)));
    if (!in.at_end() || texts.empty())
        return fields.bad(tag);
    return texts;
}

Bytes encode_chunks(const data::ChunkSizes& sizes) {
    ASSERT(sizes.are_valid() && sizes.greatest <= limits::kDataChunk);
    return util::Writer()
        .u8(kFastCdc)
        .varint(sizes.least)
        .varint(sizes.average)
        .varint(sizes.greatest)
        .take();
}

Result<data::ChunkSizes> decode_chunks(BytesView bytes) {
    util::Reader in(bytes);
    const std::uint8_t kind = TRY(in.u8());
    if (kind != kFastCdc)
        return fail(ErrorKind::unsupported,
                    message(tr("chunker {} is not known to this version of saoluu"), kind));
    data::ChunkSizes sizes;
    sizes.least = TRY(in.varint());
    sizes.average = TRY(in.varint());
    sizes.greatest = TRY(in.varint());
    TRY(in.finish());
    if (!sizes.are_valid() || sizes.greatest > limits::kDataChunk)
        return in.bad(tr("the sizes of chunks are not possible"));
    return sizes;
}

Bytes encode_actor(const ActorEntry& actor) {
    FieldWriter out;
    out.add(1, actor.sign.view())
        .add(3, actor.seal.view())
        .add_u8(5, actor.role)
        .add_varint(7, actor.domain)
        .add(9, actor.slot.view())
        .add_time(11, actor.issued);
    if (actor.expires)
        out.add_time(13, *actor.expires);
    out.add(15, actor.sealed_names)
        .add(17, actor.bundle)
        .add_u8(19, static_cast<std::uint8_t>(actor.slot_kind));
    return out.take();
}

Result<ActorEntry> decode_actor(const RepositoryId& repository, BytesView bytes) {
    const FieldReader fields = TRY(FieldReader::read(bytes, {1, 3, 5, 7, 9, 11, 13, 15, 17, 19}));
    ActorEntry actor;
    actor.sign = TRY(fields.id<crypto::SignPublic>(1));
    actor.seal = TRY(fields.id<crypto::SealPublic>(3));
    // Here once, so that nobody who seals to an actor of a good roster has to think of it.
    if (!crypto::is_usable(actor.seal))
        return fields.bad(3);
    actor.role = TRY(fields.u8(5));
    if (actor.role < 1 || actor.role > 4)
        return fields.bad(5);
    actor.domain = static_cast<Domain>(TRY(fields.varint(7, kMostDomain)));
    actor.slot = TRY(fields.id<SlotId>(9));
    actor.issued = TRY(fields.time(11));
    if (fields.has(13))
        actor.expires = TRY(fields.time(13));
    actor.sealed_names = util::copy_of(TRY(fields.must(15)));
    actor.bundle = util::copy_of(TRY(fields.must(17)));
    const std::uint8_t slot_kind = TRY(fields.u8(19));
    if (slot_kind != 1 && slot_kind != 2)
        return fields.bad(19);
    actor.slot_kind = static_cast<SlotKind>(slot_kind);
    actor.id = actor_id(repository, actor.sign, actor.seal);
    return actor;
}

Bytes encode_actors(const std::vector<ActorEntry>& actors) {
    ASSERT(actors.size() <= limits::kActors);
    util::Writer list;
    list.varint(actors.size());
    const ActorEntry* last = nullptr;
    for (const ActorEntry& actor : actors) {
        ASSERT(last == nullptr || last->id < actor.id);
        last = &actor;
        list.bytes(encode_actor(actor));
    }
    return list.take();
}

Result<std::vector<ActorEntry>> decode_actors(const RepositoryId& repository, BytesView bytes) {
    util::Reader in(bytes);
    const std::size_t count = TRY(in.count(1, limits::kActors));
    std::vector<ActorEntry> actors;
    for (std::size_t i = 0; i < count; ++i) {
        const BytesView one = TRY(in.bytes(in.left()));
        actors.push_back(TRY(named(decode_actor(repository, one), [i, count] {
            return message(tr("actor {} of {}"), i + 1, count);
        })));
        if (i > 0 && !(actors[i - 1].id < actors[i].id))
            return in.bad(tr("the actors are not in order"));
    }
    TRY(in.finish());
    return actors;
}

/// What a revocation is for itself, and behind the one before it in the list. Where none of an
/// actor's chain counts, there is no branch beside that does.
bool is_possible(const Revocation& one, const Revocation* before) {
    if (one.last_n > limits::kNumber)
        return false;
    if (!one.any_counts && (one.last_n != 0 || !one.last_hash.is_zero()))
        return false;
    if (before == nullptr || before->actor < one.actor)
        return true;
    return before->actor == one.actor && before->any_counts && one.any_counts &&
           before->last_hash < one.last_hash;
}

Bytes encode_revoked(const std::vector<Revocation>& revoked) {
    util::Writer list;
    list.varint(revoked.size());
    const Revocation* before = nullptr;
    for (const Revocation& one : revoked) {
        ASSERT(is_possible(one, before));
        before = &one;
        list.raw(one.actor.view())
            .u8(one.any_counts ? 1 : 0)
            .varint(one.last_n)
            .raw(one.last_hash.view());
    }
    return list.take();
}

Result<std::vector<Revocation>> decode_revoked(BytesView bytes) {
    util::Reader in(bytes);
    const std::size_t count = TRY(in.count(ActorId::size + 1 + 1 + EntryHash::size, bytes.size()));
    std::vector<Revocation> revoked;
    for (std::size_t i = 0; i < count; ++i) {
        Revocation one;
        one.actor = TRY(in.id<ActorId>());
        const std::uint8_t any = TRY(in.u8());
        one.any_counts = any == 1;
        one.last_n = TRY(in.varint());
        one.last_hash = TRY(in.id<EntryHash>());
        if (any > 1 || !is_possible(one, revoked.empty() ? nullptr : &revoked.back()))
            return in.bad(tr("a revocation is malformed or not in order"));
        revoked.push_back(one);
    }
    TRY(in.finish());
    if (revoked.empty())
        return in.bad(tr("a list is empty that should be left out"));
    return revoked;
}

Bytes encode_rest(const Roster& roster) {
    FieldWriter out;
    out.add_varint(1, roster.n);
    if (roster.made)
        out.add_time(2, *roster.made);
    out.add(3, roster.repository.view());
    add_texts(out, 5, roster.read_features);
    add_texts(out, 7, roster.write_features);
    out.add_u8(9, static_cast<std::uint8_t>(roster.suite))
        .add(11, encode_chunks(roster.chunks))
        .add_varint(13, roster.epoch)
        .add(15, roster.content_public.view())
        .add(17, encode_actors(roster.actors));
    if (!roster.revoked.empty())
        out.add(19, encode_revoked(roster.revoked));
    if (!roster.rivals.empty()) {
        ASSERT(std::adjacent_find(roster.rivals.begin(), roster.rivals.end(),
                                  std::greater_equal<>()) == roster.rivals.end());
        out.add(21, encode_ids(roster.rivals));
    }
    out.add(23, roster.epoch_secret_hash.view());
    return out.take();
}

Result<Roster> decode_rest(const Header& header, BytesView bytes) {
    const FieldReader fields =
        TRY(FieldReader::read(bytes, {1, 2, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23}));
    Roster roster;
    roster.n = TRY(fields.varint(1, limits::kNumber));
    if (fields.has(2))
        roster.made = TRY(fields.time(2));
    roster.repository = TRY(fields.id<RepositoryId>(3));
    roster.read_features = TRY(texts_or_none(fields, 5));
    roster.write_features = TRY(texts_or_none(fields, 7));
    roster.suite = header.suite;
    if (TRY(fields.u8(9)) != static_cast<std::uint8_t>(header.suite))
        return fields.bad(9);
    const BytesView chunks = TRY(fields.must(11));
    roster.chunks = TRY(decode_chunks(chunks).within(FieldReader::name_of(11)));
    roster.epoch = header.epoch;
    if (TRY(fields.varint(13)) != header.epoch)
        return fields.bad(13);
    roster.content_public = TRY(fields.id<crypto::SealPublic>(15));
    if (!crypto::is_usable(roster.content_public))
        return fields.bad(15);
    const BytesView actors = TRY(fields.must(17));
    roster.actors = TRY(decode_actors(roster.repository, actors));
    if (fields.has(19))
        roster.revoked = TRY(decode_revoked(fields.raw(19)).within(FieldReader::name_of(19)));
    roster.rivals = TRY(fields.ids_or_none<RosterHash>(21, Ascending::yes));
    roster.epoch_secret_hash = TRY(fields.id<Hash>(23));
    return roster;
}

Result<RosterObject> decode_object(BytesView object) {
    if (object.size() > limits::kRoster)
        return fail(ErrorKind::corrupt, tr("it is too large"));
    const Header header = TRY(Header::decode(object, Kind::roster));
    const SignedView view = TRY(SignedView::decode(object.subspan(Header::kSize)));
    RosterObject decoded;
    decoded.roster = TRY(decode_rest(header, view.rest));
    decoded.signer = view.signer;
    decoded.previous = view.roster;
    decoded.hash = name_of<RosterHash>(object);
    // Only roster 0 has none before it.
    if ((decoded.roster.n == 0) != decoded.previous.is_zero())
        return fail(ErrorKind::corrupt, tr("its number and the roster before do not fit"));
    return decoded;
}

} // namespace

ActorId actor_id(const RepositoryId& repository, const crypto::SignPublic& sign,
                 const crypto::SealPublic& seal) {
    crypto::Tuple tuple("saoluu/1/actor");
    tuple.add(repository.view()).add(sign.view()).add(seal.view());
    return ActorId::from(crypto::hash(tuple.view()).view());
}

const ActorEntry* Roster::find(const ActorId& actor) const {
    const auto found =
        std::lower_bound(actors.begin(), actors.end(), actor,
                         [](const ActorEntry& entry, const ActorId& id) { return entry.id < id; });
    return found != actors.end() && found->id == actor ? &*found : nullptr;
}

const Revocation* Roster::revocation(const ActorId& actor) const {
    const auto all = revocations(actor);
    return all.empty() ? nullptr : &all.front();
}

std::span<const Revocation> Roster::revocations(const ActorId& actor) const {
    const auto first = std::lower_bound(
        revoked.begin(), revoked.end(), actor,
        [](const Revocation& entry, const ActorId& id) { return entry.actor < id; });
    const auto last = std::find_if(
        first, revoked.end(), [&actor](const Revocation& entry) { return entry.actor != actor; });
    return {first, last};
}

Bytes RosterObject::encode(const Roster& roster, const RosterHash& previous, const ActorId& signer,
                           const crypto::SignPair& signer_pair) {
    ASSERT(roster.n <= limits::kNumber);
    ASSERT((roster.n == 0) == previous.is_zero());
    const Bytes subject = subject_of(roster.n);
    const Header header{.kind = Kind::roster, .suite = roster.suite, .epoch = roster.epoch};
    const Bytes body = encode_signed(
        {.repository = roster.repository, .header = header, .subject = subject},
        {.signer = signer, .roster = previous, .rest = encode_rest(roster)}, signer_pair);
    util::Writer out;
    out.raw(header.encode()).raw(body);
    ASSERT(out.size() <= limits::kRoster);
    return out.take();
}

Result<RosterObject> RosterObject::decode(BytesView object) {
    return decode_object(object).within(title_of(Kind::roster));
}

bool RosterObject::is_signed_by(BytesView object, const RosterObject& decoded,
                                const crypto::SignPublic& signer) {
    if (object.size() < Header::kSize)
        return false;
    const auto view = SignedView::decode(object.subspan(Header::kSize));
    const Bytes subject = subject_of(decoded.roster.n);
    const Header header{
        .kind = Kind::roster, .suite = decoded.roster.suite, .epoch = decoded.roster.epoch};
    return view &&
           view->is_signed_by(
               {.repository = decoded.roster.repository, .header = header, .subject = subject},
               signer);
}

std::vector<std::string> unknown_features(const std::vector<std::string>& features) {
    return features;
}

} // namespace saoluu::format
