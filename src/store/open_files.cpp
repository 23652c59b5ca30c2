// SPDX-License-Identifier: Apache-2.0
#include "store/open_files.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::store {

Result<OpenFiles::File> OpenFiles::get(std::string_view name,
                                       const std::function<Result<util::Fd>()>& open) {
    File known = files_.with([&](std::list<Entry>& files) -> File {
        const auto at = std::find_if(files.begin(), files.end(),
                                     [&](const Entry& entry) { return entry.name == name; });
        if (at == files.end())
            return nullptr;
        files.splice(files.begin(), files, at);
        return at->file;
    });
    if (known)
        return known;
    auto file = std::make_shared<const util::Fd>(TRY(open()));
    std::list<Entry> dropped; // closed outside the lock: closing may wait for a server
    files_.with([&](std::list<Entry>& files) {
        files.push_front({.name = std::string(name), .file = file});
        if (files.size() > kMost)
            dropped.splice(dropped.begin(), files, std::prev(files.end()));
    });
    return File(std::move(file));
}

void OpenFiles::forget(std::string_view name) {
    std::list<Entry> dropped;
    files_.with([&](std::list<Entry>& files) {
        for (auto at = files.begin(); at != files.end();) {
            const auto next = std::next(at);
            if (at->name == name)
                dropped.splice(dropped.begin(), files, at);
            at = next;
        }
    });
}

} // namespace saoluu::store
