// SPDX-License-Identifier: Apache-2.0
#include "format/types.hpp"

#include "util/text.hpp"

#include <cstring>

namespace saoluu::format {
namespace {

using util::message;
using util::tr;

constexpr char kMagic[] = {'s', 'a', 'o', 'l', 'u', 'u'};
constexpr std::uint8_t kVersion = 1;

// FORMAT.md 1.1: magic 0..5, version 6, kind 7, suite 8, zero 9..11, epoch 12..15
constexpr std::size_t kVersionAt = 6, kKindAt = 7, kSuiteAt = 8, kZeroAt = 9, kEpochAt = 12;
static_assert(kEpochAt + sizeof(Epoch) == Header::kSize);

bool is_kind(std::uint8_t number) {
    return number >= 1 && number <= 17 && number != 13;
}

std::uint8_t number_at(BytesView bytes, std::size_t at) {
    return static_cast<std::uint8_t>(bytes[at]);
}

} // namespace

std::string title_of(Kind kind) {
    switch (kind) {
    case Kind::data_pack:
        return tr("data pack");
    case Kind::catalog_pack:
        return tr("catalog pack");
    case Kind::index_segment:
        return tr("index segment");
    case Kind::open:
        return tr("opening of a session");
    case Kind::record:
        return tr("snapshot record");
    case Kind::fence:
        return tr("fence of a session");
    case Kind::forgotten:
        return tr("forgetting of a snapshot");
    case Kind::ledger_entry:
        return tr("ledger entry");
    case Kind::mark:
        return tr("mark of packs");
    case Kind::roster:
        return tr("roster");
    case Kind::slot:
        return tr("key slot");
    case Kind::void_:
        return tr("voiding of a session");
    case Kind::directory:
        return tr("pack directory");
    case Kind::trailer:
        return tr("pack trailer");
    case Kind::names:
        return tr("names of an actor");
    case Kind::bundle:
        return tr("key bundle of an actor");
    }
    return tr("unknown object");
}

bool is_chunk_kind(std::uint8_t number) {
    return number >= 1 && number <= 4;
}

std::array<std::byte, Header::kSize> Header::encode() const {
    std::array<std::byte, kSize> out{};
    std::memcpy(out.data(), kMagic, sizeof kMagic);
    out[kVersionAt] = std::byte{kVersion};
    out[kKindAt] = static_cast<std::byte>(kind);
    out[kSuiteAt] = static_cast<std::byte>(suite);
    util::store_le(out.data() + kEpochAt, epoch);
    return out;
}

Result<Header> Header::decode(BytesView bytes) {
    if (bytes.size() < kSize || std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0)
        return fail(ErrorKind::corrupt, tr("it does not begin as an object of saoluu does"));
    // Version first: nothing behind it means anything to who does not know it.
    if (const std::uint8_t version = number_at(bytes, kVersionAt); version != kVersion)
        return fail(
            ErrorKind::unsupported,
            message(tr("format version {} is not known to this version of saoluu"), version));
    const std::uint8_t kind = number_at(bytes, kKindAt);
    if (!is_kind(kind))
        return fail(ErrorKind::unsupported,
                    message(tr("object kind {} is not known to this version of saoluu"), kind));
    Header header;
    header.kind = static_cast<Kind>(kind);
    header.suite = TRY(crypto::suite_of(number_at(bytes, kSuiteAt)));
    header.epoch = util::load_le<Epoch>(bytes.data() + kEpochAt);
    for (std::size_t at = kZeroAt; at < kEpochAt; ++at)
        if (bytes[at] != std::byte{0})
            return fail(ErrorKind::corrupt,
                        tr("its header has a byte that must be zero and is not"));
    return header;
}

Result<Header> Header::decode(BytesView bytes, Kind expected) {
    const Header header = TRY(decode(bytes));
    if (header.kind != expected)
        return fail(ErrorKind::corrupt, message(tr("it should be a {}, but is a {}"),
                                                title_of(expected), title_of(header.kind)));
    return header;
}

Bytes with_self_check(Bytes object) {
    util::append(object, crypto::hash(object).view());
    return object;
}

Result<BytesView> without_self_check(BytesView object) {
    if (object.size() >= Hash::size) {
        const BytesView content = object.first(object.size() - Hash::size);
        if (util::equal(crypto::hash(content).view(), object.last(Hash::size)))
            return content;
    }
    return fail(ErrorKind::corrupt, tr("it is damaged: its self-check does not fit"));
}

} // namespace saoluu::format
