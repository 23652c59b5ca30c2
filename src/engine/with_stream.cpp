// SPDX-License-Identifier: Apache-2.0
#include "engine/with_stream.hpp"

#include "format/entry.hpp"
#include "util/text.hpp"

namespace saoluu::engine {

Result<void> WithStream::found(ScanItem item) {
    if (!is_inserted_) {
        const auto order = format::compare_paths(item.path, name_);
        if (order == 0)
            return fail(ErrorKind::usage,
                        util::message(util::tr("/{}: a source has this name already: give the "
                                               "stream another"),
                                      util::printable(name_)));
        if (order > 0)
            TRY(finish());
    }
    return next_.found(std::move(item));
}

Result<void> WithStream::finish() {
    if (is_inserted_)
        return {};
    is_inserted_ = true;
    return insert_();
}

} // namespace saoluu::engine
