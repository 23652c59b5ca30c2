// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/index_segment.hpp"
#include "repo/access.hpp"

#include <set>

namespace saoluu::repo {

/// An index segment that is to be obeyed (FORMAT.md 6.4, section 9).
/// errors: not_found; corrupt; unsupported; wrong_key; denied (signed by nobody who may); the
///         store's
Result<format::IndexSegment> read_segment(const Access& access, const format::SegmentId& id);

/// Whether an admin signed it: only then it may replace others.
bool may_replace(const Access& access, const format::IndexSegment& segment);

/// Every listed segment.
Result<std::set<format::SegmentId>> list_segments(const StoreView& view);

} // namespace saoluu::repo
