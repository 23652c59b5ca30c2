// SPDX-License-Identifier: Apache-2.0
#include "repo/pack_reader.hpp"

#include "crypto/hash.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::repo {

using util::tr;

Result<PackContents> read_contents(const Access& access, const std::string& object,
                                   std::uint64_t size) {
    if (size < 2 * format::PackHeader::kSize + format::kPackTail)
        return fail(ErrorKind::corrupt, tr("too short for a pack"));
    PackContents contents;
    TRY(access.store->read(object, 0, contents.header));
    const format::PackHeader header = TRY(format::PackHeader::decode(contents.header));
    util::Bytes tail(format::kPackTail);
    TRY(access.store->read(object, size - tail.size(), tail));
    const util::BytesView view(tail);
    if (!util::equal(view.last(format::PackHeader::kSize), contents.header))
        return fail(ErrorKind::corrupt, tr("its two headers differ"));
    const format::EpochKey* epoch = TRY(access.keyring.epoch(header.header.epoch));
    const format::PackTrailer trailer = TRY(format::open_trailer(
        access.id(), *epoch, header, view.first(format::PackTrailer::kSealedSize)));
    if (trailer.directory_size > format::limits::kDirectory ||
        trailer.directory_offset > size - format::kPackTail ||
        trailer.directory_size > size - format::kPackTail - trailer.directory_offset)
        return fail(ErrorKind::corrupt, tr("its trailer points outside"));
    util::Bytes sealed(static_cast<std::size_t>(trailer.directory_size));
    TRY(access.store->read(object, trailer.directory_offset, sealed));
    format::OpenedDirectory opened =
        TRY(format::open_directory(access.id(), *epoch, header, sealed));
    const format::ActorEntry* signer =
        access.rosters.authority(opened.directory.roster, opened.directory.signer, Power::write);
    if (signer == nullptr || !format::verify_directory(access.id(), header, opened, signer->sign))
        return fail(ErrorKind::refused, tr("its directory is not signed by anyone who may"));
    contents.directory = std::move(opened.directory);
    const std::vector<format::FrameInfo>& frames = contents.directory.frames;
    if (frames.size() != trailer.frames)
        return fail(ErrorKind::corrupt, tr("its trailer and its directory disagree"));
    contents.frames_end = frames.empty()
                              ? format::PackHeader::kSize
                              : std::uint64_t{frames.back().offset} + frames.back().frame_size();
    if (contents.frames_end != trailer.directory_offset)
        return fail(ErrorKind::corrupt, tr("its frames do not end where its directory begins"));
    return contents;
}

Result<bool> frames_fit(const Access& access, const std::string& object,
                        const PackContents& contents) {
    constexpr std::uint64_t kPiece = 1 << 20;
    crypto::Hasher hasher;
    util::Bytes piece;
    for (std::uint64_t at = 0; at < contents.frames_end; at += piece.size()) {
        piece.resize(static_cast<std::size_t>(std::min(kPiece, contents.frames_end - at)));
        TRY(access.store->read(object, at, piece));
        hasher.update(piece);
    }
    return hasher.finish() == contents.directory.frames_hash;
}

} // namespace saoluu::repo
