// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/entry.hpp"

/// Lists of segments, as entries and list chunks both have them (FORMAT.md 12.3). For the .cpp
/// files of this room.
namespace saoluu::format {

/// What a list of segments says as a whole.
struct SegmentSum {
    std::uint64_t length = 0; ///< of the known ones
    bool has_part = false;
    /// A kind that this version does not know.
    std::optional<std::uint64_t> unknown;
};

/// errors: corrupt, if a segment is empty or over a limit, two holes are side by side, or the
/// lengths add up past 2^63
Result<SegmentSum> sum_of(const std::vector<Segment>& segments);

/// segments must be such that sum_of() is content.
void write_segments(util::Writer& out, const std::vector<Segment>& segments);
/// Well-formed ones; sum_of() is still to be asked.
Result<std::vector<Segment>> read_segments(util::Reader& in);

} // namespace saoluu::format
