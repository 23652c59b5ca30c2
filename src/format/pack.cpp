// SPDX-License-Identifier: Apache-2.0
#include "format/pack.hpp"

#include "format/secret_writer.hpp"
#include "util/assert.hpp"
#include "util/text.hpp"

#include <bit>
#include <chrono>
#include <cstring>

namespace saoluu::format {
namespace {

using util::tr;

// FORMAT.md 8.1: common header 16 · X 32 · commitment 32
constexpr std::size_t kPublicAt = Header::kSize, kCommitmentAt = 48;
static_assert(PackHeader::kSize == kCommitmentAt + std::tuple_size_v<crypto::Commitment>);

constexpr std::string_view kFrameLabel = "saoluu/1/frame";

bool is_pack(Kind kind) {
    return kind == Kind::data_pack || kind == Kind::catalog_pack;
}

crypto::CommittedKey pack_key(const RepositoryId& repository, const EpochKey& epoch,
                              const Header& header, const crypto::Key& shared,
                              const crypto::SealPublic& fresh,
                              const crypto::SealPublic& content_public) {
    const crypto::Key psk = subkey(epoch, header.suite, "psk", repository);
    const crypto::SecretBytes tuple =
        secret_tuple("saoluu/1/pack", {header.encode(), repository.view(), shared.view(),
                                       fresh.view(), content_public.view()});
    return crypto::derive_committed(psk, tuple.view());
}

/// The pair of a new pack. Its secret is hashed from random bytes and the clocks: a machine that is
/// set back may repeat its random numbers, and a pack that has another compression of the same
/// chunk at the same place would then use one nonce twice.
crypto::SealPair fresh_pair() {
    const auto ticks = [](auto clock) {
        return static_cast<std::uint64_t>(clock.now().time_since_epoch().count());
    };
    util::Writer times;
    times.u64(ticks(std::chrono::system_clock())).u64(ticks(std::chrono::steady_clock()));
    return crypto::SealPair(
        crypto::derive_key(crypto::Key::random(), crypto::Tuple("saoluu/fresh").add(times.view())));
}

} // namespace

std::array<std::byte, PackHeader::kSize> PackHeader::encode() const {
    std::array<std::byte, kSize> out{};
    const auto common = header.encode();
    std::memcpy(out.data(), common.data(), common.size());
    std::memcpy(out.data() + kPublicAt, fresh_public.bytes.data(), fresh_public.bytes.size());
    std::memcpy(out.data() + kCommitmentAt, commitment.data(), commitment.size());
    return out;
}

Result<PackHeader> PackHeader::decode(BytesView bytes) {
    PackHeader decoded;
    decoded.header = TRY(Header::decode(bytes));
    if (!is_pack(decoded.header.kind))
        return fail(ErrorKind::corrupt, util::message(tr("it should be a pack, but is a {}"),
                                                      title_of(decoded.header.kind)));
    if (bytes.size() < kSize)
        return fail(ErrorKind::corrupt, tr("it is too short to be whole"));
    decoded.fresh_public =
        crypto::SealPublic::from(bytes.subspan(kPublicAt, crypto::SealPublic::size));
    std::memcpy(decoded.commitment.data(), bytes.data() + kCommitmentAt, decoded.commitment.size());
    return decoded;
}

PackCipher::PackCipher(const RepositoryId& repository, const PackHeader& header,
                       const crypto::Key& key)
    : header_(header), aead_(header.header.suite, key) {
    const crypto::Tuple prefix =
        crypto::Tuple(kFrameLabel).add(header.header.encode()).add(repository.view());
    static_assert(kAdPrefix ==
                  1 + kFrameLabel.size() + 1 + Header::kSize + 1 + RepositoryId::size + 1);
    static_assert(kFrameFacts == 50 && kFrameFacts < 0x80);
    ASSERT(prefix.view().size() == kAdPrefix - 1);
    std::memcpy(ad_.data(), prefix.view().data(), kAdPrefix - 1);
    ad_[kAdPrefix - 1] = std::byte{kFrameFacts};
}

Result<PackCipher> PackCipher::create(const RepositoryId& repository, const EpochKey& epoch,
                                      Header header, const crypto::SealPublic& content_public) {
    return create_with(repository, epoch, header, content_public, fresh_pair());
}

Result<PackCipher> PackCipher::create_with(const RepositoryId& repository, const EpochKey& epoch,
                                           Header header, const crypto::SealPublic& content_public,
                                           const crypto::SealPair& fresh) {
    ASSERT(is_pack(header.kind) && header.epoch == epoch.epoch);
    const crypto::Key shared = TRY(fresh.shared_with(content_public));
    const crypto::CommittedKey derived =
        pack_key(repository, epoch, header, shared, fresh.public_half(), content_public);
    return PackCipher(
        repository,
        {.header = header, .fresh_public = fresh.public_half(), .commitment = derived.commitment},
        derived.key);
}

Result<PackCipher> PackCipher::open(const RepositoryId& repository, const EpochKey& epoch,
                                    const crypto::SealPair& content, const PackHeader& header) {
    if (header.header.epoch != epoch.epoch)
        return fail(ErrorKind::wrong_key, tr("it was sealed in another epoch than the key's"));
    const crypto::Key shared = TRY(content.shared_with(header.fresh_public));
    const crypto::CommittedKey derived = pack_key(repository, epoch, header.header, shared,
                                                  header.fresh_public, content.public_half());
    if (!crypto::equal_constant_time(derived.commitment, header.commitment))
        return fail(ErrorKind::wrong_key,
                    tr("the pack is not sealed to this key, or its header is damaged"));
    return PackCipher(repository, header, derived.key);
}

/// Sets nonce_ for the frame as well.
BytesView PackCipher::describe(const FrameInfo& frame, std::uint64_t number) {
    std::byte* at = ad_.data() + kAdPrefix;
    *at++ = static_cast<std::byte>(frame.kind);
    std::memcpy(at, frame.id.bytes.data(), ChunkId::size);
    at += ChunkId::size;
    util::store_le(at, number);
    util::store_le(at + 8, frame.stored_size);
    util::store_le(at + 12, frame.plain_size);
    at[16] = static_cast<std::byte>(frame.codec);
    if (header_.header.suite == Suite::xchacha20) {
        std::memcpy(nonce_.data(), frame.id.bytes.data(), 16);
        util::store_le(nonce_.data() + 16, number);
    } else {
        util::store_le(nonce_.data(), static_cast<std::uint32_t>(number));
        std::memcpy(nonce_.data() + 4, frame.id.bytes.data(), 8);
    }
    return ad_;
}

void PackCipher::seal_frame(const FrameInfo& frame, std::uint64_t number, BytesView stored,
                            std::span<std::byte> out) {
    ASSERT(number < limits::kFrames);
    ASSERT(stored.size() == frame.stored_size && out.size() == frame.frame_size());
    const BytesView ad = describe(frame, number);
    aead_.seal(BytesView(nonce_).first(crypto::nonce_size(header_.header.suite)), ad, stored, out);
}

bool PackCipher::open_frame(const FrameInfo& info, std::uint64_t number, BytesView frame,
                            std::span<std::byte> out) {
    if (number >= limits::kFrames || frame.size() != info.frame_size() ||
        out.size() != info.stored_size)
        return false;
    const BytesView ad = describe(info, number);
    return aead_.open(BytesView(nonce_).first(crypto::nonce_size(header_.header.suite)), ad, frame,
                      out);
}

std::uint64_t padme(std::uint64_t size) {
    if (size < 2)
        return size;
    const auto exponent = static_cast<unsigned>(std::bit_width(size)) - 1; // E
    const auto bits = static_cast<unsigned>(std::bit_width(exponent));     // S
    const std::uint64_t unit = std::uint64_t{1} << (exponent - bits);
    return (size + unit - 1) / unit * unit;
}

} // namespace saoluu::format
