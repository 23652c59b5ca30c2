// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace saoluu::store {

/// Whether a file, or a folder (with a slash at its end), is what a NAS, a server or another
/// computer puts into every folder by itself: thumbnails, recycle bins, snapshots, a file that was
/// removed while it was open. Listings pass over it, because a check that tells of it each time is
/// soon not read any more, and a snapshot folder holds the whole repository over and over.
/// That is safe: no object has such a name, and what is passed over is read by nobody.
bool is_trash(std::string_view name);

} // namespace saoluu::store
