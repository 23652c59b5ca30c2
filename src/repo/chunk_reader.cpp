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

namespace {

Failure no_part_in(format::Domain domain) {
    return fail(ErrorKind::wrong_key,
                message(tr("this key has no part in dedup domain {}"), domain));
}

/// What went wrong with the places of one chunk.
class Faults {
public:
    void add(Error error, const std::string& object) {
        all_io_ = all_io_ && error.kind() == ErrorKind::io;
        if (!first_)
            first_ = std::move(error).within(object);
    }
    /// io only if nothing but the store failed: then trying again may help.
    [[nodiscard]] Failure of(const format::ChunkId& id) const {
        const std::string name = id.hex().substr(0, 16);
        if (!first_)
            return fail(ErrorKind::corrupt,
                        message(tr("chunk {} is in no pack that the index knows: "
                                   "\"saoluu check\" says what is missing"),
                                name));
        return fail(all_io_ ? ErrorKind::io : ErrorKind::corrupt,
                    message(tr("chunk {}: {}"), name, first_->message()));
    }

private:
    std::optional<Error> first_;
    bool all_io_ = true;
};

} // namespace

Failure not_what_its_id_says() {
    return fail(ErrorKind::corrupt, tr("a chunk in it is not what its id says"));
}

bool is_possible(const ChunkPlace& place) {
    const std::uint64_t most = format::chunk_limit(place.kind);
    return place.stored_size <= most && place.plain_size <= most;
}

Result<BytesView> ChunkReader::read(format::ChunkKind kind, const format::ChunkId& id,
                                    format::Domain domain) {
    // Asked once here, so that later "this key has no part in it" can only be a pack's fault.
    TRY(access_.may_read(tr("reading the data")));
    if (access_.keyring.domain(domain) == nullptr)
        return no_part_in(domain);
    Faults faults;
    for (const ChunkPlace& place : places_of(kind, id, domain)) {
        const std::string name = format::names::pack(place.pack);
        Result<BytesView> plain = read_from(name, place, id, domain);
        if (plain)
            return plain;
        faults.add(std::move(plain.error()), name);
        if (access_.catalog_packs != nullptr)
            access_.catalog_packs->forget(name); // the next try asks the store
        // Something is wrong with the pack itself: is there a healed copy?
        const Result<const std::vector<std::string>*> copies = healed_copies(place.pack);
        if (!copies) {
            faults.add(copies.error(), name);
            continue;
        }
        for (const std::string& copy : **copies) {
            Result<BytesView> healed = read_from(copy, place, id, domain);
            if (healed)
                return healed;
            faults.add(std::move(healed.error()), copy);
        }
    }
    return faults.of(id);
}

/// Whoever can write can put any number of rubbish packs under a good id: packs of those who store
/// in this domain, and of admins, come first.
std::vector<ChunkPlace> ChunkReader::places_of(format::ChunkKind kind, const format::ChunkId& id,
                                               format::Domain domain) const {
    std::vector<ChunkPlace> places = index_.find(kind, id);
    std::stable_partition(places.begin(), places.end(), [&](const ChunkPlace& place) {
        const format::ActorEntry* maker = access_.rosters.anyone(place.actor);
        return maker != nullptr && (maker->domain == domain || maker->may_administer());
    });
    return places;
}

Result<const std::vector<std::string>*> ChunkReader::healed_copies(const format::PackId& pack) {
    const auto known = healed_.find(pack);
    if (known != healed_.end())
        return &known->second;
    std::vector<std::string> names;
    for (const store::ObjectInfo& copy :
         TRY(store::list_all(*access_.store, format::names::pack(pack) + ".")))
        if (format::names::parse_as<format::names::PackName>(copy.name))
            names.push_back(copy.name);
    return &healed_.emplace(pack, std::move(names)).first->second;
}

Result<BytesView> ChunkReader::read_from(const std::string& object, const ChunkPlace& place,
                                         const format::ChunkId& id, format::Domain domain) {
    if (!is_possible(place))
        return fail(ErrorKind::corrupt, tr("the index gives a size over the limit"));
    format::PackCipher* cipher = nullptr;
    if (!ciphers_.empty() && ciphers_.front().first == object) {
        cipher = &ciphers_.front().second;
    } else {
        std::array<std::byte, format::PackHeader::kSize> header{};
        const auto known =
            std::ranges::find(ciphers_, object, &std::pair<std::string, format::PackCipher>::first);
        if (known == ciphers_.end())
            TRY(fetch(object, place, 0, header));
        Result<format::PackCipher*> opened = cipher_of(object, header);
        // Of an epoch that no reader's key knows: whoever made that pack made it up.
        if (!opened && opened.error().kind() == ErrorKind::wrong_key)
            return fail(ErrorKind::corrupt, opened.error().message());
        cipher = TRY(std::move(opened));
    }
    const format::FrameInfo info{.kind = place.kind,
                                 .codec = place.codec,
                                 .id = id,
                                 .stored_size = place.stored_size,
                                 .plain_size = place.plain_size,
                                 .offset = place.offset};
    if (frame_.size() < info.frame_size())
        frame_.resize(info.frame_size());
    const std::span<std::byte> frame = std::span(frame_).first(info.frame_size());
    TRY(fetch(object, place, info.offset, frame));
    const std::span<std::byte> plain = room_for(info);
    TRY(unseal(*cipher, info, place.frame, frame, domain, plain));
    return verify(info, domain, plain);
}

/// Pages, lists and notes lie side by side, and are read one after the other.
Result<void> ChunkReader::fetch(const std::string& object, const ChunkPlace& place,
                                std::uint64_t offset, std::span<std::byte> out) {
    if (access_.catalog_packs == nullptr || place.kind == format::ChunkKind::data)
        return access_.store->read(object, offset, out);
    return access_.catalog_packs->read(*access_.store, object, place.pack_size, offset, out);
}

std::span<std::byte> ChunkReader::room_for(const format::FrameInfo& info) {
    if (plain_.size() < info.plain_size)
        plain_.resize(info.plain_size);
    return std::span(plain_).first(info.plain_size);
}

Result<BytesView> ChunkReader::open_frame(const format::PackId& pack, const format::FrameInfo& info,
                                          std::uint64_t number, BytesView header, BytesView frame,
                                          format::Domain domain) {
    const std::span<std::byte> plain = room_for(info);
    TRY(unseal_frame(pack, info, number, header, frame, domain, plain));
    return verify(info, domain, plain);
}

Result<void> ChunkReader::unseal_frame(const format::PackId& pack, const format::FrameInfo& info,
                                       std::uint64_t number, BytesView header, BytesView frame,
                                       format::Domain domain, std::span<std::byte> plain) {
    format::PackCipher* cipher = TRY(cipher_of(pack.hex(), header));
    return unseal(*cipher, info, number, frame, domain, plain);
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

Result<void> ChunkReader::unseal(format::PackCipher& cipher, const format::FrameInfo& info,
                                 std::uint64_t number, BytesView frame, format::Domain domain,
                                 std::span<std::byte> plain) {
    if (access_.keyring.domain(domain) == nullptr)
        return no_part_in(domain);
    const bool is_as_it_was = info.codec == data::Codec::raw && info.stored_size == info.plain_size;
    if (!is_as_it_was && frame_.size() < info.stored_size)
        frame_.resize(info.stored_size);
    const std::span<std::byte> stored =
        is_as_it_was ? plain : std::span(frame_).first(info.stored_size);
    if (!cipher.open_frame(info, number, frame, stored))
        return fail(ErrorKind::corrupt, tr("a chunk in it is damaged"));
    return is_as_it_was ? Result<void>() : decompressor_.decompress(info.codec, stored, plain);
}

Result<BytesView> ChunkReader::verify(const format::FrameInfo& info, format::Domain domain,
                                      BytesView plain) const {
    if (access_.keyring.domain(domain)->chunk_id(info.kind, plain) != info.id)
        return not_what_its_id_says();
    return plain;
}

} // namespace saoluu::repo
