// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/file.hpp"
#include "util/guarded.hpp"

#include "saoluu/result.hpp"

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace saoluu::store {

/// The files that were read last, kept open: a restore reads a pack many times. Threads: any.
class OpenFiles {
public:
    /// Shared: a reader goes on with its file while others push it out.
    using File = std::shared_ptr<const util::Fd>;

    /// The open file of a name, or what `open` gives.
    Result<File> get(std::string_view name, const std::function<Result<util::Fd>()>& open);
    void forget(std::string_view name);

private:
    struct Entry {
        std::string name;
        File file;
    };
    // Two readers a core and their neighbours; few enough to be searched one by one.
    static constexpr std::size_t kMost = 16;

    util::Guarded<std::list<Entry>> files_; // the last used first
};

} // namespace saoluu::store
