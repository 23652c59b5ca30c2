// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/entry.hpp"
#include "fuzz.hpp"

#include <limits>

namespace saoluu::fuzz {

/// What must be true of an entry that was decoded from `body`.
inline void demand_body(const format::Entry& entry, BytesView body) {
    demand(format::check_path(entry.path).has_value(), "an entry's path is a good one");
    if (entry.refused)
        return;
    if (entry.type == format::FileType::file) {
        std::uint64_t sum = 0;
        for (const format::Segment& segment : entry.segments) {
            const std::uint64_t length = format::length_of(segment);
            demand(length > 0 && length <= std::numeric_limits<std::int64_t>::max() - sum,
                   "segments are not empty and shorter than any file");
            sum += length;
        }
        demand(sum == entry.size, "the segments add up to the file's size");
    } else {
        demand(entry.segments.empty() && entry.size == 0, "only a file has contents");
    }
    const Bytes made = format::encode_body(entry);
    format::Entry bare = entry; // its fields are its hash alone: tag, length, 32 bytes
    bare.xattrs.clear();
    bare.link_group.reset();
    const std::size_t fields_at = format::encode_body(bare).size() - (entry.file_hash ? 34 : 0);
    demand(body.size() >= fields_at, "a body is not shorter than its entry");
    demand_one_form(body.first(fields_at), BytesView(made).first(fields_at));
    demand_one_form(only_known(body.subspan(fields_at), {1, 3, 5}),
                    BytesView(made).subspan(fields_at));
}

} // namespace saoluu::fuzz
