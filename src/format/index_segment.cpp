// SPDX-License-Identifier: Apache-2.0
#include "format/index_segment.hpp"

#include "format/chunk_facts.hpp"
#include "format/fields.hpp"
#include "format/pack.hpp"
#include "util/assert.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <tuple>

namespace saoluu::format {
namespace {

using util::tr;

// FORMAT.md, section 9: pack 32, session 16, actor 32, size u32
constexpr std::size_t kPackSize = PackId::size + SessionId::size + ActorId::size + 4;
static_assert(kPackSize == 84);
// chunk id 32, pack u32, frame number u32, offset u32, stored length u32, plain length u32, chunk
// kind u8, codec u8
constexpr std::size_t kPackAt = 32, kFrameAt = 36, kOffsetAt = 40, kStoredAt = 44, kPlainAt = 48,
                      kKindAt = 52, kCodecAt = 53, kEntrySize = 54;

/// The frames of a pack begin behind its header of 80 bytes (FORMAT.md 8.1).
constexpr std::uint32_t kFirstFrame = 80;

auto order_of(const IndexEntry& entry) {
    return std::tie(entry.id, entry.kind, entry.pack, entry.offset);
}

/// What every entry must be, beside its place among the others.
bool is_possible(const IndexEntry& entry, const std::vector<IndexedPack>& packs) {
    return entry.pack < packs.size() && entry.frame < limits::kFrames &&
           entry.offset >= kFirstFrame &&
           are_possible(entry.kind, entry.codec, entry.stored_size, entry.plain_size) &&
           std::uint64_t{entry.offset} + entry.stored_size + crypto::kTagSize <=
               packs[entry.pack].size;
}

/// The bytes of one entry. By hand, because a segment has up to a million.
void store_entry(std::byte* at, const IndexEntry& entry) {
    std::memcpy(at, entry.id.bytes.data(), ChunkId::size);
    util::store_le(at + kPackAt, entry.pack);
    util::store_le(at + kFrameAt, entry.frame);
    util::store_le(at + kOffsetAt, entry.offset);
    util::store_le(at + kStoredAt, entry.stored_size);
    util::store_le(at + kPlainAt, entry.plain_size);
    at[kKindAt] = static_cast<std::byte>(entry.kind);
    at[kCodecAt] = static_cast<std::byte>(entry.codec);
}

IndexEntry load_entry(const std::byte* at) {
    IndexEntry entry;
    std::memcpy(entry.id.bytes.data(), at, ChunkId::size);
    entry.pack = util::load_le<std::uint32_t>(at + kPackAt);
    entry.frame = util::load_le<std::uint32_t>(at + kFrameAt);
    entry.offset = util::load_le<std::uint32_t>(at + kOffsetAt);
    entry.stored_size = util::load_le<std::uint32_t>(at + kStoredAt);
    entry.plain_size = util::load_le<std::uint32_t>(at + kPlainAt);
    entry.kind = static_cast<ChunkKind>(at[kKindAt]);
    entry.codec = static_cast<data::Codec>(at[kCodecAt]);
    return entry;
}

Bytes encode_rest(const IndexSegment& segment) {
    Bytes space;
    space.reserve(30 + segment.replaces.size() * SegmentId::size +
                  segment.packs.size() * kPackSize + segment.entries.size() * kEntrySize);
    util::Writer out(std::move(space));
    ASSERT(std::adjacent_find(segment.replaces.begin(), segment.replaces.end(),
                              std::greater_equal<>()) == segment.replaces.end());
    out.raw(encode_ids(segment.replaces)).varint(segment.packs.size());
    const IndexedPack* last_pack = nullptr;
    for (const IndexedPack& pack : segment.packs) {
        ASSERT(last_pack == nullptr || last_pack->pack < pack.pack);
        ASSERT(pack.size <= limits::kPack);
        last_pack = &pack;
        out.raw(pack.pack.view()).raw(pack.session.view()).raw(pack.actor.view()).u32(pack.size);
    }
    out.varint(segment.entries.size());
    Bytes bytes = out.take();
    std::size_t at = bytes.size();
    bytes.resize(at + segment.entries.size() * kEntrySize);
    const IndexEntry* last = nullptr;
    for (const IndexEntry& entry : segment.entries) {
        ASSERT(last == nullptr || order_of(*last) < order_of(entry));
        ASSERT(is_possible(entry, segment.packs));
        last = &entry;
        store_entry(bytes.data() + at, entry);
        at += kEntrySize;
    }
    return bytes;
}

/// Who seals a segment, under what.
struct Sealer {
    const RepositoryId& repository;
    const EpochKey& epoch;
    Suite suite;
    const ActorId& signer;
    const RosterHash& roster;
    const crypto::SignPair& pair;
};

Bytes seal_rest(const Sealer& by, Bytes rest, const Hash& salt) {
    const Header header{.kind = Kind::index_segment, .suite = by.suite, .epoch = by.epoch.epoch};
    const Bytes body = encode_signed(
        {.repository = by.repository, .header = header, .subject = {}, .salt = salt.view()},
        {.signer = by.signer, .roster = by.roster, .rest = std::move(rest)}, by.pair);
    Bytes object = seal_object_with_salt(
        {.repository = by.repository, .epoch = by.epoch, .header = header, .subject = {}}, body,
        SelfCheck::no, salt);
    ASSERT(object.size() <= limits::kSegment);
    return object;
}

Result<std::vector<IndexedPack>> decode_packs(util::Reader& in) {
    const std::size_t count = TRY(in.count(kPackSize, in.left()));
    std::vector<IndexedPack> packs;
    packs.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        IndexedPack pack;
        pack.pack = TRY(in.id<PackId>());
        pack.session = TRY(in.id<SessionId>());
        pack.actor = TRY(in.id<ActorId>());
        pack.size = TRY(in.u32());
        if (pack.size > limits::kPack)
            return in.bad(tr("a pack is larger than it may be"));
        if (i > 0 && !(packs[i - 1].pack < pack.pack))
            return in.bad(tr("the packs are not in order"));
        packs.push_back(pack);
    }
    return packs;
}

Result<std::vector<SegmentId>> decode_replaced(util::Reader& in) {
    const std::size_t count = TRY(in.count(SegmentId::size, in.left()));
    std::vector<SegmentId> replaced;
    replaced.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        replaced.push_back(TRY(in.id<SegmentId>()));
        if (i > 0 && !(replaced[i - 1] < replaced[i]))
            return in.bad(tr("a list is not in order"));
    }
    return replaced;
}

Result<IndexSegment> decode(BytesView body) {
    const SignedView view = TRY(SignedView::decode(body));
    IndexSegment segment;
    segment.signer = view.signer;
    segment.roster = view.roster;
    util::Reader in(view.rest);
    segment.replaces = TRY(decode_replaced(in));
    segment.packs = TRY(decode_packs(in));
    const std::size_t count = TRY(in.count(kEntrySize, in.left()));
    const BytesView entries = TRY(in.raw(count * kEntrySize));
    TRY(in.finish());
    segment.entries.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const IndexEntry entry = load_entry(entries.data() + i * kEntrySize);
        if (static_cast<std::uint8_t>(entry.codec) > 1) {
            TRY(codec_of(static_cast<std::uint8_t>(entry.codec)));
        }
        if (!is_chunk_kind(static_cast<std::uint8_t>(entry.kind)) ||
            !is_possible(entry, segment.packs))
            return fail(ErrorKind::corrupt, util::message(tr("entry {} is not possible"), i));
        if (i > 0 && !(order_of(segment.entries[i - 1]) < order_of(entry)))
            return fail(ErrorKind::corrupt, util::message(tr("entry {} is not in order"), i));
        segment.entries.push_back(entry);
    }
    return segment;
}

Result<OpenedSegment> open(const RepositoryId& repository, const EpochKey& epoch,
                           BytesView object) {
    if (object.size() > limits::kSegment)
        return fail(ErrorKind::corrupt, tr("it is too large"));
    const Header header = TRY(Header::decode(object, Kind::index_segment));
    Bytes body =
        TRY(open_object({.repository = repository, .epoch = epoch, .header = header, .subject = {}},
                        object, SelfCheck::no));
    OpenedSegment opened{
        .header = header, .segment = TRY(decode(body)), .salt = salt_of_object(object), .body = {}};
    opened.body = std::move(body);
    return opened;
}

} // namespace

void IndexSegment::add(const IndexedPack& pack, std::span<const FrameInfo> frames,
                       const std::vector<bool>& taken) {
    const auto position = static_cast<std::uint32_t>(packs.size());
    packs.push_back(pack);
    for (std::uint32_t number = 0; number < frames.size(); ++number) {
        if (!taken.empty() && !taken[number])
            continue;
        const FrameInfo& frame = frames[number];
        entries.push_back({.id = frame.id,
                           .pack = position,
                           .frame = number,
                           .offset = frame.offset,
                           .stored_size = frame.stored_size,
                           .plain_size = frame.plain_size,
                           .kind = frame.kind,
                           .codec = frame.codec});
    }
}

void IndexSegment::sort() {
    std::vector<std::uint32_t> order(packs.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(),
              [this](std::uint32_t a, std::uint32_t b) { return packs[a].pack < packs[b].pack; });
    std::vector<IndexedPack> sorted;
    sorted.reserve(packs.size());
    std::vector<std::uint32_t> moved_to(packs.size());
    for (const std::uint32_t old : order) {
        moved_to[old] = static_cast<std::uint32_t>(sorted.size());
        sorted.push_back(packs[old]);
    }
    packs = std::move(sorted);
    for (IndexEntry& entry : entries) {
        ASSERT(entry.pack < moved_to.size());
        entry.pack = moved_to[entry.pack];
    }
    std::sort(entries.begin(), entries.end(),
              [](const IndexEntry& a, const IndexEntry& b) { return order_of(a) < order_of(b); });
}

Bytes IndexSegment::seal(const RepositoryId& repository, const EpochKey& epoch, Suite suite,
                         const crypto::SignPair& signer_pair) const {
    Bytes rest = encode_rest(*this);
    const Hash salt = fresh_salt(rest);
    return seal_rest({.repository = repository,
                      .epoch = epoch,
                      .suite = suite,
                      .signer = signer,
                      .roster = roster,
                      .pair = signer_pair},
                     std::move(rest), salt);
}

Bytes IndexSegment::seal_with_salt(const RepositoryId& repository, const EpochKey& epoch,
                                   Suite suite, const crypto::SignPair& signer_pair,
                                   const Hash& salt) const {
    return seal_rest({.repository = repository,
                      .epoch = epoch,
                      .suite = suite,
                      .signer = signer,
                      .roster = roster,
                      .pair = signer_pair},
                     encode_rest(*this), salt);
}

bool OpenedSegment::is_signed_by(const RepositoryId& repository,
                                 const crypto::SignPublic& signer) const {
    const auto view = SignedView::decode(body);
    return view &&
           view->is_signed_by(
               {.repository = repository, .header = header, .subject = {}, .salt = salt.view()},
               signer);
}

Result<OpenedSegment> open_segment(const RepositoryId& repository, const EpochKey& epoch,
                                   BytesView object) {
    return open(repository, epoch, object).within(title_of(Kind::index_segment));
}

} // namespace saoluu::format
