// SPDX-License-Identifier: Apache-2.0
#include "vectors.hpp"

#include "crypto/aead.hpp"
#include "data/chunker.hpp"
#include "format/domain.hpp"
#include "format/fields.hpp"
#include "format/roster.hpp"
#include "format/sealed.hpp"

/// Sections 6 and 7 of FORMAT.md: rosters, bundles, derived keys, sealing and signing.
using namespace saoluu;
using namespace saoluu::format;
using test::hex;
using test::hex_of;
using test::id;
using test::Json;
using test::key;
using test::must;
using test::Refused;
using test::Section;

namespace {

Suite suite_in(const Json& in) {
    return static_cast<Suite>(in.at("suite").get<int>());
}
EpochKey epoch_in(const Json& in) {
    return {.epoch = in.at("epoch").get<Epoch>(), .secret = key(in.at("W"))};
}
DomainSecret domain_in(const Json& in) {
    return {
        .domain = in.at("domain").get<Domain>(), .suite = suite_in(in), .secret = key(in.at("D"))};
}
DomainKeys keys_in(const Json& in) {
    return {domain_in(in), id<RepositoryId>(in.at("repository"))};
}
crypto::SealPair seal_pair(const Json& secret) {
    return crypto::SealPair(key(secret));
}

const Section kActorId("actor-id", [](const Json& in, const Json& out) {
    const crypto::SignPair sign(key(in.at("sign-seed")));
    const crypto::SealPair seal(key(in.at("seal-secret")));
    CHECK(sign.public_half().hex() == out.at("sign"));
    CHECK(seal.public_half().hex() == out.at("seal"));
    CHECK(actor_id(id<RepositoryId>(in.at("repository")), sign.public_half(), seal.public_half())
              .hex() == out.at("actor"));
});
const Section kSubkey("subkey", [](const Json& in, const Json& out) {
    CHECK(hex_of(subkey(epoch_in(in), suite_in(in), in.at("use").get<std::string>(),
                        id<RepositoryId>(in.at("repository")))
                     .view()) == out.at("key"));
});
const Section kEpochSecret("epoch-secret-hash", [](const Json& in, const Json& out) {
    CHECK(hash_of_secret(id<RepositoryId>(in.at("repository")), epoch_in(in)).hex() ==
          out.at("hash"));
});
const Section kDomainKey("domain-key", [](const Json& in, const Json& out) {
    CHECK(hex_of(domain_key(domain_in(in), in.at("use").get<std::string>(),
                            id<RepositoryId>(in.at("repository")))
                     .view()) == out.at("key"));
});
const Section kChunkId("chunk-id", [](const Json& in, const Json& out) {
    const auto kind = static_cast<ChunkKind>(in.at("kind").get<int>());
    CHECK(keys_in(in).chunk_id(kind, hex(in.at("plain"))).hex() == out.at("id"));
});
const Section kPageCut("page-cut", [](const Json& in, const Json& out) {
    CHECK(keys_in(in).page_cut(in.at("level").get<std::uint8_t>(), hex(in.at("path"))) ==
          out.at("value").get<std::uint64_t>());
});
const Section kListCut("list-cut", [](const Json& in, const Json& out) {
    CHECK(keys_in(in).list_cut(id<ChunkId>(in.at("id"))) == out.at("value").get<std::uint64_t>());
});
const Section kLinkGroup("link-group", [](const Json& in, const Json& out) {
    CHECK(keys_in(in).link_group(hex(in.at("path"))).hex() == out.at("group"));
});

/// The domain of which the vectors name only the gear key.
data::GearTable gear_table(const Json& gear_key) {
    const DomainSecret domain{.domain = 3,
                              .suite = Suite::xchacha20,
                              .secret = crypto::Key::copy_of(Bytes(32, std::byte{0x44}))};
    RepositoryId repository;
    for (std::size_t i = 0; i < repository.bytes.size(); ++i)
        repository.bytes[i] = static_cast<std::byte>(i);
    CHECK(hex_of(domain_key(domain, "gear", repository).view()) == gear_key);
    return DomainKeys(domain, repository).gear_table();
}
const Section kGear("gear", [](const Json& in, const Json& out) {
    const data::GearTable table = gear_table(in.at("gear-key"));
    CHECK(table[0] == out.at("first").get<std::uint64_t>());
    CHECK(table[8] == out.at("eighth").get<std::uint64_t>());
    CHECK(table[255] == out.at("last").get<std::uint64_t>());
    util::Writer raw;
    for (const std::uint64_t entry : table)
        raw.u64(entry);
    CHECK(crypto::hash(raw.view()).hex() == out.at("hash"));
});

Bytes stream_in(const Json& in) {
    if (in.contains("bytes"))
        return hex(in.at("bytes"));
    const auto length = in.at("length").get<std::size_t>();
    Bytes stream;
    if (!in.contains("key")) {
        stream.resize(length); // "all zero bytes"
        return stream;
    }
    const crypto::Key from = key(in.at("key"));
    for (std::uint64_t i = 0; stream.size() < length; ++i)
        util::append(stream, crypto::keyed_hash64(from, util::Writer().u64(i).view()));
    stream.resize(length);
    return stream;
}
const Section kCut("cut", [](const Json& in, const Json& out) {
    const data::ChunkSizes sizes{.least = in.at("least").get<std::uint64_t>(),
                                 .average = in.at("average").get<std::uint64_t>(),
                                 .greatest = in.at("greatest").get<std::uint64_t>()};
    const data::Chunker chunker(sizes, gear_table(in.at("gear-key")));
    const Bytes stream = stream_in(in);
    std::vector<std::uint64_t> lengths;
    for (BytesView left = stream; !left.empty(); left = left.subspan(lengths.back()))
        lengths.push_back(chunker.cut(left));
    CHECK(lengths == out.at("lengths").get<std::vector<std::uint64_t>>());
});

const Section kSealed("sealed", [](const Json& in, const Json& out) {
    const auto repository = id<RepositoryId>(in.at("repository"));
    const EpochKey epoch = epoch_in(in);
    const Bytes subject = hex(in.at("subject"));
    const SealContext context{.repository = repository,
                              .epoch = epoch,
                              .header = {.kind = static_cast<Kind>(in.at("kind").get<int>()),
                                         .suite = suite_in(in),
                                         .epoch = epoch.epoch},
                              .subject = subject};
    const Bytes plain = hex(in.at("plain"));
    const auto salt = id<Hash>(in.at("salt"));
    const Bytes object = hex(out.at("bytes"));
    CHECK(seal_object_with_salt(context, plain, SelfCheck::no, salt) == object);
    CHECK(seal_object_with_salt(context, plain, SelfCheck::yes, salt) == with_self_check(object));
    CHECK(must(open_object(context, object, SelfCheck::no)) == plain);
    const BytesView value = BytesView(object).subspan(Header::kSize);
    CHECK(util::equal(seal_value_with_salt(context, plain, salt), value));
    CHECK(hex_of(value.subspan(32, 32)) == out.at("commitment"));
    CHECK(must(open_value(context, value)) == plain);
});

const Section kSignedBody("signed-body", [](const Json& in, const Json& out) {
    const auto repository = id<RepositoryId>(in.at("repository"));
    const Bytes subject = hex(in.at("subject"));
    const SignContext context{.repository = repository,
                              .header = must(Header::decode(hex(in.at("common-header")))),
                              .subject = subject}; // with its salt, where it has one
    const crypto::SignPair pair(key(in.at("seed")));
    const Signed body{.signer = id<ActorId>(in.at("signer")),
                      .roster = id<RosterHash>(in.at("roster")),
                      .rest = hex(in.at("rest"))};
    const Bytes bytes = hex(out.at("bytes"));
    CHECK(encode_signed(context, body, pair) == bytes);
    const SignedView view = must(SignedView::decode(bytes));
    CHECK(view.signer == body.signer);
    CHECK(view.roster == body.roster);
    CHECK(util::equal(view.rest, body.rest));
    CHECK(view.signature.hex() == out.at("signature"));
    CHECK(view.is_signed_by(context, pair.public_half()));
});

Bundle bundle_in(const Json& in) {
    Bundle bundle;
    for (const Json& one : in.at("epochs"))
        bundle.epochs.push_back({.epoch = one.at(0).get<Epoch>(), .secret = key(one.at(1))});
    for (const Json& one : in.at("domains"))
        bundle.domains.push_back({.domain = one.at(0).get<Domain>(),
                                  .suite = static_cast<Suite>(one.at(1).get<int>()),
                                  .secret = key(one.at(2))});
    for (const Json& one : in.at("contents"))
        bundle.contents.push_back({.epoch = one.at(0).get<Epoch>(), .secret = key(one.at(1))});
    return bundle;
}
const Section kBundle("bundle", [](const Json& in, const Json& out) {
    const auto repository = id<RepositoryId>(in.at("repository"));
    const auto actor = id<ActorId>(in.at("actor"));
    const crypto::SealPair fresh = seal_pair(in.at("x"));
    const crypto::SealPair holder = seal_pair(in.at("seal-secret"));
    CHECK(fresh.public_half().hex() == out.at("X"));
    CHECK(holder.public_half().hex() == out.at("P"));
    CHECK(hex_of(must(holder.shared_with(fresh.public_half())).view()) == out.at("shared"));
    const Bytes sealed = seal_bundle_with(repository, suite_in(in), in.at("epoch").get<Epoch>(),
                                          actor, holder.public_half(), bundle_in(in), fresh);
    CHECK(hex_of(sealed) == out.at("bytes"));
    const Bundle opened = must(open_bundle(repository, actor, holder, hex(out.at("bytes"))));
    // Sealed once more it gives the same bytes: nothing was lost or changed.
    CHECK(seal_bundle_with(repository, suite_in(in), in.at("epoch").get<Epoch>(), actor,
                           holder.public_half(), opened, fresh) == sealed);
    CHECK(opened.epochs.size() == in.at("epochs").size());
    CHECK(opened.domains.size() == in.at("domains").size());
    CHECK(opened.contents.size() == in.at("contents").size());
});
/// Seals any bytes as a bundle would be, which our code never does.
const Refused kBadBundle("bundle-plain", [](const Json& in) {
    const RepositoryId repository{};
    const ActorId actor{};
    const auto holder = crypto::SealPair::generate();
    const auto fresh = crypto::SealPair::generate();
    const auto header =
        Header{.kind = Kind::bundle, .suite = Suite::xchacha20, .epoch = 1}.encode();
    crypto::Tuple tuple("saoluu/1/bundle");
    tuple.add(header)
        .add(repository.view())
        .add(actor.view())
        .add(must(fresh.shared_with(holder.public_half())).view())
        .add(fresh.public_half().view())
        .add(holder.public_half().view());
    const crypto::CommittedKey derived = crypto::derive_committed(tuple.view());
    const Bytes plain = hex(in.at("bytes"));
    Bytes cipher(plain.size() + crypto::kTagSize);
    crypto::Tuple ad("saoluu/1/ad");
    ad.add(header).add(repository.view()).add(actor.view());
    crypto::Aead(Suite::xchacha20, derived.key).seal(Bytes(24), ad.view(), plain, cipher);
    util::Writer sealed;
    sealed.raw(header).raw(fresh.public_half().view()).raw(derived.commitment).raw(cipher);
    const auto opened = open_bundle(repository, actor, holder, sealed.view());
    CHECK((opened || opened.error().kind() != ErrorKind::wrong_key));
    return opened.has_value();
});

const RepositoryId kAnyRepository{};
const ActorId kAnyActor{};

EpochKey any_epoch() {
    return {.epoch = 7, .secret = crypto::Key::copy_of(Bytes(32, std::byte{0x57}))};
}
const Section kNames("names", [](const Json& in, const Json& out) {
    const EpochKey epoch = any_epoch();
    const SealContext context{
        .repository = kAnyRepository,
        .epoch = epoch,
        .header = {.kind = Kind::names, .suite = Suite::aes256gcm, .epoch = 7},
        .subject = kAnyActor.view()};
    const Bytes sealed = seal_names(context, {.holder = in.at("holder").get<std::string>(),
                                              .unit = in.at("unit").get<std::string>(),
                                              .domain = in.at("domain").get<std::string>()});
    CHECK(hex_of(must(open_object(context, sealed, SelfCheck::no))) == out.at("bytes"));
    const ActorNames names = must(open_names(kAnyRepository, epoch, kAnyActor, sealed));
    CHECK(names.holder == in.at("holder"));
    CHECK(names.unit == in.at("unit"));
    CHECK(names.domain == in.at("domain"));
    CHECK(must(epoch_of_names(sealed)) == 7);
});
const Refused kBadNames("names", [](const Json& in) {
    const EpochKey epoch = any_epoch();
    const Bytes sealed =
        seal_object({.repository = kAnyRepository,
                     .epoch = epoch,
                     .header = {.kind = Kind::names, .suite = Suite::xchacha20, .epoch = 7},
                     .subject = kAnyActor.view()},
                    hex(in.at("bytes")), SelfCheck::no);
    return open_names(kAnyRepository, epoch, kAnyActor, sealed).has_value();
});

ActorEntry actor_in(const Json& in) {
    ActorEntry actor;
    actor.id = id<ActorId>(in.at("actor"));
    actor.sign = id<crypto::SignPublic>(in.at("sign"));
    actor.seal = id<crypto::SealPublic>(in.at("seal"));
    actor.role = in.at("role").get<std::uint8_t>();
    actor.domain = in.at("domain").get<Domain>();
    actor.slot = id<SlotId>(in.at("slot"));
    actor.slot_kind = static_cast<SlotKind>(in.at("slot_kind").get<int>());
    actor.issued = in.at("issued").get<Time>();
    if (in.contains("expires"))
        actor.expires = in.at("expires").get<Time>();
    actor.sealed_names = hex(in.at("names"));
    actor.bundle = hex(in.at("bundle"));
    return actor;
}
Roster roster_in(const Json& in) {
    Roster roster;
    roster.n = in.at("n").get<std::uint64_t>();
    roster.made = in.at("time").get<Time>();
    roster.repository = id<RepositoryId>(in.at("repository"));
    if (in.contains("read_features"))
        roster.read_features = in.at("read_features").get<std::vector<std::string>>();
    if (in.contains("write_features"))
        roster.write_features = in.at("write_features").get<std::vector<std::string>>();
    roster.suite = suite_in(in);
    roster.chunks = {.least = in.at("chunker").at(0).get<std::uint64_t>(),
                     .average = in.at("chunker").at(1).get<std::uint64_t>(),
                     .greatest = in.at("chunker").at(2).get<std::uint64_t>()};
    roster.epoch = in.at("epoch").get<Epoch>();
    roster.content_public = id<crypto::SealPublic>(in.at("E"));
    roster.epoch_secret_hash = id<Hash>(in.at("epoch-secret-hash"));
    for (const Json& actor : in.at("actors"))
        roster.actors.push_back(actor_in(actor));
    for (const Json& one : in.at("revoked")) {
        Revocation revoked;
        revoked.actor = id<ActorId>(one.at("actor"));
        revoked.any_counts = one.contains("n");
        if (revoked.any_counts) {
            revoked.last_n = one.at("n").get<std::uint64_t>();
            revoked.last_hash = id<EntryHash>(one.at("hash"));
        }
        roster.revoked.push_back(revoked);
    }
    if (in.contains("settles"))
        for (const Json& rival : in.at("settles"))
            roster.rivals.push_back(id<RosterHash>(rival));
    std::sort(roster.rivals.begin(), roster.rivals.end());
    return roster;
}
const Section kRoster("roster", [](const Json& in, const Json& out) {
    const Roster roster = roster_in(in);
    const crypto::SignPair pair(key(in.at("sign-seed")));
    const auto previous = id<RosterHash>(in.at("roster"));
    const auto signer = id<ActorId>(in.at("signer"));
    const Bytes object = hex(out.at("object"));
    CHECK(RosterObject::encode(roster, previous, signer, pair) == object);
    const RosterObject decoded = must(RosterObject::decode(object));
    CHECK(RosterObject::encode(decoded.roster, decoded.previous, decoded.signer, pair) == object);
    CHECK(decoded.hash.hex() == out.at("hash"));
    CHECK(decoded.signer == signer);
    CHECK(decoded.previous == previous);
    CHECK(RosterObject::is_signed_by(object, decoded, pair.public_half()));
    for (const ActorEntry& actor : roster.actors) {
        const ActorEntry* found = decoded.roster.find(actor.id);
        REQUIRE(found != nullptr);
        CHECK(found->sign == actor.sign);
        CHECK(found->role == actor.role);
        CHECK(found->expires == actor.expires);
        CHECK(found->slot == actor.slot);
    }
    const SignedView view = must(SignedView::decode(BytesView(object).subspan(Header::kSize)));
    CHECK(hex_of(view.rest) == out.at("rest"));
});
const Refused kBadRoster("roster", [](const Json& in) {
    RepositoryId repository;
    for (std::size_t i = 0; i < repository.bytes.size(); ++i)
        repository.bytes[i] = static_cast<std::byte>(i);
    const auto pair = crypto::SignPair::generate();
    const Header header{
        .kind = Kind::roster, .suite = suite_in(in), .epoch = in.at("epoch").get<Epoch>()};
    const Bytes subject(8);
    util::Writer object;
    object.raw(header.encode())
        .raw(encode_signed({.repository = repository, .header = header, .subject = subject},
                           {.signer = {}, .roster = {}, .rest = hex(in.at("bytes"))}, pair));
    const auto decoded = RosterObject::decode(object.view());
    // What the layout allows and its user refuses: another repository, an unknown feature.
    return decoded && decoded->roster.repository == repository &&
           unknown_features(decoded->roster.read_features).empty();
});

} // namespace
