// SPDX-License-Identifier: Apache-2.0
#include "vectors.hpp"

#include "crypto/derive.hpp"
#include "crypto/hash.hpp"
#include "data/compress.hpp"
#include "format/entry.hpp"
#include "format/fields.hpp"
#include "format/pack.hpp"
#include "format/slot.hpp"
#include "format/text_objects.hpp"
#include "util/text.hpp"

/// Sections 1 to 5 and 7.3 of FORMAT.md: values, text objects, slots, hashes, chunks.
using namespace saoluu;
using namespace saoluu::format;
using test::hex;
using test::hex_of;
using test::id;
using test::Json;
using test::must;
using test::Refused;
using test::Section;
using util::Reader;
using util::Writer;

namespace {

const Section kVarint("varint", [](const Json& in, const Json& out) {
    const auto value = in.at("value").get<std::uint64_t>();
    CHECK(hex_of(Writer().varint(value).view()) == out.at("bytes"));
    CHECK(util::varint_size(value) == hex(out.at("bytes")).size());
    const Bytes bytes = hex(out.at("bytes"));
    Reader reader(bytes);
    CHECK(must(reader.varint()) == value);
    CHECK(reader.at_end());
});
const Section kSvarint("svarint", [](const Json& in, const Json& out) {
    const auto value = in.at("value").get<std::int64_t>();
    CHECK(hex_of(Writer().svarint(value).view()) == out.at("bytes"));
    const Bytes bytes = hex(out.at("bytes"));
    CHECK(must(Reader(bytes).svarint()) == value);
});
const Refused kBadVarint("varint", [](const Json& in) {
    const Bytes bytes = hex(in.at("bytes"));
    Reader reader(bytes);
    return reader.varint() && reader.finish();
});
const Section kBytes("bytes", [](const Json& in, const Json& out) {
    CHECK(hex_of(Writer().bytes(hex(in.at("value"))).view()) == out.at("bytes"));
    const Bytes bytes = hex(out.at("bytes"));
    CHECK(hex_of(must(Reader(bytes).bytes(bytes.size()))) == in.at("value"));
});
const Refused kBadBytes("bytes", [](const Json& in) {
    const Bytes bytes = hex(in.at("bytes"));
    Reader reader(bytes);
    return reader.bytes(bytes.size()) && reader.finish();
});
const Section kText("text", [](const Json& in, const Json& out) {
    const auto value = in.at("value").get<std::string>();
    CHECK(hex_of(Writer().text(value).view()) == out.at("bytes"));
    const Bytes bytes = hex(out.at("bytes"));
    CHECK(must(Reader(bytes).text(limits::kText)) == value);
});
const Refused kBadText("text", [](const Json& in) {
    const Bytes bytes = hex(in.at("bytes"));
    Reader reader(bytes);
    return reader.text(limits::kText) && reader.finish();
});
const Section kFields("fields", [](const Json& in, const Json& out) {
    FieldWriter writer;
    for (const Json& field : in.at("fields"))
        writer.add(field.at(0).get<std::uint64_t>(), hex(field.at(1)));
    CHECK(hex_of(writer.take()) == out.at("bytes"));
    const Bytes bytes = hex(out.at("bytes"));
    const auto fields = must(FieldReader::read(bytes, {1, 2, 300}));
    for (const Json& field : in.at("fields")) {
        const auto tag = field.at(0).get<std::uint64_t>();
        CHECK(fields.has(tag));
        CHECK(hex_of(fields.raw(tag)) == field.at(1));
    }
});
const Refused kBadFields("fields", [](const Json& in) {
    const Bytes bytes = hex(in.at("bytes"));
    return FieldReader::read(bytes, {1, 2, 4}).has_value();
});
const Section kTuple("tuple", [](const Json& in, const Json& out) {
    crypto::Tuple tuple(in.at("label").get<std::string>());
    for (const Json& part : in.at("parts"))
        tuple.add(hex(part));
    CHECK(hex_of(tuple.view()) == out.at("bytes"));
});
const Section kHash("hash", [](const Json& in, const Json& out) {
    const Bytes x = hex(in.at("x"));
    const crypto::Key key = test::key(in.at("key"));
    CHECK(crypto::hash(x).hex() == out.at("H"));
    CHECK(crypto::keyed_hash(key, x).hex() == out.at("K"));
    CHECK(hex_of(crypto::keyed_hash64(key, x)) == out.at("K64"));
    const crypto::CommittedKey both = crypto::derive_committed(x);
    CHECK(hex_of(both.key.view()) + hex_of(both.commitment) == out.at("H64"));
});
const Section kHeader("header", [](const Json& in, const Json& out) {
    const Header header{.kind = static_cast<Kind>(in.at("kind").get<int>()),
                        .suite = static_cast<Suite>(in.at("suite").get<int>()),
                        .epoch = in.at("epoch").get<Epoch>()};
    CHECK(hex_of(header.encode()) == out.at("bytes"));
    CHECK(must(Header::decode(hex(out.at("bytes")))) == header);
});
const Refused kBadHeader("header", [](const Json& in) {
    return Header::decode(hex(in.at("bytes"))).has_value();
});
const Section kSelfCheck("self-check", [](const Json& in, const Json& out) {
    CHECK(hex_of(with_self_check(hex(in.at("before")))) == out.at("bytes"));
    const Bytes bytes = hex(out.at("bytes"));
    CHECK(hex_of(must(without_self_check(bytes))) == in.at("before"));
});
const Section kPadme("padme", [](const Json& in, const Json& out) {
    CHECK(padme(in.at("length").get<std::uint64_t>()) == out.at("padded"));
});
const Section kRepositoryId("repository-id", [](const Json& in, const Json& out) {
    const auto object =
        FormatObject::make(id<Hash>(in.at("random")), id<crypto::SignPublic>(in.at("founder-sign")),
                           id<crypto::SealPublic>(in.at("founder-seal")));
    CHECK(object.repository.hex() == out.at("repository"));
});
const Section kFormat("format", [](const Json& in, const Json& out) {
    const auto object =
        FormatObject::make(id<Hash>(in.at("random")), id<crypto::SignPublic>(in.at("founder-sign")),
                           id<crypto::SealPublic>(in.at("founder-seal")));
    CHECK(object.encode() == out.at("text"));
    const auto text = out.at("text").get<std::string>();
    const auto decoded = must(FormatObject::decode(util::as_bytes(text)));
    CHECK(decoded.encode() == text);
    CHECK(decoded.repository == object.repository);
});
const Section kPlace("place", [](const Json& in, const Json& out) {
    const PlaceObject object{.repository = id<RepositoryId>(in.at("repository")),
                             .place = id<PlaceId>(in.at("place")),
                             .facts = in.at("named").get<std::map<std::string, std::string>>()};
    CHECK(object.encode() == out.at("text"));
    const auto text = out.at("text").get<std::string>();
    const auto decoded = must(PlaceObject::decode(util::as_bytes(text)));
    CHECK(decoded.facts == object.facts);
    CHECK(decoded.place == object.place);
    CHECK(decoded.exclusive_create() == in.at("named").contains("exclusive-create"));
});
const Section kKeyFile("key-file", [](const Json& in, const Json& out) {
    KeyFile file;
    file.repository = id<RepositoryId>(in.at("repository"));
    file.slot = id<SlotId>(in.at("slot"));
    file.sign_seed = test::key(in.at("sign"));
    file.seal_secret = test::key(in.at("seal"));
    const auto text = out.at("text").get<std::string>();
    CHECK(util::as_text(file.encode().view()) == text);
    const auto decoded = must(KeyFile::decode(util::as_bytes(text)));
    CHECK(util::equal(decoded.encode().view(), util::as_bytes(text)));
});
const Refused kBadFormat("format", [](const Json& in) {
    return FormatObject::decode(hex(in.at("bytes"))).has_value();
});
const Refused kBadPlace("place", [](const Json& in) {
    return PlaceObject::decode(hex(in.at("bytes"))).has_value();
});
const Refused kBadKeyFile("key-file", [](const Json& in) {
    return KeyFile::decode(hex(in.at("bytes"))).has_value();
});
const Section kSlot("slot", [](const Json& in, const Json& out) {
    const std::string nfc = must(util::to_nfc(test::text_of_hex(in.at("passphrase"))));
    CHECK(hex_of(util::as_bytes(nfc)) == out.at("passphrase-nfc"));
    const auto passphrase = crypto::SecretBytes::copy_of(util::as_bytes(nfc));
    crypto::PassphraseSalt salt{};
    const Bytes given = hex(in.at("salt"));
    std::copy(given.begin(), given.end(), salt.begin());
    const crypto::PassphraseCost cost{.memory_kib = in.at("memory-kib").get<std::uint32_t>(),
                                      .passes = in.at("passes").get<std::uint32_t>()};
    CHECK(hex_of(must(crypto::key_of_passphrase(passphrase, salt, cost)).view()) == out.at("kek"));
    SlotSecrets secrets;
    secrets.repository = id<RepositoryId>(in.at("repository"));
    secrets.sign_seed = test::key(in.at("sign"));
    secrets.seal_secret = test::key(in.at("seal"));
    const auto slot = id<SlotId>(in.at("slot"));
    const auto suite = static_cast<Suite>(in.at("suite").get<int>());
    CHECK(hex_of(must(Slot::seal(slot, suite, salt, cost, passphrase, secrets))) ==
          out.at("object"));
    const Bytes object = hex(out.at("object"));
    CHECK(must(Slot::id_of(object)) == slot);
    const SlotSecrets opened = must(Slot::open(object, passphrase));
    CHECK(opened.repository == secrets.repository);
    CHECK(hex_of(opened.sign_seed.view()) == in.at("sign"));
    CHECK(hex_of(opened.seal_secret.view()) == in.at("seal"));
});
const Refused kBadSlot("slot", [](const Json& in) {
    const auto any = crypto::SecretBytes::copy_of(util::as_bytes("any passphrase"));
    const auto opened = Slot::open(hex(in.at("bytes")), any);
    // Whether the passphrase fits must not come up: the object itself is bad.
    return opened || opened.error().kind() == ErrorKind::wrong_key;
});
const Section kPathOrder("path-order", [](const Json&, const Json& out) {
    std::vector<std::string> paths;
    for (const Json& path : out.at("paths"))
        paths.push_back(test::text_of_hex(path));
    for (std::size_t i = 0; i < paths.size(); ++i) {
        CHECK(check_path(paths[i]));
        for (std::size_t j = 0; j < paths.size(); ++j)
            CHECK(compare_paths(paths[i], paths[j]) == (i <=> j));
    }
});
const Refused kBadPath("path", [](const Json& in) {
    if (!in.contains("repeat"))
        return check_path(test::text_of_hex(in.at("bytes"))).has_value();
    std::string path;
    for (int i = 0; i < in.at("times").get<int>(); ++i)
        path += test::text_of_hex(in.at("repeat"));
    return check_path(path).has_value();
});

Result<Bytes> decompressed(const Json& in, const Json& stored) {
    Bytes plain(in.at("plain-length").get<std::size_t>());
    TRY(data::Decompressor().decompress(data::Codec::zstd, hex(stored), plain));
    return plain;
}
const Section kCodec("codec-1", [](const Json& in, const Json& out) {
    CHECK(hex_of(must(decompressed(in, in.at("stored")))) == out.at("plain"));
});
const Refused kBadCodec("codec-1", [](const Json& in) {
    return decompressed(in, in.at("bytes")).has_value();
});

} // namespace
