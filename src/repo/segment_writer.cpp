// SPDX-License-Identifier: Apache-2.0
#include "repo/segment_writer.hpp"

#include "format/names.hpp"
#include "util/text.hpp"

#include <utility>

namespace saoluu::repo {

Result<void> SegmentWriter::add(const format::IndexedPack& pack,
                                std::span<const format::FrameInfo> frames,
                                const std::vector<bool>& taken) {
    // A pack may hold 2^20 frames: with what is collected they could pass a segment's limit.
    if (collected_.entries.size() + frames.size() > kMostEntries)
        TRY(finish());
    collected_.add(pack, frames, taken);
    return collected_.entries.size() >= kEntries ? finish() : Result<void>();
}

Result<void> SegmentWriter::finish() {
    if (collected_.packs.empty())
        return {};
    return put(std::exchange(collected_, {}));
}

Result<void> SegmentWriter::put(format::IndexSegment segment) {
    ++segments_;
    if (mode_ == Mode::only_count)
        return {};
    const format::Authorship by = TRY(access_.authorship());
    segment.signer = by.signer;
    segment.roster = by.roster;
    segment.sort();
    const util::Bytes object = segment.seal(by.repository, by.epoch, by.suite, by.pair);
    const std::string name = format::names::index(format::name_of<format::SegmentId>(object));
    if (TRY(access_.store->put(name, object)) == store::Put::exists &&
        !util::equal(TRY(access_.store->get(name, format::limits::kSegment)), object))
        return fail(ErrorKind::failure,
                    util::message(util::tr("{}: someone put other bytes there"), name));
    return {};
}

} // namespace saoluu::repo
