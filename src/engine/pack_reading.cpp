// SPDX-License-Identifier: Apache-2.0
#include "engine/pack_reading.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace saoluu::engine {

PackReading::PackReading(const format::PackId& pack, std::string name, std::uint64_t size,
                         const std::optional<repo::PackContents>& contents, bool with_frames)
    : pack_(pack), name_(std::move(name)), size_(size), contents_(contents),
      with_frames_(with_frames && contents.has_value()) {}

bool PackReading::has_whole_frame() const {
    if (!with_frames_ || next_frame_ == contents_->directory.frames.size())
        return false;
    const format::FrameInfo& info = contents_->directory.frames[next_frame_];
    return std::uint64_t{info.offset} + info.frame_size() <= at_;
}

Result<std::size_t> PackReading::advance(store::Store& store, repo::FrameBatch& batch) {
    std::size_t piece = 0;
    if (!has_whole_frame()) {
        const std::uint64_t frames_end = contents_ ? contents_->frames_end : 0;
        const std::uint64_t stop = at_ < frames_end ? frames_end : size_;
        piece = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, stop - at_));
        const auto held = static_cast<std::size_t>(at_ - kept_from_);
        if (buffer_.size() < held + piece)
            buffer_.resize(held + piece);
        const std::span<std::byte> room = std::span(buffer_).subspan(held, piece);
        if (announced_)
            announced_->reading(at_);
        TRY(store.read(name_, at_, room));
        batch.add(hasher_, room);
        at_ += piece;
    }
    first_in_batch_ = batch.size();
    for (std::size_t opened = 0; has_whole_frame() && opened < kStep; ++next_frame_) {
        const format::FrameInfo& info = contents_->directory.frames[next_frame_];
        const util::BytesView frame = util::BytesView(buffer_).subspan(
            static_cast<std::size_t>(info.offset - kept_from_), info.frame_size());
        batch.add(pack_, info, next_frame_, contents_->header, frame, contents_->directory.domain);
        opened += info.plain_size;
    }
    frames_in_batch_ = batch.size() - first_in_batch_;
    return piece;
}

void PackReading::settle(const repo::FrameBatch& batch) {
    for (std::size_t i = 0; i < frames_in_batch_; ++i) {
        if (batch.plain(first_in_batch_ + i))
            ++outcome_.good_frames;
        else
            outcome_.bad_frames.push_back(
                static_cast<std::uint32_t>(next_frame_ - frames_in_batch_ + i));
    }
    frames_in_batch_ = 0;
    if (contents_ && at_ == contents_->frames_end)
        outcome_.is_vouched_for = hasher_.so_far() == contents_->directory.frames_hash;
    const bool has_next = with_frames_ && next_frame_ < contents_->directory.frames.size();
    const std::uint64_t needed =
        has_next ? std::min<std::uint64_t>(contents_->directory.frames[next_frame_].offset, at_)
                 : at_;
    if (needed < at_) // else there may be no buffer yet: the first read failed
        std::memmove(buffer_.data(), buffer_.data() + (needed - kept_from_),
                     static_cast<std::size_t>(at_ - needed));
    kept_from_ = needed;
}

PackReading::Outcome PackReading::finish() {
    outcome_.has_hash = format::PackId::from(hasher_.finish().view()) == pack_;
    outcome_.every_frame_tried = !with_frames_ || next_frame_ == contents_->directory.frames.size();
    return std::move(outcome_);
}

} // namespace saoluu::engine
