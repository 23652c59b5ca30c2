// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/text_objects.hpp"
#include "store/store.hpp"

#include "saoluu/events.hpp"

namespace saoluu::repo {

/// The first of the two copies of `format` that decodes; a bad, missing or unreadable one beside it
/// is told.
/// errors: no_repository; unsupported; corrupt; the store's
Result<format::FormatObject> read_format(store::Store& store, Events& events);

/// Without a good `place` everything can be read; caches are kept apart by the repository's id
/// then.
/// errors: as the store's: what could not be read just now is not taken for missing
Result<format::PlaceObject> read_place(store::Store& store, const format::FormatObject& format,
                                       Events& events);

} // namespace saoluu::repo
