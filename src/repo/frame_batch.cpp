// SPDX-License-Identifier: Apache-2.0
#include "repo/frame_batch.hpp"

#include "util/text.hpp"

namespace saoluu::repo {

std::size_t FrameBatch::add(const format::PackId& pack, const format::FrameInfo& info,
                            std::uint64_t number, util::BytesView header, util::BytesView frame,
                            format::Domain domain) {
    Frame added{.id = info.id, .hasher = {}, .at = used_, .plain = util::BytesView()};
    if (buffer_.size() < used_ + info.plain_size)
        buffer_.resize(used_ + info.plain_size);
    const std::span<std::byte> plain = std::span(buffer_).subspan(used_, info.plain_size);
    if (Result<void> opened =
            chunks_.unseal_frame(pack, info, number, header, frame, domain, plain);
        opened) {
        added.plain = util::BytesView(plain);
        added.hasher = access_.keyring.domain(domain)->id_hasher(info.kind);
        used_ += plain.size();
    } else {
        added.plain = Failure(std::move(opened.error()));
    }
    frames_.push_back(std::move(added));
    return frames_.size() - 1;
}

void FrameBatch::verify() {
    for (Frame& frame : frames_)
        if (frame.plain) { // the buffer stays where it is from now on
            frame.plain = util::BytesView(buffer_).subspan(frame.at, frame.plain->size());
            jobs_.push_back({&frame.hasher, *frame.plain});
        }
    crypto::Hasher::update_all(jobs_);
    jobs_.clear();
    for (Frame& frame : frames_)
        if (frame.plain && format::ChunkId::from(frame.hasher.finish().view()) != frame.id)
            frame.plain = not_what_its_id_says();
}

} // namespace saoluu::repo
