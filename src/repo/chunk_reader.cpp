// SPDX-License-Identifier: Apache-2.0
#include "repo/chunk_reader.hpp"

#include "format/names.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::repo {

using util::BytesView;
using util::message;
using util::tr;

Result<BytesView> ChunkReader::read(format::ChunkKind kind, const format::ChunkId& id,
                                    format::Domain domain) {
    const std::vector<ChunkPlace> places = index_.find(kind, id);
    std::optional<Error> first;
    for (const ChunkPlace& place : places) {
        const std::string name = format::names::pack(place.pack);
        Result<BytesView> plain = read_from(name, place, id, domain);
        if (plain)
            return plain;
        if (plain.error().kind() == ErrorKind::wrong_key)
            return plain;
        if (!first)
            first = std::move(plain.error()).within(name);
        // Something is wrong with the pack itself: is there a healed copy?
        for (const store::ObjectInfo& copy : TRY(store::list_all(*access_.store, name + "."))) {
            Result<BytesView> healed = read_from(copy.name, place, id, domain);
            if (healed)
                return healed;
        }
    }
    if (first)
        return fail(first->kind() == ErrorKind::io ? ErrorKind::io : ErrorKind::corrupt,
                    message(tr("chunk {}: {}"), id.hex().substr(0, 16), first->message()));
    return fail(ErrorKind::corrupt, message(tr("chunk {} is in no pack that the index knows: "
                                               "\"saoluu check\" says what is missing"),
                                            id.hex().substr(0, 16)));
}

Result<BytesView> ChunkReader::read_from(const std::string& object, const ChunkPlace& place,
                                         const format::ChunkId& id, format::Domain domain) {
    if (place.stored_size > format::chunk_limit(place.kind) ||
        place.plain_size > format::chunk_limit(place.kind))
        return fail(ErrorKind::corrupt, tr("the index gives a size over the limit"));
    format::PackCipher* cipher = nullptr;
    if (!ciphers_.empty() && ciphers_.front().first == object) {
        cipher = &ciphers_.front().second;
    } else {
        std::array<std::byte, format::PackHeader::kSize> header{};
        const auto known =
            std::ranges::find(ciphers_, object, &std::pair<std::string, format::PackCipher>::first);
        if (known == ciphers_.end())
            TRY(access_.store->read(object, 0, header));
        cipher = TRY(cipher_of(object, header));
    }
    const format::FrameInfo info{.kind = place.kind,
                                 .codec = place.codec,
                                 .id = id,
                                 .stored_size = place.stored_size,
                                 .plain_size = place.plain_size,
                                 .offset = place.offset};
    frame_.resize(info.frame_size());
    TRY(access_.store->read(object, info.offset, frame_));
    return unpack(*cipher, info, place.frame, frame_, domain);
}

Result<BytesView> ChunkReader::open_frame(const format::PackId& pack, const format::FrameInfo& info,
                                          std::uint64_t number, BytesView header, BytesView frame,
                                          format::Domain domain) {
    format::PackCipher* cipher = TRY(cipher_of(pack.hex(), header));
    return unpack(*cipher, info, number, frame, domain);
}

Result<format::PackCipher*> ChunkReader::cipher_of(const std::string& key, BytesView header) {
    const auto known =
        std::ranges::find(ciphers_, key, &std::pair<std::string, format::PackCipher>::first);
    if (known != ciphers_.end()) {
        ciphers_.splice(ciphers_.begin(), ciphers_, known);
        return &ciphers_.front().second;
    }
    const format::PackHeader decoded = TRY(format::PackHeader::decode(header));
    const format::EpochKey* epoch = TRY(access_.keyring.epoch(decoded.header.epoch));
    const crypto::SealPair* content = TRY(access_.keyring.content(decoded.header.epoch));
    Result<format::PackCipher> cipher =
        format::PackCipher::open(access_.id(), *epoch, *content, decoded);
    // Whoever opened this repository has the right keys, so a commitment that does not fit is
    // damage.
    if (!cipher)
        return fail(ErrorKind::corrupt, cipher.error().message());
    if (ciphers_.size() >= kCiphers)
        ciphers_.pop_back();
    ciphers_.emplace_front(key, std::move(*cipher));
    return &ciphers_.front().second;
}

Result<BytesView> ChunkReader::unpack(format::PackCipher& cipher, const format::FrameInfo& info,
                                      std::uint64_t number, BytesView frame,
                                      format::Domain domain) {
    const format::DomainKeys* keys = access_.keyring.domain(domain);
    if (keys == nullptr)
        return fail(ErrorKind::wrong_key,
                    message(tr("this key has no part in dedup domain {}"), domain));
    frame_.resize(std::max<std::size_t>(frame_.size(), frame.size()));
    const std::span<std::byte> stored(frame_.data(), info.stored_size);
    if (!cipher.open_frame(info, number, frame, stored))
        return fail(ErrorKind::corrupt, tr("a chunk in it is damaged"));
    plain_.resize(info.plain_size);
    TRY(decompressor_.decompress(info.codec, stored, plain_));
    if (keys->chunk_id(info.kind, plain_) != info.id)
        return fail(ErrorKind::corrupt, tr("a chunk in it is not what its id says"));
    return BytesView(plain_);
}

} // namespace saoluu::repo
