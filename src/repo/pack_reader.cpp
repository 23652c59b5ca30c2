// SPDX-License-Identifier: Apache-2.0
#include "repo/pack_reader.hpp"

#include "crypto/hash.hpp"
#include "store/read_ahead.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::repo {

using util::tr;

namespace {

std::uint64_t guess_of(const Access& access, std::uint64_t size) {
    return access.store->nature().is_remote
               ? std::min(size, std::max<std::uint64_t>(kEndsGuess, format::kPackTail))
               : format::kPackTail;
}

} // namespace

void announce_contents(const Access& access, const std::string& object, std::uint64_t size) {
    if (!access.store->nature().is_remote)
        return;
    const std::uint64_t guess = guess_of(access, size);
    if (guess < size)
        access.store->will_read(object, 0, format::PackHeader::kSize);
    access.store->will_read(object, size - guess, guess);
}

Result<PackContents> read_contents(const Access& access, const std::string& object,
                                   std::uint64_t size) {
    if (size < 2 * format::PackHeader::kSize + format::kPackTail)
        return fail(ErrorKind::corrupt, tr("too short for a pack"));
    PackContents contents;
    const std::uint64_t guess = guess_of(access, size);
    const std::uint64_t end_from = size - guess;
    util::Bytes end(static_cast<std::size_t>(guess));
    if (end_from > 0) {
        TRY(access.store->read(object, 0, contents.header));
    } else { // all of it is its end
        TRY(access.store->read(object, 0, end));
        std::ranges::copy(util::BytesView(end).first(contents.header.size()),
                          contents.header.begin());
    }
    const format::PackHeader header = TRY(format::PackHeader::decode(contents.header));
    if (end_from > 0)
        TRY(access.store->read(object, end_from, end));
    const util::BytesView view = util::BytesView(end).last(format::kPackTail);
    if (!util::equal(view.last(format::PackHeader::kSize), contents.header))
        return fail(ErrorKind::corrupt, tr("its two headers differ"));
    const format::EpochKey* epoch = TRY(access.keyring.epoch(header.header.epoch));
    const format::PackTrailer trailer = TRY(format::open_trailer(
        access.id(), *epoch, header, view.first(format::PackTrailer::kSealedSize)));
    if (trailer.directory_size > format::limits::kDirectory ||
        trailer.directory_offset > size - format::kPackTail ||
        trailer.directory_size > size - format::kPackTail - trailer.directory_offset)
        return fail(ErrorKind::corrupt, tr("its trailer points outside"));
    util::Bytes read_sealed;
    util::BytesView sealed;
    if (trailer.directory_offset >= end_from) {
        sealed = util::BytesView(end).subspan(
            static_cast<std::size_t>(trailer.directory_offset - end_from),
            static_cast<std::size_t>(trailer.directory_size));
    } else {
        read_sealed.resize(static_cast<std::size_t>(trailer.directory_size));
        TRY(access.store->read(object, trailer.directory_offset, read_sealed));
        sealed = read_sealed;
    }
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
    store::AnnouncedRange ahead(*access.store, object, contents.frames_end, 2 * kPiece);
    for (std::uint64_t at = 0; at < contents.frames_end; at += piece.size()) {
        piece.resize(static_cast<std::size_t>(std::min(kPiece, contents.frames_end - at)));
        ahead.reading(at);
        TRY(access.store->read(object, at, piece));
        hasher.update(piece);
    }
    return hasher.finish() == contents.directory.frames_hash;
}

} // namespace saoluu::repo
