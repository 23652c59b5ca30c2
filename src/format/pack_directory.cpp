// SPDX-License-Identifier: Apache-2.0
#include "format/pack.hpp"

#include "format/chunk_facts.hpp"
#include "util/assert.hpp"
#include "util/text.hpp"

#include <limits>

/// Directory and trailer of a pack (FORMAT.md 8.3, 8.4).
namespace saoluu::format {
namespace {

using util::tr;

/// Directory and trailer lie in the pack without a header; what stands for it is the pack's with
/// their kind.
Header header_as(const PackHeader& pack, Kind kind) {
    Header header = pack.header;
    header.kind = kind;
    return header;
}

Bytes encode_rest(const PackHeader& header, const PackDirectory& directory) {
    ASSERT(directory.frames.size() <= limits::kFrames);
    util::Writer out;
    out.raw(directory.session.view())
        .varint(directory.domain)
        .raw(directory.frames_hash.view())
        .varint(directory.frames.size());
    for (const FrameInfo& frame : directory.frames) {
        ASSERT(may_be_in(frame.kind, header.header.kind));
        ASSERT(are_possible(frame.kind, frame.codec, frame.stored_size, frame.plain_size));
        out.u8(static_cast<std::uint8_t>(frame.kind))
            .u8(static_cast<std::uint8_t>(frame.codec))
            .raw(frame.id.view())
            .varint(frame.stored_size)
            .varint(frame.plain_size);
    }
    return out.take();
}

Result<FrameInfo> decode_frame(util::Reader& in, Kind pack, std::uint64_t offset) {
    FrameInfo frame;
    frame.kind = static_cast<ChunkKind>(TRY(in.u8()));
    if (!may_be_in(frame.kind, pack))
        return in.bad(tr("a chunk is of a kind that does not belong into this pack"));
    const std::uint8_t codec = TRY(in.u8());
    frame.codec = TRY(codec_of(codec));
    frame.id = TRY(in.id<ChunkId>());
    const std::uint64_t most = chunk_limit(frame.kind);
    frame.stored_size = static_cast<std::uint32_t>(TRY(in.varint(most)));
    frame.plain_size = static_cast<std::uint32_t>(TRY(in.varint(most)));
    if (!are_possible(frame.kind, frame.codec, frame.stored_size, frame.plain_size))
        return in.bad(tr("a chunk has lengths that are not possible"));
    if (offset + frame.frame_size() > limits::kPack)
        return in.bad(tr("the frames are longer than a pack may be"));
    frame.offset = static_cast<std::uint32_t>(offset);
    return frame;
}

Result<PackDirectory> decode(const PackHeader& header, BytesView body) {
    const SignedView view = TRY(SignedView::decode(body));
    PackDirectory directory;
    directory.signer = view.signer;
    directory.roster = view.roster;
    util::Reader in(view.rest);
    directory.session = TRY(in.id<SessionId>());
    directory.domain = static_cast<Domain>(TRY(in.varint(std::numeric_limits<Domain>::max())));
    directory.frames_hash = TRY(in.id<Hash>());
    // kind, codec, id, and two lengths of a byte at least
    const std::size_t count = TRY(in.count(2 + ChunkId::size + 2, limits::kFrames));
    directory.frames.reserve(count);
    std::uint64_t offset = PackHeader::kSize;
    for (std::size_t i = 0; i < count; ++i) {
        directory.frames.push_back(TRY(decode_frame(in, header.header.kind, offset)));
        offset += directory.frames.back().frame_size();
    }
    TRY(in.finish());
    return directory;
}

Result<OpenedDirectory> open(const RepositoryId& repository, const EpochKey& epoch,
                             const PackHeader& header, BytesView sealed) {
    if (sealed.size() > limits::kDirectory)
        return fail(ErrorKind::corrupt, tr("it is too large"));
    const auto subject = header.encode();
    Bytes body = TRY(open_value({.repository = repository,
                                 .epoch = epoch,
                                 .header = header_as(header, Kind::directory),
                                 .subject = subject},
                                sealed));
    OpenedDirectory opened{
        .directory = TRY(decode(header, body)), .salt = salt_of_value(sealed), .body = {}};
    opened.body = std::move(body);
    return opened;
}

Bytes encode_trailer(const PackTrailer& trailer) {
    util::Writer plain;
    plain.u64(trailer.directory_offset).u64(trailer.directory_size).u64(trailer.frames);
    return plain.take();
}

bool is_possible(const PackTrailer& trailer) {
    return trailer.directory_offset >= PackHeader::kSize &&
           trailer.directory_offset <= limits::kPack && trailer.directory_size >= kSealedOverhead &&
           trailer.directory_size <= limits::kDirectory && trailer.frames <= limits::kFrames;
}

Result<PackTrailer> open_whole_trailer(const RepositoryId& repository, const EpochKey& epoch,
                                       const PackHeader& header, BytesView sealed) {
    if (sealed.size() != PackTrailer::kSealedSize)
        return fail(ErrorKind::corrupt, tr("it is too short to be whole"));
    const auto subject = header.encode();
    const Bytes plain = TRY(open_value({.repository = repository,
                                        .epoch = epoch,
                                        .header = header_as(header, Kind::trailer),
                                        .subject = subject},
                                       sealed));
    util::Reader in(plain);
    PackTrailer trailer;
    trailer.directory_offset = TRY(in.u64());
    trailer.directory_size = TRY(in.u64());
    trailer.frames = TRY(in.u64());
    if (!is_possible(trailer))
        return in.bad(tr("it leads to a place that is not possible"));
    return trailer;
}

} // namespace

Bytes seal_directory(const RepositoryId& repository, const EpochKey& epoch,
                     const PackHeader& header, const PackDirectory& directory,
                     const crypto::SignPair& signer) {
    return seal_directory_with_salt(repository, epoch, header, directory, signer,
                                    fresh_salt(encode_rest(header, directory)));
}

Bytes seal_directory_with_salt(const RepositoryId& repository, const EpochKey& epoch,
                               const PackHeader& header, const PackDirectory& directory,
                               const crypto::SignPair& signer, const Hash& salt) {
    const auto subject = header.encode();
    const Bytes body = encode_signed({.repository = repository,
                                      .header = header_as(header, Kind::directory),
                                      .subject = subject,
                                      .salt = salt.view()},
                                     {.signer = directory.signer,
                                      .roster = directory.roster,
                                      .rest = encode_rest(header, directory)},
                                     signer);
    Bytes sealed = seal_value_with_salt({.repository = repository,
                                         .epoch = epoch,
                                         .header = header_as(header, Kind::directory),
                                         .subject = subject},
                                        body, salt);
    ASSERT(sealed.size() <= limits::kDirectory);
    return sealed;
}

Result<OpenedDirectory> open_directory(const RepositoryId& repository, const EpochKey& epoch,
                                       const PackHeader& header, BytesView sealed) {
    return open(repository, epoch, header, sealed).within(title_of(Kind::directory));
}

bool verify_directory(const RepositoryId& repository, const PackHeader& header,
                      const OpenedDirectory& opened, const crypto::SignPublic& signer) {
    const auto view = SignedView::decode(opened.body);
    const auto subject = header.encode();
    return view && view->is_signed_by({.repository = repository,
                                       .header = header_as(header, Kind::directory),
                                       .subject = subject,
                                       .salt = opened.salt.view()},
                                      signer);
}

Bytes seal_trailer(const RepositoryId& repository, const EpochKey& epoch, const PackHeader& header,
                   const PackTrailer& trailer) {
    return seal_trailer_with_salt(repository, epoch, header, trailer,
                                  fresh_salt(encode_trailer(trailer)));
}

Bytes seal_trailer_with_salt(const RepositoryId& repository, const EpochKey& epoch,
                             const PackHeader& header, const PackTrailer& trailer,
                             const Hash& salt) {
    ASSERT(is_possible(trailer));
    const auto subject = header.encode();
    const Bytes plain = encode_trailer(trailer);
    return seal_value_with_salt({.repository = repository,
                                 .epoch = epoch,
                                 .header = header_as(header, Kind::trailer),
                                 .subject = subject},
                                plain, salt);
}

Result<PackTrailer> open_trailer(const RepositoryId& repository, const EpochKey& epoch,
                                 const PackHeader& header, BytesView sealed) {
    return open_whole_trailer(repository, epoch, header, sealed).within(title_of(Kind::trailer));
}

} // namespace saoluu::format
