// SPDX-License-Identifier: Apache-2.0
#include "repo/pack_writer.hpp"

#include "util/text.hpp"

#include <utility>

namespace saoluu::repo {

PackWriter::PackWriter(const PackContext& context, format::PackCipher cipher,
                       std::unique_ptr<StagedPack> staged)
    : context_(&context), cipher_(std::move(cipher)), staged_(std::move(staged)) {
    buffer_.reserve(kBuffer + (256 << 10));
    util::append(buffer_, cipher_.header().encode());
}

Result<PackWriter> PackWriter::begin(const PackContext& context, format::Kind kind) {
    const format::Header header{
        .kind = kind, .suite = context.by.suite, .epoch = context.by.epoch.epoch};
    format::PackCipher cipher = TRY(format::PackCipher::create(
        context.by.repository, context.by.epoch, header, context.content_public));
    std::unique_ptr<StagedPack> staged = TRY(context.places.stage());
    return PackWriter(context, std::move(cipher), std::move(staged));
}

Result<void> PackWriter::add(format::ChunkKind kind, const format::ChunkId& id,
                             const data::Compressed& chunk, std::size_t plain_size) {
    const format::FrameInfo frame{.kind = kind,
                                  .codec = chunk.codec,
                                  .id = id,
                                  .stored_size = static_cast<std::uint32_t>(chunk.bytes.size()),
                                  .plain_size = static_cast<std::uint32_t>(plain_size),
                                  .offset = static_cast<std::uint32_t>(size())};
    const std::size_t at = buffer_.size();
    buffer_.resize(at + frame.frame_size());
    cipher_.seal_frame(frame, frames_.size(), chunk.bytes, std::span(buffer_).subspan(at));
    frames_.push_back(frame);
    return buffer_.size() >= kBuffer ? flush() : Result<void>();
}

Result<void> PackWriter::flush() {
    if (!staged_)
        return fail(ErrorKind::failure, util::tr("a pack that could not be written goes on"));
    hasher_.update(unhashed());
    hashed_ = 0;
    if (Result<void> written = staged_->append(buffer_); !written) {
        staged_
            .reset(); // how much of it came through is not known: nothing may ever give it a name
        return written;
    }
    written_ += buffer_.size();
    buffer_.clear();
    return {};
}

Result<void> PackWriter::write_hashed() {
    hashed_ = buffer_.size();
    return hashed_ >= kLeastWrite ? flush() : Result<void>();
}

Result<FinishedPack> PackWriter::finish() {
    TRY(flush());
    format::PackDirectory directory{.signer = context_->by.signer,
                                    .roster = context_->by.roster,
                                    .session = context_->session,
                                    .domain = context_->domain,
                                    .frames_hash = hasher_.so_far(),
                                    .frames = std::move(frames_)};
    const format::RepositoryId& repository = context_->by.repository;
    const util::Bytes sealed = format::seal_directory(
        repository, context_->by.epoch, cipher_.header(), directory, context_->by.pair);
    const format::PackTrailer trailer{.directory_offset = size(),
                                      .directory_size = sealed.size(),
                                      .frames = directory.frames.size()};
    util::append(buffer_, sealed);

    const std::uint64_t bare = size() + format::kPackTail;
    const std::uint64_t total = format::padme(bare);
    if (total > format::limits::kPack)
        return fail(ErrorKind::failure, util::tr("a pack grew over its limit"));
    const std::size_t at = buffer_.size();
    buffer_.resize(at + static_cast<std::size_t>(total - bare));
    crypto::random_bytes(std::span(buffer_).subspan(at));
    util::append(buffer_,
                 format::seal_trailer(repository, context_->by.epoch, cipher_.header(), trailer));
    util::append(buffer_, cipher_.header().encode());
    TRY(flush());
    return FinishedPack{.staged = std::move(staged_),
                        .id = format::PackId::from(hasher_.finish().view()),
                        .size = static_cast<std::uint32_t>(total),
                        .frames = std::move(directory.frames)};
}

} // namespace saoluu::repo
